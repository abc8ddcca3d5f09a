"""Whether the service may be sent calls, in words: for a load balancer, and for whoever wonders why it sends none.

FHIR servers and key servers of clients are no part of it: one of them that is away must not take the others' service away.
Source: threat model, section 4, Health.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

# Seconds for which the store counts as it was found: whoever asks often does not keep it busy.
_FRESH = 1.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether calls may come, and each part in a line; no secret, no address."""

    ready: bool
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        """What a probe gets."""
        return "\n".join((*self.lines, ""))


class Readiness:
    """The parts that an answer needs.

    knowledge    its version;  clients: how many are known, None where nobody is asked
    store        whether a transaction goes through now; None for a service that remembers nothing
    must_record  whether calls are refused while the store is down;  one_use: whether the tokens of some client are good for one call
    ticks        seconds that only go forward
    """

    def __init__(
        self,
        *,
        knowledge: str,
        clients: int | None,
        store: Callable[[], Awaitable[bool]] | None,
        must_record: bool,
        one_use: bool,
        ticks: Callable[[], float],
    ) -> None:
        self._knowledge = knowledge
        self._clients = clients
        self._store = store
        self._must_record = must_record
        self._one_use = one_use
        self._ticks = ticks
        self._found = (False, float("-inf"))
        self.draining = False

    async def verdict(self) -> Verdict:
        """How it is now."""
        if self.draining:
            return Verdict(False, ("not ready", "process: it is about to end and takes no new calls"))
        works = await self._store_works()
        store = (
            "store: none (CLUNEAL_DATABASE_URL=off)"
            if self._store is None
            else "store: reachable"
            if works
            else f"store: cannot be reached; {self._without_a_store()}"
        )
        clients = "clients: everybody is answered" if self._clients is None else f"clients: {self._clients}, with the keys that are pinned"
        ready = works or not self._must_record
        head = "not ready" if not ready else "ready" if works else "ready, degraded"
        return Verdict(ready, (head, f"knowledge: {self._knowledge}", store, clients))

    def _without_a_store(self) -> str:
        if self._must_record:
            return "calls are refused until it can (CLUNEAL_WHEN_STORE_IS_DOWN=refuse)"
        refused = ", but for those whose token is good for one call" if self._one_use else ""
        return f"calls are answered and not recorded{refused}, feedback is refused"

    async def _store_works(self) -> bool:
        if self._store is None:
            return True
        works, at = self._found
        if self._ticks() - at > _FRESH:
            works = await self._store()
            self._found = works, self._ticks()
        return works
