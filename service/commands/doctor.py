"""The command `cluneal-cds doctor`: everything that has to be right for the service to be relied on, looked at from where it runs."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from random import random
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cds_hooks.egress.addresses import system_resolve
from service.clients.load import Clients, InvalidClients
from service.doctor import inside, outside
from service.doctor.remembered import of_store
from service.doctor.verdict import State, Verdict, wrong
from service.errors import InvalidKnowledge
from service.knowledge.load import load_knowledge
from service.known_clients import clients_of, reach_of
from service.reasoning.review import reviewed
from service.settings import InvalidSettings, Settings
from service.site import adjustments_of, settings_of
from service.usage import examples, plain

app = typer.Typer()

_COLOURS = {State.WELL: "green", State.MIND: "yellow", State.WRONG: "bold red"}
_out = Console(highlight=False)


@app.command("doctor", epilog=examples("cluneal-cds doctor", "cluneal-cds doctor --offline --json"))
def doctor(
    offline: Annotated[bool, typer.Option("--offline", help="Ask nobody outside: neither FHIR servers nor addresses of keys.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")] = False,
) -> None:
    """Look at a deployment from inside: settings, clients, keys, FHIR servers, database, clock, disk; say what is wrong and what helps.

    To be run where the service runs, with its settings, before it starts or beside it. Ends with 0 when nothing is wrong, with 1 otherwise.
    """
    verdicts = list(_examined(offline=offline))
    fit = not any(one.state is State.WRONG for one in verdicts)
    if as_json:
        told = [{"about": one.about, "state": one.state, "says": one.says, **({"help": one.help} if one.help else {})} for one in verdicts]
        sys.stdout.write(json.dumps({"fit": fit, "checks": told}, indent=2, ensure_ascii=False) + "\n")
    else:
        _show(verdicts)
    if not fit:
        raise typer.Exit(1)


def _examined(*, offline: bool) -> Iterator[Verdict]:
    """Every verdict, in the order in which one thing rests on the other."""
    try:
        settings = settings_of(os.environ)
        knowledge = reviewed(load_knowledge(adjustments_of(settings)))
    except (InvalidSettings, InvalidKnowledge) as invalid:
        about = "settings" if isinstance(invalid, InvalidSettings) else "knowledge"
        yield from (wrong(about, problem) for problem in invalid.problems)
        return
    yield from inside.of_settings(settings, os.environ)
    yield inside.of_knowledge(knowledge)
    yield inside.of_clock(knowledge, datetime.now(settings.time_zone).date())
    yield from inside.of_process()
    clients: Clients | None = None
    try:
        clients = clients_of(settings, knowledge)
    except InvalidClients as invalid:
        yield from (wrong("clients", problem) for problem in invalid.problems)
    yield from inside.of_clients(clients)
    with suppress(OSError):
        yield from inside.of_disk(settings)
    yield from of_store(settings, lambda: datetime.now(UTC))
    if not offline and (clients or settings.clients_file is None):
        yield from asyncio.run(_all(_outside(settings, clients)))


async def _outside(settings: Settings, clients: Clients | None) -> AsyncIterator[Verdict]:
    reach = reach_of(settings, clients)
    for verdict in outside.of_environment(os.environ, calls=bool(clients) or any(one.servers for one in reach.values())):
        yield verdict
    async for verdict in outside.of_keys(clients):
        yield verdict
    async for verdict in outside.of_servers(reach, system_resolve(), random=random):
        yield verdict


async def _all(verdicts: AsyncIterator[Verdict]) -> list[Verdict]:
    return [verdict async for verdict in verdicts]


def _show(verdicts: Sequence[Verdict]) -> None:
    rows = Table.grid(padding=(0, 2))
    for one in verdicts:
        says = Text(plain(one.says))
        if one.help:
            says.append(f" {plain(one.help)}", style="dim")
        rows.add_row(Text(one.state.value, style=_COLOURS[one.state]), Text(plain(one.about)), says)
    _out.print(rows)
    faults = sum(one.state is State.WRONG for one in verdicts)
    _out.print(Text(f"\n{faults} to mend." if faults else "\nNothing is wrong."))
