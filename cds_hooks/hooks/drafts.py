"""The drafted orders of a context, as order-select and order-sign carry them.

Clients send what an unfinished order looks like: a Bundle without a type, entries without a resource, orders that are no valid FHIR yet.
All of that is kept or passed over; only what is no list of resources at all is refused.
"""

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from cds_hooks.errors import MalformedRequest

Draft: TypeAlias = Mapping[str, object]


def read_drafts(context: Mapping[str, object]) -> tuple[Draft, ...]:
    """Every resource of `draftOrders` in its order; empty for an empty Bundle."""
    bundle = context.get("draftOrders")
    if not isinstance(bundle, dict) or bundle.get("resourceType", "Bundle") != "Bundle":
        raise MalformedRequest("`context.draftOrders` must be a FHIR Bundle of the drafted orders.")
    entries = bundle.get("entry")
    if not isinstance(entries, (list, type(None))):
        raise MalformedRequest("`context.draftOrders.entry` must be an array.")
    resources = (entry.get("resource") for entry in entries or () if isinstance(entry, dict))
    return tuple(resource for resource in resources if isinstance(resource, dict))


def read_selections(context: Mapping[str, object]) -> tuple[str, ...]:
    """The references of the orders that were selected just now; empty when the client does not say, as some do."""
    selections = context.get("selections")
    if not isinstance(selections, (list, type(None))) or not all(isinstance(one, str) for one in selections or ()):
        raise MalformedRequest("`context.selections` must be an array of references such as ServiceRequest/123.")
    return tuple(selections or ())


def selected(drafts: Iterable[Draft], selections: Iterable[str]) -> tuple[Draft, ...]:
    """The drafts that a selection names, by type and id (also absolute) or by a bare id; all of them where it names none."""
    named = {"/".join(one.split("/_history/")[0].split("/")[-2:]) for one in selections}
    every = tuple(drafts)
    kept = tuple(draft for draft in every if {f"{draft.get('resourceType')}/{draft.get('id')}", str(draft.get("id") or "")} & named)
    return kept or every
