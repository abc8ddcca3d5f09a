"""The answer of a service as JSON Schema, from the models that write it: what can stand on the wire, and nothing that cannot.

The models allow null and the empty list for what is left out; on the wire it is left out. What one attribute asks of another stands
here, beside the name of the invariant, because no model says it in its schema.
"""

from collections.abc import Mapping
from typing import Any

from cds_hooks.response import CDSResponse

_RULES: Mapping[str, Mapping[str, object]] = {
    "Link": {"if": {"required": ["appContext"]}, "then": {"properties": {"type": {"const": "smart"}}}},
    # cds-resp-2
    "Action": {
        "if": {"properties": {"type": {"const": "delete"}}},
        "then": {"required": ["resourceId"], "properties": {"resource": False}},
        "else": {"required": ["resource"], "properties": {"resourceId": False}},
    },
    "Card": {"dependentRequired": {"suggestions": ["selectionBehavior"]}},
    "CDSResponse": {"required": ["cards"]},
}


def response_schemas(place: str) -> dict[str, object]:
    """The schemas of CDSResponse and of all that is in it, by name; they name each other as `place` and the name."""
    schema = CDSResponse.model_json_schema(ref_template=place + "{model}")
    models: dict[str, Any] = {**schema.pop("$defs"), "CDSResponse": schema}
    return {name: {**_on_the_wire(model), **_RULES.get(name, {})} for name, model in models.items()}


def _on_the_wire(model: dict[str, Any]) -> dict[str, object]:
    kept: dict[str, object] = {key: model[key] for key in ("type", "description", "additionalProperties", "required") if key in model}
    return {**kept, "properties": {name: _present(name, schema) for name, schema in model["properties"].items()}}


def _present(name: str, schema: Mapping[str, Any]) -> dict[str, object]:
    """The schema of an attribute that is there: neither null nor empty, but for `cards`, whose empty list is an answer."""
    some = [choice for choice in schema.get("anyOf", ()) if choice != {"type": "null"}]
    kept = {key: value for part in (schema, *some) for key, value in part.items() if key not in ("title", "default", "anyOf")}
    return {**kept, "minItems": 1} if kept.get("type") == "array" and name != "cards" else kept
