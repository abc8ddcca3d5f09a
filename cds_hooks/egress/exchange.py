"""One exchange with an allow-listed server: a request, and a whole answer in time and in size, or why there is none.

Built on httpcore, below the client of httpx, whose comforts would each be a hole here: it has no redirects, no cookies, no proxies or
passwords from the environment, no unpacking of compressed bodies. A token is a field of one request and of nothing else.
"""

import asyncio
import ssl
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from importlib.util import find_spec

import httpcore

from cds_hooks.egress.addresses import AddressRefused, CheckedNetwork, Resolve, system_resolve
from cds_hooks.egress.allow_list import Address, Network, ServiceBase

# httpcore tries several times in each request to import a module that tells asyncio from others. Where it is not installed, every try is a
# search of all folders, together a fifth of what a call costs; a None in its place says at once that there is none.
if find_spec("sniffio") is None:
    sys.modules["sniffio"] = None  # type: ignore[assignment]

# Seconds that must be left for a second try, when a connection that was kept open had been closed at the other end.
_TIME_FOR_ANOTHER = 0.3
_NEW_CONNECTION = "connection.connect_tcp.started"
_PORTS = {"https": 443, "http": 80}
_LONGEST_WAIT = 3_600
# Connections between exchanges: as many as there are calls at once, or a busy hour would make new ones all the time.
_KEPT_OPEN = 192


class Failure(StrEnum):
    """Why there is no answer."""

    TIMED_OUT = "timed-out"
    UNREACHABLE = "unreachable"
    BROKEN = "broken"
    TOO_LARGE = "too-large"
    ENCODED = "encoded"
    ADDRESS = "address-refused"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said.

    body         of a 200 alone: what a server says about its errors is of no use to us, and may be about a patient
    retry_after  seconds that the server asks to be left alone, or None
    """

    status: int
    body: bytes = field(default=b"", repr=False)
    retry_after: int | None = None


@dataclass(slots=True)
class Allowance:
    """How many more bytes may be taken in; shared by the exchanges of one hook call."""

    left: int


class Egress:
    """The connections of this process to the servers of an allow-list; kept open between exchanges. To be closed by `aclose`.

    resolve      the look-up of addresses; by default that of this machine
    ssl_context  the authorities that are trusted; by default those of this machine and of Mozilla
    """

    def __init__(self, bases: Iterable[ServiceBase], *, resolve: Resolve | None = None, ssl_context: ssl.SSLContext | None = None) -> None:
        self._bases = frozenset(bases)
        networks: dict[tuple[str, int], tuple[Network, ...]] = {}
        for base in self._bases:
            place = (base.url.raw_host.decode("ascii"), base.url.port or _PORTS[base.url.scheme])
            networks[place] = (*networks.get(place, ()), *base.networks)
        self._connections = httpcore.AsyncConnectionPool(
            ssl_context=ssl_context or httpcore.default_ssl_context(),
            max_connections=None,  # Who calls limits that, by server.
            max_keepalive_connections=_KEPT_OPEN,
            keepalive_expiry=30.0,
            network_backend=CheckedNetwork(networks, resolve or system_resolve()),
        )

    async def aclose(self) -> None:
        """Nothing; every connection is closed."""
        await self._connections.aclose()

    async def exchange(
        self,
        base: ServiceBase,
        url: Address,
        *,
        headers: Mapping[str, str],
        form: bytes | None = None,
        deadline: float,
        answer_bytes: int,
        allowance: Allowance,
    ) -> Answer | Failure:
        """The answer to a GET, or to a POST of a `form`, from a URL that `base` holds; or why there is none by the deadline.

        deadline  in the time of the event loop
        """
        if base not in self._bases or not base.holds(url):
            return Failure.ADDRESS
        try:
            async with asyncio.timeout_at(deadline):
                return await self._again_if_stale(_request(url, headers, form), deadline, answer_bytes, allowance)
        except (TimeoutError, httpcore.TimeoutException):
            return Failure.TIMED_OUT
        except AddressRefused:
            return Failure.ADDRESS
        except (httpcore.ReadError, httpcore.WriteError, httpcore.ProtocolError):
            return Failure.BROKEN
        except (httpcore.NetworkError, OSError):
            return Failure.UNREACHABLE

    async def _again_if_stale(
        self, request: httpcore.Request, deadline: float, answer_bytes: int, allowance: Allowance
    ) -> Answer | Failure:
        """The answer. Asked for twice where the first request met a connection that the server had given up in the meantime."""
        is_new = False

        async def watch(event: str, _: object) -> None:
            nonlocal is_new
            is_new = is_new or event == _NEW_CONNECTION

        request.extensions = {"trace": watch}
        try:
            response = await self._connections.handle_async_request(request)
        except (httpcore.ReadError, httpcore.WriteError, httpcore.RemoteProtocolError):
            if is_new or deadline - asyncio.get_running_loop().time() < _TIME_FOR_ANOTHER:
                raise
            response = await self._connections.handle_async_request(request)
        try:
            return await _read(response, answer_bytes, allowance)
        finally:
            await response.aclose()


def _request(url: Address, headers: Mapping[str, str], form: bytes | None) -> httpcore.Request:
    """The request for this very URL: its parts are handed on as they were compared, never as text that is parsed again."""
    sent = {
        "Host": url.netloc.decode("ascii"),
        # A body that unpacks to a thousand times its size is refused by not being asked for, and not being unpacked.
        "Accept-Encoding": "identity",
        "User-Agent": "cds-hooks",
        **headers,
    }
    if form is not None:
        sent |= {"Content-Type": "application/x-www-form-urlencoded", "Content-Length": str(len(form))}
    return httpcore.Request(
        "GET" if form is None else "POST",
        httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
        headers=list(sent.items()),
        content=form,
    )


async def _read(response: httpcore.Response, answer_bytes: int, allowance: Allowance) -> Answer | Failure:
    fields = {name.lower(): value for name, value in response.headers}
    if response.status != 200:
        wait = fields.get(b"retry-after", b"")
        return Answer(response.status, retry_after=min(int(wait), _LONGEST_WAIT) if wait.isdigit() and len(wait) < 10 else None)
    if fields.get(b"content-encoding", b"identity").strip().lower() not in (b"identity", b""):
        return Failure.ENCODED
    parts: list[bytes] = []
    size = 0
    async for part in response.aiter_stream():
        size += len(part)
        allowance.left -= len(part)
        if size > answer_bytes or allowance.left < 0:
            return Failure.TOO_LARGE
        parts.append(part)
    return Answer(200, b"".join(parts))
