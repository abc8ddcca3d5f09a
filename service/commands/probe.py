"""The command `cluneal-cds probe`: the service tried on one patient of a FHIR server, before an EHR calls it."""

import asyncio
import json
import os
import stat
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from ipaddress import ip_network
from pathlib import Path
from time import monotonic
from typing import Annotated

import typer
from rich.console import Console
from rich.status import Status
from rich.text import Text

from cds_hooks.egress.addresses import system_resolve
from cds_hooks.egress.allow_list import ServiceBase, find_service_base, read_service_base
from cds_hooks.egress.exchange import Allowance, Egress
from cds_hooks.errors import MalformedRequest
from cds_hooks.fetched import Reason
from cds_hooks.fhir_authorization import FhirGrant, fhir_grant
from cds_hooks.fhir_calls import Bounds, FhirCalls
from cds_hooks.hooks.patient_view import PatientView
from cds_hooks.request import FhirAuthorization, HookRequest
from service import terminal
from service.clients.load import KnownClient
from service.fetching import Reach
from service.knowledge.load import load_knowledge
from service.knowledge.model import Knowledge
from service.known_clients import clients_of, reach_of
from service.probing.drawn import as_probed, as_server
from service.probing.probe import LIMITS, Probed, probe
from service.probing.server import ProbeFailed, Server, find_address, read_server, why
from service.probing.transcribed import transcribed
from service.reasoning.review import reviewed
from service.settings import Settings
from service.site import adjustments_of, settings_of
from service.usage import examples

app = typer.Typer()

# Seconds for what a server says of itself, which the service does not ask for in a call.
_METADATA = 15
_OTHERS = stat.S_IRWXG | stat.S_IRWXO

_out = Console(highlight=False)
_err = Console(stderr=True, highlight=False)


@app.command(
    "probe",
    epilog=examples(
        "cluneal-cds probe http://127.0.0.1:8090/fhir/R4 --patient 123",
        "cluneal-cds probe https://fhir.example.org/r4 --patient 123 --token-file token.txt --deadline 30",
    ),
)
def probe_server(
    fhir_base: Annotated[str, typer.Argument(metavar="FHIR_BASE", help="The base of the server; https, or http on this machine.")],
    patient: Annotated[str, typer.Option(metavar="ID", help="The id of the Patient resource.")],
    token_file: Annotated[
        Path | None, typer.Option(help="A file with the access token, for your eyes only. Without it, none is sent.", show_default=False)
    ] = None,
    user: Annotated[str, typer.Option(metavar="REFERENCE", help="Who looks at the chart.")] = "Practitioner/1",
    encounter: Annotated[str | None, typer.Option(metavar="ID", help="The id of the visit, where there is one.")] = None,
    client: Annotated[
        str | None, typer.Option(metavar="NAME", help="As this client of CLUNEAL_CLIENTS_FILE: its servers, time, dialect and codes.")
    ] = None,
    network: Annotated[
        list[str] | None, typer.Option(metavar="CIDR", help="A private network in which the server may lie; may be given again.")
    ] = None,
    today: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], metavar="DATE", help="The day to answer for. Without it, today.")
    ] = None,
    deadline: Annotated[
        float | None,
        typer.Option(min=0.2, max=600, metavar="S", help="Seconds for the whole call. Without it, as many as the service has."),
    ] = None,
    show_query: Annotated[bool, typer.Option("--show-query", help="Show the queries as they were sent; they name the patient.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")] = False,
) -> None:
    """Fetch a patient's chart from a FHIR server as the service would, and show what came of each query and of the chart."""
    settings = settings_of(os.environ)
    knowledge = reviewed(load_knowledge(adjustments_of(settings)))
    known, reach = _client(client, settings, knowledge) if client else (None, Reach(seconds=settings.deadline_s))
    base = _base_of_client(fhir_base, network, reach) if known else _base(fhir_base, network or ())
    request, grant = _asking(base, patient, user, encounter, client or "", _token(token_file) if token_file else None)
    day = today.date() if today else datetime.now(settings.time_zone).date()
    seconds = deadline or reach.seconds

    async def run(status: Status) -> tuple[Server, Probed]:
        resolve = system_resolve()
        status.update(f"Looking for {base.url.host}")
        await find_address(base, resolve)
        egress = Egress([base], resolve=resolve)
        # A single call: there is nobody whose calls would come at the same moment.
        calls = FhirCalls(egress, clock=monotonic, chance=lambda: 0.0)
        try:
            status.update("Asking what the server is")
            begun = asyncio.get_running_loop().time()
            server = await read_server(grant, calls, Bounds(begun + _METADATA, LIMITS.answer_bytes, Allowance(LIMITS.answer_bytes)))
            if not as_json:
                status.stop()  # As long as it is drawn, it takes what is printed for its own, and to standard error.
                _out.print(as_server(server), soft_wrap=True)
                status.start()
            if not server.is_read:
                raise ProbeFailed(server.refusal)
            tell = _progress(status)
            return server, await probe(
                request, grant, calls, knowledge, seconds=seconds, today=day, version=server.spoken, client=known, tell=tell
            )
        finally:
            await egress.aclose()

    # Drawn on a terminal alone; in a file or a pipe nothing of it is seen.
    with _err.status("") as status:
        server, probed = asyncio.run(run(status))
    if as_json:
        found = transcribed(server, grant, probed, show_query=show_query)
        sys.stdout.write(json.dumps(found, indent=2, ensure_ascii=False) + "\n")
    else:
        _out.print(as_probed(grant, probed, show_query=show_query))
    if probed.failure:
        raise ProbeFailed(probed.failure)
    if not as_json:
        # What could not be used was told above, by key.
        _out.print(Text(), terminal.as_evaluation(replace(probed.evaluation, issues=())), sep="\n")
    if probed.evaluation.refusal:
        raise typer.Exit(1)


def _progress(status: Status) -> Callable[[str], None]:
    done: list[str] = []

    def tell(key: str) -> None:
        done.append(key)
        status.update(f"Read so far: {', '.join(done)}")

    return tell


def _base(text: str, networks: list[str] | tuple[str, ...]) -> ServiceBase:
    try:
        for network in networks:
            ip_network(network)
    except ValueError:
        raise typer.BadParameter("must be a CIDR block such as 10.20.0.0/16", param_hint="--network") from None
    try:
        return read_service_base(text, networks=networks, loopback_http=True)
    except ValueError as wrong:
        raise typer.BadParameter(str(wrong), param_hint="FHIR_BASE") from None


def _client(name: str, settings: Settings, knowledge: Knowledge) -> tuple[KnownClient, Reach]:
    """The client of that name, and how far the service may go for it."""
    clients = clients_of(settings, knowledge)
    known = {one.name: one for one in clients.known} if clients else {}
    if name not in known:
        names = ", ".join(known) or "none: CLUNEAL_CLIENTS_FILE is not set"
        raise typer.BadParameter(f"there is no client {name}; there are {names}", param_hint="--client")
    return known[name], reach_of(settings, clients)[name]


def _base_of_client(text: str, networks: list[str] | None, reach: Reach) -> ServiceBase:
    """The base among those of the client: where the service would not go, neither does a probe in its place."""
    if networks:
        raise typer.BadParameter("fhir_networks of the client says where its servers may lie", param_hint="--network")
    base = find_service_base(text, reach.servers)
    if base is None:
        raise typer.BadParameter("is not among the fhir_servers of the client", param_hint="FHIR_BASE")
    return base


def _token(file: Path) -> str:
    """The token in a file. Says so when others than its owner can read it."""
    try:
        token = file.read_text(encoding="utf-8").strip()
        mode = file.stat().st_mode
    except (OSError, UnicodeDecodeError) as failed:
        reason = failed.strerror if isinstance(failed, OSError) else "it is no text"
        raise typer.BadParameter(f"{file} cannot be read: {reason}", param_hint="--token-file") from None
    if stat.S_ISREG(mode) and mode & _OTHERS:
        _err.print(
            Text(f"Others on this machine can read or change {file}: chmod 600 it, and fetch a new token.", style="yellow"), soft_wrap=True
        )
    return token


def _asking(
    base: ServiceBase, patient: str, user: str, encounter: str | None, client: str, token: str | None
) -> tuple[HookRequest, FhirGrant]:
    """The request that a client would send without any prefetch, and the leave that it gives; without a token, that of an open server."""
    try:
        context = PatientView.read({"userId": user, "patientId": patient, "encounterId": encounter})
    except MalformedRequest as wrong:
        raise typer.BadParameter(wrong.diagnostics, param_hint="--patient, --user or --encounter") from None
    authorization = token is not None and FhirAuthorization(token, "Bearer", None, None, None, None)
    request = HookRequest("patient-view", "probe", context, {}, str(base), authorization or None, client)
    grant = fhir_grant(request, [base]) if token is not None else FhirGrant(base, None, None)
    if isinstance(grant, Reason):
        raise typer.BadParameter(why(grant, None, FhirGrant(base, None, None)), param_hint="--token-file")
    return request, grant
