"""Names in one knowledge file that no other file has: dangling links and circles."""

import difflib
from collections.abc import Iterable, Iterator, Mapping

from service.knowledge.blocks import Blocks
from service.knowledge.criteria import ClearStudy, Combination, CurrentPain, LastingPain, StudyMade, StudyPhrase, WordedEvent
from service.knowledge.model import FindingDefinition, Knowledge, Pathway, RuleRow
from service.knowledge.nerve import Nerve
from service.knowledge.orders import Orders


def dangling(knowledge: Knowledge) -> list[str]:
    """One line for every name that leads nowhere, for the author of the file it stands in."""
    problems: list[str] = []

    def check(where: str, kind: str, names: Iterable[str], known: Mapping[str, object]) -> None:
        for name in names:
            if name not in known:
                near = difflib.get_close_matches(name, known, n=1)
                problems.append(f'{where}  no {kind} named "{name}"' + (f' (did you mean "{near[0]}"?)' if near else ""))

    for name, finding in knowledge.findings.items():
        where = f"findings/{name}.toml"
        check(where, "publication", finding.evidence, knowledge.evidence)
        check(where, "finding", finding.opposite, knowledge.findings)
        for criterion in finding.recognised:
            check(where, "value set", _value_sets_of(criterion), knowledge.value_sets)
            check(where, "phrase list", _phrases_of(criterion), knowledge.phrases)
            check(where, "study", _studies_of(criterion), knowledge.studies)
            check(where, "context", filter(None, (getattr(criterion, "context", None),)), knowledge.contexts)
            check(where, "finding", _findings_of(criterion), knowledge.findings)
    for name, study in knowledge.studies.items():
        check(f"studies/{name}.toml", "publication", study.evidence, knowledge.evidence)
        check(f"studies/{name}.toml", "value set", (*study.value_set, *study.region_free), knowledge.value_sets)
        check(f"studies/{name}.toml", "phrase list", (study.named,), knowledge.phrases)
        check(f"studies/{name}.toml", "finding", (study.after,), knowledge.findings)
    for name, context in knowledge.contexts.items():
        check(f"contexts/{name}.toml", "publication", context.evidence, knowledge.evidence)
        check(f"contexts/{name}.toml", "value set", (*context.same_day, *context.sites, *context.never_same_day), knowledge.value_sets)
        check(
            f"contexts/{name}.toml",
            "phrase list",
            filter(None, (context.named, context.also_named, context.never_with, context.unless_named)),
            knowledge.phrases,
        )
    for rule in (rule for stage in knowledge.rules.values() for rule in stage):
        check(f"rules  {rule.id}:", "publication", rule.evidence, knowledge.evidence)
        check(f"rules  {rule.id}:", "finding", findings_of_rule(rule), knowledge.findings)
    for name, nerve in knowledge.nerves.items():
        check(f"nerves/{name}.toml", "nerve", nerve.examine_also, knowledge.nerves)
        check(f"nerves/{name}.toml", "publication", cited_by_nerve(nerve), knowledge.evidence)
        check(f"nerves/{name}.toml", "finding", findings_of_nerve(nerve), knowledge.findings)
    for name, phrases in knowledge.phrases.items():
        check(f"phrases/{name}.toml", "publication", phrases.evidence, knowledge.evidence)
    check("wording.toml", "publication", knowledge.wording.evidence, knowledge.evidence)
    check("language.toml", "publication", knowledge.language.evidence, knowledge.evidence)
    check("pathway.toml", "publication", knowledge.pathway.evidence, knowledge.evidence)
    check("pathway.toml", "finding", findings_of_pathway(knowledge.pathway), knowledge.findings)
    blocks = knowledge.blocks
    check("blocks.toml", "publication", blocks.evidence, knowledge.evidence)
    check("blocks.toml", "value set", (*blocks.score, *blocks.unnamed_block), knowledge.value_sets)
    check("blocks.toml", "phrase list", (blocks.other_site, *(name for _, name in blocks.phrases)), knowledge.phrases)
    check("blocks.toml", "finding", findings_of_blocks(blocks), knowledge.findings)
    check("orders.toml", "publication", knowledge.orders.evidence, knowledge.evidence)
    check("orders.toml", "value set", (name for kind in knowledge.orders.kind for name in kind.value_set), knowledge.value_sets)
    check("orders.toml", "phrase list", (name for _, name in knowledge.orders.listened_for), knowledge.phrases)
    check("orders.toml", "finding", findings_of_orders(knowledge.orders), knowledge.findings)
    quiet, reasons = knowledge.quiet, {reason.code: reason for reason in knowledge.wording.override}
    check("quiet.toml", "publication", quiet.evidence, knowledge.evidence)
    check("quiet.toml", "rule", (pause.rule for pause in quiet.pauses), {rule.id: rule for rule in knowledge.rules.get("D", ())})
    check("quiet.toml", "override reason", (pause.code for pause in quiet.reason), reasons)
    check("wording.toml", "pause of quiet.toml", reasons, {pause.code: pause for pause in quiet.reason})
    check("attributes.toml", "publication", knowledge.attributes.evidence, knowledge.evidence)
    for name, threshold in knowledge.thresholds.items():
        check(f"thresholds.toml  {name}:", "publication", threshold.evidence, knowledge.evidence)
    return problems or [f"findings/{name}.toml  needs itself: {' -> '.join(circle)}" for name, circle in _circles(knowledge.findings)]


def findings_of_rule(rule: RuleRow) -> tuple[str, ...]:
    """Every finding that a rule speaks of."""
    return (*rule.all_of, *rule.any_of, *rule.none_of, *rule.unless)


def findings_of_blocks(blocks: Blocks) -> tuple[str, ...]:
    """Every finding that the reading of a block speaks of."""
    return (*blocks.any_block, *blocks.other_injection, *blocks.sedatives, *blocks.treated)


def findings_of_orders(orders: Orders) -> tuple[str, ...]:
    """Every finding that an order card speaks of."""
    return tuple(name for kind in orders.kind for name in kind.repeats)


def cited_by_nerve(nerve: Nerve) -> tuple[str, ...]:
    """Every publication that a nerve's file cites."""
    told = (*nerve.examination, *nerve.block, *nerve.differential, *nerve.treatment)
    return (*nerve.evidence, *nerve.landmark.evidence, *(key for row in told for key in row.evidence))


def findings_of_nerve(nerve: Nerve) -> tuple[str, ...]:
    """Every finding that a nerve's file speaks of."""
    support = tuple(name for names in nerve.support.values() for name in names)
    return (
        *nerve.territory,
        *nerve.located,
        *nerve.reproduced,
        *nerve.reproduced_before,
        *nerve.denied,
        *support,
        *nerve.surgical,
        *nerve.also,
        *nerve.shown,
        *nerve.block_ordered,
        *nerve.block_done,
        *nerve.treated,
    )


def findings_of_pathway(pathway: Pathway) -> tuple[str, ...]:
    """Every finding that the stages themselves speak of."""
    return (
        pathway.pain,
        *pathway.generic_pain,
        *pathway.side_of_pain,
        *pathway.harvest,
        *pathway.competing,
        pathway.unplaced_point,
        pathway.imaging,
        *pathway.examined,
    )


def _value_sets_of(criterion: object) -> tuple[str, ...]:
    """Every value set a criterion names."""
    fields = ("value_set", "site", "value", "normal_codes", "abnormal_codes")
    return tuple(name for field in fields for name in getattr(criterion, field, ()))


def _phrases_of(criterion: object) -> tuple[str, ...]:
    """Every phrase list a criterion names."""
    match criterion:
        case WordedEvent():
            return (criterion.phrases, *((criterion.beside,) if criterion.beside else ()))
        case StudyPhrase():
            return (criterion.phrases,)
        case ClearStudy():
            return (*criterion.clear, *criterion.contrary, *criterion.unclear)
    return ()


def _studies_of(criterion: object) -> tuple[str, ...]:
    """Every kind of study a criterion names."""
    return (criterion.study,) if isinstance(criterion, (ClearStudy, StudyPhrase, StudyMade)) else ()


def _findings_of(criterion: object) -> tuple[str, ...]:
    """Every other finding a criterion rests on."""
    if after := getattr(criterion, "after", None):
        return (after,)
    match criterion:
        case Combination():
            return (*criterion.all_of, *criterion.any_of, *criterion.none_of, *criterion.unless)
        case CurrentPain():
            return (*criterion.pain, *criterion.sign)
        case LastingPain():
            return (*criterion.pain, *criterion.chronic)
    return ()


def _circles(findings: Mapping[str, FindingDefinition]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Findings that rest on themselves, with the way round."""
    for name in findings:
        path: list[tuple[str, ...]] = [(name,)]
        while path:
            way = path.pop()
            for criterion in findings[way[-1]].recognised:
                for following in _findings_of(criterion):
                    if following == name:
                        yield name, (*way, name)
                        path.clear()
                    elif following not in way and following in findings:
                        path.append((*way, following))
