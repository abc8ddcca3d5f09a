"""A JSON Schema in words of HTML: what kind of value it describes, and its fields one by one."""

import json
import re
from collections.abc import Mapping
from html import escape
from typing import Any

Json = Mapping[str, Any]

_SHOWN_VALUES = 6
_CHOICES = {"oneOf": "one", "anyOf": "any", "allOf": "all"}
_BOUNDS = {
    "minLength": "length at least {}",
    "maxLength": "length at most {}",
    "minItems": "length at least {}",
    "maxItems": "length at most {}",
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
    says = f"<p>{prose(schema['description'])}</p>" if schema.get("description") else ""
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


def prose(text: str) -> str:
    """A sentence, with what stands between backticks as code."""
    return re.sub("`([^`]+)`", r"<code>\1</code>", escape(text))


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
    inside = schema["items"] if isinstance(schema.get("items"), Mapping) else schema
    named = f"{kind(schema)}. " if not schema or schema.keys() & {"type", "const", "enum", "$ref", "pattern"} else ""
    nested = fields({**inside, "description": ""}) if "properties" in inside else _choices(inside)
    return f"{named}{prose(schema.get('description', ''))}{nested}"


def _choices(schema: Json) -> str:
    """What else may stand there, or must; what only forbids has nothing to show."""
    told = {key: [text for choice in schema[key] if (text := _told(choice))] for key in _CHOICES if key in schema}
    return "".join(
        f"<div>{words} of:<ul>{''.join(f'<li>{text}</li>' for text in told[key])}</ul></div>"
        for key, words in _CHOICES.items()
        if told.get(key)
    )


def _value(value: object) -> str:
    return code(json.dumps(value, ensure_ascii=False))
