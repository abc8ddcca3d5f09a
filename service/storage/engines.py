"""How the two databases are opened: what is acknowledged is on the disk, and nobody waits for ever.

Source: threat model 3.6 and the measurements there: a deferred transaction of SQLite fails at once when another writes, so BEGIN IMMEDIATE;
psycopg waits more than 7 s for a port that is mute, SQLAlchemy 30 s for a connection of its pool.
"""

from collections.abc import Callable
from errno import ENOENT
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, StaticPool, create_engine, event, make_url

from service.database_url import PostgreSQL, SQLiteFile, read_password

CONNECTIONS = 10

_PRAGMAS = ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON")
_OPTIONS = {
    "statement_timeout": "1000",
    "lock_timeout": "500",
    "idle_in_transaction_session_timeout": "5000",
    "synchronous_commit": "on",
    "timezone": "UTC",
}


def sqlite_engine(file: SQLiteFile, *, wait: float, reads: bool = False) -> Engine:
    """An engine with one connection, for one thread.

    wait   seconds for another program's lock on the file
    reads  nothing is written: whoever reads for long, as a report does, keeps no call from being recorded
    """
    engine = create_engine(
        URL.create("sqlite", database=str(file.path)),
        poolclass=StaticPool,
        hide_parameters=True,
        # SQLite's own transactions: the driver would begin one late, and not for every statement.
        connect_args={"timeout": wait, "isolation_level": None, "check_same_thread": False},
    )
    event.listen(engine, "connect", _set_pragmas)
    event.listen(engine, "begin", _begin_to_read if reads else _begin_immediate)
    return engine


def postgresql_engine(place: PostgreSQL, *, patient: bool = False) -> Engine:
    """An engine with a small pool, for threads; `patient`: statements may take their time, as a migration does."""
    options = _OPTIONS | ({"statement_timeout": "0", "lock_timeout": "0", "idle_in_transaction_session_timeout": "0"} if patient else {})
    engine = create_engine(
        make_url(place.url).set(drivername="postgresql+psycopg"),
        pool_size=CONNECTIONS,
        max_overflow=0,
        pool_timeout=0.3,
        pool_pre_ping=True,
        hide_parameters=True,
        connect_args={"connect_timeout": 2, "options": " ".join(f"-c {name}={value}" for name, value in options.items())},
    )
    if place.password_file:
        event.listen(engine, "do_connect", _password_of(place.password_file))
    return engine


def _password_of(file: Path) -> Callable[..., None]:
    """The password as the file has it now, for each new connection: it may be changed while the service runs."""

    def fill_in(_dialect: object, _record: object, _arguments: object, parameters: dict[str, Any]) -> None:
        try:
            parameters["password"] = read_password(file)
        except ValueError as wrong:
            raise OSError(ENOENT, f"CLUNEAL_DATABASE_PASSWORD_FILE: {wrong}") from None

    return fill_in


def _set_pragmas(connection: object, _: object) -> None:
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")  # type: ignore[attr-defined]


def _begin_to_read(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
