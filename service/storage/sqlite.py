"""One SQLite file of the service, written by one thread in whole transactions, each for a bounded time.

The connection is kept, for to open and to close one costs more than a transaction does. After a failure, and when the file at the path is
no longer the one that was opened, there is a new one: a file that was moved, filled up or came back is met as it is.
"""

import asyncio
import errno
import logging
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
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
        self._opened: tuple[tuple[int, int], sqlite3.Connection] | None = None
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
        file = self._path.stat()
        database = self._open((file.st_dev, file.st_ino))
        try:
            database.execute("BEGIN IMMEDIATE")
            found = work(database)
            # Somebody has been told that nothing was stored.
            database.execute("ROLLBACK" if given_up.is_set() else "COMMIT")
        except BaseException:
            self._close()
            raise
        return found

    def _open(self, identity: tuple[int, int]) -> sqlite3.Connection:
        if self._opened and self._opened[0] == identity:
            return self._opened[1]
        self._close()
        database = sqlite3.connect(self._path, timeout=self._wait / 2, isolation_level=None, check_same_thread=False)
        self._opened = identity, database
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
        return database

    def __del__(self) -> None:
        self._close()

    def _close(self) -> None:
        """What was not committed is taken back."""
        if self._opened:
            self._opened[1].close()
            self._opened = None


def _name(failed: Exception) -> str:
    if isinstance(failed, sqlite3.Error):
        return getattr(failed, "sqlite_errorname", type(failed).__name__)
    return errno.errorcode.get(getattr(failed, "errno", None) or 0, type(failed).__name__)
