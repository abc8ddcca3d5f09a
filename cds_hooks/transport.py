"""What the wire asks of a service below the specification: whole bodies in time, an answer to every fault, browsers of known origin.

Plain ASGI, no framework: each function takes an application and gives one that does a little more.
Sources: RFC 9110 (HTTP), https://fetch.spec.whatwg.org/#http-cors-protocol (CORS), https://asgi.readthedocs.io/.
"""

import asyncio
import json
import logging
import re
import traceback
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from cds_hooks.errors import CDSHooksError, MalformedRequest, PayloadTooLarge, ReceiveTimeout, ServiceError, ServiceFault, operation_outcome

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

# The last two are FHIR's; a client that has only FHIR tooling sends them.
MEDIA_TYPES = ("application/json", "application/fhir+json", "application/json+fhir")

_log = logging.getLogger("cds_hooks")

_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(?::[0-9]{1,5})?|https?://\[[0-9a-f:]+\](?::[0-9]{1,5})?")
_PREFLIGHT_VARY = b"Origin, Access-Control-Request-Method, Access-Control-Request-Headers"
_PREFLIGHT_ANSWER: Headers = [
    (b"access-control-allow-methods", b"GET, POST"),
    (b"access-control-allow-headers", b"Authorization, Content-Type"),
    (b"access-control-max-age", b"600"),
]


# Where in the scope of a request the code of its error stands, for whoever tells what came of calls.
ERROR = "cds_hooks.error"

# How many times the largest body is taken in, unkept, before a client is cut off in the middle of its sending.
_PATIENCE = 4


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a request is received, and for how long.

    receive_seconds  from the first look at the body to its last byte, however the bytes are spread
    """

    body_bytes: int = 16 * 1024 * 1024
    receive_seconds: float = 5.0


async def receive_body(scope: Scope, receive: Receive, limits: Limits) -> bytes:
    """The whole body. Raises PayloadTooLarge and ReceiveTimeout.

    What is too large is still taken in for a while, and not kept: a client that sends all before it reads would see no answer, only a
    connection that breaks. One that asks first ("Expect: 100-continue") is refused before the first byte.
    """
    headers = dict(scope["headers"])
    declared = headers.get(b"content-length", b"0")
    # The server has refused what is no number; twenty digits are enough to be too large.
    refused = declared.isdigit() and int(declared[:20]) > limits.body_bytes
    if refused and headers.get(b"expect", b"").lower() == b"100-continue":
        raise _too_large(limits)
    parts: list[bytes] = []
    size, more = 0, True
    try:
        async with asyncio.timeout(limits.receive_seconds):
            while more and size <= _PATIENCE * limits.body_bytes:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise MalformedRequest("The connection ended before the body did.")
                part = message.get("body", b"")
                size += len(part)
                refused = refused or size > limits.body_bytes
                if refused:
                    parts.clear()
                else:
                    parts.append(part)
                more = message.get("more_body", False)
    except TimeoutError:
        if not refused:
            raise ReceiveTimeout(limits.receive_seconds) from None
    if refused:
        raise _too_large(limits)
    return b"".join(parts)


async def pass_over_body(scope: Scope, receive: Receive, limits: Limits) -> None:
    """Take in a body that nobody will read: a client that sends all before it reads would not see why it is refused."""
    size, more = 0, dict(scope["headers"]).get(b"expect", b"").lower() != b"100-continue"
    with suppress(TimeoutError):
        async with asyncio.timeout(limits.receive_seconds):
            while more and size <= limits.body_bytes:
                message = await receive()
                size += len(message.get("body", b""))
                more = message.get("more_body", False)


def _too_large(limits: Limits) -> PayloadTooLarge:
    return PayloadTooLarge(f"A body may have {limits.body_bytes:,} bytes.")


def answer_errors(app: Application) -> Application:
    """The application with an answer to everything it raises: a CDSHooksError as what it says, anything else as our fault.

    A fault is logged by its type and place alone: its message may quote a patient's data.
    """

    async def answered(scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def watched(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await app(scope, receive, watched)
        except Exception as fault:
            error = fault if isinstance(fault, CDSHooksError) else ServiceFault()
            _log_error(error, fault)
            scope[ERROR] = error.code
            # Half an answer cannot be taken back; the server cuts the connection, and the client sees that it is not whole.
            if not begun:
                await _send_error(send, error)

    return _for_http(app, answered)


def _log_error(error: CDSHooksError, fault: Exception) -> None:
    if not isinstance(error, ServiceError):
        _log.debug("refused: %s", error.code)
    else:
        places = (f"{frame.name} ({frame.filename}:{frame.lineno})" for frame in reversed(traceback.extract_tb(fault.__traceback__)[-5:]))
        _log.error("%s: %s in %s", error.code, type(fault).__name__, " < ".join(places))


async def _send_error(send: Send, error: CDSHooksError) -> None:
    body = json.dumps(operation_outcome(error), ensure_ascii=False, separators=(",", ":")).encode()
    headers = {**error.headers, "Content-Type": "application/fhir+json", "Content-Length": str(len(body))}
    encoded = [(name.lower().encode("ascii"), value.encode("ascii")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": error.status_hint, "headers": encoded})
    await send({"type": "http.response.body", "body": body})


def add_safe_headers(app: Application) -> Application:
    """The application with answers that no cache keeps, unless an answer says otherwise, and whose type no browser guesses."""

    async def safe(scope: Scope, receive: Receive, send: Send) -> None:
        def add(headers: Headers) -> Headers:
            caching = [] if any(name == b"cache-control" for name, _ in headers) else [(b"cache-control", b"no-store")]
            return [*headers, *caching, (b"x-content-type-options", b"nosniff")]

        await app(scope, receive, _changing_headers(send, add))

    return _for_http(app, safe)


def is_origin(text: str) -> bool:
    """Whether a text is an origin as browsers send it, https://ehr.example.org or http://localhost:8080; there is no wildcard."""
    return _ORIGIN.fullmatch(text) is not None


def allow_origins(app: Application, origins: Iterable[str]) -> Application:
    """The application open to pages of these origins: preflights answered for any address, and errors readable like cards.

    Credentials are never allowed: a client of this protocol sends its token itself.
    Raises ValueError for anything but exact origins, https://ehr.example.org; there is no wildcard.
    """
    known = frozenset(origins)
    if wrong := sorted(origin for origin in known if not is_origin(origin)):
        raise ValueError(f"not an origin (scheme://host or scheme://host:port, lower case): {', '.join(wrong)}")
    allowed = {origin.encode(): origin.encode() for origin in known}

    async def open_to_origins(scope: Scope, receive: Receive, send: Send) -> None:
        asked = dict(scope["headers"])
        origin = allowed.get(asked.get(b"origin", b""))
        permission: Headers = [(b"access-control-allow-origin", origin)] if origin else []
        if scope["method"] == "OPTIONS" and b"origin" in asked and b"access-control-request-method" in asked:
            answer = [*permission, *(_PREFLIGHT_ANSWER if origin else ()), (b"vary", _PREFLIGHT_VARY)]
            await send({"type": "http.response.start", "status": 204, "headers": answer})
            await send({"type": "http.response.body", "body": b""})
        else:
            await app(scope, receive, _changing_headers(send, lambda headers: [*_varying(headers), *permission]))

    return _for_http(app, open_to_origins)


def _varying(headers: Headers) -> Headers:
    """The headers with what an answer depends on in one line: whatever it named, and the origin of the page."""
    named = [value for name, value in headers if name == b"vary"]
    return [*(one for one in headers if one[0] != b"vary"), (b"vary", b", ".join((*named, b"Origin")))]


def _changing_headers(send: Send, change: Callable[[Headers], Headers]) -> Send:
    async def changed(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": change(list(message.get("headers", ())))}
        await send(message)

    return changed


def _for_http(app: Application, http: Application) -> Application:
    """`http` for requests, `app` for the life of the server and everything else."""

    async def chosen(scope: Scope, receive: Receive, send: Send) -> None:
        await (http if scope["type"] == "http" else app)(scope, receive, send)

    return chosen
