"""Whether a database keeps what it acknowledges: that it can be written, what it does with power cuts, and what time it has."""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, delete, insert, text

from service.storage.schema import seen_token

# No issuer has such a name: an issuer is a text without spaces around it.
_NOBODY = {"issuer": " doctor", "jti": " doctor", "until": 0.0}
# What has to be so, by the database's own words, for an acknowledgement to outlive the machine.
_SQLITE = {"journal_mode": "wal", "synchronous": "2"}
_POSTGRESQL = {"synchronous_commit": ("on", "remote_apply", "remote_write", "local"), "fsync": ("on",), "full_page_writes": ("on",)}


@dataclass(frozen=True, slots=True)
class Soundness:
    """What a database says of itself.

    software  its name and version
    risks     settings with which a power cut costs what was acknowledged, as "fsync is off"
    behind    seconds by which its clock is behind ours; None where it has ours
    """

    software: str
    risks: tuple[str, ...]
    behind: float | None


def examine(connection: Connection, *, now: datetime) -> Soundness:
    """The soundness of a database to which a row was written and taken away again; a failure to do so is raised."""
    connection.execute(delete(seen_token).where(seen_token.c.issuer == _NOBODY["issuer"]))
    connection.execute(insert(seen_token).values(**_NOBODY))
    connection.execute(delete(seen_token).where(seen_token.c.issuer == _NOBODY["issuer"]))
    return _postgresql(connection, now) if connection.dialect.name == "postgresql" else _sqlite(connection)


def _sqlite(connection: Connection) -> Soundness:
    found = {name: str(connection.execute(text(f"PRAGMA {name}")).scalar()).lower() for name in _SQLITE}
    risks = tuple(f"{name} is {value}" for name, value in found.items() if value != _SQLITE[name])
    return Soundness(f"SQLite {connection.execute(text('SELECT sqlite_version()')).scalar()}", risks, None)


def _postgresql(connection: Connection, now: datetime) -> Soundness:
    found = {name: str(connection.execute(text(f"SHOW {name}")).scalar()) for name in _POSTGRESQL}
    risks = tuple(f"{name} is {value}" for name, value in found.items() if value not in _POSTGRESQL[name])
    version = str(connection.execute(text("SHOW server_version")).scalar()).split()[0]
    theirs = connection.execute(text("SELECT clock_timestamp()")).scalar()
    behind = (now - theirs.astimezone(UTC)).total_seconds() if isinstance(theirs, datetime) else None
    return Soundness(f"PostgreSQL {version}", risks, behind)
