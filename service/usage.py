"""What all commands have in common: how they are found, what their help ends with, and what is said of a value that they do not take.

In our words, not in those of the library that read the value.
"""

from collections import UserDict
from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

_WORDS = {
    "int_parsing": "a whole number is meant",
    "greater_than_equal": "at least {ge} is meant",
    "less_than_equal": "at most {le} is meant",
    "value_error": "{error}",
}
# Every day that a command takes is written like this.
_DAY = "does not match the formats '%Y-%m-%d'"


class _Places(UserDict[str, Any]):
    """Commands by name: each is the module where it is, and itself once somebody asks for it."""

    def __getitem__(self, name: str) -> Any:
        found = self.data[name]
        if isinstance(found, str):
            family = get_command(import_module(found).app)
            self.data[name] = found = family.commands.get(name, family) if isinstance(family, TyperGroup) else family
            found.name = name
        return found


class Commands(TyperGroup):
    """All commands; what one of them needs is taken in when it is asked for. `places`: name -> the module whose `app` is it, or has it."""

    places: Mapping[str, str] = {}

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self.commands = _Places(self.places)

    def list_commands(self, ctx: Any) -> list[str]:
        """Their names, in the order of the help."""
        return list(self.commands)

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


def examples(*lines: str) -> str:
    """The end of a command's help: what a person may type."""
    return "\n\n".join(("Examples:", *(f"  {line}" for line in lines)))


def plain(value: object) -> str:
    """The text without anything that steers a terminal."""
    return "".join(sign for sign in str(value) if sign.isprintable() or sign == "\n")
