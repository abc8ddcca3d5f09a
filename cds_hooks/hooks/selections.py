"""Which of the drafted orders a user has selected just now, as order-select tells it.

Clients leave the selections out, name orders by a bare id, or name what is no draft; none of that may hide a draft.
"""

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
    """The drafts that a selection names, by type and id (also absolute) or by a bare id; all of them where it names none."""
    named = {"/".join(one.split("/_history/")[0].split("/")[-2:]) for one in selections}
    every = tuple(drafts)
    kept = tuple(draft for draft in every if {f"{draft.get('resourceType')}/{draft.get('id')}", str(draft.get("id") or "")} & named)
    return kept or every
