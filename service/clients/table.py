"""A TOML file of an operator, held against its shape; every problem in words, and never a value: it may be a secret in the wrong place."""

import tomllib
from difflib import get_close_matches
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

_WORDS = {
    "missing": "is missing",
    "extra_forbidden": "is not known here",
    "literal_error": "must be {expected}",
    "string_type": "must be a text",
    "string_too_short": "is empty",
    "bool_type": "must be true or false",
    "int_type": "must be a whole number",
    "float_type": "must be a number",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "tuple_type": "must be a list",
    "model_type": "must be a table",
    "value_error": "{error}",
}

AnyTable = TypeVar("AnyTable", bound="Table")
T = TypeVar("T")


def not_empty(values: tuple[T, ...]) -> tuple[T, ...]:
    """The values, of which one at least has to be there."""
    if not values:
        raise ValueError("needs at least one entry")
    return values


class Table(BaseModel):
    """The shape of a table; what it does not name is not understood."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


class UnreadableTable(Exception):
    """The file does not have its shape; `problems` has one sentence for each thing to mend."""

    def __init__(self, *problems: str):
        super().__init__("; ".join(problems))
        self.problems = problems


def read_table(body: bytes, shape: type[AnyTable]) -> AnyTable:
    """The content of a file. Raises UnreadableTable."""
    try:
        return shape.model_validate(tomllib.loads(body.decode()))
    except UnicodeDecodeError:
        raise UnreadableTable("it is not UTF-8") from None
    except tomllib.TOMLDecodeError as failed:
        raise UnreadableTable(f"it is no TOML: {failed}") from None
    except ValidationError as invalid:
        errors = invalid.errors(include_input=False, include_url=False)
        raise UnreadableTable(*(f"{_sentence(error)}{_meant(error, shape)}" for error in errors)) from None
    except (ValueError, RecursionError):
        raise UnreadableTable("it is no TOML that can be read: too deep, or a number has thousands of digits") from None


def _meant(error: Any, shape: type[Table]) -> str:
    """What a name that is not known was meant to be, if anything comes close."""
    if error["type"] != "extra_forbidden":
        return ""
    schema = shape.model_json_schema()
    names = {name for part in (schema, *schema.get("$defs", {}).values()) for name in part.get("properties", ())}
    close = get_close_matches(str(error["loc"][-1]), sorted(names), n=1)
    return f" (did you mean {close[0]}?)" if close else ""


def _sentence(error: Any) -> str:
    """What is wrong where: "client 2: lifetime_s must be at most 3600"."""
    place = ""
    for step in error["loc"]:
        place += f" {step + 1}" if isinstance(step, int) else f"{': ' if place else ''}{step}"
    return f"{place} {_WORDS.get(error['type'], 'is not as it should be').format(**error.get('ctx', {}))}"
