"""Which charts a report has, each made of the rows of the table that stands behind it."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from service.numbers.report import Report
from service.numbers.tables import in_words
from service.numbers.words import ACCEPTED, BELOW, MAYBE_BELOW, Row, Section
from service.web.charts import Bar, Chart, bars, time_line

# More bars than these nobody compares; the table has all of them.
_MOST_BARS = 12


def charts_of(report: Report, sections: Iterable[Section]) -> tuple[Chart, ...]:
    """The charts, in the order of the sections."""
    return tuple(chart for section in sections for chart in _charts(report, section))


def _charts(report: Report, section: Section) -> Iterator[Chart]:
    name, rows = section.name, section.rows
    agreed = report.frame.agreed.of_all
    match name:
        case "per-100":
            for what in ("nerve", "tier"):
                drawn = _bars([row for row in rows if row.group.startswith(f"{what} ")], cut=f"{what} ")
                yield from _drawn(f"cards-by-{what}", name, f"Cards per 100 encounters, by {what}", "cards per 100 encounters", drawn)
        case "time":
            yield from _over_time(section)
        case "fate":
            found = [row for row in rows if row.measure == ACCEPTED and row.group.startswith("kind ")]
            yield from _drawn("acceptance-by-kind", name, "Acceptance by kind of card", "% accepted", _bars(found, cut="kind "))
        case "rules":
            known = (row for row in rows if row.measure == ACCEPTED and row.denominator)
            found = sorted(known, key=lambda row: row.high or 0)
            mark = None if agreed is None else 100 * agreed
            yield from _drawn("acceptance-by-rule", name, "Acceptance by rule, lowest upper limit first", "% accepted", _bars(found), mark)
        case "reasons":
            yield from _drawn("override-reasons", name, "Why cards were overridden", "% of overridden cards", _bars(rows))
        case "silence":
            found = [row for row in rows if row.measure == "silent"]
            yield from _drawn("silence", name, "Why nothing was said", "% of silent calls", _bars(found))
        case "times":
            found = [row for row in rows if row.unit == "ms"]
            yield from _drawn("times", name, "How long calls took", "milliseconds", _bars(found, with_measure=True))
        case "data":
            found = sorted((row for row in rows if row.value and row.low is not None), key=lambda row: -(row.value or 0))
            drawn = _bars(found, with_measure=True)
            yield from _drawn("data", name, "What was not read or not known, the most first", "% of calls or entries", drawn)


def _over_time(section: Section) -> Iterator[Chart]:
    days = [(date.fromisoformat(row.group), row) for row in section.rows]
    calls = [(day, float(row.denominator or 0), f"{row.denominator:,}") for day, row in days]
    given = [(day, row.value or 0.0, f"{row.value or 0.0:.1f}") for day, row in days]
    yield time_line("calls-over-time", section.name, title="Calls over time", unit="calls", points=calls)
    yield time_line("cards-over-time", section.name, title="Calls with a card over time", unit="% of calls", points=given)


def _drawn(name: str, section: str, title: str, unit: str, rows: Sequence[Bar], mark: float | None = None) -> Iterator[Chart]:
    if rows:
        yield bars(name, section, title=title, unit=unit, rows=rows, mark=mark)


def _bars(rows: Iterable[Row], *, cut: str = "", with_measure: bool = False) -> list[Bar]:
    found = [row for row in rows if row.denominator][:_MOST_BARS]
    return [Bar(_label(row, cut, with_measure), row.value, _value(row), row.low, row.high) for row in found]


def _label(row: Row, cut: str, with_measure: bool) -> str:
    label = row.group.removeprefix(cut)
    flag = ", perhaps below" if row.note.startswith(MAYBE_BELOW) else ", below" if row.note.startswith(BELOW) else ""
    return f"{label}: {row.measure}" if with_measure else f"{label}{flag}"


def _value(row: Row) -> str:
    """The number alone with what it is made of; the interval is drawn."""
    return in_words(row).partition(";")[0] + (")" if row.low is not None else "")
