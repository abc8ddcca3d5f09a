"""What a sentence of a chart says of a phrase: affirmed, denied, doubted, of the past, or of somebody else.

Phrases and the little words that turn a sentence round are data (`knowledge/phrases`, `knowledge/language.toml`); this is their grammar,
after the trigger-and-reach idea of NegEx and ConText. What can be read both ways is DOUBTED, never affirmed, never denied.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import product

from service.knowledge.model import Language, Phrase, PhraseList
from service.knowledge.tables import tokens
from service.reasoning.clauses import Clause, clauses
from service.record import Side

Words = tuple[str, ...]
Span = tuple[int, int]


class Sense(Enum):
    """How a phrase is meant."""

    AFFIRMED = "affirmed"
    DENIED = "denied"
    DOUBTED = "doubted"
    PAST = "past"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Mention:
    """A phrase found in a text: how it is meant, the clause it stands in as written, and that clause's place in the text."""

    sense: Sense
    clause: str
    place: int


@dataclass(frozen=True, slots=True)
class _Pattern:
    """A phrase, tokenised."""

    groups: tuple[tuple[Words, ...], ...]
    apart: int
    never_between: tuple[Words, ...]
    one_breath: bool


@dataclass(frozen=True, slots=True)
class _Listening:
    """A phrase list, tokenised."""

    patterns: tuple[_Pattern, ...]
    never_with: tuple[Words, ...]
    past_counts: bool


class Ear:
    """The knowledge's phrases and language, tokenised once and asked often."""

    def __init__(self, language: Language):
        self.triggers: dict[str, tuple[Words, ...]] = {
            name: tuple(pieces for words in getattr(language, name) if (pieces := _pieces(words))) for name in _TRIGGERS
        }
        self._lists: dict[int, _Listening] = {}

    def mentions(self, text: str, phrases: PhraseList) -> tuple[Mention, ...]:
        """Every mention of a phrase of the list in the text, in the order of its clauses."""
        listening = self._lists.get(id(phrases)) or self._listen(phrases)
        return tuple(mention for place, clause in enumerate(clauses(text)) for mention in self._in_clause(place, clause, listening))

    def side(self, text: str) -> Side:
        """The side that a clause names; BILATERAL for both, UNKNOWN for none. A bare R or L counts, but not that of "L spine"."""
        words = tokens(text)
        spared = _covered(words, self.triggers["not_sides"])
        right, left, both = (
            any(place not in spared for place, _ in _places(words, self.triggers[name])) for name in ("right", "left", "both_sides")
        )
        if both or (right and left):
            return Side.BILATERAL
        return Side.RIGHT if right else Side.LEFT if left else Side.UNKNOWN

    def _listen(self, phrases: PhraseList) -> _Listening:
        patterns = tuple(_pattern(phrase) for phrase in phrases.phrase)
        self._lists[id(phrases)] = _Listening(patterns, tuple(map(tokens, phrases.never_with)), phrases.past_counts)
        return self._lists[id(phrases)]

    def _in_clause(self, place: int, clause: Clause, listening: _Listening) -> Iterator[Mention]:
        if listening.never_with and _any_in(clause.words, listening.never_with, 0, len(clause.words)):
            return
        for pattern in listening.patterns:
            for span in _spans(clause.words, pattern):
                if self._is_pair(clause.words, span, pattern):
                    sense = self._sense(clause.words, span)
                    counted = Sense.AFFIRMED if sense is Sense.PAST and listening.past_counts else sense
                    yield Mention(counted, clause.text, place)

    def _is_pair(self, words: Words, span: Span, pattern: _Pattern) -> bool:
        """Whether the words of a span belong together: nothing between that parts them, no comma where one breath is asked."""
        if pattern.never_between and _any_in(words, pattern.never_between, span[0] + 1, span[1]):
            return False
        if not pattern.one_breath:
            return True
        commas = [place for place in range(span[0], span[1]) if words[place] in ",("]
        # "encroachment, severe, at L5-S1": a grade set off by commas still belongs to what it grades.
        return not commas or (len(commas) == 1 and (words[commas[0] + 1],) in self.triggers["grades"] and commas[0] + 1 == span[1])

    def _sense(self, words: Words, span: Span) -> Sense:
        """How the words of a span are meant in their clause."""
        first, last = span
        start, end = self._reach(words, first, last)
        if _any_in(words, self.triggers["others"], start, end):
            return Sense.OTHER
        if (denied := self._denial(words, first, last, start, end)) is not None:
            return denied
        if self._is_doubted(words, first, last, start, end):
            return Sense.DOUBTED
        if self._is_past(words, first, start) and not _any_in(words, self.triggers["still"], start, end):
            return Sense.PAST
        return Sense.AFFIRMED

    def _reach(self, words: Words, first: int, last: int) -> tuple[int, int]:
        """The part of the clause that can bear on the phrase: between the words that end a reach."""
        start, end = 0, len(words)
        for place, size in _places(words, self.triggers["reach_ends"]):
            if place + size <= first or place <= first < place + size:
                start = max(start, place)
            elif place > last:
                end = min(end, place)
        return start, end

    def _denial(self, words: Words, first: int, last: int, start: int, end: int) -> Sense | None:
        """DENIED or DOUBTED when a word of denial bears on the phrase, else None."""
        spared = _covered(words, self.triggers["not_negation"])
        denials = [(place, size) for place, size in _places(words, self.triggers["negation"]) if place not in spared and place <= last]
        if inside := [place for place, _ in denials if first < place]:
            return self._denied_inside(words[first : inside[0]])
        before = [(place, size) for place, size in denials if start <= place]
        if before and (said := self._denied_before(words, before[-1][0] + before[-1][1], first)) is not None:
            return said
        after = [place for place, _ in _places(words, self.triggers["negation_after"]) if place not in spared and last < place < end]
        if any(place - last <= 6 for place in after) or self._answered_no(words, last):
            return Sense.DENIED
        return None

    def _denied_inside(self, before: Words) -> Sense:
        """A denial between the parts: "severe foraminal but no canal stenosis" may still mean the first; "severe wear, no stenosis" does not."""
        modifiers = self.triggers["modifiers"]
        return Sense.DOUBTED if all((word,) in modifiers for word in before[1:]) else Sense.DENIED

    def _denied_before(self, words: Words, trigger_end: int, first: int) -> Sense | None:
        """Whether a denial before the phrase reaches it: not past a word that takes it for itself ("no change in"), past commas only in a list."""
        gap = words[trigger_end:first]
        if _any_in(gap, self.triggers["takes_denial"], 0, len(gap)):
            return None
        commas = [place for place in range(trigger_end, first) if words[place] == ","]
        if not commas:
            return Sense.DENIED
        later = any(words[place] == "," and words[place + 1 : place + 2] in _OR for place in range(first, len(words)))
        listed = words[commas[-1] + 1 : commas[-1] + 2] in _OR or any((word,) in _OR for word in gap) or later
        if words[commas[-1] + 1 : commas[-1] + 2] in self.triggers["grades"]:
            return Sense.DOUBTED if listed else None
        return Sense.DENIED if listed else Sense.DOUBTED

    def _answered_no(self, words: Words, last: int) -> bool:
        """Whether the phrase is a question answered by no: "saddle anaesthesia: no", "foot drop - no"."""
        rest = tuple(word for word in words[last + 1 :] if word not in ":")
        return rest in self.triggers["answers_no"] or (bool(rest) and rest[0] == "(-)")

    def _is_doubted(self, words: Words, first: int, last: int, start: int, end: int) -> bool:
        """Whether doubt bears on the phrase: said before it in the same breath, or plainly of it afterwards."""
        breath = max((place for place in range(start, first) if words[place] == ","), default=start)
        after = _any_in(words, self.triggers["doubt_after"], last + 1, end)
        return words[-1] == "?" or after or _any_in(words, self.triggers["doubt"], breath, first + 1)

    def _is_past(self, words: Words, first: int, start: int) -> bool:
        """Whether a word shortly before the phrase, in the same breath, puts it in the past; an earlier study does not."""
        spared = _covered(words, self.triggers["not_past"])
        return any(
            start <= place < first + 1 and first - 4 <= place + size <= first and place not in spared and "," not in words[place:first]
            for place, size in _places(words, self.triggers["past"])
        )


_TRIGGERS = (
    "right",
    "left",
    "both_sides",
    "not_sides",
    "negation",
    "negation_after",
    "not_negation",
    "takes_denial",
    "answers_no",
    "doubt",
    "doubt_after",
    "past",
    "not_past",
    "still",
    "others",
    "reach_ends",
    "grades",
    "modifiers",
)
_OR = (("or",), ("nor",))


def _pieces(words: str) -> Words:
    """The tokens of a trigger; signs that are no word stand for themselves."""
    return tokens(words) or (words,)


def _pattern(phrase: Phrase) -> _Pattern:
    groups = tuple(tuple(tokens(words) for words in group) for group in phrase.words)
    return _Pattern(groups, phrase.apart, tuple(map(tokens, phrase.never_between)), phrase.one_breath)


def _spans(words: Words, pattern: _Pattern) -> list[Span]:
    """The stretches with one of each group, at most `apart` words from first to last, tightest first, none sharing words with another."""
    places: list[list[tuple[int, int]]] = []
    for group in pattern.groups:
        found = _places(words, group)
        if not found:
            return []
        places.append(found[:6])
    spans = {
        (min(place for place, _ in choice), max(place + size - 1 for place, size in choice))
        for choice in product(*places)
        if not _overlap(choice)
    }
    return sorted((span for span in spans if span[1] - span[0] <= pattern.apart), key=lambda span: (span[1] - span[0], span[0]))


def _overlap(choice: Sequence[tuple[int, int]]) -> bool:
    """Whether two groups were found in the same words."""
    taken = [at for place, size in choice for at in range(place, place + size)]
    return len(taken) != len(set(taken))


def _places(words: Words, phrases: Sequence[Words]) -> list[tuple[int, int]]:
    """Where one of the phrases stands: (first word, number of words), in the order of the text, the longest at each place."""
    heads: dict[str, list[Words]] = {}
    found: dict[int, int] = {}
    for phrase in phrases:
        if phrase[0] in words:
            heads.setdefault(phrase[0], []).append(phrase)
    for place, word in enumerate(words) if heads else ():
        for phrase in heads.get(word, ()):
            if words[place : place + len(phrase)] == phrase:
                found[place] = max(found.get(place, 0), len(phrase))
    return sorted(found.items())


def _covered(words: Words, phrases: Sequence[Words]) -> set[int]:
    """The places that are part of one of the phrases."""
    return {at for place, size in _places(words, phrases) for at in range(place, place + size)}


def _any_in(words: Words, phrases: Sequence[Words], start: int, end: int) -> bool:
    return any(start <= place < end for place, _ in _places(words, phrases))
