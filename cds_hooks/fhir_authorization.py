"""Leave to read from the client's FHIR server: whether a request gives it, for which server, and for which resources.

Gives: FhirGrant, or the Reason why nothing may be read. Neither a token nor a server that nobody listed gets further than here.
Sources: CDS Hooks, "FHIR Resource Access", https://cds-hooks.hl7.org/2.0/#fhir-resource-access; SMART App Launch, "Scopes",
version 1 (`patient/Observation.read`) and version 2 (`patient/Observation.rs?category=...`).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from cds_hooks.egress.allow_list import ServiceBase, find_service_base
from cds_hooks.fetched import Reason
from cds_hooks.request import HookRequest

Interaction = Literal["read", "search"]

_SCOPE = re.compile(r"(?:patient|user|system)/(\*|[A-Z][A-Za-z]*)\.(read|write|\*|c?r?u?d?s?)(\?.*)?")
_LETTER = {"read": "r", "search": "s"}
_OF_VERSION_1 = {"read": "rs", "write": "cud", "*": "cruds"}
# What a header can carry; a line break in a token would begin another header.
_TOKEN = re.compile(r"[!-~]+")


@dataclass(frozen=True, slots=True)
class FhirGrant:
    """Leave to read from one allow-listed server, as long as a request lives.

    access_token  None for a server that is open to everybody; no request of a client gives such leave, see `fhir_grant`
    scope         the SMART scopes of the token; None when the client does not tell them
    """

    base: ServiceBase
    access_token: str | None = field(repr=False)
    scope: str | None

    def refuses(self, type_: str, interaction: Interaction) -> bool:
        """Whether the scopes name resources, and not these. Scopes that nobody told, or that we do not know, may well allow it."""
        named = tuple(_named(self.scope))
        return bool(named) and not any(_covers(one, type_, interaction) for one in named)

    def narrows(self, type_: str) -> bool:
        """Whether a search shows only a part of these resources, by a query in the scope: what is not found may well be there."""
        covering = [one for one in _named(self.scope) if _covers(one, type_, "search")]
        return bool(covering) and all(query for _, _, query in covering)


def fhir_grant(request: HookRequest, allowed: Iterable[ServiceBase]) -> FhirGrant | Reason:
    """The leave that a request gives, for a client whose FHIR servers are `allowed`; else why nothing may be read."""
    authorization = request.fhir_authorization
    if request.fhir_server is None or authorization is None:
        # "SHALL" carry the token: a server without one is not called.
        return Reason.NO_AUTHORIZATION
    base = find_service_base(request.fhir_server, allowed)
    if base is None:
        return Reason.SERVER_NOT_LISTED
    if authorization.token_type.lower() != "bearer" or not _TOKEN.fullmatch(authorization.access_token):
        return Reason.UNUSABLE_TOKEN
    if authorization.expires_in is not None and authorization.expires_in <= 0:
        return Reason.EXPIRED_TOKEN
    return FhirGrant(base, authorization.access_token, authorization.scope)


def _named(scope: str | None) -> Iterable[tuple[str, str, str]]:
    """Each scope for resources: their type or "*", what may be done as letters of "cruds", and the query that narrows it or ""."""
    for word in (scope or "").split():
        match = _SCOPE.fullmatch(word)
        if match is not None and match[2]:
            yield match[1], _OF_VERSION_1.get(match[2], match[2]), match[3] or ""


def _covers(named: tuple[str, str, str], type_: str, interaction: Interaction) -> bool:
    return named[0] in (type_, "*") and _LETTER[interaction] in named[1]
