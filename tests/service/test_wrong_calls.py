"""Commands that are called wrongly: the person hears in our words what is wrong and what would help, and never sees a traceback."""

import re
import shlex
import sys

import pytest
from typer.main import get_command

from service.cli import app, main

CLIENTS = {"CLUNEAL_PUBLIC_BASE_URL": "https://cds.example.org"}
NOT_THERE = "is not there: the service has not started with it yet, or CLUNEAL_DATABASE_URL should name another file."


@pytest.fixture
def told(monkeypatch, capsys, tmp_path):
    """What a call of the command is told, on one line, and its exit code."""
    monkeypatch.chdir(tmp_path)

    def called(line, **settings):
        for name, value in {"COLUMNS": "200", "CLUNEAL_DATABASE_URL": "sqlite:///not-there.sqlite", **settings}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(sys, "argv", ["cluneal-cds", *shlex.split(line)])
        with pytest.raises(SystemExit) as ended:
            main()
        return " ".join(re.sub(r"[│╭╮╰╯─]", " ", capsys.readouterr().err).split()), ended.value.code

    return called


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("report --since yesterday", "'--since': 'yesterday' is no day; write one as 2026-11-20."),
        ("report --since 2026-11-01 --until 2026-02-30", "'--until': '2026-02-30' is no day; write one as 2026-11-20."),
        ("feedback export --since 1.11.2026", "'--since': '1.11.2026' is no day; write one as 2026-11-20."),
        ("shadow sample --client a --since x", "'--since': 'x' is no day; write one as 2026-11-20."),
        ("evaluate - --today tomorrow", "'--today': 'tomorrow' is no day; write one as 2026-11-20."),
        ("prefetch --for cerner", "'--for': 'cerner' is not one of 'generic', 'epic', 'oracle'."),
        ("report --since 2026-11-01 --format xml", "'--format': 'xml' is not one of 'text', 'csv', 'json'."),
        ("report --since 2026-11-01 --ignored-after 0", "'--ignored-after': at least 1 is meant"),
        ("report --since 2026-11-01 --ignored-after 1000", "'--ignored-after': at most 999 is meant"),
        ("db forget --older-than long", "'--older-than': a whole number is meant"),
        ("serve --port http", "'--port': a whole number is meant"),
        ("evaluate nowhere.json", "'file': 'nowhere.json': No such file or directory"),
        ("evaluate .", "'file': '.': Is a directory"),
        ("frobnicate", "No such command 'frobnicate'."),
        ("report --frob", "No such option: --frob"),
        ("evaluate", "Missing argument 'file'."),
    ],
)
def test_a_value_that_is_not_taken_is_told_in_our_words(told, line, says):
    """Which option, what is wrong with it, and how it is written; nothing of the library that read it."""
    heard, code = told(line)

    assert (says in heard, code) == (True, 2), heard
    assert not re.search("Value error|Input should|%Y", heard)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "chart.json: it is empty."),
        (b" \n", "chart.json: it is empty."),
        (b"\x89PNG\r\n", "chart.json: no UTF-8 at byte 1."),
        (
            b'{"resourceType": "Condition", "id": "1"}',
            "chart.json: one FHIR resource is no chart: put it into a Bundle, with the Patient and",
        ),
        (b"[]", "chart.json: no FHIR Bundle, and no CDS Hooks request that can be answered. The body must be a JSON object."),
        (b"{}", "chart.json: no FHIR Bundle, and no CDS Hooks request that can be answered. `hook` is missing or empty."),
    ],
    ids=["empty", "blank", "a picture", "one resource", "a list", "something else"],
)
def test_a_file_without_a_chart_is_told_what_it_is(told, tmp_path, content, says):
    """By its name, and with what would be a chart."""
    (tmp_path / "chart.json").write_bytes(content)
    heard, code = told("evaluate chart.json")

    assert (says in heard, code) == (True, 1), heard


@pytest.mark.parametrize(
    "line", ["audit verify", "audit forget --older-than 9", "db forget --older-than 9", "feedback export", "shadow sample --client a"]
)
def test_a_store_that_is_not_there_is_no_empty_one(told, tmp_path, line):
    """A slip in the path must not say that every record is as it was written, nor leave files behind."""
    heard, code = told(line)

    assert (NOT_THERE in heard, code) == (True, 1), heard
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("line", "settings", "says"),
    [
        ("story laminectomy", {}, "did you mean laminectomy-"),
        ("db status", {"CLUNEAL_FROB": "1"}, "CLUNEAL_FROB is not a setting; settings are"),
        ("db status", {"CLUNEAL_POTR": "1"}, "CLUNEAL_POTR is not a setting (did you mean CLUNEAL_PORT?)"),
        ("clients check", CLIENTS, "name the file, or set CLUNEAL_CLIENTS_FILE"),
        ("clients check empty.toml", CLIENTS, "client is needed, one [[client]] at least, or nobody could call"),
        ("clients check plain.toml", CLIENTS, "where that is allowed (allow_http_loopback = true, for tests)"),
        (
            "db upgrade",
            {"CLUNEAL_DATABASE_URL": "postgresql://nobody@127.0.0.1:9/none", "CLUNEAL_PSEUDONYM_KEY_FILE": "key"},
            "Is it running, and are its host, port, user and password right?",
        ),
    ],
)
def test_what_would_help_is_said(told, tmp_path, line, settings, says):
    """The near name, the table that is needed, the setting that decides."""
    (tmp_path / "empty.toml").touch()
    (tmp_path / "plain.toml").write_text(
        '[[client]]\nname = "a"\nissuer = "https://a.example"\njwks_url = "https://a.example/k"\nfhir_servers = ["http://a.example"]\n'
    )
    heard, code = told(line, **settings)

    assert says in heard
    assert code in (1, 2)


def test_every_example_of_the_help_can_be_typed():
    """Its commands and options exist."""
    found = [*_examples(get_command(app))]

    assert len(found) > 20
    for example in found:
        words = shlex.split(example.partition("   (")[0].rpartition("|")[2].partition(" > ")[0], comments=True)
        command = get_command(app)
        for word in words[words.index("cluneal-cds") + 1 :]:
            if word.startswith("--"):
                assert any(word in parameter.opts for parameter in command.params), example
            else:
                command = getattr(command, "commands", {}).get(word, command)
        assert not hasattr(command, "commands"), example


def _examples(command):
    yield from (line.strip() for line in (command.epilog or "").splitlines() if "cluneal-cds " in line)
    for one in getattr(command, "commands", {}).values():
        yield from _examples(one)
