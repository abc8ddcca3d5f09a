"""What the memory adds to a call: the whole application with a SQLite file and without a store, asked in turns."""

import asyncio
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

import httpx

from benchmarks.payload import payload
from benchmarks.report import Line
from benchmarks.timing import interleaved
from service.app import create_app
from service.settings import read_settings

MOST_PERCENT = 25.0
_PATH = "/cds-services/cluneal-patient-view"


def measure(rounds: int) -> Iterator[Line]:
    """The line of the target, at S, for a chart that is silent at the last stage: each call is one decision and one record of the audit."""
    loop = asyncio.new_event_loop()
    with tempfile.TemporaryDirectory() as folder:
        works = {
            "off": _call(loop, {"CLUNEAL_DATABASE_URL": "off"}),
            "sqlite": _call(loop, {"CLUNEAL_DATABASE_URL": f"sqlite:///{Path(folder) / 'bench.sqlite'}"}),
        }
        seconds = interleaved(works, rounds=rounds)
    loop.close()
    added = median(stored - plain for stored, plain in zip(seconds["sqlite"], seconds["off"], strict=True))
    plain = median(seconds["off"])
    yield Line(
        target="memory",
        what="what remembering adds to a call at S, on SQLite",
        measured=100 * added / plain,
        most=MOST_PERCENT,
        unit="%",
        note=f"{added * 1e3:.2f} ms on {plain * 1e3:.2f} ms; a sync to the disk is in it",
    )


def _call(loop: asyncio.AbstractEventLoop, environ: dict[str, str]) -> Callable[[], object]:
    application = create_app(read_settings(environ))
    client = httpx.AsyncClient(transport=httpx.ASGITransport(app=application), base_url="http://127.0.0.1:8000")
    body = payload("S", "T-LOW").body

    async def call() -> None:
        answer = await client.post(_PATH, content=body, headers={"Content-Type": "application/json"})
        extension = answer.raise_for_status().json()["extension"]
        if "org.cluneal-cds.degraded" in extension or extension["org.cluneal-cds.silence"]["rule"] != "T-LOW":
            raise RuntimeError("The call was not answered and recorded as it should be.")

    return lambda: loop.run_until_complete(call())
