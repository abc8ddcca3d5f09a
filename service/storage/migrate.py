"""Which tables a database has, and how it gets those of this version. Forward only: a newer version's tables are left alone.

A SQLite file is upgraded when it is opened, PostgreSQL by `cluneal-cds db upgrade`; in both cases in one transaction, behind a lock.
"""

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from service.errors import ClinicError
from service.storage.schema import REVISION, REVISION_TABLE

_SCRIPTS = Path(__file__).with_name("migrations")
# Any number, the same in every replica: "clun" in ASCII.
_LOCK = 0x636C756E


class WrongSchema(ClinicError):
    """The tables of the database are not those of this version of the service; the message says which of the two is to be changed."""


def revision_of(connection: Connection) -> str:
    """The revision of the tables in a database; "" when there is none, as in a new one and one from before there were revisions."""
    if not inspect(connection).has_table(REVISION_TABLE):
        return ""
    return connection.execute(text(f"SELECT version_num FROM {REVISION_TABLE}")).scalar() or ""  # noqa: S608 - a constant


def check_revision(connection: Connection) -> str:
    """The revision of the tables, when it is that of this version. Raises WrongSchema."""
    found = revision_of(connection)
    if found == REVISION:
        return found
    if not found or found in _revisions():
        raise WrongSchema(
            f"The database has {f'the tables of revision {found}' if found else 'no tables of ours'}, this version of the service needs "
            f"those of {REVISION}; run: cluneal-cds db upgrade"
        )
    raise WrongSchema(
        f"The database has the tables of revision {found}, which this version of the service does not know (it has {REVISION}): "
        "a newer version upgraded it. Start that version."
    )


def upgrade(connection: Connection) -> str:
    """Give the database the tables of this version, and say which revision it had. Raises WrongSchema for a newer version's tables."""
    if connection.dialect.name == "postgresql":
        # The second of two finds the work done. SQLite's transaction is such a lock already.
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    found = revision_of(connection)
    if found != REVISION:
        if found and found not in _revisions():
            check_revision(connection)
        _migrate(connection)
    return found


def _migrate(connection: Connection) -> None:
    # Costs a tenth of a second to import, and is needed once in the life of a database.
    from alembic import command
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    command.upgrade(config, "head")


def _revisions() -> frozenset[str]:
    """Every revision that this version knows: the files of `versions/` begin with them."""
    return frozenset(path.stem.partition("_")[0] for path in (_SCRIPTS / "versions").glob("[0-9]*.py"))
