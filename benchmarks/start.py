"""Target 7: how soon a fresh process shows its first card, and how much memory a worker takes that has nothing to do.

A real `cluneal-cds serve` on a free loopback port, without any setting of the caller's; the card is that of the first story.
"""

import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import httpx

from benchmarks.report import Line
from service.story import hook_request, read_story

MOST_SECONDS = 1.5
MOST_MB = 120.0
STORY = "laminectomy-and-iliac-harvest"
_STARTS = 5
_PATIENCE_SECONDS = 30.0
_IDLE_SECONDS = 1.0


def measure() -> Iterator[Line]:
    """The lines of the target, over several starts: the time with a store to be made, as on the first day; the memory as on any other."""
    seconds, megabytes = [], []
    for _ in range(_STARTS):
        with tempfile.TemporaryDirectory() as folder:
            seconds.append(_start(Path(folder))[0])
            megabytes.append(_start(Path(folder))[1])
    yield Line(
        "7",
        "from the start of the process to its first card",
        median(seconds),
        MOST_SECONDS,
        "s",
        f"{min(seconds):.2f}-{max(seconds):.2f} s",
    )
    yield Line("7", "memory of an idle worker that has answered", median(megabytes), MOST_MB, "MB", "resident set of the process")


def _start(folder: Path) -> tuple[float, float]:
    """Seconds to the first card and megabytes thereafter, of one process that is ended again; its store is in `folder`."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    request = hook_request(read_story(STORY), hook_instance=str(uuid.uuid4()), today=datetime.now(UTC).date())
    others = {name: value for name, value in os.environ.items() if not name.startswith("CLUNEAL_")}
    environment = {**others, "CLUNEAL_DATABASE_URL": f"sqlite:///{folder / 'cluneal.sqlite'}"}
    command = [str(Path(sys.executable).with_name("cluneal-cds")), "serve", "--port", str(port)]
    began = time.perf_counter()
    process = subprocess.Popen(command, env=environment, cwd=Path(__file__).parent.parent, stdout=subprocess.DEVNULL)  # noqa: S603
    try:
        cards = _first_answer(f"http://127.0.0.1:{port}/cds-services/cluneal-patient-view", json.dumps(request).encode(), process)
        seconds = time.perf_counter() - began
        if len(cards) != 1:
            raise RuntimeError(f"{STORY} gave {len(cards)} cards instead of one.")
        time.sleep(_IDLE_SECONDS)
        return seconds, _resident_megabytes(process.pid)
    finally:
        process.terminate()
        process.wait(_PATIENCE_SECONDS)


def _first_answer(url: str, body: bytes, process: "subprocess.Popen[bytes]") -> list[object]:
    """The cards of the first answer, asked for until there is one."""
    until = time.perf_counter() + _PATIENCE_SECONDS
    with httpx.Client(trust_env=False, headers={"Content-Type": "application/json"}) as client:
        while time.perf_counter() < until and process.poll() is None:
            with contextlib.suppress(httpx.ConnectError):
                return list(client.post(url, content=body).raise_for_status().json()["cards"])
            time.sleep(0.005)
    raise RuntimeError("The service did not start.")


def _resident_megabytes(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    (kilobytes,) = (line.split()[1] for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(kilobytes) / 1024
