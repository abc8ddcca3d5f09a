"""When the store is down: calls are answered all the same or not at all, as the site has it; nothing is acknowledged that is not stored."""

import asyncio
import signal
import socket
import sqlite3
from contextlib import closing

import psycopg
import pytest
import time_machine
from sqlalchemy import text

from service.database_url import read_database_url
from service.storage.database import Database
from tests.postgresql import Server
from tests.service.storage.calls import NOON, ask, clients, question, running, signed, tell
from tests.service.storage.conftest import upgrade_now
from tests.service.storage.reading import execute, rows

DEGRADED = "org.cluneal-cds.degraded"


@pytest.fixture
def own_server():
    """A server that a test may kill."""
    server = Server()
    yield server
    server.remove()


def settings(url, key_file, **more):
    return {"CLUNEAL_DATABASE_URL": url, "CLUNEAL_PSEUDONYM_KEY_FILE": str(key_file), **more}


async def recovered(caller):
    """The first answer that is given and recorded again; within five seconds, without a restart."""
    async with asyncio.timeout(5):
        for _ in range(50):
            answer = await ask(caller)
            if answer.status_code == 200 and DEGRADED not in answer.json().get("extension", {}):
                return answer.json()
            await asyncio.sleep(0.1)
    pytest.fail("the service does not remember again")


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
async def test_cards_come_while_postgresql_is_down(own_server, key_file, how, caplog):
    """Marked as not recorded; feedback is a 503; when the database is back both are stored, without a restart."""
    url = own_server.new_database()
    upgrade_now(url)
    async with running(settings(url, key_file)) as caller:
        (card,) = (await ask(caller)).json()["cards"]
        own_server.stop(how)
        down, told = (await ask(caller, question(instance="i-2"))).json(), await tell(caller, card["uuid"])
        own_server.start()
        answer = await recovered(caller)
        again = await tell(caller, card["uuid"])

    assert len(down["cards"]) == 1
    assert "not recorded" in down["extension"][DEGRADED]["says"]
    assert (told.status_code, told.headers["retry-after"], again.status_code) == (503, "10", 200)
    assert len(answer["cards"]) == 1
    assert len(rows(url, "feedback")) == 1
    assert "in the store: " in caplog.text


async def test_a_site_may_rather_have_no_answer(own_server, key_file):
    """CLUNEAL_WHEN_STORE_IS_DOWN=refuse: 503 and when to come again, also for what would have been refused; then answers again."""
    url = own_server.new_database()
    upgrade_now(url)
    async with running(settings(url, key_file, CLUNEAL_WHEN_STORE_IS_DOWN="refuse")) as caller:
        own_server.stop()
        refused = [await ask(caller), await ask(caller, {**question(), "prefetch": {}})]
        own_server.start()
        await recovered(caller)

    assert [(answer.status_code, answer.headers["retry-after"]) for answer in refused] == [(503, "5")] * 2
    assert {answer.json()["issue"][0]["details"]["coding"][0]["code"] for answer in refused} == {"call-not-recorded"}


async def test_a_service_starts_while_its_database_is_down(own_server, key_file):
    """It answers, and remembers as soon as it can."""
    url = own_server.new_database()
    upgrade_now(url)
    own_server.stop()
    async with running(settings(url, key_file)) as caller:
        assert DEGRADED in (await ask(caller)).json()["extension"]
        own_server.start()
        await recovered(caller)

    assert len(rows(url, "decision")) == 1


async def test_connections_that_were_cut_cost_no_call(postgresql_url, key_file):
    """A database that was restarted behind the service's back is met by new connections at the first call."""
    async with running(settings(postgresql_url, key_file)) as caller:
        await ask(caller)
        ours = "datname = current_database() AND pid <> pg_backend_pid()"
        execute(postgresql_url, f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {ours}")  # noqa: S608
        assert DEGRADED not in (await ask(caller)).json().get("extension", {})


async def test_a_database_that_says_nothing_is_not_waited_for_by_every_call(key_file):
    """A port that takes connections and stays mute: one call waits its second, the next ones do not."""
    with socket.create_server(("127.0.0.1", 0)) as mute:
        url = f"postgresql://cluneal@127.0.0.1:{mute.getsockname()[1]}/x"
        async with running(settings(url, key_file)) as caller, asyncio.timeout(8):
            answers = [await ask(caller, question(instance=f"i-{number}")) for number in range(20)]

    assert all(DEGRADED in answer.json()["extension"] for answer in answers)


async def test_a_token_that_cannot_be_looked_up_opens_nothing(own_server, key_file, tmp_path):
    """Whoever signs for one call is refused while nobody can tell, whatever the site says about answers."""
    url = own_server.new_database()
    upgrade_now(url)
    with time_machine.travel(NOON, tick=False):
        async with running(settings(url, key_file, **clients(tmp_path, "ehr"))) as caller:
            own_server.stop()
            refused = await ask(caller, **signed("1"))

    assert (refused.status_code, refused.json()["issue"][0]["details"]["coding"][0]["code"]) == (503, "authentication-unavailable")


async def test_cards_come_while_another_program_holds_the_file(tmp_path, key_file):
    """A locked SQLite file is a store that is down, for as long as it is locked."""
    file = tmp_path / "cluneal.sqlite"
    async with running(settings(f"sqlite:///{file}", key_file)) as caller:
        await ask(caller)
        with closing(sqlite3.connect(file, isolation_level=None)) as database:
            database.execute("BEGIN IMMEDIATE")
            down = [(await ask(caller, question(instance=f"i-{number}"))).json() for number in range(3)]
            database.execute("ROLLBACK")
        await recovered(caller)

    assert all(DEGRADED in answer["extension"] and len(answer["cards"]) == 1 for answer in down)
    assert len(rows(f"sqlite:///{file}", "decision")) == 2


def test_the_databases_are_asked_for_a_sync_with_each_commit(postgresql_url, tmp_path):
    """By their own settings: synchronous FULL (2) and a write-ahead log, synchronous_commit on where the server's own is off."""
    file = Database(read_database_url(f"sqlite:///{tmp_path / 'x.sqlite'}"), wait=10)
    replica = Database(read_database_url(postgresql_url), wait=10)

    def asked(name):
        return lambda store: store.execute(text(name)).scalar()

    assert (file.run_now(asked("PRAGMA synchronous")), file.run_now(asked("PRAGMA journal_mode"))) == (2, "wal")
    assert replica.run_now(asked("SHOW synchronous_commit")) == "on"
    assert replica.run_now(asked("SHOW lock_timeout")) == "500ms"
    with psycopg.connect(postgresql_url) as connection:
        assert connection.execute("SHOW synchronous_commit").fetchone() == ("off",)
