"""What a real process writes into its log when it reads from a FHIR server: what became of each key, and nothing of the patient."""

import asyncio
import os
import socket
import sys
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from tests.doors_to_fhir import SERVICE, TOKEN, chart_server, question
from tests.faulty_fhir import OUTCOME, faulty_fhir, resource

COMMAND = Path(sys.executable).with_name("cluneal-cds")


@asynccontextmanager
async def process(base, folder):
    """The address of a service that tells all it can, and the file that has all its words once it has ended: a line follows its answer."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    given = {
        **{name: value for name, value in os.environ.items() if not name.startswith("CLUNEAL_")},
        "CLUNEAL_OPEN_FHIR_SERVERS": base,
        "CLUNEAL_LOG_LEVEL": "debug",
        "CLUNEAL_DATABASE_URL": "off",
    }
    written = folder / "log"
    with written.open("wb") as log:
        running = await asyncio.create_subprocess_exec(
            COMMAND, "serve", "--port", str(port), env=given, stdout=asyncio.subprocess.PIPE, stderr=log
        )
        try:
            await running.stdout.readuntil(b"ctrl-C stops the service.\n")
            yield f"http://127.0.0.1:{port}", written
        finally:
            running.terminate()
            await running.communicate()


@pytest.mark.requirement("H-14")
async def test_the_log_tells_each_key_and_no_patient(tmp_path):
    """One line for a call, with status, pages, numbers and times; no id, no address, no token, no word of the server's, at any level."""
    faults = {"DiagnosticReport": resource(OUTCOME, 503), "AllergyIntolerance": resource(b"<html>JOHN SMITH")}
    async with (
        faulty_fhir(chart_server(**faults)) as server,
        process(server.base, tmp_path) as (address, written),
        httpx.AsyncClient(base_url=address, trust_env=False) as ehr,
    ):
        answer = await ehr.post(SERVICE, json=question(server.base))
    log = written.read_text()

    (line,) = (line for line in log.splitlines() if "fetched" in line)
    assert answer.status_code == 200
    assert "reports error (status 503," in line
    assert "allergies error (not-fhir," in line
    assert "procedures supplied (1 page, 3 resources," in line
    for private in (TOKEN, "patient=", "Patient/p", "Practitioner", "JOHN", "httpcore", "httpx"):
        assert private not in log
