"""Facts by what rules ask for: the value sets that hold their codes, the phrase lists that their words may speak."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from service.record import Condition, Fact, Observation, PatientRecord

Index = Mapping[str, tuple[Fact, ...]]


def indexed(facts: Iterable[Fact]) -> tuple[Index, Index]:
    """Facts by the value set that holds their code or their answer, and by the phrase list that their words may speak."""
    named: dict[str, list[Fact]] = {}
    spoken: dict[str, list[Fact]] = {}
    for fact in facts:
        for name in fact.names | (fact.value_names if isinstance(fact, Observation) and not fact.denied else frozenset()):
            named.setdefault(name, []).append(fact)
        for name in fact.said:
            spoken.setdefault(name, []).append(fact)
    return {name: tuple(ones) for name, ones in named.items()}, {name: tuple(ones) for name, ones in spoken.items()}


def with_problems(record: PatientRecord, problems: Iterable[Condition]) -> PatientRecord:
    """The record with problems that stand elsewhere than in the chart."""
    facts = {**record.facts, Condition: (*record.of(Condition), *problems)}
    named, spoken = indexed(fact for ones in facts.values() for fact in ones)
    return replace(record, facts=facts, named=named, spoken=spoken)
