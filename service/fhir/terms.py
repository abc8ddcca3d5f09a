"""Codes and words of a resource, as the knowledge sees them: value sets, canonical systems, sides."""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from service.fhir.datatypes import CodeableConcept, Concepts, Notes
from service.fhir.site_codes import SiteCodes, digits
from service.knowledge.model import Knowledge
from service.knowledge.tables import Opening, tokens
from service.local_codes import LocalCodes
from service.record import Coding, Side
from service.speech import OrderCode

# Our own code system: what our suggestions write, the next call reads.
EXAMINATION = "https://cluneal-cds.github.io/fhir/CodeSystem/examination"
_NO_NAMES: frozenset[str] = frozenset()
_SIDES = frozenset(f"side-{side}{where}" for side in ("right", "left", "both") for where in ("", "-in-code"))
LONGEST_TEXT = 60_000
# The names of code systems and their codes are remembered, so that each is tidied once; what a caller makes up is not kept without end.
_MOST_SYSTEMS = 2_000
_LONGEST_SYSTEM = 200
_MOST_CODES = 5_000
_LONGEST_CODE = 40


class _Codes(dict[object, frozenset[str]]):
    """The value sets of the codes of a system. Codes that are in none, or are written otherwise, are remembered too: charts repeat them."""

    def __missing__(self, code: str | float) -> frozenset[str]:
        names = self.get(code.strip().upper() if isinstance(code, str) else digits(code), _NO_NAMES)
        if len(self) < _MOST_CODES and len(str(code)) <= _LONGEST_CODE:
            self[code] = names
        return names


_NO_CODES = _Codes()


class _Opening:
    """A phrase as it is looked for in the words of a text: of each group the options of one word together, the others by themselves."""

    __slots__ = ("_groups", "name")

    def __init__(self, opening: Opening):
        self.name, groups = opening
        self._groups = [
            (frozenset().union(*(one for one in group if len(one) == 1)), [one for one in group if len(one) > 1]) for group in groups
        ]

    def may_speak(self, vocabulary: set[str]) -> bool:
        """Whether the words hold one option of each group."""
        for single, several in self._groups:
            if single.isdisjoint(vocabulary):
                for option in several:
                    if option <= vocabulary:
                        break
                else:
                    return False
        return True


class Terms:
    """The code table, the lexicon and the words for sides, ready for many look-ups; with the codes of a site."""

    def __init__(self, knowledge: Knowledge, order_codes: Iterable[OrderCode] = (), local: LocalCodes | None = None):
        self.site = SiteCodes(knowledge, local) if local else None
        self._codes = knowledge.codes
        self._systems = knowledge.systems
        self._lower_systems = {alias.lower(): uri for alias, uri in knowledge.systems.items()}
        self._lexicon = _lexicon_of(knowledge)
        self._by_system: dict[str, _Codes] = {}
        for (system, code), (_, names) in knowledge.codes.items():
            self._by_system.setdefault(system, _Codes())[code] = names
        self._standard = frozenset(self._by_system)
        for (system, code), names in _of_site(knowledge, order_codes).items():
            self._by_system.setdefault(system, _Codes())[code] = names
        for system, code, names in self.site.names() if self.site else ():
            self._by_system.setdefault(system, _Codes())[code] = names
        self._slips = knowledge.slips
        self.longest = LONGEST_TEXT
        language = knowledge.language
        self._answers_no = frozenset(" ".join(tokens(words)) for words in language.answers_no)
        self._not_sides = tuple(tokens(words) for words in language.not_sides)
        self._side_words = {
            **dict.fromkeys(language.right, Side.RIGHT),
            **dict.fromkeys(language.left, Side.LEFT),
            **dict.fromkeys(language.both_sides, Side.BILATERAL),
        }

    def names(self, concept: CodeableConcept | None) -> frozenset[str]:
        """The value sets that hold a code of the concept; the quick question asked of every resource."""
        found = _NO_NAMES
        if concept is None or not concept.coding:
            return found
        for coding in concept.coding:
            if coding is None or (system := coding.system) is None:
                continue
            if (codes := self._by_system.get(system)) is None:
                codes = self._codes_of(system)
            if codes and (code := coding.code) is not None and (names := codes[code]):
                found = found | names if found else names
        return found

    def reads(self, system: str) -> bool:
        """Whether some value set has codes of the system."""
        return bool(self._codes_of(system))

    def is_unknown(self, concept: CodeableConcept | None) -> bool:
        """Whether the concept has codes, and all of them are of systems that no value set of the knowledge uses: a site's own, mostly."""
        found = False
        for coding in (concept.coding if concept is not None else None) or ():
            if coding is None or coding.code is None or (system := coding.system) is None:
                continue
            if system in self._standard or self._canonical(system) in self._standard:
                return False
            found = True
        return found

    def _canonical(self, system: str) -> str:
        """The name of a system without a version, a slash or capitals of its own."""
        uri = system.split("|")[0].strip().rstrip("/")
        return uri if uri in self._systems else self._lower_systems.get(uri.lower(), uri)

    def _codes_of(self, system: str) -> "_Codes":
        """The codes of a system, also under a name with a version, a slash or capitals of its own; none for a system of no interest."""
        codes = self._by_system.get(self._canonical(system), _NO_CODES)
        if len(self._by_system) < _MOST_SYSTEMS and len(system) <= _LONGEST_SYSTEM:
            self._by_system[system] = codes
        return codes

    def codings(self, concept: CodeableConcept | None) -> tuple[Coding, ...]:
        """The codes of a concept, those that some value set holds first, systems canonical."""
        if concept is None or not concept.coding:
            return ()
        found = [
            Coding(self._systems.get(coding.system or "", coding.system or ""), str(coding.code).strip(), coding.display or "")
            for coding in concept.coding
            if coding is not None and coding.code is not None
        ]
        if self.site:
            found = self.site.beside(found)
        if len(found) > 1:
            found.sort(key=lambda coding: (coding.system, coding.code.upper()) not in self._codes)
        return tuple(found)

    def names_of(self, concepts: Concepts) -> frozenset[str]:
        """The value sets that hold a code of any of the concepts."""
        found = _NO_NAMES
        for concept in concepts or ():
            found |= self.names(concept)
        return found

    def said(self, kind: str, texts: Iterable[str]) -> frozenset[str]:
        """Of the phrase lists listened for in such resources, those that may speak in the texts: all words of a phrase stand in them."""
        lexicon = self._lexicon.get(kind, {})
        vocabulary = set(tokens("\n".join(texts)))
        vocabulary.update(self._slips[word] for word in self._slips.keys() & vocabulary)
        if lexicon.keys().isdisjoint(vocabulary):
            return _NO_NAMES
        return frozenset(opening.name for word in lexicon.keys() & vocabulary for opening in lexicon[word] if opening.may_speak(vocabulary))

    def denies(self, answer: str) -> bool:
        """Whether an answer in words is a plain no."""
        return " ".join(tokens(answer)) in self._answers_no

    def side_in(self, text: str) -> Side:
        """The side that a text speaks of; UNKNOWN when it names none or speaks of right and left apart."""
        if not text:
            return Side.UNKNOWN
        words = tokens(text)
        if self._side_words.keys().isdisjoint(words):
            return Side.UNKNOWN
        said = {
            self._side_words[word]
            for place, word in enumerate(words)
            if word in self._side_words and not any(words[place : place + len(other)] == other for other in self._not_sides)
        }
        if Side.BILATERAL in said or _both_named(said, text):
            return Side.BILATERAL
        return said.pop() if len(said) == 1 else Side.UNKNOWN

    @staticmethod
    def side_of_names(names: frozenset[str]) -> Side:
        """The side that a code says by itself."""
        if names.isdisjoint(_SIDES):
            return Side.UNKNOWN
        right, left = (not names.isdisjoint((f"side-{side}", f"side-{side}-in-code")) for side in ("right", "left"))
        if (right and left) or not names.isdisjoint(("side-both", "side-both-in-code")):
            return Side.BILATERAL
        return Side.RIGHT if right else Side.LEFT if left else Side.UNKNOWN


@lru_cache(maxsize=4)
def _lexicon_of(knowledge: Knowledge) -> Mapping[str, Mapping[str, tuple[_Opening, ...]]]:
    """The lexicon, ready to be looked up; each opening once, for all types and all sites."""
    made: dict[int, _Opening] = {}

    def ready(opening: Opening) -> _Opening:
        if id(opening) not in made:
            made[id(opening)] = _Opening(opening)
        return made[id(opening)]

    return {kind: {word: tuple(map(ready, said)) for word, said in words.items()} for kind, words in knowledge.lexicon.items()}


@lru_cache(maxsize=64)
def terms_of(knowledge: Knowledge, order_codes: tuple[OrderCode, ...] = (), local: LocalCodes | None = None) -> Terms:
    """The look-ups of a knowledge for a client, made once."""
    return Terms(knowledge, order_codes, local)


def _of_site(knowledge: Knowledge, order_codes: Iterable[OrderCode]) -> dict[tuple[str, str], frozenset[str]]:
    """What the codes of a site stand for. One that stands for several orders says none of them, and one that the knowledge has keeps its
    meaning: CPT 64450 is a block of any nerve, whatever a site makes of it."""
    meant: dict[tuple[str, str], set[OrderCode]] = {}
    for code in order_codes:
        meant.setdefault((knowledge.systems.get(code.system, code.system), code.code), set()).add(code)
    return {
        key: knowledge.codes[EXAMINATION, one.ours][1] | ({f"side-{one.side}-in-code"} if one.side else set())
        for key, (one, *others) in meant.items()
        if key not in knowledge.codes and not others and (EXAMINATION, one.ours) in knowledge.codes
    }


def _both_named(said: set[Side], text: str) -> bool:
    """Whether right and left are named as a pair ("right and left", "left/right", "B/L")."""
    if re.search(r"\bb/l\b", text.lower()) is not None:
        return True
    return len(said) > 1 and re.search(r"\b(right|left)\s*(and|/|\+|&)\s*(right|left)\b", text.lower()) is not None


def agreed(sides: Iterable[Side]) -> Side:
    """The side that several sources of one fact agree on; CONFLICT when they do not."""
    agreed_on = Side.UNKNOWN
    for side in sides:
        if side is not Side.UNKNOWN and side is not agreed_on:
            if agreed_on is not Side.UNKNOWN:
                return Side.CONFLICT
            agreed_on = side
    return agreed_on


def text_of(concept: CodeableConcept | None) -> str:
    """What a concept says in words: its text, else the displays of its codes (which never stand for the codes themselves)."""
    if concept is None:
        return ""
    if concept.text:
        return concept.text[:LONGEST_TEXT]
    words = [coding.display for coding in concept.coding or () if coding is not None and coding.display]
    return "; ".join(words)[:LONGEST_TEXT]


def texts_of(concepts: Concepts) -> str:
    """What several concepts say in words."""
    return "; ".join(text for concept in concepts or () if (text := text_of(concept)))


def notes_of(notes: Notes, *more: str | None) -> tuple[str, ...]:
    """The notes of a resource and whatever else it says in words."""
    if not (notes or more):
        return ()
    written: Sequence[str | None] = [note.text if note is not None else None for note in notes or ()]
    return tuple(text[:LONGEST_TEXT] for text in (*more, *written) if text)
