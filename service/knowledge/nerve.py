"""The shape of nerves/*.toml: one cluneal nerve, where it hurts, where to press, what supports it, what a block of it is called."""

from typing import Annotated, Literal

from pydantic import Field

from service.knowledge.shape import Shape, Sourced, Words


class Landmark(Shape):
    """Where to press, in words and centimetres."""

    says: Words
    press: Words
    examine: Words
    from_: Annotated[str, Field(alias="from")]
    range_cm: tuple[float, float]
    evidence: tuple[str, ...] = Field(min_length=1)


class SuggestedSite(Shape):
    """The body site a suggested resource names; without a verified code, words alone."""

    text: Words
    system: str = ""
    code: str = ""


class Nerve(Sourced):
    """One cluneal nerve: where it hurts, where to press, what supports it, what a block of it is called.

    territory    findings that place the pain in its territory (A)
    located      findings of a tender point at its landmark, whatever it brings on
    reproduced   such a point reproduces the usual pain, recent (B);  reproduced_before: longer ago
    denied       pressing there was recorded not to reproduce the pain
    support      kind (S1..S6) -> findings; a kind counts once
    surgical     the support findings that are surgery: they alone open the way without a known territory
    also         findings named without published numbers: shown, not counted
    """

    label: Words
    adjective: Words
    order: int
    territory: tuple[str, ...]
    located: tuple[str, ...]
    reproduced: tuple[str, ...]
    reproduced_before: tuple[str, ...]
    denied: tuple[str, ...]
    support: dict[Literal["S1", "S2", "S3", "S4", "S5", "S6"], tuple[str, ...]]
    surgical: tuple[str, ...]
    also: tuple[str, ...] = ()
    rule: Words
    landmark: Landmark
    site: SuggestedSite
    exam_code: Words
    block_code: Words
    block_label: Words
    block_ordered: tuple[str, ...]
    guidance: Words
    numbers: Words
