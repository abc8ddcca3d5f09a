"""Whether the service may be sent calls: /readyz says it by its status, and why in words."""

from contextlib import asynccontextmanager

import httpx
import pytest

from service.app import create_app
from service.settings import read_settings
from service.telemetry.readiness import Readiness
from tests.service.storage.calls import clients


@asynccontextmanager
async def probed(environ):
    """An application, and what its probe is answered."""
    app = create_app(read_settings(environ))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://127.0.0.1:8000") as caller:

        async def probe(method="GET"):
            return await caller.request(method, "/readyz")

        yield app, probe


async def test_a_service_that_can_answer_is_ready(environ, tmp_path):
    """Knowledge, store and clients, each in a line; a HEAD gets the same status."""
    async with probed({**environ, **clients(tmp_path, "ehr", "other")}) as (_, probe):
        answer, head = await probe(), await probe("HEAD")

    assert (answer.status_code, head.status_code, head.text) == (200, 200, "")
    lines = answer.text.splitlines()
    assert (lines[0], lines[1].partition(":")[0], lines[2:]) == (
        "ready",
        "knowledge",
        ["store: reachable", "clients: 2, with the keys that are pinned"],
    )


async def test_a_service_without_a_store_is_ready():
    """It was told to remember nothing."""
    async with probed({"CLUNEAL_DATABASE_URL": "off"}) as (_, probe):
        answer = await probe()

    assert answer.status_code == 200
    assert "store: none (CLUNEAL_DATABASE_URL=off)" in answer.text


@pytest.mark.parametrize(
    ("setting", "status", "first", "says"),
    [
        ("answer", 200, "ready, degraded", "calls are answered and not recorded, feedback is refused"),
        ("refuse", 503, "not ready", "calls are refused until it can"),
    ],
)
async def test_a_store_that_is_down_is_said(tmp_path, setting, status, first, says):
    """Whether calls are answered meanwhile is the site's decision, and so is whether they may come; no address is told."""
    folder = tmp_path / "secret"
    folder.mkdir()
    environ = {"CLUNEAL_DATABASE_URL": f"sqlite:///{folder / 'x.sqlite'}", "CLUNEAL_WHEN_STORE_IS_DOWN": setting}
    async with probed(environ) as (_, probe):
        folder.rename(tmp_path / "away")
        answer = await probe()

    assert (answer.status_code, answer.text.splitlines()[0]) == (status, first)
    assert says in answer.text
    assert "secret" not in answer.text


async def test_a_process_that_ends_is_not_ready_and_closes_its_connections(environ):
    """Every answer says so from then on, so that clients turn elsewhere; the process still lives."""
    async with probed(environ) as (app, probe):
        app.state.readiness.draining = True
        answer = await probe()

    assert (answer.status_code, answer.text.splitlines()[0], answer.headers["connection"]) == (503, "not ready", "close")


async def test_the_store_is_looked_at_once_a_second():
    """Whoever asks often does not keep it busy; once it is back, that is seen."""
    asked, now, works = [], [0.0], [False]

    async def store():
        asked.append(now[0])
        return works[0]

    readiness = Readiness(knowledge="1", clients=None, store=store, must_record=True, one_use=True, ticks=lambda: now[0])
    assert [(await readiness.verdict()).ready for _ in range(50)] == [False] * 50
    assert len(asked) == 1

    now[0], works[0] = 1.5, True
    assert (await readiness.verdict()).ready
