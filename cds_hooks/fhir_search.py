"""One read or search at the client's FHIR server, followed from page to page until nothing is missing, or until it must end.

Reads: a query, or the first page that the client sent.  Gives: what was found, and why that is not all there is.
Sources: FHIR R4, "Search", https://hl7.org/fhir/R4/http.html#search, and "Paging": what the links hold is the server's own affair.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import msgspec

from cds_hooks.egress.allow_list import Address
from cds_hooks.fetched import Fetched, FetchRecord, Reason, State
from cds_hooks.fhir_authorization import FhirGrant, Interaction
from cds_hooks.fhir_calls import Reply
from cds_hooks.fhir_page import Page, counted, only_resource, page_of, read_json, read_page, resource_type, whole
from cds_hooks.prefetch_merge import Want, wants_one_page

# One call with the token, to an address, with a form or without.
Call = Callable[[Address, bytes | None], Awaitable[Reply]]

# URI Too Long, and Request Header Fields Too Large, which some servers say of the first line too.
_TOO_LONG = (414, 431)
# Why a call was not made that might have been.
_HELD_BACK = (Reason.SERVER_AT_REST, Reason.NO_PLACE)


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """How much is fetched.

    page_size     results that a page is asked to have, where the template does not say
    pages         the most pages of one search
    answer_bytes  the most bytes of one answer
    call_bytes    the most bytes of all answers for one hook call
    longest_get   characters of an address that servers take; a longer search is sent as a form
    """

    page_size: int = 200
    pages: int = 10
    answer_bytes: int = 5 * 1024 * 1024
    call_bytes: int = 16 * 1024 * 1024
    longest_get: int = 2_000


@dataclass(slots=True)
class _Course:
    """How far one fetch has come. The client's own first page is not counted among those that were fetched."""

    want: Want
    type: str
    interaction: Interaction
    pages: list[Page]
    visited: set[Address] = field(default_factory=set)
    status: int | None = None
    fetched: int = 0
    bytes: int = 0


async def fetch(want: Want, query: str | None, grant: FhirGrant, limits: FetchLimits, call: Call) -> Fetched:
    """What became of one prefetch key.

    query  the template filled in; None where the request lacks a value for it
    """
    now = asyncio.get_running_loop().time
    begun = now()
    course = _Course(want, *_asked_for(want), [want.page] if want.page else [])
    reason = await _follow(course, query, grant, limits, call)
    matches, _ = counted(course.pages)
    record = FetchRecord(want.template, reason, course.status, round((now() - begun) * 1_000), course.fetched, matches, course.bytes)
    return Fetched(_state(reason, course), _value(reason, course), record)


def first_address(want: Want, query: str | None, grant: FhirGrant, limits: FetchLimits) -> Address | Reason:
    """Where the fetch of one prefetch key begins, or why the server is not asked for it."""
    type_, interaction = _asked_for(want)
    if grant.refuses(type_, interaction):
        return Reason.SCOPE
    first = None if query is None else grant.base.address(_sized(query, interaction, limits))
    if first is None:
        return Reason.NO_VALUE
    return first if want.page is None else grant.base.linked(want.page.following or "") or Reason.LINK_ELSEWHERE


def _asked_for(want: Want) -> tuple[str, Interaction]:
    """The resource type of a template, and how it is asked for."""
    path, question, _ = want.template.partition("?")
    return path.partition("/")[0], "search" if question else "read"


async def _follow(course: _Course, query: str | None, grant: FhirGrant, limits: FetchLimits, call: Call) -> Reason | None:
    """Why the reading of pages into `course` ended before all was read; None when nothing is missing."""
    first = first_address(course.want, query, grant, limits)
    if isinstance(first, Reason):
        return first
    address: Address | None = first
    while address is not None:
        if address in course.visited:
            return Reason.LINK_AGAIN
        if len(course.visited) == limits.pages:
            return Reason.MANY_PAGES
        course.visited.add(address)
        is_search = address == first and course.interaction == "search" and course.want.page is None
        reply = await (_search(address, course, grant, limits, call) if is_search else call(address, None))
        course.status = reply.status
        course.bytes += 0 if isinstance(reply.result, Reason) else len(reply.result)
        page = _read(reply, course.type)
        if isinstance(page, Reason):
            return page
        if course.interaction == "read" and page.names != {(course.type, address.path.rpartition("/")[2])}:
            return Reason.OTHER_RESOURCE
        course.pages.append(page)
        course.fetched += 1
        if page.following is None or wants_one_page(course.want.template):
            return _shortfall(course, grant)
        address = grant.base.linked(page.following)
    return Reason.LINK_ELSEWHERE


def _sized(query: str, interaction: Interaction, limits: FetchLimits) -> str:
    return query if interaction == "read" or wants_one_page(query) else f"{query}&_count={limits.page_size}"


async def _search(address: Address, course: _Course, grant: FhirGrant, limits: FetchLimits, call: Call) -> Reply:
    """The reply to a search; sent as a form where its address is too long, by our measure or by the server's."""
    if len(str(address)) <= limits.longest_get:
        reply = await call(address, None)
        if reply.status not in _TOO_LONG:
            return reply
    form = grant.base.address(f"{course.type}/_search")
    return await call(form or address, address.query)


def _read(reply: Reply, type_: str) -> Page | Reason:
    """The page in a reply; a resource of the type that was asked for, without a Bundle around it, is one too."""
    if isinstance(reply.result, Reason):
        return reply.result
    value = read_json(reply.result)
    if value is None:
        return Reason.NOT_FHIR
    page = read_page(value)
    if page is None:
        kind = resource_type(value)
        if kind in (None, "", "Bundle"):
            return Reason.NOT_FHIR
        if kind == "OperationOutcome":
            return Reason.OUTCOME
        page = page_of(value)
    if page is None or (page.kinds and type_ not in page.kinds):
        return Reason.OTHER_TYPE
    return page


def _shortfall(course: _Course, grant: FhirGrant) -> Reason | None:
    """What is missing although the last page was read."""
    found, said = counted(course.pages)
    is_short = said > found and not wants_one_page(course.want.template)
    if is_short or any(page.is_flawed for page in course.pages):
        return Reason.PARTS_MISSING
    # A read found its resource, or did not; a search may have found a part.
    return Reason.NARROW_SCOPE if course.interaction == "search" and grant.narrows(course.type) else None


def _state(reason: Reason | None, course: _Course) -> State:
    if reason is None:
        return State.SUPPLIED
    if course.pages:
        return State.INCOMPLETE
    if not course.visited or reason in _HELD_BACK:
        return State.NOT_ASKED
    return State.TIMED_OUT if reason is Reason.TIMED_OUT else State.ERROR


def _value(reason: Reason | None, course: _Course) -> msgspec.Raw | None:
    """A resource where one was asked for, else one Bundle, as a client would have sent it; None when nothing was read."""
    if not course.pages:
        return None
    bare = only_resource(course.pages[0]) if course.interaction == "read" else None
    return bare if bare is not None else whole(course.pages, is_cut=reason is not None)
