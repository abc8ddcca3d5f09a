"""What other versions of FHIR call the elements that rules use, said as R4 says it: R5, STU3, and what DSTU2 calls a thing not done.

A prefetch does not tell its version, so only names are understood that R4 does not have there: each means one thing, whoever sent it.
What has such a name does not have its shape and comes here through `mend.py`; what has no counterpart in R4 is lost there, by name.
Sources: the pages of the resources at https://hl7.org/fhir/R5/, https://hl7.org/fhir/STU3/ and https://hl7.org/fhir/DSTU2/.
"""

from collections.abc import Callable, Mapping
from typing import Any

_Found = dict[str, Any]
_PERFORMED = {f"occurrence{kind}": f"performed{kind}" for kind in ("DateTime", "Period", "Age", "Range", "String")}
# Shape -> name in another version -> name in R4.
_NAMES: Mapping[str, Mapping[str, str]] = {
    "AllergyIntolerance": {"assertedDate": "recordedDate"},
    "Condition": {"assertedDate": "recordedDate"},
    "DiagnosticReport": {"codedDiagnosis": "conclusionCode"},
    "Encounter": {"actualPeriod": "period", "reason": "reasonCode"},
    "ImagingStudy": {"procedure": "procedureCode"},
    "Ingredient": {"item": "itemCodeableConcept"},
    "Procedure": _PERFORMED,
}
_DRUG = {"concept": "medicationCodeableConcept", "reference": "medicationReference"}
_VISITS = {"completed": "finished", "discharged": "finished", "on-hold": "onleave"}
# The system of interpretations until STU3; its codes went into the one that R4 has.
_OLD_INTERPRETATION = "http://hl7.org/fhir/v2/0078"
_INTERPRETATION = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"


def in_r4(shape: str, found: Mapping[str, Any]) -> Mapping[str, Any]:
    """The resource, or the part of one, with the names of R4; an element that has its R4 name already keeps it."""
    said = dict(found)
    if isinstance(context := said.get("context"), dict):
        del said["context"]
        # An episode of care is no visit.
        if "EpisodeOfCare/" not in str(context.get("reference")):
            said.setdefault("encounter", context)
    for other, name in _NAMES.get(shape, {}).items():
        if other in said:
            said.setdefault(name, said.pop(other))
    if shape in _BY_SHAPE:
        _BY_SHAPE[shape](said)
    return said


def _concept(said: _Found) -> None:
    """R5 wraps a concept together with a reference; the concept is what R4 has there."""
    if isinstance(concept := said.get("concept"), dict):
        said.clear()
        said |= concept


def _medication(said: _Found) -> None:
    """R5 has the concept and the reference in one element."""
    if isinstance(either := said.get("medication"), dict):
        said |= {name: either[part] for part, name in _DRUG.items() if part in either and name not in said}
        if not either.keys().isdisjoint(_DRUG):
            del said["medication"]


def _procedure(said: _Found) -> None:
    """STU3 and DSTU2 say beside the status that nothing was done."""
    for name in ("notDone", "notPerformed"):
        if isinstance(said.get(name), bool) and said.pop(name):
            said["status"] = "not-done"


def _observation(said: _Found) -> None:
    """STU3 has one comment and one interpretation, whose codes were of another system."""
    if isinstance(said.get("comment"), str):
        said.setdefault("note", [{"text": said.pop("comment")}])
    if interpretations := _several(said.get("interpretation")):
        said["interpretation"] = [_interpretation(one) for one in interpretations]


def _interpretation(said: object) -> object:
    if isinstance(said, list):
        return [_interpretation(one) for one in said]
    if not isinstance(said, dict):
        return said
    if said.get("system") == _OLD_INTERPRETATION:
        return {**said, "system": _INTERPRETATION}
    return {**said, "coding": _interpretation(said["coding"])} if "coding" in said else said


def _encounter(said: _Found) -> None:
    """R5 has reasons inside reasons, and other words for a visit that is over or interrupted."""
    said["status"] = _VISITS.get(str(said.get("status")), said.get("status"))
    reasons = [value for reason in _several(said.get("reasonCode")) for value in _reasons(reason)]
    if reasons:
        said["reasonCode"] = reasons


def _reasons(reason: object) -> list[object]:
    if not isinstance(reason, dict) or "value" not in reason:
        return [reason]
    return [value for value in _several(reason["value"]) if not isinstance(value, dict) or "concept" in value]


def _order(said: _Found) -> None:
    """R5 wraps the reasons of an order too."""
    if "reason" in said:
        said.setdefault(
            "reasonCode", [one["concept"] for one in _several(said.pop("reason")) if isinstance(one, dict) and "concept" in one]
        )


def _several(value: object) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


_BY_SHAPE: Mapping[str, Callable[[_Found], None]] = {
    "CodeableConcept": _concept,
    "Encounter": _encounter,
    "MedicationRequest": _medication,
    "Observation": _observation,
    "Procedure": _procedure,
    "ServiceRequest": _order,
}
