"""Who waits for a FHIR server, and what the others get meanwhile: the whole application beside a server that hangs."""

import asyncio
import json
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from random import random
from time import monotonic

import httpx
import pytest

from cds_hooks.egress.allow_list import read_service_base
from cds_hooks.egress.exchange import Egress
from cds_hooks.fetched import Reason
from cds_hooks.fhir_calls import FhirCalls
from cds_hooks.fhir_version import FhirVersions
from cds_hooks.request import read_request
from service.app import create_app
from service.cds_services import prefetch_templates
from service.fetching import READ_VERSIONS, Fetching, Reach
from service.fhir.chart import KEYS
from service.knowledge.load import load_knowledge
from service.settings import read_settings
from service.story import hook_request, read_story
from tests.faulty_fhir import faulty_fhir, hang

SERVICE = "/cds-services/cluneal-patient-view"
STORY = hook_request(read_story("laminectomy-and-iliac-harvest"), hook_instance="1", today=datetime.now(UTC).date())


@asynccontextmanager
async def a_full_house():
    """Calls to a service all of whose places are taken by charts that hang on the FHIR server; `call(prefetch)` gives the answer."""
    async with faulty_fhir(hang()) as server:
        given = {"CLUNEAL_DATABASE_URL": "off", "CLUNEAL_OPEN_FHIR_SERVERS": server.base, "CLUNEAL_DEADLINE_S": "20"}
        app = create_app(read_settings(given))
        leave = {"fhirServer": server.base, "fhirAuthorization": {"access_token": "t", "token_type": "Bearer", "expires_in": 300}}

        inside = httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://127.0.0.1:8000")
        async with inside as client, app.router.lifespan_context(app):

            async def call(prefetch, context=STORY["context"], has_leave=True, **authorization):
                given = {**leave, "fhirAuthorization": {**leave["fhirAuthorization"], **authorization}} if has_leave else {}
                return await client.post(SERVICE, json={**STORY, "context": context, "prefetch": prefetch, **given})

            hanging = [asyncio.create_task(call({})) for _ in range(16)]
            async with asyncio.timeout(10):
                await server.was_asked.wait()
            try:
                yield call
            finally:
                assert not any(task.done() for task in hanging)
                for task in hanging:
                    task.cancel()
                await asyncio.gather(*hanging, return_exceptions=True)


async def test_a_chart_that_needs_a_server_with_no_place_is_told_to_come_again():
    """It is our house that is full: a 503 that says when, not a 412 that blames the set-up of the client."""
    async with a_full_house() as call:
        answer = await call({})

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert answer.json()["issue"][0]["details"]["coding"] == [{"code": "overloaded"}]


async def test_a_chart_that_may_not_be_read_is_not_told_to_come_again():
    """Where the token does not reach what is needed, another try would not help, whatever the crowd."""
    async with a_full_house() as call:
        needed = {key: value for key, value in STORY["prefetch"].items() if key not in ("conditions", "surveys")}
        answer = await call(needed, scope="patient/Observation.rs")

    assert answer.status_code == 412
    assert "Fetching conditions: The scopes of the token name resources, and not these." in answer.json()["issue"][0]["diagnostics"]


@pytest.mark.parametrize(
    ("has_leave", "unsent"),
    [(False, ()), (False, ("exams",)), (True, ()), (True, ("encounter",))],
    ids=["without leave", "without leave and in part", "with leave", "with leave and outside of an encounter"],
)
async def test_a_chart_that_asks_no_server_waits_for_nobody(has_leave, unsent):
    """What was sent is judged as in an empty house, whatever other calls of the same client wait for."""
    prefetch = {**dict.fromkeys(KEYS), **STORY["prefetch"]}
    context = {name: value for name, value in STORY["context"].items() if name != "encounterId"}
    async with a_full_house() as call:
        answer = await call({key: value for key, value in prefetch.items() if key not in unsent}, context, has_leave)

    assert answer.status_code == 200
    assert len(answer.json()["cards"]) == 1


async def test_a_chart_that_lacks_no_needed_key_is_judged_without_the_others():
    """Too many calls at once cost it what it might have fetched, and not the card."""
    async with a_full_house() as call:
        answer = await call({key: value for key, value in STORY["prefetch"].items() if key != "surveys"})

    assert answer.status_code == 200
    assert len(answer.json()["cards"]) == 1


async def test_what_was_spent_before_is_taken_from_the_time_to_fetch():
    """A call whose keys took all of its time is answered at once with what it has: nothing more is waited for."""
    async with faulty_fhir(hang()) as server:
        calls = FhirCalls(egress := Egress(bases := (read_service_base(server.base, loopback_http=True),)), clock=monotonic, chance=random)
        templates = prefetch_templates(load_knowledge())
        versions = FhirVersions(calls, reads=READ_VERSIONS, clock=monotonic)
        fetching = Fetching(calls, reach={"": Reach(bases, 60)}, templates=templates, versions=versions)
        leave = {"fhirServer": server.base, "fhirAuthorization": {"access_token": "t", "token_type": "Bearer", "expires_in": 300}}
        asked = read_request(json.dumps({**STORY, "prefetch": {}, **leave}).encode(), hooks=("patient-view",))
        async with asyncio.timeout(20):
            _, done = await fetching.complete(asked, spent=60)
        await egress.aclose()

    assert {one.record.reason for one in done.fetched.values()} <= {Reason.TIMED_OUT, Reason.NO_PLACE}
    assert done.server == server.base
