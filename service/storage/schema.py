"""The tables of the store, the same on SQLite and PostgreSQL. `migrations/` makes them; a test holds the two together.

No name, no clinical text, no token and no body: patients, encounters and users are keyed pseudonyms, facts of a chart keyed digests. The
one exception is what somebody wrote into the comment of a feedback.
"""

import json
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    TIMESTAMP,
    BigInteger,
    Boolean,
    Column,
    Dialect,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.types import TypeEngine

# The revision of `migrations/` that these tables are.
REVISION = "0002"
REVISION_TABLE = "alembic_version"


class Moment(TypeDecorator[datetime]):
    """A moment in UTC: timestamptz, and in SQLite, which has no such type, text of ISO 8601 that sorts like time."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The type of the column on a database."""
        return dialect.type_descriptor(TIMESTAMP(timezone=True) if dialect.name == "postgresql" else Text())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """What is stored for a moment."""
        if value is None or dialect.name == "postgresql":
            return value
        return value.astimezone(UTC).isoformat()

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """The moment that was stored."""
        if value is None:
            return None
        return (value if isinstance(value, datetime) else datetime.fromisoformat(value)).astimezone(UTC)


class Words(TypeDecorator[str]):
    """Text that both databases take: PostgreSQL has no character NUL, so neither has the store."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """What is stored for a text."""
        return None if value is None else value.replace("\x00", "\ufffd")


class Json(TypeDecorator[Any]):
    """A small list or object as JSON text, names sorted."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str:
        """What is stored for a value."""
        return json.dumps(value, ensure_ascii=False, sort_keys=True)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """The value that was stored; None where a join found no row."""
        return None if value is None else json.loads(value)


# SQLite numbers rows by itself only where the key is an INTEGER.
_Number = BigInteger().with_variant(Integer(), "sqlite")

tables = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

# One row for each chart that was judged, whatever came of it. What stands after `milliseconds` is only counted; rows of revision 0001, and
# of a version that still runs beside this one, have nothing there.
decision = Table(
    "decision",
    tables,
    Column("id", _Number, primary_key=True),
    Column("decided_at", Moment, nullable=False),
    Column("today", Words, nullable=False),
    Column("client", Words, nullable=False),
    Column("service", Words, nullable=False),
    Column("hook", Words, nullable=False),
    Column("hook_instance", Words, nullable=False),
    Column("patient", Words, nullable=False),
    Column("encounter", Words, nullable=False),
    Column("caller", Words, nullable=False),
    Column("version", Words, nullable=False),
    Column("knowledge", Words, nullable=False),
    Column("input_digest", Words, nullable=False),
    Column("data", Json, nullable=False),
    Column("findings", Json, nullable=False),
    Column("rules", Json, nullable=False),
    Column("outcome", Words, nullable=False),
    Column("silence", Json, nullable=False),
    Column("milliseconds", Double, nullable=False),
    Column("shown", Boolean),
    Column("entries", Integer),
    Column("unknown_codes", Integer),
    Column("facts", Integer),
    Column("undated", Integer),
    Column("unrecorded", Integer),
    Index(None, "client", "patient", "decided_at"),
    Index(None, "client", "caller", "decided_at"),
    Index(None, "hook_instance"),
    Index(None, "decided_at"),
)

# The cards of a decision; `shown` is false in shadow mode. The same call sent twice has the same card twice.
card = Table(
    "card",
    tables,
    Column("id", _Number, primary_key=True),
    Column("decision", _Number, ForeignKey("decision.id", ondelete="CASCADE"), nullable=False),
    Column("client", Words, nullable=False),
    Column("uuid", Words, nullable=False),
    Column("shown", Boolean, nullable=False),
    Column("topic", Words, nullable=False),
    Column("kind", Words, nullable=False),
    Column("nerves", Json, nullable=False),
    Column("side", Words, nullable=False),
    Column("tier", Words, nullable=False),
    Column("about", Words, nullable=False),
    Column("ordered", Words, nullable=False),
    Column("facts", Json, nullable=False),
    Column("in_vain", Json, nullable=False),
    Index(None, "decision"),
    Index(None, "client", "uuid"),
)

# What became of cards: each item once, told by its digest. `card_known`: the card was one of ours for this client.
feedback = Table(
    "feedback",
    tables,
    Column("id", _Number, primary_key=True),
    Column("digest", Words, nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("client", Words, nullable=False),
    Column("service", Words, nullable=False),
    Column("card", Words, nullable=False),
    Column("card_known", Boolean, nullable=False),
    Column("outcome", Words, nullable=False),
    Column("outcome_timestamp", Moment, nullable=False),
    Column("accepted_suggestions", Json, nullable=False),
    Column("reason_code", Words),
    Column("reason_system", Words),
    Column("reason_display", Words),
    Column("user_comment", Words),
    UniqueConstraint("digest"),
    Index(None, "client", "card"),
    Index(None, "client", "received_at"),
    Index(None, "received_at"),
)

# Which tokens of clients were used; `until` in seconds since 1970.
seen_token = Table(
    "seen_token",
    tables,
    Column("issuer", Words, primary_key=True),
    Column("jti", Words, primary_key=True),
    Column("until", Double, nullable=False),
    Index(None, "until"),
)

# One record for each call, chained: `hash` covers the record and the hash before it.
audit = Table(
    "audit",
    tables,
    Column("number", _Number, primary_key=True, autoincrement=False),
    Column("recorded_at", Moment, nullable=False),
    Column("record", Words, nullable=False),
    Column("hash", Words, nullable=False),
    Index(None, "recorded_at"),
)

# Where the chain begins once its oldest records were removed: the last of them.
audit_checkpoint = Table(
    "audit_checkpoint",
    tables,
    Column("number", _Number, primary_key=True, autoincrement=False),
    Column("removed_at", Moment, nullable=False),
    Column("hash", Words, nullable=False),
    Column("seal", Words, nullable=False),
)
