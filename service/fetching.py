"""The chart that a request asks about, as far as its client lets us have it: what was sent, and what its FHIR server gives beside it.

What is fetched has a budget of time, with something left for the rest of the call: an answer that says what was not read in time beats
one that comes too late.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace

from cds_hooks.circuit import Bulkhead
from cds_hooks.egress.allow_list import ServiceBase
from cds_hooks.fetched import Fetched
from cds_hooks.fhir_access import Completed, complete_prefetch
from cds_hooks.fhir_calls import FhirCalls
from cds_hooks.fhir_version import FhirVersions, Version
from cds_hooks.request import HookRequest
from service.fhir.chart import REQUIRED
from service.telemetry.note import noted

# Seconds of the budget that are kept for reading the chart and for the way back; a quarter of a short one.
_FOR_THE_REST = 0.15
# Seconds for which a call waits for its turn before it goes on with what was sent: the EHR waits for an open chart.
_TURN = 0.05

# What `service/fhir` reads; DSTU2 has other resources and other elements in nearly all of them.
READ_VERSIONS = frozenset({Version.STU3, Version.R4, Version.R5})


@dataclass(frozen=True, slots=True)
class Reach:
    """How far we may go for a client.

    servers  the FHIR servers that its calls may name;  seconds: the budget of one call
    """

    servers: tuple[ServiceBase, ...] = ()
    seconds: float = 1.2


class Fetching:
    """Completes the prefetch of requests.

    reach     by the name of the client, "" where clients are not authenticated;  templates: what is needed, by prefetch key
    versions  what the servers speak
    """

    def __init__(self, calls: FhirCalls, *, reach: Mapping[str, Reach], templates: Mapping[str, str], versions: FhirVersions) -> None:
        self._calls = calls
        self._versions = versions
        self._reach = reach
        self._templates = templates
        # Calls that wait for a server, of one client and of all: one that hangs does not take the places of the others.
        self._places = Bulkhead(per_server=16, in_all=64)

    async def complete(self, request: HookRequest, *, spent: float = 0.0) -> tuple[HookRequest, Completed]:
        """The request with the prefetch that its client might have sent, and what became of each key that was wanted.

        spent  seconds of the budget of this call that are gone: keys of a client may have been fetched, a token looked up

        When too many calls wait for FHIR servers already, nothing is fetched and the records say so.
        """
        reach = self._reach.get(request.client, Reach())
        now = asyncio.get_running_loop().time()
        done = await complete_prefetch(
            request,
            self._templates,
            allowed=reach.servers,
            calls=self._calls,
            deadline=now + max(0.0, seconds_to_fetch(reach.seconds) - spent),
            versions=self._versions,
            needed=REQUIRED,
            turn=self._places.place(request.client, by=now + _TURN),
        )
        noted().fetched = {
            key: (one.record.reason.value if one.record.reason else one.state.value, in_short(one)) for key, one in done.fetched.items()
        }
        return replace(request, prefetch=done.prefetch), done


def seconds_to_fetch(seconds: float) -> float:
    """How much of the budget of a call may go into fetching."""
    return seconds - min(_FOR_THE_REST, seconds / 4)


def in_short(fetched: Fetched) -> str:
    """What became of a key: "supplied (2 pages, 31 resources, 84 ms)", "error (status 500, 12 ms)"."""
    record = fetched.record
    told = [
        *((f"{record.reason.value} {record.status}" if record.reason.value == "status" else record.reason.value,) if record.reason else ()),
        *((f"{record.pages} page{'s' * (record.pages > 1)}, {record.resources} resources",) if record.pages else ()),
        f"{record.milliseconds} ms",
    ]
    return f"{fetched.state.value} ({', '.join(told)})"
