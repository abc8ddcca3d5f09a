"""Rules over findings: whether one holds, and what proves it."""

from collections.abc import Iterable
from dataclasses import dataclass

from service.knowledge.model import RuleRow
from service.reasoning.findings import Findings, Proof
from service.reasoning.truth import State, all_present, any_present, opposite


@dataclass(frozen=True, slots=True)
class Held:
    """A rule that holds for this patient, and the facts that make it hold."""

    rule: RuleRow
    proof: tuple[Proof, ...]


def state_of(rule: RuleRow, findings: Findings) -> State:
    """Whether a rule holds (PRESENT), surely does not (ABSENT), or cannot be told (UNKNOWN)."""
    if rule.asks.isdisjoint(findings.stirred):
        return State.UNKNOWN
    parts = [findings[name].state for name in rule.all_of] + [opposite(findings[name].state) for name in rule.none_of]
    if rule.any_of:
        parts.append(any_present(findings[name].state for name in rule.any_of))
    state = all_present(parts)
    # What would take it back is looked for only where there is something to take back.
    return State.ABSENT if state is State.PRESENT and findings.any_of(rule.unless) else state


def those_that_hold(rules: Iterable[RuleRow], findings: Findings, *effects: str) -> tuple[Held, ...]:
    """The rules with one of the effects that hold, in the order of their numbers."""
    return tuple(held for rule in rules if rule.effect in effects and (held := _held(rule, findings)) is not None)


def _held(rule: RuleRow, findings: Findings) -> Held | None:
    """The rule with its proof, if it holds. What speaks against a card without a site's code map speaks against it with the map too: a
    newer pain score or study that only the site's code names may open the way, and must not take a red flag back."""
    if state_of(rule, findings) is State.PRESENT:
        return Held(rule, proof(rule, findings))
    return _held(rule, findings.unmapped) if findings.unmapped is not None and rule.effect != "support" else None


def those_that_fail(rules: Iterable[RuleRow], findings: Findings) -> tuple[RuleRow, ...]:
    """The required rules that do not surely hold: what is unknown is not enough."""
    return tuple(rule for rule in rules if rule.effect == "required" and state_of(rule, findings) is not State.PRESENT)


def proof(rule: RuleRow, findings: Findings) -> tuple[Proof, ...]:
    """What proves a rule: the proof of its findings that are present."""
    return findings.proof_of((*rule.all_of, *rule.any_of))
