"""The command `replay`: a stored request, decided once more."""

import os
from importlib.metadata import version
from secrets import token_bytes
from typing import Annotated

import typer

from cds_hooks.errors import CDSHooksError
from cds_hooks.hooks import HOOKS
from cds_hooks.request import read_request
from service.chart_file import said_of
from service.commands.kept import database_at, say
from service.errors import UnreadableChart
from service.fhir.chart import chart_of_bundle
from service.knowledge.load import load_knowledge
from service.known_clients import clients_of
from service.reasoning.review import reviewed
from service.replay import Replayed, Then, replay
from service.settings import read_settings
from service.site import adjustments_of
from service.store import pseudonyms_of
from service.usage import examples

app = typer.Typer()


@app.command("replay", epilog=examples("cluneal-cds replay request.json"))
def replay_request(
    file: Annotated[typer.FileBinaryRead, typer.Argument(help="The body of a CDS Hooks request that was sent to the service.")],
    chart: Annotated[
        typer.FileBinaryRead | None,
        typer.Option(metavar="FILE", help="What was read from the FHIR server for that call: a Bundle with the Patient and the rest."),
    ] = None,
) -> None:
    """Decide a stored request once more, as of its day, and say what the record of the first time has otherwise.

    What the service read from a FHIR server is not kept: put it into FILE as the prefetch that it replaced, or give it as --chart.
    """
    settings = read_settings(os.environ)
    try:
        request = read_request(file.read(), hooks=HOOKS)
    except CDSHooksError as error:
        raise UnreadableChart(f"This file is no CDS Hooks request that can be answered. {said_of(error)}") from None
    knowledge = reviewed(load_knowledge(adjustments_of(settings)))
    clients = clients_of(settings, knowledge)
    then = Then(
        knowledge, {one.name: one for one in clients.known} if clients else {}, version("cluneal-cds"), settings.time_zone, settings.quiet
    )
    given = chart_of_bundle(chart.read()) if chart else None
    database = database_at(settings)
    replayed = list(replay(request, given, database, pseudonyms_of(settings, chance=token_bytes), then))
    for one in replayed:
        _say_replayed(one)
    if not replayed:
        say("No decision of this request is recorded: neither under its hookInstance nor, with this key, for its patient.")
    if not replayed or any(one.differences or one.wanting for one in replayed):
        raise typer.Exit(1)


def _say_replayed(one: Replayed) -> None:
    recorded = one.recorded
    cards = ", ".join(card.uuid for card in recorded.cards)
    say(f"{recorded.decided_at.isoformat()} {recorded.client or 'open'} {recorded.service}: {recorded.outcome} {cards}".rstrip())
    if one.wanting:
        say(
            f"  not decided again: {', '.join(one.wanting)} were read from the FHIR server and are not in this file. What was read is not "
            "kept; put it under prefetch in the file, or give it as a Bundle with --chart."
        )
        return
    if one.given:
        say(f"  from the chart that was given: {', '.join(one.given)}; the digest of the input, of the server's bytes, is not compared")
    for difference in one.differences:
        say(f"  {difference.what}: recorded {difference.recorded}, now {difference.now}")
    if not one.differences:
        say("  the same again")
