"""The commands `cluneal-cds knowledge ..`: check what the service knows, list it, compare it with another state, try it on sentences."""

import io
import os
import shutil
import subprocess
import tarfile
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from service import terminal
from service.errors import ClinicError
from service.knowledge.changes import changes, content, folder_content
from service.knowledge.edition import written
from service.knowledge.load import FOLDER, load_knowledge
from service.knowledge.model import Knowledge
from service.knowledge.provenance import Edition, Version
from service.labelled import Count, Reading, count, defects, listed, read, read_sentences, text_folder, topics
from service.reasoning.review import reviewed
from service.site import adjustments_of, settings_of
from service.usage import examples, plain

app = typer.Typer(help="What the service knows: check it, list it, compare it, try it on sentences.", no_args_is_help=True)

_out = Console(highlight=False)
_VERSION = "version.toml"
_WITHOUT_GIT = "Without git, give a folder: another checkout of this service, or the service/knowledge in it."
_LEGEND = "true: said and read. false: read, not said. missed: said, not read. A point is right only with its side."
_HOW_MADE = (
    "Our own sentences, written for this project; most phrases were chosen with most of them in sight. Those written afterwards were "
    "not in sight, but what was misread in them and mattered has been mended since. None is from a real chart: this shows what is "
    "read in these sentences and is no validation."
)


class UnknownRevision(ClinicError):
    """What the knowledge should be compared with is neither a revision nor a folder."""

    exit_code = 2


class NoNewVersion(ClinicError):
    """A new version was asked for, and there is none: the files are those of the present one, or nothing could be loaded with it."""


class NoKnowledge(ClinicError):
    """There is a revision or folder, and no knowledge in it."""


@app.command("check")
def check_knowledge() -> None:
    """Read every knowledge file, try it on an empty chart and on itself, and report every problem."""
    knowledge = reviewed(load_knowledge())
    counts = {
        "findings": len(knowledge.findings),
        "rules": sum(map(len, knowledge.rules.values())),
        "nerves": len(knowledge.nerves),
        "phrase lists": len(knowledge.phrases),
        "value sets": len(knowledge.value_sets),
        "publications": len(knowledge.evidence),
    }
    _out.print(f"Knowledge {knowledge.version.version} is sound: " + ", ".join(f"{count} {what}" for what, count in counts.items()) + ".")


@app.command("list", epilog=examples("cluneal-cds knowledge list rules", "cluneal-cds knowledge list thresholds"))
def list_knowledge(
    part: Annotated[str | None, typer.Argument(help=f"One part only: {', '.join(terminal.KNOWLEDGE_PARTS)}.", show_default=False)] = None,
) -> None:
    """List what is known, each line with its source: nerves, rules, thresholds, findings, phrases, value sets, evidence, attributes."""
    if part is not None and part not in terminal.KNOWLEDGE_PARTS:
        raise typer.BadParameter(f"there is no part {part}; parts are {', '.join(terminal.KNOWLEDGE_PARTS)}")
    knowledge = load_knowledge(adjustments_of(settings_of(os.environ)))
    _out.print(terminal.as_knowledge(knowledge, part, shipped=load_knowledge()))


@app.command(
    "diff",
    epilog=examples(
        "cluneal-cds knowledge diff HEAD~1",
        "cluneal-cds knowledge diff main",
        "cluneal-cds knowledge diff ../last-year/service/knowledge   (without git)",
    ),
)
def diff_knowledge(
    revision: Annotated[
        str, typer.Argument(metavar="REV", help="A commit, tag or branch of the checkout that this service runs from, or a folder.")
    ],
) -> None:
    """Say what changed clinically since another state of the knowledge, one line per change.

    A plus came, a minus went, an arrow became. Versions, dates and digests of single files are left out.
    """
    before, after = _content_at(revision), folder_content(FOLDER)
    lines = changes(before, after)
    for line in lines:
        _out.print(Text(plain(line)), soft_wrap=True)
    was, now = (state.get(_VERSION, {}).get("version") for state in (before, after))
    if not lines:
        _say(f"Nothing changed clinically since {revision}: knowledge {now}.")
    elif was == now:
        _say(f"The version is still {now}: a clinical change takes a new one in {_VERSION}.")


@app.command("stamp", epilog=examples('cluneal-cds knowledge stamp "Relief of 75% counts as positive."'))
def stamp_knowledge(
    says: Annotated[str, typer.Argument(help="What changed, in a sentence for those who use it.")],
    version: Annotated[
        str | None, typer.Option(help="The new version. Without it, the next number of this year.", show_default=False)
    ] = None,
) -> None:
    """Give changed knowledge its new version: number, date, and the fingerprint of its files. Without one the service does not start."""
    stamped = load_knowledge()
    now = stamped.version
    if stamped.digest == now.digest:
        raise NoNewVersion(f"No file of the knowledge changed since version {now.version}.")
    today = datetime.now(UTC).date()
    year, number = map(int, now.version.split("."))
    following = f"{today.year}.1" if year < today.year else f"{year}.{number + 1}"
    chosen = following if version is None else version
    try:
        before = Edition(version=now.version, date=now.date, says=now.says)
        content = written(Version(version=chosen, date=today, says=says.strip(), digest=stamped.digest, earlier=(before, *now.earlier)))
        later = [int(part) for part in Version.model_validate(tomllib.loads(content.decode())).version.split(".")] > [year, number]
    except ValueError:
        raise NoNewVersion(f"A version is a year and a number, as {following}, and its sentence says in plain text what changed.") from None
    if not later:
        raise NoNewVersion(f"Version {chosen} does not come after {now.version}; the next one is {following}.")
    try:  # written beside it first: half a version file would leave nothing that loads
        (fresh := FOLDER / f".{_VERSION}.new").write_bytes(content)
        fresh.replace(FOLDER / _VERSION)
    except OSError as error:
        raise NoNewVersion(f"{FOLDER / _VERSION} cannot be written: {error.strerror}.") from None
    _out.print(f"Knowledge {now.version} -> {chosen}. Read once more what changed: cluneal-cds knowledge diff HEAD")


@app.command(
    "texts",
    epilog=examples(
        "cluneal-cds knowledge texts",
        "cluneal-cds knowledge texts --misread",
        "cluneal-cds knowledge texts our-sentences/   (reports.jsonl, exams.jsonl, problems.jsonl)",
    ),
)
def try_texts(
    folder: Annotated[
        Path | None,
        typer.Argument(
            exists=True,
            file_okay=False,
            help="A folder with reports.jsonl, exams.jsonl or problems.jsonl, as fixtures/texts/README.md describes them. "
            "Without it, the sentences of this project.",
            show_default=False,
        ),
    ] = None,
    misread: Annotated[bool, typer.Option("--misread", help="List every sentence that is not read as labelled, too.")] = False,
) -> None:
    """Read labelled sentences of charts, and count how often the service reads what the labels say.

    Try those of your own hospital before the service may speak there.

    An image falsely read as clear, a red flag missed or made up, a point made up: each is listed, and the exit code is 1.
    """
    knowledge = load_knowledge()
    ours = text_folder()
    where = folder or ours
    readings = [read(sentence, knowledge) for sentence in read_sentences(where, knowledge)]
    _out.print(_agreement(readings, knowledge))
    _say(f"\n{_LEGEND}")
    flags = [name for group, name in topics(knowledge) if group == "red flags"]
    if untried := [flag for flag in flags if not any(reading.topics.get(("red flags", flag), ("", ""))[0] for reading in readings)]:
        _say(f"Said in no sentence, and so not tried: {', '.join(untried)}.")
    if where.resolve() == ours.resolve():
        _say(_HOW_MADE)
    if misread:
        _each_line("Misread:", [(line, reading) for reading in readings for line in _misreadings(reading)])
    if found := [(line, reading) for reading in readings for line in defects(reading)]:
        _each_line("Defects:", found)
        raise typer.Exit(1)


def _content_at(revision: str) -> dict[str, Any]:
    """The knowledge files of a folder or of a git revision, parsed."""
    try:
        for folder in (Path(revision) / "service" / "knowledge", Path(revision)):
            if revision and (folder / _VERSION).is_file():
                return folder_content(folder)
    except OSError as error:
        raise NoKnowledge(f"The folder {revision} cannot be read: {error.strerror}.") from None
    try:
        found = content(_files_at(revision), at=revision)
    except UnknownRevision:
        if revision and Path(revision).is_dir():
            raise NoKnowledge(f"There is no knowledge in the folder {revision}: neither {_VERSION} nor service/knowledge.") from None
        raise
    if _VERSION not in found:
        raise NoKnowledge(f"There is no knowledge at {revision}: service/knowledge/{_VERSION} is not in it.")
    return found


def _files_at(revision: str) -> dict[str, bytes]:
    """The files of this knowledge folder as they were at a git revision, by their names in it."""
    if (git := shutil.which("git")) is None:
        raise UnknownRevision(f"git is not installed, and {revision} is no folder. {_WITHOUT_GIT}")
    top = _git(git, FOLDER, "rev-parse", "--show-toplevel", "--show-prefix")
    if top.returncode or _git(git, FOLDER, "ls-files", "--error-unmatch", _VERSION).returncode:
        said = f" (git says: {top.stderr.decode(errors='replace').strip().splitlines()[0]})" if top.stderr.strip() else ""
        raise UnknownRevision(f"This service does not run from a git checkout{said}, and {revision} is no folder. {_WITHOUT_GIT}")
    root, prefix = top.stdout.decode().splitlines()
    commit = _git(git, FOLDER, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
    if revision.startswith("-") or commit.returncode:
        raise UnknownRevision(f"There is no revision {revision} in this checkout, and no folder with knowledge of that name.")
    packed = _git(git, Path(root), "archive", "--format=tar", f"{commit.stdout.decode().strip()}:{prefix.rstrip('/')}")
    if packed.returncode:
        raise NoKnowledge(f"There is no knowledge at {revision}: it has no {prefix.rstrip('/')}.")
    with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as archive:
        return {member.name: part.read() for member in archive if (part := archive.extractfile(member)) is not None}


def _git(git: str, folder: Path, *words: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([git, "-C", folder, *words], stdin=subprocess.DEVNULL, capture_output=True, check=False)  # noqa: S603 - no shell


def _agreement(readings: list[Reading], knowledge: Knowledge) -> Table:
    """One line per label, with what was written afterwards and everything at the end."""
    table = Table(box=None, pad_edge=False, collapse_padding=True, header_style="dim", expand=False)
    table.add_column("label", overflow="fold")
    for name in ("lines", "true", "false", "missed", "precision", "recall"):
        table.add_column(name, justify="right", no_wrap=True)
    shown = ""
    for group, name in topics(knowledge):
        counts = count(readings, (group, name))
        if not (counts.sentences if group != "red flags" else counts.true + counts.false + counts.missed):
            continue
        if name and group != shown:
            table.add_row(Text(group, style="bold"))
        shown = group
        table.add_row(Text(f" {name}") if name else Text(group, style="bold"), *_figures(counts))
    later = [reading for reading in readings if reading.sentence.later]
    for title, part in (("written afterwards", later), ("all", readings)):
        if part:
            table.add_row(Text(title, style="bold"), *_figures(count(part)))
    return table


def _figures(counts: Count) -> tuple[str, ...]:
    precision, recall = (_share(counts.true, counts.true + other) for other in (counts.false, counts.missed))
    return (*map(str, (counts.sentences, counts.true, counts.false, counts.missed)), precision, recall)


def _share(part: int, whole: int) -> str:
    """A fraction, and in percent rounded down: 100 % is all of it."""
    return f"{part}/{whole} {part * 100 // whole:>3}%" if whole else "-"


def _misreadings(reading: Reading) -> list[str]:
    """Every label that reads otherwise: what was expected and what was read."""
    found = []
    for name, label in reading.sentence.labels.items():
        expected, got = listed(label), listed(reading.read[name])
        if name in ("present", "not_present"):
            ways = ("present", "not present") if name == "present" else ("not present", "present")
            found += [f"{finding}: expected {ways[0]}, read as {ways[1]}" for finding in expected if finding not in got]
        elif expected != got:
            words = [", ".join(filter(None, names)) or "none" for names in (expected, got)]
            found.append(f"{name.replace('_', ' ')}: expected {words[0]}, read as {words[1]}")
    return found


def _each_line(title: str, found: list[tuple[str, Reading]]) -> None:
    """One line for each, so that a search finds it."""
    _out.print(f"\n{title}", style="bold")
    for line, reading in found:
        text = plain(" ".join(reading.sentence.text.split()))
        _out.print(Text(f"{line}: {text} ({reading.sentence.place})"), soft_wrap=True)
    if not found:
        _out.print("none")


def _say(sentence: str) -> None:
    _out.print(Text(plain(sentence)))
