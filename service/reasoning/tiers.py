"""How far the record goes for each nerve: the tier table, its caps, and what pressing brought on that nothing later denies.

Source: clinical design, section 2; `pathway.toml` has its numbers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Literal

from service.knowledge.nerve import Nerve
from service.reasoning.findings import Findings, Proof
from service.reasoning.laterality import Laterality, laterality_of, side_of_pain, still_so
from service.reasoning.rules import Held
from service.reasoning.support import Support, support_of
from service.record import Side


class Tier(IntEnum):
    """How far the record goes; an order, not a probability."""

    LOW = 0
    MODERATE = 1
    HIGH = 2

    @property
    def word(self) -> str:
        """The tier as cards carry it."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Assessment:
    """One nerve: its side, its tier, its reasons.

    reasons   the row of the tier table that it stands on: reproduced | territory | surgery | unplaced | ""
    territory, reproduced   the facts of A and of B (or of an older B);  support: S1..S6
    """

    nerve: str
    tier: Tier
    laterality: Laterality
    reasons: Literal["reproduced", "reproduced-before", "territory", "surgery", "unplaced", ""]
    territory: tuple[Proof, ...]
    reproduced: tuple[Proof, ...]
    support: Support


def tiers_of(nerves: Sequence[tuple[str, Nerve]], caps: Sequence[Held], findings: Findings) -> tuple[Assessment, ...]:
    """Every open nerve with its tier, in the order of suspicion: tier, then number of kinds of support, then the order of the files."""
    pathway = findings.knowledge.pathway
    policy = findings.knowledge.adjustments.policy
    support = {name: support_of(nerve, findings, policy) for name, nerve in findings.knowledge.nerves.items()}
    # What the articles merely name never opens the way without a territory, whatever a site counts.
    published = (
        support
        if policy == "evidence"
        else {name: support_of(nerve, findings, "evidence") for name, nerve in findings.knowledge.nerves.items()}
    )
    opening = next((one for one in published.values() if len(one.kinds) >= pathway.support_needed and one.surgical), None)
    # Also of nerves that are not open any more: where it hurts stays known.
    every = findings.knowledge.nerves.items()
    territory = {name: findings.proof_of((*nerve.territory, *nerve.located)) for name, nerve in every}
    placed = any(territory.values())
    after_surgery = (
        not placed and bool(findings.present(pathway.generic_pain)) and opening is not None and not findings.any_of(pathway.competing)
    )
    unplaced = not placed and findings[pathway.unplaced_point].is_present
    rows = []
    for name, nerve in nerves:
        now = still_so(findings.proof_of(nerve.reproduced), nerve, findings)
        before = still_so(findings.proof_of(nerve.reproduced_before), nerve, findings)
        tier, reasons = Tier.LOW, ""
        if now:
            tier, reasons = Tier.HIGH, "reproduced"
        elif before:
            tier, reasons = Tier.MODERATE, "reproduced-before"
        elif territory[name] and len(support[name].kinds) >= pathway.support_needed:
            tier, reasons = Tier.MODERATE, "territory"
        elif after_surgery:
            tier, reasons = Tier.MODERATE, "surgery"
        elif unplaced:
            tier, reasons = Tier.MODERATE, "unplaced"
        side = laterality_of(nerve, findings)
        capped = min(tier, cap_of(caps, side, findings, examined=bool(now)))
        # Surgery of the back speaks for all three nerves while nobody knows where it hurts.
        backing = opening if reasons == "surgery" and opening is not None else support[name]
        rows.append(Assessment(name, capped, side, reasons, territory[name], now or before, backing))  # type: ignore[arg-type]
    order = {name: place for place, (name, _) in enumerate(nerves)}
    return tuple(sorted(rows, key=lambda one: (-one.tier, -len(one.support.kinds) if placed else 0, order[one.nerve])))


def cap_of(caps: Sequence[Held], side: Laterality, findings: Findings, *, examined: bool) -> Tier:
    """The highest tier that imaging, history and a conflict of sides leave open."""
    highest = Tier.MODERATE if side.side is Side.CONFLICT else Tier.HIGH
    for held in caps:
        opposite = bool(held.rule.opposite) and _is_opposite(held.proof, findings)
        low = held.rule.effect == "cap-low" and not opposite
        if low and examined:
            continue  # pressing the point and bringing on the pain outweighs a lesion that may be innocent
        highest = min(highest, Tier.LOW if low else Tier.MODERATE)
    return highest


def _is_opposite(proof: Sequence[Proof], findings: Findings) -> bool:
    """Whether every lesion lies on the other side than the pain."""
    pain = side_of_pain(findings)
    other = {Side.RIGHT: Side.LEFT, Side.LEFT: Side.RIGHT}.get(pain)
    return other is not None and bool(proof) and all(one.side is other for one in proof)
