"""The command `report`: the numbers of a period, to be read, to be worked on, or as charts."""

import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from service.agreed_acceptance import AgreedAcceptance, read_agreed_acceptance
from service.database_url import SQLiteFile
from service.knowledge.load import load_knowledge
from service.numbers.report import Frame, Report
from service.numbers.tables import as_csv, as_json, table_of
from service.numbers.taken import IGNORED_AFTER, problem_of, take_report
from service.numbers.words import Section, sections
from service.settings import Settings, read_settings
from service.site import adjustments_of
from service.storage.database import Database
from service.usage import examples, plain
from service.web.charts import standalone
from service.web.number_charts import charts_of

app = typer.Typer()

_DAY = ["%Y-%m-%d"]
_out, _err = Console(highlight=False), Console(stderr=True, highlight=False)


@app.command(
    "report", epilog=examples("cluneal-cds report --since 2026-11-01", "cluneal-cds report --since 2026-11-01 --format csv --svg charts")
)
def report(
    since: Annotated[datetime, typer.Option(formats=_DAY, metavar="DATE", help="The first day, in CLUNEAL_TIME_ZONE.", show_default=False)],
    until: Annotated[datetime | None, typer.Option(formats=_DAY, metavar="DATE", help="The last day. Without it, today.")] = None,
    client: Annotated[str | None, typer.Option(metavar="NAME", help="One client alone.")] = None,
    ignored_after: Annotated[
        int, typer.Option(min=1, max=999, metavar="DAYS", help="A card of which nothing was heard for so many days counts as ignored.")
    ] = IGNORED_AFTER,
    agreed: Annotated[
        str | None,
        typer.Option(
            "--agreed-acceptance",
            metavar="PART",
            help="What the committee agreed on: rules below are flagged. 0.2, or 0.2,S3=0.3. Overrides CLUNEAL_AGREED_ACCEPTANCE.",
        ),
    ] = None,
    style: Annotated[Literal["text", "csv", "json"], typer.Option("--format", help="How it is printed.")] = "text",
    svg: Annotated[Path | None, typer.Option(metavar="DIR", file_okay=False, help="Also write the charts there.")] = None,
) -> None:
    """Count what was asked, said, answered and ignored in a period. Nothing in it names a patient; counts of few patients are left out."""
    settings = read_settings(os.environ)
    now = datetime.now(UTC)
    last = until.date() if until else now.astimezone(settings.time_zone).date()
    frame = Frame(since.date(), last, client, ignored_after, _agreed(agreed, settings))
    if problem := problem_of(frame):
        raise typer.BadParameter(problem, param_hint="--since, --until")
    knowledge = load_knowledge(adjustments_of(settings))
    database = _database(settings)
    found = database and database.run_now(lambda store: take_report(store, frame, knowledge, now=now, zone=settings.time_zone))
    if not found or not found.calls:
        _tell_nothing(frame, style)
        return
    said = sections(found, knowledge)
    if style == "csv":
        sys.stdout.write(as_csv(said))
    elif style == "json":
        sys.stdout.write(as_json(found, said) + "\n")
    else:
        _out.print(_as_text(found, said))
    if svg:
        _draw(found, said, svg)


def _agreed(given: str | None, settings: Settings) -> AgreedAcceptance:
    try:
        return settings.agreed_acceptance if given is None else read_agreed_acceptance(given)
    except ValueError as wrong:
        raise typer.BadParameter(str(wrong), param_hint="--agreed-acceptance") from None


def _database(settings: Settings) -> Database | None:
    """The store, to be read; None where there is no file yet, which is none that should come into being here."""
    place = settings.place
    if place is None:
        raise typer.BadParameter("with CLUNEAL_DATABASE_URL=off nothing is remembered, so there is nothing to count")
    if isinstance(place, SQLiteFile) and not place.path.exists():
        return None
    return Database(place, wait=10, patient=True, reads=True)


def _tell_nothing(frame: Frame, style: str) -> None:
    """The header, or an empty object, where a program waits for one; to a person the sentence."""
    whose = f" of {frame.client}" if frame.client else ""
    (_out if style == "text" else _err).print(Text(plain(f"No calls{whose} since {frame.since} (until {frame.until}).")), soft_wrap=True)
    if style == "csv":
        sys.stdout.write(as_csv(()))
    elif style == "json":
        sys.stdout.write('{"calls": 0}\n')


def _as_text(report: Report, said: Sequence[Section]) -> Group:
    frame = report.frame
    whose = f"client {frame.client or 'open'}" if frame.client is not None else f"{len(report.clients)} clients"
    title = f"{frame.since} to {frame.until}: {report.calls:,} calls, {whose if len(report.clients) != 1 else 'one client'}"
    return Group(Text(plain(title), style="bold"), *(part for one in said for part in _section(one)))


def _section(section: Section) -> list[RenderableType]:
    drawn = table_of(section)
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for number, head in enumerate(drawn.heads):
        # Beside words there is room for a number; of several numbers in a line each may have to break.
        alone = number == 1 and len(drawn.heads) <= 2 + drawn.has_notes
        table.add_column(plain(head), overflow="fold", min_width=18 if number == 0 else len(head), no_wrap=alone)
    for line in drawn.lines:
        table.add_row(*(Text(plain(cell)) for cell in line))
    return [Text(f"\n{section.title}", style="bold"), Text(section.says, style="dim"), table]


def _draw(report: Report, said: Sequence[Section], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for chart in charts_of(report, said):
        (folder / f"{chart.name}.svg").write_text(standalone(chart), encoding="utf-8")
