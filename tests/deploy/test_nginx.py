"""The proxy and the service as a pair: slow callers have an end, large things too, and no request means two things.

The configuration is that of deploy/nginx, with its own times: what takes 5 s there takes 5 s here.
"""

import json
import re
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from service.story import hook_request, read_story
from tests.blackbox.service import served
from tests.deploy.proxy import CONFIGURATION, NAME, Proxy, in_front_of, nginx, received

VIEW = "/cds-services/cluneal-patient-view"
HOST = f"Host: {NAME}\r\n"
JSON = "Content-Type: application/json\r\n"


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """The proxy in front of one replica that is open and remembers nothing."""
    nginx()
    environ = {"CLUNEAL_DATABASE_URL": "off"}
    with served(environ) as replica, in_front_of([int(replica.url.rpartition(":")[2])], tmp_path_factory.mktemp("nginx")) as found:
        yield found


def story() -> bytes:
    """A request that gets a card."""
    body = hook_request(read_story("laminectomy-and-iliac-harvest"), hook_instance=str(uuid4()), today=datetime.now(UTC).date())
    return json.dumps(body).encode()


def statuses(answer: bytes) -> list[int]:
    """The status of each response in what came back."""
    return [int(found) for found in re.findall(rb"HTTP/1\.1 (\d{3})", answer)]


def posted(extra: str, body: bytes, *, line: str = f"POST {VIEW} HTTP/1.1", host: str = HOST) -> bytes:
    """A request with these header lines."""
    return f"{line}\r\n{host}{JSON}{extra}Connection: close\r\n\r\n".encode() + body


def test_the_configuration_says_what_the_service_relies_on() -> None:
    """Times, sizes and the header that has to go stand in the file (a short look; the rest of the tests takes minutes)."""
    text = CONFIGURATION.read_text(encoding="utf-8")

    for words in (
        "client_header_timeout 5s;",
        "client_body_timeout 5s;",
        "client_max_body_size 16m;",
        'proxy_set_header Upgrade "";',
        'proxy_set_header Connection "";',
        "ssl_protocols TLSv1.2 TLSv1.3;",
        "proxy_request_buffering on;",
        "keepalive_timeout 1s;",
    ):
        assert words in text
    assert "non_idempotent" not in text


@pytest.mark.long
def test_a_card_comes_through_the_proxy(proxy: Proxy) -> None:
    """With its headers, and without one that names the software."""
    body = story()
    answer = proxy.exchanged(posted(f"Content-Length: {len(body)}\r\n", body))

    assert statuses(answer) == [200]
    assert b"press the iliac crest" in answer
    assert b"cache-control: no-store" in answer.lower()
    assert b"uvicorn" not in answer.lower()


@pytest.mark.long
@pytest.mark.parametrize(
    "upgrade",
    [
        "Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n",
        "Upgrade: websocket\r\nConnection: Upgrade\r\n",
        "Expect: 100-continue\r\n",
    ],
)
def test_an_upgrade_costs_no_body(proxy: Proxy, upgrade: str) -> None:
    """The service hears of no upgrade, and the call is answered as any other."""
    body = story()
    answer = proxy.exchanged(posted(f"{upgrade}Content-Length: {len(body)}\r\n", body), seconds=8)

    assert statuses(answer)[-1] == 200
    assert b"press the iliac crest" in answer


@pytest.mark.long
@pytest.mark.parametrize(
    ("extra", "body"),
    [
        ("Content-Length: 6\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\nX"),
        ("Transfer-Encoding: chunked\r\nContent-Length: 6\r\n", b"0\r\n\r\nX"),
        ("Content-Length: 2\r\nContent-Length: 2\r\n", b"{}"),
        ("Content-Length: 2\r\nContent-Length: 3\r\n", b"{}"),
        ("Content-Length: 2, 2\r\n", b"{}"),
        ("Content-Length: +2\r\n", b"{}"),
        ("Content-Length: 0x2\r\n", b"{}"),
        ("Content-Length: -1\r\n", b"{}"),
        ("Content-Length: 2 \x0b\r\n", b"{}"),
        ("Transfer-Encoding: xchunked\r\n", b"2\r\n{}\r\n0\r\n\r\n"),
        ("Transfer-Encoding: chunked, identity\r\n", b"2\r\n{}\r\n0\r\n\r\n"),
        ("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", b"2\r\n{}\r\n0\r\n\r\n"),
        ("Transfer-Encoding: chunked\r\n", b"2;\n{}\r\n\x000\r\n\r\n"),
        ("Transfer-Encoding: chunked\r\n", b"-2\r\n{}\r\n0\r\n\r\n"),
        ("Transfer-Encoding: chunked\r\n", b"FFFFFFFFFFFFFFFFF\r\n{}\r\n0\r\n\r\n"),
        (f"{HOST}Content-Length: 2\r\n", b"{}"),
        ("X: a\x00b\r\nContent-Length: 2\r\n", b"{}"),
    ],
)
def test_a_request_that_could_mean_two_things_means_none(proxy: Proxy, extra: str, body: bytes) -> None:
    """One refusal by the proxy, and nothing of the request is taken for a second one."""
    hidden = b"GET /knowledge HTTP/1.1\r\nHost: x\r\n\r\n"
    found = statuses(proxy.exchanged(posted(extra, body + hidden), seconds=8))

    assert len(found) <= 1
    assert set(found) <= {400, 501}


@pytest.mark.long
@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (f"GET https://{NAME}/knowledge HTTP/1.1\r\n{HOST}Connection: close\r\n\r\n", [200]),
        ("GET https://evil.example/knowledge HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n", []),
        (f"GET https://evil.example/knowledge HTTP/1.1\r\n{HOST}Connection: close\r\n\r\n", []),
        ("GET /knowledge HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n", []),
        ("GET /knowledge HTTP/1.1\r\nConnection: close\r\n\r\n", [400]),
        (f"CONNECT {NAME}:443 HTTP/1.1\r\n{HOST}\r\n", [400, 405]),
        (f"TRACE / HTTP/1.1\r\n{HOST}\r\n", [405]),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", [400, 505]),
        (f"GET /livez HTTP/1.1\r\n{HOST}Connection: close\r\n\r\n", [404]),
        (f"GET /readyz HTTP/1.1\r\n{HOST}Connection: close\r\n\r\n", [404]),
        (f"GET /metrics HTTP/1.1\r\n{HOST}Connection: close\r\n\r\n", [404]),
        (f"GET /%2e%2e/readyz HTTP/1.1\r\n{HOST}Connection: close\r\n\r\n", [400]),
        (f"GET /x/../readyz HTTP/1.1\r\n{HOST}Connection: close\r\n\r\n", [404]),
    ],
)
def test_an_address_leads_where_it_says_or_nowhere(proxy: Proxy, raw: str, expected: list[int]) -> None:
    """Absolute addresses of ours are ours, those of others get nothing; what is for operators is not there."""
    found = statuses(proxy.exchanged(raw.encode(), seconds=8))

    assert found == [] if not expected else found[0] in expected


@pytest.mark.long
def test_what_is_too_large_is_told_so(proxy: Proxy) -> None:
    """A header of 20 kB is a 400, of many lines as well; a body of 17 MB a 413 in the words of FHIR, before it was sent."""
    header = proxy.exchanged(posted(f"X-Much: {'x' * 20_000}\r\nContent-Length: 2\r\n", b"{}"), seconds=8)
    lines = proxy.exchanged(posted("".join(f"X-{n}: {'y' * 900}\r\n" for n in range(100)) + "Content-Length: 2\r\n", b"{}"), seconds=8)
    body = proxy.exchanged(posted(f"Content-Length: {17 * 1024 * 1024}\r\n", b""), seconds=8)

    assert [statuses(one) for one in (header, lines, body)] == [[400], [400], [413]]
    assert b'"resourceType":"OperationOutcome"' in body


@pytest.mark.long
def test_a_slow_caller_has_an_end_and_holds_up_nobody(proxy: Proxy) -> None:
    """Silent sockets, halves of headers, headers by the letter, bodies that stop: all closed by the proxy; honest calls are answered."""
    body = story()
    half = posted(f"Content-Length: {len(body)}\r\n", body[:100])
    answered: list[list[int]] = []
    with ExitStack() as open_ones:
        stalled: list[socket.socket] = []
        for start in (b"", f"POST {VIEW} HTTP/1.1\r\nHost:".encode(), half):
            for _ in range(10):
                connection = open_ones.enter_context(proxy.connect(seconds=30))
                connection.sendall(start)
                stalled.append(connection)
        # Not even a handshake.
        stalled.append(open_ones.enter_context(socket.create_connection(("127.0.0.1", proxy.port), timeout=30)))
        dripping = open_ones.enter_context(proxy.connect(seconds=30))
        for letter in b"POST /cds-services":
            with suppress(OSError):
                dripping.sendall(bytes([letter]))
            answered.append(statuses(proxy.exchanged(posted(f"Content-Length: {len(body)}\r\n", body))))
            time.sleep(0.4)
        ends = [received(connection) for connection in (*stalled, dripping)]

    assert all(one.closed for one in ends), "somebody was waited for"
    assert {code for one in ends for code in statuses(one.came)} <= {400, 408}
    assert set(map(tuple, answered)) == {(200,)}


@pytest.mark.long
def test_only_our_name_gets_a_handshake_and_no_old_tls(proxy: Proxy) -> None:
    """Another name is refused before a certificate is shown; the oldest TLS that is spoken is 1.2."""
    careless = ssl.create_default_context()
    careless.check_hostname, careless.verify_mode = False, ssl.CERT_NONE
    with pytest.raises(ssl.SSLError):
        Proxy(proxy.port, careless).connect(name="evil.example")

    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    old.set_ciphers("ALL:@SECLEVEL=0")
    old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2
    with Proxy(proxy.port, old).connect() as connection:
        assert connection.version() == "TLSv1.2"
