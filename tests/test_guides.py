"""The guides of docs/ are true: their commands are run, their settings and commands exist, their links lead somewhere.

A `console` block shows what its command prints. An `sh` block is run as a script, after those before it, in a folder with a service's
own store; it has to end well. What needs a cluster or a container engine stands indented, and docs/operations.md says what became of it.
"""

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.main import get_command

from release.settings import page
from service.cli import app
from service.knowledge.load import load_knowledge
from service.known_clients import orders_of
from service.settings import Settings
from tests.blackbox.service import served
from tests.readme import ROOT, Example, examples, normalised, run

GUIDES = {path.stem: path.read_text(encoding="utf-8") for path in sorted((ROOT / "docs").glob("*.md"))}
SCRIPTS = {name: re.findall(r"^```sh\n(.*?)^```", text, re.DOTALL | re.MULTILINE) for name, text in GUIDES.items()}
SHOWN = [(name, example) for name, text in GUIDES.items() for example in examples(text)]
EACH_GUIDE = pytest.mark.parametrize("name", GUIDES)
# What cannot be run here: it needs a cluster, a database or an EHR of the hospital's.
ELSEWHERE = ("pg_dump ", "pg_restore ", "CLUNEAL_DATABASE_URL=postgresql://", "cluneal-cds probe ")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder with the fixtures in it, and our command on the path."""
    (tmp_path / "fixtures").symlink_to(ROOT / "fixtures")
    (tmp_path / "service").symlink_to(ROOT / "service")
    for name in [name for name in os.environ if name.startswith("CLUNEAL_")] + ["COLUMNS"]:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", f"{ROOT / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}")
    return tmp_path


@pytest.mark.parametrize(("name", "example"), SHOWN, ids=lambda one: one if isinstance(one, str) else one.commands[0][:60])
def test_a_guide_shows_what_its_command_prints(name: str, example: Example, folder: Path) -> None:
    """The text to enter in an EHR is the one that the service wants today."""
    assert normalised(run(example, url="", folder=folder)) == normalised(example.shown)


@pytest.mark.parametrize("name", ["integration-epic", "integration-generic"])
def test_a_guide_names_every_order_that_a_site_may_give_a_code(name: str) -> None:
    """An order that is not mapped is never drafted where an EHR finds orders by the site's codes."""
    assert [order for order in orders_of(load_knowledge()) if f"`{order}`" not in GUIDES[name]] == []


@pytest.mark.long
@pytest.mark.parametrize("name", [name for name, scripts in SCRIPTS.items() if scripts])
def test_the_commands_of_a_guide_end_well(name: str, folder: Path) -> None:
    """One block after the other, beside a service that remembers in the same folder."""
    with served({"CLUNEAL_DATABASE_URL": f"sqlite:///{folder / 'cluneal.sqlite'}"}) as service:
        for script in SCRIPTS[name]:
            done = subprocess.run(
                ["bash", "-euo", "pipefail", "-c", script.replace("http://127.0.0.1:8000", service.url)],
                cwd=folder,
                capture_output=True,
                text=True,
                check=False,
                timeout=300,
            )
            assert done.returncode == 0, f"{script}\n{done.stdout}{done.stderr}"


@EACH_GUIDE
def test_a_guide_has_no_other_kinds_of_blocks(name: str) -> None:
    """Nothing that looks like a command escapes the tests unseen."""
    assert set(re.findall(r"^```(\w*)", GUIDES[name], re.MULTILINE)) <= {"sh", "console", ""}
    indented = re.findall(r"(?<=\n\n)((?:^ {4,7}\S.*\n)+)", GUIDES[name], re.MULTILINE)
    for line in (line.strip() for block in indented for line in block.splitlines()):
        assert line.startswith(ELSEWHERE), line


@EACH_GUIDE
def test_every_link_of_a_guide_leads_somewhere(name: str) -> None:
    """To a file that is there, and to a heading in it where one is named."""
    for target, heading in re.findall(r"\]\((?!https?:)([^)#\s]*)(?:#([^)]+))?\)", GUIDES[name]):
        file = (ROOT / "docs" / target) if target else ROOT / "docs" / f"{name}.md"
        assert file.exists(), target
        if heading:
            assert heading in headings(file.read_text(encoding="utf-8")), f"{target}#{heading}"


def headings(text: str) -> Iterator[str]:
    """The headings of a page, as links name them."""
    for title in re.findall(r"^#+ (.+)$", text, re.MULTILINE):
        yield re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")


@EACH_GUIDE
def test_every_setting_of_a_guide_exists(name: str) -> None:
    """A name that stands in a guide is one that the service takes."""
    known = {f"CLUNEAL_{field.upper()}" for field in Settings.model_fields}

    assert set(re.findall(r"\bCLUNEAL_[A-Z_]+[A-Z]\b", GUIDES[name])) <= known


@EACH_GUIDE
def test_every_command_of_a_guide_exists(name: str) -> None:
    """Wherever it stands, in a block or in a sentence: with its subcommand, and with each of its options."""
    for words in re.findall(r"cluneal-cds ((?:[a-z-]+)(?: [^\n`|;>]*)?)", GUIDES[name]):
        parts = words.split()
        command = get_command(app)
        while parts and (below := getattr(command, "commands", {}).get(parts[0])):
            command, parts = below, parts[1:]
        if words.split()[0] in ("and", "in", "says"):
            continue
        assert not getattr(command, "commands", {}), f"{name}: cluneal-cds {words}"
        options = {option for one in command.params for option in one.opts}
        assert {part for part in parts if part.startswith("--")} <= options, f"{name}: cluneal-cds {words}"


def test_the_table_of_settings_is_that_of_the_model() -> None:
    """`python -m release.settings` would change nothing."""
    assert page(GUIDES["operations"]) == GUIDES["operations"]
