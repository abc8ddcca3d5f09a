"""The whole application, called as a client calls it."""

import asyncio
from datetime import UTC, date, datetime
from time import perf_counter

import httpx
import pytest
import time_machine
from fastapi import FastAPI

from cds_hooks.router import cds_hooks_router, install
from cds_hooks.transport import Limits
from service.app import create_app
from service.cds_services import offered_services
from service.knowledge.load import load_knowledge
from service.large_charts import LargeCharts
from service.settings import read_settings
from service.story import hook_request, read_story
from tests.doors import posted

SERVICE = "/cds-services/cluneal-patient-view"


def client(**settings: str) -> httpx.AsyncClient:
    given = {"database_url": "off", **settings}
    app = create_app(read_settings({f"CLUNEAL_{name.upper()}": value for name, value in given.items()}))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://127.0.0.1:8000")


def told(name: str, *, on: datetime | None = None) -> dict[str, object]:
    story = read_story(name)
    return hook_request(story, hook_instance="1", today=on.date() if on else story.today)


async def test_all_services_are_discovered():
    """Discovery offers one service for each hook, with the prefetch keys that are needed."""
    services = (await client().get("/cds-services")).json()["services"]

    assert [(one["id"], one["hook"]) for one in services] == [
        ("cluneal-patient-view", "patient-view"),
        ("cluneal-encounter-start", "encounter-start"),
        ("cluneal-order-select", "order-select"),
        ("cluneal-order-sign", "order-sign"),
    ]
    assert all({"patient", "conditions", "procedures"} <= set(one["prefetch"]) for one in services)


async def test_the_process_says_that_it_lives():
    """A probe gets a 200 that no cache keeps."""
    answer = await client().get("/livez")

    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"


async def test_our_code_system_is_served_where_its_codes_point():
    """The CodeSystem of the examination findings is FHIR JSON, at the path of its canonical URL."""
    answer = await client().get("/fhir/CodeSystem/examination")

    assert answer.headers["content-type"].startswith("application/fhir+json")
    assert answer.json()["resourceType"] == "CodeSystem"
    assert answer.json()["url"].endswith("/fhir/CodeSystem/examination")


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/index.html", "/openapi.json", "/cds-services/", "/fhir/CodeSystem", "/livez/"])
async def test_nothing_else_is_open(path):
    """Pages of the framework are closed, and a wrong address gets an OperationOutcome."""
    answer = await client().get(path)

    assert answer.status_code == 404
    assert answer.json()["resourceType"] == "OperationOutcome"


@pytest.mark.parametrize(("zone", "indicated"), [("UTC", "block"), ("Pacific/Kiritimati", "workup")])
async def test_today_is_the_day_in_the_time_zone_of_the_settings(zone, indicated):
    """A point that was pressed 90 days ago still counts in London at noon, and no longer where the next day has begun."""
    with time_machine.travel(datetime(2027, 2, 18, 12, tzinfo=UTC), tick=False):
        answer = await client(time_zone=zone).post(SERVICE, json=told("laminectomy-and-right-point-recorded-today"))

    (card,) = answer.json()["cards"]
    assert card["extension"]["org.cluneal-cds.basis"]["kind"] == indicated


async def test_the_largest_body_is_a_setting():
    """A body above CLUNEAL_MAX_BODY_MB is refused before it is read."""
    request = {**told("empty-chart"), "extension": {"org.example": "x" * 1024 * 1024}}

    assert (await client(max_body_mb="1").post(SERVICE, json=request)).status_code == 413
    assert (await client(max_body_mb="2").post(SERVICE, json=request)).status_code == 200


async def test_a_large_chart_is_answered_like_a_small_one():
    """A chart that is read beside the event loop gets the same card, also when many of them come at once."""
    request = told("laminectomy-and-iliac-harvest", on=datetime.now(UTC))
    padded = {**request, "prefetch": {**request["prefetch"], "labs": {"resourceType": "Bundle", "extension": ["x" * 400_000]}}}
    services = client(deadline_s="20")

    small, large = [(await services.post(SERVICE, json=body)).json()["cards"] for body in (request, padded)]
    assert [card["summary"] for card in large] == [card["summary"] for card in small] != []

    together = await asyncio.gather(*(services.post(SERVICE, json=padded) for _ in range(10)))
    assert {answer.status_code for answer in together} == {200}


async def test_origins_are_a_setting():
    """A page of a configured origin may read the answers; any other page may not."""
    allowed = client(origins="https://ehr.example")
    headers = {"Origin": "https://ehr.example"}

    assert (await allowed.get("/cds-services", headers=headers)).headers["access-control-allow-origin"] == "https://ehr.example"
    assert "access-control-allow-origin" not in (await client().get("/cds-services", headers=headers)).headers


def test_a_value_of_millions_of_empty_parts_is_too_large():
    """It would hold the process for seconds; no chart is made of such crumbs."""
    body = hook_request(read_story("laminectomy-and-iliac-harvest"), hook_instance="1", today=date(2026, 11, 20))
    for part in ({}, None, 7, ""):
        body["prefetch"] = {**body["prefetch"], "labs": {"resourceType": "Bundle", "entry": [part] * 400_000}}

        assert posted(body, on=date(2026, 11, 20)).status == 413


async def test_large_charts_wait_for_a_place_and_not_for_ever():
    """Two are read at a time; who waited in vain is asked to come again, and nobody is told that there is nothing to say."""
    body = told("laminectomy-and-iliac-harvest", on=datetime.now(UTC))
    reports = body["prefetch"]["reports"]["entry"]
    body["prefetch"]["reports"]["entry"] = [*reports, *({"resource": {**reports[0]["resource"], "id": f"r-{n}"}} for n in range(400))]
    services = offered_services(load_knowledge(), clock=lambda: datetime.now(UTC).date(), ticks=perf_counter, large=LargeCharts(patience=0))
    app = FastAPI()
    app.include_router(cds_hooks_router(services, limits=Limits()))
    install(app)

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://127.0.0.1:8000") as ehr:
        answers = await asyncio.gather(*(ehr.post(SERVICE, json=body) for _ in range(5)))

    assert sorted(answer.status_code for answer in answers) == [200, 200, 503, 503, 503]
    assert {answer.headers.get("retry-after") for answer in answers} == {None, "2"}
