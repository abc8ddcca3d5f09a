"""The criteria of every stage for one patient: met, not met or unknown, each with the fact that decided it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from service.knowledge.model import Knowledge, RuleRow
from service.published import EFFECTS, STAGES
from service.reasoning.truth import State, all_present, any_present, opposite
from service.record import Side
from service.web.why_basis import Basis, Entry, Seen, Told

_SYSTEMS: Mapping[str, str] = {
    "http://snomed.info/sct": "SNOMED CT",
    "http://www.ama-assn.org/go/cpt": "CPT",
    "http://hl7.org/fhir/sid/icd-10-cm": "ICD-10-CM",
    "http://www.cms.gov/Medicare/Coding/ICD10": "ICD-10-PCS",
    "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets": "HCPCS",
    "http://loinc.org": "LOINC",
    "http://www.nlm.nih.gov/research/umls/rxnorm": "RxNorm",
    "https://cluneal-cds.github.io/fhir/CodeSystem/examination": "cluneal-cds",
}
_SIDES = {Side.RIGHT: "right", Side.LEFT: "left", Side.BILATERAL: "both sides", Side.CONFLICT: "sides in it conflict"}
_FOUND = {State.PRESENT: "present", State.ABSENT: "absent", State.UNKNOWN: "unknown", None: "not asked"}
_WORDS = {State.PRESENT: "met", State.ABSENT: "not met", State.UNKNOWN: "unknown", None: "not asked"}


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact of the chart in words, for one line or one row."""

    when: str
    code: str
    reference: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """A finding that a rule asks for.

    state  "present", "absent", "unknown" or "not asked";  wanted: whether it has to be there, or must not be
    """

    label: str
    state: str
    wanted: bool
    facts: tuple[Fact, ...]
    more: int
    id: str


@dataclass(frozen=True, slots=True)
class Block:
    """A block that was done, in words, and the facts from which it was read; `more`: how many more of them there are."""

    named: str
    when: str
    reads: str
    facts: tuple[Fact, ...]
    more: int


@dataclass(frozen=True, slots=True)
class Criterion:
    """A rule for this patient; decided: it is among those that made the answer; blocks: those that read as it says."""

    rule: RuleRow
    state: str
    effect: str
    decided: bool
    parts: tuple[Part, ...]
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Stage:
    """The rules of one stage; `says`: what they are for."""

    letter: str
    says: str
    criteria: tuple[Criterion, ...]


def stages_of(basis: Basis, knowledge: Knowledge) -> tuple[Stage, ...]:
    """Every stage that asks findings, or of which a rule decided, in the order of the pathway."""
    stages = []
    for letter in sorted(knowledge.rules, key=lambda letter: (STAGES + letter).index(letter)):
        rows = tuple(_criteria(knowledge.rules[letter], basis, knowledge))
        if rows:
            stages.append(Stage(letter, knowledge.stages[letter], rows))
    return tuple(stages)


def _criteria(rules: tuple[RuleRow, ...], basis: Basis, knowledge: Knowledge) -> Iterator[Criterion]:
    decisive = {*basis.rules, *basis.reasons, *basis.stops, *basis.cautions, *basis.against, *(one.band for one in basis.blocks)}
    for rule in rules:
        decided = rule.id in decisive
        if not rule.asks and not decided:
            continue
        # What holds without the code map of the site holds, whatever the map makes of the findings.
        held = rule.effect != "required" and rule.id in (*basis.reasons, *basis.stops, *basis.cautions, *basis.against)
        state = State.PRESENT if held or not rule.asks else rule_state(rule, basis)
        unlooked = bool(rule.asks) and all(_seen(basis, name).state is None for name in rule.asks)
        parts = tuple(_parts(rule, basis, knowledge))
        blocks = tuple(block_of(one, knowledge) for one in basis.blocks if one.band == rule.id)
        yield Criterion(rule, _WORDS[None if unlooked and not held else state], EFFECTS[rule.effect], decided, parts, blocks)


def _parts(rule: RuleRow, basis: Basis, knowledge: Knowledge) -> Iterator[Part]:
    for names, wanted in (((*rule.all_of, *rule.any_of), True), ((*rule.none_of, *rule.unless), False)):
        for name in names:
            seen = _seen(basis, name)
            yield Part(knowledge.findings[name].label, _FOUND[seen.state], wanted, tuple(map(fact_of, seen.entries)), seen.more, name)


def rule_state(rule: RuleRow, basis: Basis) -> State:
    """Whether a rule holds, from the states of its findings, as reasoning/rules.py decides it."""
    parts = [_state(basis, name) for name in rule.all_of] + [opposite(_state(basis, name)) for name in rule.none_of]
    if rule.any_of:
        parts.append(any_present(_state(basis, name) for name in rule.any_of))
    state = all_present(parts)
    taken_back = state is State.PRESENT and any(_state(basis, name) is State.PRESENT for name in rule.unless)
    return State.ABSENT if taken_back else state


def fact_of(entry: Entry) -> Fact:
    """A fact in words."""
    notes = [_SIDES[entry.side]] if entry.side in _SIDES else []
    notes += ["by its words"] if entry.in_words else []
    notes += ["outside record"] if entry.outside else []
    return Fact(entry.when.in_words() if entry.when else "", in_words(entry), entry.reference, tuple(notes))


def block_of(one: Told, knowledge: Knowledge) -> Block:
    """A block in words: "Superior cluneal block, right"."""
    named = f"{knowledge.nerves[one.nerve].adjective} cluneal block" if one.nerve in knowledge.nerves else "cluneal block, nerve not named"
    where = "both sides" if one.side is Side.BILATERAL else one.side.value if one.side in (Side.RIGHT, Side.LEFT) else "side not known"
    facts = tuple(map(fact_of, one.entries))
    return Block(f"{named[0].upper()}{named[1:]}, {where}", one.when.in_words(), one.reads, facts, one.more)


def in_words(entry: Entry) -> str:
    """The code as people name it: "CPT 22612"; of the site's own, so marked; "" for none."""
    if entry.by_site:
        return f"the site's code {entry.code}"
    return f"{_SYSTEMS.get(entry.system, entry.system)} {entry.code}" if entry.code else ""


def _seen(basis: Basis, name: str) -> Seen:
    return basis.findings.get(name, Seen(State.UNKNOWN))


def _state(basis: Basis, name: str) -> State:
    return _seen(basis, name).state or State.UNKNOWN
