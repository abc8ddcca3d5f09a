"""Kill the service, and the database under it, in the middle of writing; count what was acknowledged and is lost.

    python -m tests.kills 500               so many cycles on a SQLite file, then on a PostgreSQL of its own
    python -m tests.kills 500 sqlite        on one of them

A cycle: start the service, let four clients report feedback as fast as it is taken, kill -9 after a moment, start again. On PostgreSQL
every second cycle kills the database first. It is set not to sync by itself (postgresql.py): what is kept is the service's doing.
"""

import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from signal import SIGKILL

from service.database_url import read_database_url
from service.storage.audit import Verdict, verify
from service.storage.database import Database, upgrade_place
from service.storage.pseudonyms import Pseudonyms, read_key
from tests.postgresql import Server
from tests.service.storage.reading import rows

_CLIENTS = 4
_COMMAND = [sys.executable, "-c", "from service.cli import main; main()", "serve"]


@dataclass
class Toll:
    """What the kills cost.

    acknowledged  items of feedback that were answered with 200;  lost: those of them that are not stored
    longest       seconds until the service answered again, at most
    """

    cycles: int = 0
    acknowledged: set[str] = field(default_factory=set)
    lost: set[str] = field(default_factory=set)
    longest: float = 0.0
    audit: Verdict | None = None

    def __str__(self) -> str:
        chain = f"{self.audit.records:,} audit records, {self.audit.problem or 'the chain whole'}" if self.audit else ""
        return (
            f"{self.cycles} kills: {len(self.acknowledged):,} items acknowledged, {len(self.lost)} lost; {chain}; "
            f"answering again after {self.longest:.1f} s at most"
        )


def kill(cycles: int, url: str, key: Path, *, server: Server | None = None, chance: Random) -> Toll:
    """The toll of so many kills of a service with this store, and of its database every second time where it is handed over."""
    toll = Toll()
    environ = {**os.environ, "CLUNEAL_DATABASE_URL": url, "CLUNEAL_PSEUDONYM_KEY_FILE": str(key)}
    for cycle in range(cycles):
        with _service(environ) as (process, address, seconds):
            toll.longest = max(toll.longest, seconds)
            with _reporting(address, f"{cycle}", toll.acknowledged):
                time.sleep(chance.uniform(0.1, 0.6))
                if server is not None and cycle % 2:
                    server.stop(SIGKILL)
                process.send_signal(SIGKILL)
                process.wait()
        if server is not None and cycle % 2:
            server.start()
        toll.cycles += 1
    database = Database(read_database_url(url), wait=60, patient=True)
    with closing(database):
        toll.audit = database.run_now(lambda store: verify(store, Pseudonyms(read_key(key))))
    toll.lost = toll.acknowledged - {row["card"] for row in rows(url, "feedback")}
    return toll


@contextmanager
def _service(environ: dict[str, str]) -> Iterator[tuple[subprocess.Popen[bytes], str, float]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    begun = time.monotonic()
    process = subprocess.Popen([*_COMMAND, "--port", str(port)], env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        address = f"http://127.0.0.1:{port}"
        while True:
            assert process.poll() is None, "the service did not start again"
            assert time.monotonic() < begun + 60, "the service does not answer"
            try:
                urllib.request.urlopen(f"{address}/livez", timeout=2).close()  # noqa: S310
                break
            except OSError:
                time.sleep(0.02)
        yield process, address, time.monotonic() - begun
    finally:
        process.kill()
        process.wait()


@contextmanager
def _reporting(address: str, name: str, acknowledged: set[str]) -> Iterator[None]:
    """Clients that report feedback one item after the other, each about a card of its own, until nobody answers any more."""
    over = threading.Event()

    def report(client: int) -> None:
        number = 0
        while not over.is_set():
            number += 1
            card = f"{name}-{client}-{number}"
            item = {"card": card, "outcome": "overridden", "outcomeTimestamp": "2026-11-20T12:00:00Z"}
            call = urllib.request.Request(  # noqa: S310
                f"{address}/cds-services/cluneal-patient-view/feedback",
                data=json.dumps({"feedback": [item]}).encode(),
                headers={"Content-Type": "application/json"},
            )
            try:
                with urllib.request.urlopen(call, timeout=5) as answer:  # noqa: S310
                    if answer.status == 200:
                        acknowledged.add(card)
            except OSError:
                continue

    threads = [threading.Thread(target=report, args=(client,)) for client in range(_CLIENTS)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()


def main(cycles: int, *kinds: str) -> bool:
    """Print the toll on each kind of database, and say whether nothing was lost."""
    whole = True
    with tempfile.TemporaryDirectory() as folder:
        key = Path(folder) / "key"
        key.write_text("0123456789abcdef" * 4)
        for kind in kinds or ("sqlite", "postgresql"):
            toll = kill_one(kind, cycles, Path(folder), key)
            print(f"{kind}: {toll}", flush=True)  # noqa: T201
            whole = whole and not toll.lost and toll.audit is not None and not toll.audit.problem
    return whole


def kill_one(kind: str, cycles: int, folder: Path, key: Path) -> Toll:
    """The toll on a new database of a kind."""
    if kind == "sqlite":
        return kill(cycles, f"sqlite:///{folder / 'killed.sqlite'}", key, chance=Random(cycles))  # noqa: S311
    server = Server()
    try:
        url = server.new_database()
        upgrade_place(read_database_url(url))  # type: ignore[arg-type]
        return kill(cycles, url, key, server=server, chance=Random(cycles))  # noqa: S311
    finally:
        server.remove()


if __name__ == "__main__":
    sys.exit(0 if main(int(sys.argv[1]), *sys.argv[2:]) else 1)
