"""Whether what could be said was said already: the pauses after a card was shown, accepted or dismissed, and what ends them at once.

The same visit gets the same card again; whatever is newly recorded since a card was shown is worth another one. Never quiet: what is said
before a drafted cluneal block. Source: `quiet.toml`; clinical design, section 3, Quiet; evidence dossier, D-02, D-03, D-11.
"""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import accumulate
from operator import or_

from service.history import Feedback, Gist, History, Shown
from service.knowledge.model import Knowledge
from service.knowledge.quiet import AnswerPause, LongPause, Pause
from service.reasoning.pathway import Silence

# A pause and the last day on which it holds; None for one that ends with the visit.
Lasting = tuple[Pause, date | None]


def quiet(gist: Gist, history: History, knowledge: Knowledge, *, today: date) -> Silence | None:
    """Why an answer of this gist is kept back, and until when; None when it is to be said."""
    if gist.about == "block":
        return None
    seen = _seen(history)
    stale = [one for one, known in zip(seen, accumulate((one.gist.facts for one in seen), or_), strict=True) if gist.facts <= known]
    pauses = [
        *_answered(gist, seen, history, knowledge),
        *(_shown_enough(seen, history, knowledge, today) if stale else ()),
        *_beside_others(gist, stale, history, knowledge, today),
    ]
    holding = sorted((one for one in pauses if one[1] is None or today <= one[1]), key=_rank)
    if not holding:
        return None
    first = holding[0][0]
    also = dict.fromkeys(pause.rule for pause, _ in holding if pause.rule != first.rule)
    return Silence(first.rule, first.says, tuple(also), max((day for _, day in holding if day), default=None))


def _seen(history: History) -> list[Shown]:
    """The cards of this client and patient, the oldest first; what was said before a block is none of them."""
    whose = (history.visit.client, history.visit.patient)
    mine = (one for one in history.shown if (one.visit.client, one.visit.patient) == whose and one.gist.about != "block")
    return sorted(mine, key=lambda one: (one.moment, one.uuid))


def _answered(gist: Gist, seen: Sequence[Shown], history: History, knowledge: Knowledge) -> Iterator[Lasting]:
    """The pauses after feedback on a card since which nothing is new."""
    facts = accumulate((one.gist.facts for one in seen), or_)
    in_vain = accumulate((one.gist.in_vain for one in seen), or_)
    for one, known, pressed in zip(seen, facts, in_vain, strict=True):
        if not one.feedback or not gist.facts <= known:
            continue
        last = max(one.feedback, key=lambda told: told.moment)
        pause = _pause_after(last, knowledge)
        # Who takes up a workup and records a point as painless is led to the next one.
        led_on = last.outcome == "accepted" and one.gist.kind == "workup" and not gist.in_vain <= pressed
        if not led_on and (pause.binds == "patient" or one.visit.user == history.visit.user):
            yield pause, _last_day(pause, last.day)


def _pause_after(told: Feedback, knowledge: Knowledge) -> AnswerPause:
    if told.outcome == "accepted":
        return knowledge.quiet.accepted
    code = next((one.code for one in knowledge.wording.override if one.display == told.reason), told.reason)
    return next((one for one in knowledge.quiet.reason if one.code == code), knowledge.quiet.dismissed)


def _shown_enough(seen: Sequence[Shown], history: History, knowledge: Knowledge, today: date) -> Iterator[Lasting]:
    """The pause after so many visits with a card; what was new in one of them, or a pause that was over, began the count anew."""
    pause = knowledge.quiet.shown
    known: frozenset[str] = frozenset()
    run: list[Shown] = []
    visits, ends = 0, None
    for one in seen:
        if one.gist.facts - known or (ends and one.day > ends):
            run, visits, ends = [], 0, None
        known |= one.gist.facts
        visits += not any(_is_same_visit(other, one.visit.encounter, one.day) for other in run)
        run.append(one)
        if ends is None and visits >= knowledge.quiet.encounters:
            ends = _last_day(pause, one.day)
    if ends and not any(_is_same_visit(one, history.visit.encounter, today) for one in run):
        yield pause, ends


def _beside_others(gist: Gist, stale: Sequence[Shown], history: History, knowledge: Knowledge, today: date) -> Iterator[Lasting]:
    """What keeps back a second card of a visit, and a card at another order."""
    here = [one for one in stale if _is_same_visit(one, history.visit.encounter, today)]
    if any((one.gist.about, one.gist.order) == (gist.about, gist.order) for one in here):
        return
    if here:
        yield knowledge.quiet.other_card, None
    if gist.about == "first":
        if stale:
            yield knowledge.quiet.order_card, _last_day(knowledge.quiet.order_card, stale[-1].day)
        if history.advised == today:
            yield knowledge.quiet.order_today, today


def _rank(one: Lasting) -> tuple[str, int, str]:
    """By rule; of one rule, what holds longest speaks for it, whichever came first."""
    pause, day = one
    return pause.rule, -day.toordinal() if day else 0, pause.says


def _is_same_visit(one: Shown, encounter: str, day: date) -> bool:
    """Whether a card was shown in the encounter, or on the day where one of the two calls names no encounter."""
    return one.visit.encounter == encounter if one.visit.encounter and encounter else one.day == day


def _last_day(pause: LongPause, since: date) -> date:
    return since + timedelta(pause.days)
