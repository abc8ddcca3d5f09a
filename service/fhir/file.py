"""Every resource of a file, whatever the file is: a Bundle, one resource, a CDS Hooks request, a list, or NDJSON with one on each line."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from service.errors import UnreadableChart
from service.fhir.chart import kind_of
from service.fhir.elements import place_of
from service.fhir.strict import is_a_type

_DEEPEST = 3
_NEITHER = "This file is neither a FHIR Bundle, nor a resource, nor a list or NDJSON of resources, nor a CDS Hooks request."


@dataclass(frozen=True, slots=True)
class Found:
    """A resource of a file; `where`: its reference, or where it stands; `resource`: its content, None where that is no JSON object."""

    where: str
    kind: str
    resource: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class File:
    """What a file is, in words, and its resources still unread: (prefetch key or line, bytes)."""

    what: str
    entries: tuple[tuple[str, msgspec.Raw | bytes], ...]

    def __iter__(self) -> Iterator[Found]:
        """Every resource with its place, read one at a time."""
        for key, raw in self.entries:
            kind, resource = kind_of(raw), _decoded(raw)
            # What calls itself by another name than FHIR has may be anything, and is not repeated.
            shown = kind if is_a_type(kind) else "resource"
            id_ = resource.get("id") if resource else None
            yield Found(place_of(shown, id_, key or f"the {self.what}"), kind, resource)


class _Request(msgspec.Struct, gc=False):
    hook: str
    prefetch: dict[str, msgspec.Raw] | None = None
    context: msgspec.Raw = msgspec.Raw(b"{}")


class _Context(msgspec.Struct, gc=False):
    draftOrders: msgspec.Raw = msgspec.Raw(b"")  # noqa: N815


class _Entries(msgspec.Struct, gc=False):
    entry: list[msgspec.Raw] | None = None


class _Entry(msgspec.Struct, gc=False):
    resource: msgspec.Raw = msgspec.Raw(b"")


def opened(body: bytes) -> File:
    """The file, told what it is. Raises UnreadableChart when it holds no resource."""
    try:
        body.decode()
        whole = msgspec.json.decode(body, type=msgspec.Raw)
    except UnicodeDecodeError:
        raise UnreadableChart(f"{_NEITHER} It is not UTF-8.") from None
    except (msgspec.DecodeError, RecursionError):
        return _lines(body)
    try:
        if kind := kind_of(whole):
            return File("Bundle" if kind == "Bundle" else "resource", tuple(_resources("", whole)))
        if bytes(memoryview(whole)[:1]) == b"[":
            return _list(whole)
        request = msgspec.json.decode(whole, type=_Request)
        keys = {**(request.prefetch or {}), "draftOrders": msgspec.json.decode(request.context, type=_Context).draftOrders}
        return File("CDS Hooks request", tuple(one for key, value in keys.items() for one in _resources(key, value)))
    except (msgspec.DecodeError, RecursionError):
        raise UnreadableChart(_NEITHER) from None


def _list(whole: msgspec.Raw) -> File:
    items = [(f"item {number}", item) for number, item in enumerate(msgspec.json.decode(whole, type=list[msgspec.Raw]), 1)]
    if not any(kind_of(item) for _, item in items):
        raise UnreadableChart(_NEITHER)
    return File("list of resources", tuple(items))


def _lines(body: bytes) -> File:
    lines = [(f"line {number}", line) for number, line in enumerate(body.splitlines(), 1) if line.strip()]
    # The first line of a Bundle that breaks off later names a type too.
    if not any(kind_of(line) and _decoded(line) is not None for _, line in lines):
        raise UnreadableChart(_NEITHER)
    return File("file of NDJSON", tuple(lines))


def _resources(key: str, value: msgspec.Raw | bytes, depth: int = 0) -> Iterator[tuple[str, msgspec.Raw | bytes]]:
    """A resource, or all of a Bundle; null and nothing are no resource."""
    if bytes(memoryview(value)[:5]).strip() in (b"", b"null"):
        return
    if kind_of(value) != "Bundle" or depth > _DEEPEST:
        yield key, value
        return
    try:
        entries = msgspec.json.decode(value, type=_Entries).entry or ()
    except msgspec.DecodeError:
        yield key, value
        return
    for entry in entries:
        try:
            inside = msgspec.json.decode(entry, type=_Entry).resource
        except msgspec.DecodeError:
            yield key, entry
        else:
            yield from _resources(key, inside, depth + 1)


def _decoded(raw: msgspec.Raw | bytes) -> dict[str, Any] | None:
    try:
        found = msgspec.json.decode(raw)
    except (msgspec.DecodeError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def as_bundle(file: File) -> bytes:
    """The resources of a file that can be read at all, as one Bundle."""
    entries = b",".join(b'{"resource":' + bytes(raw) + b"}" for _, raw in file.entries if kind_of(raw) and _decoded(raw) is not None)
    return b'{"resourceType":"Bundle","type":"collection","entry":[' + entries + b"]}"
