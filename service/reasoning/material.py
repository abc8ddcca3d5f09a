"""What is material in a chart: the facts that the assessments rest on, as digests, so that the next call can tell what is newly recorded.

An operation, a point that reproduces the pain and a block are facts of their day; anything else is a fact of its side, however often it is
written down. No digest holds a reference or a word of the chart; without the salt of the history they could be guessed all the same.
Source: evidence dossier, D-11; clinical design, section 3, Quiet.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from hashlib import blake2b
from itertools import chain

from service.dates import When
from service.history import Gist
from service.reasoning.findings import Findings, Proof
from service.reasoning.orders import OrderAnswer
from service.reasoning.pathway import Outcome, Response, Spoken
from service.reasoning.tiers import Tier
from service.record import Procedure

Fact = tuple[str, ...]


def gist_of(answer: Outcome | Response | OrderAnswer, findings: Findings, *, salt: bytes) -> Gist:
    """What the answer says and what it rests on, as the next call must know it; of what is said before a drafted block no facts."""
    if not isinstance(answer, OrderAnswer):
        return _gist(answer, findings, salt)
    if answer.outcome is None:
        return Gist("order", (answer.nerve,) if answer.nerve else (), answer.order.side.value, about=answer.about, order=answer.label)
    return replace(_gist(answer.outcome, findings, salt), kind=answer.kind, about=answer.about, order=answer.label)


def _gist(spoken: Outcome | Response, findings: Findings, salt: bytes) -> Gist:
    facts, in_vain = (_digests(found, salt) for found in (_material(spoken, findings), _in_vain(findings)))
    if isinstance(spoken, Response):
        nerves = tuple(dict.fromkeys(one.nerve for one in spoken.results if one.nerve))
        return Gist(spoken.kind, nerves, spoken.results[0].side.value, facts=facts, in_vain=in_vain)
    nerves, first = tuple(one.nerve for one in spoken.assessments), spoken.assessments[0]
    return Gist(spoken.kind, nerves, first.laterality.side.value, spoken.tier.word, facts=facts, in_vain=in_vain)


def _material(spoken: Spoken, findings: Findings) -> Iterator[Fact]:
    """The facts of all nerves, also of those of which nothing is said: what was known of them is no news later."""
    knowledge = findings.knowledge
    operations = {fact.reference for fact in findings.record.of(Procedure)}
    for name, nerve in knowledge.nerves.items():
        also = nerve.also if knowledge.adjustments.policy == "inclusive" else ()
        for found in findings.present((*nerve.territory, *nerve.located, *chain.from_iterable(nerve.support.values()), *also)):
            yield from ((found.id, one.side.value) for one in found.proof)
        for found in findings.present(nerve.surgical):
            yield from ((found.id, _day(one.when)) for one in found.proof if one.reference in operations)
        yield from _pressed(name, findings.proof_of((*nerve.reproduced, *nerve.reproduced_before)))
    yield from _pressed("", findings[knowledge.pathway.unplaced_point].proof)
    yield from (("block", one.nerve, one.side.value, _day(one.when), one.band) for one in spoken.results)
    # A tier that rises without a new entry: what capped it is gone.
    yield from (("high", one.nerve) for one in spoken.assessments if one.tier is Tier.HIGH)


def _in_vain(findings: Findings) -> Iterator[Fact]:
    """The points that were pressed and do not bring on the pain, on whatever day."""
    for name, nerve in findings.knowledge.nerves.items():
        yield from ((name, one.side.value) for one in findings.proof_of(nerve.denied))


def _pressed(nerve: str, proof: Iterable[Proof]) -> Iterator[Fact]:
    yield from (("reproduced", nerve, one.side.value, _day(one.when)) for one in proof)


def _day(when: When | None) -> str:
    return f"{when.first}/{when.last}" if when else ""


def _digests(facts: Iterable[Fact], salt: bytes) -> frozenset[str]:
    return frozenset(blake2b("|".join(fact).encode(), digest_size=8, key=salt).hexdigest() for fact in set(facts))
