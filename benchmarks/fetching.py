"""Target 8: what fetching costs beyond the bare calls: six searches of four pages, checked, read and put together.

The yardstick asks for the same pages over a pooled httpx client and looks at none of them, in a process of its own (bare_calls.py): what
we spare httpx by the way is ours. Counted is the time of the processor; the two take turns.
"""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from benchmarks.bare_calls import CALLS_IN_A_ROUND, PAGES, SEARCHES
from benchmarks.fhir_pages import RESOURCES
from benchmarks.report import Line
from benchmarks.timing import ratio
from cds_hooks.egress.allow_list import read_service_base
from cds_hooks.egress.exchange import Egress
from cds_hooks.fhir_access import complete_prefetch
from cds_hooks.fhir_calls import FhirCalls
from cds_hooks.request import read_request

MOST = 1.2
_TOKEN = "token"  # noqa: S105 - nobody's
_TEMPLATES = {f"search-{number}": f"Observation?patient={{{{context.patientId}}}}&code=c{number}" for number in range(SEARCHES)}


def measure(rounds: int) -> Iterator[Line]:
    """The line of the target."""
    with _program("benchmarks.fhir_pages") as server:
        base = f"http://127.0.0.1:{int(_line(server))}/fhir"
        with _program("benchmarks.bare_calls", base) as bare, _program("benchmarks.bare_calls", base, "spared") as spared:
            ours, theirs, without_search = asyncio.run(_measured(base, bare, spared, rounds))
    yield Line(
        "8",
        f"fetching {SEARCHES} searches of {PAGES} pages / the bare httpx calls",
        ratio(ours, theirs),
        MOST,
        "x",
        f"{median(ours) * 1_000:.1f} ms and {median(theirs) * 1_000:.1f} ms of processor time; {ratio(ours, without_search):.2f} x where "
        "the bare calls are spared the search for a missing module too",
    )


@contextmanager
def _program(*words: str) -> Iterator["subprocess.Popen[str]"]:
    """A module of ours as a program of its own, which is ended at last."""
    command = [sys.executable, "-m", *words]
    folder = Path(__file__).parent.parent
    with subprocess.Popen(command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as program:  # noqa: S603
        try:
            yield program
        finally:
            program.terminate()


def _line(program: "subprocess.Popen[str]", asked: str = "") -> str:
    """The next line of a program, after a line to it."""
    assert program.stdin is not None
    assert program.stdout is not None
    if asked:
        program.stdin.write(f"{asked}\n")
        program.stdin.flush()
    return program.stdout.readline()


async def _measured(base: str, bare: "subprocess.Popen[str]", spared: "subprocess.Popen[str]", rounds: int) -> tuple[list[float], ...]:
    """Seconds of processor time of one completion, and of its bare calls by each program; one figure a round."""
    allowed = read_service_base(base, loopback_http=True)
    egress = Egress([allowed])
    calls = FhirCalls(egress, clock=time.monotonic, chance=lambda: 0.0)
    context = {"userId": "Practitioner/1", "patientId": "p-1"}
    authorization = {"access_token": _TOKEN, "token_type": "Bearer"}
    sent = {"hook": "patient-view", "hookInstance": "1", "context": context, "fhirServer": base, "fhirAuthorization": authorization}
    request = read_request(json.dumps(sent).encode(), hooks=["patient-view"])

    async def completed() -> None:
        deadline = asyncio.get_running_loop().time() + 60
        found = (await complete_prefetch(request, _TEMPLATES, allowed=[allowed], calls=calls, deadline=deadline)).fetched
        if {one.record.resources for one in found.values()} != {PAGES * RESOURCES}:
            raise RuntimeError("Not every page was fetched.")

    async def seconds() -> tuple[float, ...]:
        began = time.process_time()
        for _ in range(CALLS_IN_A_ROUND):
            await completed()
        ours = (time.process_time() - began) / CALLS_IN_A_ROUND
        return ours, *[float(await asyncio.to_thread(_line, program, "round")) for program in (bare, spared)]

    await seconds()  # warms all of them up
    figures = [await seconds() for _ in range(rounds)]
    await egress.aclose()
    return tuple(map(list, zip(*figures, strict=True)))
