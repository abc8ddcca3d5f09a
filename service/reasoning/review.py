"""Knowledge tried on an empty chart and on itself: what loads may still be unsafe, and must not start.

`load` finds what is wrong in the files; this finds what they would do. Application and `knowledge check` call both and report one list.
"""

from collections.abc import Iterator
from datetime import date

from service.errors import InvalidKnowledge
from service.knowledge.criteria import EventTerms
from service.knowledge.links import (
    cited_by_nerve,
    findings_of_blocks,
    findings_of_nerve,
    findings_of_orders,
    findings_of_pathway,
    findings_of_rule,
)
from service.knowledge.model import Knowledge
from service.reasoning.criteria import CRITERIA
from service.reasoning.findings import Findings
from service.reasoning.language import Ear
from service.reasoning.pathway import Silence, assess
from service.reasoning.review_rules import alike_and_opposite, contradictions, never_fires
from service.reasoning.rules import state_of
from service.reasoning.truth import State
from service.record import KeyState, Patient, PatientRecord

_A_DAY = date(2026, 1, 1)
# The keys of fhir/chart.py, which is on a floor of its own; a test holds the two together.
CHART_KEYS = (
    "patient",
    "conditions",
    "procedures",
    "encounter",
    "reports",
    "exams",
    "surveys",
    "labs",
    "medications",
    "allergies",
    "orders",
)


def reviewed(knowledge: Knowledge) -> Knowledge:
    """The same knowledge, safe to answer with; raises InvalidKnowledge with every problem found."""
    if problems := sorted(_problems(knowledge)):
        raise InvalidKnowledge(problems)
    return knowledge


def _problems(knowledge: Knowledge) -> Iterator[str]:
    if knowledge.digest != knowledge.version.digest:
        yield "version.toml  names other files than these: a changed file takes a new version (cluneal-cds knowledge stamp)"
    yield from _said_of_nobody(knowledge)
    yield from _never_asked_for(knowledge)
    yield from _second_hand(knowledge)
    yield from _codes_of_ours(knowledge)
    yield from never_fires(knowledge)
    yield from contradictions(knowledge)
    yield from alike_and_opposite(knowledge)


def _said_of_nobody(knowledge: Knowledge) -> Iterator[str]:
    """Rules and nerves that speak about a patient of whom nothing is known: they would speak about everybody."""
    record = PatientRecord(patient=Patient(reference="Patient/nobody"), keys=dict.fromkeys(CHART_KEYS, KeyState.SUPPLIED))
    findings = Findings(record, knowledge, _A_DAY, Ear(knowledge.language, knowledge.slips), CRITERIA)
    for finding in findings:
        if finding.is_present:
            yield f"findings/{finding.id}.toml  is present in an empty record"
    for rule in (rule for stage in knowledge.rules.values() for rule in stage if rule.asks):
        if state_of(rule, findings) is State.PRESENT:
            yield f"rules  {rule.id}: holds for an empty record"
    if not isinstance(assess(findings, clinician=True), Silence):
        yield "pathway.toml  would show a card for an empty record"


def _never_asked_for(knowledge: Knowledge) -> Iterator[str]:
    """Findings that no rule, nerve, study or other finding asks for: dead letters, or a name misspelt elsewhere."""
    asked = set(findings_of_pathway(knowledge.pathway)) | {study.after for study in knowledge.studies.values()}
    asked |= {name for stage in knowledge.rules.values() for rule in stage for name in findings_of_rule(rule)}
    asked |= {name for nerve in knowledge.nerves.values() for name in findings_of_nerve(nerve)}
    asked |= {*findings_of_blocks(knowledge.blocks), *findings_of_orders(knowledge.orders)}
    asked |= {
        criterion.after
        for finding in knowledge.findings.values()
        for criterion in finding.recognised
        if isinstance(criterion, EventTerms) and criterion.after
    }
    fields = ("all_of", "any_of", "none_of", "unless", "pain", "sign", "chronic")
    asked |= {
        name
        for finding in knowledge.findings.values()
        for criterion in finding.recognised
        for field in fields
        for name in getattr(criterion, field, ())
    }
    for name in sorted(knowledge.findings.keys() - asked):
        yield f"findings/{name}.toml  is asked for by no rule, nerve or finding"


def _second_hand(knowledge: Knowledge) -> Iterator[str]:
    """Whatever cites a publication which nobody here has read."""
    unread = {name for name, publication in knowledge.evidence.items() if publication.read == "secondary"}
    cited = {
        **{f"rules  {rule.id}:": rule.evidence for stage in knowledge.rules.values() for rule in stage},
        **{f"findings/{name}.toml ": finding.evidence for name, finding in knowledge.findings.items()},
        **{f"phrases/{name}.toml ": phrases.evidence for name, phrases in knowledge.phrases.items()},
        **{f"studies/{name}.toml ": study.evidence for name, study in knowledge.studies.items()},
        **{f"contexts/{name}.toml ": context.evidence for name, context in knowledge.contexts.items()},
        **{f"thresholds.toml  {name}:": threshold.evidence for name, threshold in knowledge.thresholds.items()},
        **{f"nerves/{name}.toml ": cited_by_nerve(nerve) for name, nerve in knowledge.nerves.items()},
        "blocks.toml ": knowledge.blocks.evidence,
        "wording.toml ": knowledge.wording.evidence,
        "pathway.toml ": knowledge.pathway.evidence,
        "orders.toml ": knowledge.orders.evidence,
        "quiet.toml ": knowledge.quiet.evidence,
        "language.toml ": knowledge.language.evidence,
        "attributes.toml ": knowledge.attributes.evidence,
    }
    for where, names in cited.items():
        for name in sorted(unread.intersection(names)):
            yield f'{where} cites "{name}", which was seen only as reported by others'


def _codes_of_ours(knowledge: Knowledge) -> Iterator[str]:
    """Codes of our own that some file names and our CodeSystem does not define."""
    systems, defined = {system for system, _ in knowledge.own_codes}, {code for _, code in knowledge.own_codes}
    reasons = [(reason.system, reason.code) for reason in knowledge.wording.override]
    named = {
        **{f"nerves/{name}.toml ": (nerve.exam_code, nerve.block_code, nerve.nerve_code) for name, nerve in knowledge.nerves.items()},
        "blocks.toml ": tuple(knowledge.blocks.codes.model_dump().values()),
        "wording.toml ": tuple(code for system, code in reasons if system in systems),
        **{
            f"value_sets/{name}.json ": tuple(code for system, code in value_set.codes if system in systems)
            for name, value_set in knowledge.value_sets.items()
        },
    }
    for where, codes in named.items():
        for code in sorted(set(codes) - defined):
            yield f'{where} names the code "{code}", which code_systems/examination.json does not define'
