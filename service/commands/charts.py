"""The commands that try the service on a patient: `evaluate`, a chart in a file, and `story`, a made-up one."""

import json
import os
import sys
import urllib.error
import urllib.request
import uuid
from dataclasses import replace
from datetime import date, datetime
from http.client import HTTPException
from typing import Annotated

import typer
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from service import terminal
from service.chart_file import opened
from service.clients.load import Clients, KnownClient
from service.errors import ClinicError
from service.evaluate import evaluate as evaluate_chart
from service.knowledge.load import load_knowledge
from service.known_clients import clients_of
from service.reasoning.review import reviewed
from service.settings import Settings
from service.site import adjustments_of, settings_of
from service.story import FIRST_STORY, hook_request, read_story, story_names
from service.transcript import transcribe
from service.usage import examples

app = typer.Typer()

_out = Console(highlight=False)
_err = Console(stderr=True, highlight=False)


class NoAnswer(ClinicError):
    """What was called gave no answer of a CDS service."""


@app.command(
    "evaluate",
    epilog=examples(
        "cluneal-cds evaluate chart.json",
        "cluneal-cds evaluate request.json --today 2026-11-20 --json",
        f"cluneal-cds story {FIRST_STORY} | cluneal-cds evaluate -",
    ),
)
def evaluate(
    file: Annotated[
        typer.FileBinaryRead, typer.Argument(help="A FHIR R4 Bundle with one Patient, or a CDS Hooks request; - for standard input.")
    ],
    today: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], metavar="DATE", help="The day to answer for. Without it, today.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")] = False,
    client: Annotated[
        str | None, typer.Option(metavar="NAME", help="Read and answer as for this client of CLUNEAL_CLIENTS_FILE: its codes, its dialect.")
    ] = None,
) -> None:
    """Show everything the service makes of a chart: what it read, what it found, and its card or why there is none."""
    chart, call = opened(file.read(), name="standard input" if file.name == "<stdin>" else file.name)
    settings = settings_of(os.environ)
    day = today.date() if today else _today(settings)
    knowledge = reviewed(load_knowledge(adjustments_of(settings)))
    if client:
        known = _client(client, clients_of(settings, knowledge))
        call = replace(call, speech=known.speech, local=known.local)
    evaluation = evaluate_chart(chart, knowledge, today=day, call=call)
    if as_json:
        sys.stdout.write(json.dumps(transcribe(evaluation), indent=2, ensure_ascii=False) + "\n")
    else:
        _out.print(terminal.as_evaluation(evaluation))
    if evaluation.refusal:
        raise typer.Exit(1)


@app.command(
    "story",
    epilog=examples(
        "cluneal-cds story --list",
        f"cluneal-cds story {FIRST_STORY} > request.json",
        f"cluneal-cds story {FIRST_STORY} --send http://127.0.0.1:8000",
    ),
)
def story(
    name: Annotated[str | None, typer.Argument(help="The story to tell, a folder of fixtures/patients.", show_default=False)] = None,
    send: Annotated[str | None, typer.Option(metavar="URL", help="Send it to the service at this address and draw the answer.")] = None,
    list_all: Annotated[bool, typer.Option("--list", help="Name all stories.")] = False,
) -> None:
    """Tell a made-up patient as the request an EHR would send today; with --send, show the card that comes back."""
    if list_all:
        _list_stories()
    elif name is None:
        raise typer.BadParameter("name a story, or ask for --list")
    else:
        request = hook_request(read_story(name), hook_instance=str(uuid.uuid4()), today=_today(settings_of(os.environ)))
        if send is None:
            sys.stdout.write(json.dumps(request, indent=2, ensure_ascii=False) + "\n")
        else:
            _show_answer(send, request)


def _show_answer(url: str, request: dict[str, object]) -> None:
    """Send a request to our service for its hook at `url` and draw what comes back; anything but a 200 ends with exit code 1."""
    if not url.startswith(("http://", "https://")):
        raise typer.BadParameter("an address starts with http:// or https://", param_hint="--send")
    base = url.rstrip("/").removesuffix("/cds-services")
    try:
        call = urllib.request.Request(  # noqa: S310 - the scheme was checked
            f"{base}/cds-services/cluneal-{request['hook']}",
            data=json.dumps(request).encode(),
            headers={"Content-Type": "application/json", "Accept": "application/json"},
        )
        with urllib.request.urlopen(call, timeout=30) as response:  # noqa: S310
            answer = response.read()
    except urllib.error.HTTPError as refused:
        _err.print(terminal.as_failure(refused.code, _read_json(refused.read())))
        raise typer.Exit(1) from None
    except (OSError, ValueError, HTTPException) as failed:
        reason = failed.reason if isinstance(failed, urllib.error.URLError) else failed
        raise NoAnswer(f"No CDS service answered at {url} ({reason}). Start one with: cluneal-cds serve") from None
    try:
        drawn, links = terminal.as_answer(json.loads(answer)), terminal.as_links(json.loads(answer))
    except (ValueError, LookupError, AttributeError, TypeError):
        raise NoAnswer(
            f"What answered at {url} gave no CDS Hooks response that can be drawn. Is a service of ours running there?"
        ) from None
    _out.print(drawn)
    for link in links:
        _out.print(link, soft_wrap=True, markup=False, highlight=False)


def _client(name: str, clients: Clients | None) -> KnownClient:
    """The client of that name."""
    named = {known.name: known for known in clients.known} if clients else {}
    if name not in named:
        there = f"there are {', '.join(named)}" if named else "CLUNEAL_CLIENTS_FILE names the file that would hold it"
        raise typer.BadParameter(f"no such client; {there}", param_hint="--client")
    return named[name]


def _list_stories() -> None:
    for name in story_names():
        _out.print(Text(name, style="bold"), Padding(Text(read_story(name).says), (0, 0, 0, 2)), sep="\n")


def _read_json(body: bytes) -> object:
    try:
        return json.loads(body)
    except ValueError:
        return None


def _today(settings: Settings) -> date:
    return datetime.now(settings.time_zone).date()
