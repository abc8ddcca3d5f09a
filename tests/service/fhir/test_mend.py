"""Mending: one odd element costs itself, never the resource, and is always named."""

import pytest

from service.dates import read_date
from service.fhir.datatypes import CodeableConcept, Coding
from service.fhir.mend import mend
from service.fhir.shapes import Condition as ConditionShape
from service.fhir.shapes import Observation, Procedure
from service.record import Condition
from tests.service.charts import ago, archetype, bundle, concept, condition, finding, look, prescription, pressed

SITE = CodeableConcept(text="left crest")


@pytest.mark.parametrize(
    ("shape", "name", "value", "mended"),
    [
        (ConditionShape, "code", "Low back pain", CodeableConcept(coding=[Coding(code="Low back pain")], text="Low back pain")),
        (ConditionShape, "code", [{"text": "Low back pain"}], CodeableConcept(text="Low back pain")),
        (ConditionShape, "code", [{"text": "Low back pain"}, {"text": "Lumbago"}], CodeableConcept(text="Low back pain; Lumbago")),
        (ConditionShape, "onsetDateTime", ["2021", "2022"], None),
        (ConditionShape, "bodySite", {"text": "left crest"}, [SITE]),
        (ConditionShape, "bodySite", [{"text": "left crest"}, 5], [SITE]),
        (ConditionShape, "clinicalStatus", "resolved", CodeableConcept(coding=[Coding(code="resolved")], text="resolved")),
        (ConditionShape, "onsetDateTime", 2021, "2021"),
        (ConditionShape, "onsetDateTime", ["2021"], "2021"),
        (Observation, "bodySite", [{"text": "left crest"}], SITE),
        (Procedure, "status", ["completed"], "completed"),
    ],
)
def test_common_liberties_are_understood(shape, name, value, mended):
    """One thing for a list, a list of one thing, a bare word for a concept, a number for a text; of two dates neither is guessed."""
    found, _ = mend({"resourceType": shape.__name__, "id": "1", name: value}, shape)

    assert getattr(found, name) == mended


@pytest.mark.parametrize(
    ("name", "value"),
    [("onsetDateTime", {"year": 2021}), ("onsetDateTime", True), ("note", "words"), ("bodySite", 5), ("subject", "Patient/p")],
)
def test_what_cannot_be_understood_is_named(name, value):
    """The element is left out, by its FHIR name, and everything else is kept."""
    found, lost = mend({"id": "1", "status": "active", name: value}, ConditionShape)

    assert (found.id, found.status, getattr(found, name), set(lost)) == ("1", "active", None, {name})


def test_an_element_inside_another_is_named_with_its_place():
    """Of a concept with an impossible coding the words are kept."""
    found, lost = mend({"code": {"coding": {"code": {"x": 1}}, "text": "Low back pain"}}, ConditionShape)

    assert found.code.text == "Low back pain"
    assert all(name.startswith("code") for name in lost)
    assert lost


def test_a_whole_resource_needs_no_mending():
    """What has its shape loses nothing."""
    assert mend(condition(), ConditionShape)[1] == []


@pytest.mark.parametrize("junk", [5, "words", [], {}, [[]], [None], True, {"coding": 5}, [{"coding": [{"code": {}}]}]])
@pytest.mark.parametrize(
    "element",
    ["note", "bodySite", "onsetDateTime", "onsetPeriod", "recordedDate", "category", "encounter", "onsetAge", "extension"],
)
def test_junk_in_one_element_leaves_the_problem_readable(element, junk):
    """Whatever stands in an element beside its code, the condition is still there."""
    found = look(archetype(conditions=bundle(condition("odd", **{element: junk}), condition("good"))))

    assert {fact.reference for fact in found.record.of(Condition)} == {"Condition/odd", "Condition/good"}
    assert found.refusal is None


@pytest.mark.parametrize("junk", [5, [], [[]], [None], True, {"coding": 5}, [{"coding": [{"code": {}}]}]])
def test_junk_for_a_code_costs_that_problem_only_and_is_said(junk):
    """Nobody can tell what the problem was: it is an issue, and its neighbour is kept."""
    found = look(archetype(conditions=bundle(condition("odd", code=junk), condition("good"))))

    assert {fact.reference for fact in found.record.of(Condition)} == {"Condition/good"}
    assert "Condition/odd" in {issue.where for issue in found.issues}


def test_the_lost_element_is_an_issue_and_the_rest_counts():
    """A problem with an impossible onset still has its code and its recorded date."""
    found = look(archetype(conditions=bundle(condition(onsetDateTime={"year": 2021}))))
    (fact,) = found.record.of(Condition)

    assert (fact.when, fact.recorded) == (None, read_date(ago(1090)))
    assert [issue.where for issue in found.issues] == ["Condition/pain"]
    assert "onsetDateTime" in found.issues[0].says


def test_a_drug_that_was_lost_inside_an_odd_prescription_stops_the_order():
    """A contained Medication that cannot be found again: nobody knows what the patient takes, so no block is ordered."""
    carried = {"resourceType": "Medication", "id": "in", "code": concept(text="Warfarin 5 mg")}
    odd = prescription(medicationReference={"reference": "#in"}, contained=[carried], note="words")
    found = look(archetype(exams=bundle(pressed()), medications=bundle(odd)))

    assert not found.cards[0].suggestions


def test_an_odd_element_does_not_cost_the_finding():
    """A pressed point with a note that is no list is still a pressed point."""
    assert finding("superior-point-reproduces-pain", archetype(exams=bundle(pressed(note="words")))).is_present
