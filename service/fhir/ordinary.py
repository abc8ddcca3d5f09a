"""Ordinary values of a prefetch key: resources that are all as FHIR has them, decoded in one step.

Almost every value is one, and this is the fastest way to read it. What is out of the ordinary (an unknown type, an odd element, a failed
part, a Bundle that is large or not all there is) is left to `chart.py`, which takes the entries one at a time.
"""

import msgspec
from msgspec import Raw, Struct

from service.fhir.envelope import Link, Response, Search
from service.fhir.shapes import AnyResource

# Bytes. In a larger Bundle one resource at a time keeps memory flat, and is as fast.
_LARGE = 1_000_000


class Entry(Struct, gc=False):
    """An entry with its resource."""

    resource: AnyResource
    fullUrl: str | None = None  # noqa: N815
    search: Search | None = None
    response: Response | None = None


class _Bundle(Struct, gc=False, tag_field="resourceType", tag="Bundle"):
    entry: list[Entry] | None = None
    type: str | None = None
    total: int | None = None
    link: list[Link] | None = None


_value = msgspec.json.Decoder(_Bundle | AnyResource)


def ordinary_entries(value: Raw | bytes) -> list[Entry] | None:
    """The entries of an ordinary Bundle that is all there is, or of a bare resource; None for anything else."""
    if len(memoryview(value)) > _LARGE:
        return None
    try:
        bundle = _value.decode(value)
    except (msgspec.DecodeError, RecursionError):
        return None
    if not isinstance(bundle, _Bundle):
        return [Entry(bundle)]
    entries = bundle.entry or []
    modes = [entry.search.mode for entry in entries if entry.search is not None]
    matches = len(entries) - modes.count("include")
    whole = all(link.relation == "self" for link in bundle.link or ()) and (bundle.total is None or bundle.total <= matches)
    odd = set(modes) - {None, "match", "include"} or [entry for entry in entries if entry.response is not None]
    return entries if whole and not odd else None
