"""What `cluneal-cds doctor` says of a PostgreSQL: its tables, its clock, and whether it keeps what it acknowledges."""

import time
from pathlib import Path

import psycopg
import pytest

from tests.postgresql import Server
from tests.service.doctor.examining import SECRET, examined
from tests.service.storage.conftest import upgrade_now


@pytest.fixture
def on_postgresql(server: Server, key_file: Path) -> dict[str, str]:
    """Settings with a PostgreSQL database without tables; the address has a password in it."""
    address = server.new_database().replace("cluneal@", f"cluneal:{SECRET}@")
    return {"CLUNEAL_DATABASE_URL": address, "CLUNEAL_PSEUDONYM_KEY_FILE": str(key_file)}


def test_a_postgresql_without_tables_and_with_them(on_postgresql):
    """What is missing is said with the command that makes it; then all is well, down to the clocks."""
    fit, before = examined(on_postgresql, "--offline")
    upgrade_now(on_postgresql["CLUNEAL_DATABASE_URL"])
    fit_then, after = examined(on_postgresql, "--offline")

    assert (fit, fit_then) == (False, True)
    assert "cluneal-cds db upgrade" in before["database"][0]["help"]
    assert [after[about][0]["state"] for about in ("database", "durability", "clocks", "key")] == ["well"] * 4


def test_a_database_that_does_not_sync_is_wrong(on_postgresql, server):
    """What is acknowledged must outlive the machine: full_page_writes off is told, whatever else is well."""
    upgrade_now(on_postgresql["CLUNEAL_DATABASE_URL"])
    _set(server, "ALTER SYSTEM SET full_page_writes = off")
    try:
        fit, found = examined(on_postgresql, "--offline")
    finally:
        _set(server, "ALTER SYSTEM RESET full_page_writes")

    assert not fit
    assert "full_page_writes is off" in found["durability"][0]["says"]


def _set(server: Server, statement: str) -> None:
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute(statement)  # type: ignore[call-overload]
        connection.execute("SELECT pg_reload_conf()")
    time.sleep(0.2)
