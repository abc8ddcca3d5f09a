"""Large charts are read beside the event loop, a few at a time, so that nobody else waits for one.

Those that come meanwhile wait for a place, for a while. 1 MB of dense report text was seen to take 1.7 s.
"""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from cds_hooks.errors import Overloaded

_AT_ONCE = 2

T = TypeVar("T")


class LargeCharts:
    """The places of one process.

    patience  seconds that a chart waits for one, after which its EHR waits no longer either;  at_once: how many places there are
    """

    def __init__(self, patience: float, at_once: int = _AT_ONCE):
        self._free = asyncio.Semaphore(at_once)
        self._patience = patience

    async def beside(self, work: Callable[[], T]) -> T:
        """What the work gives, done in a thread. Raises Overloaded when no place becomes free in time."""
        try:
            async with asyncio.timeout(self._patience):
                await self._free.acquire()
        except TimeoutError:
            raise Overloaded(retry_after=2) from None
        try:
            return await asyncio.to_thread(_done, work)
        finally:
            self._free.release()


def _done(work: Callable[[], T]) -> T:
    try:
        return work()
    except StopIteration as error:  # A thread cannot hand this one on: the request would never be answered.
        raise RuntimeError("an iterator that should not have ended") from error
