"""Feedback for those who analyse it: each item with what is known of its card, and cards that nobody answered."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, exists, func, or_, select

from service.storage.schema import card, decision, feedback

Line = dict[str, Any]

_OF_CARD = (card.c.kind, card.c.nerves, card.c.side, card.c.tier, decision.c.decided_at, decision.c.hook, decision.c.knowledge)


def reported(connection: Connection, *, since: datetime | None = None) -> Iterator[Line]:
    """Every item that came since, in the order in which it came; of a card that was given several times, the latest counts."""
    latest = (
        select(func.max(card.c.id))
        .where(card.c.client == feedback.c.client, card.c.uuid == func.lower(feedback.c.card))
        .correlate(feedback)
        .scalar_subquery()
    )
    rows = (
        select(feedback, *_OF_CARD)
        .select_from(feedback.outerjoin(card, card.c.id == latest).outerjoin(decision, decision.c.id == card.c.decision))
        .order_by(feedback.c.id)
    )
    if since is not None:
        rows = rows.where(feedback.c.received_at >= since)
    for row in connection.execute(rows):
        yield {
            "receivedAt": row.received_at.isoformat(),
            "client": row.client,
            "service": row.service,
            "card": row.card,
            "matched": row.card_known,
            "outcome": row.outcome,
            "outcomeTimestamp": row.outcome_timestamp.isoformat(),
            "acceptedSuggestions": row.accepted_suggestions,
            "reason": {"code": row.reason_code, "system": row.reason_system, "display": row.reason_display},
            "userComment": row.user_comment,
            **(_of_card(row) if row.kind is not None else {}),
        }


def ignored(connection: Connection, *, days: int, now: datetime, since: datetime | None = None) -> Iterator[Line]:
    """Every card that was shown more than `days` ago and of which nothing was heard: nobody said so, it is inferred."""
    answered = exists().where(
        feedback.c.client == card.c.client, or_(feedback.c.card == card.c.uuid, feedback.c.card == func.upper(card.c.uuid))
    )
    latest = select(func.max(card.c.id)).where(card.c.shown).group_by(card.c.client, card.c.uuid)
    rows = (
        select(card.c.client, card.c.uuid, decision.c.service, *_OF_CARD)
        .join_from(card, decision)
        .where(card.c.id.in_(latest), decision.c.decided_at < now - timedelta(days=days), ~answered)
        .order_by(card.c.id)
    )
    if since is not None:
        rows = rows.where(decision.c.decided_at >= since)
    for row in connection.execute(rows):
        yield {"client": row.client, "service": row.service, "card": row.uuid, "outcome": "ignored", "inferred": True, **_of_card(row)}


def _of_card(row: Any) -> Line:
    return {
        "kind": row.kind,
        "nerves": row.nerves,
        "side": row.side,
        "tier": row.tier,
        "shownAt": row.decided_at.isoformat(),
        "hook": row.hook,
        "knowledge": row.knowledge,
    }
