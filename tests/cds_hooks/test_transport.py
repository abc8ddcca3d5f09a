"""Whole bodies in time, and browsers of known origin: without a framework, then over a real socket."""

import asyncio
import json
import socket
import time

import httpx
import pytest

from cds_hooks.errors import MalformedRequest, PayloadTooLarge, ReceiveTimeout
from cds_hooks.transport import Limits, add_safe_headers, allow_origins, answer_errors, receive_body

LIMITS = Limits(body_bytes=10, receive_seconds=0.05)


def scope(method="POST", **headers):
    return {
        "type": "http",
        "method": method,
        "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()],
    }


def messages(*parts, end=True):
    """A receive channel that gives these parts of a body, and then nothing any more."""
    queue = [{"type": "http.request", "body": part, "more_body": not end or index < len(parts) - 1} for index, part in enumerate(parts)]

    async def receive():
        return queue.pop(0) if queue else await asyncio.Event().wait()

    return receive


async def test_a_body_in_parts_is_put_together():
    """Chunks are one body, up to the limit and with it."""
    assert await receive_body(scope(), messages(b"12345", b"", b"67890"), LIMITS) == b"1234567890"


async def test_a_part_may_be_without_a_body():
    """A message without `body` is an empty part."""

    async def receive():
        return {"type": "http.request"}

    assert await receive_body(scope(), receive, LIMITS) == b""


@pytest.mark.parametrize("declared", ["11", "9" * 5000])
async def test_a_client_that_asks_first_is_refused_before_the_first_byte(declared):
    """Who says how much is coming and waits for a word is told at once."""

    async def receive():
        raise AssertionError("nothing of the body was to be read")

    with pytest.raises(PayloadTooLarge, match="10 bytes"):
        await receive_body(scope(content_length=declared, expect="100-continue"), receive, LIMITS)


@pytest.mark.parametrize("headers", [{"content_length": "30"}, {}], ids=["declared", "not declared"])
async def test_a_body_that_is_too_large_is_taken_in_before_it_is_refused(headers):
    """A client that sends all before it reads gets its answer, up to four times the limit."""
    left = messages(*[b"12345"] * 6)
    with pytest.raises(PayloadTooLarge):
        await receive_body(scope(**headers), left, LIMITS)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(left(), 0.01)

    endless = messages(*[b"12345"] * 20)
    with pytest.raises(PayloadTooLarge):
        await receive_body(scope(**headers), endless, LIMITS)
    assert (await endless())["more_body"]


async def test_a_body_that_is_too_large_and_stops_is_refused_as_too_large():
    """The deadline ends the patience, and the client is told what was wrong first."""
    with pytest.raises(PayloadTooLarge):
        await receive_body(scope(content_length="30"), messages(b"12345", end=False), LIMITS)


async def test_a_body_without_a_length_is_counted():
    """The part that goes over the limit ends the reading, whatever was declared."""
    for headers in ({}, {"content_length": "3"}, {"content_length": "0" * 30}, {"content_length": "x"}):
        with pytest.raises(PayloadTooLarge):
            await receive_body(scope(**headers), messages(b"123456", b"78901", b"2", end=False), LIMITS)


async def test_a_body_has_one_deadline_for_all_its_parts():
    """A byte now and then does not keep a call alive."""

    async def drip():
        await asyncio.sleep(0.02)
        return {"type": "http.request", "body": b"1", "more_body": True}

    with pytest.raises(ReceiveTimeout, match=r"0\.05 seconds"):
        await receive_body(scope(), drip, LIMITS)


async def test_a_client_that_leaves_is_not_waited_for():
    """The end of the connection ends the call."""

    async def receive():
        return {"type": "http.disconnect"}

    with pytest.raises(MalformedRequest):
        await receive_body(scope(), receive, LIMITS)


@pytest.mark.parametrize(
    "origin",
    ["*", "null", "https://ehr.example.org/", "ehr.example.org", "https://*.example.org", "HTTPS://EHR.example.org", "", "https://a b"],
)
def test_origins_are_exact(origin):
    """No wildcard and no pattern; a typo stops the start instead of opening or closing a door."""
    with pytest.raises(ValueError, match="not an origin"):
        allow_origins(None, [origin])


@pytest.mark.parametrize("origin", ["https://ehr.example.org", "http://localhost:9000", "http://127.0.0.1", "http://[::1]:8000"])
def test_origins_have_a_scheme_a_host_and_maybe_a_port(origin):
    """The forms that a browser sends."""
    assert allow_origins(None, [origin])


async def test_what_is_no_request_passes_through():
    """The life of the server (lifespan) is none of our business."""
    seen = []

    async def app(scope, receive, send):
        seen.append(scope["type"])

    for wrapped in (answer_errors(app), add_safe_headers(app), allow_origins(app, ())):
        await wrapped({"type": "lifespan"}, None, None)
    assert seen == ["lifespan"] * 3


async def test_half_an_answer_is_not_followed_by_another(caplog):
    """An answer that breaks off stays broken, so that the client sees it; the log says where."""
    sent = []

    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise KeyError("JOHN SMITH")

    async def send(message):
        sent.append(message["type"])

    await answer_errors(app)(scope(), None, send)

    assert sent == ["http.response.start"]
    assert "service-fault: KeyError in app" in caplog.text
    assert "JOHN" not in caplog.text


def raw_call(address, *parts, pause=0.0):
    """What a server answers to these bytes, sent one after the other; until it closes, or for three seconds."""
    answer = b""
    with socket.create_connection(address, timeout=3) as connection:
        try:
            for part in parts:
                connection.sendall(part)
                time.sleep(pause)
        except (BrokenPipeError, ConnectionResetError):
            pass
        try:
            while received := connection.recv(65536):
                answer += received
        except (TimeoutError, ConnectionResetError):
            pass
    return answer


HEAD = b"POST /cds-services/interpreter HTTP/1.1\r\nHost: toy\r\nContent-Type: application/json\r\n"


@pytest.mark.requirement("case-33")
@pytest.mark.parametrize("sent", [b"", b'{"hook":'], ids=["silence", "half a body"])
def test_a_stalled_body_is_answered_and_cut(address, sent):
    """A client that stops sending gets its 408 within the deadline, and the connection ends."""
    begun = time.monotonic()
    answer = raw_call(address, HEAD + b"Content-Length: 100\r\n\r\n" + sent)

    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"receive-timeout" in answer
    assert 0.4 < time.monotonic() - begun < 2


def test_a_dripping_body_is_cut(address):
    """One byte at a time is as slow as none."""
    answer = raw_call(address, HEAD + b"Content-Length: 1000\r\n\r\n", *([b" "] * 20), pause=0.05)

    assert answer.startswith(b"HTTP/1.1 408 ")


def test_a_chunked_body_is_read(address, question):
    """Without a declared length a body is as good as with one."""

    def parts():
        text = json.dumps(question).encode()
        yield text[:50]
        yield text[50:]

    answer = httpx.post(
        f"http://{address[0]}:{address[1]}/cds-services/interpreter", content=parts(), headers={"Content-Type": "application/json"}
    )

    assert (answer.status_code, len(answer.json()["cards"])) == (200, 1)


@pytest.mark.requirement("H-10", "case-33")
@pytest.mark.parametrize("chunked", [False, True], ids=["declared", "chunked"])
def test_a_huge_body_is_refused_and_the_service_lives(address, question, chunked):
    """413 for a declared length and for chunks, up to four times what is allowed; the next call is answered as ever."""
    url = f"http://{address[0]}:{address[1]}/cds-services/interpreter"
    headers = {"Content-Type": "application/json"}
    content = (b" " * 65536 for _ in range(10)) if chunked else b" " * 700_000

    answer = httpx.post(url, content=content, headers=headers)

    assert answer.status_code == 413
    assert answer.json()["issue"][0]["details"]["coding"] == [{"code": "payload-too-large"}]
    assert httpx.post(url, json=question).status_code == 200


def test_a_body_without_end_is_cut_off_and_the_service_lives(address, question):
    """Patience ends: such a client sees a 413, or its connection break while it sends; nobody else notices."""
    url = f"http://{address[0]}:{address[1]}/cds-services/interpreter"
    sent = []

    def without_end():
        for _ in range(4000):
            sent.append(1)
            yield b" " * 65536

    try:
        status = httpx.post(url, content=without_end(), headers={"Content-Type": "application/json"}).status_code
    except httpx.TransportError:
        status = 413

    assert status == 413
    assert len(sent) < 4000
    assert httpx.post(url, json=question).status_code == 200


def test_a_fault_is_answered_by_a_real_server_without_its_message(address, question, capfd):
    """Nothing of a failing service gets out: not to the client, not to what the server prints."""
    answer = httpx.post(f"http://{address[0]}:{address[1]}/cds-services/broken", json=question)

    assert answer.status_code == 500
    assert "JOHN" not in answer.text + "".join(capfd.readouterr())
