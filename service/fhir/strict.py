"""What a strict FHIR R4B reader refuses in one resource: where, and what would be right. Never a value of the chart.

The models of fhir.resources check elements, their types and how primitive values are written; neither the codes of a binding nor the
invariants of a profile.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from pydantic import BaseModel, ValidationError

_PRIMITIVES = {
    "DateTime": "a dateTime: 2021, 2021-03, 2021-03-12, or with a time and its zone 2021-03-12T08:30:00Z",
    "Date": "a date: 2021, 2021-03 or 2021-03-12",
    "Instant": "an instant, with date, time and zone: 2021-03-12T08:30:00Z",
    "Time": "a time with seconds: 08:30:00",
    "Decimal": "a number",
}
_PATTERNS = {
    r"^[A-Za-z0-9\-.]+$": "must be a FHIR id: letters, digits, - and . alone",
    "[ \r\n\t\\S]+": "must not be empty",
    r"^[^\s]+(\s[^\s]+)*$": "must be a code: not empty, no space at its ends nor two in a row",
}
_WORDS = {
    "missing": "is needed and is not there",
    "model_field_validation.missing": "is needed and is not there",
    "extra_forbidden": "is no element that FHIR R4B has here",
    "list_type": "must be a list",
    "string_type": "must be a text",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "json_invalid": "must be an object, not a bare word",
    "model_type": "must be an object",
    "base64_decode": "is no base64",
}
_OTHERWISE = "is not as FHIR R4B has it"
_WRITTEN = re.compile(r"(?:Value error, )?(\w+) value string does not match spec regex")
_CHOICE = re.compile(r"[Aa]ny of (?:one )?field value .*?from this list \['([a-z]+)")
_ELEMENT = re.compile(r"_?[A-Za-z][A-Za-z0-9]{0,63}")


@dataclass(frozen=True, slots=True)
class Refused:
    """One place that a strict reader refuses: `code.coding[0].system`, "" for the resource itself."""

    path: str
    says: str


def is_a_type(kind: str) -> bool:
    """Whether FHIR R4B has resources of this type."""
    return _model_of(kind) is not None


def refused_by_a_strict_reader(kind: str, resource: dict[str, Any]) -> tuple[Refused, ...]:
    """Every place of the resource that the strict model of its type refuses; none for a resource that it takes."""
    if (model := _model_of(kind)) is None:
        return (Refused("resourceType", "is no type of resource that FHIR R4B has"),)
    try:
        model.model_validate(resource)
    except ValidationError as invalid:
        errors = invalid.errors(include_url=False, include_input=False)
        return tuple(dict.fromkeys(_refused(error) for error in errors))
    except (LookupError, RecursionError):
        return (Refused("contained", "holds a type of resource that FHIR R4B does not have, or is nested without end"),)
    return ()


@lru_cache(maxsize=200)
def _model_of(kind: str) -> type[BaseModel] | None:
    # Loaded here alone: no other command should wait for it.
    from fhir.resources.R4B import get_fhir_model_class

    try:
        model: type[BaseModel] = get_fhir_model_class(kind)
    except (ValueError, KeyError):
        return None
    return model


def _refused(error: Any) -> Refused:
    place = [step for step in error["loc"] if step != "root"]
    if choice := _CHOICE.search(error["msg"]):
        path = _path([*place, f"{choice[1]}[x]"])
        return Refused(path, "may be given in one way alone" if "multiple" in error["msg"] else "is needed and is not there")
    if written := _WRITTEN.match(error["msg"]):
        return Refused(_path(place), f"must be {_PRIMITIVES.get(written[1], 'written as FHIR has it')}")
    if error["type"] == "string_pattern_mismatch":
        return Refused(_path(place), _PATTERNS.get(error["ctx"]["pattern"], _OTHERWISE))
    if error["type"] == "model_validation_format":
        return Refused(_path(place), f"must be one {error['ctx']['model_class']}, not a list or a bare value")
    return Refused(_path(place), _WORDS.get(error["type"], _OTHERWISE))


def _path(steps: list[int | str]) -> str:
    """A place as FHIRPath writes it; a name that is no name of an element may be anything, and is not repeated."""
    path = ""
    for step in steps:
        if isinstance(step, int):
            path += f"[{step}]"
        else:
            name = step if _ELEMENT.fullmatch(step) or step.endswith("[x]") else "(an odd name)"
            path += f".{name}" if path else name
    return path
