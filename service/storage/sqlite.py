"""One SQLite file of the service, written by one thread in whole transactions, each for a bounded time.

It is opened for each transaction: a file that was moved, filled up or came back is met as it is.
"""

import asyncio
import errno
import logging
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Event
from typing import TypeVar

T = TypeVar("T")

_log = logging.getLogger(__name__)


class NotWritten(Exception):
    """A transaction did not come to its end; nothing of it was kept."""


class SQLiteFile:
    """The database at `path`, which is made with the first transaction.

    wait  seconds for a transaction, its place in the queue included; for another program's lock on the file, half of them

    A commit that ends in the moment in which the wait does is told as not written and may yet be kept.
    """

    def __init__(self, path: Path, *, wait: float = 2.0) -> None:
        # From now on the same file, whatever the working directory becomes; and never one of SQLite's names for memory.
        self._path = path.absolute()
        self._wait = wait
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="storage")

    async def write(self, work: Callable[[sqlite3.Connection], T], *, what: str) -> T:
        """What `work` gives, once its transaction is on the disk. Raises NotWritten, and logs that `what` was not stored."""
        given_up = Event()
        writing = asyncio.wrap_future(self._thread.submit(self._transaction, work, given_up))
        try:
            async with asyncio.timeout(self._wait):
                return await writing
        except (sqlite3.Error, OSError) as failed:
            # TimeoutError is an OSError. The name of the failure alone: a message may quote what was to be stored.
            given_up.set()
            _log.error("%s not stored: %s", what, _name(failed))
            raise NotWritten from None

    def _transaction(self, work: Callable[[sqlite3.Connection], T], given_up: Event) -> T:
        # What is stored may be about a patient, so the file is the service's own; SQLite gives its companions the same mode.
        self._path.touch(mode=0o600)
        with closing(sqlite3.connect(self._path, timeout=self._wait / 2, isolation_level=None)) as database:
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("PRAGMA synchronous = FULL")
            database.execute("BEGIN IMMEDIATE")
            found = work(database)
            # Somebody has been told that nothing was stored: closing without a commit takes it back.
            if not given_up.is_set():
                database.execute("COMMIT")
            return found


def _name(failed: Exception) -> str:
    if isinstance(failed, sqlite3.Error):
        return getattr(failed, "sqlite_errorname", type(failed).__name__)
    return errno.errorcode.get(getattr(failed, "errno", None) or 0, type(failed).__name__)
