"""The real FHIR server of `tests/fhir_server`, as a test starts it: on a free port, with a token and small pages, filled with charts."""

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

INSTALLED = Path(__file__).parent.parent / ".venv" / "fhir-server"
TOKEN = "not-a-secret"
MISSING = "no real FHIR server here (tests/fhir_server/install.sh, which needs Node 20 or newer): charts were not fetched from one"


def is_installed() -> bool:
    """Whether the server and what it needs are here. In CI they have to be."""
    found = (INSTALLED / "node_modules" / "express").is_dir() and shutil.which("node") is not None
    if not found and os.environ.get("CI") == "true":
        pytest.fail(MISSING)
    return found


@contextmanager
def fhir_server(*, page: int = 20) -> Iterator[str]:
    """The base URL of a server that asks for TOKEN and gives `page` results at a time."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    base = f"http://127.0.0.1:{port}/fhir/R4"
    given = {"FHIR_PORT": str(port), "FHIR_BASE": base, "FHIR_TOKEN": TOKEN, "DEFAULT_COUNT": str(page)}
    server = subprocess.Popen(
        ["node", "--experimental-websocket", "server.mjs"],
        cwd=INSTALLED,
        env={**os.environ, **given},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(f"{base}/metadata")
        yield base
    finally:
        server.terminate()
        server.wait(timeout=20)


def put(base: str, resources: list[Mapping[str, Any]]) -> None:
    """Store resources under their own ids."""
    entries = [{"resource": one, "request": {"method": "PUT", "url": f"{one['resourceType']}/{one['id']}"}} for one in resources]
    body = json.dumps({"resourceType": "Bundle", "type": "batch", "entry": entries}).encode()
    headers = {"Content-Type": "application/fhir+json", "Authorization": f"Bearer {TOKEN}"}
    answer = httpx.post(base, content=body, headers=headers, timeout=120)
    statuses = [entry["response"]["status"] for entry in answer.json()["entry"]]
    refused = [status for status in statuses if not status.startswith("2")]
    assert not refused, f"{len(refused)} of {len(resources)} resources were not stored: {refused[:3]}"


def _wait_for(url: str) -> None:
    for _ in range(300):
        try:
            httpx.get(url, timeout=1)
        except httpx.HTTPError:
            time.sleep(0.1)
        else:
            return
    pytest.fail(f"the FHIR server did not answer at {url} within 30 s")
