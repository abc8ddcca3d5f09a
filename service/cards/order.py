"""The card at an order: what to think of before a drafted cluneal block, or to press the points before another try.

Source: clinical design, section 3, order cards (a) and (b). Nothing is said against an order that is not a cluneal block.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date

from service.call import Call
from service.cards.content import Content
from service.cards.dialects import shape_of
from service.cards.suspicion import suspicion_content
from service.cards.wording import fitting, listed, named_knowledge, not_known, plain_names, quoted
from service.knowledge.model import Knowledge
from service.reasoning.findings import Findings
from service.reasoning.orders import OrderAnswer
from service.reasoning.rules import Held
from service.record import Side

# (characters of a quotation, number of cautions)
_STEPS = ((60, 6), (40, 6), (20, 6), (20, 3), (0, 3), (0, 1))
# Where a narrow column begins.
_NARROW = 1


def order_content(answer: OrderAnswer, findings: Findings, call: Call, today: date, card: str) -> Content:
    """What the card at an order holds; before another try it is the card of the suspicion, with the order in front."""
    outcome = answer.outcome
    if outcome is None:
        held = [one.rule.id for one in (*answer.warnings, *answer.notes)]
        return Content(
            summary=summary_of_block_order(answer, findings),
            detail=detail_of_block_order(answer, findings, narrow=shape_of(call).narrow),
            basis={"nerves": [answer.nerve] if answer.nerve else [], "side": answer.order.side.value},
            indicator="warning" if answer.is_warning else "info",
            details={"cautions": held},
        )
    wording = findings.knowledge.wording.order
    lead = wording.no_argument.format(order=answer.label[0].upper() + answer.label[1:])
    suspicion = suspicion_content(outcome, findings, call, today, card, lead=lead)
    return replace(suspicion, summary=wording.press_first) if outcome.kind == "workup" else suspicion


def summary_of_block_order(answer: OrderAnswer, findings: Findings) -> str:
    """The drafted block and the first thing to think of."""
    block = _block(answer, findings.knowledge)
    if answer.warnings:
        return f"{block} drafted: {answer.warnings[0].rule.brief or answer.warnings[0].rule.says.rstrip('.')}"
    if answer.other_side:
        return f"{block} drafted, but the {answer.other_side.value} side is on record: verify the side"
    first = answer.notes[0].rule.brief or answer.notes[0].rule.says if answer.notes else f"{listed(plain_names(answer.unread))} not checked"
    return f"{block} drafted: {first}"


def detail_of_block_order(answer: OrderAnswer, findings: Findings, *, narrow: bool) -> str:
    """Cautions with the entries that call for them, and what was not read; shortened until it fits."""
    texts = ("\n\n".join(_sections(answer, findings, quote, notes)) for quote, notes in _STEPS[_NARROW if narrow else 0 :])
    return fitting(texts)


def _sections(answer: OrderAnswer, findings: Findings, quote: int, notes: int) -> Iterator[str]:
    told = [_told(held, quote) for held in answer.warnings]
    if answer.other_side:
        told.append(f"the order says {answer.order.side.value}, the chart {answer.other_side.value}: verify the side")
    told += [_told(held, quote) for held in answer.notes[:notes]]
    if told:
        yield f"**Cautions** {'; '.join(told)}."
    yield not_known(_not_known(answer))
    wording = findings.knowledge.wording
    yield f"**Evidence** {wording.order.evidence} {wording.limits} {named_knowledge(findings.knowledge)}"


def _not_known(answer: OrderAnswer) -> list[str]:
    unread = [f"{listed(plain_names(answer.unread))} not checked"] if answer.unread else []
    side = ["the side of the order"] if answer.order.side not in (Side.RIGHT, Side.LEFT, Side.BILATERAL) else []
    return [*unread, *side]


def _told(held: Held, quote: int) -> str:
    """A rule's sentence, with the newest entry that it rests on."""
    says = held.rule.says.rstrip(".")
    words = next((one.quote or one.text for one in held.proof if one.quote or one.text), "")
    return says + (f" ({quoted(words, quote)})" if words and quote else "")


def _block(answer: OrderAnswer, knowledge: Knowledge) -> str:
    parts: Sequence[str] = (
        answer.order.side.value if answer.order.side in (Side.RIGHT, Side.LEFT, Side.BILATERAL) else "",
        knowledge.nerves[answer.nerve].adjective if answer.nerve else "",
        "cluneal block",
    )
    words = " ".join(filter(None, parts))
    return words[0].upper() + words[1:]
