"""The command `shadow sample`: what a client in shadow mode would have been shown."""

import json
import os
import sys
from datetime import UTC
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from service.commands.kept import Since, database_at
from service.settings import read_settings
from service.storage.sample import drawn
from service.usage import examples, plain

app = typer.Typer(help="What a client in shadow mode would have been shown.", no_args_is_help=True)

_err = Console(stderr=True, highlight=False)


@app.callback()
def _shadow() -> None:
    """A group of commands, also while there is one."""


@app.command("sample", epilog=examples("cluneal-cds shadow sample --client riverside --since 2026-11-01 --n 50 > sample.jsonl"))
def sample_shadow(
    client: Annotated[str, typer.Option(metavar="NAME", help="The client, by its name in the clients file.")],
    since: Since = None,
    number: Annotated[int, typer.Option("--n", min=1, metavar="N", help="How many.")] = 30,
    seed: Annotated[str, typer.Option(metavar="TEXT", help="Another one draws other cards; the same one the same.")] = "1",
) -> None:
    """Print cards that were made up and not shown, drawn at random, as JSON lines; the site finds its request by the hookInstance."""
    begin = since.replace(tzinfo=UTC) if since else None
    database = database_at(read_settings(os.environ))
    there, lines = database.run_now(lambda store: drawn(store, client=client, number=number, seed=seed, since=begin))
    for line in lines:
        sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
    drew = f"{len(lines)} of {there:,} cards that were not shown, drawn with the seed {seed}."
    _err.print(Text(drew if lines else plain(f"No card of {client} was kept back.")), soft_wrap=True)
    if not lines:
        raise typer.Exit(1)
