"""Data from the client's FHIR server: the prefetch keys that it did not send, fetched side by side within one deadline.

Reads: a request, the templates of the service, the servers that this client may name.  Gives: the prefetch as if the client had sent
all of it, and what became of each fetch. What a server does wrong costs its own keys, never the call.
Source: CDS Hooks, "FHIR Resource Access", https://cds-hooks.hl7.org/2.0/#fhir-resource-access.
"""

import asyncio
from collections.abc import Collection, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field, replace

import msgspec

from cds_hooks.egress.allow_list import Address, ServiceBase
from cds_hooks.egress.exchange import Allowance
from cds_hooks.fetched import Fetched, FetchRecord, Reason, State
from cds_hooks.fhir_authorization import FhirGrant, fhir_grant
from cds_hooks.fhir_calls import Bounds, FhirCalls, Reply
from cds_hooks.fhir_search import FetchLimits, fetch, first_address
from cds_hooks.fhir_version import FhirVersions, has_other_name, in_version
from cds_hooks.hooks.context import token_values
from cds_hooks.prefetch import filled
from cds_hooks.prefetch_merge import Want, merged, missing, wanted
from cds_hooks.request import HookRequest


@dataclass(frozen=True, slots=True)
class Completed:
    """A prefetch and what was fetched for it.

    prefetch  as HookRequest.prefetch: key -> value, and no key where nothing is known
    fetched   what became of each key that was wanted
    server    the base of the server that was asked, as it is listed; "" when none was
    """

    prefetch: Mapping[str, msgspec.Raw | None] = field(repr=False)
    fetched: Mapping[str, Fetched]
    server: str = ""


async def complete_prefetch(
    request: HookRequest,
    templates: Mapping[str, str],
    *,
    allowed: Iterable[ServiceBase],
    calls: FhirCalls,
    deadline: float,
    limits: FetchLimits | None = None,
    versions: FhirVersions | None = None,
    needed: Collection[str] | None = None,
    turn: AbstractAsyncContextManager[bool] | None = None,
    leave: FhirGrant | None = None,
) -> Completed:
    """The prefetch of a request with what it lacks, as far as the client's FHIR server gives it by the deadline.

    allowed   the servers that this client may name; without one, nothing is fetched
    deadline  in the time of the event loop
    versions  what the servers speak; without it, each is taken for R4
    needed    the keys that go before the others where places are scarce; all of them when it is not told
    turn      what a call waits for that asks a server, and only such a one; False when its turn did not come
    leave     to read from an open server, where no client asks; otherwise the request has to give it
    """
    limits = limits or FetchLimits()
    grant = leave or fhir_grant(request, allowed)
    if isinstance(grant, Reason):
        return Completed(request.prefetch, _not_asked(missing(request.prefetch, templates), {}, grant))
    wants, values = wanted(request.prefetch, templates), token_values(request.context)
    first = {key: first_address(want, filled(want.template, values), grant, limits) for key, want in wants.items()}
    unasked = {key: one for key, one in first.items() if isinstance(one, Reason)}
    asks = len(unasked) < len(wants)
    # Where there is nothing to ask for, nobody asks the server which version it speaks either.
    versions = versions if asks else None
    is_refused = versions is not None and versions.is_refused(grant.base)
    async with turn if turn and asks and not is_refused else nullcontext(True) as has_come:
        if not has_come:
            return Completed(request.prefetch, _not_asked(wants, unasked, Reason.NO_PLACE))
        fetched = await _fetch_all(wants, values, grant, calls, deadline, limits, versions, wants if needed is None else needed)
    return Completed(merged(request.prefetch, fetched), fetched, str(grant.base))


def _not_asked(wants: Mapping[str, Want], reasons: Mapping[str, Reason], otherwise: Reason) -> dict[str, Fetched]:
    return {key: Fetched(State.NOT_ASKED, None, FetchRecord(want.template, reasons.get(key, otherwise))) for key, want in wants.items()}


async def _fetch_all(
    wants: Mapping[str, Want],
    values: Mapping[str, str],
    grant: FhirGrant,
    calls: FhirCalls,
    deadline: float,
    limits: FetchLimits,
    versions: FhirVersions | None,
    needed: Collection[str],
) -> dict[str, Fetched]:
    """What became of each key. The fetches share the bytes and the deadline; none waits for another, except for its turn.

    Only what versions call otherwise waits for the version; where that proves to be none that is read, what was fetched is not used.
    """
    if not wants or (versions and versions.is_refused(grant.base)):
        return _refused(wants)
    bounds = Bounds(deadline, limits.answer_bytes, Allowance(limits.call_bytes))

    async def one(key: str, want: Want) -> Fetched:
        async def call(address: Address, form: bytes | None) -> Reply:
            return await calls.call(grant, address, bounds, form=form, can_wait=key not in needed)

        if told and has_other_name(want.template):
            want = replace(want, template=in_version(want.template, await told))
        return await fetch(want, filled(want.template, values), grant, limits, call)

    async with asyncio.TaskGroup() as group:
        now = asyncio.get_running_loop().time()
        told = group.create_task(versions.of(grant, bounds, now=now)) if versions else None
        tasks = {key: group.create_task(one(key, wants[key])) for key in sorted(wants, key=lambda key: key not in needed)}
    fetched = {key: tasks[key].result() for key in wants}
    if versions and told and not versions.are_read(told.result()):
        # What was read on the way is not used, and is told all the same.
        return {key: Fetched(State.ERROR, None, replace(one.record, reason=Reason.FHIR_VERSION)) for key, one in fetched.items()}
    return fetched


def _refused(wants: Mapping[str, Want]) -> dict[str, Fetched]:
    return {key: Fetched(State.ERROR, None, FetchRecord(want.template, Reason.FHIR_VERSION)) for key, want in wants.items()}
