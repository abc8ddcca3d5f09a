"""The commands about what the service remembers: `db ..`, `audit ..`, `feedback ..`, `shadow ..` and `replay`."""

import json
import os
import sys
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from secrets import token_bytes
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from cds_hooks.errors import CDSHooksError
from cds_hooks.hooks import HOOKS
from cds_hooks.request import read_request
from service.chart_file import said_of
from service.database_url import Place, SQLiteFile
from service.errors import ClinicError, UnreadableChart
from service.fhir.chart import chart_of_bundle
from service.knowledge.load import load_knowledge
from service.knowledge_commands import examples
from service.known_clients import clients_of
from service.reasoning.review import reviewed
from service.replay import Replayed, Then, replay
from service.settings import Settings, read_settings
from service.site import adjustments_of
from service.storage.audit import AuditTrail, Link, forget_before, verify
from service.storage.backup import back_up
from service.storage.database import Database, Store, revision_at, upgrade_place
from service.storage.export import ignored, reported
from service.storage.migrate import check_revision
from service.storage.pseudonyms import make_key
from service.storage.retention import counts, forget, forget_comments
from service.storage.sample import drawn
from service.storage.schema import REVISION
from service.store import pseudonyms_of
from service.terminal import plain

db_app = typer.Typer(help="The database in which the service remembers (CLUNEAL_DATABASE_URL).", no_args_is_help=True)
audit_app = typer.Typer(help="The audit: one record for each call, chained.", no_args_is_help=True)
feedback_app = typer.Typer(help="What became of the cards.", no_args_is_help=True)
shadow_app = typer.Typer(help="What a client in shadow mode would have been shown.", no_args_is_help=True)

Days = Annotated[int, typer.Option("--older-than", min=1, metavar="DAYS", help="How old, in days.")]
Since = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], metavar="DATE", help="From this day on, in UTC.")]

_out = Console(highlight=False)
_err = Console(stderr=True, highlight=False)


class NothingRemembered(ClinicError):
    """A command asks for what is remembered, and nothing is."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} is not there: the service has not started with it yet, or CLUNEAL_DATABASE_URL should name another file.")


@db_app.command("status")
def status() -> None:
    """Say which tables the database has, whether this version of the service can use them, and how much is in them."""
    place = _place(read_settings(os.environ))
    if isinstance(place, SQLiteFile) and not place.path.exists():
        _say(f"{place.path} is not there yet; the service makes it when it starts.")
        return
    found = revision_at(place)
    _say(f"{_name(place)}: tables of revision {found or 'none'}; this version needs {REVISION}.")
    if not isinstance(place, SQLiteFile):
        database = Database(place, patient=True)
        database.run_now(check_revision)
    elif found != REVISION:
        _say("The service upgrades the file when it starts.")
        return
    else:
        database = Database(place)
    _say(", ".join(f"{count:,} {what}" for what, count in database.run_now(counts).items()))


@db_app.command("upgrade")
def upgrade() -> None:
    """Give the database the tables of this version. A SQLite file needs no command: the service does it when it starts."""
    place = _place(read_settings(os.environ))
    before = upgrade_place(place)
    done = f"revision {before or 'none'} -> {REVISION}" if before != REVISION else f"revision {REVISION}, nothing to do"
    _say(f"{_name(place)}: {done}.")


@db_app.command("new-key", epilog=examples("cluneal-cds db new-key /etc/cluneal/pseudonyms.key"))
def new_key(file: Annotated[Path, typer.Argument(help="The file to make; never one that is there.")]) -> None:
    """Make a key of the pseudonyms, for CLUNEAL_PSEUDONYM_KEY_FILE. Without it nobody in the store is recognised; keep a copy."""
    make_key(file, chance=token_bytes)
    _say(f"{file} has a new key. Every replica needs the same one.")


@db_app.command("backup", epilog=examples("cluneal-cds db backup /backup/cluneal-2026-11-20.sqlite"))
def backup(file: Annotated[Path, typer.Argument(help="The copy to make; never one that is there.")]) -> None:
    """Copy a SQLite file while the service runs: all that was acknowledged by now. PostgreSQL has its own way, pg_dump.

    The key of the pseudonyms is not in it: keep a copy of that elsewhere.
    """
    place = _place(read_settings(os.environ))
    if not isinstance(place, SQLiteFile):
        raise typer.BadParameter("a PostgreSQL database is copied by its own program: pg_dump --format=custom")
    back_up(place, file)
    _say(f"{file} holds what {place.path} held, {file.stat().st_size / 1e6:.1f} MB, and is whole.")


@db_app.command("forget", epilog=examples("cluneal-cds db forget --older-than 730", "cluneal-cds db forget --older-than 90 --comments"))
def forget_old(
    older_than: Days, comments: Annotated[bool, typer.Option("--comments", help="The comments of feedback alone.")] = False
) -> None:
    """Remove old decisions, cards and feedback, and tokens that have expired. The audit stays, with a record of this."""
    settings, now = read_settings(os.environ), datetime.now(UTC)
    database, moment = _database(settings), now - timedelta(days=older_than)
    trail = AuditTrail(pseudonyms_of(settings, chance=token_bytes), source="command")

    def work(store: Store) -> dict[str, int]:
        gone = dict(forget_comments(store, moment) if comments else forget(store, moment, now=now))
        trail.add(store, _removal("cds-forget", {"before": moment.isoformat(), **gone}), at=now)
        return gone

    _say(f"Removed: {', '.join(f'{count:,} {what}' for what, count in database.run_now(work).items())}.")


@audit_app.command("verify", epilog=examples("cluneal-cds audit verify", "cluneal-cds audit verify --expect 1200:9f2c.."))
def verify_audit(
    expect: Annotated[str, typer.Option(metavar="NUMBER:HASH", help="A place of the chain that was kept elsewhere.")] = "",
) -> None:
    """Check that no record was changed, added or removed, and print where the chain ends: keep that elsewhere, for --expect."""
    settings = read_settings(os.environ)
    database, expected = _database(settings), _link(expect)
    pseudonyms = pseudonyms_of(settings, chance=token_bytes)
    verdict = database.run_now(lambda store: verify(store, pseudonyms, expected=expected))
    _say(f"{verdict.records:,} records, from {verdict.begins.number + 1} on. The chain ends at {verdict.ends}")
    if verdict.problem:
        _say(f"NOT AS IT WAS WRITTEN: {verdict.problem}")
        raise typer.Exit(1)
    _say("Every record is as it was written.")


@audit_app.command("forget", epilog=examples("cluneal-cds audit forget --older-than 2200"))
def forget_audit(older_than: Days) -> None:
    """Remove the oldest records up to the first that is younger; the rest stays verifiable, and a record says what was done."""
    settings, now = read_settings(os.environ), datetime.now(UTC)
    database, moment = _database(settings), now - timedelta(days=older_than)
    pseudonyms = pseudonyms_of(settings, chance=token_bytes)
    trail = AuditTrail(pseudonyms, source="command")

    def work(store: Store) -> int:
        gone = forget_before(store, pseudonyms, moment, now=now)
        trail.add(store, _removal("cds-audit-forget", {"before": moment.isoformat(), "records": gone}), at=now)
        return gone

    _say(f"Removed: {database.run_now(work):,} records.")


@feedback_app.callback()
def _feedback() -> None:
    """A group of commands, also while there is one."""


@feedback_app.command("export", epilog=examples("cluneal-cds feedback export --since 2026-11-01 --ignored-after 14 > feedback.jsonl"))
def export_feedback(
    since: Since = None,
    ignored_after: Annotated[
        int | None, typer.Option(min=1, metavar="DAYS", help="Also the cards of which nothing was heard for so many days, as inferred.")
    ] = None,
) -> None:
    """Print feedback as JSON lines, each with what is known of its card. Comments may be about patients: mind where they go."""
    database, now = _database(read_settings(os.environ), reads=True), datetime.now(UTC)
    begin = since.replace(tzinfo=UTC) if since else None

    def write(store: Store) -> None:
        for line in reported(store, since=begin):
            sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
        if ignored_after is not None:
            for line in ignored(store, days=ignored_after, now=now, since=begin):
                sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")

    database.run_now(write)


@shadow_app.callback()
def _shadow() -> None:
    """A group of commands, also while there is one."""


@shadow_app.command("sample", epilog=examples("cluneal-cds shadow sample --client riverside --since 2026-11-01 --n 50 > sample.jsonl"))
def sample_shadow(
    client: Annotated[str, typer.Option(metavar="NAME", help="The client, by its name in the clients file.")],
    since: Since = None,
    number: Annotated[int, typer.Option("--n", min=1, metavar="N", help="How many.")] = 30,
    seed: Annotated[str, typer.Option(metavar="TEXT", help="Another one draws other cards; the same one the same.")] = "1",
) -> None:
    """Print cards that were made up and not shown, drawn at random, as JSON lines; the site finds its request by the hookInstance."""
    begin = since.replace(tzinfo=UTC) if since else None
    database = _database(read_settings(os.environ))
    there, lines = database.run_now(lambda store: drawn(store, client=client, number=number, seed=seed, since=begin))
    for line in lines:
        sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
    drew = f"{len(lines)} of {there:,} cards that were not shown, drawn with the seed {seed}."
    _err.print(Text(drew if lines else plain(f"No card of {client} was kept back.")), soft_wrap=True)
    if not lines:
        raise typer.Exit(1)


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
    database = _database(settings)
    replayed = list(replay(request, given, database, pseudonyms_of(settings, chance=token_bytes), then))
    for one in replayed:
        _say_replayed(one)
    if not replayed:
        _say("No decision of this request is recorded: neither under its hookInstance nor, with this key, for its patient.")
    if not replayed or any(one.differences or one.wanting for one in replayed):
        raise typer.Exit(1)


def _say_replayed(one: Replayed) -> None:
    recorded = one.recorded
    cards = ", ".join(card.uuid for card in recorded.cards)
    _say(f"{recorded.decided_at.isoformat()} {recorded.client or 'open'} {recorded.service}: {recorded.outcome} {cards}".rstrip())
    if one.wanting:
        _say(
            f"  not decided again: {', '.join(one.wanting)} were read from the FHIR server and are not in this file. What was read is not "
            "kept; put it under prefetch in the file, or give it as a Bundle with --chart."
        )
        return
    if one.given:
        _say(f"  from the chart that was given: {', '.join(one.given)}; the digest of the input, of the server's bytes, is not compared")
    for difference in one.differences:
        _say(f"  {difference.what}: recorded {difference.recorded}, now {difference.now}")
    if not one.differences:
        _say("  the same again")


def _removal(kind: str, detail: dict[str, object]) -> dict[str, object]:
    return {"type": "object", "subtype": kind, "action": "D", "outcome": "0", "agent": {"who": "operator"}, "entity": [{"detail": detail}]}


def _place(settings: Settings) -> Place:
    if settings.place is None:
        raise typer.BadParameter("with CLUNEAL_DATABASE_URL=off nothing is remembered")
    return settings.place


def _database(settings: Settings, *, reads: bool = False) -> Database:
    """The database as it is. Raises NothingRemembered for a file that is not there: a command makes none."""
    place = _place(settings)
    if isinstance(place, SQLiteFile) and not place.path.exists():
        raise NothingRemembered(place.path)
    return Database(place, wait=10, patient=True, reads=reads)


def _name(place: Place) -> str:
    return str(place.path) if isinstance(place, SQLiteFile) else "PostgreSQL"


def _link(text: str) -> Link | None:
    number, _, digest = text.partition(":")
    if text and not (number.isdigit() and digest):
        raise typer.BadParameter("a place in the chain is NUMBER:HASH, as audit verify prints it", param_hint="--expect")
    return Link(int(number), digest) if text else None


def _say(sentence: str) -> None:
    _out.print(Text(sentence), soft_wrap=True)
