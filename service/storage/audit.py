"""The audit: one record for each call, after FHIR's AuditEvent, chained so that a record that is changed, added or removed shows.

Each hash covers its record and the hash before it, keyed: whoever can write to the database cannot make the chain anew. What is cut
off at the end shows when a number and hash of the chain were kept elsewhere. Old records go as a whole beginning; a sealed checkpoint keeps
the place where the chain goes on.
"""

import hmac
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, text

from service.storage.pseudonyms import Pseudonyms
from service.storage.schema import audit, audit_checkpoint

# Any number but that of the migrations, the same in every replica.
_LOCK = 0x61756474


_ADD = insert(audit)
_NEWEST = tuple(select(table.c.number, table.c.hash).order_by(table.c.number.desc()).limit(1) for table in (audit, audit_checkpoint))


@dataclass(frozen=True, slots=True)
class Link:
    """A place in the chain: the record with this number has this hash. The first record follows 0 and no hash."""

    number: int = 0
    hash: str = ""

    def __str__(self) -> str:
        return f"{self.number}:{self.hash}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a look at the whole chain gave.

    records  how many there are;  begins, ends: its places before the first and at the last record
    problem  the first thing that is wrong, as a sentence; "" for nothing
    """

    records: int
    begins: Link
    ends: Link
    problem: str = ""


class AuditTrail:
    """Where records are added; `source`: which replica does it."""

    def __init__(self, pseudonyms: Pseudonyms, *, source: str) -> None:
        self._pseudonyms = pseudonyms
        self._source = source

    def add(self, connection: Connection, record: Mapping[str, Any], *, at: datetime) -> None:
        """Add a record at the end of the chain. Last in its transaction: until that ends, no other record is added."""
        self.add_all(connection, (record,), at=at)

    def add_all(self, connection: Connection, records: Iterable[Mapping[str, Any]], *, at: datetime) -> None:
        """Add records as `add` does, in their order."""
        append(connection, self._pseudonyms, [{"source": self._source, **record} for record in records], at=at)


def append(connection: Connection, pseudonyms: Pseudonyms, records: Sequence[Mapping[str, Any]], *, at: datetime) -> None:
    """Add records at the end of the chain, for AuditTrail and the commands."""
    if not records:
        return
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    last, rows = _last(connection), []
    for record in records:
        number = last.number + 1
        written = json.dumps({"number": number, "recorded": at.isoformat(), **record}, ensure_ascii=False, sort_keys=True)
        last = Link(number, pseudonyms.of_audit("record", last.hash, written))
        rows.append({"number": number, "recorded_at": at, "record": written, "hash": last.hash})
    connection.execute(_ADD, rows)


def verify(connection: Connection, pseudonyms: Pseudonyms, *, expected: Link | None = None) -> Verdict:
    """Whether the chain is whole, from its beginning or its checkpoint; `expected`: a place that was kept elsewhere must be in it."""
    begins, problem = _begins(connection, pseudonyms)
    last, records, seen = begins, 0, expected is None or expected == begins
    for row in connection.execute(select(audit).order_by(audit.c.number)).yield_per(1000):
        records += 1
        if not problem:
            problem = _problem(row, last, pseudonyms)
        last = Link(row.number, row.hash)
        seen = seen or last == expected
    if not problem and expected is not None and not seen:
        problem = f"Record {expected.number} with the hash that was kept is not in the chain."
    return Verdict(records, begins, last, problem)


def forget_before(connection: Connection, pseudonyms: Pseudonyms, moment: datetime, *, now: datetime) -> int:
    """How many records were removed: those before the first that is not older than `moment`, so that the chain has no hole."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    kept = connection.scalar(select(func.min(audit.c.number)).where(audit.c.recorded_at >= moment))
    old = select(audit.c.number, audit.c.hash).order_by(audit.c.number.desc()).limit(1)
    last = connection.execute(old if kept is None else old.where(audit.c.number < kept)).first()
    if last is None:
        return 0
    seal = pseudonyms.of_audit("checkpoint", str(last.number), last.hash, now.isoformat())
    connection.execute(insert(audit_checkpoint).values(number=last.number, hash=last.hash, removed_at=now, seal=seal))
    return connection.execute(delete(audit).where(audit.c.number <= last.number)).rowcount


def _last(connection: Connection) -> Link:
    for newest in _NEWEST:
        if row := connection.execute(newest).first():
            return Link(row.number, row.hash)
    return Link()


def _begins(connection: Connection, pseudonyms: Pseudonyms) -> tuple[Link, str]:
    row = connection.execute(select(audit_checkpoint).order_by(audit_checkpoint.c.number.desc()).limit(1)).first()
    if row is None:
        return Link(), ""
    seal = pseudonyms.of_audit("checkpoint", str(row.number), row.hash, row.removed_at.isoformat())
    whole = hmac.compare_digest(seal, row.seal)
    return Link(row.number, row.hash), "" if whole else f"The checkpoint at record {row.number} was not made by this service and key."


def _problem(row: Any, last: Link, pseudonyms: Pseudonyms) -> str:
    if row.number != last.number + 1:
        return f"After record {last.number} comes record {row.number}; those between them are missing."
    if not hmac.compare_digest(pseudonyms.of_audit("record", last.hash, row.record), row.hash):
        return f"Record {row.number}, or the one before it, is not as it was written."
    if json.loads(row.record).get("recorded") != row.recorded_at.isoformat():
        return f"The time of record {row.number} is not as it was written."
    return ""
