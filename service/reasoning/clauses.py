"""A text cut into clauses: the stretches within which words bear on each other.

Full stops, semicolons and question marks end a clause, and so do line ends, unless the next line plainly goes on with the sentence.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

# Levels (L5), fractions (4+/5), numbers, words, the signs that matter, and line ends with the bullet of the next line.
_PIECE = re.compile(
    r"[lstc]\d{1,2}(?![a-z\d])|(?<![a-z\d])\d[+-]?/\d(?!\d)|\d+(?:\.\d+)?|[a-z]+|\([-+]\)|[.,;:!?()]|\n+[ \t]*(?:[-*\u2022]\s*)?"
)
_ENDS = frozenset(".;!?")
# A dot after these ends no sentence.
_SHORTENED = frozenset({"rt", "lt", "r", "l", "approx", "ca", "vs", "dr", "post", "bilat", "pt"})
LONGEST = 60_000


@dataclass(frozen=True, slots=True)
class Clause:
    """Lower-case words with commas, colons and brackets kept, and the text itself."""

    words: tuple[str, ...]
    text: str


@lru_cache(maxsize=2048)
def clauses(text: str) -> tuple[Clause, ...]:
    """The clauses of a text, of which at most the first 60,000 characters are read."""
    text = text[:LONGEST]
    lowered = text.lower()
    shouted = not any(character.islower() for character in text)
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
        elif piece[0] != "\n":
            words.append(piece)
    _close(found, words, text[start:], asked=False)
    return tuple(found)


def _goes_on(text: str, match: "re.Match[str]", *, shouted: bool) -> bool:
    """Whether the line after a line end goes on with the sentence before it: in lower case, or in capitals like all the rest."""
    if match.group().count("\n") > 1 or match.end() >= len(text):
        return False
    following, before = text[match.end()], text[: match.start()].rstrip()[-1:]
    return following.islower() or (shouted and following.isalpha() and before.isalpha() and "-" not in match.group())


def _close(found: list[Clause], words: list[str], text: str, *, asked: bool) -> None:
    if words:
        found.append(Clause((*words, "?") if asked else tuple(words), " ".join(text.split()).strip(" -*\u2022:")))
