"""How the response to one block is read from what was documented: our own Observation, a relief in percent, or two pain scores.

Relief is an exact fraction of the pain before; nothing is rounded up. What is missing is said in words that follow "not known:".
Source: clinical design 3d.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from service.dates import minutes_between
from service.reasoning.criteria import meant
from service.reasoning.events import is_valid
from service.reasoning.findings import Findings
from service.record import Component, Fact, Observation, Procedure, Quantity

_PERCENTAGE = re.compile(
    r"(?P<bound><|>|less than|under|below|more than|over|at least|greater than)?\s*=?\s*"
    r"(?<![\d.])(?P<low>\d{1,3})\s*(?:%?\s*(?:-|to)\s*\d{1,3}\s*)?(?:%|percent|per cent)"
)
_LESS = ("<", "less than", "under", "below")
_MORE = (">", "more than", "over", "at least", "greater than")
_IN_MINUTES = {"min": 1, "minute": 1, "minutes": 1, "": 1, "h": 60, "hr": 60, "hour": 60, "hours": 60}
_IN_HOURS = {"h": Fraction(1), "hr": Fraction(1), "hour": Fraction(1), "hours": Fraction(1), "": Fraction(1), "min": Fraction(1, 60)}
_IN_HOURS |= {
    "d": Fraction(24),
    "day": Fraction(24),
    "days": Fraction(24),
    "wk": Fraction(168),
    "week": Fraction(168),
    "weeks": Fraction(168),
}
_MOST_PAIN = 10
Source = Literal["response", "reported", "scores", ""]


@dataclass(frozen=True, slots=True)
class Reading:
    """What was documented of one block.

    relief   fraction of the pain before that was gone, None when it cannot be read;  bound: "" for exactly so much, "below", "at-least"
    before, after, minutes   the scores and the time of the later one;  others: further scores in the window, (minutes, score)
    hours    how long the relief lasted;  lasts: for months;  steroid, sedation: whether one was given, None when it is not said
    missing  what keeps it from being read, in words;  source: the kind of document;  proof: references of further documents
    """

    relief: Fraction | None = None
    bound: Literal["", "below", "at-least"] = ""
    before: Fraction | None = None
    after: Fraction | None = None
    minutes: int | None = None
    others: tuple[tuple[int, Fraction], ...] = ()
    hours: Fraction | None = None
    lasts: bool = False
    steroid: bool | None = None
    missing: tuple[str, ...] = ()
    source: Source = ""
    proof: tuple[str, ...] = ()


UNREAD = Reading(missing=("pain 0-10 before and 15-60 min after",))


def read_response(response: Observation, findings: Findings) -> Reading:
    """The response as our own Observation has it."""
    blocks = findings.knowledge.blocks
    parts = {code: _part(response, code) for code in (blocks.codes.before, blocks.codes.after, blocks.codes.minutes, blocks.codes.relief)}
    before, after = (_score(parts[code], findings) for code in (blocks.codes.before, blocks.codes.after))
    minutes = _amount(parts[blocks.codes.minutes], _IN_MINUTES)
    hours = _amount(parts[blocks.codes.relief], _IN_HOURS)
    missing = [
        *(["pain 0-10 before the block"] if before is None else []),
        *(["pain 0-10 after the block"] if after is None else []),
        *(["how many minutes after the block the pain was asked"] if minutes is None else []),
        *_out_of_reach(before, minutes, findings),
        *(["the response without a sedative or an opioid"] if _answer(_part(response, blocks.codes.sedation), findings) else []),
    ]
    relief = _relief(before, after) if before is not None and after is not None and not missing else None
    return Reading(
        relief=relief,
        before=before,
        after=after,
        minutes=int(minutes) if minutes is not None else None,
        hours=hours,
        lasts=hours is not None and hours >= 24 * Fraction(blocks.numbers.lasting_days),
        steroid=_answer(_part(response, blocks.codes.steroid), findings),
        missing=tuple(missing),
        source="response",
    )


def reported_relief(block: Procedure, findings: Findings) -> Reading | None:
    """A relief that somebody reported in percent, tied to the block by its visit or by being a part of it; None when there is none."""
    blocks = findings.knowledge.blocks
    told: list[tuple[Fact, Fraction, str]] = []
    for name, figure in ((blocks.relief_said, None), (blocks.no_relief, Fraction(0))):
        for fact in findings.record.spoken.get(name, ()):
            if not _is_tied(fact, block):
                continue
            if isinstance(fact, Observation) and fact.quantity is not None and "%" in fact.quantity.unit:
                told.append((fact, Fraction(str(fact.quantity.value)) / 100, _bound_of(fact.quantity.comparator)))
                continue
            for mention in meant(" . ".join(fact.words), findings.knowledge.phrases[name], findings):
                found = (figure, "") if figure is not None else _percentage(mention.clause)
                if found is not None:
                    told.append((fact, *found))
    amounts = {(amount, bound) for _, amount, bound in told}
    if not told:
        return None
    proof = tuple(dict.fromkeys(fact.reference for fact, _, _ in told))
    if len(amounts) > 1 or not all(0 <= amount <= 1 for amount, _ in amounts):
        return Reading(missing=("one figure: reported reliefs differ",), source="reported", proof=proof)
    ((amount, bound),) = amounts
    return Reading(relief=amount, bound="below" if bound == "below" else "at-least" if bound else "", source="reported", proof=proof)


def read_scores(block: Procedure, findings: Findings) -> Reading:
    """The relief between the last score before the block and the one nearest to the best time after it, in the same visit and scale."""
    numbers = findings.knowledge.blocks.numbers
    if block.began is None:
        return Reading(missing=("the time of the block, " + UNREAD.missing[0],))
    if not block.encounter:
        return Reading(missing=("the visit of the block, " + UNREAD.missing[0],))
    end = block.finished or block.began
    before: list[tuple[float, Observation]] = []
    after: list[tuple[float, Observation]] = []
    late = False
    for fact in _scores(block, findings):
        if fact.began is None:
            continue
        since = minutes_between(end, fact.began)
        until = minutes_between(fact.began, block.began)
        if 0 <= until <= 60 * numbers.score_before_hours:
            before.append((until, fact))
        elif numbers.after_from_minutes <= since <= numbers.after_until_minutes:
            after.append((since, fact))
        late = late or since > numbers.after_until_minutes
    if not before or not after:
        lacks = [*(["pain 0-10 before the block"] if not before else []), *(["pain 15-120 min after the block"] if not after else [])]
        return Reading(missing=(" and ".join(lacks) + (" (only later ones are on record)" if late and not after else ""),))
    first = min(before, key=lambda one: (one[0], one[1].reference))[1]
    same = [(since, fact) for since, fact in after if _scale(fact) == _scale(first)]
    if not same:
        return Reading(missing=("scores of one scale before and after the block",))
    since, last = min(same, key=lambda one: (abs(one[0] - numbers.after_best_minutes), one[0], one[1].reference))
    start, now = _points(first.quantity), _points(last.quantity)
    # Scores of one moment that differ prove nothing.
    if start is None or now is None or _contradicted(first, before) or _contradicted(last, same):
        return Reading(missing=("one score: scores of one time differ",))
    if start < numbers.score_before:
        return Reading(missing=(f"relief: the pain before was below {numbers.score_before:g}",), before=start, after=now)
    others = tuple(
        sorted((int(gone), points) for gone, fact in same if fact is not last and (points := _points(fact.quantity)) is not None)
    )
    relief = _relief(start, now)
    proof = (first.reference, last.reference)
    return Reading(relief=relief, before=start, after=now, minutes=int(since), others=others, source="scores", proof=proof)


def spoilt(block: Procedure, findings: Findings) -> str:
    """What on the day of the block spoils any reading of it, in words; "" for nothing that is on record."""
    blocks = findings.knowledge.blocks
    words = " . ".join(block.words)
    if meant(words, findings.knowledge.phrases[blocks.sedated], findings):
        return "the response without sedation"
    if _another_on_that_day(block, (*blocks.any_block, *blocks.other_injection), findings):
        return "the response to this block alone: another injection was given that day"
    if _another_on_that_day(block, blocks.sedatives, findings):
        return "the response without an opioid or a sedative that day"
    return ""


def _another_on_that_day(block: Procedure, names: Iterable[str], findings: Findings) -> bool:
    """Whether the proof of one of the findings is of the day of the block, other than the block itself."""
    proof = (one for found in findings.present(names) for one in found.proof if one.reference != block.reference)
    return any(one.when is not None and block.when is not None and one.when.is_same_day(block.when) for one in proof)


def _is_tied(fact: Fact, block: Procedure) -> bool:
    """Whether a fact is the block itself, a part of it, or of its visit and not from before it."""
    if fact.reference == block.reference:
        return True
    if not isinstance(fact, Observation) or not is_valid(fact, ever=False, suspected=False):
        return False
    if fact.part_of:
        return block.reference in fact.part_of
    early = fact.when is not None and block.when is not None and fact.when.last < block.when.first
    return bool(block.encounter) and fact.encounter == block.encounter and not early


def _percentage(clause: str) -> tuple[Fraction, str] | None:
    """The one percentage of a clause; of a range its lower end; None when there is none, or several."""
    found = list(_PERCENTAGE.finditer(clause.lower()))
    if len(found) != 1:
        return None
    return Fraction(int(found[0]["low"])) / 100, _bound_of(found[0]["bound"] or "")


def _bound_of(words: str) -> str:
    return "below" if words in _LESS else "at-least" if words.startswith(_MORE) else ""


def _scores(block: Procedure, findings: Findings) -> Iterable[Observation]:
    """The valid pain scores of the visit of the block."""
    units = findings.knowledge.blocks.score_units
    for fact in findings.record.coded(findings.knowledge.blocks.score):
        if not isinstance(fact, Observation) or fact.encounter != block.encounter or not is_valid(fact, ever=False, suspected=False):
            continue
        if fact.quantity is not None and fact.quantity.unit in units and not fact.quantity.comparator:
            yield fact


def _scale(fact: Observation) -> tuple[str, str]:
    """What a score was asked with; scores of different codes or units are not compared."""
    return fact.event if not fact.codings else fact.codings[0].code, fact.quantity.unit if fact.quantity else ""


def _points(quantity: Quantity | None) -> Fraction | None:
    if quantity is None or not 0 <= quantity.value <= _MOST_PAIN:
        return None
    return Fraction(str(quantity.value))


def _contradicted(fact: Observation, others: Iterable[tuple[float, Observation]]) -> bool:
    return any(one.began == fact.began and _points(one.quantity) != _points(fact.quantity) for _, one in others)


def _relief(before: Fraction, after: Fraction) -> Fraction:
    """The part of the pain that was gone; none when it grew."""
    return max(Fraction(0), (before - after) / before) if before else Fraction(0)


def _out_of_reach(before: Fraction | None, minutes: Fraction | None, findings: Findings) -> list[str]:
    numbers = findings.knowledge.blocks.numbers
    reasons = []
    if before is not None and before < numbers.score_before:
        reasons.append(f"relief: the pain before was below {numbers.score_before:g}")
    if minutes is not None and not numbers.after_from_minutes <= minutes <= numbers.after_until_minutes:
        reasons.append(f"pain {numbers.after_from_minutes:g}-{numbers.after_until_minutes:g} min after the block")
    return reasons


def _part(response: Observation, code: str) -> Component | None:
    """The one component with a code of ours; None without one or with several."""
    parts = [part for part in response.components if any(coding.code == code for coding in part.codings)]
    return parts[0] if len(parts) == 1 else None


def _score(part: Component | None, findings: Findings) -> Fraction | None:
    if part is None or part.quantity is None or part.quantity.unit not in findings.knowledge.blocks.score_units or part.quantity.comparator:
        return None
    return _points(part.quantity)


def _amount(part: Component | None, units: dict[str, int] | dict[str, Fraction]) -> Fraction | None:
    """An amount in the unit of the table; None in a unit that it does not know."""
    if part is None or part.quantity is None or part.quantity.unit not in units or part.quantity.comparator:
        return None
    return Fraction(str(part.quantity.value)) * units[part.quantity.unit]


def _answer(part: Component | None, findings: Findings) -> bool | None:
    """Yes or no, as a flag, a code or a word; None when nothing that we know was answered."""
    if part is None:
        return None
    if part.flag is not None:
        return part.flag
    words = {part.said.strip().lower(), *(coding.code.strip().lower() for coding in part.value_codings)}
    if words & set(findings.knowledge.blocks.yes):
        return True
    return False if words & set(findings.knowledge.language.answers_no) else None
