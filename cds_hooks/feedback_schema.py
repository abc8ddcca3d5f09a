"""The feedback of a client as JSON Schema: what `feedback.py` reads of it.

By hand, for more is read than the models say: null for what is absent, a code alone for a Coding, a reason without its envelope.
Source: CDS Hooks, "Feedback", https://cds-hooks.hl7.org/2.0/#feedback; the invariants cds-fb-1 to 3 are of the 3.0.0-ballot.
"""

from collections.abc import Sequence

from cds_hooks.feedback import LONGEST_COMMENT, LONGEST_NAME, MOST_ITEMS, MOST_SUGGESTIONS
from cds_hooks.hooks.schema import EXTENSION, Schema


def _object(properties: dict[str, Schema], *, required: Sequence[str] = ()) -> dict[str, object]:
    return {"type": "object", "required": list(required), "properties": {**properties, "extension": EXTENSION}}


_NAME: Schema = {"type": "string", "minLength": 1, "maxLength": LONGEST_NAME}
_WORD: Schema = {"type": ["string", "null"], "maxLength": LONGEST_NAME}
_COMMENT: Schema = {"type": ["string", "null"], "maxLength": LONGEST_COMMENT}
_NO_TEXT: Schema = {"enum": [None, ""]}

_CODING = _object({"code": _WORD, "system": _WORD, "display": _WORD})
_CODED: Schema = {"required": ["code"], "properties": {"code": _NAME}}
_DISPLAYED: Schema = {"required": ["display"], "properties": {"display": _NAME}}
_NAMED: Schema = {**_CODING, "anyOf": [_CODED, _DISPLAYED]}


def _first(coding: Schema) -> Schema:
    return {"type": "array", "minItems": 1, "prefixItems": [coding]}


# The first Coding counts; the text of the concept stands in for a display that it does not have.
_CONCEPT: Schema = {
    "type": "object",
    "description": "A CodeableConcept in the place of the Coding.",
    "required": ["coding"],
    "anyOf": [
        {"properties": {"coding": _first({"allOf": [_CODING, _DISPLAYED]})}},
        {"properties": {"coding": _first(_NAMED), "text": _WORD}},
        {"required": ["text"], "properties": {"coding": {"type": "array", "prefixItems": [_CODING]}, "text": _NAME}},
    ],
}
_BARE_CODING: Schema = {**_NAMED, "not": {"required": ["coding"], "properties": {"coding": {"type": "array"}}}}
_REASON: Schema = {
    "description": "One of the reasons that the card offered.",
    "anyOf": [
        _BARE_CODING,
        _CONCEPT,
        {"type": "string", "maxLength": LONGEST_NAME, "description": "Its code alone."},
        {"type": "object", "maxProperties": 0},
        {"type": "null"},
    ],
}
# A code where the reason should be: what has one is taken for the reason itself.
_IS_NO_REASON: Schema = {"anyOf": [{"required": ["reason"]}, {"not": {"anyOf": [{"required": ["code"]}, {"required": ["coding"]}]}}]}
_OVERRIDE: Schema = {
    "description": "Why the card was dismissed.",
    "anyOf": [
        {**_object({"reason": _REASON, "userComment": _COMMENT}), **_IS_NO_REASON},
        {
            "description": "The reason without its envelope.",
            "allOf": [{"anyOf": [_BARE_CODING, _CONCEPT]}, {"properties": {"userComment": _COMMENT}, "not": {"required": ["reason"]}}],
        },
        {"type": "string", "maxLength": LONGEST_NAME, "description": "The code of the reason alone."},
        {"type": "null"},
    ],
}
_NO_OVERRIDE: Schema = {
    "anyOf": [
        {**_object({"reason": {"enum": [None, "", {}]}, "userComment": _NO_TEXT}), **_IS_NO_REASON},
        _NO_TEXT,
    ]
}
_SUGGESTIONS: Schema = {
    "type": "array",
    "minItems": 1,
    "maxItems": MOST_SUGGESTIONS,
    "description": "What was taken up, by the uuid of the suggestion.",
    "items": _object({"id": _NAME}, required=["id"]),
}

FEEDBACK: Schema = _object(
    {
        "feedback": {
            "type": "array",
            "maxItems": MOST_ITEMS,
            "items": {
                **_object(
                    {
                        "card": {**_NAME, "description": "The uuid of the card."},
                        "outcome": {"enum": ["accepted", "overridden"]},
                        "outcomeTimestamp": {"type": "string", "format": "date-time", "pattern": "^(?!0000|0001|9999)"},
                    },
                    required=["card", "outcome", "outcomeTimestamp"],
                ),
                "oneOf": [
                    {
                        "title": "accepted",
                        "required": ["acceptedSuggestions"],
                        "properties": {
                            "outcome": {"const": "accepted"},
                            "acceptedSuggestions": _SUGGESTIONS,
                            "overrideReason": _NO_OVERRIDE,
                        },
                    },
                    {
                        "title": "overridden",
                        "properties": {
                            "outcome": {"const": "overridden"},
                            "acceptedSuggestions": {"type": ["array", "null"], "maxItems": 0},
                            "overrideReason": _OVERRIDE,
                        },
                    },
                ],
            },
        }
    },
    required=["feedback"],
)
