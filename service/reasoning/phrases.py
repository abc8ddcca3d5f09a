"""Where a phrase stands in a clause: its groups of words, near enough to each other, in any order.

Words are looked for by the first word of a phrase, so that a clause which lacks it is passed over.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from service.knowledge.model import Phrase
from service.knowledge.tables import tokens
from service.reasoning.clauses import Clause

Words = tuple[str, ...]
Span = tuple[int, int]
Phrases = Mapping[str, tuple[Words, ...]]


@dataclass(frozen=True, slots=True)
class Pattern:
    """A phrase, tokenised."""

    groups: tuple[Phrases, ...]
    apart: int
    never_between: Phrases
    one_breath: bool
    any_pair: bool = False
    alone: bool = False
    opening: bool = False


@dataclass(frozen=True, slots=True)
class Listening:
    """A phrase list, tokenised; `heads`: a clause with none of these words says none of its phrases."""

    patterns: tuple[Pattern, ...]
    heads: frozenset[str]
    never_with: Phrases
    spared: Phrases
    past_counts: bool


def pattern_of(phrase: Phrase) -> Pattern:
    """A phrase of the knowledge, tokenised."""
    groups = tuple(by_head(map(tokens, group)) for group in phrase.words)
    never_between = by_head(map(tokens, phrase.never_between))
    return Pattern(groups, phrase.apart, never_between, phrase.one_breath, phrase.any_pair, phrase.alone, phrase.opening)


def by_head(phrases: Iterable[Words]) -> Phrases:
    """Phrases by their first word: a clause is asked only for those whose first word it has."""
    found: dict[str, list[Words]] = {}
    for phrase in phrases:
        found.setdefault(phrase[0], []).append(phrase)
    return {head: tuple(sorted(several, key=len, reverse=True)) for head, several in found.items()}


def spans(clause: Clause, pattern: Pattern) -> list[Span]:
    """The stretches with one of each group, at most `apart` words from first to last: for each place of the first group the tightest."""
    said = clause.at.keys()
    # Nearly every clause lacks one of the groups altogether: that is seen by first words alone.
    for group in pattern.groups:
        if said.isdisjoint(group.keys()):
            return []
    groups = [places(clause, group) for group in pattern.groups]
    if not all(groups):
        return []
    if pattern.any_pair and len(groups) == 2:
        return [span for one in groups[0] for other in groups[1] if (span := _pair(one, other, pattern.apart)) is not None]
    found: dict[Span, None] = {}
    for place, size in groups[0]:
        first, last = place, place + size - 1
        taken = set(range(place, place + size))
        for others in groups[1:]:
            near_by = others[bisect_left(others, (place - pattern.apart,)) : bisect_left(others, (place + pattern.apart + 1,))]
            free = [(other, width) for other, width in near_by if taken.isdisjoint(range(other, other + width))]
            if not free:
                break
            near = (
                free[0] if len(free) == 1 else min(free, key=lambda one: _away(clause, min(first, one[0]), max(last, one[0] + one[1] - 1)))
            )
            first, last = min(first, near[0]), max(last, near[0] + near[1] - 1)
            taken.update(range(near[0], near[0] + near[1]))
        else:
            if last - first <= pattern.apart:
                found[first, last] = None
    return list(found)


def _away(clause: Clause, first: int, last: int) -> int:
    """How far apart words are: of two that are equally near, the one in the same breath is nearer ("facets non-tender, crest tender")."""
    return 2 * (last - first) + any(first < comma < last for comma in clause.at.get(",", ()))


def _pair(one: Span, other: Span, apart: int) -> Span | None:
    """The stretch of two places, each (first word, number of words), when they are apart and near enough."""
    first, second = sorted((one, other))
    last = second[0] + second[1] - 1
    return (first[0], last) if first[0] + first[1] <= second[0] and last - first[0] <= apart else None


def places(clause: Clause, phrases: Phrases) -> list[tuple[int, int]]:
    """Where one of the phrases stands: (first word, number of words), in the order of the text, the longest at each place."""
    words = clause.words
    found: list[tuple[int, int]] = []
    for head in clause.at.keys() & phrases.keys():
        for place in clause.at[head]:
            for phrase in phrases[head]:
                if len(phrase) == 1 or words[place : place + len(phrase)] == phrase:
                    found.append((place, len(phrase)))
                    break
    return sorted(found)


def stands(clause: Clause, phrases: Phrases) -> Sequence[Span]:
    """The same as `places`, looked up once in a clause: for phrases that outlive the clause and are asked for with every mention."""
    if (found := clause.known.get(id(phrases))) is None:
        found = clause.known[id(phrases)] = places(clause, phrases)
    return found


def covered(clause: Clause, phrases: Phrases) -> set[int]:
    """The places that are part of one of the phrases."""
    return {at for place, size in stands(clause, phrases) for at in range(place, place + size)}


def any_in(clause: Clause, phrases: Phrases, start: int, end: int) -> bool:
    """Whether one of the phrases begins within these places."""
    return any(start <= place < end for place, _ in stands(clause, phrases))
