"""The database and the key of the pseudonyms: there, of this version, writable, and safe from power cuts."""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

from service.database_url import Place, SQLiteFile
from service.doctor.verdict import Verdict, mind, well, wrong
from service.settings import Settings
from service.storage.database import Database, StoreUnusable, revision_at
from service.storage.migrate import WrongSchema
from service.storage.pseudonyms import KeyUnusable, read_key
from service.storage.schema import REVISION
from service.storage.soundness import examine

# Seconds by which two clocks may differ: half of what a token is forgiven, and all of it.
_APART, _TOO_FAR_APART = 15, 30


def of_store(settings: Settings, clock: Callable[[], datetime]) -> Iterator[Verdict]:
    """What there is to say of the store; nothing where nothing is remembered. Nothing is made or upgraded."""
    place = settings.place
    if place is None:
        return
    yield _key(settings)
    if isinstance(place, SQLiteFile) and not place.path.exists():
        yield mind("database", f"{place.path} is not there yet; the service makes it when it starts.")
        return
    try:
        found = revision_at(place)
        if found != REVISION:
            yield _other_tables(place, found)
            return
        database = Database(place, wait=10, patient=True)
        try:
            yield from _examined(database, clock)
        finally:
            database.close()
    except (StoreUnusable, WrongSchema) as failed:
        yield wrong("database", str(failed), "Is it running, may this machine reach it, and are name and password right?")


def _examined(database: Database, clock: Callable[[], datetime]) -> Iterator[Verdict]:
    found = database.run_now(lambda store: examine(store, now=clock()))
    yield well("database", f"{found.software}, tables of revision {REVISION}, can be written.")
    if found.risks:
        yield wrong("durability", f"What is acknowledged can be lost: {', '.join(found.risks)}.", "Set the database to sync.")
    else:
        yield well("durability", "What is acknowledged is on the disk.")
    if found.behind is None:
        return
    apart = f"The clocks of this machine and of the database are {abs(found.behind):.1f} s apart."
    if abs(found.behind) > _TOO_FAR_APART:
        yield wrong("clocks", apart, "Keep both by NTP: tokens are good for minutes.")
    elif abs(found.behind) > _APART:
        yield mind("clocks", apart, "Keep both by NTP.")
    else:
        yield well("clocks", apart)


def _other_tables(place: Place, found: str) -> Verdict:
    says = f"The database has {f'tables of revision {found}' if found else 'no tables of ours'}, this version needs those of {REVISION}."
    if isinstance(place, SQLiteFile):
        return mind("database", says, "The service upgrades its file when it starts, unless a newer version made it.")
    return wrong("database", says, "cluneal-cds db upgrade makes them, once for all replicas; a newer version's need that version.")


def _key(settings: Settings) -> Verdict:
    """The key as it is now; one that the service will make by itself is no fault."""
    path: Path | None = settings.key_file
    if path is None:
        return wrong("key", "No file is named for the key of the pseudonyms.", "Set CLUNEAL_PSEUDONYM_KEY_FILE.")
    if not path.exists() and settings.pseudonym_key_file is None:
        return mind("key", f"{path} is not there yet; the service makes it when it starts.", "Then keep a copy of it elsewhere.")
    try:
        read_key(path)
    except KeyUnusable as failed:
        return wrong("key", str(failed), "cluneal-cds db new-key FILE makes one; an old database needs its own.")
    return well("key", f"The key of the pseudonyms is in {path}. Keep a copy apart from that of the database.")
