"""The answer of a service: cards, and what is in them.

Gives: immutable values that cannot be made in a form the specification forbids, and their bytes.
Names are ours inside and the specification's on the wire (`selection_behavior`, "selectionBehavior").
Source: CDS Hooks, "CDS Service Response", https://cds-hooks.hl7.org/2.0/#cds-service-response; invariants cds-resp-1..7 of 3.0.0-ballot.
"""

import json
import re
from collections.abc import Iterator
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    SerializerFunctionWrapHandler,
    StrictBool,
    WithJsonSchema,
    model_serializer,
    model_validator,
)
from pydantic.alias_generators import to_camel

# "<140-character": 140 itself is too long.
LONGEST_SUMMARY = 139

# allow_nan: rather a failure than three letters that no client can parse.
_json = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))
_EMPTY: tuple[object, ...] = (None, "", (), [], {})
_SPACE_OR_CONTROL = re.compile(r"[\s\x00-\x1f\x7f]")


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("must not be blank; leave it out")
    return text


def _one_line(text: str) -> str:
    if text.splitlines() != [text]:
        raise ValueError("must be one line")
    return text


def _absolute(url: str) -> str:
    # A string all the way: types that take an address apart put it together again with a slash that was not there.
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc or _SPACE_OR_CONTROL.search(url):
        raise ValueError("must be an absolute http or https URL, without credentials")
    return url


def _fhir_resource(resource: dict[str, object]) -> dict[str, object]:
    if not isinstance(resource.get("resourceType"), str):
        raise ValueError("must be a FHIR resource: resourceType is missing")
    # Where something is empty is only found out when something is.
    if _holds_empty(resource):
        raise ValueError(f"without a value: {', '.join(_empty_places(resource, 'resource'))}")
    return resource


def _holds_empty(value: object) -> bool:
    if isinstance(value, dict):
        return not value or any(map(_holds_empty, value.values()))
    if isinstance(value, list | tuple):
        return not value or any(member is not None and _holds_empty(member) for member in value)
    return value is None or value == ""


def _empty_places(value: object, place: str) -> Iterator[str]:
    if value in _EMPTY:
        yield place
    elif isinstance(value, dict):
        for name, member in value.items():
            yield from _empty_places(member, f"{place}.{name}")
    elif isinstance(value, list | tuple):
        for index, member in enumerate(value):
            # In FHIR JSON null keeps the place of an element that has only an extension.
            if member is not None:
                yield from _empty_places(member, f"{place}[{index}]")


def _named_by_its_author(extension: dict[str, object]) -> dict[str, object]:
    if not all("." in name.strip(".") for name in extension):
        raise ValueError("names are globally unique, such as org.example.basis")
    return extension


def _without_empty(value: object) -> object:
    """The value with everything empty taken out of it, at any depth."""
    if isinstance(value, dict):
        kept: object = {name: full for name, member in value.items() if (full := _without_empty(member)) not in _EMPTY}
    elif isinstance(value, list | tuple):
        kept = [full for member in value if (full := _without_empty(member)) not in _EMPTY]
    else:
        kept = value
    return kept


Text = Annotated[str, AfterValidator(_not_blank), WithJsonSchema({"type": "string", "pattern": r"\S"})]
Url = Annotated[str, AfterValidator(_absolute), WithJsonSchema({"type": "string", "format": "uri", "pattern": "^https?://"})]
Uuid = Annotated[str, Field(pattern=r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")]
Resource = Annotated[
    dict[str, object],
    AfterValidator(_fhir_resource),
    WithJsonSchema({"type": "object", "required": ["resourceType"], "properties": {"resourceType": {"type": "string"}}}),
]
Extension = Annotated[
    dict[str, object],
    AfterValidator(_named_by_its_author),
    PlainSerializer(_without_empty),
    WithJsonSchema({"type": "object", "propertyNames": {"pattern": r"[^.].*\..*[^.]"}}),
]


class _WireObject(BaseModel):
    """An object of the response: immutable, without unknown attributes; its errors do not quote values, which may be a patient's."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
        hide_input_in_errors=True,
        allow_inf_nan=False,
    )

    @model_serializer(mode="wrap")
    def _omit_empty(self, as_usual: SerializerFunctionWrapHandler) -> dict[str, object]:
        # "null and empty JSON elements SHALL NOT appear", but for `cards`: an empty list there is the answer "nothing to say".
        return {name: value for name, value in as_usual(self).items() if name == "cards" or value not in _EMPTY}


class Coding(_WireObject):
    """A code of a coding system."""

    code: Text
    system: Text
    display: Text | None = None


class OverrideReason(Coding):
    """A reason that the user may pick for not following a card; the display is what the user reads."""

    display: Text


class Source(_WireObject):
    """Whose advice a card is.

    url    about the source, the same for every patient; what is about this patient is a link of the card
    icon   100 x 100 pixels, opaque PNG
    topic  what the card is about, stable over calls, so that a client can mute it
    """

    label: Text
    url: Url | None = None
    icon: Url | None = None
    topic: Coding | None = None


class Link(_WireObject):
    """A page or a SMART app to open from a card."""

    label: Text
    url: Url
    type: Literal["absolute", "smart"]
    app_context: Text | None = None
    autolaunchable: StrictBool | None = None

    @model_validator(mode="after")
    def _context_is_for_apps(self) -> Self:
        if self.app_context and self.type != "smart":
            raise ValueError("appContext is only for links of type smart")
        return self


class Action(_WireObject):
    """One change to the chart. An update carries the whole resource; a delete only names it."""

    type: Literal["create", "update", "delete"]
    description: Text
    resource: Resource | None = None
    resource_id: Annotated[str, Field(pattern=r"^[A-Z][A-Za-z]+/[A-Za-z0-9._-]{1,64}$")] | None = None

    @model_validator(mode="after")
    def _carries_what_its_type_needs(self) -> Self:
        if self.type == "delete":
            if self.resource_id is None or self.resource is not None:
                raise ValueError("delete names its target by resourceId, Type/id, and carries no resource (cds-resp-2)")
        elif self.resource is None or self.resource_id is not None:
            raise ValueError(f"{self.type} carries a resource and no resourceId")
        elif self.type == "update" and not self.resource.get("id"):
            raise ValueError("update carries the whole resource, with its id")
        return self


class Suggestion(_WireObject):
    """What the user can accept with one click: all of its actions together."""

    label: Text
    actions: Annotated[tuple[Action, ...], Field(min_length=1)]
    uuid: Uuid | None = None
    is_recommended: StrictBool | None = None


class Card(_WireObject):
    """One piece of advice.

    uuid     stable for the card; feedback names it
    summary  one sentence of at most 139 characters
    detail   GitHub Flavored Markdown
    """

    summary: Annotated[str, Field(max_length=LONGEST_SUMMARY), AfterValidator(_not_blank), AfterValidator(_one_line)]
    indicator: Literal["info", "warning", "critical"]
    source: Source
    uuid: Uuid | None = None
    detail: Text | None = None
    suggestions: tuple[Suggestion, ...] = ()
    selection_behavior: Literal["at-most-one", "any"] | None = None
    override_reasons: tuple[OverrideReason, ...] = ()
    links: tuple[Link, ...] = ()
    extension: Extension | None = None

    @model_validator(mode="after")
    def _says_how_to_choose(self) -> Self:
        if self.suggestions and self.selection_behavior is None:
            raise ValueError("suggestions need a selectionBehavior")
        if self.selection_behavior != "any" and sum(suggestion.is_recommended is True for suggestion in self.suggestions) > 1:
            raise ValueError("several suggestions are recommended, but only one may be chosen (cds-resp-1)")
        return self


class CDSResponse(_WireObject):
    """The whole answer. No cards means: looked, and found nothing to say. A failure is never said this way."""

    cards: tuple[Card, ...] = ()
    system_actions: tuple[Action, ...] = ()
    extension: Extension | None = None

    @model_validator(mode="after")
    def _identities_are_unique(self) -> Self:
        named = [uuid for card in self.cards for uuid in (card.uuid, *(suggestion.uuid for suggestion in card.suggestions))]
        uuids = [uuid.lower() for uuid in named if uuid]
        if len(set(uuids)) != len(uuids):
            raise ValueError("two cards or suggestions share a uuid; feedback could not tell them apart")
        return self


def to_wire(response: CDSResponse) -> bytes:
    """The response as JSON in UTF-8."""
    return _json.encode(response.model_dump(by_alias=True)).encode()
