"""The store as a SQLite file: whose it is, what befalls it, and what a file of the first version held."""

import asyncio
import json
import logging
import sqlite3
import stat
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from cds_hooks.errors import FeedbackNotStored
from cds_hooks.feedback import read_feedback
from service.app import create_app
from service.database_url import SQLiteFile
from service.settings import read_settings
from service.storage.audit import AuditTrail
from service.storage.database import Database
from service.storage.feedback import StoredFeedback
from service.storage.pseudonyms import Pseudonyms
from tests.service.storage.reading import rows
from tests.service.storage.test_feedback import ACCEPTED, NOW, OVERRIDDEN, send

# The tables as the first version of the service made them.
FIRST_FEEDBACK = """
CREATE TABLE feedback (
    id                   INTEGER PRIMARY KEY,
    digest               TEXT NOT NULL UNIQUE,
    received_at          TEXT NOT NULL,
    service              TEXT NOT NULL,
    card                 TEXT NOT NULL,
    card_known           INTEGER NOT NULL,
    outcome              TEXT NOT NULL CHECK (outcome IN ('accepted', 'overridden')),
    outcome_timestamp    TEXT NOT NULL,
    accepted_suggestions TEXT NOT NULL,
    reason_code          TEXT,
    reason_system        TEXT,
    reason_display       TEXT,
    user_comment         TEXT,
    client               TEXT NOT NULL DEFAULT ''
)
"""
FIRST_TOKENS = "CREATE TABLE seen_token (issuer TEXT NOT NULL, jti TEXT NOT NULL, until REAL NOT NULL, PRIMARY KEY (issuer, jti))"
# What it stored of ACCEPTED, with the digest that it computed.
FIRST_ROW = {
    "id": 7,
    "digest": "b6157db44d62b78360778d73ced044ea6c809fd8c30796ceef70c2590fd05238",
    "received_at": "2026-11-20T12:00:00+00:00",
    "service": "cluneal-patient-view",
    "card": "card-2",
    "card_known": 0,
    "outcome": "accepted",
    "outcome_timestamp": "2026-11-20T10:05:31+00:00",
    "accepted_suggestions": '["s-1"]',
    "reason_code": None,
    "reason_system": None,
    "reason_display": None,
    "user_comment": None,
    "client": "",
}


@pytest.fixture
def file(tmp_path):
    return tmp_path / "cluneal.sqlite"


@pytest.fixture
def url(file):
    return f"sqlite:///{file}"


@pytest.fixture
async def service(environ):
    app = create_app(read_settings({**environ, "CLUNEAL_STORE_DEADLINE_S": "1"}))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://127.0.0.1:8000") as client:
        yield client


def stored(file, *, wait=2.0):
    audit = AuditTrail(Pseudonyms(bytes(32)), source="test")
    return StoredFeedback(Database(SQLiteFile(file), wait=wait), audit, clock=lambda: NOW)


def items(*sent):
    return read_feedback(json.dumps({"feedback": sent}).encode())


async def test_a_file_is_a_file_whatever_its_name_and_stays_where_it_is(tmp_path, monkeypatch):
    """A name that SQLite could take for something else is a file like any other, and a new working directory does not move it."""
    monkeypatch.chdir(tmp_path)
    store = create_app(read_settings({"CLUNEAL_DATABASE_URL": "sqlite:///a b%20c#d.sqlite"}))
    monkeypatch.chdir("/")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=store), base_url="http://127.0.0.1:8000") as service:
        await send(service, ACCEPTED)

    assert len(rows(f"sqlite:///{tmp_path / 'a b%20c#d.sqlite'}", "feedback")) == 1


async def test_another_process_reads_what_was_stored(service, file):
    """A 200 means that it is in the file, for everybody who opens it."""
    await send(service, OVERRIDDEN)
    script = "import json, sqlite3, sys; print(json.dumps(sqlite3.connect(sys.argv[1]).execute('SELECT card FROM feedback').fetchall()))"
    read = await asyncio.to_thread(subprocess.run, [sys.executable, "-c", script, str(file)], capture_output=True, text=True, check=True)

    assert json.loads(read.stdout) == [["card-1"]]


async def test_the_file_is_the_services_own(service, file):
    """Nobody else on the machine reads the comments; the log that SQLite writes ahead has the mode of the file."""
    await send(service, OVERRIDDEN)

    assert {stat.S_IMODE(path.stat().st_mode) for path in file.parent.glob("cluneal.sqlite*")} == {0o600}
    with closing(sqlite3.connect(file)) as database:
        assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def not_a_database(file):
    file.write_bytes(b"This is a letter, and no database. " * 100)


def a_folder(file):
    file.mkdir()


def another_table(file):
    with closing(sqlite3.connect(file)) as database:
        database.execute("CREATE TABLE feedback (something TEXT)")


@pytest.mark.parametrize("broken", [not_a_database, a_folder, another_table])
async def test_a_store_that_fails_is_said(service, file, broken, caplog):
    """What cannot be written is a 503 that asks for the body again, logged by the name of the failure; never a 200."""
    caplog.set_level(logging.DEBUG)
    for path in file.parent.glob("cluneal.sqlite*"):
        path.unlink()
    broken(file)
    answer = await send(service, OVERRIDDEN)

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")
    assert answer.json()["issue"][0]["details"] == {"coding": [{"code": "feedback-not-stored"}], "text": "The feedback was not stored."}
    assert "feedback failed in the store: " in caplog.text
    assert "JOHN" not in answer.text + caplog.text


@pytest.mark.parametrize("broken", [not_a_database, another_table])
def test_a_file_that_cannot_be_used_stops_the_start(file, environ, broken):
    """A sentence that names the file, and what would help: an operator's mistake is not found out by the first call."""
    broken(file)
    command = Path(sys.executable).with_name("cluneal-cds")
    told = subprocess.run([command, "serve", "--port", "8359"], env=environ, capture_output=True, text=True, timeout=60, check=False)

    assert (told.returncode, told.stdout) == (1, "")
    assert told.stderr.startswith("The database of CLUNEAL_DATABASE_URL cannot be used: ")
    assert str(file) in told.stderr
    assert told.stderr.count("\n") == 1


async def test_a_file_that_another_program_holds_at_the_start_is_met_again(file, environ, caplog):
    """That passes: cards come meanwhile, and feedback is stored without a restart once the file is free."""
    with closing(sqlite3.connect(file, isolation_level=None)) as database:
        database.execute("BEGIN IMMEDIATE")
        app = create_app(read_settings({**environ, "CLUNEAL_STORE_DEADLINE_S": "0.5"}))
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://127.0.0.1:8000") as service:
            assert (await send(service, ACCEPTED)).status_code == 503
            database.execute("ROLLBACK")
            assert (await send(service, ACCEPTED)).status_code == 200

    assert "cannot be used: OperationalError SQLITE_BUSY" in caplog.text


async def test_a_store_without_its_folder_is_said(service, file, url):
    """A folder that went away after the start is a 503; once it is back, the same body is stored."""
    away = file.parent.rename(file.parent.with_name("away"))
    assert (await send(service, ACCEPTED)).status_code == 503
    away.rename(file.parent)
    assert (await send(service, ACCEPTED)).status_code == 200
    assert len(rows(url, "feedback")) == 1


async def test_the_wait_for_a_locked_file_is_bounded_and_holds_nobody_else_up(service, file, url):
    """While another program holds the file, feedback is a 503 in time and other calls are answered; nothing is stored afterwards."""
    await send(service, OVERRIDDEN)
    with closing(sqlite3.connect(file, isolation_level=None)) as database:
        database.execute("BEGIN IMMEDIATE")
        async with asyncio.timeout(5):
            sent = [asyncio.create_task(send(service, {**ACCEPTED, "card": f"c-{n}"})) for n in range(5)]
            await asyncio.sleep(0.05)
            async with asyncio.timeout(0.5):
                assert (await service.get("/livez")).status_code == 200
            assert {answer.status_code for answer in await asyncio.gather(*sent)} == {503}
        database.execute("ROLLBACK")

    await send(service, ACCEPTED)
    assert [row["card"] for row in rows(url, "feedback")] == ["card-1", "card-2"]


async def test_what_was_given_up_is_not_stored_later(file, url, monkeypatch):
    """A write that outlives its wait takes itself back: the client was told that nothing was stored."""
    store = stored(file, wait=0.05)
    touch = Path.touch

    def slow_disk(path, **how):
        monkeypatch.undo()
        time.sleep(0.3)
        touch(path, **how)

    monkeypatch.setattr(Path, "touch", slow_disk)
    with pytest.raises(FeedbackNotStored):
        await store.keep("s", items(ACCEPTED))
    await asyncio.sleep(0.4)
    await stored(file).keep("s", items(OVERRIDDEN))

    assert [row["card"] for row in rows(url, "feedback")] == ["card-1"]


def first_version(file, *, client):
    """A file as the first version left it, with one item of feedback and one token; `client`: its feedback had that column already."""
    row = {name: value for name, value in FIRST_ROW.items() if client or name != "client"}
    with closing(sqlite3.connect(file)) as database, database:
        database.execute(FIRST_FEEDBACK if client else FIRST_FEEDBACK.replace(",\n    client               TEXT NOT NULL DEFAULT ''", ""))
        database.execute(FIRST_TOKENS)
        database.execute("CREATE INDEX seen_token_until ON seen_token (until)")
        database.execute(f"INSERT INTO feedback ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})", list(row.values()))  # noqa: S608
        database.execute("INSERT INTO seen_token VALUES ('https://ehr.example', 'j-1', 2e9)")


async def test_the_first_version_can_still_write_to_an_upgraded_file(file, url, environ):
    """While replicas are exchanged the old one goes on: its feedback and its tokens are taken as before."""
    first_version(file, client=True)
    create_app(read_settings(environ))
    row = {**FIRST_ROW, "digest": "another"}
    del row["id"]
    with closing(sqlite3.connect(file)) as database, database:
        database.execute(FIRST_FEEDBACK.replace("CREATE TABLE", "CREATE TABLE IF NOT EXISTS"))
        for _ in range(2):
            insert = f"INSERT INTO feedback ({', '.join(row)}) VALUES ({', '.join('?' * len(row))}) ON CONFLICT (digest) DO NOTHING"  # noqa: S608
            database.execute(insert, list(row.values()))
            database.execute("INSERT INTO seen_token (issuer, jti, until) VALUES ('i', 'j-2', 2e9) ON CONFLICT DO NOTHING")

    assert [row["digest"] for row in rows(url, "feedback")] == [FIRST_ROW["digest"], "another"]
    assert [row["jti"] for row in rows(url, "seen_token", "jti")] == ["j-1", "j-2"]


@pytest.mark.parametrize("client", [True, False])
async def test_a_file_of_the_first_version_is_taken_over(file, url, environ, client):
    """What it held of feedback and tokens is there after the start, under the same ids, and is known when it is sent again."""
    first_version(file, client=client)
    app = create_app(read_settings(environ))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://127.0.0.1:8000") as service:
        assert (await send(service, ACCEPTED, OVERRIDDEN)).status_code == 200

    first, second = rows(url, "feedback")
    assert first == FIRST_ROW
    assert second["card"] == "card-1"
    assert rows(url, "seen_token", "jti") == [{"issuer": "https://ehr.example", "jti": "j-1", "until": 2e9}]
