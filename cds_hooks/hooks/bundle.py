"""A Bundle in a context: drafted orders, proposed appointments, new problems.

Clients send what is still being written: a Bundle without a type, entries without a resource, resources that are no valid FHIR yet.
All of that is kept or passed over; only what is no list of resources at all is refused.
"""

from collections.abc import Mapping
from typing import TypeAlias

from cds_hooks.errors import MalformedRequest

Resource: TypeAlias = Mapping[str, object]


def read_bundle(context: Mapping[str, object], field: str) -> tuple[Resource, ...]:
    """Every resource of the Bundle in a field that every request has, in its order and as it was sent; empty for an empty Bundle.

    What stands where a resource belongs and is none comes as an empty one: whoever reads them can tell that there was one more.
    """
    bundle = context.get(field)
    if not isinstance(bundle, dict) or bundle.get("resourceType") not in (None, "Bundle"):
        raise MalformedRequest(f"`context.{field}` must be a FHIR Bundle.")
    entries = bundle.get("entry")
    if not isinstance(entries, (list, type(None))):
        raise MalformedRequest(f"`context.{field}.entry` must be an array.")
    resources = (entry.get("resource") if isinstance(entry, dict) else entry for entry in entries or ())
    return tuple(resource if isinstance(resource, dict) else {} for resource in resources if resource is not None)
