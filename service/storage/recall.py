"""What is remembered of a patient when a call comes in: the cards that were shown lately, and what became of them.

A client that asks again every few seconds is shown the same card thousands of times. Of the showings in one encounter, on one civil day,
that said the same, the first and the newest are read: those between them change no pause. What became of a card is always read with it.
However much a client asked, what is read for one of its calls has an end, for on SQLite all calls share a thread.

The statements stand ready: to put one together takes longer than SQLite takes to answer it.
"""

from collections import defaultdict
from datetime import datetime, timedelta, tzinfo
from typing import Any

from sqlalchemy import Connection, Integer, Numeric, Row, bindparam, case, cast, exists, extract, func, or_, select, union

from service.history import Feedback, History, Shown, Visit
from service.storage.decisions import gist_of_row
from service.storage.schema import card, decision, feedback

# Of one patient at one client, the newest: a day of calls every five seconds is 17,280, and nobody is shown a thousand different cards.
_MOST_LOOKED_AT = 20_000
_MOST_READ = 1_000
_DAY = 86_400

_SINCE, _NOW = (bindparam(name, type_=decision.c.decided_at.type) for name in ("since", "now"))
# Some clients write a uuid in capitals.
_ABOUT = (feedback.c.client == card.c.client, feedback.c.card.in_([card.c.uuid, func.upper(card.c.uuid)]))
_REPORTED = exists().where(*_ABOUT, feedback.c.received_at >= _SINCE)


def _day(offset: str) -> Any:
    """The moment, in seconds, at which the day of a decision begins where clocks are so many seconds before UTC."""
    local = cast(extract("epoch", decision.c.decided_at), Numeric) + bindparam(offset, type_=Integer)
    return local - local % _DAY


_LOOKED_AT = (
    select(
        card.c.id,
        decision.c.encounter,
        # In one zone there is summer and winter: what is on one day by both is on one day.
        _day("least").label("day"),
        _day("most").label("day_too"),
        *(card.c[name] for name in ("kind", "nerves", "side", "tier", "about", "ordered", "facts", "in_vain")),
        case((exists().where(*_ABOUT), card.c.uuid), else_="").label("answered"),
    )
    .join_from(card, decision)
    .where(
        decision.c.client == bindparam("client"),
        decision.c.patient == bindparam("patient"),
        decision.c.decided_at <= _NOW,
        card.c.shown,
        or_(decision.c.decided_at >= _SINCE, _REPORTED),
    )
    .order_by(decision.c.decided_at.desc())
    .limit(_MOST_LOOKED_AT)
    .subquery()
)
_ALIKE = (
    select(func.min(_LOOKED_AT.c.id).label("first"), func.max(_LOOKED_AT.c.id).label("newest"))
    .group_by(*(column for column in _LOOKED_AT.c if column.name != "id"))
    .cte()
)
_SHOWN = (
    select(card, decision.c.decided_at, decision.c.encounter, decision.c.caller)
    .join_from(card, decision)
    .where(card.c.id.in_(union(select(_ALIKE.c.first), select(_ALIKE.c.newest))))
    .order_by(card.c.id.desc())
    .limit(_MOST_READ)
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
    ahead = [int(((now - timedelta(days=ago)).astimezone(zone).utcoffset() or timedelta()).total_seconds()) for ago in range(reach + 1)]
    whose = {"client": visit.client, "patient": visit.patient, "least": min(ahead), "most": max(ahead)}
    rows = connection.execute(_SHOWN, {**whose, **when}).all()[::-1]
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
    whose_else = {"client": visit.client, "user": visit.user, "patient": visit.patient}
    advised = connection.scalar(_ADVISED, {**whose_else, **when}) if visit.user else None
    return History(visit, shown, advised.astimezone(zone).date() if advised else None, salt)


def _said(connection: Connection, client: str, uuids: set[str], now: datetime) -> dict[str, list[Row[Any]]]:
    """The feedback of cards by their uuid, in the order of what was done."""
    found: dict[str, list[Row[Any]]] = defaultdict(list)
    if uuids:
        named = [*uuids, *(uuid.upper() for uuid in uuids)]
        for row in connection.execute(_SAID, {"client": client, "cards": named, "now": now}):
            found[row.card.lower()].append(row)
    return found


def _feedback(row: Row[Any], shown: datetime, zone: tzinfo) -> Feedback:
    # The clock of a client may be wrong; nobody answers a card before it is shown, or later than the answer comes in.
    moment = min(max(row.outcome_timestamp, shown), row.received_at)
    return Feedback(row.outcome, moment.astimezone(zone).date(), moment, row.reason_code or row.reason_display or "")
