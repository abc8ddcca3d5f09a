"""A FHIR server that does as it is told, right or wrong, over a real socket; and a canary, which only counts who comes.

An answer is a function of what was asked and of the connection: it writes whatever bytes it likes, and may never come back.
"""

import asyncio
import json
import socket
import struct
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass
class Asked:
    """One request as it came."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self):
        return self.target.partition("?")[0]


Answer = Callable[[Asked, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Listening:
    """A server, and what came to it."""

    port: int
    connections: int = 0
    asked: list[Asked] = field(default_factory=list)
    was_asked: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def base(self):
        return f"http://127.0.0.1:{self.port}/fhir"


@asynccontextmanager
async def faulty_fhir(answer, host="127.0.0.1", tls=None):
    """A server that gives this answer to everything, as long as the block runs; over TLS where a context for that is given."""
    listening = Listening(0)
    tasks = set()

    async def serve(reader, writer):
        listening.connections += 1
        tasks.add(asyncio.current_task())
        try:
            while True:
                asked = await _read_request(reader)
                listening.asked.append(asked)
                listening.was_asked.set()
                await answer(asked, writer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, host, 0, ssl=tls)
    listening.port = server.sockets[0].getsockname()[1]
    try:
        yield listening
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def canary(host="127.0.0.1"):
    """A server that nobody may come to."""
    return faulty_fhir(resource({"resourceType": "Bundle"}), host)


async def _read_request(reader):
    line, *fields = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")[:-2]
    method, target, _ = line.split(" ")
    headers = {name.lower(): value for name, _, value in (field.partition(": ") for field in fields)}
    return Asked(method, target, headers, await reader.readexactly(int(headers.get("content-length", 0))))


def response(body, status=200, *headers):
    """The bytes of an ordinary response."""
    head = (f"HTTP/1.1 {status} x", "Content-Type: application/fhir+json", f"Content-Length: {len(body)}", *headers, "", "")
    return "\r\n".join(head).encode() + body


def raw(*parts):
    """Answers with these bytes and ends the connection."""

    async def answer(asked, writer):
        for part in parts:
            writer.write(part)
            await writer.drain()
        writer.close()
        await asyncio.Event().wait()

    return answer


def resource(value, status=200, *headers):
    """Answers with a JSON value, and keeps the connection."""
    body = value if isinstance(value, bytes) else json.dumps(value).encode()

    async def answer(asked, writer):
        writer.write(response(body, status, *headers))

    return answer


def hang(first=b""):
    """Answers with these bytes, and with nothing more."""

    async def answer(asked, writer):
        writer.write(first)
        await asyncio.Event().wait()

    return answer


def drip(first, drop, seconds=0.02):
    """Answers with some bytes, and then for ever with a few more."""

    async def answer(asked, writer):
        writer.write(first)
        while True:
            writer.write(drop)
            await writer.drain()
            await asyncio.sleep(seconds)

    return answer


def pour(first, wave):
    """Answers with some bytes, and then for ever with more, as fast as they are taken."""
    return drip(first, wave, 0)


def reset(first=b""):
    """Answers with these bytes and breaks the connection."""

    async def answer(asked, writer):
        writer.write(first)
        await writer.drain()
        await asyncio.sleep(0.01)
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()
        await asyncio.Event().wait()

    return answer


def by_type(**answers):
    """Answers by the resource type in the address."""

    async def answer(asked, writer):
        await answers[asked.path.split("/")[2]](asked, writer)

    return answer


def in_turn(*answers):
    """Answers with the first, then with the second and so on, whoever asks; the last for ever."""
    turn = iter(answers)
    last = answers[-1]

    async def answer(asked, writer):
        await next(turn, last)(asked, writer)

    return answer


def bundle(*resources, following=None, **members):
    """A page of a search."""
    links = {"link": [{"relation": "self", "url": "https://x"}, {"relation": "next", "url": following}]} if following is not None else {}
    entries = [{"resource": one, "search": {"mode": "match"}} for one in resources]
    return {"resourceType": "Bundle", "type": "searchset", "entry": entries, **links, **members}


def condition(number, patient="p-1"):
    """A Condition of the patient."""
    return {"resourceType": "Condition", "id": f"c{number}", "subject": {"reference": f"Patient/{patient}"}}


OUTCOME = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "processing", "diagnostics": "JOHN SMITH"}]}
