"""The audit: one record for each call, and a chain in which nothing can be changed unseen."""

import json
from datetime import timedelta

import pytest
import time_machine

from service.database_url import read_database_url
from service.storage.audit import Link, forget_before, verify
from service.storage.database import Database
from service.storage.pseudonyms import Pseudonyms, read_key
from tests.service.storage.calls import NOON, ask, clients, question, running, signed, tell
from tests.service.storage.reading import execute, rows

PATH = "/cds-services/cluneal-patient-view"


@pytest.fixture
def database(url):
    database = Database(read_database_url(url), wait=10)
    yield database
    database.close()


@pytest.fixture
def pseudonyms(key_file):
    return Pseudonyms(read_key(key_file))


async def calls(environ, number, *, at=NOON):
    """So many answered calls."""
    with time_machine.travel(at, tick=False):
        async with running(environ) as caller:
            for n in range(number):
                assert (await ask(caller, question(instance=f"{at:%j}-{n}"))).status_code == 200


async def test_each_call_leaves_one_record(environ, url, tmp_path):
    """Answered, silent, refused for its body, its chart, its token, its method or its address; feedback taken and refused."""
    missing = question()
    del missing["prefetch"]["patient"]
    with time_machine.travel(NOON, tick=False):
        async with running({**environ, **clients(tmp_path, "ehr")}) as caller:
            answers = [
                await ask(caller, **signed("1")),
                await ask(caller, missing, **signed("2")),
                await caller.post(PATH, content=b"{", headers={**signed("3")["headers"], "Content-Type": "application/json"}),
                await caller.post(PATH, content=b"{}", headers=signed("4")["headers"]),
                await ask(caller),
                await ask(caller, **signed("1")),
                await caller.put(PATH, headers=signed("5")["headers"]),
                await tell(caller, "c", **signed("6", path=f"{PATH}/feedback")),
                await caller.post(f"{PATH}/feedback", json={"feedback": []}, **signed("7", path=f"{PATH}/feedback")),
                await caller.post(f"{PATH}/feedback", json={}, **signed("8", path=f"{PATH}/feedback")),
                await caller.get("/cds-services"),
                await caller.get("/cds-services/nothing", **signed("9", path="/cds-services/nothing")),
            ]

    records = [json.loads(row["record"]) for row in rows(url, "audit", "number")]
    assert [answer.status_code for answer in answers] == [200, 412, 400, 415, 401, 401, 405, 200, 200, 400, 401, 404]
    assert [(record["number"], record["subtype"], record["outcome"], record["agent"]["who"]) for record in records] == [
        (1, "cds-hook", "0", "ehr"),
        (2, "cds-hook", "4", "ehr"),
        (3, "cds-hook", "4", "ehr"),
        (4, "cds-hook", "4", "ehr"),
        (5, "auth-fail", "4", ""),
        (6, "auth-fail", "4", ""),
        (7, "cds-hook", "4", "ehr"),
        (8, "cds-feedback", "0", "ehr"),
        (9, "cds-feedback", "0", "ehr"),
        (10, "cds-feedback", "4", "ehr"),
        (11, "auth-fail", "4", ""),
        (12, "cds-hook", "4", "ehr"),
    ]
    assert records[1]["entity"] == [{"what": PATH, "detail": {"method": "POST", "status": 412, "code": "prefetch-unavailable"}}]


async def test_a_fault_of_ours_leaves_a_record(environ, url, monkeypatch):
    """A call that ends in a 500 is in the audit as a serious failure."""

    def breaks(*_, **__):
        raise RuntimeError("JOHN SMITH")

    monkeypatch.setattr("service.cds_services.evaluate", breaks)
    async with running(environ) as caller:
        assert (await ask(caller)).status_code == 500

    (row,) = rows(url, "audit", "number")
    assert json.loads(row["record"])["entity"][0]["detail"] == {"method": "POST", "status": 500, "code": "service-fault"}
    assert json.loads(row["record"])["outcome"] == "8"
    assert "JOHN" not in row["record"]


async def test_what_anybody_may_read_leaves_no_record(environ, url):
    """Discovery, the knowledge and the probe are about nobody."""
    async with running(environ) as caller:
        for path in ("/cds-services", "/knowledge", "/livez"):
            assert (await caller.get(path)).status_code == 200

    assert rows(url, "audit", "number") == []


async def test_a_chain_that_nobody_touched_is_whole(environ, database, pseudonyms):
    """From the first record to the last, also over a restart; a place that was kept elsewhere is in it."""
    await calls(environ, 3)
    kept = database.run_now(lambda store: verify(store, pseudonyms)).ends
    await calls(environ, 2)

    verdict = database.run_now(lambda store: verify(store, pseudonyms, expected=kept))
    assert (verdict.records, verdict.begins, verdict.problem) == (5, Link(), "")
    assert (kept.number, verdict.ends.number) == (3, 5)


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        (
            "UPDATE audit SET record = REPLACE(record, 'cds-hook', 'cds-hooks') WHERE number = 3",
            "Record 3, or the one before it, is not as",
        ),
        ("UPDATE audit SET hash = 'f' WHERE number = 2", "Record 2, or the one before it,"),
        ("UPDATE audit SET recorded_at = '2020-01-01T00:00:00+00:00' WHERE number = 2", "The time of record 2 is not"),
        ("DELETE FROM audit WHERE number = 3", "After record 2 comes record 4; those between them are missing."),
        ("DELETE FROM audit WHERE number < 3", "After record 0 comes record 3; those between them are missing."),
        ("DELETE FROM audit WHERE number > 3", "Record 5 with the hash that was kept is not in the chain."),
        ("DELETE FROM audit", "Record 5 with the hash that was kept is not in the chain."),
        (
            "INSERT INTO audit SELECT 6, recorded_at, record, hash FROM audit WHERE number = 5",
            "Record 6, or the one before it, is not as it was written.",
        ),
    ],
)
async def test_whatever_is_done_to_a_record_shows(environ, url, database, pseudonyms, statement, says):
    """Changed, backdated, removed from the middle, the beginning or the end, added: the first thing that is wrong is said."""
    await calls(environ, 5)
    kept = database.run_now(lambda store: verify(store, pseudonyms)).ends
    execute(url, statement)

    assert database.run_now(lambda store: verify(store, pseudonyms, expected=kept)).problem.startswith(says)


async def test_without_the_key_no_chain_can_be_made_anew(environ, database):
    """Whoever has the database and another key does not find the chain whole."""
    await calls(environ, 1)

    assert database.run_now(lambda store: verify(store, Pseudonyms(bytes(32)))).problem


async def test_old_records_go_as_a_whole_beginning(environ, url, database, pseudonyms):
    """What is younger stays and stays verifiable, new records follow it, and a checkpoint that somebody else makes is not believed."""
    await calls(environ, 3, at=NOON - timedelta(days=30))
    await calls(environ, 2)

    gone = database.run_now(lambda store: forget_before(store, pseudonyms, NOON - timedelta(days=7), now=NOON))
    await calls(environ, 1)
    verdict = database.run_now(lambda store: verify(store, pseudonyms))
    assert (gone, verdict.records, verdict.begins.number, verdict.ends.number, verdict.problem) == (3, 3, 3, 6, "")

    execute(url, "DELETE FROM audit WHERE number = 4")
    execute(url, "UPDATE audit_checkpoint SET number = 4, hash = (SELECT hash FROM audit WHERE number = 5)")
    assert "was not made by this service" in database.run_now(lambda store: verify(store, pseudonyms)).problem


async def test_a_chain_goes_on_after_all_of_it_was_removed(environ, database, pseudonyms):
    """The next record follows the last that there was."""
    await calls(environ, 2)
    assert database.run_now(lambda store: forget_before(store, pseudonyms, NOON + timedelta(days=1), now=NOON)) == 2
    await calls(environ, 1)

    verdict = database.run_now(lambda store: verify(store, pseudonyms))
    assert (verdict.records, verdict.ends.number, verdict.problem) == (1, 3, "")
