"""What a sentence of a chart says of a phrase: affirmed, denied, doubted, of the past, or of somebody else.

Phrases and the little words that turn a sentence round are data (`knowledge/phrases`, `knowledge/language.toml`); this is their grammar,
after the trigger-and-reach idea of NegEx and ConText. What can be read both ways is DOUBTED, never affirmed, never denied.
"""

import re
from collections.abc import Iterator, Mapping

from service.knowledge.model import Language, PhraseList
from service.knowledge.tables import tokens
from service.reasoning.clauses import Clause, breath, clauses
from service.reasoning.denial import denial
from service.reasoning.headings import Headings, Section
from service.reasoning.mention import Mention, Sense
from service.reasoning.phrases import Listening, Pattern, Phrases, Span, any_in, by_head, covered, pattern_of, spans, stands
from service.record import Side


class Ear:
    """The knowledge's phrases and language, tokenised once; `slips`: words with one letter wrong, and what is meant."""

    def __init__(self, language: Language, slips: Mapping[str, str]):
        self.slips = slips
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
            never_with, spared = (by_head(tokens(one) or (one,) for one in words) for words in (phrases.never_with, phrases.spared))
            listening = Listening(patterns, heads, never_with, spared, phrases.past_counts)
            # The list is kept beside it, so that its id stays its own.
            self._lists[id(phrases)] = (phrases, listening)
        return self._lists[id(phrases)][1]


class Hearing:
    """One chart's texts, each cut into clauses once; what was heard is forgotten with the chart. `year`: that of today."""

    def __init__(self, ear: Ear, year: int):
        self.ear, self.year = ear, year
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
            self._clauses[text] = clauses(text, self.ear.slips)
        return [
            mention
            for place, clause in enumerate(self._clauses[text])
            if not listening.heads.isdisjoint(clause.at)
            for mention in self._in_clause(place, clause, listening)
        ]

    def side(self, text: str) -> Side:
        """The side that a clause names; BILATERAL for both, UNKNOWN for none. A bare R or L counts, but not that of "L spine"."""
        triggers = self.ear.triggers
        clause = Clause(tokens(text), text)
        spared = covered(clause, triggers["not_sides"])
        right, left = (any(place not in spared for place, _ in stands(clause, triggers[name])) for name in ("right", "left"))
        if stands(clause, triggers["both_sides"]) or (right and left):
            return Side.BILATERAL
        return Side.RIGHT if right else Side.LEFT if left else Side.UNKNOWN

    def side_of(self, mention: Mention, beside: Mention) -> Side:
        """The side of what two mentions say together (or one, given twice); CONFLICT when the second speaks of the other side.

        Where a clause names both sides, the words nearest to what happened decide: "right crest tender, left crest reproduces the pain".
        """
        whole = self.side(mention.clause)
        if beside.place != mention.place:
            other = self.side(beside.clause)
            if other not in _ONE_SIDE:
                return whole
            return Side.CONFLICT if whole in _ONE_SIDE and whole is not other else other
        if whole is Side.BILATERAL:
            return next((side for words in (beside.breath, mention.near) if (side := self.side(words)) in _ONE_SIDE), whole)
        return whole

    def _in_clause(self, place: int, clause: Clause, listening: Listening) -> Iterator[Mention]:
        for pattern in listening.patterns:
            for span in spans(clause, pattern):
                if self._belongs(clause, span, pattern):
                    if listening.never_with and _is_another_thing(clause, listening):
                        return
                    sense = self._sense(clause, span) if clause.whole else Sense.DOUBTED
                    counted = Sense.AFFIRMED if sense is Sense.PAST and listening.past_counts else sense
                    yield Mention(counted, clause.text, place, clause.words, span)

    def _belongs(self, clause: Clause, span: Span, pattern: Pattern) -> bool:
        """Whether the words of a span belong together: nothing between that parts them, no comma where one breath is asked,
        and nothing beside them where they must stand alone."""
        if pattern.never_between and any_in(clause, pattern.never_between, span[0] + 1, span[1]):
            return False
        if pattern.alone or pattern.opening:
            beside = (*clause.words[: span[0]], *(clause.words[span[1] + 1 :] if pattern.alone else ()))
            if any(word not in self.ear.triggers["fillers"] for word in beside):
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
        if (denied := denial(clause, span, (start, end), triggers)) is not None:
            return denied
        if self._is_doubted(clause, first, last, start, end):
            return Sense.DOUBTED
        if any_in(clause, triggers["suspicion"], max(start, breath(clause, first)), first + 1):
            return Sense.SUSPECTED
        if self._is_past(clause, first, last, start) and not any_in(clause, triggers["still"], start, end):
            return Sense.PAST
        return Sense.AFFIRMED

    def _reach(self, clause: Clause, first: int, last: int) -> Span:
        """The part of the clause that can bear on the phrase: between the words that end a reach."""
        start, end = 0, len(clause.words)
        for place, size in stands(clause, self.ear.triggers["reach_ends"]):
            if place + size <= first or place <= first < place + size:
                start = max(start, place)
            elif place > last:
                end = min(end, place)
        return start, end

    def _is_doubted(self, clause: Clause, first: int, last: int, start: int, end: int) -> bool:
        """Whether doubt bears on the phrase: said before it in the same breath, or plainly of it afterwards."""
        triggers = self.ear.triggers
        after = any_in(clause, triggers["doubt_after"], last + 1, end)
        return clause.words[-1] == "?" or after or any_in(clause, triggers["doubt"], max(start, breath(clause, first)), first + 1)

    def _is_past(self, clause: Clause, first: int, last: int, start: int) -> bool:
        """Whether a word shortly before the phrase, in the same breath, or within it puts it in the past; an earlier study does not."""
        spared = covered(clause, self.ear.triggers["not_past"])
        words = [(place, size) for place, size in stands(clause, self.ear.triggers["past"]) if place not in spared]
        before = any(
            start <= place <= first and first - 4 <= place + size <= first and "," not in clause.words[place:first] for place, size in words
        )
        return before or any(first < place and place + size - 1 < last for place, size in words) or self._is_settled(clause, last)

    def _is_settled(self, clause: Clause, last: int) -> bool:
        """Whether it was treated in a year that is surely more than a year ago: "discitis 2015, treated"."""
        if not any_in(clause, self.ear.triggers["settled"], last + 1, len(clause.words)):
            ends = [place + size for place, size in stands(clause, self.ear.triggers["past_after"]) if place > last]
            return any(clause.words[end : end + 1] in ((), (",",)) for end in ends)
        return any(_YEAR.fullmatch(word) and int(word) < self.year - 1 for word in clause.words)


def _is_another_thing(clause: Clause, listening: Listening) -> bool:
    """Whether words stand in the clause that make its phrases mean something else."""
    found = stands(clause, listening.never_with)
    return bool(found) and not {place for place, _ in found} <= covered(clause, listening.spared)


_ONE_SIDE = (Side.RIGHT, Side.LEFT)
_YEAR = re.compile(r"(?:19|20)\d\d")
_TRIGGERS = (
    "right",
    "left",
    "both_sides",
    "not_sides",
    "negation",
    "negation_after",
    "negation_next",
    "not_negation",
    "takes_denial",
    "answers_no",
    "doubt",
    "doubt_after",
    "suspicion",
    "past",
    "not_past",
    "past_after",
    "settled",
    "still",
    "others",
    "reach_ends",
    "grades",
    "modifiers",
    "fillers",
    "begins_anew",
    "no_item",
    "over",
    "same_subject",
    "answers_list",
)
