"""One thing that was looked at, and what became of it."""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How a thing stands. `wrong` alone makes a deployment unfit."""

    WELL = "well"
    MIND = "mind"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found about one thing.

    about  the thing, in a word or two;  says: a sentence about it, never with a secret;  help: what to do, "" where nothing is
    """

    about: str
    state: State
    says: str
    help: str = ""


def well(about: str, says: str) -> Verdict:
    """All is as it has to be."""
    return Verdict(about, State.WELL, says)


def mind(about: str, says: str, help: str = "") -> Verdict:  # noqa: A002 - the member's name
    """Allowed, and to be known by whoever runs it."""
    return Verdict(about, State.MIND, says, help)


def wrong(about: str, says: str, help: str = "") -> Verdict:  # noqa: A002 - the member's name
    """To be mended before the service is relied on."""
    return Verdict(about, State.WRONG, says, help)
