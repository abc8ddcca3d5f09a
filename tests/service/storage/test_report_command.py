"""The command `report`, as an operator types it: on real calls, on an empty store, without one; what it prints and what it draws."""

import csv
import io
import json
from xml.etree import ElementTree as Xml

import pytest
from typer.testing import CliRunner

from service.cli import app
from service.database_url import read_database_url
from service.storage.database import Database
from tests.service.storage.counted import carded, hear, remember, silent
from tests.service.storage.test_memory_commands import command, said

PERIOD = ("--since", "2026-10-01", "--until", "2026-11-20")


def here(environ, *words):
    """What the command does, in this process."""
    return CliRunner(env=environ).invoke(app, ["report", *words])


def fill(url):
    """A store of six calls: four cards, one of them accepted and two overridden, and two silences."""
    database = Database(read_database_url(url), wait=10)
    two = silent(encounter="other"), silent(1, encounter="other")
    remember(database, *(carded(f"card-{number}", days=30, encounter=f"visit-{number}") for number in range(4)), *two)
    hear(database, "card-0", days=30)
    hear(database, "card-1", "overridden", days=30, reason_code="cds-not-applicable")
    hear(database, "card-2", "overridden", days=30, reason_code="cds-not-applicable")
    database.close()


@pytest.fixture
def counted(tmp_path):
    """The settings of such a store in a SQLite file."""
    url = f"sqlite:///{tmp_path / 'counted.sqlite'}"
    fill(url)
    return {"CLUNEAL_DATABASE_URL": url}


def test_the_numbers_are_printed(environ, url):
    """With their denominators and intervals, on both databases alike; what few patients are is left out."""
    fill(url)
    lines = said(environ, "report", *PERIOD)
    text = "\n".join(" ".join(line.split()) for line in lines)

    assert lines[0] == "2026-10-01 to 2026-11-20: 6 calls, one client"
    assert "calls, with a card 66.7 % (4 of 6; 30.0-90.3)" in text
    assert "encounters with a card, all 80.0 % (4 of 5; 37.5-96.4)" in text
    assert "all 25.0 % (1 of 4; 4.6-69.9) 50.0 % (2 of 4; 15.0-85.0) 25.0 % (1 of 4; 4.6-69.9) 0" in text
    assert "Not applicable to this patient 100.0 % (2 of 2; 34.2-100.0)" in text
    assert "block ordered not shown" in text
    assert "No acceptance was agreed, so no rule is flagged." in text


def test_the_numbers_for_programs(counted):
    """As one CSV table and as one JSON object, with the same rows."""
    table = list(csv.DictReader(io.StringIO(here(counted, *PERIOD, "--format", "csv").stdout)))
    found = json.loads(here(counted, *PERIOD, "--format", "json").stdout)

    assert len(table) == sum(len(section["rows"]) for section in found["sections"])
    assert (found["calls"], found["agreedAcceptance"]) == (6, None)
    (row,) = [row for row in table if (row["measure"], row["group"]) == ("fate: accepted", "all")]
    assert (row["numerator"], row["denominator"], row["value"], row["unit"]) == ("1", "4", "25.0", "per 100")


@pytest.mark.parametrize(
    ("setting", "option", "flagged"),
    [("", "", set()), ("0.9", "", {"I-01", "S3"}), ("", "S3=0.9", {"S3"}), ("0.9", "0.1", set()), ("0.9,S3=0.1", "", {"I-01"})],
)
def test_rules_below_what_the_committee_agreed_on_are_flagged(counted, setting, option, flagged):
    """By the setting, or by the option, which goes before it; without either none is."""
    words = ("--agreed-acceptance", option) if option else ()
    environ = {**counted, "CLUNEAL_AGREED_ACCEPTANCE": setting}
    table = csv.DictReader(io.StringIO(here(environ, *PERIOD, "--format", "csv", *words).stdout))

    assert {row["group"] for row in table if row["measure"].startswith("rules:") and "below" in row["note"]} == flagged


def test_the_charts_are_drawn(counted, tmp_path):
    """Each as a file of its own, in a folder that is made."""
    here(counted, *PERIOD, "--svg", str(tmp_path / "new" / "charts"), "--agreed-acceptance", "0.5")
    files = sorted(path.stem for path in (tmp_path / "new" / "charts").iterdir())

    assert {"acceptance-by-rule", "calls-over-time", "cards-by-nerve", "override-reasons", "silence", "times"} <= set(files)
    for path in (tmp_path / "new" / "charts").iterdir():
        assert Xml.fromstring(path.read_text()).tag == "{http://www.w3.org/2000/svg}svg"  # noqa: S314 - our own


@pytest.mark.parametrize("style", ["text", "csv", "json"])
def test_an_empty_store_says_so(tmp_path, style):
    """In a sentence, with exit code 0; a program gets an empty table or object, and the sentence beside it."""
    url = f"sqlite:///{tmp_path / 'empty.sqlite'}"
    Database(read_database_url(url), wait=10).prepare()
    told = here({"CLUNEAL_DATABASE_URL": url}, *PERIOD, "--format", style)
    sentence = "No calls since 2026-10-01 (until 2026-11-20).\n"

    assert told.exit_code == 0
    assert (told.stdout if style == "text" else told.stderr) == sentence
    assert style != "json" or json.loads(told.stdout) == {"calls": 0}
    assert style != "csv" or told.stdout.startswith("measure,group,numerator,denominator,value,")


def test_a_file_that_is_not_there_is_not_made(tmp_path):
    """Somebody who looks leaves nothing behind."""
    told = here({"CLUNEAL_DATABASE_URL": f"sqlite:///{tmp_path / 'none.sqlite'}"}, *PERIOD)

    assert (told.exit_code, told.stdout) == (0, "No calls since 2026-10-01 (until 2026-11-20).\n")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("environ", "words", "says"),
    [
        ({"CLUNEAL_DATABASE_URL": "off"}, PERIOD, "nothing is remembered"),
        ({}, ("--since", "2026-10-01", "--until", "2026-09-01"), "before the first"),
        ({}, ("--since", "2026-10-01", "--until", "9999-12-31"), "days from 1970 to 9000 are meant"),
        ({}, ("--since", "0001-01-01"), "days from 1970 to 9000 are meant"),
        ({}, (*PERIOD, "--agreed-acceptance", "20"), "must be a number above 0"),
        ({}, ("--since", "last week"), "is no day; write one as"),
    ],
)
def test_what_cannot_be_counted_is_said(environ, words, says):
    """With exit code 2 and no traceback."""
    told = here(environ, *words)

    assert told.exit_code == 2
    assert says in " ".join(told.stderr.replace("│", " ").split())


def test_a_number_that_is_none_stops_the_command():
    """As every setting that is wrong, in one sentence."""
    told = command({"CLUNEAL_AGREED_ACCEPTANCE": "20 %"}, "report", *PERIOD)

    assert (told.returncode, told.stderr.count("\n")) == (2, 1)
    assert told.stderr.startswith("CLUNEAL_AGREED_ACCEPTANCE: must be a number above 0 and at most 1")


def test_a_store_that_is_not_to_be_had_is_said(tmp_path):
    """With exit code 1 and the name of the failure."""
    file = tmp_path / "theirs.sqlite"
    file.write_bytes(b"no database" * 1000)
    told = command({"CLUNEAL_DATABASE_URL": f"sqlite:///{file}"}, "report", *PERIOD)

    assert (told.returncode, told.stderr.count("\n")) == (1, 1)
    assert told.stderr.startswith("The database of CLUNEAL_DATABASE_URL cannot be used: ")
