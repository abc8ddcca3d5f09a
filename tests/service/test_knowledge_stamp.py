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
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "fixtures", tmp_path / "fixtures")
    return tmp_path


def command(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    code = "import sys; sys.path.insert(0, '.'); from service.cli import main; sys.argv[0] = 'cluneal-cds'; main()"
    return subprocess.run([sys.executable, "-c", code, "knowledge", *words], cwd=folder, capture_output=True, text=True, check=False)


def version(folder: Path) -> dict[str, object]:
    return tomllib.loads((folder / "service" / "knowledge" / "version.toml").read_text(encoding="utf-8"))


def test_changed_knowledge_gets_the_next_number(checkout):
    """Before it the knowledge is refused, after it sound; sentence, number and fingerprint are new."""
    before = version(checkout)
    file = checkout / "service" / "knowledge" / "phrases" / "fever.toml"
    file.write_text(file.read_text(encoding="utf-8").replace('"pyrexia"', '"pyrexia", "feverish"'), encoding="utf-8")
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


def test_unchanged_knowledge_gets_none(checkout):
    """A version for nothing would only hide which one changed something."""
    before = version(checkout)
    refused = command(checkout, "stamp", "Nothing.")

    assert refused.returncode == 1
    assert "No file of the knowledge changed" in refused.stderr
    assert version(checkout) == before
