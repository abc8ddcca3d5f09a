"""One exchange, by itself: what it refuses to send, and that it closes behind itself. What servers do wrong is in test_fhir_faults.py."""

import asyncio

import pytest

from cds_hooks.egress.allow_list import read_service_base
from cds_hooks.egress.exchange import Allowance, Answer, Egress, Failure
from tests.cds_hooks.fetching import NO_AUTHORITIES, in_seconds
from tests.faulty_fhir import bundle, canary, faulty_fhir, resource


def listed(server, path="/fhir"):
    return read_service_base(f"http://127.0.0.1:{server.port}{path}", loopback_http=True)


async def exchange(egress, base, url, **more):
    return await egress.exchange(
        base, url, headers={"Authorization": "Bearer x"}, deadline=in_seconds(5), answer_bytes=1_000, allowance=Allowance(1_000), **more
    )


@pytest.fixture
async def open_to():
    """An egress to these bases, closed when the test ends."""
    opened = []

    def egress(*bases):
        opened.append(Egress(bases, ssl_context=NO_AUTHORITIES))
        return opened[-1]

    yield egress
    for each in opened:
        await each.aclose()


async def test_a_url_that_the_base_does_not_hold_is_not_called(open_to):
    """Whoever builds a URL past the checks of the base gets no further than here."""
    async with faulty_fhir(resource(bundle())) as server, canary() as other:
        base = listed(server)
        egress = open_to(base, listed(other))
        for url in (listed(server, "/admin").url, listed(other).url):
            assert await exchange(egress, base, url) is Failure.ADDRESS

    assert server.connections == other.connections == 0


async def test_a_base_that_is_not_listed_is_not_called(open_to):
    """Not even on the server, and over the connection, of one that is."""
    async with faulty_fhir(resource(bundle())) as server:
        base, other = listed(server), listed(server, "/admin")
        egress = open_to(base)
        assert isinstance(await exchange(egress, base, base.url), Answer)
        assert await exchange(egress, other, other.url) is Failure.ADDRESS

    assert [asked.target for asked in server.asked] == ["/fhir"]


async def test_a_form_is_posted_with_its_length(open_to):
    """A search that is no address."""
    async with faulty_fhir(resource(bundle())) as server:
        base = listed(server)
        await exchange(open_to(base), base, base.address("Condition/_search"), form=b"patient=p-1")

    (asked,) = server.asked
    assert (asked.method, asked.target, asked.body) == ("POST", "/fhir/Condition/_search", b"patient=p-1")


async def test_an_answer_that_is_none_leaves_no_connection_open(open_to):
    """The body of an error is not waited for, and its connection is not used again."""

    async def never_ending(asked, writer):
        writer.write(b"HTTP/1.1 500 x\r\nContent-Length: 1000\r\n\r\nhalf")
        await asyncio.Event().wait()

    async with faulty_fhir(never_ending) as server:
        base = listed(server)
        egress = open_to(base)
        assert [await exchange(egress, base, base.url) for _ in range(3)] == [Answer(500)] * 3

    assert server.connections == 3


@pytest.mark.parametrize(
    ("said", "seconds"), [("7", 7), ("0", 0), ("999999", 3_600), ("soon", None), ("-1", None), ("Fri, 20 Nov 2026 16:00:00 GMT", None)]
)
async def test_a_wish_to_be_left_alone_is_read(open_to, said, seconds):
    """In seconds and within reason; a date would need a clock that both agree on."""
    async with faulty_fhir(resource(b"", 503, f"Retry-After: {said}")) as server:
        base = listed(server)
        assert await exchange(open_to(base), base, base.url) == Answer(503, retry_after=seconds)


async def test_what_is_left_of_the_allowance_is_what_was_not_read(open_to):
    """The next exchange has as much less."""
    async with faulty_fhir(resource(b"x" * 300)) as server:
        base, allowance = listed(server), Allowance(1_000)
        egress = open_to(base)
        more = {"headers": {}, "deadline": in_seconds(5), "answer_bytes": 500, "allowance": allowance}
        results = [await egress.exchange(base, base.url, **more) for _ in range(4)]

    assert [type(result) for result in results] == [Answer, Answer, Answer, Failure]
    assert results[-1] is Failure.TOO_LARGE
