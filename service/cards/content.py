"""What one card holds that differs from kind to kind; everything else is the same on all of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from cds_hooks.response import Suggestion
from service.reasoning.pathway import Spoken


@dataclass(frozen=True, slots=True)
class Content:
    """The part of a card that its kind decides.

    basis     what it rests on, for machines;  details: what else is said of it, for machines
    one_only  at most one of the suggestions may be accepted, not any
    """

    summary: str
    detail: str
    basis: Mapping[str, object]
    suggestions: tuple[Suggestion, ...] = ()
    one_only: bool = False
    indicator: Literal["info", "warning"] = "info"
    details: Mapping[str, object] = field(default_factory=dict)


def said_besides(outcome: Spoken) -> dict[str, object]:
    """The ids of the cautions and of what speaks against, as far as they are said."""
    # Where a block is held back, what to think of before one can wait.
    cautions = [held.rule.id for held in (outcome.stops or outcome.cautions)] if outcome.kind != "workup" else []
    return {"cautions": cautions, "against": [held.rule.id for held in outcome.against]}
