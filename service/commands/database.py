"""The commands `db ..`: the database in which the service remembers."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import token_bytes
from typing import Annotated

import typer

from service.commands.kept import Days, database_at, place_of, removal, say
from service.database_url import Place, SQLiteFile
from service.settings import read_settings
from service.storage.audit import AuditTrail
from service.storage.backup import back_up
from service.storage.database import Database, Store, revision_at, upgrade_place
from service.storage.migrate import check_revision
from service.storage.pseudonyms import make_key
from service.storage.retention import counts, forget, forget_comments
from service.storage.schema import REVISION
from service.store import pseudonyms_of
from service.usage import examples

app = typer.Typer(help="The database in which the service remembers (CLUNEAL_DATABASE_URL).", no_args_is_help=True)


@app.command("status")
def status() -> None:
    """Say which tables the database has, whether this version of the service can use them, and how much is in them."""
    place = place_of(read_settings(os.environ))
    if isinstance(place, SQLiteFile) and not place.path.exists():
        say(f"{place.path} is not there yet; the service makes it when it starts.")
        return
    found = revision_at(place)
    say(f"{_name(place)}: tables of revision {found or 'none'}; this version needs {REVISION}.")
    if not isinstance(place, SQLiteFile):
        database = Database(place, patient=True)
        database.run_now(check_revision)
    elif found != REVISION:
        say("The service upgrades the file when it starts.")
        return
    else:
        database = Database(place)
    say(", ".join(f"{count:,} {what}" for what, count in database.run_now(counts).items()))


@app.command("upgrade")
def upgrade() -> None:
    """Give the database the tables of this version. A SQLite file needs no command: the service does it when it starts."""
    place = place_of(read_settings(os.environ))
    before = upgrade_place(place)
    done = f"revision {before or 'none'} -> {REVISION}" if before != REVISION else f"revision {REVISION}, nothing to do"
    say(f"{_name(place)}: {done}.")


@app.command("new-key", epilog=examples("cluneal-cds db new-key /etc/cluneal/pseudonyms.key"))
def new_key(file: Annotated[Path, typer.Argument(help="The file to make; never one that is there.")]) -> None:
    """Make a key of the pseudonyms, for CLUNEAL_PSEUDONYM_KEY_FILE. Without it nobody in the store is recognised; keep a copy."""
    make_key(file, chance=token_bytes)
    say(f"{file} has a new key. Every replica needs the same one.")


@app.command("backup", epilog=examples("cluneal-cds db backup /backup/cluneal-2026-11-20.sqlite"))
def backup(file: Annotated[Path, typer.Argument(help="The copy to make; never one that is there.")]) -> None:
    """Copy a SQLite file while the service runs: all that was acknowledged by now. PostgreSQL has its own way, pg_dump.

    The key of the pseudonyms is not in it: keep a copy of that elsewhere.
    """
    place = place_of(read_settings(os.environ))
    if not isinstance(place, SQLiteFile):
        raise typer.BadParameter("a PostgreSQL database is copied by its own program: pg_dump --format=custom")
    back_up(place, file)
    say(f"{file} holds what {place.path} held, {file.stat().st_size / 1e6:.1f} MB, and is whole.")


@app.command("forget", epilog=examples("cluneal-cds db forget --older-than 730", "cluneal-cds db forget --older-than 90 --comments"))
def forget_old(
    older_than: Days, comments: Annotated[bool, typer.Option("--comments", help="The comments of feedback alone.")] = False
) -> None:
    """Remove old decisions, cards and feedback, and tokens that have expired. The audit stays, with a record of this."""
    settings, now = read_settings(os.environ), datetime.now(UTC)
    database, moment = database_at(settings), now - timedelta(days=older_than)
    trail = AuditTrail(pseudonyms_of(settings, chance=token_bytes), source="command")

    def work(store: Store) -> dict[str, int]:
        gone = dict(forget_comments(store, moment) if comments else forget(store, moment, now=now))
        trail.add(store, removal("cds-forget", {"before": moment.isoformat(), **gone}), at=now)
        return gone

    say(f"Removed: {', '.join(f'{count:,} {what}' for what, count in database.run_now(work).items())}.")


def _name(place: Place) -> str:
    return str(place.path) if isinstance(place, SQLiteFile) else "PostgreSQL"
