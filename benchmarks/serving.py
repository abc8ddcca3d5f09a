"""Targets 3 and 4: what a call costs at the door of one worker, in units of routes that do nothing with the body; eight calls at a time.

A target of so many requests per second at least is printed as the time of a request at most, as all lines are.
"""

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

from benchmarks.payload import SIZES, payload
from benchmarks.report import Line
from benchmarks.timing import ratio

# Requests per second at least, in units of the bare route, and of the route with a model.
LEAST_OF_BARE = {"S": 0.35, "M": 0.18}
LEAST_OF_MODEL = {"S": 3.0, "M": 4.0}
_AT_ONCE = 8
_TURN_SECONDS = 1.0
_OURS = "/cds-services/cluneal-patient-view"
_PLAIN = (sys.executable, "-m", "uvicorn", "benchmarks.plain_routes:app", "--log-level", "warning", "--no-access-log")
_SERVICE = (str(Path(sys.executable).with_name("cluneal-cds")), "serve")
# The service as it is started, with the pages of a site (a link to the reasons of a silence is for trying the service out), without a
# memory (what that adds is storing.py's to say), and with a log of what fails only, as the plain routes have.
_AS_AT_A_SITE = {"CLUNEAL_PAGES": "why,knowledge", "CLUNEAL_DATABASE_URL": "off", "CLUNEAL_LOG_LEVEL": "warning"}


def measure(rounds: int) -> Iterator[Line]:
    """The lines of both targets."""
    with _served(_PLAIN) as plain, _served(_SERVICE, _AS_AT_A_SITE) as ours:
        for size in LEAST_OF_BARE:
            body = payload(size, "I-02").body
            calls = {"ours": (ours, _OURS), "bare": (plain, "/bare"), "model": (plain, "/model")}
            seconds: dict[str, list[float]] = {name: [] for name in calls}
            for _ in range(rounds):
                for name, (port, path) in calls.items():
                    seconds[name].append(asyncio.run(_seconds_each(port, path, body)))
            told = ", ".join(f"{name} {1 / sorted(each)[len(each) // 2]:,.0f}/s" for name, each in seconds.items())
            what = f"time of a call at the door, {size} ({SIZES[size]} resources), to a route"
            bare, model = ratio(seconds["ours"], seconds["bare"]), ratio(seconds["ours"], seconds["model"])
            yield Line("3", f"{what} that reads the body", bare, 1 / LEAST_OF_BARE[size], "x", told)
            yield Line("4", f"{what} with a pydantic model", model, 1 / LEAST_OF_MODEL[size], "x")


@contextmanager
def _served(command: Sequence[str], settings: Mapping[str, str] = MappingProxyType({})) -> Iterator[int]:
    """The port of a server of one worker, in a process of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environ = {**{name: value for name, value in os.environ.items() if not name.startswith("CLUNEAL_")}, **settings}
    server = subprocess.Popen([*command, "--port", str(port)], env=environ, stdout=subprocess.DEVNULL)  # noqa: S603 - our own words
    try:
        _wait_for(port)
        yield port
    finally:
        server.terminate()
        server.wait(timeout=20)


def _wait_for(port: int) -> None:
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("A server of the benchmark did not start within 20 s.")


async def _seconds_each(port: int, path: str, body: bytes) -> float:
    """Seconds of the clock for each call, with eight callers that each keep their connection."""
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    done = 0
    end = time.perf_counter() + _TURN_SECONDS

    async def call_on() -> None:
        nonlocal done
        reading, writing = await asyncio.open_connection("127.0.0.1", port)
        while time.perf_counter() < end:
            writing.write(head)
            writing.write(body)
            await writing.drain()
            answer = await reading.readuntil(b"\r\n\r\n")
            if not answer.startswith(b"HTTP/1.1 200"):
                raise RuntimeError(f"{path} answered {answer[:40]!r}")
            length = next(int(line.split(b":")[1]) for line in answer.split(b"\r\n") if line.lower().startswith(b"content-length:"))
            await reading.readexactly(length)
            done += 1
        writing.close()

    begin = time.perf_counter()
    await asyncio.gather(*(call_on() for _ in range(_AT_ONCE)))
    return (time.perf_counter() - begin) / done
