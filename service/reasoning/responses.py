"""How the response to one block is read from what was documented: our own Observation, or a relief in percent; scores are `scores.py`'s.

What is missing is said in words that follow "not known:". Source: clinical design 3d.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from service.dates import When, minutes_between
from service.reasoning.blocks_done import BlockDone
from service.reasoning.criteria import meant
from service.reasoning.events import is_valid
from service.reasoning.findings import Findings
from service.reasoning.relief import Relief, bounded, exactly, relief_in
from service.record import Component, Fact, Observation, Procedure, Quantity, Report

_IN_MINUTES = dict.fromkeys(("min", "mins", "minute", "minutes", ""), Fraction(1)) | dict.fromkeys(
    ("h", "hr", "hrs", "hour", "hours"), Fraction(60)
)
_IN_HOURS = (
    dict.fromkeys(("h", "hr", "hrs", "hour", "hours", ""), Fraction(1))
    | dict.fromkeys(("min", "mins", "minute", "minutes"), Fraction(1, 60))
    | dict.fromkeys(("d", "day", "days"), Fraction(24))
    | dict.fromkeys(("wk", "week", "weeks"), Fraction(168))
)
MOST_PAIN = 10
_MOST_TOLD = 20
_HOURS_OF_A_DAY = 24
Source = Literal["response", "reported", "scores", ""]


@dataclass(frozen=True, slots=True)
class Reading:
    """What was documented of one block.

    relief   the part of the pain that was gone, None when it cannot be read
    before, after, minutes   the scores and the time of the later one;  others: further scores in the window, (minutes, score)
    hours    how long the relief lasted;  steroid: whether one was given, None when it is not said
    missing  what keeps it from being read, in words;  source: the kind of document;  proof: references of further documents
    """

    relief: Relief | None = None
    before: Fraction | None = None
    after: Fraction | None = None
    minutes: int | None = None
    others: tuple[tuple[int, Fraction], ...] = ()
    hours: Fraction | None = None
    steroid: bool | None = None
    missing: tuple[str, ...] = ()
    source: Source = ""
    proof: tuple[str, ...] = ()


def wanted(findings: Findings) -> str:
    """What would let the relief of a block be read."""
    numbers = findings.knowledge.blocks.numbers
    return f"pain 0-10 before and {numbers.after_from_minutes:g}-{numbers.after_best_minutes:g} min after"


def read_response(response: Observation, findings: Findings) -> Reading:
    """The response as our own Observation has it."""
    codes = findings.knowledge.blocks.codes
    before, after = (_score(_part(response, code), findings) for code in (codes.before, codes.after))
    minutes = _amount(_part(response, codes.minutes), _IN_MINUTES)
    sedation = _parts(response, codes.sedation)
    missing = [
        *(["pain 0-10 before the block"] if before is None else []),
        *(["pain 0-10 after the block"] if after is None else []),
        *(["how many minutes after the block the pain was asked"] if minutes is None else []),
        *_out_of_reach(before, minutes, findings),
        # Whatever was answered, unless it is a plain no, may have been a sedative.
        *(["the response without a sedative or an opioid"] if any(_answer(part, findings) is not False for part in sedation) else []),
    ]
    readable = before is not None and after is not None and not missing
    return Reading(
        relief=exactly(relief_between(before, after)) if readable and before is not None and after is not None else None,
        before=before,
        after=after,
        minutes=int(minutes) if minutes is not None else None,
        hours=_hours(response, findings),
        steroid=_answer(_part(response, codes.steroid), findings),
        missing=tuple(missing),
        source="response",
        proof=(response.reference,),
    )


def reported_relief(block: Procedure, findings: Findings) -> Reading | None:
    """A relief that somebody reported in percent, tied to the block by its visit or by being a part of it; None when there is none."""
    blocks = findings.knowledge.blocks
    told: list[tuple[Fact, Relief | None]] = []
    for name, none in ((blocks.relief_said, False), (blocks.no_relief, True)):
        for fact in findings.record.spoken.get(name, ()):
            if not _is_tied(fact, block):
                continue
            if len(told) > _MOST_TOLD:
                return Reading(missing=("one plain figure of the relief",), source="reported", proof=(block.reference,))
            mentions = meant(" . ".join(fact.words) or fact.text, findings.knowledge.phrases[name], findings)
            if mentions and isinstance(fact, Observation) and fact.quantity is not None and "%" in fact.quantity.unit:
                told.append((fact, bounded(Fraction(str(fact.quantity.value)) / 100, fact.quantity.comparator)))
                continue
            told += [(fact, exactly(Fraction(0)) if none else relief_in(one.clause)) for one in mentions if none or _is_a_share(one.clause)]
    if not told:
        return None
    proof = tuple(dict.fromkeys(fact.reference for fact, _ in told))
    amounts = {relief for _, relief in told}
    if len(amounts) > 1 or None in amounts:
        return Reading(missing=("one plain figure of the relief",), source="reported", proof=proof)
    return Reading(relief=amounts.pop(), source="reported", proof=proof)


def spoilt(done: BlockDone, findings: Findings) -> str:
    """What in its own words or on its day spoils any reading of a block, in words; "" for nothing."""
    blocks = findings.knowledge.blocks
    own = {entry.reference for entry in done.entries}
    words = [" . ".join(entry.words) for entry in done.entries]
    if any(meant(text, findings.knowledge.phrases[name], findings) for text in words for name in blocks.sedated):
        return "the response without a sedative or an opioid"
    if _another_on_that_day(done.when, (*blocks.any_block, *blocks.other_injection), findings, own):
        return "the response to this block alone: another injection was given that day"
    if _another_on_that_day(done.when, blocks.sedatives, findings, own):
        return "the response without an opioid or a sedative that day"
    return ""


def relief_between(before: Fraction, after: Fraction) -> Fraction:
    """The part of the pain that was gone; none when it grew."""
    return max(Fraction(0), (before - after) / before) if before else Fraction(0)


def points(quantity: Quantity | None, findings: Findings) -> Fraction | None:
    """A score from 0 to 10; None for anything else, or with a comparator."""
    if quantity is None or quantity.comparator or quantity.unit not in findings.knowledge.blocks.score_units:
        return None
    return Fraction(str(quantity.value)) if 0 <= quantity.value <= MOST_PAIN else None


def too_little(before: Fraction, findings: Findings) -> str:
    """Why a score before the block is too low to tell a relief from, in words; "" when it is not."""
    least = findings.knowledge.blocks.numbers.score_before
    return f"relief: the pain before was below {least:g}" if before < least else ""


def _another_on_that_day(day: When, names: Iterable[str], findings: Findings, own: set[str]) -> bool:
    """Whether the proof of one of the findings is of a day, other than the entries of the block itself."""
    return any(one.when is not None and one.when.is_same_day(day) for one in findings.proof_of(names) if one.reference not in own)


def _is_tied(fact: Fact, block: Procedure) -> bool:
    """Whether a fact is the block itself, a part of it, or of its visit and surely not from before it."""
    if fact.reference == block.reference:
        return True
    if not isinstance(fact, (Observation, Report)) or not is_valid(fact, ever=False, suspected=False):
        return False
    if fact.began is not None and block.began is not None:
        since = minutes_between(block.began, fact.began)
        if since is None or since < 0:
            return False
    if isinstance(fact, Observation) and fact.part_of:
        return block.reference in fact.part_of
    early = fact.when is not None and block.when is not None and fact.when.last < block.when.first
    return bool(block.encounter) and fact.encounter == block.encounter and not early


def _is_a_share(clause: str) -> bool:
    """Whether a clause tells how much, not when or for how long."""
    return any(sign in clause.lower() for sign in ("%", "percent", "per cent"))


def _out_of_reach(before: Fraction | None, minutes: Fraction | None, findings: Findings) -> list[str]:
    numbers = findings.knowledge.blocks.numbers
    reasons = [why] if before is not None and (why := too_little(before, findings)) else []
    if minutes is not None and not numbers.after_from_minutes <= minutes <= numbers.after_until_minutes:
        reasons.append(f"pain {numbers.after_from_minutes:g}-{numbers.after_until_minutes:g} min after the block")
    return reasons


def _hours(response: Observation, findings: Findings) -> Fraction | None:
    """How long the relief lasted; None when that is less than nothing, or longer ago than the block."""
    hours = _amount(_part(response, findings.knowledge.blocks.codes.relief), _IN_HOURS)
    if hours is None or hours < 0 or response.when is None:
        return None
    since = (findings.today - response.when.first).days + 1
    return hours if hours <= _HOURS_OF_A_DAY * since else None


def _parts(response: Observation, code: str) -> list[Component]:
    return [part for part in response.components if any(coding.code == code for coding in part.codings)]


def _part(response: Observation, code: str) -> Component | None:
    """The one component with a code of ours; None without one or with several."""
    parts = _parts(response, code)
    return parts[0] if len(parts) == 1 else None


def _score(part: Component | None, findings: Findings) -> Fraction | None:
    return points(part.quantity, findings) if part is not None else None


def _amount(part: Component | None, units: dict[str, Fraction]) -> Fraction | None:
    """An amount in the unit of the table; None in a unit that it does not know."""
    if part is None or part.quantity is None or part.quantity.comparator:
        return None
    factor = units.get(part.quantity.unit.strip().lower())
    return None if factor is None else Fraction(str(part.quantity.value)) * factor


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
