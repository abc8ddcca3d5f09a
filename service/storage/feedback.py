"""What became of the cards, in a SQLite file; each item once, whatever is sent again.

A call is one transaction. What fails is said: FeedbackNotStored, and nothing is kept.
"""

import json
import sqlite3
from collections.abc import Callable
from datetime import datetime
from hashlib import sha256

from cds_hooks.errors import FeedbackNotStored
from cds_hooks.feedback import FeedbackItem
from service.storage.sqlite import NotWritten, SQLiteFile

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
    user_comment         TEXT,
    client               TEXT NOT NULL DEFAULT ''
)
"""
# Not "OR IGNORE", which would also pass over a row that breaks another rule of the table.
_INSERT = """
INSERT INTO feedback (received_at, card_known, digest, client, service, card, outcome, outcome_timestamp, accepted_suggestions,
                      reason_code, reason_system, reason_display, user_comment)
VALUES (?, 0, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (digest) DO NOTHING
"""


class SQLiteFeedback:
    """A FeedbackStore in a SQLite file; `clock` gives the time of receipt, in UTC."""

    def __init__(self, file: SQLiteFile, *, clock: Callable[[], datetime]) -> None:
        self._file = file
        self._clock = clock

    async def keep(self, service: str, items: tuple[FeedbackItem, ...], *, client: str = "") -> None:
        """Return when all items are on the disk. Raises FeedbackNotStored."""
        if not items:
            return
        received = self._clock().isoformat()
        rows = [(received, *_row(client, service, item)) for item in items]

        def insert(database: sqlite3.Connection) -> None:
            database.execute(_TABLE)
            if not any(column[1] == "client" for column in database.execute("PRAGMA table_info(feedback)")):
                database.execute("ALTER TABLE feedback ADD COLUMN client TEXT NOT NULL DEFAULT ''")
            database.executemany(_INSERT, rows)

        try:
            await self._file.write(insert, what="feedback")
        except NotWritten:
            raise FeedbackNotStored(retry_after=_RETRY_AFTER) from None


def _row(client: str, service: str, item: FeedbackItem) -> tuple[str | None, ...]:
    override = item.override_reason
    reason = override.reason if override else None
    told = (
        client,
        service,
        item.card,
        item.outcome,
        item.outcome_timestamp.isoformat(),
        json.dumps([suggestion.id for suggestion in item.accepted_suggestions], ensure_ascii=False),
        *((reason.code or None, reason.system or None, reason.display or None) if reason else (None, None, None)),
        (override.user_comment or None) if override else None,
    )
    return (sha256(json.dumps(told).encode()).hexdigest(), *told)
