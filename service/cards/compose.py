"""The card: what its kind makes of it, in the frame that is the same on every card. One card at most.

Source: clinical design, section 3.
"""

from collections.abc import Collection
from datetime import date

from cds_hooks.response import LONGEST_SUMMARY, Card, Coding, OverrideReason, Source
from service.call import Call
from service.cards.content import Content
from service.cards.dialects import shape_of
from service.cards.order import order_content
from service.cards.response import response_content
from service.cards.suggestions import stable_uuid
from service.cards.suspicion import suspicion_content
from service.cards.wording import short
from service.knowledge.model import Knowledge
from service.reasoning.findings import Findings
from service.reasoning.orders import OrderAnswer
from service.reasoning.pathway import Outcome, Response
from service.record import Side

BASIS = "org.cluneal-cds.basis"
DETAILS = "org.cluneal-cds.details"


def compose(answer: Outcome | Response | OrderAnswer, findings: Findings, call: Call, today: date, at_once: Collection[Side] = ()) -> Card:
    """The one card for what may be said, as the client that asks can show it.

    at_once   the sides on which a finding may be recorded and its block drafted with one click
    """
    about = (answer.order.reference,) if isinstance(answer, OrderAnswer) else tuple(one.nerve for one in answer.assessments)
    card = stable_uuid(call.instance, call.patient, answer.kind, *about)
    content = _content(answer, findings, call, today, card, at_once)
    shape = shape_of(call)
    wording, version = findings.knowledge.wording, findings.knowledge.version.version
    return Card(
        uuid=card,
        summary=(short(content.summary) if shape.narrow else content.summary)[:LONGEST_SUMMARY],
        detail=content.detail,
        indicator=content.indicator,
        source=Source(
            label=f"{wording.source}, knowledge {version}",
            topic=Coding(system=wording.topic.system, code=wording.topic.code, display=wording.topic.display),
        ),
        suggestions=content.suggestions,
        selection_behavior=None if not content.suggestions else "at-most-one" if content.one_only and not shape.any_only else "any",
        override_reasons=tuple(OverrideReason(system=one.system, code=one.code, display=one.display) for one in wording.override)
        if shape.with_reasons
        else (),
        extension={
            BASIS: {"kind": answer.kind, **content.basis, "rules": list(answer.rules), "knowledgeVersion": version},
            DETAILS: {**content.details, **_decided_by_site(findings.knowledge)},
        },
    )


def _content(
    answer: Outcome | Response | OrderAnswer, findings: Findings, call: Call, today: date, card: str, at_once: Collection[Side]
) -> Content:
    match answer:
        case Outcome():
            return suspicion_content(answer, findings, call, today, card, at_once=at_once)
        case Response():
            return response_content(answer, findings, call, card)
    return order_content(answer, findings, call, today, card)


def _decided_by_site(knowledge: Knowledge) -> dict[str, object]:
    """What the site decided: its policy, and the thresholds that it moved."""
    adjustments = knowledge.adjustments
    return {"policy": adjustments.policy, **({"adjusted": dict(adjustments.numbers)} if adjustments.numbers else {})}
