"""A text cut into clauses: the stretches within which words bear on each other.

Full stops, semicolons and question marks end a clause, and so do line ends, unless the next line plainly goes on with the sentence.
"""

import re
from dataclasses import dataclass, field

# Levels (L5), fractions (4+/5), numbers, words, the signs that matter, and line ends with the bullet of the next line.
_PIECE = re.compile(
    r"[lstc]\d{1,2}(?![a-z\d])|(?<![a-z\d])\d[+-]?/\d(?!\d)|\d+(?:\.\d+)?|[a-z]+|\([-+]\)"
    r"|(?<=[\s,;(])-(?=[a-z])|[.,;:!?()]|\n+[ \t]*(?:[-*\u2022]\s*)?"
)
# "+LBP, -fever": where some signs are marked as there, a minus marks one as not there; elsewhere it is a dash.
_PLUS = re.compile(r"(?<![\w+])\+(?=[a-z])")
_ENDS = frozenset(".;!?")
# A dot after these ends no sentence.
_SHORTENED = frozenset({"rt", "lt", "r", "l", "approx", "ca", "vs", "dr", "post", "bilat", "pt"})
# Prose has no clause of this length; what is cut here can be read no more.
MOST_WORDS = 300


@dataclass(frozen=True, slots=True)
class Clause:
    """Lower-case words with commas, colons and brackets kept, where each stands, and the text itself.

    whole   False for a stretch cut out of an endless one: nobody can tell what bears on its words
    """

    words: tuple[str, ...]
    text: str
    whole: bool = True
    at: dict[str, list[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Note where each word stands, once, for all the questions that follow."""
        for place, word in enumerate(self.words):
            self.at.setdefault(word, []).append(place)


def clauses(text: str) -> list[Clause]:
    """The clauses of a text, in its order."""
    lowered = text.lower()
    if len(lowered) != len(text):  # a letter that grows when it shrinks would shift every place behind it
        lowered = "".join(small if len(small := character.lower()) == 1 else character for character in text)
    shouted, marked = text.upper() == text, _PLUS.search(lowered) is not None
    found: list[Clause] = []
    words: list[str] = []
    start = 0
    for match in _PIECE.finditer(lowered):
        piece = match.group()
        if piece == "." and words and words[-1] in _SHORTENED and lowered[match.end() : match.end() + 2].strip():
            continue
        if piece in _ENDS or (piece[0] == "\n" and not _goes_on(text, match, shouted=shouted)):
            _close(found, words, text[start : match.start()], asked=piece == "?")
            words, start = [], match.end()
        elif piece[0] != "\n" and (piece != "-" or marked):
            words.append("no" if piece == "-" else piece)
    _close(found, words, text[start:], asked=False)
    return found


def _goes_on(text: str, match: "re.Match[str]", *, shouted: bool) -> bool:
    """Whether the line after a line end goes on with the sentence before it: in lower case, or in capitals like all the rest."""
    if match.group().count("\n") > 1 or match.end() >= len(text):
        return False
    following, before = text[match.end()], text[max(0, match.start() - 8) : match.start()].rstrip()[-1:]
    return following.islower() or (shouted and following.isalpha() and before.isalpha() and "-" not in match.group())


def _close(found: list[Clause], words: list[str], text: str, *, asked: bool) -> None:
    if not words:
        return
    written = " ".join(text.split()).strip(" -*\u2022:") or " ".join(words)
    if len(words) <= MOST_WORDS:
        found.append(Clause((*words, "?") if asked else tuple(words), written))
        return
    for first in range(0, len(words), MOST_WORDS):
        cut = tuple(words[first : first + MOST_WORDS])
        found.append(Clause(cut, " ".join(cut), whole=False))
