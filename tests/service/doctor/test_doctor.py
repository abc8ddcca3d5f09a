"""`cluneal-cds doctor`: what it says of a deployment that is sound, and of each thing that may be wrong with one."""

import http.server
import json
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import time_machine
from typer.testing import CliRunner

from service.cli import app
from tests.cds_hooks.signing import ec_key, key_set, published
from tests.service.doctor.examining import SECRET, examined

SOUND = {"name": "ehr", "issuer": "https://ehr.example", "jwks_file": "keys.json"}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with the keys of a client."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "keys.json").write_bytes(key_set(published(ec_key(), "ec")))
    return tmp_path


def clients_file(home: Path, *clients: Mapping[str, Any], top: str = "") -> dict[str, str]:
    """Settings with a clients file of these tables."""
    tables = ["\n".join(("[[client]]", *(f"{key} = {json.dumps(value)}" for key, value in one.items()))) for one in clients]
    (home / "clients.toml").write_text("\n".join((top, *tables)))
    return {"CLUNEAL_CLIENTS_FILE": "clients.toml", "CLUNEAL_PUBLIC_BASE_URL": "https://cds.example.org"}


@contextmanager
def answering(body: bytes, status: int = 200) -> Iterator[str]:
    """A server on the loopback that says this to everybody; its address."""

    class Says(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/fhir+json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Says) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def test_a_first_start_is_fit_and_told_what_is_open(home):
    """Nothing is set and nothing is there yet: nothing is wrong, and what has to be known is said."""
    fit, found = examined()

    assert fit
    assert {one["state"] for checks in found.values() for one in checks} <= {"well", "mind"}
    assert "OPEN" in found["callers"][0]["says"]
    assert "not there yet" in found["database"][0]["says"]
    assert not list(home.glob("cluneal*")), "the doctor makes nothing"


def test_every_problem_of_the_settings_is_named(home):
    """A setting that there is not, and one that is out of bounds; no traceback, and the exit code 1."""
    fit, found = examined({"CLUNEAL_PORTT": "1", "CLUNEAL_DEADLINE_S": "99"})

    assert not fit
    assert [one["says"] for one in found["settings"]] == [
        "CLUNEAL_PORTT is not a setting (did you mean CLUNEAL_PORT?)",
        "CLUNEAL_DEADLINE_S: must be a number of seconds from 0.2 to 30",
    ]


def test_every_problem_of_the_clients_file_is_named(home):
    """Problems of the file are verdicts, and the rest is examined all the same."""
    fit, found = examined(clients_file(home, {"name": "ehr", "issuer": "https://ehr.example"}))

    assert not fit
    assert "jwks_url or jwks_file is needed" in found["clients"][0]["says"]
    assert found["knowledge"][0]["state"] == "well"


def test_charts_do_not_travel_unencrypted(home):
    """An http address that is not this machine is wrong; behind it everybody could read along."""
    _, found = examined({"CLUNEAL_PUBLIC_BASE_URL": "http://cds.example.org"}, "--offline")

    assert found["address"][0]["state"] == "wrong"


def test_a_clock_before_this_version_is_wrong(home):
    """Nobody can run knowledge before it was made."""
    with time_machine.travel(datetime(2020, 1, 1, tzinfo=UTC)):
        fit, found = examined(None, "--offline")

    assert (fit, found["clock"][0]["state"]) == (False, "wrong")


def test_the_keys_of_a_client_are_fetched_and_looked_at(home):
    """Keys that come are named; an address that gives none, or none that could prove a call, is wrong."""
    with answering(key_set(published(ec_key(), "ec"))) as url:
        _, good = examined(clients_file(home, {**_fetching(url)}, top="allow_http_loopback = true"))
    with answering(b'{"keys": []}') as url:
        _, empty = examined(clients_file(home, {**_fetching(url)}, top="allow_http_loopback = true"))
    with answering(b"", 500) as url:
        _, ill = examined(clients_file(home, {**_fetching(url)}, top="allow_http_loopback = true"))

    assert [one["keys of ehr"][0]["state"] for one in (good, empty, ill)] == ["well", "wrong", "wrong"]
    assert "ec (ES384)" in good["keys of ehr"][0]["says"]
    assert "the answer was 500" in ill["keys of ehr"][0]["says"]


def _fetching(url: str) -> dict[str, str]:
    return {"name": "ehr", "issuer": "https://ehr.example", "jwks_url": f"{url}/jwks"}


@pytest.mark.parametrize(
    ("body", "status", "state", "says"),
    [
        (b'{"resourceType": "CapabilityStatement", "fhirVersion": "4.0.1"}', 200, "well", "FHIR R4 (4.0.1)"),
        (b'{"resourceType": "Conformance", "fhirVersion": "1.0.2"}', 200, "wrong", "DSTU2"),
        (b"<html>", 200, "wrong", "no FHIR server"),
        (b"", 503, "wrong", "503"),
        (b"", 401, "mind", "without a token"),
    ],
)
def test_a_fhir_server_says_what_it_is(home, body, status, state, says):
    """Read without a token, as far as its metadata goes."""
    with answering(body, status) as url:
        _, found = examined({"CLUNEAL_OPEN_FHIR_SERVERS": f"{url}/fhir"})

    assert found["FHIR server"][0]["state"] == state
    assert says in found["FHIR server"][0]["says"]


def test_a_fhir_server_in_a_network_that_is_not_named_is_wrong(home, monkeypatch):
    """Its name leads to a private address, to which the service would not go; the network that has to be named is said."""
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, port, **_: [(2, 1, 6, "", ("10.20.1.7", port))])
    _, found = examined(clients_file(home, {**SOUND, "fhir_servers": ["https://fhir.hospital.example/r4"]}))

    assert "fhir.hospital.example is 10.20.1.7, where we may not go" in found["FHIR server"][0]["says"]
    assert "fhir_networks" in found["FHIR server"][0]["help"]


def test_nobody_is_asked_offline(home, monkeypatch):
    """With --offline no address is looked up and no certificate store is opened."""
    monkeypatch.setattr(socket, "getaddrinfo", pytest.fail)
    monkeypatch.setattr(ssl, "create_default_context", pytest.fail)
    _, found = examined(clients_file(home, _fetching("https://ehr.example")), "--offline")

    assert not {"keys of ehr", "FHIR server"} & set(found)


def test_a_file_that_others_may_read_is_wrong(home):
    """What is stored may be about patients."""
    (home / "cluneal.sqlite").touch(mode=0o644)
    _, found = examined(None, "--offline")

    assert (found["file"][0]["state"], found["file"][0]["help"][:9]) == ("wrong", "chmod 600")


def test_a_database_that_is_away_is_wrong(home):
    """In words and without the password; a key that is not there as well."""
    address = f"postgresql://cluneal:{SECRET}@127.0.0.1:9/cluneal"
    fit, found = examined({"CLUNEAL_DATABASE_URL": address, "CLUNEAL_PSEUDONYM_KEY_FILE": "nowhere.key"}, "--offline")

    assert not fit
    assert "cannot be used" in found["database"][0]["says"]
    assert "nowhere.key" in found["key"][0]["says"]


def test_text_says_the_same_as_json(home):
    """For people: a line for each thing, and at the end how many are to be mended."""
    done = CliRunner().invoke(app, ["doctor", "--offline"], env={"CLUNEAL_PORT": "0", "COLUMNS": "120"})

    assert done.exit_code == 1
    assert "wrong  settings  CLUNEAL_PORT: must be a whole number from 1 to 65535" in done.output
    assert done.output.rstrip().endswith("1 to mend.")
