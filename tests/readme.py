"""The README as something that can be run: its console blocks, the commands in them and the output they show."""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
_BLOCK = re.compile(r"^```console\n(.*?)^```", re.DOTALL | re.MULTILINE)
_CHANGING = (
    (re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"), "UUID"),
    (re.compile(r"\b\d{4}-\d{2}-\d{2}(T[\d:.]+(Z|[+-]\d{2}:\d{2})?)?"), "DATE"),
    (re.compile(r"/why/[\w-]+"), "/why/LINK"),
    (re.compile(r"\b20\d\d\.\d{1,2}\b"), "VERSION"),
    (re.compile(r"\"knowledgeVersion\": \"[\d.]+\""), "VERSION"),
    (re.compile(r"127\.0\.0\.1:\d+"), "HOST"),
    (re.compile(r"[╭╮╰╯│─┌┐└┘├┤┬┴┼━┃┏┓┗┛┡┩]+"), " "),
    (re.compile(r"\s+"), " "),
    # After the lines are one: a date may be broken anywhere.
    (re.compile(r"\b(\d{1,2} )?(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)( \d{4})?\b"), "MONTH"),
)


@dataclass(frozen=True)
class Example:
    """Commands of one block, and what the README shows below them."""

    commands: tuple[str, ...]
    shown: str


def examples(text: str) -> list[Example]:
    """The console blocks of a document: lines that begin with "$ " are commands, the rest is what they print."""
    blocks = [match.group(1).splitlines() for match in _BLOCK.finditer(text)]
    return [
        Example(
            tuple(line.removeprefix("$ ") for line in block if line.startswith("$ ")),
            "\n".join(line for line in block if not line.startswith("$ ")),
        )
        for block in blocks
    ]


def run(example: Example, *, url: str, folder: Path) -> str:
    """What the commands really print, against the service at `url`, in a folder of their own."""
    printed = []
    for command in example.commands:
        done = subprocess.run(  # noqa: S602 - our own README
            command.replace("http://127.0.0.1:8000", url), shell=True, cwd=folder, capture_output=True, text=True, timeout=60, check=False
        )
        printed.append(done.stdout + done.stderr)
    return "".join(printed)


def normalised(text: str) -> str:
    """The text without what changes from day to day or call to call, and without the way it is broken into lines."""
    for pattern, word in _CHANGING:
        text = pattern.sub(word, text)
    return text.strip()
