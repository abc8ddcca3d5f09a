"""What happens to charts on their way: entries reordered, added, withdrawn, and damaged, as servers and interfaces do it.

IN_DOUBT leaves nobody able to tell whether a resource counts or whose it is; an odd element is lost from a resource that still counts.
"""

import json
from collections.abc import Callable, Mapping
from random import Random
from typing import Any

from tests.service.charts import HL7, Resource, concept

Entries = list[dict[str, Any]]
# Values that hardly any element of a resource may have.
ODD = (True, 5, {"odd": [1]}, ["x", 2])
_STATUSES = ("status", "clinicalStatus", "verificationStatus", "intent")
_OWNERS = ("subject", "patient")
_VERIFIED = {"Condition": "condition-ver-status", "AllergyIntolerance": "allergyintolerance-verification"}

IN_DOUBT: Mapping[str, Callable[[Resource], Resource]] = {
    "a modifier that nobody knows": lambda found: {**found, "modifierExtension": [{"url": "http://ehr.example/odd", "valueBoolean": True}]},
    "no subject": lambda found: {name: value for name, value in found.items() if name not in _OWNERS},
    "a subject that nobody can read": lambda found: {**found, **{name: 5 for name in _OWNERS if name in found}},
    "a status that nobody can read": lambda found: {**found, **{name: True for name in _STATUSES if name in found}},
    "no status": lambda found: {name: value for name, value in found.items() if name != "status"},
}

# FHIR lets them come without a status, and then they count.
MAY_LACK_STATUS = ("Condition", "AllergyIntolerance")


def with_entries(prefetch: Resource, change: Callable[[str, Entries], Entries]) -> Resource:
    """The chart with the entries of every Bundle changed."""
    return {
        key: {**value, "entry": change(key, value["entry"])} if isinstance(value, dict) and "entry" in value else value
        for key, value in prefetch.items()
    }


def changed(prefetch: Resource, id_: str, change: Callable[[Resource], Resource | None]) -> Resource:
    """The chart with one resource changed, or left out when the change gives None."""

    def one(entry: dict[str, Any]) -> Entries:
        found = entry.get("resource", {})
        new = change(found) if found.get("id") == id_ else found
        return [] if new is None else [{**entry, "resource": new} if found else entry]

    return with_entries(prefetch, lambda key, entries: [new for entry in entries for new in one(entry)])


def left_out(resource: Resource) -> None:
    """No resource any more."""


def shuffled(prefetch: Resource, chance: Random) -> Resource:
    """The same keys and the same entries in another order."""
    mixed = {key: prefetch[key] for key in chance.sample(list(prefetch), len(prefetch))}
    return with_entries(mixed, lambda key, entries: chance.sample(entries, len(entries)))


def withdrawn(resource: Resource) -> Resource:
    """The resource as its author takes it back."""
    kind = resource["resourceType"]
    if kind in _VERIFIED:
        return {**resource, "verificationStatus": concept(f"{HL7}{_VERIFIED[kind]}", "entered-in-error")}
    return {**resource, "status": "entered-in-error"}


def elements(resource: Resource) -> list[str]:
    """The elements whose loss leaves no doubt about the status or the owner of the resource; a note may be among them."""
    return [*(name for name in resource if name not in ("resourceType", "id", *_STATUSES, *_OWNERS)), "note"]


def cut(prefetch: Resource, key: str, place: float) -> Resource:
    """The chart with the text of one key ending too early, at a place from 0 to 1."""
    written = json.dumps(prefetch[key]).encode()
    return {**prefetch, key: written[: 1 + int(place * (len(written) - 2))]}
