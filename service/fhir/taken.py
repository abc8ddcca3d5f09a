"""How our own, tolerant reader takes one resource: whole, in part, in doubt, or not at all."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from service.dates import read_date, read_told_date
from service.fhir import shapes
from service.fhir.drugs import is_withdrawn, names_nothing
from service.fhir.elements import reference_of, text_of_form
from service.fhir.losses import is_in_doubt
from service.fhir.mend import mend

_MOMENTS = ("onsetDateTime", "performedDateTime", "performedString", "effectiveDateTime", "effectiveInstant", "issued", "authoredOn")
_DATES = (*_MOMENTS, "recordedDate", "started", "birthDate")
_PERIODS = ("onsetPeriod", "performedPeriod", "effectivePeriod", "period")
_NEEDS_NO_STATUS = ("Patient", "Medication", "Condition", "AllergyIntolerance")


@dataclass(frozen=True, slots=True)
class Taken:
    """What becomes of a resource here.

    how   whole: nothing that a rule could use is lost;  part: all but some elements;  doubt: it can hold a card back and bring none about
          not: no rule asks for its type, or nothing of it can be read
    """

    how: Literal["whole", "part", "doubt", "not"]
    says: str


def taken(kind: str, resource: dict[str, Any]) -> Taken:
    """How the resource would be read by itself, apart from whose chart it is in."""
    if kind not in shapes.SHAPES:
        return Taken("not", "not read: no rule asks for its type")
    found, lost = _read(resource, shapes.SHAPES[kind])
    unread = (*(["modifierExtension"] if resource.get("modifierExtension") else []), *_undated(found), *_half_read(found))
    lost = list(dict.fromkeys([*lost, *unread]))
    if why := _doubt(kind, found, lost):
        return Taken("doubt", f"{why}: it can hold a card back, and brings none about")
    if _names_nothing(found, lost):
        return Taken("doubt", "does not let anybody know which substance is meant, so its prefetch key counts as incomplete")
    return Taken("part", f"read but for {', '.join(lost)}") if lost else Taken("whole", "read, nothing is lost")


def _read(resource: dict[str, Any], shape: type[msgspec.Struct]) -> tuple[Any, list[str]]:
    """The resource in its shape, at once or mended, with what is lost in mending: the two ways in which a chart is read."""
    try:
        return msgspec.json.decode(msgspec.json.encode(resource), type=shape), []
    except msgspec.DecodeError:
        return mend(resource, shape)


def _doubt(kind: str, found: Any, lost: list[str]) -> str:
    """Why a resource is in doubt; "" when it is not."""
    if "modifierExtension" in lost:
        return "has a modifierExtension, which may change the meaning of everything in it"
    if is_in_doubt(lost):
        return "has a status that cannot be read"
    if isinstance(found, shapes.OfPatient) and found.subject is None and found.patient is None:
        return "does not say whose it is"
    if kind not in _NEEDS_NO_STATUS and not found.status:
        return "has no status, so it does not count"
    return ""


def _names_nothing(found: Any, lost: list[str]) -> bool:
    """Whether it is an allergy or a prescription of which nobody can tell the substance; what it points to may stand elsewhere."""
    if not isinstance(found, (shapes.AllergyIntolerance, shapes.MedicationRequest)) or is_withdrawn(found):
        return False
    pointer = reference_of(found.medicationReference) if isinstance(found, shapes.MedicationRequest) else ""
    return names_nothing(found, lost, {pointer: shapes.Medication()} if pointer else {})


def _half_read(found: Any) -> Iterator[str]:
    """The attached texts of a report that cannot be read to their end."""
    forms = (found.presentedForm or ()) if isinstance(found, shapes.DiagnosticReport) else ()
    yield from (f"presentedForm[{number}]" for number, form in enumerate(forms) if not text_of_form(form)[1])


def _undated(found: Any) -> Iterator[str]:
    """The elements that give a date which nobody can read."""
    for name in _DATES:
        told = read_told_date if name == "performedString" else read_date
        if (text := getattr(found, name, None)) and told(text) is None:
            yield name
    for name in _PERIODS:
        if (period := getattr(found, name, None)) is not None:
            yield from (f"{name}.{end}" for end in ("start", "end") if (text := getattr(period, end)) and read_date(text) is None)
