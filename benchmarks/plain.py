"""A deliberately plain way to read a chart: `json.loads`, dictionaries, and what a tolerant person would see. Slow, obvious, no cleverness.

The yardstick of target 6: whatever stands here and not in the patient record has been lost.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

# Where each type keeps its codes, its date and its number.
_CODES = {"MedicationRequest": "medicationCodeableConcept", "Encounter": "reasonCode", "ImagingStudy": "procedureCode"}
_DATES = ("onsetDateTime", "performedDateTime", "effectiveDateTime", "authoredOn", "started", "issued")
Fact = tuple[str, str]


def facts_of(body: bytes, codes: Mapping[tuple[str, str], tuple[str, frozenset[str]]]) -> frozenset[Fact]:
    """(reference, value set) for each known code in the resources of a prefetch, and (reference, date or number) of those resources."""
    return frozenset(fact for resource in _resources(json.loads(body)) for fact in _facts(resource, codes))


def _resources(prefetch: Any) -> Iterator[dict[str, Any]]:
    """Every resource, in a Bundle or bare."""
    for value in prefetch.values():
        for entry in _several(value.get("entry")) if value.get("resourceType") == "Bundle" else [{"resource": value}]:
            if isinstance(entry, dict) and isinstance(entry.get("resource"), dict):
                yield entry["resource"]


def _facts(resource: dict[str, Any], codes: Mapping[tuple[str, str], tuple[str, frozenset[str]]]) -> Iterator[Fact]:
    reference = f"{resource['resourceType']}/{resource['id']}"
    concepts = _several(resource.get(_CODES.get(resource["resourceType"], "code")))
    pointed = _first(resource.get("medicationReference")).get("reference")
    for inside in _several(resource.get("contained")):
        if inside.get("resourceType") == "Medication" and pointed == f"#{inside.get('id')}":
            concepts += _several(inside.get("code"))
    names = {name for concept in concepts for name in _names(concept, codes)}
    if not names:
        return
    for name in names:
        yield reference, name
    dates = [str(resource[element]) for element in _DATES if resource.get(element)]
    dates += [str(_first(resource.get(element)).get("start") or "") for element in ("performedPeriod", "effectivePeriod", "onsetPeriod")]
    for day in [day for day in dates if day[:4].isdigit()][:1]:
        yield reference, day[:10]
    value = _first(resource.get("valueQuantity")).get("value")
    if value is not None:
        yield reference, f"{float(value):g}"


def _names(concept: Any, codes: Mapping[tuple[str, str], tuple[str, frozenset[str]]]) -> Iterator[str]:
    for coding in _several(concept.get("coding") if isinstance(concept, dict) else None):
        code = coding.get("code")
        written = str(int(code) if isinstance(code, float) else code).strip().upper()
        uri = str(coding.get("system")).strip().rstrip("/").split("|")[0]
        yield from codes.get((uri, written), ("", ()))[1]


def _several(value: Any) -> list[Any]:
    """A list, or one thing where a list belongs; nulls left out."""
    return [one for one in (value if isinstance(value, list) else [value]) if one is not None]


def _first(value: Any) -> dict[str, Any]:
    """An object, or the first of a list where an object belongs; {} for anything else."""
    found = next(iter(_several(value)), None)
    return found if isinstance(found, dict) else {}
