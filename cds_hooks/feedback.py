"""What became of the cards: the feedback of a client, from bytes to values, and who keeps it.

Reads: the raw body.  Gives: FeedbackItems, checked as a whole, for a FeedbackStore to keep as a whole.
A card may be unknown here, or another service's: that is for the store to note, and nothing that a client is told.
Source: CDS Hooks, "Feedback", https://cds-hooks.hl7.org/2.0/#feedback; the invariants cds-fb-1 to 3 are of the 3.0.0-ballot.
"""

import json
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, NoReturn, Protocol, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, ValidationInfo, field_validator, model_validator
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from cds_hooks.errors import ClientError, MalformedRequest, PayloadTooLarge

# A hundred dismissed cards with a page of comment each fit; what is larger is no feedback.
MOST_BYTES = 1024 * 1024
MOST_ITEMS = 100
MOST_SUGGESTIONS = 20
LONGEST_NAME = 500
LONGEST_COMMENT = 4_000

# At the two ends of the calendar not every moment has one in UTC.
_INSTANT = re.compile(
    r"((?!0000|0001|9999)[0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]([0-9]{2}:[0-9]{2}:[0-9]{2})(\.[0-9]{1,9})?([Zz]|[+-][0-9]{2}:[0-9]{2})?"
)

# In our own words, without anything that was sent; a kind of error that is not listed is told by the last.
_SAYS = {
    "missing": "is missing",
    "literal_error": "must be accepted or overridden",
    "string_type": "must be a string",
    "string_too_short": "is empty",
    "string_too_long": "is too long (at most {max_length} characters)",
    "tuple_type": "must be an array",
    "too_long": "has too many entries (at most {max_length})",
    "model_type": "must be a JSON object",
    "dict_type": "must be a JSON object",
    "instant": "must be a date and time as of RFC 3339",
    "unnamed": "has neither code nor display",
    "no-suggestion": "must name what was accepted",
    "not-accepted": "must not stand with the outcome overridden",
    "no-reason": "must not stand with the outcome accepted",
}
_SAYS_ELSE = "is not as the specification has it"


def _instant(value: object) -> datetime:
    """The moment in UTC, which the specification asks for and which a time without a zone is taken to be in."""
    found = _INSTANT.fullmatch(value) if isinstance(value, str) else None
    try:
        if found:
            day, time, fraction, zone = found.groups()
            return datetime.fromisoformat(f"{day}T{time}{(fraction or '.0')[:7]}{(zone or 'Z').upper()}").astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise PydanticCustomError("instant", "no instant")


def _coding(value: object) -> object:
    """A Coding, also from what clients send in its place: its code alone, a CodeableConcept, or nothing in braces."""
    if isinstance(value, str):
        return {"code": value} if value else None
    if isinstance(value, dict) and isinstance(codings := value.get("coding"), list):
        first = next((coding for coding in codings if isinstance(coding, dict)), {})
        return first if first.get("display") not in (None, "") else {**first, "display": value.get("text")}
    return None if value == {} else value


def _override(value: object) -> object:
    """What was said against the card, also when the reason stands where its envelope should."""
    if isinstance(value, str) or (isinstance(value, dict) and "reason" not in value and value.keys() & {"code", "coding"}):
        comment = value.get("userComment") if isinstance(value, dict) else None
        return {"reason": value, "userComment": comment}
    return value


Name = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]


class _Sent(BaseModel):
    """A JSON object of a client: null and absent are one, unknown members are not looked at, `extension` is between others."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", alias_generator=to_camel)

    extension: dict[str, Any] | None = Field(default=None, repr=False, exclude=True)

    @model_validator(mode="before")
    @classmethod
    def _null_is_absent(cls, value: object) -> object:
        return {name: member for name, member in value.items() if member is not None} if isinstance(value, dict) else value


class OverrideReason(_Sent):
    """One of the reasons that the card offered. Clients send it back without `display`, and without `system`."""

    code: str = Field(default="", max_length=LONGEST_NAME)
    system: str = Field(default="", max_length=LONGEST_NAME)
    display: str = Field(default="", max_length=LONGEST_NAME, repr=False)

    @model_validator(mode="after")
    def _names_something(self) -> Self:
        if not (self.code or self.display):
            raise PydanticCustomError("unnamed", "unnamed")
        return self


class Override(_Sent):
    """Why a card was dismissed: a reason, a comment, both, or neither."""

    reason: Annotated[OverrideReason | None, BeforeValidator(_coding)] = None
    user_comment: str = Field(default="", max_length=LONGEST_COMMENT, repr=False)


class AcceptedSuggestion(_Sent):
    """A suggestion that was taken up, by its uuid."""

    id: Name


class FeedbackItem(_Sent):
    """What became of one card.

    card               its uuid, as the client has it
    outcome_timestamp  when, in UTC
    """

    card: Name
    outcome: Literal["accepted", "overridden"]
    outcome_timestamp: Annotated[datetime, BeforeValidator(_instant)]
    accepted_suggestions: Annotated[
        tuple[AcceptedSuggestion, ...], Field(strict=False, max_length=MOST_SUGGESTIONS, validate_default=True)
    ] = ()
    override_reason: Annotated[Override | None, BeforeValidator(_override)] = Field(default=None, repr=False)

    @field_validator("accepted_suggestions")
    @classmethod
    def _are_of_the_outcome(cls, value: tuple[AcceptedSuggestion, ...], info: ValidationInfo) -> tuple[AcceptedSuggestion, ...]:
        # cds-fb-1: what was accepted is named. An outcome that is none has its own problem.
        if info.data.get("outcome") == ("overridden" if value else "accepted"):
            raise PydanticCustomError("not-accepted" if value else "no-suggestion", "another outcome")
        return value

    @field_validator("override_reason")
    @classmethod
    def _is_of_the_outcome(cls, value: Override | None, info: ValidationInfo) -> Override | None:
        if info.data.get("outcome") == "accepted" and value and (value.reason or value.user_comment):
            raise PydanticCustomError("no-reason", "another outcome")
        return value


class _Feedback(_Sent):
    feedback: Annotated[tuple[FeedbackItem, ...], Field(strict=False)]


class TooMuchFeedback(ClientError):
    """More feedback than clicks of people make: about one card, or from one client in a minute. Nothing of the body was stored.

    retry_after  whole seconds after which a call makes sense again; None when it never will
    """

    code = "too-much-feedback"
    status_hint = 429
    issue_code = "throttled"
    text = "There is too much feedback."

    def __init__(self, diagnostics: str, *, retry_after: int | None = None) -> None:
        super().__init__(f"Nothing was stored. {diagnostics}", headers={"Retry-After": str(retry_after)} if retry_after else None)


class FeedbackStore(Protocol):
    """Where feedback is kept."""

    async def keep(self, service: str, items: tuple[FeedbackItem, ...], *, client: str = "") -> None:
        """Return when all items are stored for good, each once however often it is sent. Raises FeedbackNotStored, TooMuchFeedback.

        client  whose feedback it is, by our name for it; "" where clients are not authenticated
        """


def read_feedback(body: bytes) -> tuple[FeedbackItem, ...]:
    """The items in a body, all of them sound. Raises MalformedRequest with every problem by its place, and PayloadTooLarge."""
    sent = _read_json(body)
    items = sent.get("feedback") if isinstance(sent, dict) else None
    if isinstance(items, list) and len(items) > MOST_ITEMS:
        raise PayloadTooLarge(f"`feedback` may have {MOST_ITEMS} items; send the rest in calls of their own.")
    try:
        return _Feedback.model_validate(sent).feedback
    except ValidationError as invalid:
        # The input stays out: it may hold what somebody wrote about a patient.
        problems = invalid.errors(include_input=False, include_url=False)
        raise MalformedRequest(f"Nothing was stored. {'; '.join(_sentence(problem) for problem in problems)}.") from None


def _sentence(problem: Any) -> str:
    # A member that is absent is named as in Python, any other as in JSON.
    place = "".join(f"[{step}]" if isinstance(step, int) else f".{to_camel(step)}" for step in problem["loc"]).lstrip(".")
    return f"{f'`{place}`' if place else 'The body'} {_SAYS.get(problem['type'], _SAYS_ELSE).format(**problem.get('ctx', {}))}"


def _read_json(body: bytes) -> object:
    try:
        sent: object = json.loads(body.decode(), object_pairs_hook=_members, parse_constant=_refuse, parse_float=_finite)
        # Half a surrogate pair is no text: it can be neither stored nor sent on.
        json.dumps(sent, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise MalformedRequest("The body must be JSON as of RFC 8259 in UTF-8, without endless nesting.") from None
    return sent


def _members(pairs: Iterable[tuple[str, object]]) -> dict[str, object]:
    """The object, whose every name stands once: which of two outcomes would count?"""
    named = list(pairs)
    if len(members := dict(named)) != len(named):
        raise MalformedRequest("An object of the body has two members of the same name.")
    return members


def _refuse(_: str) -> NoReturn:
    raise ValueError


def _finite(text: str) -> float:
    number = float(text)
    return number if abs(number) != float("inf") else _refuse(text)
