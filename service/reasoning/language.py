"""What a sentence of a chart says of a phrase: affirmed, denied, doubted, of the past, or of somebody else.

Phrases and the little words that turn a sentence round are data (`knowledge/phrases`, `knowledge/language.toml`); this is their grammar,
after the trigger-and-reach idea of NegEx and ConText. Where a sentence can be read both ways it is DOUBTED, never affirmed, never denied.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from itertools import product

from service.knowledge.model import Language, Phrase, PhraseList
from service.knowledge.tables import tokens
from service.record import Side

_PIECE = re.compile(r"[lstc]\d{1,2}(?![a-z\d])|(?<![a-z\d])\d/\d(?!\d)|\d+(?:\.\d+)?|[a-z]+|[.,;:!?()]|\n+[ \t]*(?:[-*\u2022]\s*)?")
_BREAKS = frozenset(".;!?")
_LIST_WORDS = frozenset({"or", "nor"})


class Sense(Enum):
    """How a phrase is meant."""

    AFFIRMED = "affirmed"
    DENIED = "denied"
    DOUBTED = "doubted"
    PAST = "past"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Mention:
    """A phrase found in a text: how it is meant, and the clause it stands in, as written."""

    sense: Sense
    clause: str


@dataclass(frozen=True, slots=True)
class Clause:
    """A stretch of text within which words can bear on each other: lower-case words, commas kept, and the text itself."""

    words: tuple[str, ...]
    text: str


@lru_cache(maxsize=4096)
def clauses(text: str) -> tuple[Clause, ...]:
    """The clauses of a text: cut at full stops, semicolons, and at line ends unless the next line goes on in lower case."""
    found: list[Clause] = []
    words: list[str] = []
    start = 0
    lowered = text.lower()
    for match in _PIECE.finditer(lowered):
        piece = match.group()
        if piece in _BREAKS or (piece[0] == "\n" and not _goes_on(text, match.end())):
            _close(found, words, text[start : match.start()])
            words, start = [], match.end()
            if piece == "?" and found:
                found[-1] = Clause((*found[-1].words, "?"), found[-1].text)
        elif piece[0] != "\n":
            words.append(piece)
    _close(found, words, text[start:])
    return tuple(found)


def _goes_on(text: str, place: int) -> bool:
    """Whether the text after a line end goes on with the sentence before it."""
    return place < len(text) and text[place].islower()


def _close(found: list[Clause], words: list[str], text: str) -> None:
    if words:
        found.append(Clause(tuple(words), " ".join(text.split()).strip(" -*\u2022:")))


@dataclass(frozen=True, slots=True)
class _Listening:
    """A phrase list and a language, as tokens."""

    phrases: tuple[tuple[tuple[tuple[tuple[str, ...], ...], ...], int, tuple[tuple[str, ...], ...]], ...]
    past_counts: bool


class Ear:
    """The knowledge's phrases and language, tokenised once and asked often."""

    def __init__(self, language: Language):
        self.language = {name: tuple(tokens(words) or (words,) for words in getattr(language, name)) for name in _TRIGGERS}
        self._lists: dict[int, _Listening] = {}

    def mentions(self, text: str, phrases: PhraseList) -> tuple[Mention, ...]:
        """Every mention of a phrase of the list in the text, in the order of the text."""
        listening = self._lists.get(id(phrases)) or self._listen(phrases)
        return tuple(mention for clause in clauses(text) for mention in self._in_clause(clause, listening))

    def affirms(self, text: str, phrases: PhraseList) -> Mention | None:
        """The first mention that is meant as said."""
        return next((mention for mention in self.mentions(text, phrases) if mention.sense is Sense.AFFIRMED), None)

    def side(self, text: str) -> Side:
        """The side that a clause names; BILATERAL for both, UNKNOWN for none."""
        words = tokens(text)
        right, left = (bool(_places(words, self.language[name])) for name in ("right", "left"))
        if (right and left) or _places(words, self.language["both_sides"]):
            return Side.BILATERAL
        return Side.RIGHT if right else Side.LEFT if left else Side.UNKNOWN

    def _listen(self, phrases: PhraseList) -> _Listening:
        compiled = tuple((_groups(phrase), phrase.apart, tuple(map(tokens, phrase.never_between))) for phrase in phrases.phrase)
        self._lists[id(phrases)] = _Listening(compiled, phrases.past_counts)
        return self._lists[id(phrases)]

    def _in_clause(self, clause: Clause, listening: _Listening) -> Iterator[Mention]:
        for groups, apart, between in listening.phrases:
            for span in _spans(clause.words, groups, apart):
                if between and _any_in(clause.words, between, span[0] + 1, span[1]):
                    continue
                sense = self._sense(clause.words, span)
                yield Mention(Sense.AFFIRMED if sense is Sense.PAST and listening.past_counts else sense, clause.text)

    def _sense(self, words: tuple[str, ...], span: tuple[int, int]) -> Sense:
        """How the words from span[0] to span[1] (included) are meant in their clause."""
        first, last = span
        start, end = self._reach(words, first, last)
        if _any_in(words, self.language["others"], start, end):
            return Sense.OTHER
        denied = self._denial(words, first, last, start, end)
        if denied is not None:
            return denied
        if words[-1] == "?" or _any_in(words, self.language["doubt"], start, end):
            return Sense.DOUBTED
        if any(first - 4 <= place + size <= first for place, size in self._past(words, start, first + 1)):
            return Sense.PAST
        return Sense.AFFIRMED

    def _reach(self, words: tuple[str, ...], first: int, last: int) -> tuple[int, int]:
        """The part of the clause that can bear on the phrase: between the words that end a reach."""
        start, end = 0, len(words)
        for place, size in _places(words, self.language["reach_ends"]):
            if place + size <= first or place <= first < place + size:
                start = max(start, place)
            elif place > last:
                end = min(end, place)
        return start, end

    def _denial(self, words: tuple[str, ...], first: int, last: int, start: int, end: int) -> Sense | None:
        """DENIED or DOUBTED when a word of denial bears on the phrase, else None."""
        spared = {at for place, size in _places(words, self.language["not_negation"]) for at in range(place, place + size)}
        before = [
            (place, size) for place, size in _places(words, self.language["negation"]) if place not in spared and start <= place <= last
        ]
        if any(first < place for place, _ in before):
            return Sense.DENIED
        if before:
            place, size = before[-1]
            return self._across_commas(words, place + size, first)
        after = [place for place, _ in _places(words, self.language["negation_after"]) if place not in spared and last < place < end]
        return Sense.DENIED if any(place - last <= 6 for place in after) else None

    def _across_commas(self, words: tuple[str, ...], trigger_end: int, first: int) -> Sense:
        """Whether a denial before a comma still holds after it: in a list it does, elsewhere nobody can tell."""
        commas = [place for place in range(trigger_end, first) if words[place] == ","]
        if not commas:
            return Sense.DENIED
        head = words[commas[-1] + 1] if commas[-1] + 1 < len(words) else ""
        listed = (
            head in _LIST_WORDS
            or any(words[place] == "," and place + 1 < len(words) and words[place + 1] in _LIST_WORDS for place in range(first, len(words)))
            or any(word in _LIST_WORDS for word in words[trigger_end:first])
        )
        graded = (head,) in self.language["grades"]
        return Sense.DENIED if listed and not graded else Sense.DOUBTED

    def _past(self, words: tuple[str, ...], start: int, end: int) -> list[tuple[int, int]]:
        """Words that put what follows in the past, but for those that speak of an earlier study."""
        spared = {place for place, _ in _places(words, self.language["not_past"])}
        return [(place, size) for place, size in _places(words, self.language["past"]) if start <= place < end and place not in spared]


_TRIGGERS = (
    "right",
    "left",
    "both_sides",
    "negation",
    "negation_after",
    "not_negation",
    "doubt",
    "past",
    "not_past",
    "others",
    "reach_ends",
    "grades",
)


def _groups(phrase: Phrase) -> tuple[tuple[tuple[str, ...], ...], ...]:
    return tuple(tuple(tokens(words) for words in group) for group in phrase.words)


def _spans(words: tuple[str, ...], groups: Sequence[Sequence[tuple[str, ...]]], apart: int) -> list[tuple[int, int]]:
    """The stretches with one of each group, at most `apart` words from first to last, tightest first, none inside another's words."""
    places: list[list[tuple[int, int]]] = []
    for group in groups:
        found = _places(words, group)
        if not found:
            return []
        places.append(found[:6])
    spans = {
        (min(place for place, _ in choice), max(place + size - 1 for place, size in choice))
        for choice in product(*places)
        if not _overlap(choice)
    }
    chosen: list[tuple[int, int]] = []
    for span in sorted(spans, key=lambda span: (span[1] - span[0], span[0])):
        if span[1] - span[0] <= apart and all(span[1] < other[0] or span[0] > other[1] for other in chosen):
            chosen.append(span)
    return chosen


def _overlap(choice: Sequence[tuple[int, int]]) -> bool:
    """Whether two groups were found in the same words."""
    taken = [at for place, size in choice for at in range(place, place + size)]
    return len(taken) != len(set(taken))


def _places(words: tuple[str, ...], phrases: Sequence[tuple[str, ...]]) -> list[tuple[int, int]]:
    """Where one of the phrases stands: (first word, number of words), in the order of the text, the longest at each place."""
    found: dict[int, int] = {}
    for phrase in phrases:
        head, size = phrase[0], len(phrase)
        for place, word in enumerate(words):
            if word == head and words[place : place + size] == phrase:
                found[place] = max(found.get(place, 0), size)
    return sorted(found.items())


def _any_in(words: tuple[str, ...], phrases: Sequence[tuple[str, ...]], start: int, end: int) -> bool:
    return any(start <= place < end for place, _ in _places(words, phrases))
