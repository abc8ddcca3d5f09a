"""What is forgotten when it is old: decisions and their cards, feedback, used tokens. The audit has its own way (audit.py)."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, delete, func, select, update

from service.storage.schema import audit, card, decision, feedback, seen_token


def forget(connection: Connection, moment: datetime, *, now: datetime) -> Mapping[str, int]:
    """How many rows went: what was decided or came in before `moment`, and tokens that have expired."""
    old = select(decision.c.id).where(decision.c.decided_at < moment)
    return {
        # By themselves and first, so that their number is known.
        "cards": connection.execute(delete(card).where(card.c.decision.in_(old))).rowcount,
        "decisions": connection.execute(delete(decision).where(decision.c.decided_at < moment)).rowcount,
        "feedback": connection.execute(delete(feedback).where(feedback.c.received_at < moment)).rowcount,
        "tokens": connection.execute(delete(seen_token).where(seen_token.c.until < now.timestamp())).rowcount,
    }


def forget_comments(connection: Connection, moment: datetime) -> Mapping[str, int]:
    """How many comments went: of feedback that came in before `moment`. What was clicked stays."""
    old = update(feedback).where(feedback.c.received_at < moment, feedback.c.user_comment.is_not(None)).values(user_comment=None)
    return {"comments": connection.execute(old).rowcount}


def counts(connection: Connection) -> Mapping[str, int]:
    """How many rows there are."""
    tables = {"decisions": decision, "cards": card, "feedback": feedback, "tokens": seen_token, "audit records": audit}
    return {name: connection.scalar(select(func.count()).select_from(table)) or 0 for name, table in tables.items()}
