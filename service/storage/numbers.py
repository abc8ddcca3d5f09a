"""What is counted for a committee: calls, cards, answers and times of a period, each summed up by the database, the same on both of them.

Nothing that leaves here names a patient, a visit or a user: sums, and for the way from a card to a block moments without a name. What is
stored as a small JSON text (the states of keys, a silence, rules) is grouped as that text, of which there are few, and taken apart after.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Integer,
    MetaData,
    Row,
    Select,
    Table,
    Text,
    and_,
    case,
    cast,
    distinct,
    exists,
    func,
    literal,
    not_,
    or_,
    select,
)

from service.storage.schema import Json, Moment, card, decision, feedback

Rows = tuple[Row[Any], ...]
# How fine the times of calls are told apart, in milliseconds: the median of many is exact to this.
STEP_MS = 0.1
# As `schema.Json` writes a finding.
_SEES = '%-block-{}": "present"%'


@dataclass(frozen=True, slots=True)
class Asked:
    """Which part of the store is meant.

    since, until   moments; what was decided at `until` is no part of it any more
    client         one client alone; None for all of them
    unheard        a card that nobody answered and that was last shown before this moment counts as ignored
    beside         rules of silence at which nothing of the chart is asked for, so that no key of it can be missing
    """

    since: datetime
    until: datetime
    client: str | None
    unheard: datetime
    beside: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Counts:
    """What the database gave, row by row; the columns stand in the functions of this file."""

    calls: Rows
    encounters: Rows
    with_card: Rows
    cards: Rows
    silences: Rows
    reasons: Rows
    keys: Rows
    times: Rows
    blocks: Rows
    feedback: Rows


def counts_of(connection: Connection, asked: Asked) -> Counts:
    """Everything that a report is made of."""

    def rows(query: Select[Any]) -> Rows:
        return tuple(connection.execute(query).all())

    # The rows of the store are long; what is counted of them is written down once, beside the store, and gone when the report is made.
    _meant.create(connection)
    try:
        connection.execute(_meant.insert().from_select(list(_meant.columns.keys()), _narrow(asked)))
        return Counts(
            calls=rows(_calls()),
            encounters=rows(_encounters()),
            with_card=rows(_with_card()),
            cards=rows(_cards(asked)),
            silences=rows(_silences()),
            reasons=rows(_reasons()),
            keys=rows(_keys(asked)),
            times=rows(_times()),
            blocks=rows(_blocks(asked)),
            feedback=rows(_feedback(asked)),
        )
    finally:
        _meant.drop(connection)


_meant = Table(
    "meant",
    MetaData(),
    Column("id", BigInteger().with_variant(Integer(), "sqlite"), primary_key=True, autoincrement=False),
    Column("decided_at", Moment),
    Column("live", Boolean),
    Column("told", Integer),
    Column("step", Integer),
    *(Column(name, Text) for name in ("client", "patient", "visit", "hook", "outcome", "today")),
    *(Column(name, Json) for name in ("data", "rules", "silence")),
    *(Column(name, Integer) for name in ("unrecorded", "entries", "unknown_codes", "facts", "undated")),
    prefixes=["TEMPORARY"],
)
# Of a decision that does not say whether its client was in shadow mode, a card that was not shown does.
_LIVE = func.coalesce(decision.c.shown, ~exists().where(card.c.decision == decision.c.id, not_(card.c.shown)))
# Who names no encounter is taken to have one a day, as quiet takes it.
_VISIT = case((decision.c.encounter == "", decision.c.patient + "/" + decision.c.today), else_=decision.c.encounter)


def _narrow(asked: Asked) -> Select[Any]:
    """The decisions that are meant, and no more of them than is counted."""
    own = {
        "live": _LIVE,
        "told": case((decision.c.shown.is_(None), 0), else_=1),
        "step": cast(func.round(decision.c.milliseconds / STEP_MS), Integer),
        "visit": _VISIT,
    }
    period = (decision.c.decided_at >= asked.since, decision.c.decided_at < asked.until)
    ours = () if asked.client is None else (decision.c.client == asked.client,)
    columns = (own[column.name] if column.name in own else decision.c[column.name] for column in _meant.columns)
    return select(*columns).where(*period, *ours)


def _calls() -> Select[Any]:
    """client, live, hook, outcome, today: calls, and the sums of what they counted; `told`: how many say whether they were live."""
    groups = (_meant.c.client, _meant.c.live, _meant.c.hook, _meant.c.outcome, _meant.c.today)
    sums = (
        func.coalesce(func.sum(_meant.c[name]), 0).label(name) for name in ("unrecorded", "entries", "unknown_codes", "facts", "undated")
    )
    return select(*groups, func.count().label("calls"), func.sum(_meant.c.told).label("told"), *sums).group_by(*groups)


def _encounters() -> Select[Any]:
    """client, live: encounters."""
    groups = (_meant.c.client, _meant.c.live)
    return select(*groups, func.count(distinct(_meant.c.visit)).label("encounters")).group_by(*groups)


def _with_card() -> Select[Any]:
    """client, live: encounters with a card, and how often one was given in them."""
    groups = (_meant.c.client, card.c.shown.label("live"))
    counts = (func.count(distinct(_meant.c.visit)).label("encounters"), func.count().label("showings"))
    return select(*groups, *counts).join_from(_meant, card, card.c.decision == _meant.c.id).group_by(_meant.c.client, card.c.shown)


def _units() -> Any:
    """Each card once in an encounter, however often it was shown there, as long as it said the same on the same grounds."""
    groups = (
        *(_meant.c.client, card.c.shown, _meant.c.visit, _meant.c.rules),
        *(card.c.kind, card.c.about, card.c.nerves, card.c.side, card.c.tier, card.c.ordered),
    )
    found = (
        func.max(case((feedback.c.outcome == "accepted", 1), else_=0)).label("accepted"),
        func.max(case((feedback.c.outcome == "overridden", feedback.c.id))).label("overridden"),
        func.max(_meant.c.decided_at, type_=_meant.c.decided_at.type).label("last"),
    )
    # Some clients write a uuid in capitals.
    heard = and_(feedback.c.client == card.c.client, feedback.c.card.in_((card.c.uuid, func.upper(card.c.uuid))))
    with_feedback = card.join(_meant, _meant.c.id == card.c.decision).outerjoin(feedback, heard)
    return select(*groups, *found).select_from(with_feedback).group_by(*groups).subquery()


def _cards(asked: Asked) -> Select[Any]:
    """live, kind, about, nerves, tier, rules, fate: cards. Fate: accepted, overridden, ignored (inferred) or open."""
    one = _units()
    fate = case(
        (one.c.accepted == 1, "accepted"),
        (one.c.overridden.is_not(None), "overridden"),
        (one.c.last < literal(asked.unheard, _meant.c.decided_at.type), "ignored"),
        else_="open",
    )
    groups = (one.c.shown.label("live"), one.c.kind, one.c.about, one.c.nerves, one.c.tier, one.c.rules, fate.label("fate"))
    return select(*groups, func.count().label("cards")).group_by(*groups)


def _reasons() -> Select[Any]:
    """reason_code, reason_display: cards that were overridden and not accepted, by what was given last."""
    one, groups = _units(), (feedback.c.reason_code, feedback.c.reason_display)
    said = select(*groups, func.count().label("cards")).join_from(one, feedback, feedback.c.id == one.c.overridden)
    return said.where(one.c.shown, one.c.accepted == 0).group_by(*groups)


def _silences() -> Select[Any]:
    """live, outcome, silence: calls without a card."""
    groups = (_meant.c.live, _meant.c.outcome, _meant.c.silence)
    return select(*groups, func.count().label("calls")).where(_meant.c.outcome.in_(("silence", "refused"))).group_by(*groups)


def _keys(asked: Asked) -> Select[Any]:
    """client, data: calls by the states of their prefetch keys; without those that ask for nothing of the chart."""
    beside = [cast(_meant.c.silence, Text).like(f'%"rule": "{rule}"%') for rule in asked.beside]
    groups = (_meant.c.client, _meant.c.data)
    return select(*groups, func.count().label("calls")).where(not_(or_(literal(False), *beside))).group_by(*groups)


def _times() -> Select[Any]:
    """client, hook, step: calls by their time, in steps of STEP_MS."""
    groups = (_meant.c.client, _meant.c.hook, _meant.c.step)
    return select(*groups, func.count().label("calls")).group_by(*groups)


def _blocks(asked: Asked) -> Select[Any]:
    """One row for each patient who was given a card of suspicion: when first, when a call first saw a block ordered or done, and when the
    order of a block card was first accepted. Moments after the period count too."""
    moment = decision.c.decided_at.type
    carded = (
        select(_meant.c.client, _meant.c.patient, func.min(_meant.c.decided_at, type_=moment).label("carded"))
        .join_from(_meant, card, card.c.decision == _meant.c.id)
        .where(card.c.shown, card.c.kind.in_(("workup", "block")))
        .group_by(_meant.c.client, _meant.c.patient)
        .subquery()
    )
    findings = cast(decision.c.findings, Text)

    def first(seen: str) -> ColumnElement[Any]:
        return func.min(case((findings.like(_SEES.format(seen)), decision.c.decided_at)), type_=moment)

    whose = and_(decision.c.client == carded.c.client, decision.c.patient == carded.c.patient)
    seen = (first("done").label("done"), first("ordered").label("seen_ordered"))
    later = select(carded, *seen).join_from(carded, decision, whose).group_by(*carded.c).subquery()
    # The clock of a client may be wrong; nobody answers a card before it is shown, or later than the answer comes in.
    clicked = case(
        (feedback.c.outcome_timestamp < decision.c.decided_at, decision.c.decided_at),
        (feedback.c.outcome_timestamp > feedback.c.received_at, feedback.c.received_at),
        else_=feedback.c.outcome_timestamp,
    )
    answered = feedback.join(card, and_(card.c.client == feedback.c.client, card.c.uuid == func.lower(feedback.c.card)))
    accepted = (
        select(decision.c.client, decision.c.patient, func.min(clicked, type_=moment).label("accepted"))
        .select_from(answered.join(decision, decision.c.id == card.c.decision))
        .where(feedback.c.outcome == "accepted", card.c.shown, card.c.kind == "block", decision.c.decided_at >= asked.since)
        .group_by(decision.c.client, decision.c.patient)
        .subquery()
    )
    same = and_(accepted.c.client == later.c.client, accepted.c.patient == later.c.patient)
    return select(later.c.carded, later.c.done, later.c.seen_ordered, accepted.c.accepted).select_from(later.outerjoin(accepted, same))


def _feedback(asked: Asked) -> Select[Any]:
    """card_known: items of feedback that came in."""
    period = (feedback.c.received_at >= asked.since, feedback.c.received_at < asked.until)
    ours = () if asked.client is None else (feedback.c.client == asked.client,)
    return select(feedback.c.card_known, func.count().label("items")).where(*period, *ours).group_by(feedback.c.card_known)
