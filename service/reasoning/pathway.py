"""The pathway: red flags, reasons not to speak, candidacy, nerve and side, tier, cautions, in the dossier's order.

Gives either a Silence with its reason or an Outcome. Source: `rules/`, `nerves/`, `pathway.toml`; evidence dossier section 4.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Literal

from service.knowledge.model import RuleRow
from service.knowledge.nerve import Nerve
from service.reasoning.findings import Findings, Proof
from service.reasoning.laterality import Laterality, laterality_of, side_of_pain, sides_of
from service.reasoning.rules import Held, those_that_fail, those_that_hold
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
class Silence:
    """Why nothing is said: the rule that decided, its sentence, and the other rules that would have."""

    rule: str
    says: str
    also: tuple[str, ...] = ()


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


@dataclass(frozen=True, slots=True)
class Outcome:
    """What may be said of this patient: the nerves in order of suspicion, what stops a block, cautions, and what speaks against it."""

    kind: Literal["workup", "block"]
    assessments: tuple[Assessment, ...]
    rules: tuple[str, ...]
    stops: tuple[Held, ...]
    cautions: tuple[Held, ...]
    against: tuple[Held, ...]

    @property
    def tier(self) -> Tier:
        """The highest tier of any nerve."""
        return max(assessment.tier for assessment in self.assessments)


def assess(findings: Findings, *, clinician: bool) -> Outcome | Silence:
    """What may be said about this patient, or why nothing is said."""
    rules = findings.knowledge.rules
    if silence := _nobody_to_tell(findings, clinician=clinician):
        return silence
    reasons = [
        *(held.rule for held in those_that_hold(rules["X"], findings, "silence")),
        *(held.rule for held in those_that_hold(rules["D"], findings, "silence")),
        *those_that_fail(rules["I"], findings),
    ]
    if reasons:
        return _silence(reasons)
    open_nerves = [(name, nerve) for name, nerve in findings.knowledge.nerves.items() if not _was_examined_in_vain(nerve, findings)]
    if not open_nerves:
        return _silence([_rule(findings, "D-03")])
    caps = those_that_hold(rules["C"], findings, "cap-low", "cap-moderate") + those_that_hold(rules["X"], findings, "cap-moderate")
    assessments = _tiers(open_nerves, caps, findings)
    spoken = tuple(one for one in assessments if one.tier > Tier.LOW)
    if not spoken:
        examined = [_rule(findings, "D-03")] if len(open_nerves) < len(findings.knowledge.nerves) else []
        return _silence([_rule(findings, findings.knowledge.pathway.silent_tier), *examined, *(held.rule for held in caps)])
    kind: Literal["workup", "block"] = "block" if spoken[0].tier is Tier.HIGH else "workup"
    return Outcome(
        kind,
        spoken,
        _decided(spoken, caps, findings),
        those_that_hold(rules["H"], findings, "stop-block"),
        those_that_hold(rules["H"], findings, "caution"),
        those_that_hold(rules["W"], findings, "against"),
    )


def _nobody_to_tell(findings: Findings, *, clinician: bool) -> Silence | None:
    """Silence for a reader who is no clinician, and for a chart that is closed."""
    patient = findings.record.patient
    if not clinician:
        return _silence([_rule(findings, "P-01")])
    if patient is not None and (patient.deceased or patient.replaced):
        return _silence([_rule(findings, "P-02" if patient.deceased else "P-03")])
    return None


def _silence(reasons: Sequence[RuleRow]) -> Silence:
    return Silence(reasons[0].id, reasons[0].says, tuple(rule.id for rule in reasons[1:]))


def _rule(findings: Findings, rule_id: str) -> RuleRow:
    return next(rule for rule in findings.knowledge.rules[rule_id.split("-")[0]] if rule.id == rule_id)


def _was_examined_in_vain(nerve: Nerve, findings: Findings) -> bool:
    """D-03, per nerve: its point was pressed on every side that matters and does not bring on the pain."""
    denied = sides_of(one for found in findings.present(nerve.denied) for one in found.proof)
    wanted = {side_of_pain(findings)} & {Side.RIGHT, Side.LEFT} or {Side.RIGHT, Side.LEFT}
    return wanted <= denied and not _still_so(_proof(findings, nerve.reproduced), nerve, findings)


def _tiers(nerves: Sequence[tuple[str, Nerve]], caps: Sequence[Held], findings: Findings) -> tuple[Assessment, ...]:
    """Every open nerve with its tier, in the order of suspicion: tier, then number of kinds of support, then the order of the files."""
    pathway = findings.knowledge.pathway
    support = {name: support_of(nerve, findings) for name, nerve in findings.knowledge.nerves.items()}
    opening = next((one for one in support.values() if len(one.kinds) >= pathway.support_needed and one.surgical), None)
    territory = {name: _proof(findings, (*nerve.territory, *nerve.located)) for name, nerve in nerves}
    placed = any(territory.values())
    after_surgery = (
        not placed and bool(findings.present(pathway.generic_pain)) and opening is not None and not findings.any_of(pathway.competing)
    )
    unplaced = not placed and findings[pathway.unplaced_point].is_present
    rows = []
    for name, nerve in nerves:
        now = _still_so(_proof(findings, nerve.reproduced), nerve, findings)
        before = _still_so(_proof(findings, nerve.reproduced_before), nerve, findings)
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
        capped = min(tier, _cap(caps, side, findings, examined=bool(now)))
        # Surgery of the back speaks for all three nerves while nobody knows where it hurts.
        backing = opening if reasons == "surgery" and opening is not None else support[name]
        rows.append(Assessment(name, capped, side, reasons, territory[name], now or before, backing))  # type: ignore[arg-type]
    order = {name: place for place, (name, _) in enumerate(nerves)}
    return tuple(sorted(rows, key=lambda one: (-one.tier, -len(one.support.kinds) if placed else 0, order[one.nerve])))


def _still_so(proof: tuple[Proof, ...], nerve: Nerve, findings: Findings) -> tuple[Proof, ...]:
    """What pressing brought on and no later examination of that side denies."""
    denials = _proof(findings, nerve.denied)
    return tuple(
        one
        for one in proof
        if not any(
            one.when is not None and no.when is not None and no.when.is_after(one.when) and not sides_of((one,)).isdisjoint(sides_of((no,)))
            for no in denials
        )
    )


def _cap(caps: Sequence[Held], side: Laterality, findings: Findings, *, examined: bool) -> Tier:
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


def _decided(spoken: Sequence[Assessment], caps: Sequence[Held], findings: Findings) -> tuple[str, ...]:
    """The ids of the rules that hold and decided: candidacy, imaging, the nerves placed by their territory, the kinds of support, caps."""
    rules = findings.knowledge.rules
    nerves = findings.knowledge.nerves
    ids = [
        *(rule.id for rule in rules["I"]),
        *(held.rule.id for held in those_that_hold(rules["C"], findings, "support")),
        *(held.rule.id for held in caps),
        *(nerves[one.nerve].rule for one in spoken if one.territory),
        *(["N-multi"] if sum(bool(one.territory) for one in spoken) > 1 else []),
        *(["B-01"] if spoken[0].tier is Tier.HIGH else []),
        *sorted({kind for one in spoken for kind in one.support.kinds}),
    ]
    return tuple(dict.fromkeys(ids))


def _proof(findings: Findings, names: Sequence[str]) -> tuple[Proof, ...]:
    """All the proof of those of the findings that are present."""
    return tuple(one for found in findings.present(names) for one in found.proof)
