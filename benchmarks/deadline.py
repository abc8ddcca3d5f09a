"""How late an answer comes when the client's FHIR server hangs: at most the deadline of a call and a tenth of it.

The whole application with its default deadline; a server on the loopback that takes a request and then says nothing, or a byte at a time.
"""

import asyncio
import time
from collections.abc import Iterator
from contextlib import suppress

import httpx

from benchmarks.report import Line
from service.app import create_app
from service.settings import read_settings

MOST = 1.1
_SERVICE = "/cds-services/cluneal-patient-view"
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/fhir+json\r\nContent-Length: 100000\r\n\r\n"
# How a server may hang: before its answer, and in it.
_WAYS = {"silent": b"", "dripping": b" "}


def measure(rounds: int) -> Iterator[Line]:
    """The line: the slowest answer of all."""
    took = {way: asyncio.run(_measured(drop, rounds)) for way, drop in _WAYS.items()}
    deadline = read_settings({}).deadline_s
    note = ", ".join(f"{way} {max(several):.3f} s" for way, several in took.items())
    yield Line(
        "deadline",
        "the slowest answer at a FHIR server that hangs / the deadline of a call",
        max(map(max, took.values())) / deadline,
        MOST,
        "x",
        f"{note}; the deadline is {deadline} s",
    )


async def _measured(drop: bytes, rounds: int) -> list[float]:
    """Seconds to each answer, of calls that bring nothing but leave to read."""

    async def hang(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.CancelledError):
            writer.write(_HEAD if drop else b"")
            while not writer.is_closing():
                writer.write(drop)
                await writer.drain()
                await asyncio.sleep(0.02)

    server = await asyncio.start_server(hang, "127.0.0.1", 0)
    base = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    # A base for each round: a server that failed is left alone for a while, and then there is nothing to measure.
    bases = [f"{base}/{number}" for number in range(rounds)]
    app = create_app(read_settings({"CLUNEAL_OPEN_FHIR_SERVERS": ",".join(bases), "CLUNEAL_DATABASE_URL": "off"}))
    try:
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://cds") as ehr,
        ):
            return [await _seconds(ehr, one) for one in bases]
    finally:
        server.close()


async def _seconds(ehr: httpx.AsyncClient, base: str) -> float:
    question = {
        "hook": "patient-view",
        "hookInstance": "1",
        "context": {"userId": "Practitioner/1", "patientId": "p"},
        "fhirServer": base,
        "fhirAuthorization": {"access_token": "nobodys", "token_type": "Bearer"},
    }
    begun = time.perf_counter()
    answer = await ehr.post(_SERVICE, json=question)
    took = time.perf_counter() - begun
    if answer.status_code != 412:
        raise RuntimeError(f"A chart that could not be read was answered {answer.status_code} instead of 412.")
    return took
