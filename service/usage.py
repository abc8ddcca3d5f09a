"""What a person is told who gives a command a value that it does not take: in our words, not in those of the library that read it."""

from collections.abc import Iterable, Mapping
from typing import Any

import typer
from typer.core import TyperGroup

_WORDS = {
    "int_parsing": "a whole number is meant",
    "greater_than_equal": "at least {ge} is meant",
    "less_than_equal": "at most {le} is meant",
    "value_error": "{error}",
}
# Every day that a command takes is written like this.
_DAY = "does not match the formats '%Y-%m-%d'"


class Commands(TyperGroup):
    """All commands."""

    def invoke(self, ctx: Any) -> Any:
        """What the command gives that was called. Raises BadParameter."""
        try:
            return super().invoke(ctx)
        except typer.BadParameter as wrong:
            wrong.message = _in_words(wrong)
            raise


def _in_words(wrong: typer.BadParameter) -> str:
    read = getattr(wrong.__cause__, "errors", None)
    problems: Iterable[Mapping[str, Any]] = read() if read else ()
    said = [_WORDS[one["type"]].format(**one.get("ctx", {})) for one in problems if one["type"] in _WORDS]
    return "; ".join(said).replace(_DAY, "is no day; write one as 2026-11-20") or wrong.message
