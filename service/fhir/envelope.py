"""What resources come in: Bundles with their entries and links, and OperationOutcomes. Source: https://hl7.org/fhir/R4/bundle.html"""

from msgspec import Raw, Struct


class Search(Struct, gc=False):
    """Why an entry is in a Bundle."""

    mode: str | None = None


class Response(Struct, gc=False):
    """How one part of a batch went."""

    status: str | None = None


class Entry(Struct, gc=False):
    """A resource in a Bundle, still unread."""

    resource: Raw = Raw(b"")
    fullUrl: str | None = None  # noqa: N815
    search: Search | None = None
    response: Response | None = None


class Link(Struct, gc=False):
    """A link of a Bundle; `next` means that there is more."""

    relation: str | None = None


class Bundle(Struct, gc=False):
    """A list of resources."""

    entry: list[Entry | None] | None = None
    type: str | None = None
    total: int | None = None
    link: list[Link | None] | None = None


class OutcomeIssue(Struct, gc=False):
    """One thing that an OperationOutcome says."""

    severity: str | None = None
    code: str | None = None


class OperationOutcome(Struct, gc=False):
    """What went wrong at the server."""

    issue: list[OutcomeIssue | None] | None = None
