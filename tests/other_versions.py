"""The R4 resources of the stories as R5 and STU3 have them: real shapes, proved with the models of their version.

What a version calls otherwise is renamed, what it wraps is wrapped; what nobody reads and a version has in another form is left out.
"""

import copy
from collections.abc import Callable
from importlib import import_module
from typing import Any

from pydantic import BaseModel, ValidationError

Resource = dict[str, Any]
_OLD_INTERPRETATION = "http://hl7.org/fhir/v2/0078"
_R5_VISITS = {"finished": "completed", "onleave": "on-hold", "arrived": "in-progress", "triaged": "in-progress"}
# Read by nobody, and other in some version.
_LEFT_OUT = ("dosageInstruction", "dispenseRequest", "requester", "participant", "recorder", "resultsInterpreter", "performer")


def to_r5(found: Resource) -> Resource:
    """The resource as an R5 server has it."""
    said = _bare(found)
    match said["resourceType"]:
        case "Procedure":
            said = {name.replace("performed", "occurrence"): value for name, value in said.items()}
            _change(said, "category", lambda one: [one])
        case "Encounter":
            _change(said, "class", lambda one: [{"coding": [one]}])
            _rename(said, "period", "actualPeriod")
            _rename(said, "reasonCode", "reason")
            _change(said, "reason", lambda codes: [{"value": [{"concept": one}]} for one in codes])
            _change(said, "status", lambda status: _R5_VISITS.get(status, status))
        case "MedicationRequest":
            _change(said, "medicationCodeableConcept", lambda one: {"concept": one})
            _change(said, "medicationReference", lambda one: {"reference": one})
            _rename(said, "medicationCodeableConcept", "medication")
            _rename(said, "medicationReference", "medication")
            _change(said, "contained", lambda drugs: [_r5_drug(one) for one in drugs])
        case "ServiceRequest":
            _change(said, "code", lambda one: {"concept": one})
        case "AllergyIntolerance":
            _change(said, "type", lambda code: {"coding": [{"code": code}]})
            for reaction in said.get("reaction", ()):
                _change(reaction, "manifestation", lambda ones: [{"concept": one} for one in ones])
    return said


def to_stu3(found: Resource) -> Resource:
    """The resource as an STU3 server has it."""
    said = _bare(found)
    _rename(said, "encounter", "context")
    match said["resourceType"]:
        case "Condition" | "AllergyIntolerance":
            _rename(said, "recordedDate", "assertedDate")
            for name in ("clinicalStatus", "verificationStatus"):
                _change(said, name, lambda concept: concept["coding"][0]["code"])
        case "Procedure" if said["status"] == "not-done":
            said |= {"status": "completed", "notDone": True}
        case "Encounter":
            _rename(said, "reasonCode", "reason")
        case "Observation":
            _rename(said, "note", "comment")
            _change(said, "comment", lambda notes: " ".join(note["text"] for note in notes))
            _change(said, "interpretation", lambda ones: {"coding": [one | {"system": _OLD_INTERPRETATION} for one in ones[0]["coding"]]})
            for part in (said, *said.get("component", ())):
                _rename(part, "valueInteger", "valueQuantity")
                _change(part, "valueQuantity", lambda one: one if isinstance(one, dict) else {"value": one})
        case "DiagnosticReport":
            _rename(said, "conclusionCode", "codedDiagnosis")
            _change(said, "category", lambda several: several[0])
        case "ServiceRequest":
            said["resourceType"] = "ProcedureRequest"
    return said


def is_valid(resource: Resource, version: str) -> bool:
    """Whether the resource is one of its version: R4B, STU3 or R5, which the library has at its root."""
    kind = resource["resourceType"]
    package = "fhir.resources" if version == "R5" else f"fhir.resources.{version}"
    model: type[BaseModel] = getattr(import_module(f"{package}.{kind.lower()}"), kind)
    try:
        model.model_validate(resource)
    except ValidationError:
        return False
    return True


def each_resource(value: Any, change: Callable[[Resource], Resource]) -> Any:
    """A prefetched value with every resource in it changed; outcomes and what is no resource stay as they are."""
    if not isinstance(value, dict) or value.get("resourceType") == "OperationOutcome":
        return value
    if value.get("resourceType") != "Bundle":
        return change(value)
    return {**value, "entry": [{**entry, "resource": each_resource(entry.get("resource"), change)} for entry in value.get("entry", ())]}


def _bare(found: Resource) -> Resource:
    return {name: value for name, value in copy.deepcopy(found).items() if name not in _LEFT_OUT}


def _rename(said: Resource, name: str, other: str) -> None:
    if name in said:
        said[other] = said.pop(name)


def _change(said: Resource, name: str, how: Callable[[Any], Any]) -> None:
    if name in said:
        said[name] = how(said[name])


def _r5_drug(found: Resource) -> Resource:
    for part in found.get("ingredient", ()):
        _rename(part, "itemCodeableConcept", "item")
        _change(part, "item", lambda one: {"concept": one})
    return found
