"""What the page shows of one evaluation, in the order of a clinician with twenty seconds: the sentence, where to press, why; then the rest.

Everything that it says of medicine, every number among it, comes from the knowledge; everything about the patient from the basis.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from service.cards.response import published_of
from service.cards.wording import named_knowledge
from service.dates import When
from service.knowledge.model import Knowledge, RuleRow
from service.knowledge.nerve import Nerve
from service.reasoning.truth import State
from service.record import Side
from service.web.body import Body, Mark, body_of
from service.web.timeline import Timeline, timeline_of
from service.web.why_basis import TIERS, Basis, Nerved
from service.web.why_criteria import Block, Fact, Stage, block_of, fact_of, stages_of
from service.web.why_evidence import Source, sources_of
from service.web.why_open import changes, follows, not_known

_TWO_SIDES = (Side.RIGHT, Side.LEFT)
_SIDE_BASIS = {"exam": "of the tender point", "pain": "of the pain", "surgery": "presumed from surgery"}
_STANDS_ON = {
    "reproduced": "pressing the point reproduces the usual pain",
    "reproduced-before": "pressing the point reproduced the usual pain, longer ago",
    "territory": "the pain is in its territory, and there is support",
    "surgery": "the site of the pain is not known; what happened to the back speaks for all of them",
    "unplaced": "a point reproduces the pain, and nobody wrote which",
    "": "named by the order",
}
KINDS = {
    "S1": "neuropathic quality of the pain",
    "S2": "what makes it worse",
    "S3": "an event that puts the nerve at risk",
    "S4": "imaging that does not explain the pain",
    "S5": "pain that persists after an injection, or a normal nerve study",
    "S6": "Hip-Knee Flexion Test",
}
_MOST_IN_SHORT = 7
# Stages that hold a card back because something else comes first: nobody is told to press then.
_ALARMS = {"X", "C"}
_OF_KIND = {
    "workup": "Examine",
    "block": "Consider a block",
    "response": "What a block showed",
    "order": "At an order",
    "": "No card",
}


@dataclass(frozen=True, slots=True)
class Reason:
    """What counted, as what, and the facts behind it."""

    words: str
    counts_as: str
    facts: tuple[Fact, ...]
    more: int = 0


@dataclass(frozen=True, slots=True)
class Point:
    """A nerve with its number on the picture; `says`: what was made of it; told: whether the answer speaks of it."""

    number: int
    name: str
    nerve: Nerve
    says: str = ""
    told: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """A caution, or what speaks against it."""

    rule: RuleRow
    words: str
    facts: tuple[Fact, ...]
    stops: bool = False


@dataclass(frozen=True, slots=True)
class Why:
    """Everything on the page; `headline`: what was said, or why nothing was."""

    headline: str
    kind: str
    heading: str
    tier: str
    side: str
    on: str
    points: tuple[Point, ...]
    body: Body
    because: tuple[Reason, ...]
    kept_silent: tuple[Said, ...]
    blocks: tuple[Block, ...]
    in_short: tuple[str, ...]
    follows: tuple[str, ...]
    all_alike: str
    press: str
    cautions: tuple[Said, ...]
    against: tuple[Said, ...]
    not_known: tuple[str, ...]
    changes: tuple[str, ...]
    timeline: Timeline
    stages: tuple[Stage, ...]
    sources: tuple[Source, ...]
    limits: tuple[str, ...]
    decided_here: str


def why_page(basis: Basis, knowledge: Knowledge) -> Why:
    """The content of the page."""
    points = tuple(_points(basis, knowledge))
    cautions = tuple(
        _said(rule_id, basis, knowledge, stops=stops)
        for ids, stops in ((basis.stops, True), (basis.cautions, False))
        for rule_id in ids
        if basis.kind != "workup"
    )
    against = tuple(_said(rule_id, basis, knowledge) for rule_id in basis.against)
    side = basis.nerves[0].side if basis.nerves else Side.UNKNOWN
    marks = tuple(Mark(point.number, point.name, point.nerve.landmark, _sides(basis, point.name), quiet=not point.told) for point in points)
    stages = stages_of(basis, knowledge)
    because = tuple(_because(basis, knowledge))
    blocks = tuple(block_of(one, knowledge) for one in basis.blocks)
    return Why(
        headline=basis.says,
        kind=basis.kind,
        heading=_heading(basis),
        tier=max((one.tier for one in basis.nerves), key=TIERS.index, default="") if _has_tiers(basis) else "",
        side=_side(basis.nerves[0]) if basis.nerves else "",
        on=When(basis.today, basis.today).in_words(),
        points=points,
        body=body_of(marks, emphasised=side if basis.kind else Side.UNKNOWN),
        because=(*_of_blocks(blocks), *because),
        in_short=_in_short(because),
        follows=tuple(follows(basis, knowledge)),
        all_alike=_all_alike(basis),
        press="" if {reason.split("-")[0] for reason in basis.reasons} & _ALARMS else _press(basis, knowledge),
        kept_silent=tuple(_said(rule_id, basis, knowledge) for rule_id in basis.reasons),
        blocks=blocks,
        cautions=cautions,
        against=against,
        not_known=tuple(not_known(basis, knowledge)),
        changes=tuple(changes(basis, knowledge)),
        timeline=timeline_of(basis, knowledge),
        stages=stages,
        sources=sources_of(knowledge, [point.nerve for point in points], [*(one.rule for one in (*cautions, *against))], stages),
        limits=_limits(basis, knowledge),
        decided_here=named_knowledge(knowledge).removeprefix(f"Knowledge {knowledge.version.version}").rstrip("."),
    )


def _points(basis: Basis, knowledge: Knowledge) -> Iterator[Point]:
    """The nerves of the card in its order, then those whose points are pressed as well, then the others, pale on the picture."""
    told = {one.nerve: one for one in basis.nerves if one.nerve in knowledge.nerves}
    blocked = [one.nerve for one in basis.blocks if one.nerve in knowledge.nerves]
    also = [other for name in told for other in knowledge.nerves[name].examine_also]
    alike = _all_alike(basis)
    for number, name in enumerate(dict.fromkeys([*told, *blocked, *also, *knowledge.nerves]), start=1):
        nerve = knowledge.nerves[name]
        if name in told:
            says = "" if alike else _of_nerve(told[name], basis)
        else:
            says = "a block of it was done" if name in blocked else "pressed as well: they often come together" if name in also else ""
        yield Point(number, name, nerve, says, told=not basis.kind or bool(says) or name in told)


def _of_nerve(one: Nerved, basis: Basis) -> str:
    """What was made of a nerve, in half a line."""
    tier = f"tier {one.tier}" if _has_tiers(basis) else ""
    return "; ".join(filter(None, (tier, _side(one), _STANDS_ON[one.reasons])))


def _has_tiers(basis: Basis) -> bool:
    """Whether the answer speaks of a suspicion, which has a tier: not what a block showed, nor what is said before a drafted one."""
    return basis.kind in ("workup", "block") or basis.about == "first"


def _all_alike(basis: Basis) -> str:
    """What is the same of all nerves, to be said once; "" where they differ."""
    told = {_of_nerve(one, basis) for one in basis.nerves}
    said = told.pop() if len(told) == 1 and len(basis.nerves) > 1 else ""
    return said[:1].upper() + said[1:]


def _sides(basis: Basis, name: str) -> tuple[Side, ...]:
    """The sides of a nerve that the picture marks."""
    sides = [one.side for one in basis.nerves if one.nerve == name] + [one.side for one in basis.blocks if one.nerve == name]
    both = Side.BILATERAL in sides or {*_TWO_SIDES} <= {*sides}
    return _TWO_SIDES if both else tuple(side for side in _TWO_SIDES if side in sides)


def _side(one: Nerved) -> str:
    """The side in words, with what it rests on."""
    if one.side is Side.CONFLICT:
        return "sides on record conflict: verify"
    if one.side is Side.UNKNOWN:
        return "side not known"
    said = "both sides" if one.side is Side.BILATERAL else one.side.value
    return f"{said}, {_SIDE_BASIS[one.side_basis]}" if one.side_basis in _SIDE_BASIS else said


def _because(basis: Basis, knowledge: Knowledge) -> Iterator[Reason]:
    """What counted for the nerves that are spoken of, or would count for any: what pressing brought on, where it hurts, the support."""
    named = [(knowledge.nerves[one.nerve], one.kinds) for one in basis.nerves if one.nerve in knowledge.nerves and one.reasons]
    if not basis.kind:
        named = [(nerve, tuple(KINDS)) for nerve in knowledge.nerves.values()]
    asked: list[tuple[str, str]] = []
    for nerve, _ in named:
        asked += [(name, "pressing the point") for name in (*nerve.reproduced, *nerve.reproduced_before)]
    asked += [(knowledge.pathway.unplaced_point, "pressing the point")] if named else []
    for nerve, _ in named:
        asked += [(name, "where it hurts") for name in (*nerve.territory, *nerve.located)]
    asked += [(name, "where it hurts") for name in knowledge.pathway.generic_pain] if named else []
    for nerve, kinds in named:
        asked += [(name, f"{kind}: {KINDS[kind]}") for kind, names in sorted(nerve.support.items()) if kind in kinds for name in names]
    for name, counts_as in _first(asked):
        seen = basis.findings.get(name)
        if seen is not None and seen.state is State.PRESENT:
            # As a card names it: in the words that the chart can bear.
            words = knowledge.findings[name].words
            yield Reason(words[0].upper() + words[1:], counts_as, tuple(map(fact_of, seen.entries)), seen.more)


def _of_blocks(blocks: Iterable[Block]) -> Iterator[Reason]:
    """What was done and how it reads, with what it was read from."""
    for one in blocks:
        yield Reason(f"{one.named}, {one.when}", one.reads, one.facts, one.more)


def _in_short(because: Sequence[Reason]) -> tuple[str, ...]:
    """The same in a few lines: each with its newest day, and of a study or an injection also what it counts as."""
    told = []
    for reason in because[:_MOST_IN_SHORT]:
        when = next((f" ({one.when})" for one in reason.facts if one.when), "")
        counts = f": {reason.counts_as.split(': ')[1]}" if reason.counts_as.startswith(("S4", "S5")) else ""
        told.append(f"{reason.words}{when}{counts}")
    more = len(because) - _MOST_IN_SHORT
    return (*told, *([f"and {more} more, below"] if more > 0 else []))


def _heading(basis: Basis) -> str:
    """What the page is about, in three words: never a block where none is suggested now, nor where it is ordered already."""
    if basis.kind == "block" and basis.stops:
        return "No block now"
    return "Block already ordered" if basis.about == "ordered" else _OF_KIND[basis.kind]


def _press(basis: Basis, knowledge: Knowledge) -> str:
    """How to press, and what else to check."""
    how, then = knowledge.wording.press.replace("*", ""), knowledge.wording.after_pressing
    if basis.kind != "workup" and basis.about != "first":
        # Its last sentence says what follows from pressing: a block, of which the other pages say something else.
        then = then.rpartition(". ")[0] + "."
    return f"{how[0].upper()}{how[1:]} {then}"


def _first(pairs: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Each name with what it was said to be first."""
    known: set[str] = set()
    for name, said in pairs:
        if name not in known:
            known.add(name)
            yield name, said


def _said(rule_id: str, basis: Basis, knowledge: Knowledge, *, stops: bool = False) -> Said:
    # The names of a basis are those of this very knowledge: a link of another one does not open.
    rule = next(rule for rule in knowledge.rules[rule_id.split("-")[0]] if rule.id == rule_id)
    wanted = [(name, State.PRESENT) for name in (*rule.all_of, *rule.any_of)] + [(name, State.ABSENT) for name in rule.none_of]
    held = [seen for name, state in wanted if (seen := basis.findings.get(name)) is not None and seen.state is state]
    facts = [fact_of(entry) for seen in held for entry in seen.entries]
    return Said(rule, rule.says[0].upper() + rule.says[1:].rstrip("."), tuple(dict.fromkeys(facts)), stops)


def _limits(basis: Basis, knowledge: Knowledge) -> tuple[str, ...]:
    """What every reader has to know of this service."""
    wording = knowledge.wording
    if basis.kind == "response":
        published = published_of(basis.blocks[0].band, knowledge)
    elif basis.kind == "order":
        published = wording.order.evidence
    else:
        published = wording.evidence_of["block" if basis.kind == "block" else "workup"]
    sentences = (published[0].upper() + published[1:], wording.limits)
    return (*sentences, "No diagnosis, no probability, no dose; for clinicians, who decide.")
