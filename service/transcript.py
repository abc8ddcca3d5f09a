"""Everything that one evaluation found, written out as plain JSON: what `cluneal-cds evaluate --json` prints.

References only where the chart is meant: the transcript says which entry proves what, not what stands in it.
"""

import json
from collections.abc import Iterable

from cds_hooks.response import CDSResponse, to_wire
from service.evaluate import Evaluation
from service.fhir.check import Checked
from service.fhir.unknown_codes import UnknownCode
from service.reasoning.findings import Finding, Proof
from service.reasoning.tiers import Assessment
from service.record import KeyState

Json = dict[str, object]


def transcribe(evaluation: Evaluation) -> Json:
    """One object with issues, findings, assessments, cards as they go over the wire, and the silence or refusal when there is no card."""
    refusal = evaluation.refusal
    return {
        "issues": [{"where": issue.where, "says": issue.says} for issue in evaluation.issues],
        "findings": [_finding(finding) for finding in evaluation.findings],
        **({"presentWithoutCodeMap": list(alone)} if (alone := evaluation.findings.present_unmapped_alone) else {}),
        "assessments": [_assessment(assessment) for assessment in (evaluation.outcome.assessments if evaluation.outcome else ())],
        "cards": on_the_wire(evaluation),
        "silence": transcribed_silence(evaluation),
        "refusal": refusal and {"reason": refusal.reason, "keys": list(refusal.keys), "missing": list(refusal.missing)},
    }


def transcribed_silence(evaluation: Evaluation) -> Json | None:
    """Why there is no card, as it goes over the wire: the rule, the others that hold, the last day of a silence that what was shown before
    brought on, and what could not be used of the chart."""
    if (silence := evaluation.silence) is None:
        return None
    record = evaluation.record
    # A read that failed at the client must not pass for one that found nothing; what was never sent is the client's own choice.
    failed = (key for key, state in record.keys.items() if not state.was_read and state is not KeyState.MISSING)
    unusable = list(dict.fromkeys((*record.unusable, *failed)))
    return {
        "rule": silence.rule,
        "says": silence.says,
        "also": list(silence.also),
        **({"until": silence.until.isoformat()} if silence.until else {}),
        **({"unusable": unusable} if unusable else {}),
    }


def transcribed_check(one: Checked) -> Json:
    """What a strict reader refuses of a resource, and what becomes of it here."""
    places = [{"path": place.path, "says": place.says} for place in one.refused]
    return {"where": one.where, "type": one.kind, "refused": places, "here": {"taken": one.taken.how, "says": one.taken.says}}


def transcribed_code(one: UnknownCode) -> Json:
    """A code that no value set holds, and how often it stands in the chart."""
    coding = {"system": one.coding.system, "code": one.coding.code, "display": one.coding.display}
    return {**coding, "entries": one.entries, "understood": one.understood, "local": one.is_local}


def on_the_wire(evaluation: Evaluation) -> list[Json]:
    """The cards exactly as a client receives them."""
    cards: list[Json] = json.loads(to_wire(CDSResponse(cards=evaluation.cards)))["cards"]
    return cards


def _finding(finding: Finding) -> Json:
    """A finding with its proof, and by which codes of the site's own an entry of it was known, where the client has a code map."""
    by_site = {
        (one.reference, code): {"reference": one.reference, "system": code.system, "code": code.code, "readAs": list(code.means)}
        for one in finding.proof
        for code in one.site_codes
    }
    told: Json = {"id": finding.id, "state": finding.state.value, "proof": _references(finding.proof)}
    return {**told, "siteCodes": list(by_site.values())} if by_site else told


def _assessment(assessment: Assessment) -> Json:
    return {
        "nerve": assessment.nerve,
        "tier": assessment.tier.word,
        "side": assessment.laterality.side.value,
        "sideBasis": assessment.laterality.basis,
        "reasons": assessment.reasons,
        "territory": _references(assessment.territory),
        "reproduced": _references(assessment.reproduced),
        "support": {kind: _references(assessment.support.proof[kind]) for kind in assessment.support.kinds},
    }


def _references(proof: Iterable[Proof]) -> list[str]:
    """The entries of the chart, each once, newest first as they came."""
    return list(dict.fromkeys(one.reference for one in proof))
