"""A service of ours as a process of its own, on a free port of the loopback; and calls over a real socket."""

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

COMMAND = (sys.executable, "-c", "import sys; from service.cli import main; sys.argv[0] = 'cluneal-cds'; main()")


@dataclass(frozen=True)
class Served:
    """A running service: where it answers, and its process."""

    url: str
    process: subprocess.Popen[bytes]


@dataclass(frozen=True)
class Answer:
    """What came back over the wire."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@contextmanager
def served(environ: Mapping[str, str], *, port: int | None = None) -> Iterator[Served]:
    """`cluneal-cds serve` with these settings and no others, from when it answers until it was told to stop and went well."""
    port = port or free_port()
    clean = {name: value for name, value in os.environ.items() if not name.startswith("CLUNEAL_")}
    process = subprocess.Popen(
        [*COMMAND, "serve", "--port", str(port)],
        env={**clean, **environ},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        url = f"http://127.0.0.1:{port}"
        wait_for(url, process)
        yield Served(url, process)
        process.terminate()
        code = process.wait(timeout=60)
        assert code == 0, f"the service ended with {code}"
    finally:
        process.kill()
        process.wait()


def wait_for(url: str, process: subprocess.Popen[bytes] | None = None, *, seconds: float = 60) -> None:
    """Return when the service answers at `url`."""
    until = time.monotonic() + seconds
    while True:
        assert process is None or process.poll() is None, "the service did not start"
        assert time.monotonic() < until, f"nobody answers at {url}"
        try:
            if call(url, "GET", "/livez").status == 200:
                return
        except OSError:
            pass
        time.sleep(0.05)


def free_port() -> int:
    """A port of the loopback that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        found: int = probe.getsockname()[1]
        return found


def call(url: str, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None) -> Answer:
    """What the service answers to one call on a connection of its own."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=30)
    try:
        given = {"Content-Type": "application/json"} if body is not None and headers is None else dict(headers or {})
        connection.request(method, path, body=body, headers=given)
        answer = connection.getresponse()
        return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
    finally:
        connection.close()
