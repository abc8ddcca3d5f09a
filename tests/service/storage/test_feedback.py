"""Feedback from the door to the disk: the whole application, its file read back by somebody else."""

import asyncio
import json
import logging
import sqlite3
import stat
import subprocess
import sys
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cds_hooks.errors import FeedbackNotStored
from cds_hooks.feedback import read_feedback
from service.app import create_app
from service.settings import read_settings
from service.storage.feedback import SQLiteFeedback
from service.storage.sqlite import SQLiteFile

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
COMMENT = "JOHN SMITH said it hurts; 'DROP TABLE feedback; --"
OVERRIDDEN = {
    "card": "card-1",
    "outcome": "overridden",
    "outcomeTimestamp": "2026-11-20T10:05:31Z",
    "overrideReason": {"reason": {"code": "not-now", "system": "urn:x", "display": "Not now"}, "userComment": COMMENT},
}
ACCEPTED = {"card": "card-2", "outcome": "accepted", "outcomeTimestamp": "2026-11-20T10:05:31Z", "acceptedSuggestions": [{"id": "s-1"}]}


@pytest.fixture
def file(tmp_path):
    return tmp_path / "cluneal.sqlite"


def application(file):
    return httpx.ASGITransport(app=create_app(read_settings({"CLUNEAL_STORE": str(file)})))


@pytest.fixture
async def service(file):
    async with httpx.AsyncClient(transport=application(file), base_url="http://127.0.0.1:8000") as client:
        yield client


async def send(service, *items, to="cluneal-patient-view"):
    return await service.post(f"/cds-services/{to}/feedback", json={"feedback": items})


def rows(file):
    with closing(sqlite3.connect(file)) as database:
        database.row_factory = sqlite3.Row
        return [dict(row) for row in database.execute("SELECT * FROM feedback ORDER BY id")]


async def test_feedback_is_stored_as_it_was_said(service, file):
    """Each item is a row: what was said, under which service, when it came, and that the card is not known here."""
    with time_machine.travel(NOW, tick=False):
        assert (await send(service, OVERRIDDEN, ACCEPTED)).status_code == 200

    overridden, accepted = rows(file)
    assert len(overridden.pop("digest")) == 64
    assert overridden == {
        "id": 1,
        "received_at": "2026-11-20T12:00:00+00:00",
        "service": "cluneal-patient-view",
        "card": "card-1",
        "card_known": 0,
        "outcome": "overridden",
        "outcome_timestamp": "2026-11-20T10:05:31+00:00",
        "accepted_suggestions": "[]",
        "reason_code": "not-now",
        "reason_system": "urn:x",
        "reason_display": "Not now",
        "user_comment": COMMENT,
        "client": "",
    }
    assert (accepted["outcome"], accepted["accepted_suggestions"], accepted["user_comment"]) == ("accepted", '["s-1"]', None)


@pytest.mark.parametrize("hook", ["patient-view", "encounter-start", "order-select", "order-sign"])
async def test_every_service_takes_feedback(service, file, hook):
    """F-5: each of the services has its address, whichever service the card came from, known or not; no other has one."""
    assert (await send(service, ACCEPTED, to=f"cluneal-{hook}")).status_code == 200
    assert [row["service"] for row in rows(file)] == [f"cluneal-{hook}"]
    assert (await send(service, ACCEPTED, to="cluneal-nothing")).status_code == 404


async def test_the_same_item_is_stored_once(service, file):
    """Sent twice in a call, again later, or with the moment in another zone: one row, and a 200 each time."""
    elsewhere = {**ACCEPTED, "outcomeTimestamp": "2026-11-20T11:05:31.000+01:00"}
    assert [(await send(service, *items)).status_code for items in ([ACCEPTED, ACCEPTED], [ACCEPTED], [elsewhere])] == [200, 200, 200]
    assert len(rows(file)) == 1


async def test_what_is_said_anew_about_a_card_is_added(service, file):
    """F-4: another moment, another suggestion, another outcome or another service: a row of its own, and none is overwritten."""
    later = {**ACCEPTED, "outcomeTimestamp": "2026-11-20T10:05:32Z"}
    await send(service, ACCEPTED, later, {**ACCEPTED, "acceptedSuggestions": [{"id": "s-2"}]}, {**OVERRIDDEN, "card": "card-2"})
    await send(service, ACCEPTED, to="cluneal-order-sign")

    assert [row["card"] for row in rows(file)] == ["card-2"] * 5


async def test_a_body_with_one_wrong_item_stores_nothing(service, file):
    """The sound items of a refused body are not stored, and no file is made for them."""
    answer = await send(service, ACCEPTED, {**ACCEPTED, "outcome": "no"})

    assert answer.status_code == 400
    assert "feedback[1].outcome" in answer.text
    assert not file.exists()


async def test_nothing_to_keep_makes_no_file(service, file):
    """An empty list is a 200, and the file waits for the first item."""
    assert (await send(service)).status_code == 200
    assert not file.exists()


async def test_a_file_is_a_file_whatever_its_name_and_stays_where_it_is(tmp_path, monkeypatch):
    """A name that SQLite takes for memory is a file like any other, and a new working directory does not move it."""
    monkeypatch.chdir(tmp_path)
    store = SQLiteFeedback(SQLiteFile(Path(":memory:")), clock=lambda: NOW)
    monkeypatch.chdir("/")
    await store.keep("s", read_feedback(json.dumps({"feedback": [ACCEPTED]}).encode()))

    assert len(rows(tmp_path / ":memory:")) == 1


async def test_another_process_reads_what_was_stored(service, file):
    """A 200 means that it is in the file, for everybody who opens it; the text is what was sent, letter for letter."""
    said = {"userComment": "naïve \u0000 \U0001f600"}
    await send(service, {**OVERRIDDEN, "overrideReason": said})
    script = (
        "import json, sqlite3, sys; print(json.dumps(sqlite3.connect(sys.argv[1]).execute('SELECT user_comment FROM feedback').fetchall()))"
    )
    read = await asyncio.to_thread(subprocess.run, [sys.executable, "-c", script, str(file)], capture_output=True, text=True, check=True)

    assert json.loads(read.stdout) == [[said["userComment"]]]


async def test_a_second_application_on_the_file_adds_to_it(service, file):
    """After a restart, and beside another worker, the file goes on; what the first stored counts as stored."""
    await send(service, ACCEPTED)
    async with httpx.AsyncClient(transport=application(file), base_url="http://127.0.0.1:8000") as second:
        await asyncio.gather(*(send(one, ACCEPTED, {**ACCEPTED, "card": f"c-{n}"}) for n in range(20) for one in (service, second)))

    assert len(rows(file)) == 21


async def test_the_file_is_the_services_own(service, file):
    """Nobody else on the machine reads the comments; the log that SQLite writes ahead is the mode of the file."""
    await send(service, OVERRIDDEN)

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with closing(sqlite3.connect(file)) as database:
        assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def not_a_database(file):
    file.write_bytes(b"This is a letter, and no database. " * 100)


def a_folder(file):
    file.mkdir()


def another_table(file):
    with closing(sqlite3.connect(file)) as database:
        database.execute("CREATE TABLE feedback (something TEXT)")


def a_table_that_refuses(file):
    with closing(sqlite3.connect(file)) as database:
        database.execute(
            "CREATE TABLE feedback (digest TEXT UNIQUE CHECK (digest = ''), received_at, service, card, card_known, outcome, "
            "outcome_timestamp, accepted_suggestions, reason_code, reason_system, reason_display, user_comment)"
        )


@pytest.mark.parametrize("broken", [not_a_database, a_folder, another_table, a_table_that_refuses])
async def test_a_store_that_fails_is_said(service, file, broken, caplog):
    """What cannot be written is a 503 that asks for the body again, logged by the name of the failure; never a 200."""
    caplog.set_level(logging.DEBUG)
    broken(file)
    answer = await send(service, OVERRIDDEN)

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")
    assert answer.json()["issue"][0]["details"] == {"coding": [{"code": "feedback-not-stored"}], "text": "The feedback was not stored."}
    assert "feedback not stored: " in caplog.text
    assert "JOHN" not in answer.text + caplog.text


async def test_a_store_without_its_folder_is_said(service, file):
    """A folder that went away after the start is a 503; once it is back, the same body is stored."""
    away = file.parent.rename(file.parent.with_name("away"))
    assert (await send(service, ACCEPTED)).status_code == 503
    away.rename(file.parent)
    assert (await send(service, ACCEPTED)).status_code == 200
    assert len(rows(file)) == 1


async def test_items_are_stored_all_or_none(service, file):
    """When the last of three rows cannot be written, the first two are not there either."""
    await send(service, OVERRIDDEN)
    with closing(sqlite3.connect(file)) as database:
        database.execute("CREATE TRIGGER full BEFORE INSERT ON feedback WHEN NEW.card = 'third' BEGIN SELECT RAISE(ABORT, 'full'); END")

    assert (await send(service, *({**ACCEPTED, "card": card} for card in ("first", "second", "third")))).status_code == 503
    assert [row["card"] for row in rows(file)] == ["card-1"]


async def test_the_wait_for_a_locked_file_is_bounded_and_holds_nobody_else_up(service, file):
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
    assert [row["card"] for row in rows(file)] == ["card-1", "card-2"]


async def test_what_was_given_up_is_not_stored_later(file, monkeypatch):
    """A write that outlives its wait takes itself back: the client was told that nothing was stored."""
    store = SQLiteFeedback(SQLiteFile(file, wait=0.05), clock=lambda: NOW)
    touch = Path.touch

    def slow_disk(path, **how):
        monkeypatch.undo()
        time.sleep(0.3)
        touch(path, **how)

    monkeypatch.setattr(Path, "touch", slow_disk)
    with pytest.raises(FeedbackNotStored):
        await store.keep("s", read_feedback(json.dumps({"feedback": [ACCEPTED]}).encode()))
    await asyncio.sleep(0.4)
    await SQLiteFeedback(SQLiteFile(file), clock=lambda: NOW).keep("s", read_feedback(json.dumps({"feedback": [OVERRIDDEN]}).encode()))

    assert [row["card"] for row in rows(file)] == ["card-1"]


@settings(max_examples=60, deadline=2000, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(card=st.text(), said=st.text(), code=st.text(), when=st.datetimes(timezones=st.timezones()))
async def test_any_text_is_stored_whole_or_refused(service, file, card, said, code, when):
    """Whatever the letters, what was answered with 200 is read back as it was sent."""
    item = {
        **OVERRIDDEN,
        "card": card,
        "outcomeTimestamp": when.isoformat(),
        "overrideReason": {"reason": {"code": code}, "userComment": said},
    }
    answer = await send(service, item)

    assert answer.status_code in (200, 400)
    if answer.status_code == 200:
        assert (card, code or None, said or None) in [(row["card"], row["reason_code"], row["user_comment"]) for row in rows(file)]
