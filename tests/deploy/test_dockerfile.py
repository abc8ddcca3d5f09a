"""The Dockerfile keeps its promises, as far as they can be read; `make image-check` builds it and tries the rest."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

from tests.doors import called
from tests.service.charts import TODAY

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "Dockerfile").read_text(encoding="utf-8")
LINES = [line.strip() for line in re.sub(r"\\\n", " ", TEXT).splitlines() if line.strip() and not line.startswith("#")]
FINAL = LINES[max(number for number, line in enumerate(LINES) if line.startswith("FROM")) :]


def test_hadolint_has_nothing_to_say() -> None:
    """The Dockerfile breaks none of its rules."""
    command = shutil.which("hadolint", path=str(Path(sys.executable).parent))
    assert command, "hadolint is a requirement of the tests: make setup"
    assert subprocess.run([command, str(ROOT / "Dockerfile")], capture_output=True, text=True, check=False).stdout == ""


def test_what_is_installed_is_locked_by_hash() -> None:
    """Every library comes from a lock, as a wheel: nothing is compiled, nothing is fetched by name alone."""
    installs = [part for line in LINES for part in line.split("&&") if " pip" in part or "/pip" in part if " install " in part]

    assert installs
    for part in installs:
        assert "--require-hashes --only-binary :all:" in part or "--no-deps --no-index" in part


def test_the_final_stage_installs_nothing_and_is_nobody() -> None:
    """No package manager runs in it; it starts as a user whom no host knows, without a shell, and is ended by SIGTERM."""
    runs = [line for line in FINAL if line.startswith("RUN")]
    starts = [json.loads(line.partition(" ")[2]) for line in FINAL if line.startswith(("ENTRYPOINT", "CMD"))]
    (user,) = (line.split()[1] for line in FINAL if line.startswith("USER"))

    assert not [line for line in runs if re.search(r"\b(apt|apt-get|pip|curl|wget)\b", line)]
    assert starts == [["cluneal-cds"], ["serve"]]
    assert int(user.split(":")[0]) >= 10000
    assert "STOPSIGNAL SIGTERM" in FINAL
    assert not [line for line in FINAL if re.search(r"(?i)(password|secret|token)=", line)]


def test_the_check_of_its_health_asks_for_what_is_there() -> None:
    """It calls an address of the service, by a program that the image has."""
    (check,) = (line for line in FINAL if line.startswith("HEALTHCHECK"))
    program = json.loads(check.partition(" CMD ")[2])
    (path,) = re.findall(r"'(/\w+)'", program[2])

    assert program[0] == "python"
    assert called("GET", path, on=TODAY).status_code == 200


def test_only_what_is_needed_goes_into_the_build() -> None:
    """What is not named stays outside: tests, data, keys, whatever lies about in a checkout."""
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()

    assert "*" in ignored
    assert not [line for line in ignored if line.startswith("!") and line[1:] in ("tests", ".git", "fixtures/clients")]
