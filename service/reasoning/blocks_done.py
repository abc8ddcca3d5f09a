"""Which blocks were done: entries of one block together, with the responses that belong to them.

An entry that only mentions a block is none, one that may not have been done brings nothing about, and a block and its bill are one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from service.dates import When
from service.reasoning.criteria import meant
from service.reasoning.events import is_valid
from service.reasoning.findings import Findings, Proof
from service.record import Observation, Procedure, Side

_BOTH = frozenset({Side.RIGHT, Side.LEFT})
# More of a year than anybody was ever treated with: the newest are read, so that no chart takes minutes. An entry that is not read is
# told of nobody, and still keeps its nerve silent.
_MOST = 60


@dataclass(frozen=True, slots=True)
class BlockDone:
    """One block.

    nerve, side   "" and UNKNOWN when nobody said;  entries: the procedures it is told in;  responses: our own Observations of its response
    doubt         what about it cannot be known, in words
    """

    nerve: str
    side: Side
    when: When
    entries: tuple[Procedure, ...] = ()
    responses: tuple[Observation, ...] = ()
    doubt: str = ""


@dataclass(slots=True)
class _Entries:
    """Procedures of one day that tell of one block."""

    nerves: frozenset[str]
    side: Side
    when: When
    procedures: list[Procedure] = field(default_factory=list)
    responses: list[Observation] = field(default_factory=list)


def blocks_done(findings: Findings) -> tuple[BlockDone, ...]:
    """Every block that was surely done in the window in which it keeps its nerve silent, in no order."""
    groups = _grouped(_entries(findings))
    every = {fact.reference for fact in findings.record.of(Procedure)}
    loose: list[Observation] = []
    for response in _responses(findings):
        named = [group for group in groups if any(one.reference in response.part_of for one in group.procedures)]
        if not named and any(reference in every for reference in response.part_of):
            continue  # it belongs to a procedure that is no block, or was not done
        if group := (named or _of_its_block(response, groups, findings))[:1]:
            group[0].responses.append(response)
        else:
            loose.append(response)
    done = [_done(group, findings) for group in groups]
    days: dict[tuple[str, Side, When], list[Observation]] = {}
    for one in loose:
        if one.when is not None:
            days.setdefault((nerve_of(one, findings), one.side, one.when), []).append(one)
    return (*done, *(BlockDone(nerve, side, when, (), _in_order(own)) for (nerve, side, when), own in days.items()))


def nerve_of(response: Observation, findings: Findings) -> str:
    """The nerve that our Observation of a response names, "" for none or several."""
    codes, nerves = findings.knowledge.blocks.codes, findings.knowledge.nerves
    parts = [part for part in response.components if any(coding.code == codes.nerve for coding in part.codings)]
    said = {word for part in parts for word in (*(coding.code for coding in part.value_codings), part.said.strip().lower())}
    named = [
        name
        for name, nerve in nerves.items()
        if said & {nerve.nerve_code, nerve.block_code, nerve.exam_code, name, nerve.label.lower(), f"{nerve.adjective} cluneal"}
    ]
    return named[0] if len(named) == 1 else ""


def _responses(findings: Findings) -> list[Observation]:
    """Our Observations of a response that count: valid, and dated within the year in which a block keeps its nerve silent."""
    blocks = findings.knowledge.blocks
    found = [
        fact
        for fact in findings.record.named.get(blocks.codes.response, ())
        if isinstance(fact, Observation)
        and is_valid(fact, ever=False, suspected=False)
        and fact.when is not None
        and fact.when.is_within(int(blocks.numbers.closed_days), before=findings.today) is True
    ]
    return sorted(found, key=lambda fact: (_last(fact.when), fact.reference), reverse=True)[:_MOST]


def _last(when: When | None) -> date:
    return when.last if when is not None else date.min


def _entries(findings: Findings) -> list[_Entries]:
    """Every valid procedure that is a block by its code or its name, with the nerves it names."""
    facts = {fact.reference: fact for fact in findings.record.of(Procedure)}
    nerves: dict[str, set[str]] = {}
    proofs: dict[str, Proof] = {}
    named = [(name, proof) for name, nerve in findings.knowledge.nerves.items() for proof in findings.proof_of(nerve.block_done)]
    for name, proof in (*named, *(("", proof) for proof in findings.proof_of(findings.knowledge.blocks.any_block))):
        proofs.setdefault(proof.reference, proof)
        nerves.setdefault(proof.reference, set()).update({name} - {""})
    found = [
        _Entries(frozenset(nerves[reference]), proof.side, fact.when, [fact])
        for reference, proof in proofs.items()
        if (fact := facts.get(reference)) is not None
        and fact.when is not None
        and is_valid(fact, ever=False, suspected=False)
        and is_a_block(fact, findings)
    ]
    return sorted(found, key=lambda entry: (entry.when.last, entry.procedures[0].reference), reverse=True)[:_MOST]


def is_a_block(fact: Procedure, findings: Findings) -> bool:
    """Whether the procedure is the block: by our code, by its name, or, where it is a block of any nerve or nameless, by its notes."""
    knowledge = findings.knowledge
    codes = {nerve.block_code for nerve in knowledge.nerves.values()}
    if not fact.names.isdisjoint(codes) or not fact.names.isdisjoint(knowledge.blocks.unnamed_block) or not fact.text:
        return True
    return any(meant(fact.text, knowledge.phrases[name], findings) for name in (*codes, *knowledge.orders.any_block) if name in fact.said)


def _grouped(entries: Iterable[_Entries]) -> list[_Entries]:
    """Entries of one day and nerve together, unless they name different sides; one that names no nerve goes with the one that does."""
    groups: list[_Entries] = []
    for entry in sorted(entries, key=lambda one: (not one.nerves, one.side not in _BOTH, one.procedures[0].reference)):
        for group in groups:
            same_nerve = not entry.nerves or not group.nerves or entry.nerves == group.nerves
            same_side = entry.side is group.side or Side.UNKNOWN in (entry.side, group.side)
            if same_nerve and same_side and entry.when.is_same_day(group.when):
                group.procedures += entry.procedures
                break
        else:
            groups.append(entry)
    return groups


def _of_its_block(response: Observation, groups: Sequence[_Entries], findings: Findings) -> list[_Entries]:
    """The latest block of the same nerve and side up to the day of a response that does not say to which it belongs."""
    nerve = nerve_of(response, findings)
    fitting = [
        group
        for group in groups
        if (not nerve or not group.nerves or nerve in group.nerves)
        and (response.side is group.side or Side.UNKNOWN in (response.side, group.side))
        and response.when is not None
        and response.when.last >= group.when.first
    ]
    return sorted(fitting, key=lambda group: group.when.last, reverse=True)


def _in_order(responses: list[Observation]) -> tuple[Observation, ...]:
    return tuple(sorted(responses, key=lambda one: one.reference))


def _done(group: _Entries, findings: Findings) -> BlockDone:
    """A group as one block, its nerve and side taken from the responses where the procedure does not say them."""
    told = {nerve_of(one, findings) for one in group.responses} - {""}
    nerves = set(group.nerves) | told
    sides = {side for side in (group.side, *(one.side for one in group.responses)) if side is not Side.UNKNOWN}
    side = sides.pop() if len(sides) == 1 else Side.CONFLICT if sides else Side.UNKNOWN
    doubt = ""
    if len(group.nerves) > 1:
        doubt = "which nerve the relief is of: several were blocked at once"
    elif len(nerves) > 1:
        doubt = "which nerve was blocked: block and response differ"
    elif side is Side.CONFLICT:
        doubt = "the side: it is told in two ways"
    nerve = next(iter(nerves)) if len(nerves) == 1 else ""
    return BlockDone(nerve, side, group.when, tuple(group.procedures), _in_order(group.responses), doubt)
