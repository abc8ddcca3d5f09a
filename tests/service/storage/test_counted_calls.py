"""What a real call leaves to be counted: shadow or not, what of the chart could be used, and calls before it that left no record."""

import asyncio
import sqlite3
from contextlib import closing

import pytest
import time_machine

from service.database_url import read_database_url
from service.storage.database import Database, upgrade_place
from service.storage.migrate import upgrade
from service.storage.schema import REVISION
from tests.service.storage.calls import NOON, ask, clients, question, running, signed
from tests.service.storage.reading import execute, rows


async def test_a_call_says_what_of_its_chart_could_be_used(environ, url):
    """Every entry, those whose codes are of systems that nobody knows, those that a rule could use, and those of them without a date."""
    body = question()
    seen = body["prefetch"]["procedures"]["entry"]
    local = {"resourceType": "Procedure", "id": "local-1", "status": "completed", "subject": seen[0]["resource"]["subject"]}
    local["code"] = {"coding": [{"system": "urn:oid:2.999.1.1", "code": "OR-1"}], "text": "Something"}
    async with running(environ) as caller:
        await ask(caller, body)
        body["hookInstance"] = "i-2"
        seen.append({"resource": local})
        undated = {key: value for key, value in seen[0]["resource"].items() if not key.startswith("performed")}
        seen.append({"resource": {**undated, "id": "undated-1"}})
        await ask(caller, body)
    before, after = rows(url, "decision")

    assert after["entries"] == before["entries"] + 2
    assert after["unknown_codes"] == before["unknown_codes"] + 1
    assert (after["facts"], after["undated"]) == (before["facts"] + 1, before["undated"] + 1)
    assert (before["shown"], before["unrecorded"]) == (1, 0)


async def test_a_call_in_shadow_mode_says_so_also_without_a_card(environ, url, tmp_path):
    """Its chart is silent, so there is no card that could tell."""
    body = {**question(), "prefetch": {**question()["prefetch"], "conditions": None}}
    with time_machine.travel(NOON, tick=False):
        async with running({**environ, **clients(tmp_path, "ehr", mode="shadow")}) as caller:
            answer = await ask(caller, body, **signed("t-1"))
    (row,) = rows(url, "decision")

    assert answer.json()["cards"] == []
    assert (row["outcome"], row["shown"]) == ("silence", 0)


async def test_calls_that_left_no_record_are_told_by_the_next(tmp_path, key_file):
    """Two calls while the file is locked, one after: the record of the last says two, and that of the one after it none."""
    file = tmp_path / "cluneal.sqlite"
    environ = {"CLUNEAL_DATABASE_URL": f"sqlite:///{file}", "CLUNEAL_PSEUDONYM_KEY_FILE": str(key_file), "CLUNEAL_STORE_DEADLINE_S": "0.3"}
    async with running(environ) as caller:
        await ask(caller, question(instance="before"))
        with closing(sqlite3.connect(file, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            degraded = [(await ask(caller, question(instance=f"down-{number}"))).json() for number in range(2)]
            other.execute("ROLLBACK")
        for number in range(100):
            answer = (await ask(caller, question(instance=f"after-{number}"))).json()
            if "org.cluneal-cds.degraded" not in answer.get("extension", {}):
                break
            degraded.append(answer)
            # After a failure the store is left alone for a second.
            await asyncio.sleep(0.05)
        await ask(caller, question(instance="last"))
    found = rows(environ["CLUNEAL_DATABASE_URL"], "decision")

    assert all("org.cluneal-cds.degraded" in one["extension"] for one in degraded)
    assert [row["unrecorded"] for row in found] == [0, len(degraded), 0]


@pytest.fixture
def first_tables(url):
    """A database with the tables of revision 0001 and a decision in it."""
    upgrade_place(read_database_url(url))
    for name in ("shown", "entries", "unknown_codes", "facts", "undated", "unrecorded"):
        execute(url, f"ALTER TABLE decision DROP COLUMN {name}")
    execute(url, "UPDATE alembic_version SET version_num = '0001'")
    return url


async def test_tables_of_the_revision_before_are_upgraded(first_tables, environ):
    """By the command, or when a SQLite file is opened; a call is recorded afterwards."""
    assert upgrade_place(read_database_url(first_tables)) == "0001"
    async with running(environ) as caller:
        await ask(caller)

    assert [row["version_num"] for row in rows(first_tables, "alembic_version", "version_num")] == [REVISION]
    assert len(rows(first_tables, "decision")) == 1


def test_a_report_upgrades_a_file_of_the_revision_before(tmp_path):
    """Whoever only reads finds the tables of this version too."""
    url = f"sqlite:///{tmp_path / 'old.sqlite'}"
    database = Database(read_database_url(url), reads=True)

    assert database.run_now(upgrade) == REVISION
    database.close()
