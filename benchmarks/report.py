"""The lines of the report: what was measured, what the target allows, and whether it is met."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from rich.console import Console
from rich.text import Text


@dataclass(frozen=True, slots=True)
class Line:
    """One figure against its target.

    target  its number in the list of targets;  most: the greatest figure that meets it;  unit: "x" is a ratio
    """

    target: str
    what: str
    measured: float
    most: float
    unit: str
    note: str = ""

    @property
    def passed(self) -> bool:
        """Whether the target is met."""
        return self.measured <= self.most


def as_json(lines: Sequence[Line]) -> str:
    """All lines as one JSON object."""
    rows = [{**asdict(line), "measured": round(line.measured, 4), "passed": line.passed} for line in lines]
    return json.dumps({"passed": all(line.passed for line in lines), "lines": rows}, indent=2)


def as_text(lines: Sequence[Line]) -> Text:
    """All lines for the terminal, each with what else was seen beneath it."""
    text = Text("Performance targets, measured in this one run\n\n", style="bold")
    for line in lines:
        text.append("PASS" if line.passed else "FAIL", "green" if line.passed else "bold red")
        text.append(
            f"  {line.target}  {_figure(line.measured, line.unit):>10}  at most {_figure(line.most, line.unit):<10}  {line.what}\n",
            "default",
        )
        if line.note:
            text.append(f"         {line.note}\n", "dim")
    missed = sum(not line.passed for line in lines)
    text.append(f"\n{missed} of {len(lines)} lines missed." if missed else f"\nAll {len(lines)} lines met.")
    return text


def print_report(lines: Sequence[Line], *, as_data: bool) -> None:
    """Show the lines: JSON for programs, text for people."""
    console = Console(highlight=False)
    if as_data:
        console.file.write(as_json(lines) + "\n")
    else:
        console.print(as_text(lines), soft_wrap=True)


def _figure(value: float, unit: str) -> str:
    return f"{value:.0f} {unit}" if unit == "facts" else f"{value:.2f} {unit}"
