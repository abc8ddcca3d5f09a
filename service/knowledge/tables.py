"""What reading a chart needs in one look: a table of codes, the words that phrases begin with, and what each finding starts from."""

import re
from collections.abc import Iterable, Mapping
from functools import cache

from service.knowledge.criteria import (
    ClearStudy,
    CodedAnswer,
    CodedEvent,
    Combination,
    Criterion,
    CurrentPain,
    LastingPain,
    MeasuredValue,
    SitedEvent,
    StudyMade,
    StudyPhrase,
    WordedEvent,
)
from service.knowledge.model import FindingDefinition, PhraseList, Study, ValueSet
from service.knowledge.provenance import System
from service.knowledge.spelling import FRACTURE, FRACTURE_SIGN

_CPT = "http://www.ama-assn.org/go/cpt"
_HCPCS = "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"
# Most words are only letters; they are tried first, because it is quicker.
_TOKEN = re.compile(r"[a-z]{2,}|[lstc]\d{1,2}(?![a-z\d])|(?<![a-z\d])\d[+-]?/\d(?!\d)|\d+(?:\.\d+)?|[a-z]")
_FRACTURE_SIGN = re.compile(FRACTURE_SIGN)

# A phrase list and one of its phrases, as the words of each of its groups: a text without one option of each group does not say it.
Opening = tuple[str, tuple[tuple[frozenset[str], ...], ...]]
# Beside the resource types of the lexicon: what is listened for once a study is kept for its code or its name.
STUDY = "a study"
Lexicon = Mapping[str, Mapping[str, tuple[Opening, ...]]]


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


def lexicon_of(
    phrases: Mapping[str, PhraseList],
    findings: Mapping[str, FindingDefinition],
    studies: Mapping[str, Study],
    also: Iterable[tuple[str, str]] = (),
) -> Lexicon:
    """Resource type -> word -> the phrases that begin with the word, of the lists listened for in such resources, and `also` of others."""
    listened = sorted({*_listened_for(findings, studies), *also})
    # A list is listened for in several types, and the same few words stand in many phrases: each is made once.
    openings = {name: _openings(name, phrases[name]) for name in {name for _, name in listened}}
    lexicon: dict[str, dict[str, tuple[Opening, ...]]] = {}
    for kind, name in listened:
        words = lexicon.setdefault(kind, {})
        for firsts, opening in openings[name]:
            for first in firsts:
                words[first] = (*words.get(first, ()), opening)
    return lexicon


def _openings(name: str, phrases: PhraseList) -> list[tuple[set[str], Opening]]:
    """Each phrase of a list, and the words that it may begin with."""
    made = []
    for phrase in phrases.phrase:
        groups = tuple(tuple(map(_words, group)) for group in phrase.words)
        made.append(({tokens(option)[0] for option in phrase.words[0]}, (name, groups)))
    return made


@cache
def _words(option: str) -> frozenset[str]:
    return frozenset(tokens(option))


def _listened_for(findings: Mapping[str, FindingDefinition], studies: Mapping[str, Study]) -> set[tuple[str, str]]:
    """(resource type, phrase list) wherever a finding starts from words, and (STUDY, phrase list) for what is looked for in a study."""
    found = {("DiagnosticReport", study.named) for study in studies.values()}
    for criterion in (criterion for finding in findings.values() for criterion in finding.recognised):
        match criterion:
            case WordedEvent():
                found |= {(kind, criterion.phrases) for kind in criterion.resource}
            case StudyPhrase():
                found.add((STUDY, criterion.phrases))
            case ClearStudy():
                found |= {(STUDY, name) for name in (*criterion.clear, *criterion.contrary, *criterion.unclear)}
    return found


def tokens(words: str) -> tuple[str, ...]:
    """Words as they are compared: lower case, no punctuation, numbers whole."""
    lowered = words.lower()
    return tuple(_TOKEN.findall(_FRACTURE_SIGN.sub(f" {FRACTURE} ", lowered) if "#" in lowered else lowered))


def words_of(phrases: Iterable[PhraseList]) -> frozenset[str]:
    """Every word of the phrases, and of what takes their meaning from them."""
    several = (
        option for one in phrases for said in (*(group for row in one.phrase for group in row.words), one.never_with) for option in said
    )
    return frozenset(word for option in several for word in tokens(option))


def stirred_by(findings: Mapping[str, FindingDefinition], studies: Mapping[str, Study]) -> dict[str, frozenset[str]]:
    """Value set or phrase list -> the findings that stay unknown without it; "" -> the findings that are always looked at."""
    stirred: dict[str, set[str]] = {}
    for name in findings:
        for sign in _signs(name, findings, studies):
            stirred.setdefault(sign, set()).add(name)
    return {sign: frozenset(names) for sign, names in stirred.items()}


def _signs(name: str, findings: Mapping[str, FindingDefinition], studies: Mapping[str, Study]) -> set[str]:
    """The value sets and phrase lists that a finding starts from; "" among them: it is always looked at."""
    signs: set[str] = set()
    for criterion in findings[name].recognised:
        own, others = _starts(criterion, studies)
        signs.update(own, *(_signs(other, findings, studies) for other in others))
    return signs


def _starts(criterion: Criterion, studies: Mapping[str, Study]) -> tuple[Iterable[str], Iterable[str]]:
    """What one way of recognising starts from: value sets and phrase lists, and other findings."""
    match criterion:
        case WordedEvent():
            return (criterion.phrases,), ()
        case CodedEvent() | SitedEvent() | MeasuredValue() | CodedAnswer():
            return criterion.value_set, ()
        case ClearStudy() | StudyPhrase() | StudyMade():
            study = studies[criterion.study]
            return (*study.value_set, *study.region_free, study.named), ()
        case CurrentPain():
            return (), criterion.pain
        case LastingPain():
            return (), (*criterion.pain, *criterion.chronic)
        case Combination() if criterion.all_of or criterion.any_of or criterion.none_of:
            return (), (*criterion.all_of, *criterion.any_of, *criterion.none_of, *criterion.unless)
    return ("",), ()
