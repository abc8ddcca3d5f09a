"""What blocks that were done did to the pain (rule G): which block, of which nerve and side, what was documented of it, and its band.

Gives one result for every block of the last year; only recent ones are told, the others keep their nerve silent.
Source: clinical design 3d; evidence dossier 4g.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import combinations
from typing import Literal

from service.dates import When
from service.knowledge.nerve import Nerve
from service.reasoning.events import is_valid
from service.reasoning.findings import Findings, Proof
from service.reasoning.responses import UNREAD, Reading, read_response, read_scores, reported_relief, spoilt
from service.record import Fact, Observation, Procedure, Side

Band = Literal["G-0", "G-1", "G-2", "G-3", "G-4"]


@dataclass(frozen=True, slots=True)
class BlockResult:
    """One block and what came of it.

    nerve     its name, "" when the chart names none;  reading: what was documented;  band: how that reads
    pair      the earlier block that together with this one confirms (G-4);  count: blocks of this nerve and side in the last year
    lasting   relief for months, without a steroid that could explain it;  proof: references of what it was read from
    """

    nerve: str
    side: Side
    when: When
    reading: Reading
    band: Band
    proof: tuple[str, ...]
    pair: "BlockResult | None" = None
    count: int = 1

    @property
    def lasting(self) -> bool:
        """Whether the relief outlasted the local anaesthetic by months and no steroid was given that would explain it."""
        return self.reading.lasts and self.reading.steroid is False


def block_results(findings: Findings) -> tuple[BlockResult, ...]:
    """Every block on record in the window in which it keeps its nerve silent, newest first."""
    facts = {fact.reference: fact for fact in findings.record.of(Procedure)}
    responses = _responses(findings)
    told: set[str] = set()
    results: list[BlockResult] = []
    for proof, nerve in _blocks(findings):
        block = facts[proof.reference]
        own = [one for one in responses if _belongs(one, block, nerve, proof.side, findings)]
        told |= {one.reference for one in own}
        results.append(_result(nerve, _agreed_side(proof.side, own, findings), block, own, findings))
    # A response without the block it belongs to still says which nerve, which side and what came of it.
    loose: dict[tuple[str, Side, object], list[Observation]] = {}
    for one in responses:
        if one.reference not in told:
            loose.setdefault((nerve_of_response(one, findings), one.side, one.when), []).append(one)
    results += [_result(nerve, side, None, own, findings) for (nerve, side, _), own in loose.items()]
    newest = sorted(results, key=lambda one: (one.when.last, one.proof), reverse=True)
    return tuple(_counted(one, newest, findings) for one in newest)


def those_to_tell(results: Iterable[BlockResult], findings: Findings) -> tuple[BlockResult, ...]:
    """The newest recent block of each nerve and side that was not ablated or operated on since; an earlier one was told in its time."""
    latest: dict[tuple[str, Side], BlockResult] = {}
    for one in results:
        latest.setdefault((one.nerve, one.side), one)
    window = int(findings.knowledge.blocks.numbers.read_days)
    return tuple(
        one for one in latest.values() if one.when.is_within(window, before=findings.today) is True and not _treated_since(one, findings)
    )


def nerve_of_response(response: Observation, findings: Findings) -> str:
    """The nerve that our Observation of a response names, "" for none."""
    codes, nerves = findings.knowledge.blocks.codes, findings.knowledge.nerves
    for part in response.components:
        if any(coding.code == codes.nerve for coding in part.codings):
            said = {coding.code for coding in part.value_codings} | {part.said.strip().lower()}
            named = [
                name
                for name, nerve in nerves.items()
                if said & {nerve.nerve_code, nerve.block_code, nerve.exam_code, name, nerve.label.lower()}
            ]
            return named[0] if len(named) == 1 else ""
    return ""


def _responses(findings: Findings) -> list[Observation]:
    """Our Observations of a response that count: valid, dated, and not longer ago than a block keeps its nerve silent."""
    system_code = findings.knowledge.blocks.codes.response
    return [
        fact
        for fact in findings.record.named.get(system_code, ())
        if isinstance(fact, Observation) and is_valid(fact, ever=False, suspected=False) and fact.when is not None
    ]


def _blocks(findings: Findings) -> list[tuple[Proof, str]]:
    """Every block that was done, with the nerve it names; one whose nerve nobody named comes with ""."""
    found: dict[str, tuple[Proof, str]] = {}
    for name, nerve in findings.knowledge.nerves.items():
        for proof in _proof(findings, nerve.block_done):
            # Two nerves in one entry: nobody can tell which of them a score belongs to.
            _, other = found.get(proof.reference, (proof, name))
            found[proof.reference] = (proof, name if other == name else "")
    for proof in _proof(findings, findings.knowledge.blocks.any_block):
        found.setdefault(proof.reference, (proof, ""))
    return [(proof, nerve) for proof, nerve in found.values() if proof.when is not None]


def _belongs(response: Observation, block: Procedure, nerve: str, side: Side, findings: Findings) -> bool:
    """Whether a response is of this block: it says so, or it is of the same nerve, side and day and says nothing else."""
    if response.part_of:
        return block.reference in response.part_of
    same_day = response.when is not None and block.when is not None and response.when.is_same_day(block.when)
    return same_day and nerve_of_response(response, findings) in (nerve, "") and side in (response.side, Side.UNKNOWN)


def _agreed_side(side: Side, own: Sequence[Observation], findings: Findings) -> Side:
    sides = {one.side for one in own if one.side is not Side.UNKNOWN} | ({side} if side is not Side.UNKNOWN else set())
    return sides.pop() if len(sides) == 1 else Side.CONFLICT if sides else Side.UNKNOWN


def _result(nerve: str, side: Side, block: Procedure | None, own: Sequence[Observation], findings: Findings) -> BlockResult:
    """One block with the first kind of document that there is of it."""
    named = {nerve_of_response(one, findings) for one in own} - {""}
    nerves = {nerve} - {""} or named
    reading = _first_reading(block, own, findings)
    if len(named | ({nerve} - {""})) > 1:
        reading = Reading(missing=("which nerve was blocked: block and response differ",))
        nerves = set()
    elif not nerves:
        reading = replace(UNREAD, missing=("which nerve was blocked",))
    elif side not in (Side.RIGHT, Side.LEFT):
        reading = replace(UNREAD, missing=("the side",))
    documents: list[Fact] = [*([block] if block else []), *own]
    when = next(fact.when for fact in documents if fact.when is not None)
    proof = tuple(dict.fromkeys((*(fact.reference for fact in documents), *reading.proof)))
    return BlockResult(next(iter(nerves), ""), side, when, reading, _band(reading, findings), proof)


def _first_reading(block: Procedure | None, own: Sequence[Observation], findings: Findings) -> Reading:
    """Our own response, else a reported relief, else two scores; the first that is there decides, also when it cannot be read."""
    if own:
        readings = [read_response(one, findings) for one in own]
        if len({(one.relief, one.missing) for one in readings}) > 1:
            return Reading(missing=("one answer: responses to the block differ",), source="response")
        return readings[0]
    if block is None:
        return UNREAD
    if reason := spoilt(block, findings):
        return Reading(missing=(reason,))
    return reported_relief(block, findings) or read_scores(block, findings)


def _band(reading: Reading, findings: Findings) -> Band:
    """The band of one block by itself; a relief known only as "less than" or "at least" must fall into one band whatever it was."""
    numbers = findings.knowledge.blocks.numbers
    if reading.relief is None:
        return "G-0"
    some, good = Fraction(numbers.some_relief) / 100, Fraction(numbers.good_relief) / 100
    if reading.bound == "below":
        return "G-1" if reading.relief <= some else "G-0"
    return "G-3" if reading.relief >= good else "G-2" if reading.relief >= some else "G-1"


def _counted(result: BlockResult, results: Sequence[BlockResult], findings: Findings) -> BlockResult:
    """The result with the number of blocks like it, and confirmed when an earlier one agrees."""
    alike = [one for one in results if (one.nerve, one.side) == (result.nerve, result.side) and one.when.last <= result.when.last]
    earlier = next((one for one in alike if result.nerve and _confirm(one, result, findings)), None)
    return replace(result, band="G-4" if earlier else result.band, pair=earlier, count=len(alike))


def _confirm(first: BlockResult, second: BlockResult, findings: Findings) -> bool:
    """Whether two positive blocks on separate days agree: both durations known and of one kind, and the pain came back in between."""
    numbers = findings.knowledge.blocks.numbers
    if first.band != "G-3" or second.band != "G-3" or second.when.is_after(first.when) is not True:
        return False
    if (second.when.first - first.when.first).days > numbers.pair_days:
        return False
    back = (
        first.reading.before is not None
        and second.reading.before is not None
        and (second.reading.before >= first.reading.before * Fraction(numbers.pain_back_percent) / 100)
    )
    known = first.reading.hours is not None and second.reading.hours is not None
    return back and known and first.reading.lasts == second.reading.lasts


def why_not_confirmed(result: BlockResult, results: Sequence[BlockResult], findings: Findings) -> str:
    """What keeps two positive blocks from confirming each other, in words; "" when there are no two."""
    others = [
        one for one in results if one is not result and one.band in ("G-3", "G-4") and (one.nerve, one.side) == (result.nerve, result.side)
    ]
    for first, second in combinations(sorted([result, *others], key=lambda one: one.when.last), 2):
        if result.band == "G-3" and second.when.is_after(first.when) is True:
            if first.reading.hours is None or second.reading.hours is None:
                return "how long the relief lasted after each block"
            if first.reading.before is None or second.reading.before is None:
                return "the pain before each block"
    return ""


def _treated_since(result: BlockResult, findings: Findings) -> bool:
    """Whether the nerve was ablated or operated on, on that side or on a side that nobody named, on the day of the block or later."""
    nerve: Nerve | None = findings.knowledge.nerves.get(result.nerve)
    return nerve is not None and any(
        one.when is not None and one.when.is_after(result.when, days=-1) is not False and {one.side, result.side} not in _APART
        for one in _proof(findings, nerve.treated)
    )


_APART = ({Side.RIGHT, Side.LEFT},)


def _proof(findings: Findings, names: Iterable[str]) -> list[Proof]:
    return [one for found in findings.present(names) for one in found.proof]
