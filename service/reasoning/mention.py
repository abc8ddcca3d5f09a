"""A phrase that was found in a text, and how it is meant there."""

from dataclasses import dataclass
from enum import Enum

from service.reasoning.phrases import Span

# A side stands so near before what it is the side of: "right posterior iliac crest".
_BEFORE = 3


class Sense(Enum):
    """How a phrase is meant. SUSPECTED is in doubt as well, and yet enough for a red flag."""

    AFFIRMED = "affirmed"
    DENIED = "denied"
    DOUBTED = "doubted"
    SUSPECTED = "suspected"
    PAST = "past"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Mention:
    """A phrase found in a text: how it is meant, the clause it stands in as written, that clause's place in the text, its words, and where
    among them the phrase stands, first word and last."""

    sense: Sense
    clause: str
    place: int
    words: tuple[str, ...]
    span: Span

    @property
    def breath(self) -> str:
        """The words around the phrase from comma to comma."""
        first, last = self.span
        start = max((at + 1 for at in range(first) if self.words[at] == ","), default=0)
        end = min((at for at in range(last + 1, len(self.words)) if self.words[at] == ","), default=len(self.words))
        return " ".join(self.words[start:end])

    @property
    def near(self) -> str:
        """The phrase with the few words before it."""
        return " ".join(self.words[max(0, self.span[0] - _BEFORE) : self.span[1] + 1])
