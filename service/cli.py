"""The command `cluneal-cds`: start the service, try it on a chart or a story, look at what it knows.

Exit codes: 0 it went well; 1 what was asked about is not so (no answer, knowledge with problems, a file that holds no chart);
2 the command or a setting is wrong.
"""

import json
import os
import sys
import urllib.error
import urllib.request
import uuid
from dataclasses import replace
from datetime import date, datetime
from http.client import HTTPException
from importlib.metadata import version
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from service import terminal
from service.chart_file import opened
from service.clients.load import Clients, InvalidClients, KnownClient
from service.clients_commands import clients_app
from service.doctor.commands import doctor_app
from service.errors import ClinicError, InvalidAdjustments
from service.evaluate import evaluate as evaluate_chart
from service.integration_commands import check_record, prefetch
from service.knowledge.load import load_knowledge
from service.knowledge_commands import UnknownRevision, examples, knowledge_app
from service.known_clients import clients_of
from service.memory_commands import audit_app, db_app, feedback_app, replay_request, shadow_app
from service.probing.commands import probe_app
from service.reasoning.review import reviewed
from service.report_command import report
from service.serving import FIRST_STORY, serve
from service.settings import InvalidSettings, Settings
from service.site import adjustments_of, settings_of
from service.story import UnknownStory, hook_request, read_story, story_names
from service.transcript import transcribe
from service.usage import Commands

app = typer.Typer(
    name="cluneal-cds",
    cls=Commands,
    help="Clinical decision support for cluneal neuropathy over CDS Hooks. It suggests what to consider; it makes no diagnosis.",
    epilog=examples("cluneal-cds serve", f"cluneal-cds story {FIRST_STORY} --send http://127.0.0.1:8000   (in another terminal)"),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(knowledge_app, name="knowledge")
app.add_typer(clients_app, name="clients")
app.add_typer(probe_app)
app.add_typer(doctor_app)
app.add_typer(db_app, name="db")
app.add_typer(audit_app, name="audit")
app.add_typer(feedback_app, name="feedback")
app.add_typer(shadow_app, name="shadow")
_REPORTS = examples("cluneal-cds report --since 2026-11-01", "cluneal-cds report --since 2026-11-01 --format csv --svg charts")
app.command("report", epilog=_REPORTS)(report)
app.command("replay", epilog=examples("cluneal-cds replay request.json"))(replay_request)
_CHECKS = examples("cluneal-cds check-record chart.json", "zcat Condition.ndjson.gz | cluneal-cds check-record -")
app.command("serve", epilog=examples("cluneal-cds serve --port 8080", "CLUNEAL_TIME_ZONE=America/Chicago cluneal-cds serve"))(serve)
app.command("check-record", epilog=_CHECKS)(check_record)
app.command("prefetch", epilog=examples("cluneal-cds prefetch --for epic", "cluneal-cds prefetch --for oracle --json"))(prefetch)

_out = Console(highlight=False)
_err = Console(stderr=True, highlight=False)


def _say_version(asked: bool) -> None:
    if asked:
        _out.print(f"cluneal-cds {version('cluneal-cds')}, knowledge {load_knowledge().version.version}")
        raise typer.Exit


@app.callback()
def _whole(
    version_: Annotated[
        bool, typer.Option("--version", callback=_say_version, is_eager=True, help="Print the version of the program and of what it knows.")
    ] = False,
) -> None:
    """Every command, and what is asked of none of them."""


def main() -> None:
    """Run the command line; what a person has to mend comes as a sentence, not as a traceback."""
    try:
        app()
    except (InvalidAdjustments, InvalidClients, InvalidSettings, UnknownStory, UnknownRevision) as wrong:
        _stop(str(wrong), code=2)
    except ClinicError as failed:
        _stop(str(failed), code=1)


@app.command(
    epilog=examples(
        "cluneal-cds evaluate chart.json",
        "cluneal-cds evaluate request.json --today 2026-11-20 --json",
        f"cluneal-cds story {FIRST_STORY} | cluneal-cds evaluate -",
    )
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
    epilog=examples(
        "cluneal-cds story --list",
        f"cluneal-cds story {FIRST_STORY} > request.json",
        f"cluneal-cds story {FIRST_STORY} --send http://127.0.0.1:8000",
    )
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
        _stop(f"No CDS service answered at {url} ({reason}). Start one with: cluneal-cds serve", code=1)
    try:
        drawn, links = terminal.as_answer(json.loads(answer)), terminal.as_links(json.loads(answer))
    except (ValueError, LookupError, AttributeError, TypeError):
        _stop(f"What answered at {url} gave no CDS Hooks response that can be drawn. Is a service of ours running there?", code=1)
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


def _stop(sentence: str, *, code: int) -> NoReturn:
    _err.print(Text(terminal.plain(sentence)), soft_wrap=True)
    sys.exit(code)
