"""The prefetch of a request and what was fetched beside it, as one: what is still wanted, and what both are together.

Key by key: what the client sent is never asked for again, be it data, null ("there is none") or an error. What it did not send is
wanted whole; of what it sent the first page of, the pages that follow.
Source: CDS Hooks, "Prefetch Template"; a template with `_count` asks for one page and no more.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from cds_hooks.fetched import Fetched, State
from cds_hooks.fhir_page import Page, read_page

_COUNT = re.compile(r"[?&]_count=")
_NEXT = re.compile(rb'"next"', re.IGNORECASE)
# What a client would have sent for a key whose query failed.
_FAILED = {State.TIMED_OUT: "timeout", State.ERROR: "exception"}


@dataclass(frozen=True, slots=True)
class Want:
    """A prefetch key to fetch.

    page  what the client sent of it, to be followed by the pages after it; None when it sent nothing
    """

    template: str
    page: Page | None = None


def wants_one_page(template: str) -> bool:
    """Whether a template asks for so many results and no more."""
    return _COUNT.search(template) is not None


def missing(prefetch: Mapping[str, msgspec.Raw | None], templates: Mapping[str, str]) -> dict[str, Want]:
    """The keys that the client did not send."""
    return {key: Want(template) for key, template in templates.items() if key not in prefetch}


def wanted(prefetch: Mapping[str, msgspec.Raw | None], templates: Mapping[str, str]) -> dict[str, Want]:
    """The keys to fetch: those that the client did not send, and those of which it sent the first page."""
    pages = {key: _first_page(value) for key, value in prefetch.items() if key in templates and not wants_one_page(templates[key])}
    cut = {key: Want(templates[key], page) for key, page in pages.items() if page is not None}
    return missing(prefetch, templates) | cut


def merged(prefetch: Mapping[str, msgspec.Raw | None], fetched: Mapping[str, Fetched]) -> dict[str, msgspec.Raw | None]:
    """The prefetch as if the client had sent what was fetched too.

    A key that could not be fetched is an OperationOutcome, one that nobody asked for is still missing, and one of which nothing more
    came is what the client sent of it.
    """
    return {**prefetch, **{key: value for key, found in fetched.items() if (value := _value(found, is_sent=key in prefetch)) is not None}}


def _first_page(value: msgspec.Raw | None) -> Page | None:
    """The page that a value is when others follow it. Nearly no value holds the word, and is then not looked into."""
    page = read_page(value) if value is not None and _NEXT.search(value) else None
    return page if page is not None and page.following is not None else None


def _value(found: Fetched, *, is_sent: bool) -> msgspec.Raw | None:
    if found.value is not None or is_sent or found.state not in _FAILED:
        return found.value
    issue = f'{{"severity":"error","code":"{_FAILED[found.state]}"}}'
    return msgspec.Raw(f'{{"resourceType":"OperationOutcome","issue":[{issue}]}}'.encode())
