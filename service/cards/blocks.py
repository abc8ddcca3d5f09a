"""One block that was done, in the words of a card: which it was, the relief, and how its band reads."""

from fractions import Fraction
from math import floor

from service.knowledge.model import Knowledge, RuleRow
from service.reasoning.block_response import BlockResult
from service.reasoning.relief import Relief
from service.record import Side


def says_block(result: BlockResult, knowledge: Knowledge) -> str:
    """A block in half a line: "left middle cluneal block (30 Oct 2026): 28% relief - negative"."""
    named = named_block(result, knowledge)
    return f"{named[0].lower()}{named[1:]}: {reads(result, knowledge)}"


def reads(result: BlockResult, knowledge: Knowledge) -> str:
    """The relief, and what its band says."""
    says = band_of(result, knowledge).says.split(":")[0]
    return says if result.reading.relief is None else f"{relief_of(result)} - {says}"


def named_block(result: BlockResult, knowledge: Knowledge) -> str:
    """The block by its side, nerve and day, as a sentence begins."""
    nerve = f"{knowledge.nerves[result.nerve].adjective} " if result.nerve else ""
    side = f"{result.side.value} " if result.side in (Side.RIGHT, Side.LEFT, Side.BILATERAL) else ""
    words = f"{side}{nerve}cluneal block ({result.when.in_words()})"
    return words[0].upper() + words[1:]


def relief_of(result: BlockResult) -> str:
    """The relief in whole percent, never rounded up, as exact as it was documented."""
    relief = result.reading.relief
    if relief is None:
        return "no relief that can be read"
    least, most = floor(relief.least * 100), floor(relief.most * 100)
    if relief.is_exact:
        return f"{least}% relief"
    return f"at least {least}% relief" if relief.most == 1 else f"{least}-{most}% relief" if relief.least else f"at most {most}% relief"


def percent(relief: Relief | None) -> int | None:
    """Whole percent, rounded down; None for a relief that is not one figure."""
    return floor(relief.least * 100) if relief is not None and relief.is_exact else None


def number(value: Fraction) -> str:
    """A score or a time as people write it."""
    return f"{float(value):g}"


def band_of(result: BlockResult, knowledge: Knowledge) -> RuleRow:
    """The G rule of a block's band."""
    return rule_of(knowledge, result.band)


def rule_of(knowledge: Knowledge, rule_id: str) -> RuleRow:
    """The G rule with an id."""
    return next(rule for rule in knowledge.rules["G"] if rule.id == rule_id)
