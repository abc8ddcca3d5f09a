"""The codes of a chart that stand in no value set: candidates for the code map of a site.

An entry one of whose codes is known needs no map, whatever other codes stand beside it.
"""

from collections import Counter
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from service.fhir import datatypes, shapes
from service.fhir.chart import ChartEntry
from service.fhir.elements import place_of
from service.fhir.mend import mend
from service.fhir.terms import Terms
from service.record import Coding

# What an entry is, by the elements that hold its codes.
_ELEMENTS = ("code", "procedureCode", "conclusionCode", "medicationCodeableConcept")


@dataclass(frozen=True, slots=True)
class UnknownCode:
    """A code that no value set holds.

    coding    its display is that of the entry in which it stood first
    entries   in how many entries of the chart it stands;  understood: in how many of them that are used all the same, for their words
    is_local  no value set has a code of its system, which may be one of the site's own
    """

    coding: Coding
    entries: int
    understood: int
    is_local: bool


def unknown_codes(entries: Iterable[ChartEntry], terms: Terms, used: Container[str] = ()) -> tuple[UnknownCode, ...]:
    """The codes that stand in no value set: first those of systems that no value set uses, and of each kind the most frequent.

    used  the references of the entries that the record holds
    """
    seen: Counter[tuple[str, str]] = Counter()
    understood: Counter[tuple[str, str]] = Counter()
    first: dict[tuple[str, str], Coding] = {}
    # An entry can be the answer to several queries; one without an id is none that was seen.
    once = {place if "/" in (place := place_of_entry(entry)) else str(number): entry for number, entry in enumerate(entries)}
    for place, entry in once.items():
        found = opened(entry)
        unknown = {
            (one.system, one.code): one for concept in _concepts(found) if not terms.names(concept) for one in terms.codings(concept)
        }
        seen.update(unknown.keys())
        understood.update(unknown.keys() if place in used else ())
        first = unknown | first
    codes = [UnknownCode(coding, seen[key], understood[key], not terms.reads(coding.system)) for key, coding in first.items()]
    return tuple(sorted(codes, key=lambda one: (not one.is_local, -one.entries, one.coding.system, one.coding.code)))


def opened(entry: ChartEntry) -> shapes.Resource | None:
    """The resource of an entry, as far as it can be read; None for one of which nothing can."""
    if entry.found is not None:
        return entry.found
    if entry.kind not in shapes.SHAPES:
        return None
    try:
        return mend(msgspec.json.decode(entry.raw), shapes.SHAPES[entry.kind])[0]
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return None


def place_of_entry(entry: ChartEntry) -> str:
    """Where an entry lies, as the issues of the reader say it: "Condition/1"."""
    found = opened(entry)
    return place_of(entry.kind, found.id if found else None, entry.key)


def _concepts(found: Any) -> Iterator[datatypes.CodeableConcept]:
    for element in _ELEMENTS:
        value = getattr(found, element, None)
        yield from (one for one in (value if isinstance(value, list) else [value]) if one is not None)
