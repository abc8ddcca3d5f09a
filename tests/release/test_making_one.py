"""A release is made and used: the same wheel each time, and a service that runs from it where nothing else is."""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from release.build import ROOT, NotReleased, release
from tests.blackbox.service import call, free_port, wait_for

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """This checkout with what is not committed yet, as a commit of its own."""
    place = tmp_path_factory.mktemp("checkout") / "repository"
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT, check=True, capture_output=True, text=True)
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, place / name)
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b.example"]
    for words in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "--message", "all"]):
        subprocess.run([*git, *words], cwd=place, check=True, capture_output=True)
    return place


@pytest.fixture(scope="module")
def files(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The files of a release without its image, by how their names end."""
    made = release(tmp_path_factory.mktemp("release"), root=checkout, image=False)
    return {next(end for end in (".whl", ".tar.gz", ".cdx.json", "SHA256SUMS") if one.name.endswith(end)): one for one in made}


def test_a_release_has_its_files_and_their_sums(files):
    """Wheel, source, bill of materials; the sums are theirs. Three ways to the wheel gave the same bytes, or there would be none."""
    assert set(files) == {".whl", ".tar.gz", ".cdx.json", "SHA256SUMS"}
    for line in files["SHA256SUMS"].read_text().splitlines():
        digest, name = line.split("  ")
        assert digest == hashlib.sha256((files["SHA256SUMS"].parent / name).read_bytes()).hexdigest()


def test_what_is_not_committed_is_not_released(checkout, tmp_path):
    """A change in the checkout stops the release, by name."""
    (checkout / "README.md").write_text("changed")
    try:
        with pytest.raises(NotReleased, match=r"README\.md"):
            release(tmp_path, root=checkout, image=False)
    finally:
        subprocess.run(["git", "checkout", "--quiet", "README.md"], cwd=checkout, check=True)


def test_the_wheel_runs_where_nothing_else_is(files, tmp_path):
    """In an empty environment, with the libraries of the lock: knowledge, a story, the doctor, and a service that answers."""
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "empty"], check=True)
    python, command = tmp_path / "empty" / "bin" / "python", tmp_path / "empty" / "bin" / "cluneal-cds"
    pip = [python, "-m", "pip", "--quiet", "--disable-pip-version-check", "install"]
    subprocess.run([*pip, "--require-hashes", "--only-binary", ":all:", "-r", ROOT / "requirements.lock"], check=True, capture_output=True)
    subprocess.run([*pip, "--no-deps", "--no-index", files[".whl"]], check=True, capture_output=True)
    told: dict[str, subprocess.CompletedProcess[str]] = {}
    for words in ("knowledge check", "doctor --offline", "prefetch --for epic"):
        told[words] = subprocess.run([command, *words.split()], cwd=tmp_path, capture_output=True, text=True, check=False)
    port = free_port()
    process = subprocess.Popen([command, "serve", "--port", str(port)], cwd=tmp_path, stdout=subprocess.DEVNULL)
    try:
        url = f"http://127.0.0.1:{port}"
        wait_for(url, process)
        card = subprocess.run(
            [command, "story", "laminectomy-and-iliac-harvest", "--send", url], capture_output=True, text=True, check=False
        )
        discovery = call(url, "GET", "/cds-services")
    finally:
        process.terminate()
        process.wait(timeout=30)

    assert {words: (done.returncode, done.stderr) for words, done in told.items()} == dict.fromkeys(told, (0, ""))
    assert "press the iliac crest" in card.stdout
    assert discovery.status == 200
