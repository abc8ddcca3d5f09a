"""The commands `cluneal-cds clients ..`: what the clients file comes to, before a call does."""

import asyncio
import os
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cds_hooks.jwks import KeysUnavailable, fetch_key_set, read_key_set
from service.clients.client import Client
from service.clients.describe import describe, in_words
from service.knowledge.load import load_knowledge
from service.known_clients import clients_of, undrafted
from service.site import adjustments_of, settings_of
from service.usage import examples, plain

app = typer.Typer(help="Who may call the service, and how each is spoken to.", no_args_is_help=True)

_out = Console(highlight=False)


@app.callback()
def _clients() -> None:
    """A group of commands, also while there is one."""


@app.command("check", epilog=examples("cluneal-cds clients check clients.toml", "cluneal-cds clients check --fetch"))
def check_clients(
    file: Annotated[
        Path | None, typer.Argument(help="The file. Without it, the one that CLUNEAL_CLIENTS_FILE names.", show_default=False)
    ] = None,
    fetch: Annotated[bool, typer.Option("--fetch", help="Also fetch the keys, from the addresses that the file names.")] = False,
) -> None:
    """Read the clients file and the files that it names, and say in words what they come to; or every problem of them."""
    given = {**os.environ, **({"CLUNEAL_CLIENTS_FILE": str(file)} if file else {})}
    settings = settings_of(given)
    knowledge = load_knowledge(adjustments_of(settings))
    clients = clients_of(settings, knowledge)
    if clients is None:
        raise typer.BadParameter("name the file, or set CLUNEAL_CLIENTS_FILE", param_hint="FILE")
    missed = False
    many = len(clients.known)
    _out.print(f"{many} client{'s' if many > 1 else ''} of {settings.base_url}", soft_wrap=True)
    for other in settings.other_base_urls:
        _out.print(f"Tokens may also be made for {other}", soft_wrap=True)
    if clients.allow_http_loopback:
        _out.print("Plain http to this machine is allowed (allow_http_loopback): for tests alone.", style="yellow", soft_wrap=True)
    for client in clients.known:
        rows = Table.grid(padding=(0, 2))
        for about, words in describe(client, undrafted(client.speech, knowledge)):
            rows.add_row(Text(f"  {about}"), Text(plain(words)))
        if fetch and client.described.jwks_url and not client.pinned:
            words, came = asyncio.run(_fetched(client.described))
            missed = missed or not came
            rows.add_row(Text(""), Text(plain(words), style="" if came else "red"))
        _out.print(Text(f"\n{client.name}", style="bold"), rows, sep="\n")
    if missed:
        raise typer.Exit(1)


async def _fetched(client: Client) -> tuple[str, bool]:
    """What the address of a client's keys answers now, and whether a call could be proved with it."""
    try:
        found = read_key_set(await fetch_key_set(client.jwks_url or ""), rsa=client.rsa)
    except KeysUnavailable as failed:
        return f"no keys came: {failed}", False
    return f"fetched now: {in_words(found)}", any(key.algorithm in client.algorithms for key in found.keys)
