"""What the service keeps of its calls, and remembers at the next: decisions, cards, the audit of all of it.

One transaction for each call that is answered, before the answer is sent. When the store is down, calls are answered without a memory or
not at all, as the site has decided; either way the client whose call met that does not wait for the store again within a second. The
others go on: a call may have failed by what one client alone has there.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import Any, TypeVar

from cds_hooks.fhir_access import Completed
from cds_hooks.refused_calls import CallNotRecorded, RefusedCall
from cds_hooks.request import HookRequest
from service.decision import decision_of, instance_of, salt_of, visit_of
from service.evaluate import Evaluation
from service.history import History
from service.storage.audit import AuditTrail
from service.storage.audit_event import of_decision, of_reads, of_refusal
from service.storage.database import Database, NotStored, Store, Work
from service.storage.decisions import keep_decision
from service.storage.pseudonyms import Pseudonyms
from service.storage.recall import recall

T = TypeVar("T")

_REST_SECONDS = 1.0
_RETRY_AFTER = 5


@dataclass(frozen=True, slots=True)
class Keeping:
    """How the records of a service are kept.

    clock         the moment, in UTC;  zone: whose civil days count;  reach: how many of them are remembered
    version       of the service
    must_record   whether a call that cannot be recorded is refused
    """

    clock: Callable[[], datetime]
    zone: tzinfo
    reach: int
    version: str
    must_record: bool


class Records:
    """The memory of a service that has a store."""

    def __init__(self, database: Database, pseudonyms: Pseudonyms, audit: AuditTrail, how: Keeping) -> None:
        self._database = database
        self._pseudonyms = pseudonyms
        self._audit = audit
        self._how = how
        self._rests_until: dict[str, float] = {}
        self._unrecorded: Counter[str] = Counter()

    def unread(self, request: HookRequest) -> History:
        """The history of the patient before anything of it is read: whose call it is, and the key of the digests."""
        return History(visit_of(request, self._pseudonyms), salt=salt_of(request, self._pseudonyms))

    async def history(self, request: HookRequest) -> History | None:
        """What is remembered of the patient; None while the store is down. Raises CallNotRecorded where that refuses a call."""
        unread, now, how = self.unread(request), self._how.clock(), self._how

        def look(store: Store) -> History:
            return recall(store, unread.visit, salt=unread.salt, now=now, reach=how.reach, zone=how.zone)

        return await self._tried(look, what="the memory of a patient", client=request.client)

    async def keep_decision(
        self,
        request: HookRequest,
        evaluation: Evaluation,
        *,
        service: str,
        today: date,
        shown: bool,
        milliseconds: float,
        read: Completed | None = None,
    ) -> bool:
        """Whether a decision is on the disk, with its place in the audit when it is an answer. Raises CallNotRecorded as `history` does.

        read  what was read from a FHIR server for it, which is in the audit in either case
        """
        at = self._how.clock()
        # Told with this decision or, when that is not kept either, with the next one: a count that waits is of no use to two.
        unrecorded = self._unrecorded.pop(request.client, 0)
        made = decision_of(
            request,
            evaluation,
            self._pseudonyms,
            service=service,
            version=self._how.version,
            at=at,
            today=today,
            shown=shown,
            milliseconds=milliseconds,
            unrecorded=unrecorded,
        )

        reads = self._reads(request, read)

        def keep(store: Store) -> bool:
            keep_decision(store, made)
            # A refusal gets its record where every refusal does.
            answered = () if evaluation.refusal else (of_decision(made),)
            self._audit.add_all(store, (*reads, *answered), at=at)
            return True

        kept = False
        try:
            kept = bool(await self._tried(keep, what="a decision", client=request.client))
        finally:
            if not kept:
                self._unrecorded[request.client] += unrecorded
        return kept

    async def keep_reads(self, request: HookRequest, read: Completed) -> None:
        """Put into the audit what was read for a call that no decision came of. Raises CallNotRecorded as `history` does."""
        reads, at = self._reads(request, read), self._how.clock()
        if reads:
            await self._tried(lambda store: self._audit.add_all(store, reads, at=at), what="reads")

    def _reads(self, request: HookRequest, read: Completed | None) -> tuple[Mapping[str, Any], ...]:
        if read is None or not read.server:
            return ()
        visit, call = visit_of(request, self._pseudonyms), instance_of(request)
        return of_reads(read.fetched, server=read.server, client=visit.client, patient=visit.patient, user=visit.user, call=call)

    async def keep(self, call: RefusedCall) -> None:
        """Record a refusal, as RefusedCalls has it."""
        at = self._how.clock()
        await self._tried(lambda store: self._audit.add(store, of_refusal(call), at=at), what="a refusal")

    async def _tried(self, work: Work[T], *, what: str, client: str | None = None) -> T | None:
        """What `work` gives; None, and one call more of this client without a record, where it fails."""
        now = asyncio.get_running_loop().time()
        whose = client or ""
        if now >= self._rests_until.get(whose, 0.0):
            try:
                return await self._database.run(work, what=what)
            except NotStored:
                self._rests_until[whose] = asyncio.get_running_loop().time() + _REST_SECONDS
        if client is not None:
            self._unrecorded[client] += 1
        if self._how.must_record:
            raise CallNotRecorded(retry_after=_RETRY_AFTER)
        return None
