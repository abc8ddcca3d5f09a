"""What contexts are made of, as JSON Schema: what `context.py`, `bundle.py` and `selections.py` read, no more and no less.

Each hook puts its own schema together from these parts, beside the code that reads it.
Source: JSON Schema 2020-12, https://json-schema.org/draft/2020-12.
"""

from collections.abc import Collection, Mapping
from typing import TypeAlias

from cds_hooks.hooks.context import ID, SERVER, TYPE, VERSION

Schema: TypeAlias = Mapping[str, object]

EXTENSION: Schema = {"type": ["object", "null"], "description": "Between the client and others; not looked at."}
BUNDLE: Schema = {
    "type": "object",
    "description": "A FHIR Bundle. Its resources may still be drafts; what is no valid FHIR yet does not cost the call.",
    "properties": {"resourceType": {"enum": ["Bundle", None]}, "entry": {"type": ["array", "null"]}},
}
NO_ENTRIES: Mapping[str, object] = {"resourceType": "Bundle", "type": "collection", "entry": []}
SELECTIONS: Schema = {
    "type": ["array", "null"],
    "description": "The drafts that were selected just now, such as ServiceRequest/123; all of them when none is named.",
    "items": {"type": "string"},
}


def context_schema(required: Mapping[str, Schema], optional: Mapping[str, Schema]) -> dict[str, object]:
    """The schema of a context that has these fields; what else a client sends in it is passed over."""
    return {
        "type": "object",
        "required": list(required),
        "properties": {**required, **optional, "extension": EXTENSION},
    }


def id_schema(type_: str) -> Schema:
    """The id of a resource of this type, bare or after the type."""
    return {
        "type": "string",
        "description": f"The id of the {type_}: 123, or {type_}/123.",
        "pattern": f"^(?:{type_}/)?{ID}$",
        "not": {"enum": [".", "..", f"{type_}/.", f"{type_}/.."]},
    }


def optional_id_schema(type_: str) -> Schema:
    """The id of a resource that may be left out; null and the empty string say the same."""
    return {"description": f"The id of the {type_}, when there is one.", "anyOf": [id_schema(type_), {"enum": [None, ""]}]}


def reference_schema(types: Collection[str] = (), *, description: str) -> Schema:
    """A reference to a resource of one of these types, of any without them: relative, absolute, with a version."""
    type_ = f"(?:{'|'.join(types)})" if types else TYPE
    return {
        "type": "string",
        "description": description,
        "pattern": f"^{SERVER}{type_}/{ID}{VERSION}$",
        "not": {"pattern": rf"^{SERVER}{type_}/\.\.?{VERSION}$"},
    }


def user_schema(types: Collection[str]) -> Schema:
    """Who acts: a reference to a resource of one of these types."""
    return reference_schema(types, description=f"Who acts, such as Practitioner/123: {', '.join(types)}.")
