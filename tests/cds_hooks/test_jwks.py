"""The keys of a client: which of a set are used, and how they are fetched, kept and given up."""

import asyncio
import json
from contextlib import suppress

import pytest

from cds_hooks.jwks import (
    BETWEEN_FETCHES,
    BETWEEN_FIRST_FETCHES,
    FRESH,
    STALE,
    FetchedKeys,
    KeysUnavailable,
    PinnedKeys,
    fetch_key_set,
    read_key_set,
)
from tests.cds_hooks.signing import ec_key, key_set, published, rsa_key

GOOD = published(ec_key(), "good")


def kids(body):
    return [(key.kid, key.algorithm) for key in read_key_set(body).keys]


@pytest.mark.requirement("200", "205", "207")
@pytest.mark.parametrize(
    ("key", "algorithm"),
    [
        (published(ec_key(), "k"), "ES384"),
        (published(ec_key("P-256"), "k", alg="ES256"), "ES256"),
        (published(rsa_key(), "k"), "RS384"),
        (published(rsa_key(), "k", alg="RS256"), "RS256"),
        (published(rsa_key(), "k", alg="PS384", use="sig", key_ops=["verify"], x5c=["MII"], x5t="x"), "PS384"),
    ],
)
def test_a_key_is_for_one_algorithm(key, algorithm):
    """The one it names, that of its curve, and for an RSA key without a word RS384, as EHRs publish it."""
    assert kids(key_set(key)) == [("k", algorithm)]


@pytest.mark.requirement("203", "207")
@pytest.mark.parametrize(
    ("key", "why"),
    [
        ({"kty": "oct", "kid": "k", "k": "c2VjcmV0", "alg": "HS256"}, "secret"),
        ({**published(ec_key(), "k"), "d": "AAAA"}, "secret"),
        (published(ec_key(), "k", kid=None), "kid"),
        (published(ec_key(), "k", kid=""), "kid"),
        (published(ec_key(), "k", kid=7), "kid"),
        (published(ec_key(), "k", use="enc"), "signatures"),
        (published(ec_key(), "k", key_ops=["sign"]), "signatures"),
        ({**published(ec_key(), "k"), "key_ops": 5}, "signatures"),
        ({**published(ec_key(), "k"), "key_ops": True}, "signatures"),
        (published(ec_key(), "k", alg="ES256"), "do not go together"),
        (published(ec_key("P-256"), "k", alg="ES384"), "do not go together"),
        (published(rsa_key(), "k", alg="HS256"), "do not go together"),
        (published(rsa_key(), "k", alg="none"), "do not go together"),
        (published(rsa_key(), "k", alg=["RS384"]), "do not go together"),
        ({"kty": "OKP", "crv": "Ed25519", "x": "AAAA", "kid": "k"}, "do not go together"),
        ({"kty": "new", "kid": "k"}, "do not go together"),
        (published(rsa_key(1024), "k"), "cannot be read"),
        (published(rsa_key(2048, 3), "k"), "cannot be read"),
        (published(ec_key(), "k", x=GOOD["y"], y=GOOD["x"]), "cannot be read"),
        (published(ec_key(), "k", x="%%%"), "cannot be read"),
        (published(ec_key(), "k", y=None), "cannot be read"),
        (published(ec_key(), "k", x=7), "cannot be read"),
        ("a key", "no object"),
        (None, "no object"),
    ],
)
def test_a_key_that_may_not_be_used_is_passed_over_alone(key, why):
    """The operator is told why; the next key is used."""
    found = read_key_set(json.dumps({"keys": [key, GOOD]}).encode())

    assert [one.kid for one in found.keys] == ["good"]
    assert [why in problem for problem in found.passed_over] == [True]


def test_a_kid_may_be_shared_by_algorithms_and_by_nothing_else():
    """Which of two keys for one algorithm is meant nobody could tell: the first is."""
    found = read_key_set(key_set(GOOD, published(rsa_key(), "good"), published(ec_key(number=2), "good")))

    assert sorted((key.kid, key.algorithm) for key in found.keys) == [("good", "ES384"), ("good", "RS384")]
    assert len(found.passed_over) == 1


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{}", b'{"keys": {}}', b'{"keys": null}', b"\xff", b"[" * 100_000])
def test_what_is_no_set_of_keys_is_said(body):
    """Neither a page of HTML nor an endless array is taken for a set without keys."""
    with pytest.raises(KeysUnavailable):
        read_key_set(body)


def test_a_set_has_a_bounded_number_of_keys():
    """Whoever fills the address does not fill our memory."""
    found = read_key_set(key_set(*(published(ec_key(), f"k-{number}") for number in range(150))))

    assert len(found.keys) == 100
    assert "50 keys" in found.passed_over[-1]


class Address:
    """An address of keys that a test fills, breaks and counts."""

    def __init__(self, *keys):
        self.body, self.fetched, self.now = key_set(*keys), 0, 1000.0

    async def fetch(self, url):
        self.fetched += 1
        await asyncio.sleep(0)
        if self.body is None:
            raise KeysUnavailable("away")
        return self.body

    @property
    def keys(self):
        return FetchedKeys("https://ehr.example.org/jwks.json", fetch=self.fetch, clock=lambda: self.now)


@pytest.mark.requirement("R3-23")
async def test_many_calls_at_once_cost_one_fetch():
    """Also when all of them name a kid that is not there."""
    address = Address(GOOD)
    keys = address.keys

    found = await asyncio.gather(*(keys.find("good" if number % 2 else f"unknown-{number}") for number in range(200)))

    assert (address.fetched, sum(map(len, found))) == (1, 100)


@pytest.mark.requirement("R3-23")
async def test_a_new_key_is_known_soon_and_unknown_kids_cost_little():
    """A kid that is not known is looked for again after half a minute, not before."""
    address = Address(GOOD)
    keys = address.keys
    await keys.find("good")
    address.body = key_set(GOOD, published(ec_key(number=2), "new"))

    assert (await keys.find("new"), address.fetched) == ((), 1)
    address.now += BETWEEN_FETCHES
    assert ([key.kid for key in await keys.find("new")], address.fetched) == (["new"], 2)


@pytest.mark.requirement("R3-23")
async def test_a_key_that_was_removed_is_dead_after_minutes():
    """Keys are fetched again when they are old, though the kid is known."""
    address = Address(GOOD)
    keys = address.keys
    await keys.find("good")
    address.body = key_set(published(ec_key(number=2), "other"))
    address.now += 2 * FRESH

    assert await keys.find("good") == ()


async def test_a_known_key_waits_for_no_newer_ones():
    """They are fetched beside the calls; the first call after that knows them."""
    address = Address(GOOD)
    keys = address.keys
    await keys.find("good")
    address.body = key_set(published(ec_key(number=2), "other"))
    address.now += FRESH

    assert len(await keys.find("good")) == 1
    await asyncio.sleep(0.05)
    assert await keys.find("good") == ()


async def test_while_there_are_no_keys_the_address_is_asked_again_soon():
    """One failure at the start does not lock an EHR out for half a minute."""
    address = Address(GOOD)
    keys, address.body = address.keys, None

    assert await keys.find("good") == ()
    address.body, address.now = key_set(GOOD), address.now + BETWEEN_FIRST_FETCHES
    assert len(await keys.find("good")) == 1


async def test_an_address_that_is_away_is_outlived_for_an_hour():
    """The keys that came last count until then, and each half minute is tried again."""
    address = Address(GOOD)
    keys = address.keys
    await keys.find("good")
    address.body = None
    address.now += FRESH

    assert len(await keys.find("good")) == 1
    await asyncio.sleep(0.05)
    assert len(await keys.find("good")) == 1
    assert address.fetched == 2
    address.now += STALE - FRESH
    assert await keys.find("good") == ()
    address.body = key_set(GOOD)
    address.now += BETWEEN_FETCHES
    assert len(await keys.find("good")) == 1


@pytest.mark.requirement("199")
async def test_pinned_keys_are_found_by_kid():
    """Nothing is fetched."""
    keys = PinnedKeys(read_key_set(key_set(GOOD)))

    assert [len(await keys.find(kid)) for kid in ("good", "other")] == [1, 0]


async def fetched(head, body=b"", *, wait=0.0, seconds=5.0):
    """What comes of fetching from a server of one answer: the body, or why none came; and the paths it was asked for."""
    asked, talks = [], []

    async def talk(reading, writing):
        talks.append(asyncio.current_task())
        asked.append((await reading.readuntil(b"\r\n\r\n")).split()[1].decode())
        with suppress(ConnectionError):
            writing.write(head + b"\r\n\r\n")
            for at in range(0, len(body), 65536):
                writing.write(body[at : at + 65536])
                await writing.drain()
                await asyncio.sleep(wait)
        writing.close()

    async with await asyncio.start_server(talk, "127.0.0.1", 0) as server:
        try:
            return await fetch_key_set(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/jwks.json", seconds=seconds), asked
        except KeysUnavailable as failed:
            return str(failed), asked
        finally:
            if talks:
                await asyncio.wait(talks, timeout=5)


async def test_a_key_set_is_fetched_whole():
    """From exactly the address that was configured."""
    body = key_set(GOOD)

    assert await fetched(b"HTTP/1.1 200 OK\r\nContent-Length: %d" % len(body), body) == (body, ["/jwks.json"])


@pytest.mark.parametrize(
    ("head", "body", "why"),
    [
        (b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/other", b"", "302"),
        (b"HTTP/1.1 500 No", b"", "500"),
        (b"HTTP/1.1 404 No", b"", "404"),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip", b"\x1f\x8b", "compressed"),
        (b"HTTP/1.1 200 OK", b" " * 70_000, "larger"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9", b"{", "RemoteProtocolError"),
        (b"nonsense", b"", "RemoteProtocolError"),
    ],
)
async def test_a_bad_answer_is_no_key_set(head, body, why):
    """Redirects are not followed, nothing is unpacked, nothing endless is read; the operator's log says what it was."""
    told, asked = await fetched(head, body)

    assert why in told
    assert asked == ["/jwks.json"]


async def test_an_answer_that_drips_is_given_up():
    """The time is for the whole answer, not for each piece of it."""
    told, _ = await fetched(b"HTTP/1.1 200 OK\r\nContent-Length: 60000", b" " * 30_000, wait=0.5, seconds=0.3)

    assert "no whole answer" in told


async def test_nobody_there_is_no_key_set():
    """A refused connection, a name that nobody has, an address that is none."""
    for url in ("http://127.0.0.1:9/jwks.json", "http://nobody.invalid/jwks.json", "http://[::1/jwks.json"):
        with pytest.raises(KeysUnavailable):
            await fetch_key_set(url)


async def test_whoever_watches_hears_of_each_fetch():
    """Whether it brought keys; a kid that is known costs no fetch."""
    answers, heard, now = [key_set(GOOD), KeysUnavailable("away")], [], [0.0]

    async def fetch(_):
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    keys = FetchedKeys("https://ehr.example/jwks", fetch=fetch, clock=lambda: now[0], told=heard.append)
    await keys.find("good")
    await keys.find("good")
    now[0] = 3 * FRESH
    await keys.find("good")

    assert heard == [True, False]
