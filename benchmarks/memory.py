"""Target 5: how far memory rises above the body while a very large chart is read, in units of the body; in a process of its own."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.payload import PATIENT, SIZES, TODAY, payload
from benchmarks.report import Line

MOST = 0.25
_KILOBYTE = 1024


def measure() -> Iterator[Line]:
    """The line of the target."""
    done = subprocess.run([sys.executable, "-m", "benchmarks.memory"], capture_output=True, text=True, check=True)
    seen = json.loads(done.stdout)
    yield Line(
        target="5",
        what=f"peak memory above the body, XL ({SIZES['XL']} resources), to the body",
        measured=seen["rise"] / seen["body"],
        most=MOST,
        unit="x",
        note=f"{seen['rise'] / 1e6:.1f} MB above a body of {seen['body'] / 1e6:.1f} MB",
    )


def _rise() -> dict[str, int]:
    """Bytes of the body, and bytes by which the process grew at most while it was read, after one that warmed it up."""
    from cds_hooks.hooks import HOOKS
    from cds_hooks.request import read_request
    from service.call import Call
    from service.evaluate import evaluate
    from service.fhir.chart import chart_of_prefetch
    from service.knowledge.load import load_knowledge

    knowledge = load_knowledge()

    def work(body: bytes) -> None:
        prefetch = read_request(body, hooks=HOOKS).prefetch
        evaluate(
            chart_of_prefetch(prefetch, patient=PATIENT, server=None),
            knowledge,
            today=TODAY,
            call=Call(PATIENT, "a call", "Practitioner/1"),
        )

    body = payload("XL", "I-02").body
    work(payload("M", "I-02").body)
    # From here on the peak counts anew.
    Path("/proc/self/clear_refs").write_text("5")
    before = _resident("VmRSS")
    work(body)
    return {"body": len(body), "rise": _resident("VmHWM") - before}


def _resident(name: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:")) * _KILOBYTE


if __name__ == "__main__":
    print(json.dumps(_rise()))
