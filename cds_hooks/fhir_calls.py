"""Single calls to the client's FHIR server: with the token, in turn, and only while the server is well.

Gives: the body of a 200, or the Reason why there is none. How servers did is remembered from call to call; nothing else is.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from cds_hooks.circuit import Bulkhead, Circuit
from cds_hooks.egress.allow_list import Address, ServiceBase
from cds_hooks.egress.exchange import Allowance, Answer, Egress, Failure
from cds_hooks.fetched import Reason
from cds_hooks.fhir_authorization import FhirGrant

# Seconds that a server must have had before its silence counts against it; a late page of a long search has less.
_FAIR_TIME = 0.3
# What a server says that is ill or has too much to do. 501 is not among them: it does not know this search, and knows others.
_ILL = (429, 500, 502, 503, 504)


@dataclass(frozen=True, slots=True)
class Reply:
    """What a call gave.

    result  the body of a 200, else why there is none
    status  None when the server said nothing
    """

    result: bytes | Reason = field(repr=False)
    status: int | None = None


@dataclass(frozen=True, slots=True)
class Bounds:
    """What the calls of one hook call may take together.

    deadline      in the time of the event loop
    answer_bytes  the most that one answer may have
    allowance     the bytes that all of them may still have
    """

    deadline: float
    answer_bytes: int
    allowance: Allowance


class FhirCalls:
    """Calls to allow-listed servers, one at a time.

    clock   seconds that only go forward
    chance  a number from 0 to 1, another each time
    """

    def __init__(
        self, egress: Egress, *, clock: Callable[[], float], chance: Callable[[], float], bulkhead: Bulkhead | None = None
    ) -> None:
        self._egress = egress
        self._clock = clock
        self._chance = chance
        self._bulkhead = bulkhead or Bulkhead()
        self._circuits: dict[ServiceBase, Circuit] = {}

    async def call(self, grant: FhirGrant, address: Address, bounds: Bounds, *, form: bytes | None = None, can_wait: bool = False) -> Reply:
        """What the server answers to a GET, or to a POST of a `form`; one that `can_wait` leaves some places to the others."""
        base = grant.base
        async with self._bulkhead.place(base, by=bounds.deadline, can_wait=can_wait) as is_given:
            if not is_given:
                return Reply(Reason.NO_PLACE)
            # Only now: while this call waited, others may have found out that the server is ill.
            circuit = self._circuits.get(base, Circuit())
            if not circuit.admits(self._clock()):
                return Reply(Reason.SERVER_AT_REST)
            begun = self._clock()
            self._circuits[base] = circuit.called(begun)
            had = bounds.deadline - asyncio.get_running_loop().time()
            answer = await self._egress.exchange(
                base,
                address,
                headers=_headers(grant),
                form=form,
                deadline=bounds.deadline,
                answer_bytes=bounds.answer_bytes,
                allowance=bounds.allowance,
            )
        self._remember(base, answer, had, begun)
        if isinstance(answer, Failure):
            return Reply(Reason(answer.value))
        return Reply(answer.body if answer.status == 200 else Reason.STATUS, answer.status)

    def at_rest(self) -> Mapping[ServiceBase, bool]:
        """Of each server that was called, whether it is left alone now."""
        now = self._clock()
        return {base: not circuit.admits(now) for base, circuit in dict(self._circuits).items()}

    def _remember(self, base: ServiceBase, answer: Answer | Failure, had: float, begun: float) -> None:
        """How the server did: it is ill when it cannot be reached, breaks off, fails or begs off, not when it refuses us."""
        if answer is Failure.ADDRESS or (answer is Failure.TIMED_OUT and had < _FAIR_TIME):
            return
        now, circuit = self._clock(), self._circuits[base]
        if isinstance(answer, Answer) and answer.status in _ILL:
            self._circuits[base] = circuit.failed(now, begun=begun, chance=self._chance(), retry_after=answer.retry_after)
        elif answer in (Failure.UNREACHABLE, Failure.BROKEN, Failure.TIMED_OUT):
            self._circuits[base] = circuit.failed(now, begun=begun, chance=self._chance())
        else:
            self._circuits[base] = circuit.succeeded(now, begun=begun)


def _headers(grant: FhirGrant) -> dict[str, str]:
    accept = {"Accept": "application/fhir+json"}
    return accept if grant.access_token is None else {"Authorization": f"Bearer {grant.access_token}", **accept}
