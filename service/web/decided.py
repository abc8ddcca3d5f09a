"""Why a chart brought a card about or none, rule by rule: what each asks for, how that stands in this chart, and on what it rests."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from service.evaluate import Evaluation
from service.knowledge.model import Knowledge, RuleRow
from service.knowledge.nerve import Nerve
from service.published import EFFECTS
from service.reasoning.findings import Findings
from service.web.why_page import KINDS

_ASKED = {"all_of": "all of", "any_of": "one of", "none_of": "none of, surely", "unless": "unless present"}
_RESTS_ON = (*_ASKED, "pain", "sign", "chronic")
# The tier is decided over all that speaks for a nerve, not by findings of the rule itself.
_TIER = "T-LOW"


@dataclass(frozen=True, slots=True)
class Part:
    """A finding, how it stands in this chart, and the findings that it rests on."""

    name: str
    label: str
    state: str
    rests_on: tuple["Part", ...] = ()


@dataclass(frozen=True, slots=True)
class Decided:
    """A rule that decided, or a kind of support that counted; `page`: (room, name) of the file that says so.

    says   what holds; of a rule that is required, and is kept, what it asks for
    """

    page: tuple[str, str]
    id: str
    says: str
    does: str
    asks: Mapping[str, tuple[Part, ...]]


def decided(found: Evaluation, knowledge: Knowledge) -> list[Decided]:
    """The rules that brought the answer about, in the order in which they count."""
    rules = {rule.id: rule for stage in knowledge.rules.values() for rule in stage}
    said = found.outcome.rules if found.outcome else (found.silence.rule, *found.silence.also) if found.silence else ()
    told = [_decided(rules[id_], found.findings, met=found.outcome is not None) for id_ in said if id_ in rules]
    kinds = [id_ for id_ in said if id_ not in rules]
    return [*told, *(_support(kind, found, knowledge) for kind in kinds)]


def _support(kind: str, found: Evaluation, knowledge: Knowledge) -> Decided:
    """A kind of support, as the file of the first nerve that it counts for names it."""
    names = [one.nerve for one in found.outcome.assessments if kind in one.support.kinds] if found.outcome else []
    nerve = names[0] if names else next(iter(knowledge.nerves))
    support: Mapping[str, tuple[str, ...]] = {str(one): named for one, named in knowledge.nerves[nerve].support.items()}
    parts = tuple(_part(name, found.findings, deep=False) for name in support.get(kind, ()))
    does = f"counts as support of the {' and '.join(names)} nerve{'s' if len(names) > 1 else ''}"
    return Decided(("nerves", nerve), kind, f"{KINDS[kind][0].upper()}{KINDS[kind][1:]}.", does, {"one of": parts})


def _decided(rule: RuleRow, findings: Findings, *, met: bool) -> Decided:
    if rule.id == _TIER:
        asks = dict(_of_tier(findings))
    else:
        asks = {words: tuple(_part(name, findings) for name in getattr(rule, key)) for key, words in _ASKED.items() if getattr(rule, key)}
    return Decided(
        ("rules", rule.id), rule.id, rule.asks_for if met and rule.effect == "required" else rule.says, EFFECTS[rule.effect], asks
    )


def _part(name: str, findings: Findings, *, deep: bool = True) -> Part:
    definition = findings.knowledge.findings[name]
    others = dict.fromkeys(other for way in definition.recognised for key in _RESTS_ON for other in getattr(way, key, ())) if deep else {}
    rests_on = tuple(_part(other, findings, deep=False) for other in others)
    return Part(name, definition.label, findings[name].state.value, rests_on)


def _of_tier(findings: Findings) -> Iterator[tuple[str, tuple[Part, ...]]]:
    """For each nerve what would raise its tier, and how that stands."""
    for nerve in findings.knowledge.nerves.values():
        for words, names in _asked_of(nerve):
            yield f"{nerve.adjective}: {words}", tuple(_part(name, findings, deep=False) for name in names)


def _asked_of(nerve: Nerve) -> Iterator[tuple[str, tuple[str, ...]]]:
    yield "pain in its territory (A)", nerve.territory
    yield "pressing its point (B)", (*nerve.reproduced, *nerve.reproduced_before)
    for kind, names in sorted(nerve.support.items()):
        yield f"support {kind}", names
