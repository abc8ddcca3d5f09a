"""What is installed: locks without addresses, and a wheel that holds everything the commands need."""

import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LOCKS = sorted(ROOT.glob("requirements*.lock"))


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_a_lock_pins_by_hash_and_names_no_address(lock):
    """Every package has one version and hashes; no line tells where somebody downloaded it, or from which folder."""
    text = lock.read_text(encoding="utf-8")
    packages = re.findall(r"^[a-z].*$", text, flags=re.MULTILINE)

    assert all(re.match(r"[a-z0-9._-]+==\S+ (; .+ )?\\$", package) for package in packages)
    assert text.count("\n") > text.count("--hash=sha256:") >= len(packages)
    assert "://" not in text
    assert not re.search(r"(^|\s)/\w", text)
    assert not re.search(r"^-", text, flags=re.MULTILINE)


def test_the_package_asks_for_what_is_locked():
    """pyproject.toml and requirements.in name the same libraries, and so the locks are what the package needs."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    listed = [line for line in (ROOT / "requirements.in").read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    builds = [
        line for line in (ROOT / "requirements-build.in").read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")
    ]

    assert sorted(project["project"]["dependencies"]) == sorted(listed)
    assert sorted(project["build-system"]["requires"]) == sorted(builds)


@pytest.mark.requirement("R16")
def test_a_wheel_is_complete(tmp_path):
    """Installed from a wheel, far from the checkout, the knowledge is there and a story can be told."""
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path / "dist"], cwd=ROOT, check=True, capture_output=True
    )
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "installed")
        packed = {name for name in archive.namelist() if name.startswith("service/knowledge/")}
    kept = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "service/knowledge").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }

    def run(*words: str) -> str:
        command = [sys.executable, "-c", "import sys; from service.cli import main; sys.argv[0] = 'cluneal-cds'; main()", *words]
        environ = {**os.environ, "PYTHONPATH": str(tmp_path / "installed")}
        return subprocess.run(command, cwd=tmp_path, env=environ, check=True, capture_output=True, text=True).stdout

    assert packed == kept
    assert "is sound" in run("knowledge", "check")
    assert '"hook": "patient-view"' in run("story", "laminectomy-and-iliac-harvest")
    assert "revision none -> 0002" in run("db", "upgrade")
    assert (
        str(tmp_path / "installed")
        in subprocess.run(
            [sys.executable, "-c", "import service.story; print(service.story.story_folder())"],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(tmp_path / "installed")},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
    )
