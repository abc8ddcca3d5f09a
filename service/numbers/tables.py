"""A section as a table that people read, in the terminal and on the page; and all sections as one table, or one object, for programs."""

import csv
import io
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from service.numbers.report import Report
from service.numbers.words import Row, Section

# Of more measures than this each gets a line, and the groups stand side by side.
_MOST_ACROSS = 4
COLUMNS = ("measure", "group", "numerator", "denominator", "value", "unit", "low", "high", "note")
_UNITS = {"per 100": " per 100", "ms": " ms", "days": " days"}


@dataclass(frozen=True, slots=True)
class Table:
    """Cells as texts; the first of each line says what the line is about, the last is a note where `has_notes`."""

    heads: tuple[str, ...]
    lines: tuple[tuple[str, ...], ...]
    has_notes: bool


def table_of(section: Section) -> Table:
    """The rows side by side where every group has the same measures, else one below the other."""
    groups = tuple(dict.fromkeys(row.group for row in section.rows))
    measures = tuple(dict.fromkeys(row.measure for row in section.rows))
    if len(section.rows) == len(groups) * len(measures) and len(measures) > 1:
        return _matrix(section, groups, measures)
    notes = any(row.note for row in section.rows)
    alike = len(measures) == 1
    lines = ((row.group if alike else ", ".join(filter(None, (row.measure, row.group))), in_words(row), row.note) for row in section.rows)
    heads = (section.heading or "what", measures[0] if alike else "number", *(["note"] if notes else ()))
    return Table(heads, tuple(line if notes else line[:2] for line in lines), notes)


def _matrix(section: Section, groups: tuple[str, ...], measures: tuple[str, ...]) -> Table:
    found = {(row.group, row.measure): row for row in section.rows}
    if len(measures) > _MOST_ACROSS:
        lines = tuple((measure, *(in_words(found[group, measure]) for group in groups)) for measure in measures)
        return Table((section.heading, *groups), lines, has_notes=False)
    notes = {group: "; ".join(dict.fromkeys(found[group, one].note for one in measures if found[group, one].note)) for group in groups}
    some = any(notes.values())
    lines = tuple((group, *(in_words(found[group, one]) for one in measures), *([notes[group]] if some else ())) for group in groups)
    return Table((section.heading, *measures, *(["note"] if some else ())), lines, some)


def in_words(row: Row) -> str:
    """A number with what it is made of: "41.7 % (5 of 12; 19.3-68.0)", the last two its 95 % interval."""
    if row.value is None:
        return "not shown" if row.denominator is None else f"- ({row.numerator} of {row.denominator})"
    is_share = row.low is not None and row.high is not None
    number = f"{row.value:,.0f}" if row.unit == "count" else f"{row.value:,.1f}{' %' if is_share else _UNITS[row.unit]}"
    if row.numerator is None or row.denominator is None:
        return number
    made = f"{row.numerator:,} of {row.denominator:,}"
    return f"{number} ({made}; {row.low:.1f}-{row.high:.1f})" if is_share else f"{number} ({made})"


def as_csv(sections: Iterable[Section]) -> str:
    """One tidy table: each row a number, its measure with the name of its section."""
    written = io.StringIO()
    lines = csv.writer(written, lineterminator="\r\n")
    lines.writerow(COLUMNS)
    for section in sections:
        for row in section.rows:
            values = asdict(row) | {"measure": f"{section.name}: {row.measure}"}
            lines.writerow([_cell(values[name]) for name in COLUMNS])
    return written.getvalue()


def _cell(value: object) -> object:
    # A spreadsheet takes a text that begins so for a formula.
    return f"'{value}" if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")) else "" if value is None else value


def as_json(report: Report, sections: Iterable[Section]) -> str:
    """One object: what was asked for, and the sections with their rows."""
    frame = report.frame
    asked = {
        "since": frame.since.isoformat(),
        "until": frame.until.isoformat(),
        "client": frame.client,
        "ignoredAfterDays": frame.ignored_after,
        "agreedAcceptance": {"all": frame.agreed.of_all, "rules": dict(frame.agreed.of_rule)} if frame.agreed else None,
    }
    return json.dumps({**asked, "calls": report.calls, "sections": [asdict(one) for one in sections]}, indent=2, ensure_ascii=False)
