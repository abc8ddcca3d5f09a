"""Target 8: what fetching costs beyond the bare calls: six searches of four pages, checked, read and put together.

The yardstick asks for the same pages over a pooled httpx client and looks at none of them. Counted is the time of the processor.
"""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from statistics import median

import httpx

from benchmarks.fhir_pages import PAGES, RESOURCES
from benchmarks.report import Line
from benchmarks.timing import ratio
from cds_hooks.egress.allow_list import read_service_base
from cds_hooks.egress.exchange import Egress
from cds_hooks.fhir_access import complete_prefetch
from cds_hooks.fhir_calls import FhirCalls
from cds_hooks.request import read_request

MOST = 1.2
SEARCHES = 6
_WARM_UP = 5
_CALLS_IN_A_ROUND = 10
_TOKEN = "token"  # noqa: S105 - nobody's
_TEMPLATES = {f"search-{number}": f"Observation?patient={{{{context.patientId}}}}&code=c{number}" for number in range(SEARCHES)}


def measure(rounds: int) -> Iterator[Line]:
    """The line of the target."""
    command = [sys.executable, "-m", "benchmarks.fhir_pages"]
    with subprocess.Popen(command, cwd=Path(__file__).parent.parent, stdout=subprocess.PIPE, text=True) as server:  # noqa: S603
        try:
            assert server.stdout is not None
            base = f"http://127.0.0.1:{int(server.stdout.readline())}/fhir"
            ours, bare = asyncio.run(_measured(base, rounds))
        finally:
            server.terminate()
    yield Line(
        "8",
        f"fetching {SEARCHES} searches of {PAGES} pages / the bare httpx calls",
        ratio(ours, bare),
        MOST,
        "x",
        f"{median(ours) * 1_000:.1f} ms and {median(bare) * 1_000:.1f} ms of processor time",
    )


async def _measured(base: str, rounds: int) -> tuple[list[float], list[float]]:
    """Seconds of processor time of one completion and of its bare calls, one figure a round."""
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

    async def one_search(client: httpx.AsyncClient, number: int) -> None:
        for page in range(1, PAGES + 1):
            url = f"{base}/Observation?patient=p-1&code=c{number}&page={page}"
            (await client.get(url, headers={"Authorization": f"Bearer {_TOKEN}"})).raise_for_status()

    async with httpx.AsyncClient(trust_env=False) as client:

        async def bare() -> None:
            await asyncio.gather(*(one_search(client, number) for number in range(SEARCHES)))

        for _ in range(_WARM_UP):
            await completed()
            await bare()
        figures = [(await _seconds(completed), await _seconds(bare)) for _ in range(rounds)]
    await egress.aclose()
    ours, theirs = zip(*figures, strict=True)
    return list(ours), list(theirs)


async def _seconds(work: Callable[[], Awaitable[None]]) -> float:
    began = time.process_time()
    for _ in range(_CALLS_IN_A_ROUND):
        await work()
    return (time.process_time() - began) / _CALLS_IN_A_ROUND
