"""The command line, as a person meets it: what it prints, where, and with which exit code."""

import json
import os
import socket
import subprocess
import sys
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.metadata import version
from pathlib import Path
from threading import Thread

import pytest

from service.knowledge.load import load_knowledge
from service.story import story_names

COMMAND = Path(sys.executable).parent / "cluneal-cds"
SERVED_BY_NOBODY = "http://127.0.0.1:9"


def request_file(folder: Path, story: str) -> Path:
    """A file with the story's request, told today."""
    file = folder / f"{story}.json"
    file.write_text(run("story", story).stdout)
    return file


def run(*words: str | Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """One finished run of the command in a terminal 100 columns wide."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("CLUNEAL_")}
    return subprocess.run(
        [COMMAND, *words], env={**environ, "COLUMNS": "100", **settings}, capture_output=True, text=True, timeout=60, check=False
    )


def test_it_says_which_version_it_is():
    """Of the program and of what it knows, as a report of a problem needs them."""
    assert run("--version").stdout == f"cluneal-cds {version('cluneal-cds')}, knowledge {load_knowledge().version.version}\n"


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    """The address of a service that was started by the command, as `make run` does; stopped like a person stops it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    store = {"CLUNEAL_DATABASE_URL": f"sqlite:///{tmp_path_factory.mktemp('store') / 'cluneal.sqlite'}"}
    with subprocess.Popen(
        [COMMAND, "serve", "--port", str(port)], env={**os.environ, **store}, stdout=subprocess.PIPE, text=True
    ) as process:
        hello = [process.stdout.readline()]
        while hello[-1] and "ctrl-C" not in hello[-1]:
            hello.append(process.stdout.readline())
        assert f"--send http://127.0.0.1:{port}\n" in "".join(hello)
        assert "OPEN: no client is asked who it is" in "".join(hello)
        assert "Remembers:  in /" in "".join(hello)
        yield f"http://127.0.0.1:{port}"
        process.send_signal(2)
        assert process.stdout.read() == "Stopped.\n"
        assert process.wait(timeout=15) == 0


def test_help_teaches_the_first_steps():
    """Without any word the command says what there is, and how to see a first card."""
    help_ = run("--help")

    assert help_.returncode == 0
    assert all(word in help_.stdout for word in ("serve", "evaluate", "story", "knowledge", "--send", "no diagnosis"))


def test_stories_are_listed_with_what_they_tell():
    """Every story stands in the list with its sentence."""
    listed = run("story", "--list")

    assert listed.returncode == 0
    assert all(name in listed.stdout for name in story_names())


def test_a_story_is_printed_as_a_request_of_today():
    """What is printed is the request itself and nothing else, its dates counted from today."""
    told = run("story", "laminectomy-and-right-point-recorded-today")
    request = json.loads(told.stdout)

    assert told.returncode == 0
    assert request["hook"] == "patient-view"
    assert datetime.now(UTC).date().isoformat() in told.stdout
    assert told.stderr == ""


def test_a_sent_story_comes_back_as_a_card(service):
    """--send draws the card: its summary, its buttons, and the reasons not to take it up."""
    drawn = run("story", "laminectomy-and-iliac-harvest", "--send", service)

    assert drawn.returncode == 0
    assert "info" in drawn.stdout
    assert "[ " in drawn.stdout
    assert "( ) " in drawn.stdout


def test_a_silent_story_says_why(service):
    """No card is an answer too, with the rule that decided."""
    drawn = run("story", "fusion-three-weeks-ago", "--send", service)

    assert drawn.returncode == 0
    assert "No card. D-12" in drawn.stdout


def test_a_refused_story_names_what_was_missing(service):
    """A 412 is shown in the service's own words and ends with exit code 1."""
    refused = run("story", "laminectomy-with-unreadable-procedures", "--send", f"{service}/")

    assert refused.returncode == 1
    assert "412" in refused.stderr
    assert "procedures" in refused.stderr


@pytest.mark.parametrize("address", [SERVED_BY_NOBODY, "http://[::1", "http://127.0.0.1:80 80"])
def test_nobody_at_the_address_is_said_in_a_sentence(address):
    """A wrong address tells how to start a service, without a traceback."""
    alone = run("story", "empty-chart", "--send", address)

    assert alone.returncode == 1
    assert "cluneal-cds serve" in alone.stderr
    assert "Traceback" not in alone.stderr


@pytest.mark.parametrize("answer", [b"[]", b'{"cards":[{}]}', b"<html>Welcome</html>"])
def test_an_answer_that_is_none_of_ours_is_said_in_a_sentence(answer):
    """Something else listens there: that is said, and nothing is drawn."""

    class Elsewhere(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *words: object) -> None:
            """Keep the output of the tests quiet."""

    with HTTPServer(("127.0.0.1", 0), Elsewhere) as server:
        Thread(target=server.handle_request, daemon=True).start()
        shown = run("story", "empty-chart", "--send", f"http://127.0.0.1:{server.server_port}")

    assert (shown.returncode, shown.stdout) == (1, "")
    assert "no CDS Hooks response" in shown.stderr
    assert "Traceback" not in shown.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("story",),
        ("story", "no-such-story"),
        ("story", "empty-chart", "--send", "127.0.0.1:8000"),
        ("evaluate",),
        ("evaluate", "no-such-file.json"),
        ("serve", "--port", "many"),
        ("serve", "--port", "99999"),
        ("serve", "--host", "0.0.0.0"),
        ("no-such-command",),
    ],
)
def test_wrong_usage_ends_with_2_and_a_sentence(words):
    """A command that cannot be meant says so on standard error, without a traceback."""
    wrong = run(*words)

    assert wrong.returncode == 2
    assert wrong.stderr.strip()
    assert "Traceback" not in wrong.stderr


def test_wrong_settings_come_all_at_once():
    """Every setting that stops the start is named in one message, and nothing starts."""
    wrong = run("serve", CLUNEAL_PORT="many", CLUNEAL_CLIENTS_FILE="clients.toml", CLUNEAL_ORIGIN="https://ehr.example")

    assert wrong.returncode == 2
    assert wrong.stderr.startswith("3 problems in the settings:")
    assert wrong.stdout == ""


def test_a_taken_port_is_said_and_nothing_starts(service):
    """A second service on the same port ends at once and says why."""
    second = run("serve", "--port", service.rpartition(":")[2])

    assert second.returncode == 1
    assert "choose another with --port" in second.stderr
    assert "Traceback" not in second.stderr


def test_a_chart_is_shown_from_what_was_read_to_the_card(tmp_path):
    """`evaluate` prints keys, findings with their proof, assessments, the rules that decided, and the card."""
    shown = run("evaluate", request_file(tmp_path, "laminectomy-and-iliac-harvest"))

    assert shown.returncode == 0
    for part in (
        "conditions",
        "Findings",
        "lumbar-laminectomy",
        "Procedure/",
        "Unknown",
        "moderate",
        "Rules that decided",
        "info",
        "[ Refer",
    ):
        assert part in shown.stdout


def test_a_chart_is_written_out_as_one_object(tmp_path):
    """`evaluate --json` has issues, findings, assessments, cards as on the wire and the silence."""
    written = json.loads(run("evaluate", request_file(tmp_path, "laminectomy-and-iliac-harvest"), "--json").stdout)
    present = {finding["id"]: finding["proof"] for finding in written["findings"] if finding["state"] == "present"}

    assert set(written) == {"issues", "findings", "assessments", "cards", "silence", "refusal"}
    assert present["lumbar-laminectomy"][0].startswith("Procedure/")
    assert next((one["nerve"], one["tier"]) for one in written["assessments"]) == ("superior", "moderate")
    assert written["cards"][0]["extension"]["org.cluneal-cds.basis"]["kind"] == "workup"
    assert written["silence"] is None


def test_the_day_can_be_named(tmp_path):
    """--today answers for another day: three years on, the last sign of the pain is too old."""
    silent = json.loads(run("evaluate", request_file(tmp_path, "laminectomy-and-iliac-harvest"), "--json", "--today", "2029-12-01").stdout)

    assert silent["cards"] == []
    assert silent["silence"]["rule"] == "I-02"
    assert silent["assessments"] == []


def test_a_bundle_is_a_chart_too(tmp_path):
    """A bare Bundle with its one Patient gets the same findings as the request that holds the same resources."""
    prefetch = json.loads(run("story", "laminectomy-and-iliac-harvest").stdout)["prefetch"]
    resources = [entry["resource"] for value in prefetch.values() if value for entry in value.get("entry", [{"resource": value}])]
    bundle = {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"resource": one} for one in resources if one["resourceType"] != "Bundle"],
    }
    (tmp_path / "bundle.json").write_text(json.dumps(bundle))

    of_request, of_bundle = (
        {one["id"] for one in json.loads(run("evaluate", file, "--json").stdout)["findings"] if one["state"] == "present"}
        for file in (request_file(tmp_path, "laminectomy-and-iliac-harvest"), tmp_path / "bundle.json")
    )
    assert of_bundle == of_request


def test_a_chart_without_needed_data_is_no_success(tmp_path):
    """What the service would refuse with 412 ends with exit code 1, and the key is named."""
    refused = run("evaluate", request_file(tmp_path, "laminectomy-with-unreadable-procedures"))

    assert refused.returncode == 1
    assert "procedures" in refused.stdout.splitlines()[-1]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"[1]",
        b"no json",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"resourceType":"Patient","id":"1"}',
        b'{"resourceType":"Bundle","entry":3}',
        b'{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Patient","id":"1","birthDate":"\xff"}}]}',
    ],
)
def test_a_file_that_is_no_chart_is_said_in_a_sentence(tmp_path, content):
    """A file that holds neither a Bundle nor a request ends with exit code 1, without a traceback."""
    (tmp_path / "file.json").write_bytes(content)
    wrong = run("evaluate", tmp_path / "file.json")

    assert wrong.returncode == 1
    assert wrong.stderr.startswith(f"{tmp_path / 'file.json'}: ")
    assert len(wrong.stderr.splitlines()) == 1


def test_sound_knowledge_is_counted():
    """`knowledge check` names the version and how much there is."""
    checked = run("knowledge", "check")

    assert checked.returncode == 0
    assert f"Knowledge {load_knowledge().version.version} is sound" in checked.stdout


def test_all_knowledge_is_listed():
    """`knowledge list` shows every rule, nerve, finding, value set and publication."""
    listed = run("knowledge", "list", COLUMNS="240")
    knowledge = load_knowledge()
    names = {row.id for rows in knowledge.rules.values() for row in rows}
    names.update(knowledge.nerves, knowledge.findings, knowledge.value_sets, knowledge.evidence, knowledge.phrases)

    assert listed.returncode == 0
    assert not [name for name in sorted(names) if name not in listed.stdout]
