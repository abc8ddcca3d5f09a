"""`cluneal-cds knowledge stamp`: changed knowledge gets its new version, unchanged knowledge none."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def checkout(tmp_path):
    """A copy of both packages, so that its knowledge can be changed."""
    for package in ("service", "cds_hooks"):
        shutil.copytree(ROOT / package, tmp_path / package)
    shutil.copytree(ROOT / "fixtures", tmp_path / "fixtures")
    return tmp_path


def command(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    code = "import sys; sys.path.insert(0, '.'); from service.cli import main; sys.argv[0] = 'cluneal-cds'; main()"
    return subprocess.run([sys.executable, "-c", code, "knowledge", *words], cwd=folder, capture_output=True, text=True, check=False)


def version(folder: Path) -> dict[str, object]:
    return tomllib.loads((folder / "service" / "knowledge" / "version.toml").read_text(encoding="utf-8"))


def change(folder: Path) -> None:
    file = folder / "service" / "knowledge" / "phrases" / "fever.toml"
    file.write_text(file.read_text(encoding="utf-8").replace('"pyrexia"', '"pyrexia", "feverish"'), encoding="utf-8")


def test_changed_knowledge_gets_the_next_number(checkout):
    """Before it the knowledge is refused, after it sound; sentence, number and fingerprint are new; what was before it is told."""
    before = version(checkout)
    change(checkout)
    refused = command(checkout, "check")
    stamped = command(checkout, "stamp", 'Fever is also "feverish".')
    after = version(checkout)

    assert (refused.returncode, stamped.returncode, command(checkout, "check").returncode) == (1, 0, 0)
    assert "cluneal-cds knowledge stamp" in refused.stderr
    assert after["says"] == 'Fever is also "feverish".'
    assert (
        int(str(after["version"]).split(".")[1]) == int(str(before["version"]).split(".")[1]) + 1
        or after["date"].year > before["date"].year
    )
    assert after["digest"] != before["digest"]
    assert after["earlier"] == [{key: before[key] for key in ("version", "date", "says")}, *before["earlier"]]


def test_unchanged_knowledge_gets_none(checkout):
    """A version for nothing would only hide which one changed something."""
    before = version(checkout)
    refused = command(checkout, "stamp", "Nothing.")

    assert refused.returncode == 1
    assert "No file of the knowledge changed" in refused.stderr
    assert version(checkout) == before


@pytest.mark.parametrize(
    "words",
    [
        ("--version=foo", "Fever."),
        ("--version=", "Fever."),
        ("--version=2999", "Fever."),
        ("--version=2999.1.1", "Fever."),
        ("--version=2999.-1", "Fever."),
        ("--version=2999.\u0661", "Fever."),
        ("--version=2999." + "9" * 5000, "Fever."),
        ('--version=2999.1"\nsays = "', "Fever."),
        ("--version=2999.1\udcff", "Fever."),
        ("--version=PRESENT", "Fever."),
        ("--version=PRESENT\n", "Fever."),
        ("--version=2020.999", "Fever."),
        ("",),
        (" \n",),
        ("Fever \udcff.",),
    ],
    ids=ascii,
)
def test_what_could_not_be_loaded_again_is_refused(checkout, words):
    """A version that is none or does not come after the present one, a sentence without words or no text: the file stays as it was."""
    change(checkout)
    file = checkout / "service" / "knowledge" / "version.toml"
    before = file.read_bytes()
    refused = command(checkout, "stamp", *(word.replace("PRESENT", str(version(checkout)["version"])) for word in words))

    assert (refused.returncode, file.read_bytes()) == (1, before)
    assert refused.stderr.endswith(".\n")
    assert "Traceback" not in refused.stderr
    assert {path.name for path in file.parent.iterdir() if path.name.startswith(".")} == set()


@pytest.mark.parametrize("says", ["a\x7f", "a\x85b\x1b[1m", 'Two\nlines, a \\ and "quotes".', "\U0001f9b4 \u2265 75 %"], ids=ascii)
def test_any_sentence_is_read_as_it_was_said(checkout, says):
    """Signs that TOML does not allow as they are stand escaped."""
    change(checkout)
    stamped = command(checkout, "stamp", "--version=2999.1", says)

    assert (stamped.returncode, version(checkout)["version"], version(checkout)["says"]) == (0, "2999.1", says)


def test_the_next_number_comes_after_a_year_ahead(checkout):
    """Whoever chose a later year once needs not choose again."""
    change(checkout)
    command(checkout, "stamp", "--version=2999.9", "Fever.")
    file = checkout / "service" / "knowledge" / "phrases" / "fever.toml"
    file.write_text(file.read_text(encoding="utf-8").replace('"feverish"', '"febrile state"'), encoding="utf-8")
    stamped = command(checkout, "stamp", "Fever again.")

    assert (stamped.returncode, version(checkout)["version"]) == (0, "2999.10")
