"""A text cut into clauses: the stretches within which words bear on each other.

Full stops, semicolons and question marks end a clause, and so do line ends, unless the next line plainly goes on with the sentence.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from service.knowledge.spelling import FRACTURE, FRACTURE_SIGN

# Levels (L5), fractions (4+/5), numbers, words, the signs that matter ("?fracture" queries one), and line ends with the bullet of the next.
_PIECE = re.compile(
    r"[a-z]{2,}|[lstc]\d{1,2}(?![a-z\d])|(?<![a-z\d])\d[+-]?/\d(?!\d)|\d+(?:\.\d+)?|[a-z]|\([-+]\)"
    r"|[.,;:!()]|\n+[ \t]*(?:[-*\u2022]\s*)?|-(?<=[\s,;(]-)(?=[a-z])|- (?<=[,;:(] - )(?=[a-z])"
    rf"|(?P<query>\?(?<![^\s,;:(/-]\?)\?*(?=[a-z#]|[ \t]+[a-z]))|\?|{FRACTURE_SIGN}"
)
# "+LBP, -fever": where some signs are marked as there, a minus marks one as not there; elsewhere it is a dash.
_PLUS = re.compile(r"\+(?<![\w+]\+)(?=[a-z])")
_LISTED_PLUS = re.compile(r"\+(?:(?<![^,;:(\n]\+)|(?<=[,;:(] \+)) ?(?=[a-z])")
_MARKS = {"-": _PLUS, "- ": _LISTED_PLUS}
_ENDS = frozenset(".;!?")
# A dot after these ends no sentence.
_SHORTENED = frozenset({"rt", "lt", "approx", "ca", "vs", "dr", "post", "bilat", "pt"})
# Nor after these, when a small letter or a number follows.
_CUT_SHORT = frozenset((
    "incl", "mod", "sev", "degen", "sig", "signif", "ant", "lat", "inf", "sup", "min", "neg", "pos", "bil", "prev", "hx", "surg", "diff",
    "n", "r", "l",
))  # fmt: skip
QUERY = "(?)"
_SIGNS = {"-": "no", "- ": "no", "#": FRACTURE}
_NO_SLIPS: Mapping[str, str] = MappingProxyType({})
_ANSWER = re.compile(r"[ \t]*(?:no|none|nil|yes|denie[sd]|n|y)\b", re.IGNORECASE)
# Prose has no clause of this length; what is cut here can be read no more.
MOST_WORDS = 300


@dataclass(frozen=True, slots=True)
class Clause:
    """Lower-case words with commas, colons and brackets kept, where each stands, and the text itself.

    known   where phrases stand that are asked for again and again, see `phrases.stands`
    whole   False for a stretch cut out of an endless one: nobody can tell what bears on its words
    """

    words: tuple[str, ...]
    text: str
    whole: bool = True
    at: dict[str, list[int]] = field(default_factory=dict)
    known: dict[int, Sequence[tuple[int, int]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Note where each word stands, once, for all the questions that follow."""
        for place, word in enumerate(self.words):
            self.at.setdefault(word, []).append(place)


def clauses(text: str, slips: Mapping[str, str] = _NO_SLIPS) -> list[Clause]:
    """The clauses of a text, in its order; `slips`: what misspelt words stand for."""
    lowered = text.lower()
    if len(lowered) != len(text):  # a letter that grows when it shrinks would shift every place behind it
        lowered = "".join(small if len(small := character.lower()) == 1 else character for character in text)
    shouted = text.upper() == text
    dashes = {dash: "+" in lowered and plus.search(lowered) is not None for dash, plus in _MARKS.items()}
    found: list[Clause] = []
    words: list[str] = []
    start = 0
    for match in _PIECE.finditer(lowered):
        piece = match.group()
        if piece.isalnum():  # nearly every piece is a plain word
            words.append(slips.get(piece, piece))
            continue
        if piece[0] == "?" and match.lastgroup and _is_query(text, match.end()):
            words.append(QUERY)
            continue
        if piece == "." and words and _is_shortened(words[-1], text[match.end() : match.end() + 2]):
            continue
        if piece[0] in _ENDS or (piece[0] == "\n" and not _goes_on(text, match, shouted=shouted)):
            _close(found, words, text[start : match.start()], asked=piece[0] == "?")
            words, start = [], match.end()
        elif piece[0] != "\n" and dashes.get(piece, True):
            words.append(_SIGNS.get(piece, piece))
    _close(found, words, text[start:], asked=False)
    return found


def breath(clause: Clause, place: int) -> int:
    """Where the breath of a place begins: after the comma before it."""
    return max((at + 1 for at in clause.at.get(",", ()) if at < place), default=0)


def _is_shortened(word: str, following: str) -> bool:
    """Whether the dot after a word shortens it and ends nothing; `following`: the next two letters."""
    return bool(following.strip()) and (word in _SHORTENED or (word in _CUT_SHORT and not following.strip()[0].isupper()))


def _is_query(text: str, end: int) -> bool:
    """Whether a question mark before a word asks for it ("?fracture"): what follows answers nothing and begins no sentence."""
    return not _ANSWER.match(text, end) and (not text[end].isspace() or text[end : end + 4].lstrip()[:1].islower())


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
