"""The README is true: every command in it is run, and what it shows is what comes out."""

import os
import re
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.settings import Settings
from tests.readme import ROOT, Example, examples, normalised, run

README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The service as the README starts it, `make run`, on a free port; it prints how to see a card."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("CLUNEAL_", "MAKE", "MFLAGS"))}
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    made = subprocess.Popen(
        ["make", "run", f"PORT={port}"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        env=environ | {"CLUNEAL_DATABASE_URL": f"sqlite:///{tmp_path_factory.mktemp('store') / 'cluneal.sqlite'}"},
    )
    try:
        _wait_for(f"{url}/livez")
        yield url
    finally:
        os.killpg(made.pid, signal.SIGINT)
        printed, _ = made.communicate(timeout=20)
    assert printed.index(f"{url}/\n") < printed.index("Discovery:"), "the address of the mock EHR comes first"
    assert f"story laminectomy-and-iliac-harvest --send {url}" in printed
    assert "OPEN" in printed


def _wait_for(url: str) -> None:
    for _ in range(200):
        try:
            urllib.request.urlopen(url, timeout=1).close()  # noqa: S310
        except OSError:
            time.sleep(0.1)
        else:
            return
    pytest.fail(f"make run did not answer at {url} within 20 s")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that looks like the checkout to a command: it has the virtual environment, the fixtures and the tests, and nothing else."""
    place = tmp_path_factory.mktemp("reader")
    for name in (".venv", "fixtures", "tests"):
        (place / name).symlink_to(ROOT / name)
    return place


@pytest.mark.requirement("R13")
@pytest.mark.parametrize("example", examples(README), ids=lambda example: example.commands[0][:60])
def test_the_readme_shows_what_its_commands_print(example: Example, service: str, folder: Path) -> None:
    """Every console block of the README prints what it shows, dates and uuids aside."""
    assert normalised(run(example, url=service, folder=folder)) == normalised(example.shown)


def test_the_readme_names_every_setting_with_its_default() -> None:
    """Every setting stands in the README's table, and no other does."""
    documented = set(re.findall(r"^\| `(CLUNEAL_[A-Z_]+)`", README, re.MULTILINE))
    assert documented == {f"CLUNEAL_{name.upper()}" for name in Settings.model_fields}


def test_every_make_target_of_the_readme_exists() -> None:
    """Whether it stands in a block or in a sentence, make knows it."""
    targets = set(re.findall(r"(?:^|`)make ([a-z-]+)(?:$|`)", README, re.MULTILINE))

    assert targets >= {"run", "test", "requirements"}
    for target in sorted(targets):
        assert subprocess.run(["make", "--dry-run", target], cwd=ROOT, capture_output=True, check=False).returncode == 0


def test_every_file_the_readme_links_to_exists() -> None:
    """No link of the README leads nowhere."""
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", README):
        assert (ROOT / target).exists(), target
