"""Rules and findings held against each other: what can never fire, what contradicts, what cannot tell a thing from its opposite."""

from collections.abc import Iterator
from itertools import combinations

from service.knowledge.criteria import (
    ClearStudy,
    CodedAnswer,
    CodedEvent,
    Combination,
    Criterion,
    EventTerms,
    MeasuredValue,
    SitedEvent,
    StudyPhrase,
    WordedEvent,
)
from service.knowledge.model import Knowledge, RuleRow

# Stage -> the effects that the pathway reads in it; any other effect there would never be read.
READ = {
    "B": {"tier", "guidance"},
    "C": {"silence", "cap-low", "cap-moderate", "against", "support", "tier"},
    "D": {"silence", "silence-nerve", "quiet"},
    "E": {"tier"},
    "G": {"band", "caution"},
    "H": {"stop-block", "caution"},
    "I": {"required"},
    "N": {"tier"},
    "O": {"tier"},
    "P": {"tier"},
    "T": {"tier"},
    "W": {"against"},
    "X": {"silence", "cap-moderate"},
}
# Rules that the pathway names itself.
DECIDED = {
    "B-01",
    "C-00",
    "D-02",
    "D-03",
    "D-11",
    "E-ALL",
    "G-0",
    "G-1",
    "G-2",
    "G-3",
    "G-4",
    "G-many",
    "N-multi",
    "N-none",
    "O-block",
    "O-clear",
    "O-examined",
    "O-first",
    "O-none",
    "O-side",
    "P-01",
    "P-02",
    "P-03",
}
_KEEPS_BACK = {"silence", "stop-block", "cap-low", "cap-moderate", "against"}


def never_fires(knowledge: Knowledge) -> Iterator[str]:
    """Rules that nothing in any chart could make hold, or whose effect nobody reads."""
    nerves = knowledge.nerves.values()
    decided = DECIDED | {
        knowledge.pathway.silent_tier,
        *(rule for nerve in nerves for rule in (nerve.rule, nerve.rule.replace("N-", "E-"))),
    }
    there = {rule.id for rules in knowledge.rules.values() for rule in rules}
    for rule_id in sorted(decided - there):
        yield f"rules  {rule_id}: is missing: the pathway names it, and nothing could be said where it decides"
    possible = _possible(knowledge)
    for stage, rules in knowledge.rules.items():
        for rule in rules:
            if rule.effect not in READ.get(stage, set()):
                yield f"rules  {rule.id}: can never fire: nothing reads the effect {rule.effect} in stage {stage}"
            elif not rule.asks and rule.effect != "guidance" and rule.id not in decided:
                yield f"rules  {rule.id}: can never fire: it names no finding, and the pathway does not name it"
            elif rule.asks and (why := _hindered(rule, possible)):
                yield f"rules  {rule.id}: can never fire: {why}"


def _hindered(rule: RuleRow, possible: frozenset[str]) -> str:
    """What keeps a rule from ever holding; "" for nothing."""
    for name in rule.all_of:
        if name in (*rule.none_of, *rule.unless):
            return f"it asks for {name} and for its absence"
        if name not in possible:
            return f"{name} can never be present"
    if rule.any_of and not set(rule.any_of) & possible - {*rule.none_of, *rule.unless}:
        return "none of any_of can be present while it holds"
    return ""


def _possible(knowledge: Knowledge) -> frozenset[str]:
    """The findings that some chart could make present."""
    possible: set[str] = set()
    for _ in knowledge.findings:
        found = {
            name
            for name, finding in knowledge.findings.items()
            if name not in possible and any(_could_hold(criterion, possible) for criterion in finding.recognised)
        }
        if not found:
            break
        possible |= found
    return frozenset(possible)


def _could_hold(criterion: Criterion, possible: set[str]) -> bool:
    """Whether the bounds of a criterion leave anything, and what it rests on can be there."""
    if isinstance(criterion, (EventTerms, CodedAnswer)):
        longest = [days for days in (criterion.within_days, criterion.less_than_days and criterion.less_than_days - 1) if days is not None]
        least = [
            days for days in (criterion.older_than_days, criterion.more_than_days and criterion.more_than_days + 1) if days is not None
        ]
        return not longest or not least or max(least) <= min(longest)
    if isinstance(criterion, MeasuredValue):
        low = criterion.at_least if criterion.at_least is not None else criterion.above
        return bool(criterion.units) and (criterion.below is None or low is None or low < criterion.below)
    if isinstance(criterion, Combination):
        contrary = set(criterion.all_of) & {*criterion.none_of, *criterion.unless}
        some = not criterion.any_of or bool(set(criterion.any_of) & possible - {*criterion.none_of, *criterion.unless})
        return not contrary and set(criterion.all_of) <= possible and some
    rests = (*getattr(criterion, "pain", ()), *getattr(criterion, "chronic", ()))
    return not rests or bool(set(rests) & possible)


def contradictions(knowledge: Knowledge) -> Iterator[str]:
    """Pairs of rules of which one takes back what the other asks for, and findings that speak for and against the same."""
    rules = [rule for stage in knowledge.rules.values() for rule in stage if rule.asks]
    for one, other in combinations(rules, 2):
        same = (set(one.all_of), set(one.any_of), set(one.none_of)) == (set(other.all_of), set(other.any_of), set(other.none_of))
        if same and len({one.effect in _KEEPS_BACK, other.effect in _KEEPS_BACK}) > 1 and "caution" not in (one.effect, other.effect):
            yield f"rules  {one.id} and {other.id}: contradict: the same findings bring about {one.effect} and {other.effect}"
    required = [rule for rule in rules if rule.effect == "required"]
    for rule in rules:
        if rule.effect == "silence" and _every_candidate_meets(rule, required):
            yield f"rules  {rule.id}: contradicts the required rules: whoever is a candidate would be kept silent"
    for name, nerve in knowledge.nerves.items():
        supporting = {finding for findings in nerve.support.values() for finding in findings}
        for rule in (rule for rule in rules if rule.effect in ("against", "silence")):
            alone = set(rule.any_of) if not rule.all_of else set(rule.all_of) if len(rule.asks) == 1 else set()
            for finding in sorted(alone & supporting):
                yield f"rules  {rule.id}: contradicts nerves/{name}.toml, where {finding} supports the nerve"


def _every_candidate_meets(rule: RuleRow, required: list[RuleRow]) -> bool:
    """Whether a rule holds for everybody who meets all the required ones."""
    sure = {name for one in required for name in (*one.all_of, *(one.any_of if len(one.any_of) == 1 else ()))}
    one_of = [set(one.any_of) for one in required if one.any_of]
    some = not rule.any_of or bool(set(rule.any_of) & sure) or any(several <= set(rule.any_of) for several in one_of)
    return not (rule.none_of or rule.unless) and set(rule.all_of) <= sure and some


def alike_and_opposite(knowledge: Knowledge) -> Iterator[str]:
    """Findings that share a value set or a phrase list with the finding that they name as their opposite."""
    for name, finding in knowledge.findings.items():
        for opposite in finding.opposite:
            own, others = (
                {sign for criterion in knowledge.findings[one].recognised for sign in _tells(criterion)} for one in (name, opposite)
            )
            for sign in sorted(own & others):
                yield f"findings/{name}.toml  shares {sign} with its opposite {opposite}"


def _tells(criterion: Criterion) -> tuple[str, ...]:
    """The value sets and phrase lists that tell this finding from its opposite."""
    match criterion:
        case CodedAnswer():
            return tuple(f"value set {name}" for name in criterion.value)
        case CodedEvent() | SitedEvent():
            return tuple(f"value set {name}" for name in criterion.value_set)
        case WordedEvent():
            return (f"phrases {criterion.phrases}" + (f" beside {criterion.beside}" if criterion.beside else ""),)
        case StudyPhrase():
            return (f"phrases {criterion.phrases}",)
        case ClearStudy():
            return tuple(f"phrases {name}" for name in criterion.clear) + tuple(f"value set {name}" for name in criterion.normal_codes)
    return ()
