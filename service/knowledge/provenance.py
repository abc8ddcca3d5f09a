"""Where the knowledge comes from, and which knowledge it is: publications, code systems, the version, the source attributes."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from service.knowledge.shape import Shape, Sourced, Words


class Publication(Shape):
    """A publication as far as it was read."""

    citation: Words
    doi: str = ""
    pmid: str = ""
    kind: Literal["guideline", "cohort", "case-series", "anatomy", "review", "case-report", "registry", "secondary"]
    read: Literal["abstract", "partial-text", "secondary"]
    participants: str = ""
    claim: Words
    limits: Words


class System(Shape):
    """A code system: its canonical URI and the other URIs under which charts carry it."""

    uri: Words
    name: Words
    aliases: tuple[str, ...] = ()
    copyright: str = ""


class Edition(Shape):
    """A version of the knowledge, and what changed with it."""

    version: Annotated[str, Field(pattern=r"^[0-9]{4}\.[0-9]+$")]
    date: date
    says: Words


class Version(Edition):
    """Which knowledge this is; `digest` is the fingerprint of all other files, so that none changes without a new version.

    earlier   the versions before it, the newest first
    """

    digest: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    earlier: tuple[Edition, ...] = ()


class Attribute(Shape):
    """One source attribute of an evidence-based decision support intervention, as 45 CFR 170.315(b)(11)(iv)(A) numbers them."""

    number: int
    name: Words
    value: Words


class AttributeFile(Sourced):
    """All source attributes, in one file."""

    attribute: tuple[Attribute, ...] = Field(min_length=13, max_length=13)
