"""The addresses of the specification, as a client sees them."""

import json
import logging

import httpx
import pytest
from fastapi import FastAPI

from cds_hooks.discovery import CDSService
from cds_hooks.response import Card, CDSResponse, Source
from cds_hooks.router import cds_hooks_router, install
from cds_hooks.transport import Limits
from tests.cds_hooks.conftest import EHR

SERVICE = "/cds-services/interpreter"
JSON = {"Content-Type": "application/json"}


def assert_is_outcome(answer, status, code):
    """The answer is an error of this status, told as an OperationOutcome that names this code."""
    (issue,) = answer.json()["issue"]
    assert (answer.status_code, issue["details"]["coding"][0]["code"]) == (status, code)
    assert answer.json()["resourceType"] == "OperationOutcome"
    assert issue["severity"] == "error"
    assert all(issue[name] for name in ("code", "diagnostics"))
    assert issue["details"]["text"]
    assert answer.headers["content-type"] == "application/fhir+json"
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.requirement("1", "4", "5", "6", "13", "16")
async def test_discovery_lists_the_services_in_order(client):
    """Always the same document, which a cache has to check before each use."""
    answer, again = await client.get("/cds-services"), await client.get("/cds-services")

    assert [entry["id"] for entry in answer.json()["services"]] == ["interpreter", "welcome", "broken"]
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.content == again.content


async def test_discovery_answers_head_and_options(client):
    """HEAD like GET; OPTIONS names the methods."""
    head, options = await client.head("/cds-services"), await client.options("/cds-services")

    assert (head.status_code, head.content) == (200, b"")
    assert (options.status_code, options.headers["allow"]) == (204, "GET, HEAD, OPTIONS")


@pytest.mark.requirement("1", "16", "28", "74")
async def test_a_question_is_answered(client, question):
    """Cards come as application/json that no cache keeps and whose type no browser guesses."""
    answer = await client.post(SERVICE, json=question)

    assert answer.json()["cards"][0]["summary"] == "Book an interpreter: Portuguese"
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.requirement("H-13")
async def test_the_same_question_gets_the_same_answer(client, question):
    """A client may ask again; hookInstance is no key."""
    assert (await client.post(SERVICE, json=question)).content == (await client.post(SERVICE, json=question)).content


@pytest.mark.requirement("16", "92", "124")
async def test_another_hook_has_its_own_service(client, question):
    """Each service answers its hook with its own cards, suggestions included."""
    question |= {"hook": "encounter-start", "context": question["context"] | {"encounterId": "e"}}
    (card,) = (await client.post("/cds-services/welcome", json=question)).json()["cards"]

    assert card["summary"] == "Welcome, on behalf of Practitioner/example"
    assert card["suggestions"][0]["actions"][0]["resource"]["for"] == {"reference": "Patient/p-1"}


@pytest.mark.requirement("R8")
async def test_two_services_on_a_hook_are_two(client, question):
    """Both are listed, and each answers at its own address: one with its card, one with its fault."""
    listed = (await client.get("/cds-services")).json()["services"]
    answers = [await client.post(f"/cds-services/{id_}", json=question) for id_ in ("interpreter", "broken")]

    assert [one["id"] for one in listed if one["hook"] == "patient-view"] == ["interpreter", "broken"]
    assert [answer.status_code for answer in answers] == [200, 500]


@pytest.mark.requirement("76", "H-5")
async def test_the_wrong_hook_is_refused(client, question):
    """A patient-view question to an encounter-start service gets no cards."""
    assert_is_outcome(await client.post("/cds-services/welcome", json=question), 400, "hook-not-served")


@pytest.mark.requirement("54", "76")
async def test_missing_data_is_said(client, question):
    """Without the needed key there is no answer: neither cards nor an empty list."""
    question["prefetch"] = {}
    answer = await client.post(SERVICE, json=question)

    assert_is_outcome(answer, 412, "prefetch-unavailable")
    assert "not sent: patient" in answer.json()["issue"][0]["diagnostics"]


@pytest.mark.requirement("77", "P-2")
async def test_no_data_is_an_answer(client, question):
    """Null means that there is none: nothing to say."""
    question["prefetch"] = {"patient": None}

    assert (await client.post(SERVICE, json=question)).json() == {"cards": []}


@pytest.mark.requirement("76")
async def test_a_fault_is_no_silence(client, question, caplog):
    """A failing service is a 500; the log has the place of the fault, and neither of them its message."""
    with caplog.at_level(logging.INFO, logger="cds_hooks"):
        answer = await client.post("/cds-services/broken", json=question, headers={"Origin": EHR})

    assert_is_outcome(answer, 500, "service-fault")
    assert answer.headers["access-control-allow-origin"] == EHR
    assert "service-fault: KeyError in fail " in caplog.text
    assert not [word for word in ("JOHN", "p-1") if word in caplog.text + answer.text]


async def test_a_card_that_cannot_be_sent_is_a_fault(question):
    """What is no JSON never leaves as half an answer."""

    async def answer(request):
        return CDSResponse(cards=(Card(summary="S", indicator="info", source=Source(label="L"), extension={"a.b": float("inf")}),))

    async with call(CDSService(id="a", hook="patient-view", title="A", description="A", answer=answer)) as client:
        assert_is_outcome(await client.post("/cds-services/a", json=question), 500, "service-fault")


@pytest.mark.requirement("H-6")
@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "BREW"])
async def test_a_service_takes_post_only(client, method):
    """Other methods are told which ones there are."""
    answer = await client.request(method, SERVICE)

    assert_is_outcome(answer, 405, "method-not-allowed")
    assert answer.headers["allow"] == "OPTIONS, POST"


@pytest.mark.requirement("H-6")
async def test_a_service_refuses_head_and_explains_options(client):
    """HEAD is a GET without a body, and there is no GET; OPTIONS names the methods."""
    head, options = await client.head(SERVICE), await client.options(SERVICE)

    assert (head.status_code, head.headers["allow"]) == (405, "OPTIONS, POST")
    assert (options.status_code, options.headers["allow"]) == (204, "OPTIONS, POST")


@pytest.mark.requirement("14", "H-6")
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
async def test_discovery_cannot_be_written(client, method):
    """Other methods are told which ones there are."""
    answer = await client.request(method, "/cds-services")

    assert_is_outcome(answer, 405, "method-not-allowed")
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS"


@pytest.mark.requirement("H-4")
@pytest.mark.parametrize(
    "path",
    [
        "/cds-services/JOHN-SMITH",
        "/cds-services/",
        "/cds-services//interpreter",
        f"{SERVICE}/",
        f"{SERVICE}/feedback",
        "/",
        "/docs",
        "/openapi.json",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_what_is_not_hosted_is_not_there(client, method, path):
    """404 without a redirect and without the name that was asked for."""
    answer = await client.request(method, path)

    assert_is_outcome(answer, 404, "unknown-service")
    assert "JOHN" not in answer.text


@pytest.mark.requirement("H-8")
@pytest.mark.parametrize(
    "media_type",
    [
        "application/json",
        "APPLICATION/JSON; Charset=UTF-8",
        'application/json;charset="utf-8"',
        "application/json ; charset=utf8; profile=x",
        "application/fhir+json",
        "application/json+fhir",
    ],
)
async def test_json_may_be_named_in_several_ways(client, question, media_type):
    """Parameters, case and FHIR's own names make no difference."""
    assert (await client.post(SERVICE, content=json.dumps(question), headers={"Content-Type": media_type})).status_code == 200


@pytest.mark.requirement("H-7")
@pytest.mark.parametrize(
    "media_type",
    ["text/plain", "", "application/jsonp", "application/xml", "application/json; charset=latin-1", "application/json, text/plain", "*/*"],
)
async def test_what_is_not_json_is_not_read(client, question, media_type):
    """text/plain least of all: any web page may send that."""
    answer = await client.post(SERVICE, content=json.dumps(question), headers={"Content-Type": media_type})

    assert_is_outcome(answer, 415, "unsupported-media")
    assert answer.headers["accept"] == "application/json"


@pytest.mark.requirement("H-7")
async def test_a_body_without_a_type_is_not_read(client, question):
    """No guessing."""
    assert_is_outcome(await client.post(SERVICE, content=json.dumps(question)), 415, "unsupported-media")


@pytest.mark.requirement("H-11")
@pytest.mark.parametrize("coding", ["gzip", "br", "deflate", "gzip, gzip"])
async def test_a_compressed_body_is_not_read(client, coding):
    """A small body could become a very large one; the answer says how to send it."""
    answer = await client.post(SERVICE, content=b"\x1f\x8b", headers={**JSON, "Content-Encoding": coding})

    assert_is_outcome(answer, 415, "unsupported-media")
    assert answer.headers["accept-encoding"] == "identity"


async def test_identity_is_no_coding(client, question):
    """Saying that nothing was done to the body is fine."""
    assert (await client.post(SERVICE, json=question, headers={"Content-Encoding": "Identity"})).status_code == 200


@pytest.mark.requirement("H-10")
async def test_a_large_body_is_refused(client):
    """The limit of the host holds; the connection is not kept for the rest."""
    answer = await client.post(SERVICE, content=b" " * 200_001, headers=JSON)

    assert_is_outcome(answer, 413, "payload-too-large")
    assert answer.headers["connection"] == "close"


@pytest.mark.requirement("210", "211")
async def test_services_may_share_an_id_on_different_hooks(question):
    """The body's hook decides which of them answers."""

    def named(text):
        async def answer(request):
            return CDSResponse(cards=(Card(summary=text, indicator="info", source=Source(label="L")),))

        return answer

    hooks = ("patient-view", "encounter-start")
    services = [CDSService(id="a", hook=hook, title="A", description="A", answer=named(hook)) for hook in hooks]
    question["context"]["encounterId"] = "e"
    async with call(*services) as client:
        for hook in hooks:
            answer = await client.post("/cds-services/a", json=question | {"hook": hook})
            assert [card["summary"] for card in answer.json()["cards"]] == [hook]


async def test_wrong_parameters_of_the_host_are_not_repeated(question):
    """The framework's own complaint quotes the input; ours does not."""
    app = FastAPI()
    install(app)

    @app.get("/page")
    async def page(number: int):
        return number

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://toy") as client:
        answer = await client.get("/page", params={"number": "JOHN SMITH"})

    assert_is_outcome(answer, 400, "malformed-request")
    assert "JOHN" not in answer.text


def call(*services):
    """A client of an application that hosts these services."""
    app = FastAPI()
    app.include_router(cds_hooks_router(services, limits=Limits()))
    install(app)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://toy")
