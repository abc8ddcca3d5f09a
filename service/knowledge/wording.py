"""The shape of wording.toml: the sentences of the cards that are the same for every patient."""

from typing import Literal, Self, get_args

from pydantic import model_validator

from service.knowledge.shape import Shape, Sourced, Words
from service.knowledge.thresholds import Told

Kind = Literal["workup", "block", "response"]


class CodedReason(Shape):
    """A reason that a clinician may give for not following a card."""

    system: Words
    code: Words
    display: Words


class ResponseWording(Shape):
    """What is said beside the result of a block; two_blocks: what is published of two that agree, instead of evidence_of."""

    two_blocks: Words
    steroid: Words
    options: Words
    ablation: Words


class OrderWording(Shape):
    """What is said at an order; {order} is filled in with what is ordered."""

    press_first: Words
    no_argument: Words
    evidence: Words


class Wording(Sourced):
    """The sentences of the cards that are the same for every patient.

    press         how to press;  after_pressing: what else to check, and what follows
    block         how a block is done so that it can be read, {guidance} filled in by the nerve
    evidence      kind of card -> what is published, in one breath;  limits: what every card owns up to
    """

    source: Words
    topic: CodedReason
    press: Words
    after_pressing: Words
    block: Told
    held_back: Words
    evidence_of: dict[Kind, Words]
    response: ResponseWording
    order: OrderWording
    limits: Words
    override: tuple[CodedReason, ...]

    @model_validator(mode="after")
    def _knows_every_kind(self) -> Self:
        if lacks := [kind for kind in get_args(Kind) if kind not in self.evidence_of]:
            raise ValueError(f"evidence_of says nothing of the kind {' and '.join(lacks)}")
        return self
