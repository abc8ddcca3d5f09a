"""R5 and STU3 charts are read like R4 charts: what has another name there means the same, and what nobody can tell is named."""

from dataclasses import replace
from typing import Any

import pytest

from service.fhir import shapes
from service.fhir.datatypes import Annotation, CodeableConcept, Coding, Reference
from service.fhir.mend import mend
from service.story import hook_request, read_story, story_names
from tests.doors import Answer, over_http, sent
from tests.other_versions import each_resource, is_valid, to_r5, to_stu3
from tests.service.charts import archetype, bundle, look, prescription

HOW = {"R5": to_r5, "STU3": to_stu3}
OLD, NEW = "http://hl7.org/fhir/v2/0078", "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"
NEGATIVE = CodeableConcept([Coding(NEW, "NEG")])
EACH_VERSION = pytest.mark.parametrize("version", HOW)


def resources(story):
    """The resources of a story's prefetch."""
    found = []
    for value in story.prefetch.values():
        each_resource(value, lambda one: found.append(one) or one)
    return found


@EACH_VERSION
@pytest.mark.parametrize("name", story_names())
def test_a_story_gets_the_same_answer_in_each_version(name, version):
    """The cards word for word, and the reasons for silence; only a sealed link names types."""
    story = read_story(name)
    told = replace(story, prefetch={key: each_resource(value, HOW[version]) for key, value in story.prefetch.items()})
    answer = sent(told, hook_request(told, hook_instance="1", today=story.today))

    assert gist(answer) == gist(over_http(name))


def gist(answer: Answer) -> tuple[int, list[dict[str, Any]], tuple[str, ...]]:
    return answer.status, [{**card, "links": len(card.get("links", ()))} for card in answer.cards], answer.reasons


@EACH_VERSION
def test_the_stories_are_told_in_real_shapes(version):
    """What is valid in R4 is valid in its version as told above; what our own suggestions write has no counterpart in STU3."""
    told = [one for name in story_names() for one in resources(read_story(name)) if is_valid(one, "R4B")]
    ours = [one for one in told if "partOf" in one and version == "STU3"]

    assert len(told) > 400
    assert len(ours) < 10
    assert [(one["resourceType"], one["id"]) for one in told if one not in ours and not is_valid(HOW[version](one), version)] == []


@pytest.mark.parametrize(
    ("shape", "said", "name", "read"),
    [
        (shapes.Procedure, {"status": "completed", "notDone": True}, "status", "not-done"),
        (shapes.Procedure, {"status": "completed", "notPerformed": True}, "status", "not-done"),
        (shapes.Procedure, {"status": "completed", "notDone": False}, "status", "completed"),
        (shapes.Procedure, {"occurrenceString": "2021"}, "performedString", "2021"),
        (shapes.Procedure, {"occurrenceDateTime": "2021", "performedDateTime": "2022"}, "performedDateTime", "2022"),
        (shapes.Condition, {"context": {"reference": "Encounter/e"}}, "encounter", Reference("Encounter/e")),
        (shapes.Condition, {"context": {"reference": "EpisodeOfCare/e"}}, "encounter", None),
        (shapes.Condition, {"assertedDate": "2021"}, "recordedDate", "2021"),
        (shapes.Condition, {"code": {"concept": {"text": "Pain"}}}, "code", CodeableConcept(text="Pain")),
        (shapes.AllergyIntolerance, {"assertedDate": "2021"}, "recordedDate", "2021"),
        (shapes.Observation, {"comment": "Pain"}, "note", [Annotation("Pain")]),
        (shapes.Observation, {"interpretation": {"coding": [{"system": OLD, "code": "NEG"}]}}, "interpretation", [NEGATIVE]),
        (shapes.DiagnosticReport, {"codedDiagnosis": [{"text": "Stenosis"}]}, "conclusionCode", [CodeableConcept(text="Stenosis")]),
        (shapes.ImagingStudy, {"procedure": [{"concept": {"text": "MRI"}}]}, "procedureCode", [CodeableConcept(text="MRI")]),
        (shapes.Encounter, {"status": "completed"}, "status", "finished"),
        (shapes.Encounter, {"reason": [{"text": "Pain"}]}, "reasonCode", [CodeableConcept(text="Pain")]),
        (
            shapes.Encounter,
            {"reason": [{"value": [{"reference": {"reference": "Condition/1"}}, {"concept": {"text": "Pain"}}]}]},
            "reasonCode",
            [CodeableConcept(text="Pain")],
        ),
    ],
)
def test_a_name_of_another_version_means_what_r4_calls_otherwise(shape, said, name, read):
    """Nothing of it is lost; an R4 name beside it counts, and an episode of care is no visit."""
    found, lost = mend(said, shape)

    assert (getattr(found, name), lost) == (read, [])


@pytest.mark.parametrize(
    ("shape", "said", "lost"),
    [
        (shapes.ServiceRequest, {"code": {"reference": {"reference": "PlanDefinition/1"}}}, "code.reference"),
        (shapes.ServiceRequest, {"orderDetail": [{"parameter": [{"valueString": "left"}]}]}, "orderDetail.parameter"),
        (shapes.Procedure, {"occurrenceTiming": {"event": ["2021"]}}, "occurrenceTiming"),
        (shapes.Procedure, {"notDone": "perhaps"}, "notDone"),
        (shapes.MedicationRequest, {"medication": "ibuprofen"}, "medication"),
        (shapes.Ingredient, {"item": {"reference": {"reference": "Substance/1"}}}, "itemCodeableConcept.reference"),
    ],
)
def test_what_has_no_counterpart_is_named(shape, said, lost):
    """It is not taken for something that is not there."""
    assert set(mend(said, shape)[1]) == {lost}


def test_a_procedure_that_was_not_done_in_stu3_brings_no_card():
    """Its status may still be completed; the same chart without that word gets a card."""
    done = archetype()
    procedures = each_resource(done["procedures"], lambda one: {**one, "notDone": True})

    assert look(done).cards
    assert not look({**done, "procedures": procedures}).cards


def test_a_prescription_in_r5_is_read_like_one_in_r4():
    """The same facts come of it, in either form."""
    drug = prescription("Apixaban 5 mg")
    whole, other, without = (look(archetype(medications=bundle(*ones))).record.facts for ones in ([drug], [to_r5(drug)], []))

    assert whole == other != without
