"""Bytes to record: whose a resource is, what of it is kept, and that nothing is dropped in silence."""

import json

import pytest

from service.record import Allergy, Condition, Encounter, Imaging, KeyState, Medication, Observation, Order, Procedure, Report
from tests.service.charts import (
    CPT,
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


@pytest.mark.parametrize("about", [None, {}, {"display": "Holloway, Maren"}, {"reference": None}, {"identifier": {"value": "1"}}])
def test_a_resource_without_a_subject_is_not_used_and_said(about):
    """It could be anybody's."""
    found = read(condition(subject=about))

    assert found.record.of(Condition) == ()
    assert [(issue.where, "whose" in issue.says) for issue in found.issues] == [("Condition/pain", True)]


def test_a_resource_about_a_group_is_not_used_and_said():
    """A finding of a group or a device is no finding of the patient, and no mix-up either."""
    found = read(condition(), observation(subject={"reference": "Group/g"}, valueString="saddle numbness"))

    assert (len(found.issues), found.refusal) == (1, None)


def test_a_modifier_extension_makes_a_resource_unusable():
    """It may turn the meaning round ("not this patient", "planned only"), so the resource is left out and reported."""
    found = read(procedure(modifierExtension=[{"url": "http://site.example/planned", "valueBoolean": True}]), key="procedures")

    assert found.record.of(Procedure) == ()
    assert "modifierExtension" in found.issues[0].says


def test_a_modifier_extension_counts_in_a_malformed_resource_too():
    """An odd element elsewhere in the resource does not make an unknown modifier harmless."""
    odd = procedure(modifierExtension=[{"url": "http://site.example/planned", "valueBoolean": True}], note="words, not a list")

    assert read(odd, key="procedures").record.of(Procedure) == ()


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
