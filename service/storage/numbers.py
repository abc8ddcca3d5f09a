"""What is counted for a committee: calls, cards, answers and times of a period, each summed up by the database, the same on both of them.

Nothing that leaves here names a patient, a visit or a user: sums, and for the way from a card to a block moments without a name. What is
stored as a small JSON text (the states of keys, a silence, rules) is grouped as that text, of which there are few, and taken apart after.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Row,
    Select,
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

from service.storage.schema import card, decision, feedback

Rows = tuple[Row[Any], ...]
# How fine the times of calls are told apart, in milliseconds: the median of many is exact to this.
STEP_MS = 0.1
_MOMENT = decision.c.decided_at.type
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

    return Counts(
        calls=rows(_calls(asked)),
        encounters=rows(_encounters(asked)),
        with_card=rows(_with_card(asked)),
        cards=rows(_cards(asked)),
        silences=rows(_silences(asked)),
        reasons=rows(_reasons(asked)),
        keys=rows(_keys(asked)),
        times=rows(_times(asked)),
        blocks=rows(_blocks(asked)),
        feedback=rows(_feedback(asked)),
    )


def _meant(asked: Asked) -> ColumnElement[bool]:
    period = and_(decision.c.decided_at >= asked.since, decision.c.decided_at < asked.until)
    return period if asked.client is None else and_(period, decision.c.client == asked.client)


# Of a decision that does not say whether its client was in shadow mode, a card that was not shown does.
_LIVE = func.coalesce(decision.c.shown, ~exists().where(card.c.decision == decision.c.id, not_(card.c.shown))).label("live")
# Who names no encounter is taken to have one a day, as quiet takes it.
_VISIT = case((decision.c.encounter == "", decision.c.patient + "/" + decision.c.today), else_=decision.c.encounter)


def _calls(asked: Asked) -> Select[Any]:
    """client, live, hook, outcome, today: calls, and the sums of what they counted; `told`: how many say whether they were live."""
    groups = (decision.c.client, _LIVE, decision.c.hook, decision.c.outcome, decision.c.today)
    sums = [
        func.coalesce(func.sum(decision.c[name]), 0).label(name) for name in ("unrecorded", "entries", "unknown_codes", "facts", "undated")
    ]
    counts = (func.count().label("calls"), func.count(decision.c.shown).label("told"))
    return select(*groups, *counts, *sums).where(_meant(asked)).group_by(*groups)


def _encounters(asked: Asked) -> Select[Any]:
    """client, live: encounters."""
    return (
        select(decision.c.client, _LIVE, func.count(distinct(_VISIT)).label("encounters"))
        .where(_meant(asked))
        .group_by(decision.c.client, _LIVE)
    )


def _with_card(asked: Asked) -> Select[Any]:
    """client, live: encounters with a card, and how often one was given in them."""
    return (
        select(
            decision.c.client,
            card.c.shown.label("live"),
            func.count(distinct(_VISIT)).label("encounters"),
            func.count().label("showings"),
        )
        .join_from(card, decision)
        .where(_meant(asked))
        .group_by(decision.c.client, card.c.shown)
    )


def _units(asked: Asked) -> Any:
    """Each card once in an encounter, however often it was shown there, as long as it said the same on the same grounds."""
    heard = (
        select(
            feedback.c.client,
            func.lower(feedback.c.card).label("card"),
            func.max(case((feedback.c.outcome == "accepted", 1), else_=0)).label("accepted"),
            func.max(case((feedback.c.outcome == "overridden", feedback.c.id))).label("overridden"),
        )
        .group_by(feedback.c.client, func.lower(feedback.c.card))
        .subquery()
    )
    groups = (
        *(decision.c.client, card.c.shown.label("live"), _VISIT.label("visit"), decision.c.rules),
        *(card.c.kind, card.c.about, card.c.nerves, card.c.side, card.c.tier, card.c.ordered),
    )
    return (
        select(
            *groups,
            func.max(heard.c.accepted).label("accepted"),
            func.max(heard.c.overridden).label("overridden"),
            func.max(decision.c.decided_at, type_=_MOMENT).label("last"),
        )
        .select_from(
            card.join(decision, decision.c.id == card.c.decision).outerjoin(
                heard, and_(heard.c.client == card.c.client, heard.c.card == card.c.uuid)
            )
        )
        .where(_meant(asked))
        .group_by(*groups)
        .subquery()
    )


def _cards(asked: Asked) -> Select[Any]:
    """live, kind, about, nerves, tier, rules, fate: cards. Fate: accepted, overridden, ignored (inferred) or open; of shadow cards open."""
    one = _units(asked)
    fate = case(
        (one.c.accepted == 1, "accepted"),
        (one.c.overridden.is_not(None), "overridden"),
        (one.c.last < literal(asked.unheard, _MOMENT), "ignored"),
        else_="open",
    ).label("fate")
    groups = (one.c.live, one.c.kind, one.c.about, one.c.nerves, one.c.tier, one.c.rules, fate)
    return select(*groups, func.count().label("cards")).group_by(*groups)


def _reasons(asked: Asked) -> Select[Any]:
    """reason_code, reason_display: cards that were overridden and not accepted, by what was given last."""
    one = _units(asked)
    return (
        select(feedback.c.reason_code, feedback.c.reason_display, func.count().label("cards"))
        .join_from(one, feedback, feedback.c.id == one.c.overridden)
        .where(one.c.live, one.c.accepted == 0)
        .group_by(feedback.c.reason_code, feedback.c.reason_display)
    )


def _silences(asked: Asked) -> Select[Any]:
    """live, outcome, silence: calls without a card."""
    groups = (_LIVE, decision.c.outcome, decision.c.silence)
    return (
        select(*groups, func.count().label("calls")).where(_meant(asked), decision.c.outcome.in_(("silence", "refused"))).group_by(*groups)
    )


def _keys(asked: Asked) -> Select[Any]:
    """client, data: calls by the states of their prefetch keys; without those that ask for nothing of the chart."""
    silence = cast(decision.c.silence, decision.c.hook.type)
    beside = [silence.like(f'%"rule": "{rule}"%') for rule in asked.beside]
    groups = (decision.c.client, decision.c.data)
    return select(*groups, func.count().label("calls")).where(_meant(asked), not_(or_(literal(False), *beside))).group_by(*groups)


def _times(asked: Asked) -> Select[Any]:
    """client, hook, step: calls by their time, in steps of STEP_MS."""
    step = cast(func.round(decision.c.milliseconds / STEP_MS), Integer).label("step")
    groups = (decision.c.client, decision.c.hook, step)
    return select(*groups, func.count().label("calls")).where(_meant(asked)).group_by(*groups).order_by(*groups)


def _blocks(asked: Asked) -> Select[Any]:
    """One row for each patient who was given a card of suspicion: when first, when a call first saw a block ordered or done, and when the
    order of a block card was first accepted. Moments after the period count too, whatever came before the card does not."""
    carded = (
        select(decision.c.client, decision.c.patient, func.min(decision.c.decided_at, type_=_MOMENT).label("carded"))
        .join_from(card, decision)
        .where(_meant(asked), card.c.shown, card.c.kind.in_(("workup", "block")))
        .group_by(decision.c.client, decision.c.patient)
        .subquery()
    )
    findings = cast(decision.c.findings, decision.c.hook.type)

    def first(when: ColumnElement[bool]) -> ColumnElement[Any]:
        return func.min(case((when, decision.c.decided_at)), type_=_MOMENT)

    later = (
        select(
            carded,
            first(findings.like(_SEES.format("done"))).label("done"),
            first(findings.like(_SEES.format("ordered"))).label("seen_ordered"),
        )
        .join_from(carded, decision, and_(decision.c.client == carded.c.client, decision.c.patient == carded.c.patient))
        .group_by(*carded.c)
        .subquery()
    )
    clicked = case(
        (feedback.c.outcome_timestamp < decision.c.decided_at, decision.c.decided_at),
        (feedback.c.outcome_timestamp > feedback.c.received_at, feedback.c.received_at),
        else_=feedback.c.outcome_timestamp,
    )
    accepted = (
        select(decision.c.client, decision.c.patient, func.min(clicked, type_=_MOMENT).label("accepted"))
        .select_from(
            feedback.join(card, and_(card.c.client == feedback.c.client, card.c.uuid == func.lower(feedback.c.card))).join(
                decision, decision.c.id == card.c.decision
            )
        )
        .where(feedback.c.outcome == "accepted", card.c.shown, card.c.kind == "block", decision.c.decided_at >= asked.since)
        .group_by(decision.c.client, decision.c.patient)
        .subquery()
    )
    whose = and_(accepted.c.client == later.c.client, accepted.c.patient == later.c.patient)
    return select(later.c.carded, later.c.done, later.c.seen_ordered, accepted.c.accepted).select_from(later.outerjoin(accepted, whose))


def _feedback(asked: Asked) -> Select[Any]:
    """card_known: items of feedback that came in."""
    meant = [feedback.c.received_at >= asked.since, feedback.c.received_at < asked.until]
    ours = meant if asked.client is None else [*meant, feedback.c.client == asked.client]
    return select(feedback.c.card_known, func.count().label("items")).where(*ours).group_by(feedback.c.card_known)
