"""`cluneal-cds knowledge diff` and `texts`, as a reviewer and an integrator meet them: what is printed, and with which exit code."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from service.cli import app

ROOT = Path(__file__).parents[2]
COMMAND = "import sys; from service.cli import main; sys.argv[0] = 'cluneal-cds'; main()"
AUTHOR = ("-c", "user.name=Reviewer", "-c", "user.email=reviewer@example.org", "-c", "commit.gpgsign=false")
KNOWLEDGE = {
    "version.toml": 'version = "2026.1"\n',
    "rules/red-flags.toml": '[[rule]]\nid = "X-01"\nsays = "Fever."\nany_of = ["fever"]\n',
    "thresholds.toml": '[[threshold]]\nid = "lasting-pain"\nsays = "How long."\nvalue = 84\n',
    "phrases/fever.toml": 'label = "Fever"\n[[phrase]]\nwords = [["fever"]]\n',
    "value_sets/fever.json": '{"compose": {"include": [{"system": "http://loinc.org", "concept": [{"code": "1-1"}]}]}}',
}
CHANGED = {
    "version.toml": 'version = "2026.2"\n',
    "rules/red-flags.toml": KNOWLEDGE["rules/red-flags.toml"].replace('["fever"]', '["fever", "night-pain"]'),
    "thresholds.toml": '[[threshold]]\nid = "lasting-pain"\nsays = "How long."\nvalue = 90\n',
    "phrases/fever.toml": 'label = "Fever"\n[[phrase]]\nwords = [["fever"]]\n[[phrase]]\nwords = [["night"], ["sweats"]]\n',
    "value_sets/fever.json": '{"compose": {"include": [{"system": "http://loinc.org", "concept": [{"code": "1-1"}, {"code": "2-2"}]}]}}',
}
LINES = [
    "knowledge 2026.1 -> 2026.2",
    "rules     X-01 any_of: + night-pain",
    "thresholds lasting-pain value: 84 -> 90",
    "phrases   fever phrase: + night ... sweats",
    "value_sets fever: + http://loinc.org 2-2",
]


def environment(package: Path, **changes: str) -> dict[str, str]:
    """The environment of a person who has that package installed and set nothing."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CLUNEAL_", "GIT_"))}
    return {**kept, "PYTHONPATH": str(package), "GIT_CEILING_DIRECTORIES": str(package.parent), "COLUMNS": "80", **changes}


def run(*words: str | Path, package: Path = ROOT, folder: Path | None = None, **changes: str) -> subprocess.CompletedProcess[str]:
    """One finished run of `cluneal-cds knowledge ..` of that package, in its folder or another one, in a terminal 80 columns wide."""
    command = [sys.executable, "-P", "-c", COMMAND, "knowledge", *map(str, words)]
    return subprocess.run(
        command, cwd=folder or package, env=environment(package, **changes), capture_output=True, text=True, timeout=60, check=False
    )


def git(checkout: Path, *words: str) -> None:
    subprocess.run(["git", *AUTHOR, *words], cwd=checkout, env=environment(checkout), check=True, capture_output=True)


def hold(knowledge: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (knowledge / name).parent.mkdir(parents=True, exist_ok=True)
        (knowledge / name).write_text(text)


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    """The package outside any checkout, with a small knowledge of its own."""
    package = tmp_path_factory.mktemp("installed") / "package"
    for name in ("service", "cds_hooks"):
        shutil.copytree(ROOT / name, package / name, ignore=shutil.ignore_patterns("__pycache__", "*.toml", "*.json"))
    hold(package / "service" / "knowledge", CHANGED)
    return package


@pytest.fixture(scope="module")
def checkout(installed, tmp_path_factory) -> Path:
    """A git checkout of the package: without knowledge at the tag `empty`, with an odd file at `broken`, changed since `before`."""
    place = tmp_path_factory.mktemp("checkout") / "cluneal"
    shutil.copytree(installed, place)
    git(place, "init", "--quiet")
    git(place, "add", "cds_hooks", "service/cli.py")
    git(place, "commit", "--quiet", "--message", "No knowledge yet")
    git(place, "tag", "empty")
    for tag, files in (("broken", {**KNOWLEDGE, "pathway.toml": "= 3"}), ("before", {**KNOWLEDGE, "pathway.toml": ""}), ("now", CHANGED)):
        hold(place / "service" / "knowledge", files)
        git(place, "add", ".")
        git(place, "commit", "--quiet", "--message", tag)
        git(place, "tag", tag)
    return place


@pytest.mark.parametrize("revision", ["before", "HEAD~1"])
def test_what_changed_since_a_revision_is_one_line_each(checkout, tmp_path, revision):
    """A changed number, rule, phrase and value set are one line each, from whichever folder one asks."""
    for folder in (tmp_path, checkout / "service"):
        shown = run("diff", revision, package=checkout, folder=folder)

        assert (shown.returncode, shown.stderr) == (0, "")
        assert shown.stdout.splitlines() == LINES


def test_what_changed_since_a_folder_is_told_without_git(installed, tmp_path):
    """Two folders are compared where there is no git: another checkout, or the knowledge in it."""
    hold(tmp_path / "service" / "knowledge", KNOWLEDGE)

    for folder in (tmp_path, tmp_path / "service" / "knowledge"):
        assert run("diff", folder, package=installed, PATH="").stdout.splitlines() == LINES


def test_a_change_that_is_not_committed_counts(checkout, tmp_path):
    """The present knowledge is what lies in the folder; that its version is an old one is said."""
    copy = shutil.copytree(checkout, tmp_path / "copy")
    (copy / "service" / "knowledge" / "thresholds.toml").write_text(CHANGED["thresholds.toml"].replace("90", "91"))

    shown = run("diff", "HEAD", package=copy).stdout.splitlines()
    assert (shown[0], shown[1][:27]) == ("thresholds lasting-pain value: 90 -> 91", "The version is still 2026.2")


def test_no_change_is_said(checkout):
    """The same knowledge says so, and that is a success."""
    shown = run("diff", "now", package=checkout)

    assert (shown.returncode, shown.stdout) == (0, "Nothing changed clinically since now: knowledge 2026.2.\n")


@pytest.mark.parametrize(
    ("revision", "code", "says"),
    [
        ("no-such-tag", 2, "There is no revision no-such-tag"),
        ("HEAD:service", 2, "There is no revision HEAD:service"),
        ("", 2, "There is no revision"),
        ("empty", 1, "There is no knowledge at empty"),
        ("broken", 1, "pathway.toml  at broken is not TOML"),
        ("..", 1, "There is no knowledge in the folder .."),
    ],
)
def test_what_cannot_be_compared_is_said_in_a_sentence(checkout, tmp_path, revision, code, says):
    """A wrong revision is a wrong command; a revision without readable knowledge is no success."""
    wrong = run("diff", revision, package=checkout, folder=tmp_path)

    assert (wrong.returncode, wrong.stdout) == (code, "")
    assert says in wrong.stderr
    assert "Traceback" not in wrong.stderr


@pytest.mark.parametrize(("path", "says"), [({}, "does not run from a git checkout"), ({"PATH": ""}, "git is not installed")])
def test_without_a_checkout_it_is_said_what_is_needed(installed, path, says):
    """An installed package has no revisions: the command asks for a folder instead."""
    wrong = run("diff", "before", package=installed, **path)

    assert wrong.returncode == 2
    assert says in wrong.stderr
    assert "give a folder" in wrong.stderr


def texts(folder: Path, **files: list[dict]) -> Path:
    """A hospital's folder of labelled sentences."""
    for kind, rows in files.items():
        (folder / f"{kind}.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return folder


def try_out(*words: str | Path) -> Any:
    """One run of `cluneal-cds knowledge ..` in a terminal 80 columns wide, in this process."""
    return CliRunner(env={"COLUMNS": "80"}).invoke(app, ["knowledge", *map(str, words)])


def figures(shown: Any) -> dict[str, str]:
    """The figures of each line of the table, by the words before them."""
    found = {}
    for line in shown.stdout.split("\n\n")[0].splitlines()[1:]:
        words = line.split()
        number = next((place for place, word in enumerate(words) if word.isdigit()), len(words))
        found[" ".join(words[:number])] = " ".join(words[number:])
    return found


RIGHT = "Palpation of the right iliac crest 7 cm lateral to midline reproduces her usual pain."


@pytest.fixture(scope="module")
def ours() -> Any:
    """One run on our own sentences."""
    return try_out("texts")


def test_our_own_sentences_are_counted(ours):
    """Every sentence is in the last line, those written afterwards are a line of their own, and no image is read as clear that is not."""
    lines = sum(len(file.read_text().splitlines()) for file in (ROOT / "fixtures" / "texts").glob("*.jsonl"))
    table = figures(ours)

    assert list(table)[-2:] == ["written afterwards", "all"]
    assert table["all"].split()[0] == str(lines)
    assert table["clear"].split()[2] == "0"
    assert {"fever", "unhealed-fracture", "surgery", "neuropathic", "aggravating", "problem findings"} <= set(table)
    assert ours.exit_code == int("Defects:" in ours.stdout)


def test_our_own_sentences_are_no_validation(ours, tmp_path):
    """How they were made stands under the figures, and only under theirs."""
    shown = try_out("texts", texts(tmp_path, reports=[{"text": "Normal MRI of the lumbar spine.", "imaging": "clear"}]))

    assert "no validation" in " ".join(ours.stdout.split())
    assert "no validation" not in " ".join(shown.stdout.split())
    assert "written afterwards" not in shown.stdout


def test_the_table_fits_a_terminal(ours):
    """Down to the defects no line is longer than 80 columns, and nothing but text is printed."""
    assert max(map(len, ours.stdout.split("\nDefects:")[0].splitlines())) <= 80
    assert "\x1b" not in ours.stdout


def test_the_words_of_a_hospital_are_counted(tmp_path):
    """Precision and recall are fractions with percent; what was never said has none, and other files may be missing."""
    reports = [
        {"text": "Normal MRI of the lumbar spine.", "imaging": "clear", "red_flags": []},
        {"text": "Nothing that I would call compressive in any way.", "imaging": "clear"},
        {"text": "Severe canal stenosis at L4-5.", "imaging": "lesion", "red_flags": []},
    ]
    shown = try_out("texts", texts(tmp_path, reports=reports))

    assert figures(shown) == {
        "imaging": "",
        "clear": "3 1 0 1 1/1 100% 1/2 50%",
        "lesion": "3 1 0 0 1/1 100% 1/1 100%",
        "all": "3 2 0 1 2/2 100% 2/3 66%",
    }
    assert shown.exit_code == 0
    assert "not tried: active-malignancy" in shown.stdout


def test_a_reproduced_point_is_right_with_its_side_alone(tmp_path):
    """The point on the wrong side is one too many and one missed."""
    shown = try_out("texts", texts(tmp_path, exams=[{"text": RIGHT, "reproduces": {"superior": "left"}}]), "--misread")

    assert figures(shown)["superior"] == "1 0 1 1 0/1 0% 0/1 0%"
    assert figures(shown)["middle"] == "1 0 0 0 - -"
    assert f"reproduces: expected superior left, read as superior right: {RIGHT} (exams.jsonl line 1)" in shown.stdout.splitlines()


@pytest.mark.parametrize(
    ("kind", "row", "line"),
    [
        ("reports", {"text": "Normal lumbar MRI.", "imaging": "lesion"}, "read as clear"),
        ("exams", {"text": "Fever to 39 C.", "red_flags": []}, "read as red flag fever"),
        ("exams", {"text": "Feels well.", "red_flags": ["fever"]}, "red flag fever missed"),
        ("problems", {"text": "Fever", "present": [], "not_present": ["fever"], "recorded_days_ago": 9}, "read as red flag fever"),
        ("exams", {"text": RIGHT, "reproduces": {}}, "read as reproduced point superior right"),
    ],
)
def test_what_may_not_be_misread_is_no_success(tmp_path, kind, row, line):
    """A false "clear", a red flag made up or missed, and a point made up are listed and end with exit code 1."""
    shown = try_out("texts", texts(tmp_path, **{kind: [row]}))

    assert shown.exit_code == 1
    assert shown.stdout.splitlines()[-2:] == ["Defects:", f"{line}: {row['text']} ({kind}.jsonl line 1)"]


def test_misread_sentences_are_listed_on_demand(tmp_path):
    """--misread names every label that reads otherwise; `reads_as` excuses nothing, and a label that is not given asks nothing."""
    rows = [
        {"text": "Canal stenosis, now none to speak of.", "imaging": "clear", "reads_as": {"imaging": "unknown"}},
        {"text": "Discitis L3-4. Severe canal stenosis.", "imaging": "lesion"},
    ]
    problems = [{"text": "Maigne syndrome", "present": ["cluneal-diagnosis"], "not_present": []}]
    folder = texts(tmp_path, reports=rows, problems=problems)

    assert try_out("texts", folder, "--misread").stdout.split("Misread:\n")[1].splitlines() == [
        "imaging: expected clear, read as unknown: Canal stenosis, now none to speak of. (reports.jsonl line 1)",
        "cluneal-diagnosis: expected present, read as not present: Maigne syndrome (problems.jsonl line 1)",
    ]
    assert "Misread" not in try_out("texts", folder).stdout


def test_words_of_a_chart_do_not_steer_the_terminal(tmp_path):
    """A sentence with terminal codes or markup in it is shown as its letters."""
    row = {"text": "Normal lumbar MRI \x1b[2J [red]x[/red].", "imaging": "lesion"}

    assert "Normal lumbar MRI [2J [red]x[/red]." in try_out("texts", texts(tmp_path, reports=[row]), "--misread").stdout


def test_a_folder_without_sentences_is_said(tmp_path):
    """An empty folder is no success, a folder that is not there a wrong command; both say so without a traceback."""
    for folder, code, says in ((tmp_path, 1, "reports.jsonl, exams.jsonl, problems.jsonl"), (tmp_path / "none", 2, "does not exist")):
        wrong = run("texts", folder)

        assert (wrong.returncode, wrong.stdout) == (code, "")
        assert says in " ".join(wrong.stderr.replace("│", " ").split())
        assert "Traceback" not in wrong.stderr


@pytest.mark.parametrize("command", ["diff", "texts"])
def test_help_teaches_by_example(command):
    """--help says what the command does and shows how to call it."""
    help_ = try_out(command, "--help")

    assert help_.exit_code == 0
    assert f"cluneal-cds knowledge {command}" in help_.stdout.split("Examples:")[1]
