"""What is remembered of a patient when a call comes in: the cards that were shown lately, and what became of them.

The statements stand ready: to put one together takes longer than SQLite takes to answer it.
"""

from collections import defaultdict
from datetime import datetime, timedelta, tzinfo
from typing import Any

from sqlalchemy import Connection, Row, bindparam, exists, func, or_, select

from service.history import Feedback, History, Shown, Visit
from service.storage.decisions import gist_of_row
from service.storage.schema import card, decision, feedback

_SINCE, _NOW = (bindparam(name, type_=decision.c.decided_at.type) for name in ("since", "now"))
_REPORTED = exists().where(feedback.c.client == card.c.client, feedback.c.card == card.c.uuid, feedback.c.received_at >= _SINCE)
_SHOWN = (
    select(card, decision.c.decided_at, decision.c.encounter, decision.c.caller)
    .join_from(card, decision)
    .where(
        decision.c.client == bindparam("client"),
        decision.c.patient == bindparam("patient"),
        decision.c.decided_at <= _NOW,
        card.c.shown,
        or_(decision.c.decided_at >= _SINCE, _REPORTED),
    )
    .order_by(card.c.id)
)
_SAID = (
    select(feedback)
    .where(
        feedback.c.client == bindparam("client"), feedback.c.card.in_(bindparam("cards", expanding=True)), feedback.c.received_at <= _NOW
    )
    .order_by(feedback.c.outcome_timestamp, feedback.c.id)
)
_ADVISED = (
    select(func.max(decision.c.decided_at, type_=decision.c.decided_at.type))
    .join_from(decision, card)
    .where(
        decision.c.client == bindparam("client"),
        decision.c.caller == bindparam("user"),
        decision.c.decided_at.between(_SINCE, _NOW),
        decision.c.patient != bindparam("patient"),
        card.c.shown,
        card.c.kind == "order",
        card.c.about == "first",
    )
)


def recall(connection: Connection, visit: Visit, *, salt: bytes, now: datetime, reach: int, zone: tzinfo) -> History:
    """The history of a patient at a client, as it was at `now`: `reach` days of it, whose civil days are those of `zone`."""
    when = {"since": now - timedelta(days=reach), "now": now}
    rows = connection.execute(_SHOWN, {"client": visit.client, "patient": visit.patient, **when}).all()
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
    whose = {"client": visit.client, "user": visit.user, "patient": visit.patient}
    advised = connection.scalar(_ADVISED, {**whose, **when}) if visit.user else None
    return History(visit, shown, advised.astimezone(zone).date() if advised else None, salt)


def _said(connection: Connection, client: str, uuids: set[str], now: datetime) -> dict[str, list[Row[Any]]]:
    """The feedback of cards by their uuid, in the order of what was done."""
    found: dict[str, list[Row[Any]]] = defaultdict(list)
    if uuids:
        # Some clients write a uuid in capitals.
        named = [*uuids, *(uuid.upper() for uuid in uuids)]
        for row in connection.execute(_SAID, {"client": client, "cards": named, "now": now}):
            found[row.card.lower()].append(row)
    return found


def _feedback(row: Row[Any], shown: datetime, zone: tzinfo) -> Feedback:
    # The clock of a client may be wrong; nobody answers a card before it is shown, or later than the answer comes in.
    moment = min(max(row.outcome_timestamp, shown), row.received_at)
    return Feedback(row.outcome, moment.astimezone(zone).date(), moment, row.reason_code or row.reason_display or "")
