"""Methods that an address of the protocol does not have, among them words that are no method: the same for each, whoever asks and hears."""

import json

import pytest
from fastapi import FastAPI

from cds_hooks.refused_calls import RefusedCall
from cds_hooks.router import cds_hooks_router, install
from cds_hooks.transport import Limits
from tests.cds_hooks.conftest import TOY_SERVICES
from tests.cds_hooks.signed_house import FEEDBACK, SERVICE, House
from tests.cds_hooks.signing import claims, header, token

ALLOWED = {"/cds-services": "GET, HEAD, OPTIONS", SERVICE: "OPTIONS, POST", FEEDBACK: "OPTIONS, POST"}
# Methods of HTTP are upper case (RFC 9110 9.1), so that "post" is another word than POST.
WRONG = ("PUT", "TRACE", "CONNECT", "PROPFIND", "QUERY", "FOO", "post", "get", "Options", "P*ST")


class Told(list):
    async def keep(self, call):
        self.append(call)


@pytest.fixture(params=[True, False], ids=["told", "untold"])
def told(request):
    return Told() if request.param else None


async def spoken(app, method, path, authorization=""):
    """Status, headers and body of the answer to this method as it is written: every client library would write it in capitals."""
    sent = []
    headers = [(b"host", b"inside:8000"), *([(b"authorization", authorization.encode())] if authorization else ())]
    scope = {"type": "http", "method": method, "path": path, "raw_path": path.encode(), "query_string": b"", "headers": headers}

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        sent.append(message)

    await app(scope, receive, send)
    begun, *parts = sent
    body = b"".join(part["body"] for part in parts)
    return begun["status"], {name.decode(): value.decode() for name, value in begun["headers"]}, json.loads(body)


def code(body):
    return body["issue"][0]["details"]["coding"][0]["code"]


@pytest.mark.requirement("H-6")
@pytest.mark.parametrize("path", ALLOWED)
@pytest.mark.parametrize("method", WRONG)
async def test_where_everybody_is_answered(told, method, path):
    """A 405 that names what there is, and a record where refusals are kept."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.include_router(cds_hooks_router(TOY_SERVICES, limits=Limits(), feedback=House(), refused=told))
    install(app)

    status, headers, body = await spoken(app, method, path)

    assert (status, headers["allow"], code(body)) == (405, ALLOWED[path], "method-not-allowed")
    assert told in (None, [RefusedCall("", method if method in WRONG[:3] else "other", path, 405, "method-not-allowed")])


@pytest.mark.requirement("H-6", "177")
@pytest.mark.parametrize("path", ALLOWED)
@pytest.mark.parametrize("method", WRONG)
async def test_where_clients_sign(told, method, path):
    """Somebody unknown is a 401 like any other, without a word on methods; a client hears them, and is named in the record."""
    house = House(refused=told)
    known = f"Bearer {token(header(), claims(path))}"

    status, headers, body = await spoken(house.app, method, path)
    assert (status, headers.get("allow"), code(body)) == (401, None, "not-authenticated")
    status, headers, body = await spoken(house.app, method, path, known)
    assert (status, headers["allow"], code(body)) == (405, ALLOWED[path], "method-not-allowed")

    said = method if method in WRONG[:3] else "other"
    refusals = [RefusedCall("", said, path, 401, "not-authenticated"), RefusedCall("ehr", said, path, 405, "method-not-allowed")]
    assert told in (None, refusals)


@pytest.mark.requirement("177")
@pytest.mark.parametrize("method", WRONG)
async def test_a_stranger_cannot_tell_by_it_what_is_hosted(method):
    """An address that is there and one that is not get the same answer."""
    house = House()

    assert await spoken(house.app, method, SERVICE) == await spoken(house.app, method, "/cds-services/nobody/feedback")
