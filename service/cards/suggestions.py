"""What a clinician can accept with one click: a finding recorded, a referral, a draft order of a block."""

import uuid
from collections.abc import Collection, Iterator, Sequence
from datetime import date

from cds_hooks.response import Action, Suggestion
from service.call import Call
from service.cards.dialects import shape_of, takes_findings, takes_order
from service.fhir.write import FOCUSED_EXAMINATION, block_order, exam_observation, referral, site_codes
from service.knowledge.nerve import Nerve
from service.reasoning.findings import Findings
from service.reasoning.laterality import sides_of
from service.reasoning.pathway import Outcome, Spoken
from service.reasoning.tiers import Assessment
from service.record import Side

# One namespace for all ids of cards and suggestions: the same call gets the same ids.
_NAMESPACE = uuid.UUID("6f0f6cf8-2f2b-5a5e-9a39-6d5f0c9f3b61")


def stable_uuid(*parts: str) -> str:
    """The uuid that belongs to these words, always the same."""
    return str(uuid.uuid5(_NAMESPACE, "|".join(parts)))


def workup_suggestions(
    outcome: Outcome, findings: Findings, call: Call, today: date, card: str, at_once: Collection[Side] = ()
) -> tuple[Suggestion, ...]:
    """To record what pressing the first nerve's point brings on, side by side, or to refer. No side is presumed.

    at_once   the sides on which the same click drafts the block (combined attestation)
    """
    refer = (_referral(outcome, findings, call, card),) if takes_order(call, FOCUSED_EXAMINATION) else ()
    return (*_attestations(outcome, findings, call, today, card, at_once), *refer) if takes_findings(call) else refer


def _attestations(
    outcome: Outcome, findings: Findings, call: Call, today: date, card: str, at_once: Collection[Side]
) -> Iterator[Suggestion]:
    """What the clinician may have found at the first nerve's point."""
    assessment = outcome.assessments[0]
    nerve = findings.knowledge.nerves[assessment.nerve]
    note = _entered(findings, card)
    place = nerve.landmark.press.removeprefix("the ")

    def record(words: str, sides: Sequence[Side], *, reproduces: bool, then: tuple[Action, ...] = ()) -> Suggestion:
        does = "reproduces" if reproduces else "does not reproduce"
        actions = tuple(
            Action(
                type="create",
                description=f"Record: {side.value.upper()} {nerve.adjective} cluneal point {does} the usual pain",
                resource=exam_observation(nerve, side, reproduces=reproduces, call=call, today=today, note=note),
            )
            for side in sides
        )
        return Suggestion(label=words, uuid=stable_uuid(card, words), actions=(*actions, *then))

    examined = f"I examined today: {{}} {nerve.adjective} point{{}} ({place}) {{}} the usual pain - record"
    both = (Side.RIGHT, Side.LEFT)
    for side in both:
        words = examined.format(side.value.upper(), "", "reproduces")
        if side in at_once:
            # The finding of this click has no id yet: the order names what is in the chart already.
            order = _order(assessment, side, findings, call, card)
            yield record(f"{words} and draft a block order", (side,), reproduces=True, then=(order,))
        else:
            yield record(words, (side,), reproduces=True)
    yield record(examined.format("BOTH", "s", "reproduce"), both, reproduces=True)
    yield record(f"Neither {nerve.adjective} point reproduces the usual pain - record", both, reproduces=False)


def _referral(outcome: Outcome, findings: Findings, call: Call, card: str) -> Suggestion:
    action = Action(
        type="create",
        description="Draft a referral to pain medicine for a focused cluneal examination",
        resource=referral(call=call, references=_references(outcome.assessments[0]), note=_entered(findings, card)),
    )
    return Suggestion(label="Refer to pain medicine for a focused cluneal examination", uuid=stable_uuid(card, "refer"), actions=(action,))


def block_suggestions(outcome: Spoken, findings: Findings, call: Call, card: str) -> tuple[Suggestion, ...]:
    """One draft order for each block that may be ordered, as far as a click can draft it."""
    orders = []
    for assessment, side in blocks_to_order(outcome, findings):
        nerve = findings.knowledge.nerves[assessment.nerve]
        if takes_order(call, nerve.block_code, side):
            words = f"Order a {nerve.block_label[0].lower()}{nerve.block_label[1:]}, {side.value.upper()} (draft)"
            orders.append(Suggestion(label=words, uuid=stable_uuid(card, words), actions=(_order(assessment, side, findings, call, card),)))
    return tuple(orders)


def _order(assessment: Assessment, side: Side, findings: Findings, call: Call, card: str) -> Action:
    nerve = findings.knowledge.nerves[assessment.nerve]
    says = f"Draft order: {nerve.block_label[0].lower()}{nerve.block_label[1:]}, {side.value.upper()} side"
    if shape_of(call).by_site_code and not any(code.side for code in site_codes(call.speech, nerve.block_code, side)):
        # Such an order takes its details from the site's item, not from our resource.
        says += " (enter the side in the order)"
    resource = block_order(nerve, side, call=call, references=_references(assessment), note=_ordered(findings, card))
    return Action(type="create", description=says, resource=resource)


def blocks_to_order(outcome: Spoken, findings: Findings) -> tuple[tuple[Assessment, Side], ...]:
    """Each nerve and side whose point reproduces the pain; none under a hard stop, unread allergies or medications."""
    if outcome.stops or not (findings.record.was_read("allergies") and findings.record.was_read("medications")):
        return ()
    nerves = findings.knowledge.nerves
    return tuple((one, side) for one in outcome.assessments for side in sides_to_order(one, nerves[one.nerve], outcome, findings))


def sides_to_order(assessment: Assessment, nerve: Nerve, outcome: Spoken, findings: Findings) -> tuple[Side, ...]:
    """The sides of a high-tier nerve on which no block is ordered, and none was done lately that keeps another back."""
    if assessment.reasons != "reproduced" or assessment.tier.word != "high" or assessment.laterality.basis != "exam":
        return ()
    taken = already_ordered(nerve, findings) | outcome.closed[assessment.nerve]
    return tuple(side for side in assessment.laterality.sides if side not in taken)


def already_ordered(nerve: Nerve, findings: Findings) -> frozenset[Side]:
    """The sides on which a block of the nerve is ordered; an order without a side counts for both."""
    return sides_of(one for found in findings.present(nerve.block_ordered) for one in found.proof)


def _references(assessment: Assessment) -> list[str]:
    """The facts of the chart that an order can point to."""
    support = [one for ones in assessment.support.proof.values() for one in ones]
    return [one.reference for one in (*assessment.reproduced, *assessment.territory, *support)]


def _entered(findings: Findings, card: str) -> str:
    version = findings.knowledge.version.version
    return f"Entered by the clinician by accepting a decision-support suggestion. Knowledge {version}. Card {card}."


def _ordered(findings: Findings, card: str) -> str:
    version, numbers = findings.knowledge.version.version, findings.knowledge.blocks.numbers
    minutes = f"{numbers.after_from_minutes:g}-{numbers.after_best_minutes:g}"
    return (
        "Draft by a decision-support suggestion; the clinician decides on side, technique and drug. "
        f"Please record pain 0-10 before and {minutes} min after. Knowledge {version}. Card {card}."
    )
