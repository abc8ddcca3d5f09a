"""What a FHIR server can do wrong, over a real socket: each fault costs the keys that it hits, in time, and none of it is repeated.

The faults of the connection among F01 to F60 of the threat model; those of content are in test_fhir_answers.py.
"""

import asyncio
import gzip
import json

import pytest

from cds_hooks.fetched import Reason, State
from tests.cds_hooks.fetching import PATIENT_AND_CONDITIONS, access, fetched, hook_request, outcome
from tests.faulty_fhir import (
    OUTCOME,
    bundle,
    by_type,
    condition,
    drip,
    faulty_fhir,
    hang,
    in_turn,
    pour,
    raw,
    reset,
    resource,
    response,
)

GOOD = json.dumps(bundle(condition(1))).encode()
HEAD = b"HTTP/1.1 200 x\r\nContent-Type: application/fhir+json\r\n"
SAID = "JOHN SMITH 4711"
TRIPLE = gzip.compress(gzip.compress(gzip.compress(b" " * 1_000_000)))
STATUSES = [
    201,
    202,
    204,
    206,
    300,
    304,
    400,
    401,
    403,
    404,
    405,
    406,
    408,
    410,
    412,
    422,
    423,
    429,
    451,
    500,
    501,
    502,
    503,
    504,
    599,
]


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.requirement("P-9")
async def test_another_status_than_200_is_an_error(status):
    """Whatever comes with it: an outcome, or a Bundle that looks like an answer."""
    for body in (json.dumps(OUTCOME | {"text": SAID}).encode(), GOOD):
        found = await outcome(resource(body, status))

        assert (found.state, found.record.reason, found.record.status, found.value) == (State.ERROR, Reason.STATUS, status, None)
        assert SAID not in repr(found)


@pytest.mark.parametrize(
    "answer",
    [
        hang(),
        hang(b"HTTP/1.1 200"),
        hang(HEAD),
        hang(HEAD + b"\r\n"),
        hang(HEAD + b"Content-Length: 1000\r\n\r\n" + GOOD),
        hang(HEAD + b'Transfer-Encoding: chunked\r\n\r\n5\r\n{"re'),
        drip(HEAD + b"Content-Length: 1000\r\n\r\n", b" "),
        drip(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
        drip(b"HTTP/1.1 200 x\r\n", b"X: y\r\n"),
        drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    ],
    ids=[
        "silent",
        "half a line",
        "half a head",
        "no body",
        "half a body",
        "half a chunk",
        "drip",
        "chunk drip",
        "header drip",
        "100 for ever",
    ],
)
@pytest.mark.requirement("P-9")
async def test_what_hangs_or_drips_ends_at_the_deadline(answer):
    """However the bytes are spread, the deadline is for the whole answer."""
    found = await outcome(answer, seconds=0.15)

    assert (found.state, found.record.reason, found.value) == (State.TIMED_OUT, Reason.TIMED_OUT, None)


@pytest.mark.parametrize(
    "answer",
    [
        reset(),
        reset(HEAD),
        reset(HEAD + b"Content-Length: 1000\r\n\r\n" + GOOD),
        raw(b""),
        raw(HEAD),
        raw(HEAD + b"Content-Length: 1000\r\n\r\n" + GOOD),
        raw(HEAD + b'Transfer-Encoding: chunked\r\n\r\n5\r\n{"res\r\n'),
        raw(HEAD + b"Transfer-Encoding: chunked\r\n\r\nzzz\r\n"),
        raw(HEAD + b"Content-Length: -1\r\n\r\n"),
        raw(HEAD + b"Content-Length: 5\r\nContent-Length: 7\r\n\r\n1234567"),
        raw(b"\x00\xff\xfe garbage " * 50 + b"\r\n\r\n"),
        raw(GOOD + b"\r\n\r\n"),
        raw(b"ICY 200 OK\r\n\r\n" + GOOD),
        raw(b"HTTP/1.1 200 x\r\n" + b"".join(b"X-%d: %s\r\n" % (n, b"y" * 1_000) for n in range(200))),
        raw(b"HTTP/1.1 200 x\r\nX: " + b"y" * 300_000),
        raw(b"HTTP/1.1 OK\r\n\r\n"),
        raw(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"),
    ],
    ids=str,
)
async def test_what_is_no_whole_http_answer_is_an_error(answer):
    """Broken connections, half bodies, garbage, HTTP/0.9 and endless headers."""
    found = await outcome(answer)

    assert (found.state, found.record.reason, found.value) == (State.ERROR, Reason.BROKEN, None)


async def test_an_answer_without_a_length_ends_with_the_connection():
    """HTTP/1.0 servers do it so; a body that breaks off is seen by its JSON."""
    assert (await outcome(raw(b"HTTP/1.0 200 x\r\n\r\n" + GOOD))).state is State.SUPPLIED
    assert (await outcome(raw(b"HTTP/1.0 200 x\r\n\r\n" + GOOD[:-9]))).record.reason is Reason.NOT_FHIR


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (resource(b" " * 30_000_000 + GOOD), Reason.TOO_LARGE),
        (pour(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"8000\r\n" + b" " * 0x8000 + b"\r\n"), Reason.TOO_LARGE),
        (resource(gzip.compress(GOOD), 200, "Content-Encoding: gzip"), Reason.ENCODED),
        (resource(TRIPLE, 200, "Content-Encoding: gzip, gzip, gzip"), Reason.ENCODED),
        (resource(GOOD, 200, "Content-Encoding: br"), Reason.ENCODED),
        (resource(GOOD, 200, "content-encoding: GZIP"), Reason.ENCODED),
        (resource(gzip.compress(GOOD)), Reason.NOT_FHIR),
    ],
    ids=["30 MB", "endless", "gzip", "triple gzip", "brotli", "in capitals", "gzip unsaid"],
)
async def test_what_is_too_large_or_packed_is_not_read(answer, reason):
    """A body is read up to the limit, and is not unpacked."""
    found = await outcome(answer)

    assert (found.state, found.record.reason, found.value) == (State.ERROR, reason, None)


async def test_identity_is_no_compression():
    """A server may say that it did nothing."""
    assert (await outcome(resource(GOOD, 200, "Content-Encoding: Identity"))).state is State.SUPPLIED


@pytest.mark.requirement("P-9")
async def test_a_refused_connection_is_an_error():
    """Nobody listens there."""
    async with faulty_fhir(resource(bundle())) as server:
        pass
    found = await fetched(server)

    assert (found.state, found.record.reason, found.record.status) == (State.ERROR, Reason.UNREACHABLE, None)


async def test_a_connection_that_the_server_gave_up_is_no_failure():
    """A kept connection that breaks at the next request, before a byte of the answer, is replaced; a new one that breaks is not."""
    async with faulty_fhir(in_turn(resource(bundle()), reset(), resource(bundle()), reset())) as server, access(server.base) as complete:
        states = [(await complete(hook_request(server.base))).fetched["conditions"].state for _ in range(2)]
    assert states == [State.SUPPLIED, State.SUPPLIED]
    assert (server.connections, len(server.asked)) == (2, 3)

    async with faulty_fhir(reset()) as server:
        assert (await fetched(server)).record.reason is Reason.BROKEN
    assert len(server.asked) == 1


async def test_every_fault_leaves_the_other_keys_alone():
    """A key that is well is read beside one that hangs, one that breaks and one that lies."""
    server_answers = by_type(
        Patient=resource({"resourceType": "Patient", "id": "p-1"}), Condition=hang(), Procedure=reset(), Encounter=raw(response(b"<html>"))
    )
    templates = {name: f"{name}?patient={{{{context.patientId}}}}" for name in ("Condition", "Procedure", "Encounter")}
    templates["Patient"] = PATIENT_AND_CONDITIONS["patient"]
    async with faulty_fhir(server_answers) as server, access(server.base) as complete:
        completed = await complete(hook_request(server.base), templates, seconds=1.0)

    assert {key: found.state for key, found in completed.fetched.items()} == {
        "Condition": State.TIMED_OUT,
        "Procedure": State.ERROR,
        "Encounter": State.ERROR,
        "Patient": State.SUPPLIED,
    }


async def test_a_caller_that_gives_up_takes_its_fetches_along():
    """When the hook call is cancelled, nothing of it goes on, and the next one is served."""
    async with faulty_fhir(in_turn(hang(), resource(bundle()))) as server, access(server.base) as complete:
        call = asyncio.create_task(complete(hook_request(server.base)))
        await server.was_asked.wait()
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        again = await complete(hook_request(server.base))

    assert again.fetched["conditions"].state is State.SUPPLIED


async def test_nothing_is_asked_for_after_the_deadline():
    """A deadline that has passed makes no call."""
    async with faulty_fhir(resource(bundle())) as server:
        found = await fetched(server, seconds=-1.0)

    assert (found.state, found.record.reason) == (State.TIMED_OUT, Reason.TIMED_OUT)
    assert server.asked == []
