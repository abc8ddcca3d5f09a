"""A JSON Schema in words of HTML: what kind of value it describes, and its fields one by one."""

import json
import re
from collections.abc import Mapping
from html import escape
from typing import Any

Json = Mapping[str, Any]

_SHOWN_VALUES = 6
_CHOICES = ("oneOf", "anyOf", "allOf")
_BOUNDS = {
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} items",
    "maxItems": "at most {} items",
    "maxProperties": "at most {} members",
    "minimum": "at least {}",
    "pattern": "as {}",
    "format": "{}",
}


def fields(schema: Json) -> str:
    """The fields of an object as a list, each with its kind, what it says, and its own fields; other schemas by their kind."""
    required = schema.get("required", ())
    rows = [
        f"<li>{code(name)}{' (required)' if name in required else ''}: {_told(field)}</li>"
        for name, field in schema.get("properties", {}).items()
    ]
    says = f"<p>{escape(schema['description'])}</p>" if "description" in schema else ""
    return f"{says}<ul class=fields>{''.join(rows)}</ul>{_choices(schema)}"


def kind(schema: Any) -> str:
    """What a value is, in a few words."""
    if not isinstance(schema, Mapping) or not schema:
        return "nothing" if schema is False else "any JSON"
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        return f'<a href="#{anchor(f"schema {name}")}">{escape(name)}</a>'
    if "const" in schema:
        return _value(schema["const"])
    if "enum" in schema:
        shown = ", ".join(map(_value, schema["enum"][:_SHOWN_VALUES]))
        more = len(schema["enum"]) - _SHOWN_VALUES
        return f"one of {shown}" + (f" and {more} more" if more > 0 else "")
    types = schema.get("type", ())
    named = " or ".join((types,) if isinstance(types, str) else types) or "any JSON"
    items = f" of {kind(schema['items'])}" if "items" in schema else ""
    bounds = [text.format(code(str(schema[key]))) for key, text in _BOUNDS.items() if key in schema]
    return ", ".join((f"{escape(named)}{items}", *bounds))


def code(text: str) -> str:
    """The text as it is written in a program."""
    return f"<code>{escape(text)}</code>"


def anchor(text: str) -> str:
    """The name of a place in the page."""
    return re.sub(r"[^A-Za-z0-9]+", "-", text).strip("-")


def _told(schema: Any) -> str:
    """The kind of a field, what is said of it, and what is in it."""
    if not isinstance(schema, Mapping):
        return kind(schema)
    plain = not any(key in schema for key in _CHOICES) or "type" in schema or "properties" in schema
    said = f" {escape(schema['description'])}" if "description" in schema else ""
    inside = schema.get("items", schema) if isinstance(schema.get("items", schema), Mapping) else schema
    nested = fields({**inside, "description": ""}) if "properties" in inside else ""
    return f"{kind(schema) + '.' if plain else ''}{said}{nested or _choices(schema)}"


def _choices(schema: Json) -> str:
    return "".join(
        f"<div>{'all' if key == 'allOf' else 'one'} of:<ul>{''.join(f'<li>{_told(choice)}</li>' for choice in schema[key])}</ul></div>"
        for key in _CHOICES
        if key in schema
    )


def _value(value: object) -> str:
    return code(json.dumps(value, ensure_ascii=False))
