"""The database of the service: whole transactions in threads of its own, each for a bounded time.

Those that wait for a SQLite file at the same moment share one commit, and so one sync of the disk, which takes longer than all the rest of
a transaction; each is told after it.

Not SQLAlchemy's asyncio: it changes threads at every statement, which took five times as long as one thread for the transaction.
A connection to SQLite is kept, for to open and to close one costs more than a transaction does. After a failure, and when the file at the
path is no longer the one that was opened, there is a new one: a file that was moved, filled up or came back is met as it is.
"""

import asyncio
import errno
import logging
import sqlite3
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Event, Lock
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError

from service.database_url import Place, SQLiteFile
from service.errors import ClinicError
from service.storage.engines import CONNECTIONS, postgresql_engine, sqlite_engine
from service.storage.migrate import WrongSchema, check_revision, revision_of, upgrade
from service.storage.under_way import UnderWay

T = TypeVar("T")
# What those outside this room hand on and do not look into.
Store = Connection
Work = Callable[[Store], T]

# How many transactions share a commit at most: where the database itself fails, all of them are undone, and done again one by one.
_MOST_TOGETHER = 50

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A transaction that waits for its turn, and the promise of what it gives."""

    work: Work[Any]
    given_up: Event
    promise: "Future[Any]" = field(default_factory=Future)


class _GivenUp(TimeoutError):
    """Nobody waits any more, and somebody has been told that nothing was stored."""


class NotStored(Exception):
    """A transaction did not come to its end; nothing of it was kept."""


class StoreUnusable(ClinicError):
    """The database that CLUNEAL_DATABASE_URL names cannot be used; the message has the name of the failure.

    passes  whether it may be usable later without anybody changing a setting or a file: it is away, or another program holds it
    """

    def __init__(self, place: Place, failed: Exception) -> None:
        name = failure_name(failed)
        self.passes = not isinstance(place, SQLiteFile) or "SQLITE_BUSY" in name
        # The path of a file is no secret; the address of a database may hold one.
        file = f" It is the file {place.path}." if isinstance(place, SQLiteFile) else ""
        away = "" if file else " Is it running, and are its host, port, user and password right? Its own log says more."
        what_helps = away if self.passes else " Name one of the service's own, in a folder where it may write, or off."
        super().__init__(f"The database of CLUNEAL_DATABASE_URL cannot be used: {name}.{file}{what_helps}")


class Database:
    """The database at a place; a SQLite file is made with its first use, and upgraded by itself.

    wait     seconds for a transaction, its place in the queue included; for another program's lock on a file, half of them
    patient  statements may take their time, as those of commands do
    reads    nothing is written once the tables are there, and nobody else who writes has to wait
    failed   hears of each transaction of a call that failed what it was for

    A commit that ends in the moment in which the wait does is told as not stored and may yet be kept.
    """

    def __init__(
        self,
        place: Place,
        *,
        wait: float = 2.0,
        patient: bool = False,
        reads: bool = False,
        failed: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._failed = failed
        self._place = place
        self._patient = patient
        self._reads = reads
        self._wait = wait
        self._waiting: deque[_Asked] = deque()
        self._opened: tuple[object, Engine] | None = None
        self._opening = Lock()
        self._under_way = UnderWay()
        # SQLite has one writer at a time anyway, and a queue of ours has an end where its lock only has a time.
        self._threads = ThreadPoolExecutor(1 if isinstance(place, SQLiteFile) else CONNECTIONS, thread_name_prefix="storage")

    async def run(self, work: Work[T], *, what: str) -> T:
        """What `work` gives, once its transaction is on the disk. Raises NotStored, and logs that `what` failed."""
        given_up = Event()
        working = asyncio.wrap_future(self._begun(work, given_up))
        try:
            async with asyncio.timeout(self._wait):
                return await working
        except (SQLAlchemyError, WrongSchema, StoreUnusable, OSError) as failed:
            # TimeoutError is an OSError. The name of the failure alone: a message may quote what was to be stored.
            _log.error("%s failed in the store: %s", what, failure_name(failed))
            self._failed(what)
            raise NotStored from None
        finally:
            given_up.set()

    async def answers(self) -> bool:
        """Whether a transaction that could write goes through now."""
        try:
            await self.run(lambda connection: connection.execute(text("SELECT 1")).scalar(), what="a look at the store")
        except NotStored:
            return False
        return True

    def run_now(self, work: Work[T]) -> T:
        """What `work` gives, for a command, which may wait. Raises StoreUnusable and WrongSchema."""
        try:
            return self._threads.submit(self._transaction, work, Event()).result()
        except BrokenPipeError:
            # Who reads what a command prints has read enough: nothing is wrong with the store.
            raise
        except (SQLAlchemyError, OSError) as failed:
            raise StoreUnusable(self._place, failed) from None

    def prepare(self) -> None:
        """Open the database, and upgrade a SQLite file. Raises StoreUnusable and WrongSchema."""
        self.run_now(lambda _: None)

    def break_off(self) -> None:
        """Begin nothing more, and end what is being read; whoever waits for it has NotStored. For a database that only reads."""
        self._under_way.break_off()

    def close(self) -> None:
        """End the connections, after the transactions that have begun."""
        self._threads.submit(self._close).result()
        self._threads.shutdown()

    def _begun(self, work: Work[T], given_up: Event) -> "Future[T]":
        """What a transaction will give, in a thread of its own or together with those that wait already."""
        if not isinstance(self._place, SQLiteFile):
            return self._threads.submit(self._transaction, work, given_up)
        asked = _Asked(work, given_up)
        self._waiting.append(asked)
        self._threads.submit(self._turn)
        return asked.promise

    def _turn(self) -> None:
        """Carry out those that wait, all in one transaction; one by one where that fails, so that none suffers from another.

        What one of them does wrong by itself is undone alone, and told it.
        """
        asked = [self._waiting.popleft() for _ in range(min(len(self._waiting), _MOST_TOGETHER))]
        together = [one for one in asked if one.promise.set_running_or_notify_cancel()]
        if len(together) > 1:
            with suppress(Exception):
                told = self._transaction(
                    lambda connection: [_alone(one.work, connection) for one in together], *(one.given_up for one in together)
                )
                for one, (given, failed) in zip(together, told, strict=True):
                    if failed:
                        one.promise.set_exception(failed)
                    else:
                        one.promise.set_result(given)
                return
        for one in together:
            try:
                one.promise.set_result(self._transaction(one.work, one.given_up))
            except BaseException as failed:
                one.promise.set_exception(failed)

    def _transaction(self, work: Work[T], *given_up: Event) -> T:
        with self._opening:
            if self._under_way.over or any(one.is_set() for one in given_up):
                raise _GivenUp
            engine = self._engine()
        try:
            with engine.connect() as connection, self._under_way.doing(connection), connection.begin():
                found = work(connection)
                if any(one.is_set() for one in given_up):
                    raise _GivenUp
                return found
        except BaseException as failed:
            # What a work got wrong by itself was undone, and says nothing about the file.
            if isinstance(self._place, SQLiteFile) and not _is_its_own(failed):
                self._close()
            raise

    def _engine(self) -> Engine:
        """The engine for what lies at the place now, with the tables of this version in it."""
        identity = _touch(self._place) if isinstance(self._place, SQLiteFile) else None
        if self._opened and self._opened[0] == identity:
            return self._opened[1]
        self._close()
        if isinstance(self._place, SQLiteFile):
            if self._reads:
                upgrade_place(self._place)
            engine = sqlite_engine(self._place, wait=self._wait / 2, reads=self._reads)
            prepare = check_revision if self._reads else upgrade
        else:
            engine, prepare = postgresql_engine(self._place, patient=self._patient), check_revision
        try:
            with engine.begin() as connection:
                prepare(connection)
        except BaseException:
            engine.dispose()
            raise
        self._opened = identity, engine
        return engine

    def __del__(self) -> None:
        self._close()

    def _close(self) -> None:
        """What was not committed is taken back."""
        if self._opened:
            self._opened[1].dispose()
            self._opened = None


def _alone(work: Work[T], connection: Connection) -> tuple[T | None, Exception | None]:
    """What a work among others gives, or how it failed by itself, with nothing of it kept. Raises what may have ended their transaction."""
    try:
        with connection.begin_nested():
            return work(connection), None
    except Exception as failed:
        if not _is_its_own(failed):
            raise
        return None, failed


def _is_its_own(failed: BaseException) -> bool:
    """Whether a work failed by what it was given, and its transaction and the database are as sound as before.

    A full disk, a broken file or a lock may end a transaction of SQLite behind our back: what is done after that is no part of it.
    """
    if isinstance(failed, SQLAlchemyError):
        return isinstance(failed, IntegrityError) and not failed.connection_invalidated
    return isinstance(failed, _GivenUp) or (isinstance(failed, Exception) and not isinstance(failed, (OSError, MemoryError, sqlite3.Error)))


def upgrade_place(place: Place) -> str:
    """Give a database the tables of this version, and say which revision it had. Raises StoreUnusable and WrongSchema."""
    return _with_engine(place, upgrade)


def revision_at(place: Place) -> str:
    """The revision of the tables of a database; "" for one without. Raises StoreUnusable."""
    return _with_engine(place, revision_of)


def _with_engine(place: Place, work: Work[T]) -> T:
    """What `work` gives, whatever tables there are."""
    engine = sqlite_engine(place, wait=5) if isinstance(place, SQLiteFile) else postgresql_engine(place, patient=True)
    try:
        if isinstance(place, SQLiteFile):
            _touch(place)
        with engine.begin() as connection:
            return work(connection)
    except (SQLAlchemyError, OSError) as failed:
        raise StoreUnusable(place, failed) from None
    finally:
        engine.dispose()


def failure_name(failed: Exception) -> str:
    """What a failure is called by the database or the system, without its message."""
    if isinstance(failed, WrongSchema):
        return str(failed)
    cause = failed.orig if isinstance(failed, DBAPIError) else failed
    if name := getattr(cause, "sqlite_errorname", None) or getattr(cause, "sqlstate", None):
        return f"{type(cause).__name__} {name}"
    return errno.errorcode.get(getattr(cause, "errno", None) or 0, type(cause).__name__)


def _touch(file: SQLiteFile) -> tuple[int, int]:
    # What is stored may be about a patient, so the file is the service's own; SQLite gives its companions the same mode.
    file.path.touch(mode=0o600)
    found = file.path.stat()
    return found.st_dev, found.st_ino
