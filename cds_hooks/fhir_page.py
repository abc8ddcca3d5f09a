"""What a FHIR server answers a search with, one page at a time: a Bundle whose resources stay unread.

Reads: a JSON value.  Gives: a Page, or the Bundle that several pages are together. Servers leave out what FHIR asks for and send null
where it is not allowed; a page is taken for what can be read of it, and says when something cannot.
Source: FHIR R4, "Bundle", https://hl7.org/fhir/R4/bundle.html, and "Paging", https://hl7.org/fhir/R4/http.html#paging.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Annotated

import msgspec

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_NULL = msgspec.Raw(b"null")
# A Bundle of another type answers another question; many servers leave it out, and clients build collections.
_TYPES = (None, "searchset", "collection")
_NOT_MATCHES = ("include", "outcome")
# A page is asked to have some hundred entries and has a few links. More of them, or so many values that counting them would hold up every
# other call, is no page: 5 MB of nothing but zeros were seen to take 1.6 s.
_Entries = Annotated[list[msgspec.Raw], msgspec.Meta(max_length=10_000)]
_Links = Annotated[list[msgspec.Raw], msgspec.Meta(max_length=100)]
_MOST_VALUES = 500_000
# The type of the resource in an entry, "" when there is none to read; its id; and why the entry is there.
_Told = tuple[str, object, object]
# Stands for more that there is: readers of a Bundle look for the relation.
_MORE = b'"link":[{"relation":"next"}],'


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a search.

    entries    the members of Bundle.entry as they came
    kinds      resource types of the matches
    matches    how many resources answer the search; what is only included, and what the server remarks, does not count, and one that
               stands there twice counts once
    names      type and id of those matches that have an id
    total      how many matches there are on all pages, where the server says so
    following  the link to the next page; "" for one that cannot be read; None when this is the last
    is_flawed  whether something may be missing: an entry that is no entry, a remark that a part failed, a total that is no number
    """

    entries: tuple[msgspec.Raw, ...] = field(repr=False)
    kinds: frozenset[str]
    matches: int
    names: frozenset[tuple[str, str]] = field(repr=False)
    total: int | None
    following: str | None = field(repr=False)
    is_flawed: bool


class _Resource(msgspec.Struct, gc=False):
    resourceType: str = ""  # noqa: N815
    id: object = None


class _Issue(msgspec.Struct, gc=False):
    severity: object = None
    code: object = None


class _Outcome(msgspec.Struct, gc=False):
    issue: list[_Issue] = []


class _Search(msgspec.Struct, gc=False):
    mode: object = None


class _Entry(msgspec.Struct, gc=False):
    resource: _Resource | None = None
    search: _Search | None = None


class _Unread(msgspec.Struct, gc=False):
    resource: msgspec.Raw = _NULL


class _Bundle(msgspec.Struct, gc=False):
    resourceType: str = ""  # noqa: N815
    type: object = None
    total: object = None
    entry: _Entries | None = None
    link: msgspec.Raw = _NULL


class _Opened(msgspec.Struct, gc=False):
    entry: list[_Entry] | None = None


class _Link(msgspec.Struct, gc=False):
    relation: object = None
    url: object = None


_resource = msgspec.json.Decoder(_Resource)
_outcome = msgspec.json.Decoder(_Outcome)
_entry = msgspec.json.Decoder(_Entry)
_opened = msgspec.json.Decoder(_Opened)
_unread = msgspec.json.Decoder(_Unread)
_bundle = msgspec.json.Decoder(_Bundle)
_links = msgspec.json.Decoder(_Links | None)
_link = msgspec.json.Decoder(_Link)


def read_json(body: bytes) -> msgspec.Raw | None:
    """A body as a JSON value; None when it is not UTF-8. The rest is proved when the value is decoded."""
    body = body.removeprefix(_BYTE_ORDER_MARK)
    try:
        body.decode()
    except UnicodeDecodeError:
        return None
    return msgspec.Raw(body)


def resource_type(value: msgspec.Raw) -> str | None:
    """The type of a resource, "" when it does not say; None for what is no JSON object."""
    try:
        return _resource.decode(value).resourceType
    except (msgspec.DecodeError, RecursionError):
        return None


def read_page(value: msgspec.Raw) -> Page | None:
    """The page that a Bundle is; None for every other value."""
    if len(memoryview(value)) > _MOST_VALUES and bytes(value).count(b",") > _MOST_VALUES:
        return None
    try:
        bundle = _bundle.decode(value)
    except (msgspec.DecodeError, RecursionError):
        return None
    if bundle.resourceType != "Bundle" or bundle.type not in _TYPES:
        return None
    kinds: set[str] = set()
    names: set[tuple[str, str]] = set()
    nameless = 0
    is_flawed = False
    entries = bundle.entry or ()
    for raw, (kind, id_, mode) in zip(entries, _read_entries(value, entries), strict=True):
        if kind == "" or (kind == "OperationOutcome" and _is_failure(_unread.decode(raw).resource)):
            is_flawed = True
        if mode not in _NOT_MATCHES and kind != "OperationOutcome":
            kinds.add(kind)
            if isinstance(id_, str) and kind:
                names.add((kind, id_))
            else:
                nameless += 1
    total = bundle.total if isinstance(bundle.total, int) else None
    # A count that nobody can read says that there may be more than was sent.
    is_flawed = is_flawed or (total is None and bundle.total is not None)
    following = _read_following(bundle.link)
    return Page(tuple(entries), frozenset(kinds - {""}), nameless + len(names), frozenset(names), total, following, is_flawed)


def page_of(resource: msgspec.Raw) -> Page | None:
    """The page that a resource is by itself, sent where a Bundle was asked for; None when it is no resource."""
    return read_page(msgspec.Raw(b'{"resourceType":"Bundle","entry":[{"resource":' + bytes(resource) + b"}]}"))


def only_resource(page: Page) -> msgspec.Raw | None:
    """The resource on a page of one entry; None for every other page."""
    return _unread.decode(page.entries[0]).resource if len(page.entries) == 1 and page.matches == 1 and not page.is_flawed else None


def whole(pages: Sequence[Page], *, is_cut: bool) -> msgspec.Raw:
    """The Bundle that these pages are together. One that `is_cut` says that there is more; one that is not has no links and no total."""
    head = b'{"resourceType":"Bundle","type":"searchset",' + (_MORE if is_cut else b"") + b'"entry":['
    parts: list[bytes | memoryview] = []
    for page in pages:
        for entry in page.entries:
            parts += (b",", memoryview(entry))
    # One join: each further copy of a large Bundle costs more than reading it.
    return msgspec.Raw(b"".join((head, *parts[1:], b"]}")))


def counted(pages: Iterable[Page]) -> tuple[int, int]:
    """How many matches the pages hold, each counted once, and how many the server says there are (0 where it does not say).

    Pages by offset repeat a resource, and pass over another, when something is written between two of them.
    """
    known = tuple(pages)
    repeated = sum(len(page.names) for page in known) - len(frozenset().union(*(page.names for page in known)))
    return sum(page.matches for page in known) - repeated, max((page.total or 0 for page in known), default=0)


def _read_entries(value: msgspec.Raw, entries: Sequence[msgspec.Raw]) -> list[_Told]:
    """What there is to know of each entry: all at once, which is several times as fast; one by one where that fails."""
    try:
        opened = _opened.decode(value).entry or ()
    except (msgspec.DecodeError, RecursionError):
        return [_read_entry(raw) for raw in entries]
    return [_told(entry) for entry in opened]


def _read_entry(raw: msgspec.Raw) -> _Told:
    try:
        return _told(_entry.decode(raw))
    except (msgspec.DecodeError, RecursionError):
        return "", None, None


def _told(entry: _Entry) -> _Told:
    resource = entry.resource
    kind, id_ = ("", None) if resource is None else (resource.resourceType, resource.id)
    return kind, id_, None if entry.search is None else entry.search.mode


def _is_failure(outcome: msgspec.Raw) -> bool:
    """Whether a remark says that results are missing, not merely that something was noticed."""
    try:
        issues = _outcome.decode(outcome).issue
    except (msgspec.DecodeError, RecursionError):
        return True
    return any(issue.severity in ("error", "fatal") or issue.code == "incomplete" for issue in issues)


def _read_following(links: msgspec.Raw) -> str | None:
    """The link to the next page. Links that cannot be read may hold one: then it is "", and leads nowhere."""
    try:
        found = [_link.decode(link) for link in _links.decode(links) or ()]
    except (msgspec.DecodeError, RecursionError):
        return "" if b"next" in bytes(links).lower() else None
    following = [link.url for link in found if isinstance(link.relation, str) and link.relation.lower() == "next"]
    if not following:
        return None
    return following[0] if isinstance(following[0], str) else ""
