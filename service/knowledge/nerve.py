"""The shape of nerves/*.toml: one cluneal nerve, where it hurts, where to press, what supports it, what a block of it is called."""

from typing import Annotated, Literal

from pydantic import Field

from service.knowledge.shape import Shape, Sourced, Words


class Landmark(Shape):
    """Where to press, in words and, where distances are published, in centimetres.

    range_cm    from the place `from`: the nearest and the farthest;  midline_cm: from the midline, about
    The words say the same numbers: they are what a card shows, the numbers are what a picture is drawn by.
    """

    says: Words
    press: Words
    examine: Words
    from_: Annotated[str, Field(alias="from")]
    range_cm: tuple[float, float] | None = None
    midline_cm: float | None = Field(default=None, gt=0, le=15)
    evidence: tuple[str, ...] = Field(min_length=1)


class ExaminationStep(Sourced):
    """One step of examining for this nerve (the E rules)."""

    says: Words


class BlockGuidance(Sourced):
    """How a block of this nerve is guided or was done in a publication: reported, never a recommendation (B-02, B-03)."""

    says: Words


class Differential(Sourced):
    """Another source of the same pain, and what tells it apart."""

    label: Words
    says: Words


class Treatment(Sourced):
    """An option after two concordant blocks: what is reported of it, and how often it fails.

    brief      the same in few words, for a card, with the author and year of what it says
    failures   how often it fails or the pain returns; says so where no figure was found
    """

    label: Words
    brief: Words
    reported: Words
    failures: Words


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
    also         findings named without published numbers: shown, and counted as S3 only under the policy "inclusive"
    examine_also  other nerves whose points are pressed as well, because they often come together
    shown        findings that are shown and never counted: the chart does not say where they were
    block_ordered, block_done   a block of it is ordered, or was done;  treated: it was ablated, released or cut
    exam_code, block_code, nerve_code   our own codes of pressing its point, of a block of it, and of itself
    examination, block, differential, treatment   what the pages and the response card tell, each with its source
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
    shown: tuple[str, ...] = ()
    examine_also: tuple[str, ...] = ()
    rule: Words
    landmark: Landmark
    site: SuggestedSite
    exam_code: Words
    block_code: Words
    block_label: Words
    nerve_code: Words
    block_ordered: tuple[str, ...]
    block_done: tuple[str, ...]
    treated: tuple[str, ...]
    guidance: Words
    numbers: Words
    examination: tuple[ExaminationStep, ...] = ()
    block: tuple[BlockGuidance, ...] = ()
    differential: tuple[Differential, ...] = ()
    treatment: tuple[Treatment, ...] = ()
