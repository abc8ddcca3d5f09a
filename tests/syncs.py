"""Watch the service with strace, and see that what it acknowledges was on the disk before: a sync of the store between any two answers.

    python -m tests.syncs 200           so many calls and as much feedback, one after the other, on a SQLite file

A kill cannot show this, for what a process wrote outlives it; what a machine had not synced does not outlive the machine.
"""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from service.story import hook_request, read_story

_SERVE = [sys.executable, "-c", "from service.cli import main; main()", "serve"]
_WATCHED = "trace=fdatasync,fsync,write,writev,sendto,sendmsg"
_SYNC = re.compile(r"(?:fdatasync|fsync)\(\d+<[^>]*memory\.sqlite[^>]*>\)|<\.\.\. (?:fdatasync|fsync) resumed>")
_ANSWER = re.compile(r"(?:write|writev|sendto|sendmsg)\(.*HTTP/1\.1 200")


@dataclass(frozen=True)
class Seen:
    """What strace saw: answers with 200 to what has to be stored, syncs, and answers before which there was none."""

    answers: int
    syncs: int
    unsynced: int

    def __str__(self) -> str:
        return f"{self.answers} answers, {self.syncs} syncs of the store, {self.unsynced} answers without a sync since the one before"


def watch(number: int, folder: Path) -> Seen:
    """What strace sees of so many calls of each kind, one after the other."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    trace, base = folder / "trace", f"http://127.0.0.1:{port}"
    environ = {"CLUNEAL_DATABASE_URL": f"sqlite:///{folder / 'memory.sqlite'}", "CLUNEAL_DRAIN_S": "0", "PATH": "/usr/bin:/bin"}
    command = ["strace", "-f", "-y", "-s", "40", "-e", _WATCHED, "-o", str(trace), *_SERVE, "--port", str(port)]
    process = subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait(f"{base}/livez")
        begun = len(trace.read_text())
        for one in range(number):
            _post(f"{base}/cds-services/cluneal-patient-view", _call(one))
            _post(f"{base}/cds-services/cluneal-patient-view/feedback", _feedback(one))
    finally:
        # strace keeps signals from itself while it writes to a file; it ends with what it watches.
        for child in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split():
            os.kill(int(child), signal.SIGTERM)
        try:
            process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            process.kill()
    return read_trace(trace.read_text()[begun:])


def read_trace(text: str) -> Seen:
    """The answers and syncs in what strace wrote."""
    answers = syncs = unsynced = since = 0
    for line in text.splitlines():
        if _SYNC.search(line):
            syncs, since = syncs + 1, since + 1
        elif _ANSWER.search(line):
            answers, unsynced, since = answers + 1, unsynced + (not since), 0
    return Seen(answers, syncs, unsynced)


def _call(number: int) -> object:
    story = read_story("right-crest-point-reproduces-pain-after-harvest")
    return hook_request(story, hook_instance=f"i-{number}", today=story.today)


def _feedback(number: int) -> object:
    return {"feedback": [{"card": f"card-{number}", "outcome": "overridden", "outcomeTimestamp": "2026-11-20T12:00:00Z"}]}


def _post(url: str, body: object) -> None:
    call = urllib.request.Request(url, data=json.dumps(body).encode(), headers={"Content-Type": "application/json"})  # noqa: S310
    urllib.request.urlopen(call, timeout=60).close()  # noqa: S310


def _wait(url: str) -> None:
    for _ in range(600):
        try:
            urllib.request.urlopen(url, timeout=2).close()  # noqa: S310
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the service does not answer")


def main(number: int) -> bool:
    """Print what was seen, and say whether each answer had its sync."""
    if shutil.which("strace") is None:
        print("strace is not installed here; on Debian: apt-get install strace")  # noqa: T201
        return False
    with tempfile.TemporaryDirectory() as folder:
        seen = watch(number, Path(folder))
    print(seen)  # noqa: T201
    return seen.answers == 2 * number and not seen.unsynced


if __name__ == "__main__":
    sys.exit(0 if main(int(sys.argv[1])) else 1)
