"""What is told of one call, for its line in the log and for the metrics: filled in by those who answer it, and read when it is over.

Names of ours and numbers alone: nothing that a request says is ever written here.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Decided:
    """What a hook call came to.

    outcome  card, silence, shadow or refused;  rule: of the silence, also of one that a shadow hides
    kind, nerve, tier  of the card, shown or not: nerve is the first, "" where there is none
    """

    outcome: str
    rule: str = ""
    kind: str = ""
    nerve: str = ""
    tier: str = ""


@dataclass(slots=True)
class Note:
    """What is told of one call.

    ticks      seconds that only go forward
    begun      when the call came in;  receiving: seconds of it that were spent waiting for the body
    parts      seconds by part of the work
    fetched    of each prefetch key that was wanted from a FHIR server: its outcome, and what it took in words
    unread     what is not known of the chart: prefetch key -> state
    feedback   items by their outcome;  stored: how many of them were new
    degraded   whether it was answered without the store
    """

    ticks: Callable[[], float]
    begun: float = 0.0
    receiving: float = 0.0
    parts: dict[str, float] = field(default_factory=dict)
    decided: Decided | None = None
    fetched: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    unread: Mapping[str, str] = field(default_factory=dict)
    feedback: Mapping[str, int] = field(default_factory=dict)
    stored: int = 0
    degraded: bool = False

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """The time that a part of the work takes is added to its own."""
        begun = self.ticks()
        try:
            yield
        finally:
            self.parts[name] = self.parts.get(name, 0.0) + self.ticks() - begun

    @property
    def spent(self) -> float:
        """Seconds since the call came in, without those in which its body did."""
        return self.ticks() - self.begun - self.receiving


_NOTE: ContextVar[Note | None] = ContextVar("note", default=None)


def noted() -> Note:
    """The note of the call that is being answered; where nobody asked for one, a new one that nobody reads."""
    return _NOTE.get() or Note(ticks=lambda: 0.0)


@contextmanager
def noting(note: Note) -> Iterator[Note]:
    """`noted` gives this note, here and in the tasks that begin here."""
    token = _NOTE.set(note)
    try:
        yield note
    finally:
        _NOTE.reset(token)
