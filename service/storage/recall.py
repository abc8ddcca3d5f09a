"""What is remembered of a patient when a call comes in: the cards that were shown lately, and what became of them."""

from collections import defaultdict
from datetime import datetime, timedelta, tzinfo
from typing import Any

from sqlalchemy import Connection, Row, exists, func, or_, select

from service.history import Feedback, History, Shown, Visit
from service.storage.decisions import gist_of_row
from service.storage.schema import card, decision, feedback


def recall(connection: Connection, visit: Visit, *, salt: bytes, now: datetime, reach: int, zone: tzinfo) -> History:
    """The history of a patient at a client, as it was at `now`: `reach` days of it, whose civil days are those of `zone`."""
    since = now - timedelta(days=reach)
    reported = exists().where(feedback.c.client == card.c.client, feedback.c.card == card.c.uuid, feedback.c.received_at >= since)
    rows = connection.execute(
        select(card, decision.c.decided_at, decision.c.encounter, decision.c.caller)
        .join_from(card, decision)
        .where(
            decision.c.client == visit.client,
            decision.c.patient == visit.patient,
            decision.c.decided_at <= now,
            card.c.shown,
            or_(decision.c.decided_at >= since, reported),
        )
        .order_by(card.c.id)
    ).all()
    said = _said(connection, visit.client, {row.uuid for row in rows}, now)
    shown = tuple(
        Shown(
            uuid=row.uuid,
            day=row.decided_at.astimezone(zone).date(),
            moment=row.decided_at,
            visit=Visit(visit.client, visit.patient, row.encounter, row.caller),
            gist=gist_of_row(row),
            feedback=tuple(_feedback(one, row.decided_at, zone) for one in said[row.uuid]),
        )
        for row in rows
    )
    advised = _advised(connection, visit, since, now)
    return History(visit, shown, advised.astimezone(zone).date() if advised else None, salt)


def _said(connection: Connection, client: str, uuids: set[str], now: datetime) -> dict[str, list[Row[Any]]]:
    """The feedback of cards by their uuid, in the order of what was done."""
    found: dict[str, list[Row[Any]]] = defaultdict(list)
    # Some clients write a uuid in capitals.
    named = {*uuids, *(uuid.upper() for uuid in uuids)}
    rows = connection.execute(
        select(feedback)
        .where(feedback.c.client == client, feedback.c.card.in_(named), feedback.c.received_at <= now)
        .order_by(feedback.c.outcome_timestamp, feedback.c.id)
    )
    for row in rows:
        found[row.card.lower()].append(row)
    return found


def _feedback(row: Row[Any], shown: datetime, zone: tzinfo) -> Feedback:
    # The clock of a client may be wrong; nobody answers a card before it is shown, or later than the answer comes in.
    moment = min(max(row.outcome_timestamp, shown), row.received_at)
    return Feedback(row.outcome, moment.astimezone(zone).date(), moment, row.reason_code or row.reason_display or "")


def _advised(connection: Connection, visit: Visit, since: datetime, now: datetime) -> datetime | None:
    """When this user was last shown advice at an order of another patient."""
    if not visit.user:
        return None
    found: datetime | None = connection.scalar(
        select(func.max(decision.c.decided_at, type_=decision.c.decided_at.type))
        .join_from(decision, card)
        .where(
            decision.c.client == visit.client,
            decision.c.caller == visit.user,
            decision.c.decided_at.between(since, now),
            decision.c.patient != visit.patient,
            card.c.shown,
            card.c.kind == "order",
            card.c.about == "first",
        )
    )
    return found
