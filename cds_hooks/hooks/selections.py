"""Which of the drafted orders a user has selected just now, as order-select tells it.

Clients leave the selections out, name orders by a bare id, or name what is no draft; none of that may hide a draft.
"""

import re
from collections.abc import Iterable, Mapping

from cds_hooks.errors import MalformedRequest
from cds_hooks.hooks.bundle import Resource


def read_selections(context: Mapping[str, object]) -> tuple[str, ...]:
    """The references of the orders that were selected just now; empty when the client does not say, as some do."""
    selections = context.get("selections")
    if not isinstance(selections, (list, type(None))) or not all(isinstance(one, str) for one in selections or ()):
        raise MalformedRequest("`context.selections` must be an array of references such as ServiceRequest/123.")
    return tuple(selections or ())


def selected(drafts: Iterable[Resource], selections: Iterable[str]) -> tuple[Resource, ...]:
    """The drafts that the selections name, in their order; all of them where none is named.

    A selection counts by type and id, also absolute or with a version; by its id alone where no draft is of that type.
    """
    every = [(draft, (str(draft.get("resourceType")), str(draft.get("id") or ""))) for draft in drafts]
    wanted = {name for one in selections if (name := _name(one))[1]}
    exact = wanted & {name for _, name in every}
    alone = {id_ for _, id_ in wanted - exact}
    kept = tuple(draft for draft, name in every if name in exact or name[1] in alone)
    return kept or tuple(draft for draft, _ in every)


def _name(reference: str) -> tuple[str, str]:
    """Type and id at the end of a reference; no type for a bare id, and one that no draft has for "urn:uuid:1" and "#1"."""
    parts = re.split("[/:#]", reference.split("/_history/")[0])
    return parts[-2] if len(parts) > 1 else "", parts[-1]
