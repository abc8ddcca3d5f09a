"""What is kept of a resource: every way to say when, how much, on which side, in which words and with which drug."""

import base64

import pytest

from service.dates import read_date, read_told_date
from service.record import Allergy, Condition, Medication, Observation, Procedure, Report, Side
from tests.service.charts import (
    LOINC,
    SNOMED,
    ago,
    allergy,
    archetype,
    bundle,
    concept,
    condition,
    encounter,
    look,
    observation,
    prescription,
    pressed,
    procedure,
    report,
)

HUGE = 10**400
ATTACHED = base64.b64encode(b"No stenosis.").decode()
CARRIED = {"resourceType": "Medication", "id": "in", "code": concept(text="Warfarin")}


def read(*resources, key="conditions"):
    return look(archetype(**{key: bundle(*resources)}))


def only(kind, evaluation):
    (fact,) = evaluation.record.of(kind)
    return fact


@pytest.mark.parametrize(
    ("element", "value", "first"),
    [
        ("onsetDateTime", "2023-11", "2023-11-01"),
        ("onsetPeriod", {"start": "2023-11-16"}, "2023-11-16"),
        ("onsetAge", {"value": 49, "unit": "years", "code": "a"}, "2023-03-09"),
        ("onsetRange", {"low": {"value": 49, "code": "a"}, "high": {"value": 51, "code": "a"}}, "2023-03-09"),
    ],
)
def test_every_way_to_say_an_onset_is_read(element, value, first):
    """Day, period, age or a range of ages."""
    assert only(Condition, read(condition(**{"onsetDateTime": None, element: value}))).when.first.isoformat() == first


@pytest.mark.parametrize("value", ["NaN", "inf", "-inf", HUGE, "1e400", -5, "old"], ids=lambda value: str(value)[:5])
def test_an_impossible_age_at_onset_does_not_stop_the_reading(value):
    """A number that no age can be leaves the onset unknown, and the condition is kept."""
    assert only(Condition, read(condition(onsetDateTime=None, onsetAge={"value": value, "unit": "a"})))


@pytest.mark.parametrize(
    "element",
    [{"valueQuantity": {"value": HUGE}}, {"valueInteger": HUGE}, {"valueQuantity": {"value": "NaN"}}],
    ids=["huge quantity", "huge integer", "NaN"],
)
def test_an_impossible_number_is_no_pain_score(element):
    """It neither stops the reading nor counts as a sign of pain."""
    assert not read(observation(code=concept(LOINC, "72514-3"), **element), key="surveys").findings["pain-score-4-or-more"].is_present


@pytest.mark.parametrize(
    "when", [{"performedDateTime": "2024-02-24"}, {"performedPeriod": {"start": "2024-02-24"}}, {"performedString": "2024-02-24"}]
)
def test_every_way_to_say_when_something_was_done_is_read(when):
    """Day, period or text."""
    done = only(Procedure, read(procedure(**{"performedDateTime": None, **when}), key="procedures"))

    assert done.when == read_date("2024-02-24")


def test_a_date_in_words_is_read_too():
    """Of an operation a month or a year; of pain also how long ago, from the day it was recorded."""
    done = only(Procedure, read(procedure(performedDateTime=None, performedString="in March 2019"), key="procedures"))
    pain = only(Condition, read(condition(onsetDateTime=None, onsetString="3 years ago", recordedDate="2026-11-01"), key="conditions"))

    assert done.when == read_date("2019-03")
    assert pain.when == read_told_date("3 years ago", read_date("2026-11-01"))


@pytest.mark.parametrize(
    "change",
    [
        {"conclusion": "No stenosis."},
        {"conclusion": None, "presentedForm": [{"contentType": "text/plain", "data": ATTACHED}]},
        {
            "conclusion": None,
            "presentedForm": [{"contentType": "text/plain; charset=utf-8", "data": base64.b64encode(b"No stenosis.").decode()}],
        },
        {"conclusion": None, "result": [{"reference": "Observation/words"}]},
    ],
    ids=["conclusion", "text", "text with charset", "result"],
)
def test_the_words_of_a_report_are_read_wherever_they_stand(change):
    """In the conclusion, in a plain text attached, or in a result that it points to."""
    words = observation("words", code=concept(LOINC, "18782-3"), valueString="No stenosis.")

    assert "No stenosis." in only(Report, look(archetype(reports=bundle(report(**change)), exams=bundle(words)))).notes


@pytest.mark.parametrize(
    "form", [{"contentType": "application/pdf", "data": "JVBERi0="}, {"contentType": "text/plain", "data": "%%%"}, {"url": "x"}, None]
)
def test_an_attachment_that_is_no_plain_text_is_not_read(form):
    """A PDF, broken base64 or a mere address says nothing, and does no harm."""
    assert not any(only(Report, read(report(presentedForm=[form], conclusion=None), key="reports")).notes)


@pytest.mark.parametrize(
    "change",
    [
        {"medicationCodeableConcept": concept(text="Warfarin 5 mg")},
        {"medicationReference": {"reference": "Medication/m"}},
        {
            "medicationReference": {"reference": "#in"},
            "contained": [{"resourceType": "Medication", "id": "in", "code": concept(text="Warfarin")}],
        },
        {"medicationReference": {"display": "Warfarin 5 mg tablet"}},
    ],
    ids=["by name", "by reference", "contained", "by display"],
)
def test_a_drug_is_found_wherever_its_name_stands(change):
    """In the prescription, in a Medication it points to or carries, or in the display of the reference."""
    drug = {"resourceType": "Medication", "id": "m", "code": concept(text="warfarin sodium 5 MG")}

    assert read(prescription(**change), drug, key="medications").findings["anticoagulant"].is_present


def test_a_prescription_has_only_the_drug_it_names():
    """A Medication in the same Bundle belongs to the prescription that points to it, and to no other."""
    drug = {"resourceType": "Medication", "id": "m", "code": concept(text="Warfarin 5 mg")}

    assert not read(prescription("Ibuprofen 400 mg"), drug, key="medications").findings["anticoagulant"].is_present


def test_a_drug_that_must_not_be_given_is_no_prescription():
    """doNotPerform turns the order round."""
    assert read(prescription("Warfarin", doNotPerform=True), key="medications").record.of(Medication) == ()


def test_the_substance_of_a_reaction_is_an_allergen():
    """The allergy may only say "drug allergy", and the reaction to what."""
    found = read(allergy("Drug allergy", reaction=[{"substance": concept(text="lidocaine"), "severity": "severe"}]), key="allergies")

    assert "severe" in only(Allergy, found).severities
    assert found.findings["amide-allergy"].is_present


@pytest.mark.parametrize(
    ("change", "side"),
    [
        ({"bodySite": [concept(SNOMED, "24028007")]}, Side.RIGHT),
        ({"bodySite": [concept(text="left iliac crest")]}, Side.LEFT),
        ({"code": concept(text="Right-sided low back pain")}, Side.RIGHT),
        ({"code": concept(text="Right low back pain"), "bodySite": [concept(text="left back")]}, Side.CONFLICT),
        ({}, Side.UNKNOWN),
    ],
)
def test_the_side_of_a_problem_is_read_from_code_site_and_words(change, side):
    """Coded or in words; two sources that differ are a conflict."""
    assert only(Condition, read(condition(**change))).side is side


@pytest.mark.parametrize(
    ("change", "side"),
    [({}, Side.RIGHT), ({"component": None}, Side.UNKNOWN), ({"component": None, "bodySite": concept(text="Left: crest")}, Side.LEFT)],
)
def test_the_side_of_a_point_is_read_from_component_or_site(change, side):
    """As our own suggestion writes it, or as a site would."""
    assert only(Observation, read(pressed(**change), key="exams")).side is side


@pytest.mark.parametrize(
    ("text", "active"),
    [("active", True), ("recurrence", True), ("relapse", True), ("resolved", False), ("inactive", False), ("remission", False)],
)
@pytest.mark.parametrize("coded", [True, False], ids=["coded", "in words"])
def test_a_problem_is_active_by_its_clinical_status(text, active, coded):
    """Coded, or in words alone as small sites write it."""
    status = concept("http://terminology.hl7.org/CodeSystem/condition-clinical", text) if coded else concept(text=text.capitalize())

    assert only(Condition, read(condition(clinicalStatus=status))).is_active is active


@pytest.mark.parametrize(
    "ended",
    [
        {"abatementDateTime": ago(400)},
        {"abatementPeriod": {"end": ago(400)}},
        {"abatementAge": {"value": 51, "unit": "a"}},
        {"abatementString": "last year"},
        {},
    ],
    ids=lambda ended: next(iter(ended), "not ended"),
)
def test_a_problem_without_a_status_has_ended_when_it_says_so(ended):
    """Any abatement, whatever its form, ends it; none leaves it active."""
    assert only(Condition, read(condition(clinicalStatus=None, **ended))).is_active is not bool(ended)


@pytest.mark.parametrize(
    ("sent", "visit", "setting"),
    [
        (encounter("IMP"), "visit", "IMP"),
        (encounter("imp"), "", "IMP"),
        (bundle(encounter("EMER"), encounter(id_="other")), "visit", "EMER"),
        (None, "visit", None),
    ],
)
def test_the_visit_of_the_call_is_the_one_with_its_id(sent, visit, setting):
    """By the id in the context, else the one under the key; without either nobody knows."""
    current = look(archetype(encounter=sent), visit=visit).record.encounter

    assert (current and current.setting) == setting


@pytest.mark.parametrize("order", [("EMER", "AMB"), ("AMB", "EMER")], ids="-".join)
def test_of_two_visits_without_a_named_one_the_order_never_decides(order):
    """Two Encounters under the key and no id in the context: the same answer, however they are sorted."""
    visits = {setting: encounter(setting, id_=setting.lower()) for setting in order}

    assert (
        look(archetype(encounter=bundle(*(visits[setting] for setting in order)))).silence
        == look(archetype(encounter=bundle(visits["EMER"], visits["AMB"]))).silence
    )
