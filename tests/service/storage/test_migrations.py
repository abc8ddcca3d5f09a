"""Which tables a database has: those that the code names, made once, and never those of another version."""

import asyncio
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from service.app import create_app
from service.database_url import read_database_url
from service.settings import read_settings
from service.storage import migrate
from service.storage.database import Database, upgrade_place
from service.storage.migrate import WrongSchema
from service.storage.schema import REVISION, tables
from tests.service.storage.calls import ask, question, running
from tests.service.storage.reading import execute, rows


def test_the_tables_are_those_that_the_migrations_make(url):
    """What a database has after its migrations is, column by column and index by index, what the code believes."""
    difference = Database(read_database_url(url), wait=10).run_now(
        lambda store: compare_metadata(MigrationContext.configure(store, opts={"compare_type": True}), tables)
    )

    assert difference == []


def test_the_revision_of_the_code_is_the_last_migration():
    """No step was added and not named."""
    config = Config()
    config.set_main_option("script_location", str(migrate._SCRIPTS))
    script = ScriptDirectory.from_config(config)

    assert script.get_current_head() == REVISION
    assert {step.revision for step in script.walk_revisions()} == migrate._revisions()


def test_an_empty_postgresql_is_not_started_on(server, key_file):
    """It is upgraded by the command alone; the start says so in one sentence."""
    environ = {"CLUNEAL_DATABASE_URL": server.new_database(), "CLUNEAL_PSEUDONYM_KEY_FILE": str(key_file)}

    with pytest.raises(WrongSchema, match=r"^The database has no tables of ours, .* run: cluneal-cds db upgrade$"):
        create_app(read_settings(environ))


def test_the_tables_of_a_newer_version_are_left_alone(url, environ):
    """A service that was set back says who made them and does not start; nothing is changed."""
    Database(read_database_url(url), wait=10).prepare()
    execute(url, "UPDATE alembic_version SET version_num = '9999'")

    with pytest.raises(WrongSchema, match=r"revision 9999, which this version of the service does not know .* Start that version"):
        create_app(read_settings(environ))
    with pytest.raises(WrongSchema, match="9999"):
        upgrade_place(read_database_url(url))
    assert rows(url, "alembic_version", "version_num") == [{"version_num": "9999"}]


async def test_a_replica_that_runs_goes_on_while_a_newer_version_upgrades(postgresql_url, key_file):
    """As docs/operations.md has it: the tables have a new revision and a column more, and its calls are recorded as before."""
    environ = {"CLUNEAL_DATABASE_URL": postgresql_url, "CLUNEAL_PSEUDONYM_KEY_FILE": str(key_file), "CLUNEAL_STORE_DEADLINE_S": "20"}
    async with running(environ) as old:
        await ask(old, question(instance="before"))
        execute(postgresql_url, "ALTER TABLE decision ADD COLUMN of_a_newer_version text")
        execute(postgresql_url, "UPDATE alembic_version SET version_num = '9999'")
        answer = (await ask(old, question(instance="after"))).json()

    assert "org.cluneal-cds.degraded" not in answer.get("extension", {})
    assert [row["hook_instance"] for row in rows(postgresql_url, "decision")] == ["before", "after"]


def test_one_of_many_upgrades_at_once_does_the_work(server):
    """Eight at the same moment: one finds nothing and makes the tables, the others find them made."""
    place = read_database_url(server.new_database())
    with ThreadPoolExecutor(8) as replicas:
        found = list(replicas.map(lambda _: upgrade_place(place), range(8)))

    assert sorted(found) == ["", *[REVISION] * 7]


async def test_many_processes_start_on_one_new_file(tmp_path):
    """Each finds the tables whole, whoever made them."""
    script = (
        "import sys; from service.database_url import read_database_url; from service.storage.database import Database; "
        "Database(read_database_url(sys.argv[1]), wait=60).prepare()"
    )
    url = f"sqlite:///{tmp_path / 'new.sqlite'}"
    started = [await asyncio.create_subprocess_exec(sys.executable, "-c", script, url) for _ in range(4)]

    assert [await process.wait() for process in started] == [0] * 4
    assert rows(url, "alembic_version", "version_num") == [{"version_num": REVISION}]


def test_a_migration_that_fails_leaves_nothing(tmp_path):
    """Half of the tables would be taken for all of them: a file that is not ours has afterwards what it had before."""
    file = tmp_path / "theirs.sqlite"
    with closing(sqlite3.connect(file)) as database:
        database.execute("CREATE TABLE feedback (something TEXT)")
    command = [sys.executable, "-c", "from service.cli import main; main()", "db", "upgrade"]
    told = subprocess.run(
        command, env={"CLUNEAL_DATABASE_URL": f"sqlite:///{file}"}, capture_output=True, text=True, timeout=60, check=False
    )

    assert (told.returncode, told.stderr.count("\n")) == (1, 1)
    assert told.stderr.startswith("The database of CLUNEAL_DATABASE_URL cannot be used: ")
    with closing(sqlite3.connect(file)) as database:
        assert database.execute("SELECT name FROM sqlite_master").fetchall() == [("feedback",)]
