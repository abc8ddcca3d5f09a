"""What became of a fetch from the client's FHIR server: its state, why, what was read, and a record that holds nothing of a patient."""

from dataclasses import dataclass, field
from enum import StrEnum

import msgspec


class State(StrEnum):
    """How much is known after a fetch.

    SUPPLIED    all there is, which may be nothing
    INCOMPLETE  some of it; what is not among it may still be there
    ERROR       the server was asked and did not answer the question
    TIMED_OUT   the server did not answer in time
    NOT_ASKED   no call was made
    """

    SUPPLIED = "supplied"
    INCOMPLETE = "incomplete"
    ERROR = "error"
    TIMED_OUT = "timed-out"
    NOT_ASKED = "not-asked"


class Reason(StrEnum):
    """Why a fetch did not give all there is. The names appear in records and are never given another meaning."""

    NO_AUTHORIZATION = "no-authorization"
    SERVER_NOT_LISTED = "server-not-listed"
    UNUSABLE_TOKEN = "unusable-token"  # noqa: S105 - a name
    EXPIRED_TOKEN = "expired-token"  # noqa: S105 - a name
    SCOPE = "scope"
    NO_VALUE = "no-value"
    FHIR_VERSION = "fhir-version"
    SERVER_AT_REST = "server-at-rest"
    NO_PLACE = "no-place"
    TIMED_OUT = "timed-out"
    UNREACHABLE = "unreachable"
    ADDRESS = "address-refused"
    BROKEN = "broken"
    TOO_LARGE = "too-large"
    ENCODED = "encoded"
    STATUS = "status"
    NOT_FHIR = "not-fhir"
    OUTCOME = "outcome"
    OTHER_TYPE = "other-type"
    OTHER_RESOURCE = "other-resource"
    LINK_ELSEWHERE = "link-elsewhere"
    LINK_AGAIN = "link-again"
    MANY_PAGES = "many-pages"
    PARTS_MISSING = "parts-missing"
    NARROW_SCOPE = "narrow-scope"

    @property
    def says(self) -> str:
        """The reason in a sentence, for whoever connects an EHR."""
        return _SAYS[self]


_SAYS = {
    Reason.NO_AUTHORIZATION: "The request brings no FHIR server with an authorization for it.",
    Reason.SERVER_NOT_LISTED: "The FHIR server of the request is not among those that this client may name.",
    Reason.UNUSABLE_TOKEN: "The authorization is no Bearer token that a header can carry.",
    Reason.EXPIRED_TOKEN: "The token had expired when it was sent.",
    Reason.SCOPE: "The scopes of the token name resources, and not these.",
    Reason.NO_VALUE: "The template names something that this request does not have.",
    Reason.FHIR_VERSION: "The server speaks a version of FHIR that is not read here.",
    Reason.SERVER_AT_REST: "The server failed repeatedly and is left alone for a while.",
    Reason.NO_PLACE: "Too many calls to this server were under way.",
    Reason.TIMED_OUT: "The server did not answer in time.",
    Reason.UNREACHABLE: "No connection to the server could be made.",
    Reason.ADDRESS: "The name of the server leads to an address that is not allowed for it.",
    Reason.BROKEN: "The connection broke, or what came over it was not HTTP.",
    Reason.TOO_LARGE: "The answer was larger than is read.",
    Reason.ENCODED: "The answer was compressed although that was not asked for.",
    Reason.STATUS: "The server answered with another status than 200.",
    Reason.NOT_FHIR: "The answer was no FHIR resource, or no Bundle of a search, in JSON.",
    Reason.OUTCOME: "The server answered with an OperationOutcome instead of data.",
    Reason.OTHER_TYPE: "The answer held resources of another type than was asked for.",
    Reason.OTHER_RESOURCE: "The answer was another resource than the one that was asked for, or had no id.",
    Reason.LINK_ELSEWHERE: "The link to the next page leads out of the FHIR server; it was not followed.",
    Reason.LINK_AGAIN: "The link to the next page leads to a page that was read already.",
    Reason.MANY_PAGES: "There are more pages than are read.",
    Reason.PARTS_MISSING: "The server says that something is missing, or sent fewer matches than it counted.",
    Reason.NARROW_SCOPE: "The scope of the token shows a part of these resources only.",
}


@dataclass(frozen=True, slots=True)
class FetchRecord:
    """What a fetch took, for logs and for whoever connects an EHR. Holds nothing that came from the server or is about a patient.

    template      the query with its tokens still unfilled
    status        of the last answer; None when there was none
    milliseconds  from the decision to fetch to its end, waiting for a place included
    bytes         of the answers that were read, of all pages
    """

    template: str
    reason: Reason | None = None
    status: int | None = None
    milliseconds: int = 0
    pages: int = 0
    resources: int = 0
    bytes: int = 0


@dataclass(frozen=True, slots=True)
class Fetched:
    """The result of fetching one prefetch key.

    value  the resource, or one Bundle of all pages, as a client would have prefetched it; None when nothing was read
    """

    state: State
    value: msgspec.Raw | None = field(repr=False)
    record: FetchRecord
