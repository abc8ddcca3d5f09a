"""The end of a real process: no call that was begun is lost, and what was acknowledged is stored."""

import asyncio
import os
import signal
import socket
import sys
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from tests.doors_to_fhir import SERVICE
from tests.doors_to_fhir import question as fetching_question
from tests.faulty_fhir import faulty_fhir, hang
from tests.service.storage.calls import FEEDBACK, question
from tests.service.storage.reading import execute, rows

STALLED = b"POST /cds-services/cluneal-patient-view HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"
COMMAND = Path(sys.executable).with_name("cluneal-cds")


@asynccontextmanager
async def process(folder, **settings):
    """A service with a store of its own, and its address."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    given = {
        **{name: value for name, value in os.environ.items() if not name.startswith("CLUNEAL_")},
        "CLUNEAL_DATABASE_URL": f"sqlite:///{folder / 'memory.sqlite'}",
        "CLUNEAL_STORE_DEADLINE_S": "20",
        **{f"CLUNEAL_{name.upper()}": str(value) for name, value in settings.items()},
    }
    with (folder / "log").open("wb") as log:
        running = await asyncio.create_subprocess_exec(
            COMMAND, "serve", "--port", str(port), env=given, stdout=asyncio.subprocess.PIPE, stderr=log
        )
    try:
        await running.stdout.readuntil(b"ctrl-C stops the service.\n")
        yield running, f"http://127.0.0.1:{port}"
    finally:
        if running.returncode is None:
            running.kill()
        await running.communicate()


async def test_a_stop_under_load_loses_no_call(tmp_path):
    """Eight callers, told by their answers to turn elsewhere: each of their calls is answered, recorded, and its feedback stored."""
    answered, acknowledged, probes, under_way = [], [], [], asyncio.Event()

    async def call(ehr, name):
        number = 0
        while True:
            number += 1
            asked = await ehr.post(SERVICE, json=question(instance=f"{name}-{number}", encounterId=f"visit-{name}"))
            assert asked.status_code == 200
            answered.append(f"{name}-{number}")
            if len(answered) == 20:
                under_way.set()
            if asked.headers.get("connection") == "close":
                return
            card = f"card-{name}-{number}"
            told = await ehr.post(f"{SERVICE}/feedback", json={"feedback": [{**FEEDBACK, "card": card}]})
            assert told.status_code == 200
            acknowledged.append(card)
            if told.headers.get("connection") == "close":
                return

    async with process(tmp_path, drain_s=3, quiet=0) as (running, address), httpx.AsyncClient(base_url=address, timeout=30) as ehr:
        async with asyncio.TaskGroup() as callers:
            for name in range(8):
                callers.create_task(call(ehr, name))
            await under_way.wait()
            probes.append((await ehr.get("/readyz")).status_code)
            running.send_signal(signal.SIGTERM)
            await asyncio.sleep(0.2)
            probes.append((await ehr.get("/readyz")).status_code)
        code = await running.wait()

    url = f"sqlite:///{tmp_path / 'memory.sqlite'}"
    assert (code, probes) == (0, [200, 503])
    assert sorted(row["hook_instance"] for row in rows(url, "decision")) == sorted(answered)
    assert sorted(row["card"] for row in rows(url, "feedback")) == sorted(acknowledged)
    assert len(rows(url, "audit", "number")) == len(answered) + len(acknowledged)


async def test_a_call_that_waits_for_data_is_answered_before_the_end(tmp_path):
    """Also without a while to drain: it gets its answer, no new connection is taken meanwhile, and a body that never comes holds nobody."""
    async with faulty_fhir(hang()) as server:
        settings = {"drain_s": 0, "deadline_s": 2, "open_fhir_servers": server.base, "receive_deadline_s": 60, "stop_s": 4}
        async with process(tmp_path, **settings) as (running, address), httpx.AsyncClient(base_url=address, timeout=30) as ehr:
            host, port = address.removeprefix("http://").split(":")
            _, stalled = await asyncio.open_connection(host, int(port))
            stalled.write(STALLED)
            waiting = asyncio.create_task(ehr.post(SERVICE, json=fetching_question(server.base)))
            await server.was_asked.wait()
            running.send_signal(signal.SIGTERM)
            await asyncio.sleep(0.5)
            with socket.socket() as late:
                refused = await asyncio.to_thread(late.connect_ex, (host, int(port)))
            answer = await waiting
            async with asyncio.timeout(30):
                code = await running.wait()
            stalled.close()

    assert answer.status_code == 412
    assert refused != 0
    assert code == 0
    assert [row["outcome"] for row in rows(f"sqlite:///{tmp_path / 'memory.sqlite'}", "decision")] == ["refused"]


async def test_a_report_that_is_being_counted_is_broken_off(tmp_path):
    """Whoever reads the page is told to come again; the process neither counts to the end nor waits until that answer is given up."""
    url = f"sqlite:///{tmp_path / 'memory.sqlite'}"
    async with process(tmp_path, drain_s=1, stop_s=300) as (running, address), httpx.AsyncClient(base_url=address, timeout=90) as ehr:
        (card,) = (await ehr.post(SERVICE, json=question())).json()["cards"]
        await ehr.post(f"{SERVICE}/feedback", json={"feedback": [{**FEEDBACK, "card": card["uuid"]}]})
        for table in ("decision", "card", "feedback"):
            _multiply(url, table)
        asked = asyncio.create_task(ehr.get("/numbers"))
        await asyncio.sleep(0.1)
        running.send_signal(signal.SIGTERM)
        async with asyncio.timeout(40):  # the page itself waits a minute for its report
            answer = await asked
            code = await running.wait()

    assert (answer.status_code, code) == (503, 0)
    assert "or again in a while" in answer.text


def _multiply(url, table):
    """Give the table its one row so often that a report, which joins each card with each answer to it, takes a minute."""
    (row,) = rows(url, table)
    own = {"id": "n.i", "decision": "n.i", "digest": "n.i", "uuid": "one.uuid", "card": "one.card"}
    values = ", ".join(own.get(name, f"one.{name}") for name in row)
    execute(
        url,
        f"WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 10000) "  # noqa: S608 - names of the table's own
        f"INSERT INTO {table} ({', '.join(row)}) SELECT {values} FROM n, {table} AS one",
    )
