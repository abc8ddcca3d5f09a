"""What blocks that were done did to the pain (rule G): which block, of which nerve and side, what was documented of it, and its band.

Gives one result for every block of the last year; only recent ones are told, the others keep their nerve silent.
Source: clinical design 3d; evidence dossier 4g.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal

from service.dates import When
from service.reasoning.blocks_done import BlockDone, blocks_done
from service.reasoning.criteria import meant
from service.reasoning.findings import Findings
from service.reasoning.relief import Relief
from service.reasoning.responses import Reading, read_response, reported_relief, spoilt, wanted
from service.reasoning.scores import read_scores
from service.record import Side

Band = Literal["G-0", "G-1", "G-2", "G-3", "G-4"]
_BOTH = frozenset({Side.RIGHT, Side.LEFT})


@dataclass(frozen=True, slots=True)
class BlockResult:
    """One block and what came of it.

    nerve     its name, "" when the chart names none or several;  reading: what was documented;  band: how that reads
    pair      the earlier block that together with this one confirms (G-4);  count: days with a block of this nerve and side until then
    lasting   relief for months, without a steroid that could explain it;  proof: references of what it was read from
    """

    nerve: str
    side: Side
    when: When
    reading: Reading
    band: Band
    proof: tuple[str, ...]
    lasting: bool = False
    pair: "BlockResult | None" = None
    count: int = 1

    @property
    def sides(self) -> frozenset[Side]:
        """The single sides that it may have been on."""
        return frozenset({self.side}) & _BOTH or _BOTH


def block_results(findings: Findings) -> tuple[BlockResult, ...]:
    """Every block on record in the window in which it keeps its nerve silent, newest first."""
    single = [_result(done, findings) for done in blocks_done(findings)]
    newest_last = sorted(single, key=lambda one: (one.when.last, one.proof))
    told: list[BlockResult] = []
    for one in newest_last:
        told.append(_among(one, told, findings))
    return tuple(reversed(told))


def those_to_tell(results: Iterable[BlockResult], findings: Findings) -> tuple[BlockResult, ...]:
    """The newest recent block of each nerve and side that was not ablated or operated on since; an earlier one was told in its time."""
    latest: dict[tuple[str, Side], BlockResult] = {}
    for one in results:
        latest.setdefault((one.nerve, one.side), one)
    window = int(findings.knowledge.blocks.numbers.read_days)
    recent = (one for one in latest.values() if one.when.is_within(window, before=findings.today) is True)
    return tuple(one for one in recent if not _treated_since(one, findings))


def why_not_confirmed(result: BlockResult, results: Sequence[BlockResult], findings: Findings) -> str:
    """What keeps two positive blocks from confirming each other, in words; "" when there are no two."""
    others = [one for one in results if one.band == "G-3" and _is_alike(one, result) and result.when.is_after(one.when) is True]
    if result.band != "G-3" or not others:
        return ""
    if result.reading.hours is None or others[0].reading.hours is None:
        return "how long the relief lasted after each block"
    if _kind_of_duration(result.reading, findings) != _kind_of_duration(others[0].reading, findings):
        return f"why the relief of {others[0].when.in_words()} lasted for another time than this one"
    return "the pain before each block" if result.reading.before is None or others[0].reading.before is None else ""


def _result(done: BlockDone, findings: Findings) -> BlockResult:
    """One block with the first kind of document that there is of it."""
    reading = _reading(done, findings)
    if done.doubt:
        reading = Reading(missing=(done.doubt,))
    elif not done.nerve:
        reading = Reading(missing=("which nerve was blocked",))
    elif done.side not in _BOTH:
        reading = Reading(missing=("the side",))
    proof = tuple(sorted({*(entry.reference for entry in done.entries), *reading.proof}))
    lasting = _lasts(reading, findings) and reading.steroid is False
    return BlockResult(done.nerve, done.side, done.when, reading, _band(reading.relief, findings), proof, lasting)


def _reading(done: BlockDone, findings: Findings) -> Reading:
    """What was documented of a block; a steroid that its own words name was given, whatever else says nothing of it."""
    reading = _first_reading(done, findings)
    named = [findings.knowledge.phrases[name] for name in findings.knowledge.blocks.with_steroid]
    if reading.steroid is None and any(meant(" . ".join(entry.words), one, findings) for entry in done.entries for one in named):
        return replace(reading, steroid=True)
    return reading


def _first_reading(done: BlockDone, findings: Findings) -> Reading:
    """Our own response, else a reported relief, else two scores; the first that is there decides, also when it cannot be read."""
    if reason := spoilt(done, findings):
        return Reading(missing=(reason,))
    if done.responses:
        readings = [read_response(one, findings) for one in done.responses]
        if len({(one.relief, one.hours, one.missing) for one in readings}) > 1:
            return Reading(missing=("one answer: responses to the block differ",), source="response")
        return readings[0]
    reported = [reading for entry in done.entries if (reading := reported_relief(entry, findings)) is not None]
    if reported:
        agree = len({one.relief for one in reported}) == 1
        return reported[0] if agree else Reading(missing=("one plain figure of the relief",), source="reported")
    scored = [read_scores(entry, findings) for entry in done.entries]
    return next((one for one in scored if one.relief is not None), scored[0] if scored else Reading(missing=(wanted(findings),)))


def _band(relief: Relief | None, findings: Findings) -> Band:
    """The band of one block by itself; a relief between two bounds must fall into one band whatever it was."""
    if relief is None:
        return "G-0"
    numbers = findings.knowledge.blocks.numbers
    some, good = Fraction(numbers.some_relief) / 100, Fraction(numbers.good_relief) / 100
    bands: set[Band] = {"G-3" if part >= good else "G-2" if part >= some else "G-1" for part in (relief.least, relief.most)}
    return bands.pop() if len(bands) == 1 else "G-0"


def _among(result: BlockResult, earlier: Sequence[BlockResult], findings: Findings) -> BlockResult:
    """The result in the row of the blocks before it: how many there were, and confirmed when an earlier one agrees with none against it."""
    alike = [one for one in earlier if _is_alike(one, result)]
    days = {one.when.last for one in (*alike, result) if result.when.ages(findings.today)[0] <= one.when.ages(findings.today)[1]}
    pair = None
    for one in reversed(alike):
        if one.band == "G-1" or result.band != "G-3":
            break
        if one.band == "G-4" or _confirm(one, result, findings):
            pair = one
            break
    return replace(result, band="G-4" if pair else result.band, pair=pair, count=len(days))


def _is_alike(one: BlockResult, other: BlockResult) -> bool:
    """Whether two blocks were of one nerve, on a side in common."""
    return bool(one.nerve) and one.nerve == other.nerve and not one.sides.isdisjoint(other.sides)


def _confirm(first: BlockResult, second: BlockResult, findings: Findings) -> bool:
    """Whether two positive blocks on separate days agree: both durations known and of one kind, and the pain came back in between."""
    numbers = findings.knowledge.blocks.numbers
    if first.band != "G-3" or second.when.is_after(first.when) is not True or first.side is not second.side:
        return False
    if (second.when.first - first.when.first).days > numbers.pair_days:
        return False
    before, again = first.reading.before, second.reading.before
    back = before is not None and again is not None and again >= before * Fraction(numbers.pain_back_percent) / 100
    kinds = {_kind_of_duration(one.reading, findings) for one in (first, second)}
    return back and len(kinds) == 1 and "" not in kinds


def _kind_of_duration(reading: Reading, findings: Findings) -> str:
    """For how long a relief lasted, as far as two can be compared: like a local anaesthetic, longer, for months; "" when nobody said."""
    if reading.hours is None:
        return ""
    if _lasts(reading, findings):
        return "months"
    return "hours" if reading.hours <= findings.knowledge.blocks.numbers.transient_hours else "days"


def _lasts(reading: Reading, findings: Findings) -> bool:
    return reading.hours is not None and reading.hours >= 24 * Fraction(findings.knowledge.blocks.numbers.lasting_days)


def _treated_since(result: BlockResult, findings: Findings) -> bool:
    """Whether the nerve was ablated or operated on, on that side or on a side that nobody named, on the day of the block or later."""
    nerve = findings.knowledge.nerves.get(result.nerve)
    names = (*(nerve.treated if nerve else ()), *findings.knowledge.blocks.treated)
    return any(
        one.when is not None
        and one.when.is_after(result.when, days=-1) is not False
        and not result.sides.isdisjoint({one.side} & _BOTH or _BOTH)
        for one in findings.proof_of(names)
    )
