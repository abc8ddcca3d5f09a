"""What an answer is worth, so that the answers to two charts can be compared: which card, and which blocks it offers to order."""

import re
from dataclasses import dataclass
from typing import Any

from service.cards.compose import BASIS
from service.evaluate import Evaluation
from service.fhir.terms import EXAMINATION
from service.transcript import on_the_wire, transcribe
from tests.generated.ingredients import NERVES
from tests.service.charts import Resource, look

_RANKS = {"": 0, "workup": 1}
# A block card, and every kind that is still to come, rests on more than a workup.
_HIGHEST = 2


@dataclass(frozen=True, slots=True)
class Worth:
    """The kind of the card ("" for none) and the nerve and side of every block that it offers to order."""

    kind: str
    orders: frozenset[tuple[str, str]]

    @property
    def rank(self) -> int:
        """No card, a workup, more."""
        return _RANKS.get(self.kind, _HIGHEST)

    def exceeds(self, *others: "Worth") -> bool:
        """Whether this says more than every one of the others, or offers an order that none of them does."""
        offered = frozenset(order for other in others for order in other.orders)
        return self.rank > max(other.rank for other in others) or not self.orders <= offered


def worth(evaluation: Evaluation) -> Worth:
    """What a clinician gets from an evaluation."""
    orders = [
        action.resource
        for card in evaluation.cards
        for suggestion in card.suggestions
        for action in suggestion.actions
        if action.resource is not None and action.resource["resourceType"] == "ServiceRequest"
    ]
    kinds = [str((card.extension or {})[BASIS]["kind"]) for card in evaluation.cards]
    return Worth("".join(kinds), frozenset(one for order in orders for one in _block(order)))


def _block(order: dict[str, Any]) -> list[tuple[str, str]]:
    """Nerve and side of an order of one of our blocks; nothing for a referral."""
    code = order["code"]
    ours = [coding["code"] for coding in code["coding"] if coding["system"] == EXAMINATION]
    nerves = [nerve for nerve in NERVES if f"{nerve}-cluneal-block" in ours]
    return [(nerve, side) for nerve in nerves for side in re.findall(r"\b(right|left)\b", code["text"].lower())]


def is_held_back(prefetch: Resource, rule: str) -> bool:
    """Whether what a rule keeps back is kept back: every card by X, all but the result of a block by D, every order by H."""
    answer = worth(look(prefetch))
    return not answer.orders if rule[0] == "H" else answer.kind in (("",) if rule[0] == "X" else ("", "response"))


def told(evaluation: Evaluation) -> object:
    """All that a caller sees: the cards as sent, the silence, the refusal."""
    return on_the_wire(evaluation), evaluation.silence, evaluation.refusal


def everything(evaluation: Evaluation) -> object:
    """The whole transcript; in which order complaints about the data are made says nothing."""
    whole: dict[str, Any] = transcribe(evaluation)
    return {**whole, "issues": sorted(map(repr, whole["issues"]))}
