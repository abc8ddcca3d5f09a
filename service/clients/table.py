"""A TOML file of an operator, held against its shape; every problem in words, and never a value: it may be a secret in the wrong place."""

import re
import tomllib
from collections.abc import Iterable
from difflib import get_close_matches
from functools import cache
from itertools import islice
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
    "too_long": "has more than {max_length} entries",
    "model_type": "must be a table",
    "value_error": "{error}",
}

# As many problems as somebody mends at one time.
MOST_PROBLEMS = 50
# The parser keeps every beginning of a dotted name, so that one of 100,000 parts would take gigabytes; no table of ours has more than two.
_MOST_DOTS = 8
_LONGEST_NAME = 100
# Texts and remarks, in which dots are no more than dots. One that nobody closes goes on to its end, as the parser has it.
_TEXTS = re.compile(
    r"""(?s:\"{3}(?:[^"\\]++|\\.|"{1,2}(?!"))*+"{0,5}|'{3}(?:[^']++|'{1,2}(?!'))*+'{0,5}|"(?:[^"\\\n]++|\\.)*+"?|'[^'\n]*+'?|#[^\n]*+)"""
)
_DOTTED = re.compile(rf"(?:\.[ \t]*+[\w-]++[ \t]*+){{{_MOST_DOTS + 1}}}")

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
        text = body.decode()
        if _DOTTED.search(_TEXTS.sub("text", text)):
            raise UnreadableTable(f"it is no TOML that can be read: a name in it has more than {_MOST_DOTS} dots")
        return shape.model_validate(tomllib.loads(text))
    except UnicodeDecodeError:
        raise UnreadableTable("it is not UTF-8") from None
    except tomllib.TOMLDecodeError as failed:
        raise UnreadableTable(f"it is no TOML: {failed}") from None
    except ValidationError as invalid:
        errors = invalid.errors(include_input=False, include_url=False)
        raise UnreadableTable(*first_of(f"{_sentence(error)}{_meant(error, shape)}" for error in errors)) from None
    except (ValueError, RecursionError):
        raise UnreadableTable("it is no TOML that can be read: too deep, or a number has thousands of digits") from None


def first_of(problems: Iterable[str]) -> tuple[str, ...]:
    """As many problems as are told at one time, and whether there are more; those that are not told are not worked out either."""
    rest = iter(problems)
    told = tuple(islice(rest, MOST_PROBLEMS))
    return (*told, "and more, which are told once these are mended") if next(rest, None) is not None else told


def _meant(error: Any, shape: type[Table]) -> str:
    """What a name that is not known was meant to be, if anything comes close."""
    given = str(error["loc"][-1])
    if error["type"] != "extra_forbidden" or len(given) > _LONGEST_NAME:
        return ""
    close = get_close_matches(given, _names(shape), n=1)
    return f" (did you mean {close[0]}?)" if close else ""


@cache
def _names(shape: type[Table]) -> list[str]:
    schema = shape.model_json_schema()
    return sorted({name for part in (schema, *schema.get("$defs", {}).values()) for name in part.get("properties", ())})


def _sentence(error: Any) -> str:
    """What is wrong where: "client 2: lifetime_s must be at most 3600"."""
    place = ""
    for step in error["loc"]:
        place += f" {step + 1}" if isinstance(step, int) else f"{': ' if place else ''}{step}"
    return f"{place} {_WORDS.get(error['type'], 'is not as it should be').format(**error.get('ctx', {}))}"
