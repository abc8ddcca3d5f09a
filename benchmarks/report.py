"""The lines of the report: what was measured, what the target allows, and whether it is met."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from rich.console import Console
from rich.table import Table


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


def as_table(lines: Sequence[Line]) -> Table:
    """All lines as a table for the terminal."""
    table = Table("target", "what", "measured", "at most", "", "more", title="Performance targets, ratios of this one run", box=None)
    for line in lines:
        verdict = "[green]PASS[/]" if line.passed else "[bold red]FAIL[/]"
        table.add_row(line.target, line.what, _figure(line.measured, line.unit), _figure(line.most, line.unit), verdict, line.note)
    return table


def print_report(lines: Sequence[Line], *, as_data: bool) -> None:
    """Show the lines: JSON for programs, a table for people."""
    console = Console(highlight=False)
    if as_data:
        console.file.write(as_json(lines) + "\n")
    else:
        console.print(as_table(lines))


def _figure(value: float, unit: str) -> str:
    return f"{value:.0f} {unit}" if value == int(value) and unit == "facts" else f"{value:.2f} {unit}"
