"""The image as it was built, run as an operations team would: what is in it, that it answers, that it ends well."""

import json
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from uuid import uuid4

import pytest

from tests.blackbox.service import call
from tests.container.podman import ROOT, Podman, size

pytestmark = pytest.mark.container

OPEN = ("--env", "CLUNEAL_OPEN=1", "--env", "CLUNEAL_PUBLIC_BASE_URL=http://localhost:8000")
PORT = 8450
BASE = "docker.io/library/python:3.11-slim-bookworm"
VIEW = "/cds-services/cluneal-patient-view"


def test_the_image_is_small_and_has_nothing_to_build_with(podman: Podman, image: str) -> None:
    """Less than 200 MB over its base; no compiler, no make, and beside the service no pip."""
    added = size(podman, image) - size(podman, BASE)
    listed = podman.run("run", "--rm", "--entrypoint", "/usr/bin/find", image, "/opt", "/usr/bin", "/usr/local/bin", "-maxdepth", "6")
    names = {Path(line).name for line in listed.stdout.splitlines()}

    assert 0 < added < 200_000_000
    assert not {"gcc", "cc", "c++", "make", "ld", "cargo", "git"} & names
    assert not [
        line for line in listed.stdout.splitlines() if line.startswith("/opt/cluneal") and Path(line).name in ("pip", "pip3", "setuptools")
    ]
    assert "hatchling" not in names


def test_the_image_says_who_it_is_and_how_it_is_started(podman: Podman, image: str) -> None:
    """Nobody's user, commands without a shell, a check of its health, the signal that ends it; no secret in it."""
    told = podman.inspect(image, "image")
    config = told["Config"]
    uid = int(config["User"].split(":")[0])

    assert uid >= 10000
    assert (config["Entrypoint"], config["Cmd"]) == (["cluneal-cds"], ["serve"])
    assert told["HealthCheck" if "HealthCheck" in told else "Healthcheck"]["Test"][0] == "CMD"
    assert config["StopSignal"] == "SIGTERM"
    assert not [one for one in config["Env"] if "PASSWORD" in one or "KEY" in one or "TOKEN" in one]


def test_the_black_box_set_passes(podman: Podman, image: str) -> None:
    """Every test of tests/blackbox, asked of the container."""
    with podman.container("cluneal-blackbox", *OPEN, "--volume", "cluneal-blackbox:/data", port=PORT) as url:
        done = subprocess.run(
            [Path(sys.executable).parent / "pytest", "tests/blackbox", "-q"],
            cwd=ROOT,
            env={**os.environ, "CLUNEAL_URL": url},
            capture_output=True,
            text=True,
            check=False,
        )
        health = podman.run("healthcheck", "run", "cluneal-blackbox", check=False)
    podman.run("volume", "rm", "--force", "cluneal-blackbox")

    assert done.returncode == 0, done.stdout[-3000:]
    assert " passed" in done.stdout
    assert health.returncode == 0


def test_it_runs_without_a_shell_and_without_any_right(podman: Podman, image: str) -> None:
    """With an empty file in the place of the shell it starts and answers; its process has no capability and may gain none."""
    no_shell = [word for path in ("/bin/dash", "/bin/bash") for word in ("--volume", f"/dev/null:{path}:ro")]
    with podman.container("cluneal-noshell", *OPEN, *no_shell, "--env", "CLUNEAL_DATABASE_URL=off", port=PORT + 1) as url:
        read = "print(open('/proc/1/status').read())"
        status = podman.run("exec", "cluneal-noshell", "python", "-c", read).stdout
        writing = podman.run("exec", "cluneal-noshell", "python", "-c", "open('/opt/cluneal/x', 'w')", check=False)
        discovery = call(url, "GET", "/cds-services")
        logs = podman.run("logs", "cluneal-noshell")

    assert discovery.status == 200
    assert "CapEff:\t0000000000000000" in status
    assert "NoNewPrivs:\t1" in status
    assert "Uid:\t10001" in status
    assert "Errno 30" in writing.stderr
    assert "Traceback" not in logs.stdout + logs.stderr


def test_it_does_not_start_open_by_accident(podman: Podman, image: str) -> None:
    """Without a clients file and without CLUNEAL_OPEN=1 it says what is missing, and ends."""
    done = podman.run("run", "--rm", image, check=False)

    assert done.returncode == 2
    assert "CLUNEAL_OPEN=1" in done.stdout + done.stderr


def test_every_command_is_in_it(podman: Podman, image: str) -> None:
    """The doctor, the tables of the store, the prefetch text, a story: what an operator needs without a checkout."""
    told = {
        words: podman.run("run", "--rm", *OPEN, "--env", "CLUNEAL_DATABASE_URL=off", image, *words.split(), check=False)
        for words in ("doctor --offline", "knowledge check", "prefetch --for epic", "story laminectomy-and-iliac-harvest")
    }

    assert {words: done.returncode for words, done in told.items()} == dict.fromkeys(told, 0)


def test_what_it_remembers_outlives_it(podman: Podman, image: str) -> None:
    """Another container on the same volume has the feedback that the first was told, and its audit is whole."""
    volume = ("--volume", "cluneal-outlives:/data")
    item = {"card": str(uuid4()), "outcome": "overridden", "outcomeTimestamp": "2026-11-20T10:05:31Z"}
    body = json.dumps({"feedback": [item]}).encode()
    with podman.container("cluneal-first", *OPEN, *volume, port=PORT + 2) as url:
        assert call(url, "POST", f"{VIEW}/feedback", body).status == 200
        podman.run("stop", "cluneal-first")
    with podman.container("cluneal-second", *OPEN, *volume, port=PORT + 2):
        exported = podman.run("exec", "cluneal-second", "cluneal-cds", "feedback", "export").stdout
        verified = podman.run("exec", "cluneal-second", "cluneal-cds", "audit", "verify").stdout
    podman.run("volume", "rm", "--force", "cluneal-outlives")

    assert item["card"] in exported
    assert "Every record is as it was written." in verified


def test_stopped_under_load_no_accepted_call_is_lost(podman: Podman, image: str) -> None:
    """What was answered with 200 is stored, what is stored was answered with 200, and it ends by itself with 0."""
    answers: list[tuple[str, int]] = []
    over = threading.Event()

    def report(url: str) -> None:
        while not over.is_set():
            card = str(uuid4())
            item = {"card": card, "outcome": "overridden", "outcomeTimestamp": "2026-11-20T10:05:31Z"}
            try:
                status = call(url, "POST", f"{VIEW}/feedback", json.dumps({"feedback": [item]}).encode()).status
            except OSError:
                # Not accepted any more: the port is closed.
                status = 0
            answers.append((card, status))

    podman.run("volume", "rm", "--force", "cluneal-stopped")
    volume = ("--volume", "cluneal-stopped:/data", "--env", "CLUNEAL_STORE_DEADLINE_S=10")
    with podman.container("cluneal-stopped", *OPEN, *volume, port=PORT + 3) as url:
        threads = [threading.Thread(target=report, args=(url,)) for _ in range(6)]
        for thread in threads:
            thread.start()
        time.sleep(2)
        podman.run("stop", "--time", "20", "cluneal-stopped")
        over.set()
        for thread in threads:
            thread.join()
        code = podman.inspect("cluneal-stopped")["State"]["ExitCode"]
        export = ("run", "--rm", *OPEN, "--volume", "cluneal-stopped:/data", image, "feedback", "export")
        stored = {json.loads(line)["card"] for line in podman.run(*export).stdout.splitlines()}
    podman.run("volume", "rm", "--force", "cluneal-stopped")

    statuses = Counter(status for _, status in answers)
    assert code == 0
    assert statuses[200] > 20
    assert stored == {card for card, status in answers if status == 200}
