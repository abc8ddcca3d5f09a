"""What is said while orders are written: before a drafted cluneal block, and before another try that pressing the points could spare.

Gives an OrderAnswer, or a Silence with its reason. Source: clinical design, section 3, order cards (a) and (b).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from service.knowledge.orders import OrderKind
from service.reasoning.criteria import meant
from service.reasoning.findings import Findings
from service.reasoning.laterality import laterality_of
from service.reasoning.pathway import Outcome, Silence, assess, nobody_to_tell, silence_by
from service.reasoning.rules import Held, those_that_hold
from service.reasoning.tiers import Assessment
from service.record import Order, Side


@dataclass(frozen=True, slots=True)
class OrderAnswer:
    """What is said at an order.

    about     "block": a cluneal block is drafted, something is to be thought of before it;  "first": the points can be pressed first
    order     the drafted order;  label: what it is, as a card names it;  nerve: the nerve of a drafted block, "" when it names none
    warnings  what makes it a warning;  notes: what else is on record;  other_side: the side on record, when the order's is another
    unread    prefetch keys that a caution would have needed and that were not read
    outcome   what the chart itself allows to say, of "first"
    """

    about: Literal["block", "first"]
    order: Order
    label: str
    rules: tuple[str, ...]
    nerve: str = ""
    warnings: tuple[Held, ...] = ()
    notes: tuple[Held, ...] = ()
    other_side: Side | None = None
    unread: tuple[str, ...] = ()
    outcome: Outcome | None = None

    @property
    def kind(self) -> Literal["order"]:
        """The kind of its card."""
        return "order"

    @property
    def assessments(self) -> tuple[Assessment, ...]:
        """The nerves that the chart itself speaks of, of "first"."""
        return self.outcome.assessments if self.outcome else ()

    @property
    def is_warning(self) -> bool:
        """Whether a hard stop or the wrong side speaks."""
        return bool(self.warnings) or self.other_side is not None


def assess_orders(findings: Findings, *, clinician: bool, signing: bool) -> OrderAnswer | Silence:
    """What may be said about the drafted orders; `signing`: they are about to be signed, so that advice at other orders has its place."""
    if silence := nobody_to_tell(findings, clinician=clinician):
        return silence
    drafts = findings.record.drafts
    blocks = [(order, nerves) for order in drafts if (nerves := _nerves_of(order, findings)) is not None]
    answers = [answer for order, nerves in blocks if (answer := _before_block(order, nerves, findings)) is not None]
    if answers:
        return max(answers, key=lambda answer: answer.is_warning)
    if blocks:
        return silence_by(findings, "O-clear")
    tries = [(order, kind) for order in drafts if (kind := _kind_of(order, findings)) is not None] if signing else []
    if not tries:
        return silence_by(findings, "O-none")
    said = [reason for order, _ in tries for reason in order.reasons]
    # A study that is ordered because of a red flag is not the moment for anything else, also when the flag stands in the order alone.
    if said and (alarms := those_that_hold(findings.knowledge.rules["X"], findings.beside(said), "silence")):
        return silence_by(findings, alarms[0].rule.id)
    outcome = assess(findings, clinician=clinician)
    if not isinstance(outcome, Outcome):
        return outcome if isinstance(outcome, Silence) else silence_by(findings, "O-examined")
    if outcome.kind == "workup" and findings.any_of(findings.knowledge.pathway.examined):
        return silence_by(findings, "O-examined")
    order, kind = tries[0]
    return OrderAnswer("first", order, kind.label, (*outcome.rules, "O-first"), outcome=outcome)


def concerns_us(findings: Findings, *, signing: bool) -> bool:
    """Whether one of the drafts is an order of which something is said with some chart."""
    drafts = findings.record.drafts
    return any(
        _nerves_of(order, findings) is not None or (signing and _is_elective(order, findings) and _is_a_try(order, findings))
        for order in drafts
    )


def _nerves_of(order: Order, findings: Findings) -> tuple[str, ...] | None:
    """The nerves of a drafted cluneal block, none when it names none; None for any other order, also for a block of an unnamed nerve."""
    # Of an order of another kind only its own name counts: what may follow it is spoken of in its notes. A code map alone makes no order
    # of another kind of it, or it could hide a block.
    plain = replace(order, notes=(), names=order.names - order.by_site)
    words = order.text if _is_a_try(plain, findings) else " . ".join(order.words)
    phrases = findings.knowledge.phrases
    named = tuple(
        name
        for name, nerve in findings.knowledge.nerves.items()
        if nerve.block_code in order.names or (nerve.block_code in order.said and meant(words, phrases[nerve.block_code], findings))
    )
    unnamed = any(name in order.said and meant(words, phrases[name], findings) for name in findings.knowledge.orders.any_block)
    return named or (() if unnamed else None)


def _before_block(order: Order, nerves: tuple[str, ...], findings: Findings) -> OrderAnswer | None:
    """What is to be thought of before a drafted block; None when nothing that was read speaks against it."""
    rules = findings.knowledge.rules
    held = those_that_hold((*rules["X"], *rules["H"]), findings, "silence", "stop-block", "caution")
    warnings = tuple(one for one in held if one.rule.warns)
    notes = tuple(one for one in held if not one.rule.warns)
    other_side = _other_side(order, nerves, findings)
    unread = tuple(key for key in ("allergies", "medications") if not findings.record.was_read(key))
    if not (warnings or notes or other_side or unread):
        return None
    ids = ("O-block", *(["O-side"] if other_side else []), *(one.rule.id for one in (*warnings, *notes)))
    nerve = nerves[0] if len(nerves) == 1 else ""
    return OrderAnswer("block", order, "cluneal block", ids, nerve, warnings, notes, other_side, unread)


def _other_side(order: Order, nerves: tuple[str, ...], findings: Findings) -> Side | None:
    """The side on record (of the point, else of the pain) when the order plainly names the other one, with a site's code map or without."""
    opposite: Mapping[Side, Side] = {Side.RIGHT: Side.LEFT, Side.LEFT: Side.RIGHT}
    for name in nerves or tuple(findings.knowledge.nerves):
        found = laterality_of(findings.knowledge.nerves[name], findings)
        if found.basis in ("exam", "pain") and opposite.get(order.side) is found.side:
            return found.side
    return _other_side(order, nerves, findings.unmapped) if findings.unmapped is not None else None


def _kind_of(order: Order, findings: Findings) -> OrderKind | None:
    """The kind of an elective order at which the points can be pressed first, if it is one and, where that is asked, not the first."""
    kinds = [kind for kind in findings.knowledge.orders.kind if _is_of(order, kind, findings)] if _is_elective(order, findings) else []
    return next((kind for kind in kinds if not kind.repeats or findings.any_of(kind.repeats)), None)


def _is_elective(order: Order, findings: Findings) -> bool:
    return order.priority not in findings.knowledge.orders.urgent


def _is_a_try(order: Order, findings: Findings) -> bool:
    return any(_is_of(order, kind, findings) for kind in findings.knowledge.orders.kind)


def _is_of(order: Order, kind: OrderKind, findings: Findings) -> bool:
    words = " . ".join(order.words)
    phrases = findings.knowledge.phrases
    spoken = any(name in order.said and meant(words, phrases[name], findings) for name in kind.phrases)
    return not order.names.isdisjoint(kind.value_set) or spoken
