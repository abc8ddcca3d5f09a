"""What a CDS Service is, and how a client finds it.

Gives: CDSService, which the router hosts, and the document of `GET {base}/cds-services`.
Source: CDS Hooks, "Discovery", https://cds-hooks.hl7.org/2.0/#discovery.
"""

import re
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from cds_hooks.errors import InvalidService
from cds_hooks.hooks import HOOKS
from cds_hooks.prefetch import template_problems
from cds_hooks.request import HookRequest
from cds_hooks.response import CDSResponse

# The text that this package implements; an extra attribute of the 3.0 ballot, which older clients skip.
SPECIFICATION_VERSION = "2.0.1"

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True, kw_only=True)
class CDSService:
    """One service on one hook. Cannot be made wrong: InvalidService lists every problem of the description.

    id        the last segment of its address; shared by services on different hooks when their cards replace each other
    prefetch  key -> template; in what the request brings, a key may still be missing, null, an error or one page of many
    answer    the cards for a request. Raises CDSHooksError for an answer that is not cards: PrefetchUnavailable, ForeignPatient ...
    """

    id: str
    hook: str
    title: str
    description: str
    answer: Callable[[HookRequest], Awaitable[CDSResponse]] = field(repr=False)
    prefetch: Mapping[str, str] = field(default_factory=dict)
    usage_requirements: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "prefetch", MappingProxyType(dict(self.prefetch)))
        if problems := tuple(self._problems()):
            raise InvalidService(f"{self.id} on {self.hook}", problems)

    def _problems(self) -> Iterator[str]:
        if not _ID.fullmatch(self.id):
            yield "id: letters, digits, dots, hyphens and underscores only, for it is part of an address"
        for name, text in (("title", self.title), ("description", self.description), ("usage_requirements", self.usage_requirements)):
            if text is not None and not text.strip():
                yield f"{name}: must not be empty"
        if "" in self.prefetch:
            yield "prefetch: a key must not be empty"
        if self.hook not in HOOKS:
            yield f"hook: not one of {', '.join(HOOKS)}"
        else:
            yield from template_problems(self.prefetch, HOOKS[self.hook])


def by_address(services: Iterable[CDSService]) -> Mapping[str, Mapping[str, CDSService]]:
    """The services by id, then by hook. Raises InvalidService when two claim the same id and hook: one would silently win."""
    hosted: dict[str, dict[str, CDSService]] = {}
    for service in services:
        by_hook = hosted.setdefault(service.id, {})
        if service.hook in by_hook:
            raise InvalidService(f"{service.id} on {service.hook}", ("another service has this id on this hook",))
        by_hook[service.hook] = service
    return hosted


def discovery_document(services: Iterable[CDSService]) -> dict[str, object]:
    """The discovery document: every service in the order given; optional attributes without a value are left out."""
    return {"services": [_entry(service) for service in services]}


def _entry(service: CDSService) -> dict[str, object]:
    entry: dict[str, object] = {
        "hook": service.hook,
        "title": service.title,
        "description": service.description,
        "id": service.id,
        "version": SPECIFICATION_VERSION,
        "hookVersion": HOOKS[service.hook].version,
    }
    if service.prefetch:
        entry["prefetch"] = dict(service.prefetch)
    if service.usage_requirements:
        entry["usageRequirements"] = service.usage_requirements
    return entry
