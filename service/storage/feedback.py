"""What became of the cards, in one SQLite file; each item once, whatever is sent again.

A call is one transaction on a thread of its own, and waits for a bounded time. What fails is said: FeedbackNotStored, and nothing is kept.
The file is opened for each call: feedback is rare, and a file that was moved, filled up or came back is met as it is.
"""

import asyncio
import errno
import json
import logging
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from threading import Event

from cds_hooks.errors import FeedbackNotStored
from cds_hooks.feedback import FeedbackItem

_RETRY_AFTER = 10

# Text, not types of ours: whoever analyses it has SQLite and nothing else. `card_known` is 0 while no card is remembered.
_TABLE = """
CREATE TABLE IF NOT EXISTS feedback (
    id                   INTEGER PRIMARY KEY,
    digest               TEXT NOT NULL UNIQUE,
    received_at          TEXT NOT NULL,
    service              TEXT NOT NULL,
    card                 TEXT NOT NULL,
    card_known           INTEGER NOT NULL,
    outcome              TEXT NOT NULL CHECK (outcome IN ('accepted', 'overridden')),
    outcome_timestamp    TEXT NOT NULL,
    accepted_suggestions TEXT NOT NULL,
    reason_code          TEXT,
    reason_system        TEXT,
    reason_display       TEXT,
    user_comment         TEXT
)
"""
# Not "OR IGNORE", which would also pass over a row that breaks another rule of the table.
_INSERT = """
INSERT INTO feedback (received_at, card_known, digest, service, card, outcome, outcome_timestamp, accepted_suggestions,
                      reason_code, reason_system, reason_display, user_comment)
VALUES (?, 0, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (digest) DO NOTHING
"""

_log = logging.getLogger(__name__)


class SQLiteFeedback:
    """A FeedbackStore in the file at `path`, which is made when the first item comes.

    clock  gives the time of receipt, in UTC
    wait   seconds for a call, its place in the queue included; for another program's lock on the file, half of them

    A commit that ends in the moment in which the wait does is told as not stored; sent again, as the error asks, it is still stored once.
    """

    def __init__(self, path: Path, *, clock: Callable[[], datetime], wait: float = 2.0) -> None:
        # From now on the same file, whatever the working directory becomes; and never one of SQLite's names for memory.
        self._path = path.absolute()
        self._clock = clock
        self._wait = wait
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="feedback")

    async def keep(self, service: str, items: tuple[FeedbackItem, ...]) -> None:
        """Return when all items are on the disk. Raises FeedbackNotStored."""
        if not items:
            return
        received = self._clock().isoformat()
        rows = [(received, *_row(service, item)) for item in items]
        given_up = Event()
        writing = asyncio.wrap_future(self._thread.submit(self._write, rows, given_up))
        try:
            async with asyncio.timeout(self._wait):
                await writing
        except (sqlite3.Error, OSError) as failed:
            # TimeoutError is an OSError. The name of the failure alone: a message may quote what was to be stored.
            given_up.set()
            _log.error("feedback not stored: %s", _name(failed))
            raise FeedbackNotStored(retry_after=_RETRY_AFTER) from None

    def _write(self, rows: list[tuple[str | None, ...]], given_up: Event) -> None:
        # Comments may be about a patient, so the file is the service's own; SQLite gives its companions the same mode.
        self._path.touch(mode=0o600)
        with closing(sqlite3.connect(self._path, timeout=self._wait / 2, isolation_level=None)) as database:
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("PRAGMA synchronous = FULL")
            database.execute("BEGIN IMMEDIATE")
            database.execute(_TABLE)
            database.executemany(_INSERT, rows)
            if given_up.is_set():
                # The client has been told that nothing was stored; closing without a commit takes it back.
                return
            database.execute("COMMIT")


def _row(service: str, item: FeedbackItem) -> tuple[str | None, ...]:
    override = item.override_reason
    reason = override.reason if override else None
    told = (
        service,
        item.card,
        item.outcome,
        item.outcome_timestamp.isoformat(),
        json.dumps([suggestion.id for suggestion in item.accepted_suggestions], ensure_ascii=False),
        *((reason.code or None, reason.system or None, reason.display or None) if reason else (None, None, None)),
        (override.user_comment or None) if override else None,
    )
    return (sha256(json.dumps(told).encode()).hexdigest(), *told)


def _name(failed: Exception) -> str:
    if isinstance(failed, sqlite3.Error):
        return getattr(failed, "sqlite_errorname", type(failed).__name__)
    return errno.errorcode.get(getattr(failed, "errno", None) or 0, type(failed).__name__)
