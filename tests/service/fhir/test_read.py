"""Bytes to record: whose a resource is, what of it is kept, and that nothing is dropped in silence."""

import json

import pytest

from service.record import Allergy, Condition, Encounter, Imaging, KeyState, Medication, Observation, Order, Procedure, Report
from tests.service.charts import (
    CPT,
    ago,
    allergy,
    archetype,
    basis,
    bundle,
    concept,
    condition,
    encounter,
    look,
    observation,
    order,
    patient,
    prescription,
    pressed,
    procedure,
    report,
)

EHR = "https://ehr.example/fhir"


def read(*resources, key="conditions", **more):
    return look(archetype(**{key: bundle(*resources)}), **more)


@pytest.mark.parametrize(
    "about",
    [
        "Patient/p",
        "https://ehr.example/fhir/Patient/p",
        "Patient/p/_history/3",
        "https://ehr.example/fhir/Patient/p/_history/3",
        "urn:uuid:p",
    ],
)
def test_a_resource_of_the_patient_is_kept(about):
    """Relative, absolute, versioned or urn:uuid: it is the same patient."""
    found = read(condition(subject={"reference": about}), server=EHR)

    assert (len(found.record.of(Condition)), found.refusal, found.issues) == (1, None, ())


def test_the_full_url_of_the_patient_is_a_reference_to_them():
    """In a Bundle with urn:uuid addresses the resources point at the Patient's own."""
    url = "urn:uuid:0c8d2c8a-5f5e-4c3a-9d35-4f6f2c2d7a10"
    prefetch = archetype(
        conditions=bundle(condition(subject={"reference": url})), patient=bundle(entry=[{"fullUrl": url, "resource": patient()}])
    )

    assert look(prefetch).refusal is None


@pytest.mark.parametrize(
    "about", ["Patient/other", "Patient/P", "Patient/p/other", "https://elsewhere.example/fhir/Patient/p", "RelatedPerson/p"]
)
@pytest.mark.parametrize("key", ["conditions", "orders"])
def test_a_resource_of_somebody_else_refuses_the_chart(about, key):
    """A mixed-up chart is not read at all, also when the key is not a needed one."""
    resource = condition if key == "conditions" else order
    found = read(resource(subject={"reference": about}), key=key, server=EHR)

    assert (found.refusal.reason, found.refusal.keys, found.cards) == ("foreign", (key,), ())


def test_another_patient_under_the_patient_key_refuses_the_chart():
    """The Patient must be the one the call is about."""
    assert look(archetype(patient=patient(id="other"))).refusal.keys == ("patient",)


NOBODY = [None, {}, {"display": "Holloway, Maren"}, {"reference": None}, {"identifier": {"value": "1"}}]
PLANNED = [{"url": "http://site.example/planned", "valueBoolean": True}]
RETENTION = condition("flag", code=concept(text="New urinary retention"), onsetDateTime=ago(5), recordedDate=ago(4))


@pytest.mark.parametrize("about", NOBODY)
def test_a_resource_without_a_subject_brings_no_card_about(about):
    """It could be anybody's: it is reported, and the archetype whose pain has no owner is silent."""
    found = read(condition(subject=about))

    assert found.cards == ()
    assert [(issue.where, "whose" in issue.says) for issue in found.issues] == [("Condition/pain", True)]


@pytest.mark.parametrize("doubt", [{"subject": None}, {"modifierExtension": PLANNED}], ids=["no subject", "modifier"])
def test_a_red_flag_in_doubt_still_holds_a_card_back(doubt):
    """What may be the patient's retention is no reason to go on."""
    assert read(condition(), {**RETENTION, **doubt}).silence.rule == "X-01"


def test_a_resource_about_a_group_is_not_used_and_said():
    """A finding of a group or a device is no finding of the patient, and no mix-up either."""
    found = read(condition(), observation(subject={"reference": "Group/g"}, valueString="saddle numbness"))

    assert (len(found.issues), found.refusal) == (1, None)


@pytest.mark.parametrize("odd", [{}, {"note": "words, not a list"}], ids=["well made", "malformed"])
def test_an_unknown_modifier_brings_no_card_about(odd):
    """It may turn the meaning round ("planned only"), so the operations do not count, also when an element beside it is odd."""
    operations = [{**one["resource"], "modifierExtension": PLANNED, **odd} for one in archetype()["procedures"]["entry"]]
    found = read(*operations, key="procedures")

    assert found.cards == ()
    assert not found.findings["prior-lumbar-laminectomy"].is_present
    assert any("modifierExtension" in issue.says for issue in found.issues)


def test_a_plain_extension_does_no_harm():
    """Vendors extend everything, in any shape."""
    found = read(condition(extension=[{"url": "x", "valueString": "y"}], meta={"tag": "?"}, text={"div": 5}, _onsetDateTime={"id": "z"}))

    assert (len(found.record.of(Condition)), found.issues) == (1, ())


def test_the_same_resource_twice_counts_once():
    """An Observation may come under two keys."""
    found = look(archetype(exams=bundle(pressed()), surveys=bundle(pressed())))

    assert len(found.record.of(Observation)) == 1


def test_resources_without_an_id_are_told_apart():
    """Two findings that have no id are two findings: right and left pressed make both sides."""
    right, left = ({name: value for name, value in pressed(side=side).items() if name != "id"} for side in ("right", "left"))

    assert basis(look(archetype(exams=bundle(right, left))))["side"] == "bilateral"


def test_an_entry_that_cannot_be_used_is_said_and_its_neighbours_are_kept():
    """An entry without a type, or that is no object, is an issue of its own."""
    found = look(archetype(conditions=bundle(condition(), {"id": "what"}, "words")))

    assert len(found.record.of(Condition)) == 1
    assert len(found.issues) == 2


@pytest.mark.parametrize("status", [None, ""])
def test_a_procedure_without_a_status_does_not_count_and_is_said(status):
    """Nobody can tell whether it was done."""
    found = read(procedure(status=status), key="procedures")

    assert not found.findings["lumbar-laminectomy"].is_present
    assert any("status" in issue.says for issue in found.issues)


def test_issues_hold_no_patient_data():
    """An issue names the place and the element, never a value of the chart."""
    found = look(archetype(conditions=bundle(condition(onsetDateTime={"secret": "Holloway"}, code="Holloway"), {"name": "Holloway"})))

    assert found.issues
    assert all("Holloway" not in f"{issue.where} {issue.says}" for issue in found.issues)


def test_every_kind_of_resource_becomes_a_fact():
    """One of each kind, each under its own name and key, with its reference kept."""
    study = {**report(id_="study"), "resourceType": "ImagingStudy", "status": "available", "description": "MRI lumbar spine"}
    found = look(
        archetype(
            conditions=bundle(condition()),
            procedures=bundle(procedure()),
            reports=bundle(report(), study),
            exams=bundle(pressed()),
            medications=bundle(prescription("Gabapentin")),
            allergies=bundle(allergy()),
            orders=bundle(order(code=concept(CPT, "64450", "Superior cluneal nerve block, right"))),
            encounter=encounter(),
        )
    )
    references = {kind: [fact.reference for fact in facts] for kind, facts in found.record.facts.items()}

    assert references == {
        Condition: ["Condition/pain"],
        Procedure: ["Procedure/laminectomy"],
        Report: ["DiagnosticReport/mri"],
        Imaging: ["ImagingStudy/study"],
        Observation: ["Observation/superior-right"],
        Medication: ["MedicationRequest/drug"],
        Allergy: ["AllergyIntolerance/allergy"],
        Order: ["ServiceRequest/order"],
        Encounter: ["Encounter/visit"],
    }


def test_bytes_that_are_no_text_make_the_key_unreadable():
    """A body cut short is no chart, and does not stop the rest."""
    cut = json.dumps(bundle(condition())).encode()[:-40]

    assert look(archetype(reports=cut)).record.keys["reports"] is KeyState.UNREADABLE
