"""What is not known of a patient, what would change the answer, and what may follow from a block: sentences about one basis."""

from collections.abc import Iterator
from datetime import date

from service.cards.wording import listed, plain_names
from service.dates import When
from service.knowledge.model import Knowledge, RuleRow
from service.reasoning.truth import State
from service.record import Side
from service.web.why_basis import Basis, Seen
from service.web.why_criteria import rule_state


def rule_of(rule_id: str, knowledge: Knowledge) -> RuleRow | None:
    """The rule with an id; None for what is no rule, such as a kind of support."""
    return next((rule for rule in knowledge.rules.get(rule_id.split("-")[0], ()) if rule.id == rule_id), None)


def follows(basis: Basis, knowledge: Knowledge) -> Iterator[str]:
    """What may follow from the result of a block, as the rules of its band have it."""
    for band in dict.fromkeys(one.band for one in basis.blocks if basis.kind == "response"):
        if (rule := rule_of(band, knowledge)) is not None and rule.next:
            yield f"What may follow ({band}): {rule.next}."


def not_known(basis: Basis, knowledge: Knowledge) -> Iterator[str]:
    """What nobody recorded, and what could not be read."""
    if basis.unread:
        yield f"Not read, so nothing is known of: {listed(plain_names(basis.unread))}."
    if basis.unusable:
        yield f"Some entries could not be used: {listed(plain_names(basis.unusable))}."
    if basis.nerves and any(one.reasons in ("surgery", "unplaced") for one in basis.nerves):
        yield "The site of the pain: no territory is on record."
    if basis.nerves and basis.nerves[0].side in (Side.UNKNOWN, Side.CONFLICT):
        yield "The side of the pain." if basis.nerves[0].side is Side.UNKNOWN else "The side: entries disagree."
    examined = {_state(name, basis) for name in knowledge.pathway.examined}
    if basis.kind != "response" and not examined & {State.PRESENT, None}:
        yield "Whether the points were examined: no such finding was in the data, and notes are not read."
    if "reports" not in basis.unread and _state(knowledge.pathway.imaging, basis) in (State.UNKNOWN, State.ABSENT):
        yield "Imaging: no valid lumbar study is on file."


def _state(name: str, basis: Basis) -> State | None:
    return basis.findings.get(name, Seen(State.UNKNOWN)).state


def changes(basis: Basis, knowledge: Knowledge) -> Iterator[str]:
    """What would make the answer another one."""
    if basis.until:
        yield f"The pause ends after {_day(basis.until)}, or earlier when something new is recorded."
    for rule_id in basis.reasons:
        if (rule := rule_of(rule_id, knowledge)) is not None:
            yield from _other_than(rule, basis, knowledge)
    names = {one.nerve: knowledge.nerves[one.nerve] for one in basis.nerves if one.nerve in knowledge.nerves}
    adjectives = listed([nerve.adjective for nerve in names.values()], "or")
    if basis.kind == "workup" or basis.about == "first":
        yield f"A recorded {adjectives} point that reproduces the usual pain: a diagnostic block can then be considered."
        yield "A recorded point that does not reproduce it, on the side of the pain: nothing more is said of that nerve for a while (D-03)."
    if basis.kind == "block":
        if basis.stops:
            yield "What stops a block now: once it is cleared up and recorded so, a block can be considered."
        yield "A recorded block with pain scores before and after: what it showed is told, and what may follow."
    if basis.kind == "response":
        yield "A further block, or a point that is pressed again: both are read at the next call."
    if basis.kind and basis.kind != "order":
        yield "A red flag, or another cause that is recorded: every suggestion is then kept back."


def _other_than(rule: RuleRow, basis: Basis, knowledge: Knowledge) -> Iterator[str]:
    """What would undo a rule that kept the card back."""
    labels = [knowledge.findings[name].label for name in (*rule.all_of, *rule.any_of)]
    if rule.effect == "required":
        yield f"{rule.id}: a record of {listed(labels, 'or')}."
    elif rule.id == knowledge.pathway.silent_tier:
        needed = f"{knowledge.thresholds['support-kinds'].value:g}"
        yield f"A recorded point that reproduces the usual pain; or where it hurts, with at least {needed} kinds of support."
    elif rule_state(rule, basis) is State.PRESENT and labels:
        yield f"{rule.id}: once this no longer holds: {listed(labels, 'or')}."


def _day(day: date) -> str:
    return When(day, day).in_words()
