"""What is told of a refused call: by whom, at which address and why; nothing of what was sent, and nothing of calls that are answered."""

import httpx
import pytest
from fastapi import FastAPI

from cds_hooks.discovery import CDSService
from cds_hooks.errors import Overloaded
from cds_hooks.refused_calls import CallNotRecorded, RefusedCall
from cds_hooks.response import CDSResponse
from cds_hooks.router import cds_hooks_router, install
from cds_hooks.transport import Limits

PATH = "/cds-services/a-service"


class Told(list):
    """A list of refusals; one that cannot keep any more raises."""

    full = False

    async def keep(self, call):
        if self.full:
            raise CallNotRecorded(retry_after=7)
        self.append(call)


async def answer(request):
    """What the service does with a patient of this id."""
    match request.context.patient_id:
        case "busy":
            raise Overloaded(retry_after=1)
        case "fault":
            raise ValueError("JOHN SMITH")
    return CDSResponse()


@pytest.fixture
def told():
    return Told()


@pytest.fixture
async def caller(told):
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    service = CDSService(id="a-service", hook="patient-view", title="A service", description="It answers.", prefetch={}, answer=answer)
    app.include_router(cds_hooks_router([service], limits=Limits(), refused=told))
    install(app)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://toy") as caller:
        yield caller


def question(patient):
    return {"hook": "patient-view", "hookInstance": "1", "context": {"userId": "Practitioner/1", "patientId": patient}}


async def test_a_refusal_is_told_with_its_reason(caller, told):
    """Wrong in method, body or hook, refused by the service, or broken by it: one refusal each, by its status and code."""
    await caller.get(PATH)
    await caller.post(PATH, content=b"{", headers={"Content-Type": "application/json"})
    await caller.post(PATH, json={**question("1"), "hook": "order-sign"})
    await caller.post(PATH, json=question("busy"))
    await caller.post(PATH, json=question("fault"))

    assert told == [
        RefusedCall("", "GET", PATH, 405, "method-not-allowed"),
        RefusedCall("", "POST", PATH, 400, "malformed-request"),
        RefusedCall("", "POST", PATH, 400, "hook-not-served"),
        RefusedCall("", "POST", PATH, 503, "overloaded"),
        RefusedCall("", "POST", PATH, 500, "service-fault"),
    ]


async def test_a_word_that_is_no_method_is_not_told(caller, told):
    """A client may put anything there, a name too; that there was such a call is told all the same."""
    await caller.request("JOHN-SMITH", PATH)

    assert told == [RefusedCall("", "other", PATH, 405, "method-not-allowed")]


async def test_an_answered_call_is_not_told(caller, told):
    """Whoever answers it tells of it; discovery and OPTIONS tell nothing."""
    answers = [await caller.post(PATH, json=question("1")), await caller.get("/cds-services"), await caller.options(PATH)]

    assert [one.status_code for one in answers] == [200, 200, 204]
    assert told == []


async def test_a_refusal_that_cannot_be_kept_is_answered_as_such(caller, told):
    """Where nothing may go unrecorded, the caller hears when to come again instead of what was wrong."""
    told.full = True
    refused = await caller.get(PATH)

    assert (refused.status_code, refused.headers["retry-after"]) == (503, "7")
    assert refused.json()["issue"][0]["details"]["coding"] == [{"code": "call-not-recorded"}]
