"""The datatypes of FHIR R4, as far as rules can use them; what resources are made of. Source: https://hl7.org/fhir/R4/datatypes.html"""

from typing import Literal

from msgspec import Struct

Text = str | int | float | None  # a code may come as a JSON number (Synthea's modules)
# The name of an element in another version. No value fits, so that a resource with one is not read as if the element were not there.
OtherName = Literal["of another version"] | None


class Coding(Struct, gc=False):
    """A code from a system."""

    system: str | None = None
    code: Text = None
    display: str | None = None


class CodeableConcept(Struct, gc=False):
    """Codes that mean one thing, and its words."""

    coding: list[Coding | None] | None = None
    text: str | None = None
    concept: OtherName = None
    reference: OtherName = None
    parameter: OtherName = None


class Reference(Struct, gc=False):
    """A pointer to another resource."""

    reference: str | None = None


class NamedReference(Reference, gc=False):
    """A pointer whose words may be all there is."""

    display: str | None = None


class Period(Struct, gc=False):
    """From when to when."""

    start: str | None = None
    end: str | None = None


class Quantity(Struct, gc=False):
    """A number and its unit."""

    value: float | int | str | None = None
    unit: str | None = None
    code: str | None = None
    comparator: str | None = None


class Range(Struct, gc=False):
    """From which number to which."""

    low: Quantity | None = None
    high: Quantity | None = None


class Annotation(Struct, gc=False):
    """A note in words."""

    text: str | None = None


class Attachment(Struct, gc=False):
    """A document carried inside the resource, base64."""

    contentType: str | None = None  # noqa: N815
    data: str | None = None


Concepts = list[CodeableConcept | None] | None
Notes = list[Annotation | None] | None
