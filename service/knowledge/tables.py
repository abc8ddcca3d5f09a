"""What reading a chart needs in one look: a table of codes, the words that phrases begin with, and what each finding starts from."""

import re
from collections.abc import Callable, Iterable, Mapping

from service.knowledge.criteria import CodedAnswer, CodedEvent, Combination, Criterion, MeasuredValue, SitedEvent, WordedEvent
from service.knowledge.model import FindingDefinition, PhraseList, Study, System, ValueSet

_CPT = "http://www.ama-assn.org/go/cpt"
_HCPCS = "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"
_TOKEN = re.compile(r"[lstc]\d{1,2}(?![a-z\d])|(?<![a-z\d])\d[+-]?/\d(?!\d)|\d+(?:\.\d+)?|[a-z]+")


def code_table(value_sets: Iterable[ValueSet], systems: Iterable[System]) -> dict[tuple[str, str], tuple[str, frozenset[str]]]:
    """(system or alias, code) -> (canonical system, names of the value sets that hold it).

    ICD-10-CM codes stand with and without their dot, because charts carry both.
    """
    members: dict[tuple[str, str], set[str]] = {}
    for value_set in value_sets:
        for pair in value_set.codes:
            members.setdefault(pair, set()).add(value_set.id)
    aliases = {system.uri: system.aliases for system in systems}
    # HCPCS level I is CPT: charts carry its numbers under either name.
    aliases[_CPT] = (*aliases.get(_CPT, ()), _HCPCS, *aliases.get(_HCPCS, ()))
    table: dict[tuple[str, str], tuple[str, frozenset[str]]] = {}
    for (system, code), names in members.items():
        entry = (system, frozenset(names))
        for uri in (system, *aliases.get(system, ())):
            table[uri, code] = entry
            table[uri, code.replace(".", "")] = entry
    return table


def lexicon_of(phrases: Mapping[str, PhraseList]) -> dict[str, frozenset[str]]:
    """Word -> the phrase lists with a phrase whose first group begins with it: a text without any of the words says none of the phrases."""
    lexicon: dict[str, set[str]] = {}
    for name, listed in phrases.items():
        for phrase in listed.phrase:
            for words in phrase.words[0]:
                lexicon.setdefault(tokens(words)[0], set()).add(name)
    return {word: frozenset(names) for word, names in lexicon.items()}


def listened_of(findings: Mapping[str, FindingDefinition], studies: Mapping[str, Study]) -> dict[str, frozenset[str]]:
    """Resource type -> the phrase lists that some finding listens for in resources of that type."""
    listened: dict[str, set[str]] = {"DiagnosticReport": {study.named for study in studies.values()}}
    for definition in findings.values():
        for criterion in definition.recognised:
            if isinstance(criterion, WordedEvent):
                for kind in criterion.resource:
                    listened.setdefault(kind, set()).add(criterion.phrases)
    return {kind: frozenset(names) for kind, names in listened.items()}


def tokens(words: str) -> tuple[str, ...]:
    """Words as they are compared: lower case, no punctuation, numbers whole."""
    return tuple(_TOKEN.findall(words.lower()))


def signals_of(findings: Mapping[str, FindingDefinition]) -> dict[str, frozenset[str] | None]:
    """What must be in a record before a finding can be anything but unknown: one of these value sets or phrase lists; None: always look."""
    known: dict[str, frozenset[str] | None] = {}

    def look(name: str) -> frozenset[str] | None:
        if name not in known:
            parts = [_signals(criterion, look) for criterion in findings[name].recognised]
            known[name] = None if None in parts else frozenset().union(*(part for part in parts if part is not None))
        return known[name]

    for name in findings:
        look(name)
    return known


def _signals(criterion: Criterion, look: Callable[[str], frozenset[str] | None]) -> frozenset[str] | None:
    """The value sets and phrase lists that one way of recognising starts from."""
    match criterion:
        case WordedEvent():
            return frozenset({criterion.phrases})
        case CodedEvent() | SitedEvent() | MeasuredValue() | CodedAnswer():
            return frozenset(criterion.value_set)
        case Combination() if not criterion.none_of:
            parts = [look(name) for name in (*criterion.all_of, *criterion.any_of)]
            return None if None in parts else frozenset().union(*(part for part in parts if part is not None))
    return None
