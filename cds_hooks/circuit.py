"""Sparing a server that fails, and the others that wait: when it is called again, and how many calls are under way at once.

A Circuit is a value: what happened makes a new one, and the time is an argument. Source: Nygard, "Release It!", chapter "Stability
Patterns" (Circuit Breaker, Bulkheads); the numbers are ours.
"""

import asyncio
from collections.abc import AsyncIterator, Hashable
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext
from dataclasses import dataclass, replace

# Failures in a row that open the circuit; or half of so many calls within so many seconds.
_IN_A_ROW = 5
_CALLS = 20
_WITHIN = 10.0
# Seconds of rest: the first, and the longest that doubling leads to.
FIRST_REST = 5.0
LONGEST_REST = 60.0


@dataclass(frozen=True, slots=True)
class Circuit:
    """How a server did lately, and whether it may be called. All times are of one clock, in seconds.

    recent    when each of the last calls ended, and whether it went well
    rest      how long the server is left alone when it fails next
    until     when it may be called again; None while it is well
    tried     when a single call began that is finding out if it is well again
    """

    recent: tuple[tuple[float, bool], ...] = ()
    rest: float = FIRST_REST
    until: float | None = None
    tried: float | None = None

    def admits(self, now: float) -> bool:
        """Whether a call may be made, which is then said by `called`."""
        return self.until is None or now >= self.until

    def called(self, now: float) -> "Circuit":
        """The circuit with a call under way. After a rest it is the only one: should nobody hear how it ends, another rest begins."""
        return self if self.until is None else replace(self, until=now + self.rest, tried=now)

    def succeeded(self, now: float, *, begun: float) -> "Circuit":
        """The circuit after a call that went well: closed, if it is not one of those before the rest."""
        if self._is_old(begun):
            return self
        return Circuit(recent=self._lately(now, True) if self.until is None else ())

    def failed(self, now: float, *, begun: float, chance: float, retry_after: float | None = None) -> "Circuit":
        """The circuit after a call that failed: open when it is one of many, or the one after a rest, or when the server asks for it.

        chance       from 0 to 1: so that many processes do not all come back in the same moment
        retry_after  seconds for which the server asks to be left alone
        """
        if self._is_old(begun):
            return self
        recent = self._lately(now, False)
        if self.tried is None and not retry_after and not _is_ill([went_well for _, went_well in recent]):
            return Circuit(recent=recent)
        rest = max(self.rest * (1 + chance / 4), min(retry_after or 0.0, LONGEST_REST))
        return Circuit(rest=min(self.rest * 2, LONGEST_REST), until=now + rest)

    def _is_old(self, begun: float) -> bool:
        """Whether a call was under way when the circuit opened: it says nothing about how the server is after its rest."""
        return self.until is not None and (self.tried is None or begun < self.tried)

    def _lately(self, now: float, went_well: bool) -> tuple[tuple[float, bool], ...]:
        return (*(call for call in self.recent[1 - _CALLS :] if now - call[0] <= _WITHIN), (now, went_well))


def _is_ill(calls: list[bool]) -> bool:
    in_a_row = len(calls) >= _IN_A_ROW and not any(calls[-_IN_A_ROW:])
    return in_a_row or (len(calls) >= _CALLS and calls.count(False) * 2 >= _CALLS)


class Bulkhead:
    """Places for calls: so many for one server, and so many in all. A server that hangs fills its own places alone.

    By default the needed keys of sixteen charts, opened in one moment, all find one, and the eight others of each in three rounds.
    """

    def __init__(self, *, per_server: int = 96, in_all: int = 192) -> None:
        self._per_server = per_server
        self._servers: dict[Hashable, asyncio.Semaphore] = {}
        self._all = asyncio.Semaphore(in_all)
        # What can wait has half of the places, in both.
        self._later: dict[Hashable, asyncio.Semaphore] = {}
        self._all_later = asyncio.Semaphore(_half(in_all))

    @asynccontextmanager
    async def place(self, server: Hashable, *, by: float, can_wait: bool = False) -> AsyncIterator[bool]:
        """Whether there is a place for one call to `server`, as soon as there is one; False when there was none in time.

        by        in the time of the event loop; a place that is free is given after it, too
        can_wait  whether it leaves half of the places to those that cannot
        """
        of_server, of_all = [self._servers.setdefault(server, asyncio.Semaphore(self._per_server))], [self._all]
        if can_wait:
            of_server.insert(0, self._later.setdefault(server, asyncio.Semaphore(_half(self._per_server))))
            of_all.insert(0, self._all_later)
        # First those of the server: who waits for a busy one must not hold a place that serves all.
        wanted = (*of_server, *of_all)
        async with AsyncExitStack() as held:
            try:
                # Where nobody waits, no clock is set either.
                async with asyncio.timeout_at(by) if any(places.locked() for places in wanted) else nullcontext():
                    for places in wanted:
                        await held.enter_async_context(places)
            except TimeoutError:
                await held.aclose()
                yield False
                return
            yield True


def _half(places: int) -> int:
    return places - places // 2
