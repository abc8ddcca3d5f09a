"""What became of the cards; each item once, whatever is sent again.

A call is one transaction. What fails is said: FeedbackNotStored or TooMuchFeedback, and nothing is kept.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, func, select

from cds_hooks.errors import FeedbackNotStored
from cds_hooks.feedback import FeedbackItem, TooMuchFeedback
from service.storage.audit import AuditTrail
from service.storage.audit_event import of_feedback
from service.storage.database import Database, NotStored
from service.storage.once import insert_once
from service.storage.schema import card, feedback
from service.telemetry.note import noted

# Somebody who changes their mind about a card does so a few times; a card is dismissed once a click.
MOST_OF_A_CARD = 50
MOST_IN_A_MINUTE = 1_000
_MINUTE = timedelta(minutes=1)
_RETRY_AFTER = 10

Row = dict[str, Any]


class StoredFeedback:
    """A FeedbackStore in the database, each of whose calls is in the audit; `clock` gives the time of receipt, in UTC."""

    def __init__(self, database: Database, audit: AuditTrail, *, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._audit = audit
        self._clock = clock

    async def keep(self, service: str, items: tuple[FeedbackItem, ...], *, client: str = "") -> None:
        """Return when all items are on the disk. Raises FeedbackNotStored, and TooMuchFeedback."""
        received = self._clock()
        rows = {row["digest"]: row for row in (_row(client, service, item) for item in items)}

        stored = 0

        def insert(connection: Connection) -> TooMuchFeedback | None:
            nonlocal stored
            new = _new(connection, client, rows.values())
            if refusal := _refusal(connection, client, new, received):
                return refusal
            known = _known_cards(connection, client, new)
            for row in new:
                values = {**row, "received_at": received, "card_known": row["card"].lower() in known}
                # Another replica may have stored it since we looked.
                insert_once(connection, feedback, values, key=("digest",))
            stored = len(new)
            self._audit.add(connection, of_feedback(client, service, items=len(items), stored=len(new)), at=received)
            return None

        try:
            refusal = await self._database.run(insert, what="feedback")
        except NotStored:
            raise FeedbackNotStored(retry_after=_RETRY_AFTER) from None
        if refusal:
            raise refusal
        note = noted()
        note.feedback, note.stored = Counter(item.outcome for item in items), stored


def _new(connection: Connection, client: str, rows: Iterable[Row]) -> list[Row]:
    """Those that are not stored yet."""
    given = list(rows)
    stored = set(connection.scalars(select(feedback.c.digest).where(feedback.c.digest.in_([row["digest"] for row in given]))))
    return [row for row in given if row["digest"] not in stored]


def _refusal(connection: Connection, client: str, new: list[Row], now: datetime) -> TooMuchFeedback | None:
    """Why the new rows are too many; what was stored before and is sent again is never too much."""
    ours = feedback.c.client == client
    about = Counter(row["card"] for row in new)
    stored = connection.execute(select(feedback.c.card, func.count()).where(ours, feedback.c.card.in_(about)).group_by(feedback.c.card))
    for name, count in stored:
        about[name] += count
    if any(count > MOST_OF_A_CARD for count in about.values()):
        return TooMuchFeedback(f"About one card {MOST_OF_A_CARD} different items are kept.")
    lately = connection.scalar(select(func.count()).where(ours, feedback.c.received_at > now - _MINUTE)) or 0
    if new and lately + len(new) > MOST_IN_A_MINUTE:
        return TooMuchFeedback(f"{MOST_IN_A_MINUTE:,} items a minute are kept.", retry_after=int(_MINUTE.total_seconds()))
    return None


def _known_cards(connection: Connection, client: str, rows: Iterable[Row]) -> set[str]:
    """The uuids, in lower case, of those cards that were given to this client."""
    named = {row["card"].lower() for row in rows}
    return set(connection.scalars(select(card.c.uuid).where(card.c.client == client, card.c.uuid.in_(named))))


def _row(client: str, service: str, item: FeedbackItem) -> Row:
    override = item.override_reason
    reason = override.reason if override else None
    suggestions = [suggestion.id for suggestion in item.accepted_suggestions]
    said = {
        "client": client,
        "service": service,
        "card": item.card,
        "outcome": item.outcome,
        "outcome_timestamp": item.outcome_timestamp,
        "accepted_suggestions": suggestions,
        "reason_code": (reason.code or None) if reason else None,
        "reason_system": (reason.system or None) if reason else None,
        "reason_display": (reason.display or None) if reason else None,
        "user_comment": (override.user_comment or None) if override else None,
    }
    # As the first version wrote it, so that what it stored is known when it is sent again.
    told = {
        **said,
        "outcome_timestamp": item.outcome_timestamp.isoformat(),
        "accepted_suggestions": json.dumps(suggestions, ensure_ascii=False),
    }
    return {"digest": sha256(json.dumps(list(told.values())).encode()).hexdigest(), **said}
