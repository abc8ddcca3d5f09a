"""The prefetch of a request and what was fetched beside it, as one: what is still wanted, and what both are together.

Key by key: what the client sent is never asked for again, be it data, null ("there is none") or an error. What it did not send is
wanted whole, and so is what is no FHIR at all, and a Bundle that counts more matches than it has and has no link to them; of what it
sent the first page of, the pages that follow.
Source: CDS Hooks, "Prefetch Template"; a template with `_count` asks for one page and no more.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from cds_hooks.fetched import Fetched, State
from cds_hooks.fhir_page import Page, read_page, resource_type

_COUNT = re.compile(r"[?&]_count=")
# Nearly every resource begins with its type, and few Bundles hold one of these words: the others need not be looked into.
_RESOURCE = re.compile(rb'\s*\{\s*"resourceType"\s*:\s*"[A-Za-z]')
_MAY_BE_CUT = re.compile(rb'"next"|"total"', re.IGNORECASE)
# What a client would have sent for a key whose query failed.
_FAILED = {State.TIMED_OUT: "timeout", State.ERROR: "exception"}


@dataclass(frozen=True, slots=True)
class Want:
    """A prefetch key to fetch.

    page  what the client sent of it, to be followed by the pages after it; None when all of it is wanted
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
    """The keys to fetch: those that the client did not send, and those of which it sent a part, or nothing that can be read."""
    sent = {key: _wanted_beside(value, templates[key]) for key, value in prefetch.items() if key in templates and value is not None}
    return missing(prefetch, templates) | {key: want for key, want in sent.items() if want is not None}


def merged(prefetch: Mapping[str, msgspec.Raw | None], fetched: Mapping[str, Fetched]) -> dict[str, msgspec.Raw | None]:
    """The prefetch as if the client had sent what was fetched too.

    A key that could not be fetched is an OperationOutcome, one that nobody asked for is still missing, and one of which no more came
    than the client sent is what it sent.
    """
    return {**prefetch, **{key: value for key, found in fetched.items() if (value := _value(key, found, prefetch)) is not None}}


def _wanted_beside(value: msgspec.Raw, template: str) -> Want | None:
    """What is wanted beside a value that the client sent; None when it is an answer."""
    if not _RESOURCE.match(value) and not resource_type(value):
        return Want(template)
    if wants_one_page(template) or not _MAY_BE_CUT.search(value):
        return None
    page = read_page(value)
    if page is None:
        return None
    if page.following is not None:
        return Want(template, page)
    return Want(template) if (page.total or 0) > page.matches else None


def _value(key: str, found: Fetched, prefetch: Mapping[str, msgspec.Raw | None]) -> msgspec.Raw | None:
    """What is put under a key; None for what lies there already."""
    if key in prefetch:
        sent = prefetch[key]
        page = None if sent is None or found.value is None else read_page(sent)
        return found.value if page is None or page.matches <= found.record.resources else None
    if found.value is not None or found.state not in _FAILED:
        return found.value
    issue = f'{{"severity":"error","code":"{_FAILED[found.state]}"}}'
    return msgspec.Raw(f'{{"resourceType":"OperationOutcome","issue":[{issue}]}}'.encode())
