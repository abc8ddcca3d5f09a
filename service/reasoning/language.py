"""What a sentence of a chart says of a phrase: affirmed, denied, doubted, of the past, or of somebody else.

Phrases and the little words that turn a sentence round are data (`knowledge/phrases`, `knowledge/language.toml`); this is their grammar,
after the trigger-and-reach idea of NegEx and ConText. What can be read both ways is DOUBTED, never affirmed, never denied.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

from service.knowledge.model import Language, PhraseList
from service.knowledge.tables import tokens
from service.reasoning.clauses import Clause, clauses
from service.reasoning.headings import Headings, Section
from service.reasoning.phrases import Listening, Pattern, Phrases, Span, any_in, by_head, covered, pattern_of, places, spans
from service.record import Side


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


class Ear:
    """The knowledge's phrases and language, tokenised once."""

    def __init__(self, language: Language):
        self.triggers: dict[str, Phrases] = {
            name: by_head(tokens(words) or (words,) for words in getattr(language, name)) for name in _TRIGGERS
        }
        self.headings = Headings(language)
        self._lists: dict[int, tuple[PhraseList, Listening]] = {}

    def listening(self, phrases: PhraseList) -> Listening:
        """A phrase list, tokenised."""
        if id(phrases) not in self._lists:
            patterns = tuple(pattern_of(phrase) for phrase in phrases.phrase)
            heads = frozenset(head for pattern in patterns for head in pattern.groups[0])
            listening = Listening(patterns, heads, by_head(map(tokens, phrases.never_with)), phrases.past_counts)
            # The list is kept beside it, so that its id stays its own.
            self._lists[id(phrases)] = (phrases, listening)
        return self._lists[id(phrases)][1]


class Hearing:
    """One chart's texts, each cut into clauses once; what was heard is forgotten with the chart."""

    def __init__(self, ear: Ear):
        self.ear = ear
        self._clauses: dict[str, list[Clause]] = {}
        self._sections: dict[str, tuple[Section, ...]] = {}
        self._heard: dict[tuple[str, int], list[Mention]] = {}

    def sections(self, text: str) -> tuple[Section, ...]:
        """The sections of a report, each with its kind."""
        if text not in self._sections:
            self._sections[text] = tuple(self.ear.headings.sections(text))
        return self._sections[text]

    def mentions(self, text: str, phrases: PhraseList) -> list[Mention]:
        """Every mention of a phrase of the list in the text, in the order of its clauses."""
        asked = (text, id(phrases))
        if asked not in self._heard:
            self._heard[asked] = self._hear(text, self.ear.listening(phrases))
        return self._heard[asked]

    def _hear(self, text: str, listening: Listening) -> list[Mention]:
        if text not in self._clauses:
            self._clauses[text] = clauses(text)
        return [
            mention
            for place, clause in enumerate(self._clauses[text])
            if not listening.heads.isdisjoint(clause.at)
            for mention in self._in_clause(place, clause, listening)
            if not (listening.never_with and places(clause, listening.never_with))
        ]

    def side(self, text: str) -> Side:
        """The side that a clause names; BILATERAL for both, UNKNOWN for none. A bare R or L counts, but not that of "L spine"."""
        triggers = self.ear.triggers
        clause = Clause(tokens(text), text)
        spared = covered(clause, triggers["not_sides"])
        right, left, both = (
            any(place not in spared for place, _ in places(clause, triggers[name])) for name in ("right", "left", "both_sides")
        )
        if both or (right and left):
            return Side.BILATERAL
        return Side.RIGHT if right else Side.LEFT if left else Side.UNKNOWN

    def _in_clause(self, place: int, clause: Clause, listening: Listening) -> Iterator[Mention]:
        for pattern in listening.patterns:
            for span in spans(clause, pattern):
                if self._belongs(clause, span, pattern):
                    sense = self._sense(clause, span) if clause.whole else Sense.DOUBTED
                    counted = Sense.AFFIRMED if sense is Sense.PAST and listening.past_counts else sense
                    yield Mention(counted, clause.text, place)

    def _belongs(self, clause: Clause, span: Span, pattern: Pattern) -> bool:
        """Whether the words of a span belong together: nothing between that parts them, no comma where one breath is asked."""
        if pattern.never_between and any_in(clause, pattern.never_between, span[0] + 1, span[1]):
            return False
        if not pattern.one_breath:
            return True
        commas = [place for place in range(span[0], span[1]) if clause.words[place] in (",", "(")]
        # "encroachment, severe, at L5-S1": a grade set off by commas still belongs to what it grades.
        return not commas or (len(commas) == 1 and commas[0] + 1 == span[1] and clause.words[span[1]] in self.ear.triggers["grades"])

    def _sense(self, clause: Clause, span: Span) -> Sense:
        """How the words of a span are meant in their clause."""
        first, last = span
        triggers = self.ear.triggers
        start, end = self._reach(clause, first, last)
        if any_in(clause, triggers["others"], start, first) or any_in(clause, triggers["others"], last + 1, end):
            return Sense.OTHER
        if (denied := self._denial(clause, first, last, start, end)) is not None:
            return denied
        if self._is_doubted(clause, first, last, start, end):
            return Sense.DOUBTED
        if self._is_past(clause, first, last, start) and not any_in(clause, triggers["still"], start, end):
            return Sense.PAST
        return Sense.AFFIRMED

    def _reach(self, clause: Clause, first: int, last: int) -> Span:
        """The part of the clause that can bear on the phrase: between the words that end a reach."""
        start, end = 0, len(clause.words)
        for place, size in places(clause, self.ear.triggers["reach_ends"]):
            if place + size <= first or place <= first < place + size:
                start = max(start, place)
            elif place > last:
                end = min(end, place)
        return start, end

    def _denial(self, clause: Clause, first: int, last: int, start: int, end: int) -> Sense | None:
        """DENIED or DOUBTED when a word of denial bears on the phrase, else None."""
        triggers = self.ear.triggers
        spared = covered(clause, triggers["not_negation"])
        # A phrase that begins with a denial ("cannot raise") is not denied by it.
        denials = [(at, size) for at, size in places(clause, triggers["negation"]) if at not in spared and at <= last and at != first]
        if inside := [place for place, _ in denials if first < place]:
            # "severe foraminal but no canal stenosis" may still mean the first; "severe wear, no stenosis" does not.
            between = clause.words[first + 1 : inside[0]]
            return Sense.DOUBTED if between and all(word in triggers["modifiers"] for word in between) else Sense.DENIED
        before = [(place, size) for place, size in denials if start <= place]
        if before and (said := self._denied_before(clause, before[-1][0] + before[-1][1], first)) is not None:
            return said
        near = min(end, last + 7)
        ends = [(place, size) for place, size in places(clause, triggers["negation_after"]) if place not in spared and last < place < end]
        after = [place for place, size in ends if place < near or _is_last_word(clause, place, size)]
        if any(not _of_another(clause, last, place, triggers) for place in after) or self._answered_no(clause, last):
            return Sense.DENIED
        # "right reproduces the pain, left does not": of another, but of the other side, which nobody may mix up.
        sided = any(any_in(clause, triggers[side], _breath(clause, place), place) for place in after for side in _SIDES)
        return Sense.DOUBTED if sided else None

    def _denied_before(self, clause: Clause, trigger_end: int, first: int) -> Sense | None:
        """Whether a denial before the phrase reaches it: not past a word that takes it ("no change in"), past commas only in a list."""
        words = clause.words
        if any_in(clause, self.ear.triggers["takes_denial"], trigger_end, first):
            return None
        commas = [place for place in range(trigger_end, first) if words[place] == ","]
        if not commas:
            return Sense.DENIED
        head = words[commas[-1] + 1]
        later = any(words[place] == "," and words[place + 1 : place + 2] in _OR for place in range(first, len(words)))
        listed = later or any(word in ("or", "nor") for word in words[trigger_end:first])
        if head in self.ear.triggers["grades"]:
            return Sense.DOUBTED if listed else None
        return Sense.DENIED if listed else Sense.DOUBTED

    def _answered_no(self, clause: Clause, last: int) -> bool:
        """Whether the phrase is a question answered by no: "saddle anaesthesia: no", "foot drop - no"."""
        rest = clause.words[last + 1 : last + 8]
        rest = rest[rest.index(":") + 1 :] if ":" in rest else rest
        return bool(rest) and (rest[0] == "(-)" or rest in self.ear.triggers["answers_no"].get(rest[0], ()))

    def _is_doubted(self, clause: Clause, first: int, last: int, start: int, end: int) -> bool:
        """Whether doubt bears on the phrase: said before it in the same breath, or plainly of it afterwards."""
        triggers = self.ear.triggers
        breath = max((place for place in range(start, first) if clause.words[place] == ","), default=start)
        after = any_in(clause, triggers["doubt_after"], last + 1, end)
        return clause.words[-1] == "?" or after or any_in(clause, triggers["doubt"], breath, first + 1)

    def _is_past(self, clause: Clause, first: int, last: int, start: int) -> bool:
        """Whether a word shortly before the phrase, in the same breath, or within it puts it in the past; an earlier study does not."""
        spared = covered(clause, self.ear.triggers["not_past"])
        words = [(place, size) for place, size in places(clause, self.ear.triggers["past"]) if place not in spared]
        before = any(
            start <= place <= first and first - 4 <= place + size <= first and "," not in clause.words[place:first] for place, size in words
        )
        return before or any(first < place and place + size - 1 < last for place, size in words)


def _is_last_word(clause: Clause, place: int, size: int) -> bool:
    """Whether words after a comma end the clause: "discitis, treated for six weeks, resolved"."""
    return clause.words[place - 1] == "," and place + size == len(clause.words)


def _of_another(clause: Clause, last: int, place: int, triggers: Mapping[str, Phrases]) -> bool:
    """Whether a denial past a comma is said of something else: "fever, denied chills", "foot drop, sensation is normal"."""
    words = clause.words
    between = words[last + 1 : place]
    if "," not in between:
        return False
    if words[place] in triggers["answers_list"]:  # unless something of its own follows
        return words[place - 1] == "," and words[place + 1 : place + 2] not in ((), (",",), ("by",), ("in",))
    own = set(words[_breath(clause, place) : place])
    return not own <= triggers["same_subject"].keys() and own.isdisjoint(("and", "or", "nor"))


def _breath(clause: Clause, place: int) -> int:
    """Where the breath of a place begins: after the comma before it."""
    return max((at + 1 for at in clause.at.get(",", ()) if at < place), default=0)


_SIDES = ("right", "left", "both_sides")
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
    "same_subject",
    "answers_list",
)
_OR = (("or",), ("nor",))
