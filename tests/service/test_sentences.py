"""What a person reads who mistyped something at the command line: what it was, and what would help."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from service.story import UnknownStory, read_story

COMMAND = Path(sys.executable).parent / "cluneal-cds"


def run(*words: str | Path, given: str = "", **settings: str) -> subprocess.CompletedProcess[str]:
    """One finished run of the command, with these settings and no others."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("CLUNEAL_")}
    environ |= {"COLUMNS": "200", **{f"CLUNEAL_{name.upper()}": value for name, value in settings.items()}}
    return subprocess.run([COMMAND, *words], env=environ, input=given, capture_output=True, text=True, timeout=60, check=False)


def greeting(**settings: str) -> str:
    """What a service with these settings says when it starts."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environ = {**os.environ, **{f"CLUNEAL_{name.upper()}": value for name, value in settings.items()}}
    with subprocess.Popen([COMMAND, "serve", "--port", str(port)], stdout=subprocess.PIPE, text=True, env=environ) as process:
        lines = [process.stdout.readline()]
        while lines[-1] and "ctrl-C" not in lines[-1]:
            lines.append(process.stdout.readline())
        process.send_signal(2)
        process.wait(timeout=15)
    return "".join(lines)


@pytest.fixture
def service():
    """The address of a running service."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with subprocess.Popen([COMMAND, "serve", "--port", str(port)], stdout=subprocess.PIPE, text=True) as process:
        while "ctrl-C" not in process.stdout.readline():
            pass
        yield f"http://127.0.0.1:{port}"
        process.send_signal(2)
        process.wait(timeout=15)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ('{"hook": "patient-view",\n "context": }', "no JSON at line 2, column 13."),
        ("", "it is empty."),
        ('{"resourceType": "Bundle",\n\n"entry": [}', "no JSON at line 3, column 11."),
        ("[" * 100_000, "no JSON that can be read: it is nested too deep."),
        ("{}", "no FHIR Bundle, and no CDS Hooks request that can be answered. `hook` is missing or empty."),
        (
            '{"resourceType": "Patient"}',
            "one FHIR resource is no chart: put it into a Bundle, with the Patient and the rest of what is known.",
        ),
        ('{"resourceType": "Bundle"}', "a Bundle with 0 Patient resources that have an id; exactly one says whose chart it is."),
    ],
    ids=["a slip", "nothing", "a Bundle with a slip", "endless", "no hook", "a Patient", "no Patient"],
)
def test_a_file_that_is_no_chart_is_named_with_the_place(tmp_path, content, says):
    """The file by its name, and where it stops being JSON; standard input by its own."""
    (tmp_path / "chart.json").write_text(content)

    assert run("evaluate", tmp_path / "chart.json").stderr == f"{tmp_path / 'chart.json'}: {says}\n"
    assert run("evaluate", "-", given=content).stderr == f"standard input: {says}\n"


def test_bytes_that_are_no_utf_8_are_counted(tmp_path):
    """The place of the first one that is wrong, and not the byte itself."""
    (tmp_path / "chart.json").write_bytes(b'{"name": "M\xfcller"}')

    assert run("evaluate", tmp_path / "chart.json").stderr == f"{tmp_path / 'chart.json'}: no UTF-8 at byte 12.\n"


@pytest.mark.parametrize("name", ["laminectomy-and-iliac-harvst", "Laminectomy-And-Iliac-Harvest", "laminectomy_and_iliac_harvest"])
def test_a_misspelt_story_is_answered_with_the_near_one(name):
    """The name that was probably meant, and how to see all of them."""
    with pytest.raises(UnknownStory, match=r"did you mean laminectomy-and-iliac-harvest\? .*story --list"):
        read_story(name)


def test_a_story_that_resembles_none_is_answered_with_the_list():
    """No far-fetched guess."""
    with pytest.raises(UnknownStory) as unknown:
        read_story("qqqqq")

    assert "did you mean" not in str(unknown.value)


@pytest.mark.parametrize("end", ["", "/", "/cds-services", "/cds-services/"])
def test_a_story_is_sent_to_the_service_or_to_its_discovery(service, end):
    """The address that a client is given ends in /cds-services; both are understood."""
    assert "No card." in run("story", "empty-chart", "--send", f"{service}{end}").stdout


def test_the_start_says_what_was_decided_here():
    """Policy and moved numbers, with those that are shipped; nothing where nothing was decided."""
    moved = greeting(policy="inclusive", thresholds="relief-good=75,imaging-window=730")

    assert "Decided here: policy inclusive (as shipped evidence), relief-good 75 percent (as shipped 70)\n" in moved
    assert "Decided here" not in greeting()


def test_the_list_has_the_numbers_of_the_site():
    """`knowledge list` shows what this site counts with, and says what it moved."""
    moved, shipped = run("knowledge", "list", "thresholds", thresholds="relief-good=75"), run("knowledge", "list", "thresholds")

    assert "Decided here: relief-good 75 percent (as shipped 70)" in moved.stdout
    assert next(line for line in moved.stdout.splitlines() if line.startswith("relief-good ")).split()[1:3] == ["75", "percent"]
    assert "Decided here" not in shipped.stdout
    assert run("knowledge", "list", thresholds="relief-god=75").returncode == 2


def test_the_sentences_quote_no_chart(tmp_path):
    """A name in a broken file never comes back."""
    (tmp_path / "chart.json").write_text(json.dumps({"hook": "patient-view", "name": "JOHN SMITH"})[:-1])

    assert "JOHN" not in run("evaluate", tmp_path / "chart.json").stderr
