"""What the memory adds to a call: the whole application with a SQLite file and without a store, asked in turns.

Eight callers at a time, as at the door (serving.py): calls that wait at the same moment share a sync of the disk. What it adds to the
answer of a caller who is alone is told beside it; most of that is one sync.
"""

import asyncio
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from statistics import median

import httpx

from benchmarks.payload import payload
from benchmarks.report import Line
from benchmarks.timing import interleaved
from service.app import create_app
from service.settings import read_settings

MOST_PERCENT = 25.0
_AT_ONCE = 8
_PATH = "/cds-services/cluneal-patient-view"


def measure(rounds: int) -> Iterator[Line]:
    """The line of the target, at S, for a chart that is silent at the last stage: each call is one decision and one record of the audit."""
    loop = asyncio.new_event_loop()
    with tempfile.TemporaryDirectory() as folder:
        off, sqlite = _call({"CLUNEAL_DATABASE_URL": "off"}), _call({"CLUNEAL_DATABASE_URL": f"sqlite:///{Path(folder) / 'bench.sqlite'}"})
        works = {
            "off": lambda: loop.run_until_complete(_together(off)),
            "sqlite": lambda: loop.run_until_complete(_together(sqlite)),
            "off, alone": lambda: loop.run_until_complete(off()),
            "sqlite, alone": lambda: loop.run_until_complete(sqlite()),
        }
        seconds = interleaved(works, rounds=rounds)
    loop.close()
    added, plain = _added(seconds["sqlite"], seconds["off"])
    alone, plain_alone = _added(seconds["sqlite, alone"], seconds["off, alone"])
    yield Line(
        target="memory",
        what="what remembering adds to a call at S, on SQLite",
        measured=100 * added / plain,
        most=MOST_PERCENT,
        unit="%",
        note=(
            f"{added / _AT_ONCE * 1e3:.2f} ms on {plain / _AT_ONCE * 1e3:.2f} ms, {_AT_ONCE} at a time; "
            f"alone {alone * 1e3:.2f} ms on {plain_alone * 1e3:.2f} ms, with a sync of the disk for each"
        ),
    )


def _added(stored: list[float], plain: list[float]) -> tuple[float, float]:
    """Seconds more, and seconds without."""
    return median(one - other for one, other in zip(stored, plain, strict=True)), median(plain)


async def _together(call: Callable[[], Awaitable[None]]) -> None:
    await asyncio.gather(*(call() for _ in range(_AT_ONCE)))


def _call(environ: dict[str, str]) -> Callable[[], Awaitable[None]]:
    application = create_app(read_settings(environ))
    client = httpx.AsyncClient(transport=httpx.ASGITransport(app=application), base_url="http://127.0.0.1:8000")
    body = payload("S", "T-LOW").body

    async def call() -> None:
        answer = await client.post(_PATH, content=body, headers={"Content-Type": "application/json"})
        extension = answer.raise_for_status().json()["extension"]
        if "org.cluneal-cds.degraded" in extension or extension["org.cluneal-cds.silence"]["rule"] != "T-LOW":
            raise RuntimeError("The call was not answered and recorded as it should be.")

    return call
