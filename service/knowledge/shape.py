"""What every table of a knowledge file has in common: a closed set of keys, nothing mutable, and a source."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Strength = Literal["guideline", "cohort", "case-series", "anatomy", "expert"]
Words = Annotated[str, Field(min_length=1)]


class Shape(BaseModel):
    """A table of a knowledge file: an unknown key is an error, and nothing changes after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Sourced(Shape):
    """Something that is claimed: by publications, or by us."""

    strength: Strength
    evidence: tuple[str, ...] = ()
    note: str = ""

    @model_validator(mode="after")
    def _is_cited(self) -> Self:
        if not self.evidence and self.strength != "expert":
            raise ValueError('evidence empty and strength not "expert"; cite a publication or say it is expert opinion')
        return self
