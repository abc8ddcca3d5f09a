"""The table of settings in docs/operations.md, made from the model: `python -m release.settings` writes it anew."""

from pathlib import Path
from typing import get_args
from zoneinfo import ZoneInfo

from pydantic.fields import FieldInfo

from release.locked import ROOT
from service.settings import PREFIX, Settings

PAGE = ROOT / "docs" / "operations.md"
_BEGIN, _END = "<!-- settings: made by python -m release.settings -->\n", "<!-- end of settings -->\n"


def table() -> str:
    """Every setting in the order of the model, with its default and what it may be."""
    rows = "".join(
        f"| `{PREFIX}{name.upper()}` | {_default(field)} | {_may_be(field)} |\n" for name, field in Settings.model_fields.items()
    )
    return f"| setting | default | may be |\n|---|---|---|\n{rows}"


def page(text: str) -> str:
    """The page with the table of now."""
    before, _, rest = text.partition(_BEGIN)
    return f"{before}{_BEGIN}{table()}{_END}{rest.partition(_END)[2]}"


def _default(field: FieldInfo) -> str:
    if not isinstance(field.default, str | float | ZoneInfo):
        return f"`{int(field.default)}`" if isinstance(field.default, int) else "none"
    return f"`{field.default}`"


def _may_be(field: FieldInfo) -> str:
    if field.description:
        return field.description.removeprefix("must be ")
    kinds = {field.annotation, *get_args(field.annotation)}
    if Path in kinds:
        return "a file"
    return "a list, separated by commas" if any(getattr(kind, "__origin__", kind) is tuple for kind in kinds) else "a text"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
