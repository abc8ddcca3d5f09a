"""The command `serve`: one process that answers, says where it is, and ends without losing a call that it has begun."""

import asyncio
import gc
import math
import os
import shlex
import shutil
import signal
import socket
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from importlib.metadata import version
from types import FrameType
from typing import Annotated

import typer
import uvicorn
from rich.console import Console

from service.app import create_app
from service.database_url import PostgreSQL, SQLiteFile
from service.errors import ClinicError
from service.knowledge.load import load_knowledge
from service.own_name import names_of
from service.settings import Settings
from service.site import adjustments_of, decided_here, settings_of
from service.story import FIRST_STORY
from service.telemetry.logs import start_logging
from service.telemetry.readiness import Readiness
from service.telemetry.scrape import metrics_at
from service.usage import examples

app = typer.Typer()

# Seconds for a call whose connection was taken just before the port was closed.
_LAST_WORDS = 0.5

_out = Console(highlight=False)


class NothingListens(ClinicError):
    """The address of the service is not to be had."""


@app.command("serve", epilog=examples("cluneal-cds serve --port 8080", "CLUNEAL_TIME_ZONE=America/Chicago cluneal-cds serve"))
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on; overrides CLUNEAL_HOST. Without either, 127.0.0.1.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; overrides CLUNEAL_PORT. Without either, 8000.")] = None,
) -> None:
    """Start the service, and say how to see a card. ctrl-C stops it."""
    given = {"CLUNEAL_HOST": host, "CLUNEAL_PORT": port}
    settings = settings_of({**os.environ, **{name: str(value) for name, value in given.items() if value is not None}})
    start_logging(settings.log_level, settings.log_format)
    service = create_app(settings)
    # What is known by now stays known: no search for garbage walks through it again, which would hold every call for tens of milliseconds.
    gc.collect()
    gc.freeze()
    config = uvicorn.Config(
        service,
        host=settings.host,
        port=settings.port,
        access_log=False,  # paths and queries of later versions may name a patient
        log_config=None,
        lifespan="on",
        ws="none",
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=settings.stop_s,
    )
    server = _DrainingServer(config, settings, service.state.readiness, service.state.break_off)
    # uvicorn raises the signal that stopped it once more, when all is done; to have been told to stop is no failure.
    signal.signal(signal.SIGTERM, lambda *_: None)
    metrics = metrics_at(settings.metrics_host, settings.metrics_port, service.state.metrics, names=names_of(settings.base_url))
    try:
        with suppress(SystemExit), metrics:
            server.run()  # SystemExit is uvicorn's own, when the port is not to be had
    except KeyboardInterrupt:
        _out.print("Stopped.")
    if not server.started:
        raise NothingListens(f"Nothing can listen on {settings.host} port {settings.port}; choose another with --port or --host.")


class _DrainingServer(uvicorn.Server):
    """A server that says where it is once it answers, and that is no longer ready for a while before it ends.

    SIGTERM: not ready, and connections are closed with their answers; after `drain_s` no new ones are taken, and what was begun is
    answered. A second SIGTERM, or ctrl-C, leaves the while out.
    """

    def __init__(self, config: uvicorn.Config, settings: Settings, readiness: Readiness, break_off: Callable[[], None]):
        super().__init__(config)
        self._break_off = break_off
        self._settings = settings
        self._readiness = readiness
        self._ends = math.inf

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to end."""
        drained = self._readiness.draining
        self._readiness.draining = True
        if sig == signal.SIGTERM and not drained and self._settings.drain_s:
            self._ends = time.monotonic() + self._settings.drain_s
        else:
            super().handle_exit(sig, frame)

    async def on_tick(self, counter: int) -> bool:
        """Whether it is time to end; asked ten times a second."""
        return await super().on_tick(counter) or time.monotonic() >= self._ends

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take no new connections, then end; after a drain, whoever was let in a moment ago still gets to say what it wants.

        uvicorn alone would close the port and, at once, every connection on which nothing was read yet. A report that is still being
        counted is broken off: nobody's call waits for it, and its reader is told to ask again.
        """
        await asyncio.to_thread(self._break_off)
        if self._ends < math.inf:
            await asyncio.sleep(0)  # those that wait to be let in are
            for server in self.servers:
                server.close()
            await asyncio.sleep(_LAST_WORDS)
        await super().shutdown(sockets)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Open the port, then tell the person who started it how to see a card."""
        await super().startup(sockets=sockets)
        if self.started:
            _announce(self._settings)


def _announce(settings: Settings) -> None:
    command = "cluneal-cds" if shutil.which("cluneal-cds") == sys.argv[0] else sys.argv[0]
    knowledge = load_knowledge(adjustments_of(settings))
    if "ehr" in settings.shown_pages:
        _out.print("\nOpen this page in a browser, and a patient on it:")
        _out.print(f"  {settings.base_url}/", style="bold", soft_wrap=True)
    _out.print(f"\ncluneal-cds {version('cluneal-cds')}, knowledge {knowledge.version.version}")
    if decided := decided_here(knowledge, load_knowledge()):
        _out.print(f"Decided here: {decided}", soft_wrap=True)
    _out.print(f"Discovery:  {settings.base_url}/cds-services", soft_wrap=True)
    _out.print(f"Remembers:  {_where(settings)}", soft_wrap=True)
    if settings.clients_file:
        _out.print(f"Clients:    those of {settings.clients_file}; every call is signed.", soft_wrap=True)
        _out.print("\nWho they are, in words:")
        _out.print(f"  {shlex.quote(command)} clients check {shlex.quote(str(settings.clients_file))}\n", style="bold", soft_wrap=True)
    else:
        warning = f"OPEN: no client is asked who it is; whoever reaches {settings.host} port {settings.port} is answered."
        _out.print(warning, style="bold yellow", soft_wrap=True)
        _out.print("\nTo see a card, in another terminal:")
        _out.print(f"  {shlex.quote(command)} story {FIRST_STORY} --send {settings.local_url}\n", style="bold", soft_wrap=True)
    _out.print("ctrl-C stops the service.")
    sys.stdout.flush()


def _where(settings: Settings) -> str:
    """Where the service remembers; never the address of a database, which may hold a password."""
    match settings.place:
        case SQLiteFile(path):
            return f"in {path}"
        case PostgreSQL():
            return "in PostgreSQL"
    return "nothing (CLUNEAL_DATABASE_URL=off): no feedback is taken, every call is answered as if it were the first"
