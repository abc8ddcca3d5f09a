"""Thresholds: every number that rules and findings count with, with its source and the bounds within which a site may move it.

Other files name a threshold ("examination-window"); the number itself stands in thresholds.toml alone, so that a committee reads all of
them on one page and a site's own choice is one line.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, model_validator

from service.knowledge.shape import Shape, Sourced, Words

Policy = Literal["evidence", "inclusive"]
# A number inside a sentence: "<old-age>" is 75, "<lasting-pain in weeks>" is 12 weeks.
_IN_A_SENTENCE = re.compile(r"<([a-z0-9-]+)(?: in (days|weeks|months))?>")
_DAYS_OF = {"days": 1, "weeks": 7, "months": 365 / 12}
_WHOLE = ("days", "years", "kinds", "blocks", "encounters")


class Threshold(Sourced):
    """A number: what it decides, its unit, and the least and the most that a site may set; equal bounds leave no choice.

    not_below   another threshold that may not be greater
    """

    id: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
    says: Words
    unit: Literal["days", "hours", "minutes", "years", "percent", "points", "kinds", "blocks", "encounters", "10*9/L", "kg"]
    value: float
    least: float
    most: float
    not_below: str = ""

    @model_validator(mode="after")
    def _is_within(self) -> Self:
        if not self.least <= self.value <= self.most:
            raise ValueError(f"{self.id}: {self.value:g} lies outside its own bounds {self.least:g} to {self.most:g}")
        return self


class ThresholdFile(Shape):
    """All thresholds, in one file."""

    threshold: tuple[Threshold, ...] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class Adjustments:
    """What one site decided differently from the knowledge as it is shipped.

    policy    "evidence": only what has published numbers counts as support; "inclusive": also what the articles merely name
    numbers   (threshold, value) pairs, in their order
    """

    policy: Policy = "evidence"
    numbers: tuple[tuple[str, float], ...] = ()


AS_SHIPPED = Adjustments()


class Numbers:
    """The numbers of one reading of the folder, by name; it remembers which of them were asked for."""

    def __init__(self, thresholds: Mapping[str, Threshold]):
        self._thresholds = thresholds
        self.asked: set[str] = set()

    def of(self, name: str) -> float:
        """The number; raises ValueError when no threshold has that name."""
        if name not in self._thresholds:
            raise ValueError(f'no threshold named "{name}" in thresholds.toml')
        self.asked.add(name)
        return self._thresholds[name].value

    def told_in(self, text: str) -> str:
        """A sentence with its numbers as this site has them; raises ValueError for a name that no threshold has."""
        return _IN_A_SENTENCE.sub(lambda found: self._told(found[1], found[2]), text)

    def _told(self, name: str, period: str | None) -> str:
        if name not in self._thresholds:
            raise ValueError(f'no threshold named "{name}" in thresholds.toml')
        value = self._thresholds[name].value
        if period is None:
            return f"{value:g}"
        amount = value / _DAYS_OF[period]
        # What is no whole number of weeks or months is told in days.
        return f"{amount:.0f} {period}" if abs(amount - round(amount)) < 1e-6 else f"{value:g} days"


def _number(value: Any, info: ValidationInfo) -> Any:
    """The number that a name stands for; in a knowledge file a bare number has no source and is refused."""
    numbers = info.context
    if not isinstance(numbers, Numbers) or value is None:
        return value
    if not isinstance(value, str):
        raise ValueError("a number without a source: put it into thresholds.toml and name it here")
    return numbers.of(value)


def _told(text: str, info: ValidationInfo) -> str:
    return info.context.told_in(text) if isinstance(info.context, Numbers) else text


Told = Annotated[str, AfterValidator(_told)]
Number = Annotated[float, BeforeValidator(_number)]
Days = Annotated[int, Field(ge=0), BeforeValidator(_number)]


def adjusted(thresholds: Mapping[str, Threshold], adjustments: Adjustments) -> tuple[dict[str, Threshold], list[str]]:
    """The thresholds as a site wants them, and one sentence for each wish that cannot be met."""
    problems: list[str] = []
    moved = dict(thresholds)
    for name, value in adjustments.numbers:
        known = thresholds.get(name)
        if known is None:
            near = get_close_matches(name.lower(), thresholds, n=1)
            hint = f"did you mean {near[0]}?" if near else "`cluneal-cds knowledge list thresholds` names them"
            problems.append(f'there is no threshold "{name}" to adjust; {hint}')
        elif not known.least <= value <= known.most:
            problems.append(f"{name} may be {known.least:g} to {known.most:g} {known.unit}, not {value:g}")
        elif known.unit in _WHOLE and value != int(value):
            problems.append(f"{name} is counted in whole {known.unit}, not {value:g}")
        else:
            moved[name] = known.model_copy(update={"value": value})
    for name, one in moved.items():
        other = moved.get(one.not_below)
        if other is not None and other.value > one.value:
            problems.append(f"{name} ({one.value:g} {one.unit}) may not be less than {other.id} ({other.value:g})")
    return moved, problems
