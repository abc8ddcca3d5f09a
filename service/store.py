"""The store that the settings describe: its database, and the key under which it knows patients."""

import logging
from collections.abc import Callable

from service.settings import Settings
from service.storage.database import Database, StoreUnusable
from service.storage.pseudonyms import KeyUnusable, Pseudonyms, read_key, read_or_make_key

_log = logging.getLogger(__name__)


def database_of(settings: Settings, *, failed: Callable[[str], None] = lambda _: None) -> Database | None:
    """The database of the settings, ready for use; None for a service that remembers nothing. Raises WrongSchema and StoreUnusable.

    One that cannot be reached is met again with each call, and so is no reason not to start; a file that cannot be used is one.
    `failed` hears of transactions that fail.
    """
    if settings.place is None:
        return None
    database = Database(settings.place, wait=settings.store_deadline_s, failed=failed)
    try:
        database.prepare()
    except StoreUnusable as failed:
        if not failed.passes:
            raise
        _log.error("%s", failed)
    return database


def pseudonyms_of(settings: Settings, *, chance: Callable[[int], bytes]) -> Pseudonyms:
    """What the key of the settings makes of patients; the key beside a SQLite file is made by `chance` when there is none.

    Raises KeyUnusable.
    """
    if settings.key_file is None:
        raise KeyUnusable("A service that remembers nothing (CLUNEAL_DATABASE_URL=off) has no key of pseudonyms.")
    if settings.pseudonym_key_file is None:
        return Pseudonyms(read_or_make_key(settings.key_file, chance=chance))
    return Pseudonyms(read_key(settings.key_file))
