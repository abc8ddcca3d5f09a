"""The commands `audit ..`: whether the audit is as it was written, and how long it is kept."""

import os
from datetime import UTC, datetime, timedelta
from secrets import token_bytes
from typing import Annotated

import typer

from service.commands.kept import Days, database_at, removal, say
from service.settings import read_settings
from service.storage.audit import AuditTrail, Link, forget_before, verify
from service.storage.database import Store
from service.store import pseudonyms_of
from service.usage import examples

app = typer.Typer(help="The audit: one record for each call, chained.", no_args_is_help=True)


@app.command("verify", epilog=examples("cluneal-cds audit verify", "cluneal-cds audit verify --expect 1200:9f2c.."))
def verify_audit(
    expect: Annotated[str, typer.Option(metavar="NUMBER:HASH", help="A place of the chain that was kept elsewhere.")] = "",
) -> None:
    """Check that no record was changed, added or removed, and print where the chain ends: keep that elsewhere, for --expect."""
    settings = read_settings(os.environ)
    database, expected = database_at(settings), _link(expect)
    pseudonyms = pseudonyms_of(settings, chance=token_bytes)
    verdict = database.run_now(lambda store: verify(store, pseudonyms, expected=expected))
    say(f"{verdict.records:,} records, from {verdict.begins.number + 1} on. The chain ends at {verdict.ends}")
    if verdict.problem:
        say(f"NOT AS IT WAS WRITTEN: {verdict.problem}")
        raise typer.Exit(1)
    say("Every record is as it was written.")


@app.command("forget", epilog=examples("cluneal-cds audit forget --older-than 2200"))
def forget_audit(older_than: Days) -> None:
    """Remove the oldest records up to the first that is younger; the rest stays verifiable, and a record says what was done."""
    settings, now = read_settings(os.environ), datetime.now(UTC)
    database, moment = database_at(settings), now - timedelta(days=older_than)
    pseudonyms = pseudonyms_of(settings, chance=token_bytes)
    trail = AuditTrail(pseudonyms, source="command")

    def work(store: Store) -> int:
        gone = forget_before(store, pseudonyms, moment, now=now)
        trail.add(store, removal("cds-audit-forget", {"before": moment.isoformat(), "records": gone}), at=now)
        return gone

    say(f"Removed: {database.run_now(work):,} records.")


def _link(text: str) -> Link | None:
    number, _, digest = text.partition(":")
    if text and not (number.isdigit() and digest):
        raise typer.BadParameter("a place in the chain is NUMBER:HASH, as audit verify prints it", param_hint="--expect")
    return Link(int(number), digest) if text else None
