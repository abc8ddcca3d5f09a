"""The command `feedback export`: what became of the cards."""

import json
import os
import sys
from datetime import UTC, datetime
from typing import Annotated

import typer

from service.commands.kept import Since, database_at
from service.settings import read_settings
from service.storage.database import Store
from service.storage.export import ignored, reported
from service.usage import examples

app = typer.Typer(help="What became of the cards.", no_args_is_help=True)


@app.callback()
def _feedback() -> None:
    """A group of commands, also while there is one."""


@app.command("export", epilog=examples("cluneal-cds feedback export --since 2026-11-01 --ignored-after 14 > feedback.jsonl"))
def export_feedback(
    since: Since = None,
    ignored_after: Annotated[
        int | None, typer.Option(min=1, metavar="DAYS", help="Also the cards of which nothing was heard for so many days, as inferred.")
    ] = None,
) -> None:
    """Print feedback as JSON lines, each with what is known of its card. Comments may be about patients: mind where they go."""
    database, now = database_at(read_settings(os.environ), reads=True), datetime.now(UTC)
    begin = since.replace(tzinfo=UTC) if since else None

    def write(store: Store) -> None:
        for line in reported(store, since=begin):
            sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
        if ignored_after is not None:
            for line in ignored(store, days=ignored_after, now=now, since=begin):
                sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")

    database.run_now(write)
