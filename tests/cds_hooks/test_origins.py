"""Browsers: which pages may ask, and read the answers. Over HTTP, to the toy that knows one origin."""

import pytest
from fastapi import FastAPI

from cds_hooks.router import install
from tests.cds_hooks.conftest import EHR

FOREIGN = "https://elsewhere.example.org"
SERVICE = "/cds-services/interpreter"
PREFLIGHT = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization, content-type"}


@pytest.mark.requirement("208")
@pytest.mark.parametrize("path", ["/cds-services", SERVICE, f"{SERVICE}/feedback", "/anything"])
async def test_a_preflight_of_a_known_origin_is_granted_anywhere(client, path):
    """Before routing and without a token; never with credentials."""
    answer = await client.options(path, headers={"Origin": EHR, **PREFLIGHT})

    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["access-control-allow-origin"] == EHR
    assert answer.headers["access-control-allow-methods"] == "GET, POST"
    assert answer.headers["access-control-allow-headers"] == "Authorization, Content-Type"
    assert "Origin" in answer.headers["vary"]
    assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.requirement("C-3")
async def test_a_foreign_origin_gets_nothing(client, question):
    """Neither a preflight nor an answer is opened to a page that was not named."""
    for answer in (
        await client.options(SERVICE, headers={"Origin": FOREIGN, **PREFLIGHT}),
        await client.post(SERVICE, json=question, headers={"Origin": FOREIGN}),
        await client.get("/cds-services", headers={"Origin": "null"}),
    ):
        assert not [name for name in answer.headers if name.startswith("access-control-")]
        assert "Origin" in answer.headers["vary"]


@pytest.mark.requirement("C-2")
@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/cds-services", 200), ("POST", SERVICE, 415), ("GET", SERVICE, 405), ("GET", "/x", 404)],
)
async def test_every_answer_is_readable_for_a_known_origin(client, method, path, status):
    """A web client reads an error like a card; caches keep the answers of different origins apart."""
    answer = await client.request(method, path, headers={"Origin": EHR})

    assert answer.status_code == status
    assert answer.headers["access-control-allow-origin"] == EHR
    assert answer.headers["vary"] == "Origin"


@pytest.mark.parametrize("origin", ["*", "https://ehr_test.example", "https://ehr.example/", "ehr.example", "https://EHR.example"])
def test_an_origin_that_is_none_stops_the_start(origin):
    """Before the first request: at that one it would take the whole service down."""
    with pytest.raises(ValueError, match="not an origin"):
        install(FastAPI(), origins=[origin])
