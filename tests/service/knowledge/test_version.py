"""The version of the knowledge: no file changes without a new one, in the folder and through its whole history."""

import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from service.errors import InvalidKnowledge
from service.knowledge.load import FOLDER, digest_of, load_knowledge, read_folder
from service.reasoning.review import reviewed

ROOT = Path(__file__).parents[3]
FILE = "service/knowledge/version.toml"


def git(*words: str) -> str:
    return subprocess.run(["git", "-C", ROOT, *words], capture_output=True, text=True, check=False).stdout


@pytest.fixture
def folder(tmp_path):
    return shutil.copytree(FOLDER, tmp_path / "knowledge", ignore=shutil.ignore_patterns("*.py", "__pycache__"))


def test_the_version_is_of_these_files():
    """The fingerprint in version.toml is that of the folder: whoever changes a file has to give it a new version."""
    assert load_knowledge().version.digest == digest_of(FOLDER)


@pytest.mark.parametrize("name", ["thresholds.toml", "rules/exclusions.toml", "value_sets/low-back-pain.json", "phrases/fever.toml"])
def test_knowledge_that_changed_without_a_version_is_refused(folder, name):
    """One letter in any file is enough; the service would otherwise name a version that never said so."""
    with (folder / name).open("a", encoding="utf-8") as file:
        file.write("\n")

    with pytest.raises(InvalidKnowledge, match="a changed file takes a new version"):
        reviewed(read_folder(folder))


def test_the_end_of_lines_and_readmes_are_no_knowledge(folder):
    """A checkout with other line ends is the same knowledge, and so is a folder with another README."""
    file = folder / "pathway.toml"
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    (folder / "README.md").write_text("other words")

    assert digest_of(folder) == digest_of(FOLDER)


def test_no_version_ever_meant_two_things():
    """Through all commits one version has one fingerprint; versions from before there was one are left out."""
    seen: dict[str, set[str]] = {}
    for commit in git("log", "--format=%H", "--", FILE).split():
        told = tomllib.loads(git("show", f"{commit}:{FILE}") or "")
        if set(told.get("digest", "0")) != {"0"}:
            seen.setdefault(told["version"], set()).add(told["digest"])
    now = load_knowledge().version
    seen.setdefault(now.version, set()).add(now.digest)

    assert {version: digests for version, digests in seen.items() if len(digests) > 1} == {}
