"""The pathway: red flags, blocks that were done, reasons not to speak, candidacy, nerve and side, tier, cautions, in the dossier's order.

Gives a Silence with its reason, an Outcome (examine, or consider a block), or a Response (what a block showed).
Source: `rules/`, `nerves/`, `pathway.toml`; evidence dossier section 4.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from service.knowledge.model import RuleRow
from service.knowledge.nerve import Nerve
from service.reasoning.block_response import BlockResult, block_results, those_to_tell
from service.reasoning.blocks_done import is_a_block
from service.reasoning.findings import Findings, Proof
from service.reasoning.laterality import laterality_of, side_of_pain, sides_of, still_so
from service.reasoning.rules import Held, those_that_fail, those_that_hold
from service.reasoning.tiers import Assessment, Tier, tiers_of
from service.record import Procedure, Side

_BOTH = frozenset({Side.RIGHT, Side.LEFT})


@dataclass(frozen=True, slots=True)
class Silence:
    """Why nothing is said: the rule that decided, its sentence, and the other rules that would have.

    until   the last day of it, where what was shown before brought it on
    """

    rule: str
    says: str
    also: tuple[str, ...] = ()
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Spoken:
    """What may be said of this patient.

    assessments   the nerves in order of suspicion, of a response those whose point reproduces the pain
    rules         ids of what held and decided;  stops: what stops a block;  cautions, against: what else is said
    results       the newest block of each nerve and side of the last months, newest first
    closed        per nerve the sides on which no block is suggested: done, ablated or operated on lately
    """

    kind: Literal["workup", "block", "response"]
    assessments: tuple[Assessment, ...]
    rules: tuple[str, ...]
    stops: tuple[Held, ...]
    cautions: tuple[Held, ...]
    against: tuple[Held, ...]
    closed: Mapping[str, frozenset[Side]]
    results: tuple[BlockResult, ...]


@dataclass(frozen=True, slots=True)
class Outcome(Spoken):
    """Examine these points, or consider a block."""

    @property
    def tier(self) -> Tier:
        """The highest tier of any nerve."""
        return max(assessment.tier for assessment in self.assessments)


@dataclass(frozen=True, slots=True)
class Response(Spoken):
    """What the latest blocks showed; `every`: all blocks that keep a nerve silent still, newest first."""

    every: tuple[BlockResult, ...]


def assess(findings: Findings, *, clinician: bool) -> Outcome | Response | Silence:
    """What may be said about this patient, or why nothing is said."""
    rules = findings.knowledge.rules
    if silence := nobody_to_tell(findings, clinician=clinician):
        return silence
    alarms = [held.rule for held in those_that_hold((*rules["X"], *rules["C"]), findings, "silence")]
    kept_back = [*alarms, *(held.rule for held in those_that_hold(rules["D"], findings, "silence"))]
    results = block_results(findings)
    told = those_to_tell(results, findings)
    if alarms or not told:
        return _suspicion(kept_back, results, findings)
    if over_blocks := [rule for rule in kept_back if rule.over_blocks]:
        return _silence(over_blocks)
    suspicion = _suspicion(kept_back, results, findings)
    # What was found under the thumb since the block is news; the block was told in its time.
    return suspicion if isinstance(suspicion, Outcome) and _is_news(suspicion, told[0]) else _response(told, results, kept_back, findings)


def _suspicion(kept_back: Sequence[RuleRow], results: Sequence[BlockResult], findings: Findings) -> Outcome | Silence:
    """What may be said of nerves that no block has answered for, or why nothing is said."""
    knowledge = findings.knowledge
    if reasons := [*kept_back, *those_that_fail(knowledge.rules["I"], findings)]:
        return _silence(reasons)
    closed, shut = _not_to_speak_of(results, findings)
    nerves_open = [(name, nerve) for name, nerve in knowledge.nerves.items() if name not in shut]
    shutting = [_rule(findings, rule_id) for rule_id in sorted(set(shut.values()))]
    if not nerves_open:
        return _silence(shutting)
    caps = those_that_hold((*knowledge.rules["C"], *knowledge.rules["X"]), findings, "cap-low", "cap-moderate")
    spoken = tuple(one for one in tiers_of(nerves_open, caps, findings) if one.tier > Tier.LOW)
    if not spoken:
        return _silence([_rule(findings, knowledge.pathway.silent_tier), *shutting, *(held.rule for held in caps)])
    kind: Literal["workup", "block"] = "block" if spoken[0].tier is Tier.HIGH else "workup"
    besides = _told_besides(findings)
    decided = _decided(kind, spoken, caps, findings, stopped=bool(besides[0]))
    return Outcome(kind, spoken, decided, *besides, closed, those_to_tell(results, findings))


def _is_news(outcome: Outcome, told: BlockResult) -> bool:
    """Whether pressing a point brought on the pain after the latest block."""
    pressed = outcome.assessments[0].reproduced[:1] if outcome.kind == "block" else ()
    return any(one.when is not None and one.when.is_after(told.when) is True for one in pressed)


def _response(
    told: tuple[BlockResult, ...], results: tuple[BlockResult, ...], kept_back: Sequence[RuleRow], findings: Findings
) -> Response:
    """What the blocks showed, and the points that still reproduce the pain where another block may be considered: only where the suspicion
    itself may be spoken of, and under its caps."""
    closed, _ = _not_to_speak_of(results, findings)
    rules = findings.knowledge.rules
    kept_back = [*kept_back, *those_that_fail(rules["I"], findings)]
    caps = those_that_hold((*rules["C"], *rules["X"]), findings, "cap-low", "cap-moderate")
    ranked = () if kept_back else tiers_of(tuple(findings.knowledge.nerves.items()), caps, findings)
    spoken = tuple(one for one in ranked if one.tier is Tier.HIGH)
    several = ["G-many"] if any(one.count > findings.knowledge.blocks.numbers.enough and not one.lasting for one in told) else []
    ids = tuple(dict.fromkeys([*(one.band for one in told), *several]))
    stops, cautions, against = _told_besides(findings)
    prognosis = those_that_hold(findings.knowledge.rules["G"], findings, "caution")
    return Response("response", spoken, ids, stops, (*prognosis, *cautions), against, closed, told, results)


def _told_besides(findings: Findings) -> tuple[tuple[Held, ...], tuple[Held, ...], tuple[Held, ...]]:
    """What stops a block, what to think of before one, and what speaks against the suspicion."""
    rules = findings.knowledge.rules
    against = those_that_hold((*rules["C"], *rules["W"]), findings, "against")
    return those_that_hold(rules["H"], findings, "stop-block"), those_that_hold(rules["H"], findings, "caution"), against


def nobody_to_tell(findings: Findings, *, clinician: bool) -> Silence | None:
    """Silence for a reader who is no clinician, and for a chart that is closed."""
    patient = findings.record.patient
    if not clinician:
        return _silence([_rule(findings, "P-01")])
    if patient is not None and (patient.deceased or patient.replaced):
        return _silence([_rule(findings, "P-02" if patient.deceased else "P-03")])
    return None


def _silence(reasons: Sequence[RuleRow]) -> Silence:
    return Silence(reasons[0].id, reasons[0].says, tuple(rule.id for rule in reasons[1:]))


def silence_by(findings: Findings, rule_id: str) -> Silence:
    """The silence that a rule named by the code stands for."""
    return _silence([_rule(findings, rule_id)])


def _rule(findings: Findings, rule_id: str) -> RuleRow:
    return next(rule for rule in findings.knowledge.rules[rule_id.split("-")[0]] if rule.id == rule_id)


def _not_to_speak_of(results: Sequence[BlockResult], findings: Findings) -> tuple[dict[str, frozenset[Side]], dict[str, str]]:
    """Per nerve the sides on which it was treated lately, and the nerves of which nothing is said with the rule that says so; what is so
    without the site's code map stays so."""
    nerves = findings.knowledge.nerves.items()
    closed = {name: _closed(name, nerve, results, findings) for name, nerve in nerves}
    shut = {name: rule for name, nerve in nerves if (rule := _shut(nerve, closed[name], findings))}
    if findings.unmapped is None:
        return closed, shut
    before, shut_before = _not_to_speak_of(block_results(findings.unmapped), findings.unmapped)
    return {name: sides | before[name] for name, sides in closed.items()}, {**shut_before, **shut}


def _shut(nerve: Nerve, closed: frozenset[Side], findings: Findings) -> str:
    """The rule that keeps this nerve silent: D-02 when it was blocked or treated on every side that matters, D-03 when its point was
    pressed there and does not bring on the pain; "" for none."""
    if (frozenset(laterality_of(nerve, findings).sides) or _BOTH) <= closed:
        return "D-02"
    denied = sides_of(findings.proof_of(nerve.denied))
    wanted = {side_of_pain(findings)} & _BOTH or _BOTH
    in_vain = wanted <= denied and not still_so(findings.proof_of(nerve.reproduced), nerve, findings)
    return "D-03" if in_vain else ""


def _closed(name: str, nerve: Nerve, results: Iterable[BlockResult], findings: Findings) -> frozenset[Side]:
    """The sides on which the nerve was blocked, ablated or operated on lately; a negative block is left behind by a new examination."""
    pressed = still_so(findings.proof_of(nerve.reproduced), nerve, findings)
    blocked = [
        side
        for one in results
        if one.nerve in (name, "") and not (one.band == "G-1" and any(_is_newer(proof, one) for proof in pressed))
        for side in one.sides
    ]
    known = {reference for one in results for reference in one.proof}
    facts = {fact.reference: fact for fact in findings.record.of(Procedure)}
    # A block that may not have been done is nothing to tell of; it keeps another one back all the same.
    unsure = [
        one
        for one in findings.proof_of(nerve.block_done)
        if one.reference not in known and one.reference in facts and is_a_block(facts[one.reference], findings)
    ]
    treated = findings.proof_of((*nerve.treated, *findings.knowledge.blocks.treated))
    return frozenset(blocked) | sides_of((*unsure, *treated))


def _is_newer(proof: Proof, result: BlockResult) -> bool:
    """Whether pressing brought the pain on after the block, on its side."""
    return proof.when is not None and proof.when.is_after(result.when) is True and result.side in sides_of((proof,))


def _decided(kind: str, spoken: Sequence[Assessment], caps: Sequence[Held], findings: Findings, *, stopped: bool) -> tuple[str, ...]:
    """The ids of the rules that hold and decided: candidacy, imaging, nerves, examination or block, the kinds of support, caps."""
    rules = findings.knowledge.rules
    nerves = findings.knowledge.nerves
    placed = [nerves[one.nerve].rule for one in spoken if one.territory]
    steps = [*(nerves[one.nerve].rule.replace("N-", "E-") for one in spoken), "E-ALL"]
    guided = [rule.id for rule in rules["B"] if rule.effect == "guidance"]
    ids = [
        *(rule.id for rule in rules["I"]),
        *(held.rule.id for held in those_that_hold(rules["C"], findings, "support")),
        *(["C-00"] if findings.record.was_read("reports") and not findings[findings.knowledge.pathway.imaging].is_present else []),
        *(held.rule.id for held in caps),
        *(placed or ["N-none"]),
        *(["N-multi"] if len(placed) > 1 else []),
        *(steps if kind == "workup" else [] if stopped else ["B-01", *guided]),
        *sorted({one_kind for one in spoken for one_kind in one.support.kinds}),
    ]
    return tuple(dict.fromkeys(ids))
