"""The card of a suspicion: examine these points, or consider a block of a nerve whose point reproduces the pain.

The order of the detail never varies: Examine or Consider, Because, Cautions, Against, Not known, Also on record, Evidence.
Source: clinical design, section 3.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from service.call import Call
from service.cards.content import Content, said_besides
from service.cards.dialects import shape_of
from service.cards.in_words import says_instead
from service.cards.reasons import Room, tell
from service.cards.suggestions import already_ordered, block_suggestions, workup_suggestions
from service.cards.wording import fitting, listed, named_knowledge, not_known
from service.reasoning.findings import Findings
from service.reasoning.pathway import Outcome
from service.reasoning.tiers import Assessment
from service.record import Side


def suspicion_content(
    outcome: Outcome, findings: Findings, call: Call, today: date, card: str, *, lead: str = "", at_once: Collection[Side] = ()
) -> Content:
    """What the card of a suspicion holds, its detail after what it opens with."""
    workup = outcome.kind == "workup"
    return Content(
        summary=summary_of_suspicion(outcome, findings),
        detail=detail_of_suspicion(outcome, findings, call, lead),
        basis=basis_of_suspicion(outcome),
        suggestions=(
            workup_suggestions(outcome, findings, call, today, card, at_once)
            if workup
            else block_suggestions(outcome, findings, call, card)
        ),
        one_only=workup,
        details=said_besides(outcome),
    )


def basis_of_suspicion(outcome: Outcome) -> dict[str, object]:
    """What the card rests on, for machines."""
    first = outcome.assessments[0]
    return {
        "tier": outcome.tier.word,
        "nerves": [assessment.nerve for assessment in outcome.assessments],
        "side": first.laterality.side.value,
        "sideBasis": first.laterality.basis,
    }


def summary_of_suspicion(outcome: Outcome, findings: Findings) -> str:
    """The message within the first 90 characters."""
    first = outcome.assessments[0]
    nerves = findings.knowledge.nerves
    if outcome.kind == "block":
        return _block_summary(outcome, findings)
    press = nerves[first.nerve].landmark.press
    if first.laterality.side is Side.CONFLICT:
        return f"Consider {nerves[first.nerve].adjective} cluneal nerve pain: sides on record conflict, press {press} on both sides"
    if first.reasons == "unplaced":
        return "A point reproduces the usual pain, landmark not recorded: consider cluneal nerve pain, press and record where"
    if first.reasons == "surgery":
        return f"Consider cluneal nerve pain: press {press}{_after(first, findings)}"
    side = f", {first.laterality.side.value}" if first.laterality.sides else ""
    return f"Consider {nerves[first.nerve].adjective} cluneal nerve pain{side}: press {press}{_after(first, findings)}"


def _block_summary(outcome: Outcome, findings: Findings) -> str:
    nerves = findings.knowledge.nerves
    high = [one for one in outcome.assessments if one.reasons == "reproduced" and one.tier is outcome.tier]
    newest = max(
        (one.reproduced[0].when for one in high if one.reproduced and one.reproduced[0].when), key=lambda when: when.last, default=None
    )
    day = f" ({newest.last.day} {newest.last:%b})" if newest else ""
    sides = {one.laterality.side for one in high if one.laterality.basis == "exam"}
    both = sides == {Side.BILATERAL}
    side = "Both " if both else f"{next(iter(sides)).value.capitalize()} " if len(sides) == 1 and high[0].laterality.basis == "exam" else ""
    several = len(high) > 1 or both
    names = listed([nerves[one.nerve].adjective for one in high])
    what = f"{side}{names} cluneal point{'s' if several else ''} reproduce{'' if several else 's'} the usual pain{day}"
    what = what[0].upper() + what[1:]
    if outcome.stops:
        return f"{what}: {findings.knowledge.wording.held_back}, see cautions"
    return f"{what}: {'block already ordered' if is_ordered(outcome, findings) else 'consider a diagnostic block'}"


def is_ordered(outcome: Outcome, findings: Findings) -> bool:
    """Whether a block of every point that reproduces the pain is ordered already."""
    high = [one for one in outcome.assessments if one.reasons == "reproduced" and one.tier is outcome.tier]
    wanted = {(one.nerve, side) for one in high for side in one.laterality.sides}
    taken = {(one.nerve, side) for one in high for side in already_ordered(findings.knowledge.nerves[one.nerve], findings)}
    return bool(wanted) and wanted <= taken


def _after(assessment: Assessment, findings: Findings) -> str:
    """The newest operations that the pain outlasts, in few words."""
    surgical = findings.present(assessment.support.asked["surgical"])
    dated = sorted(surgical, key=lambda found: found.proof[0].when.last if found.proof[0].when else date.min, reverse=True)
    short = [findings.knowledge.findings[found.id].short or findings.knowledge.findings[found.id].words for found in dated[:2]]
    # The graft is named after the fusion it was taken for.
    return f" (persists after {' + '.join(sorted(short, key=lambda words: words == 'graft'))})" if short else ""


def detail_of_suspicion(outcome: Outcome, findings: Findings, call: Call, lead: str = "") -> str:
    """The detail within its limits, after what it opens with: quotations shorten first, then what is only worth knowing goes, then the
    support."""
    instead = says_instead(outcome, findings, call)
    budgets = _BUDGETS[_NARROW:] if shape_of(call).narrow else _BUDGETS
    texts = ("\n\n".join(filter(None, (lead, *_sections(outcome, findings, budget, instead)))) for budget in budgets)
    return fitting(texts)


@dataclass(frozen=True, slots=True)
class _Budget:
    """How much room there is.

    quote    characters of a quotation;  facts, against, unknown: how many of each are named
    deciding characters of the quotation of a report or an examination, which is whole or not there
    bare     operations by their short names, and without asides;  plain: nothing that the dates say as well
    roomy    room for what is only worth knowing;  numbers: room for published ones;  brief: cautions and guidance in few words
    """

    quote: int
    facts: int
    against: int
    unknown: int = 6
    roomy: bool = False
    numbers: bool = True
    brief: bool = False
    bare: bool = False
    plain: bool = False
    deciding: int = 90


# The last one fits whatever a chart holds: tests/service/cards/test_compose.py fills every section of it.
_BUDGETS = (
    _Budget(120, 8, 3, roomy=True, deciding=120),
    _Budget(90, 8, 3, roomy=True),
    _Budget(70, 8, 3, roomy=True),
    _Budget(70, 8, 3),
    _Budget(60, 6, 2),
    _Budget(50, 5, 2),
    _Budget(40, 5, 2),
    _Budget(40, 5, 2, bare=True),
    _Budget(40, 5, 2, bare=True, plain=True),
    _Budget(40, 5, 2, bare=True, plain=True, numbers=False),
    _Budget(30, 5, 2, bare=True, plain=True, numbers=False),
    _Budget(30, 5, 2, bare=True, plain=True, unknown=3, numbers=False),
    _Budget(30, 4, 2, bare=True, plain=True, unknown=4, numbers=False),
    _Budget(30, 4, 2, bare=True, plain=True, unknown=4, numbers=False, brief=True, deciding=70),
    _Budget(20, 4, 2, bare=True, plain=True, unknown=3, numbers=False, brief=True, deciding=60),
    _Budget(16, 4, 2, bare=True, plain=True, unknown=3, numbers=False, brief=True, deciding=60),
    _Budget(16, 3, 2, bare=True, plain=True, unknown=3, numbers=False, brief=True, deciding=50),
    _Budget(20, 2, 2, bare=True, plain=True, unknown=3, numbers=False, brief=True, deciding=40),
    _Budget(20, 2, 2, bare=True, plain=True, unknown=2, numbers=False, brief=True, deciding=20),
    _Budget(20, 1, 2, bare=True, plain=True, unknown=2, numbers=False, brief=True, deciding=20),
)
# Where a narrow column begins, however little there is to say: short quotations, and nothing that is only worth knowing.
_NARROW = 6


def _sections(outcome: Outcome, findings: Findings, budget: _Budget, instead: str) -> list[str]:
    """The sections that fit into a budget, empty ones left out; `instead`: what stands for suggestions."""
    wording = findings.knowledge.wording
    told = tell(outcome, findings, Room(budget.quote, budget.deciding, not budget.roomy, budget.brief, budget.bare, budget.plain))
    evidence = wording.evidence_of[outcome.kind].rstrip(".")
    numbers = f"; {findings.knowledge.nerves[outcome.assessments[0].nerve].numbers}" if outcome.kind == "block" and budget.numbers else ""
    sections = (
        _examine(outcome, findings) if outcome.kind == "workup" else _consider(outcome, findings, brief=budget.brief),
        instead,
        _section("Because", told.because[: budget.facts]),
        _section("Cautions", told.cautions),
        _section("Against", told.against if budget.brief else told.against[: budget.against]),
        not_known(told.not_known[: budget.unknown]),
        _section("Also on record (no published numbers)", told.also[:2] if budget.roomy else ()),
        f"**Evidence** {evidence}{numbers}. {wording.limits} {named_knowledge(findings.knowledge)}",
    )
    return [section for section in sections if section]


def _section(title: str, parts: Sequence[str]) -> str:
    return f"**{title}** {'; '.join(parts)}." if parts else ""


def _examine(outcome: Outcome, findings: Findings) -> str:
    """Where to press, nerve by nerve, and what else to check."""
    wording = findings.knowledge.wording
    nerves = findings.knowledge.nerves
    named = [one.nerve for one in outcome.assessments]
    named += [other for name in named for other in nerves[name].examine_also if other not in named]
    points = [nerves[name].landmark.examine for name in named]
    steps = "\n".join(f"{number}. {point}" for number, point in enumerate(points, start=1))
    return f"**Examine** ({wording.press})\n{steps}\n\n{wording.after_pressing}"


def _consider(outcome: Outcome, findings: Findings, *, brief: bool) -> str:
    """The block to consider and how to make it readable, or why none is offered; brief: the guidance of the first nerve alone."""
    wording, knowledge = findings.knowledge.wording, findings.knowledge
    nerve = knowledge.nerves[outcome.assessments[0].nerve]
    high = [knowledge.nerves[one.nerve] for one in outcome.assessments if one.tier is outcome.tier]
    guidance = nerve.guidance if len(high) < 2 else "; ".join(f"{one.adjective}: {one.guidance}" for one in high[: 1 if brief else None])
    if outcome.stops:
        return f"**Consider** the cautions below first: {wording.held_back}."
    taken = already_ordered(nerve, findings) & set(outcome.assessments[0].laterality.sides)
    ordered = f" A block of this nerve is already ordered ({listed([side.value for side in sorted(taken)])})." if taken else ""
    several = " One target per session keeps the result readable." if len(outcome.assessments) > 1 else ""
    return f"**Consider** {wording.block.format(guidance=guidance)}{several}{ordered}"
