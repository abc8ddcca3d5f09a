"""What came of a trial, for the page and for a program: as plain values, each with its place in the chart."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from cds_hooks.errors import CDSHooksError, operation_outcome
from cds_hooks.response import to_wire
from service.cds_services import wire
from service.evaluate import Evaluation
from service.fhir.unknown_codes import UnknownCode
from service.knowledge.model import Knowledge
from service.reasoning.findings import Proof
from service.reasoning.truth import State
from service.transcript import on_the_wire, transcribe, transcribed_check, transcribed_code, transcribed_silence
from service.trial.tried import Tried
from service.web.decided import decided

# As many of each as a reader follows; the JSON names them all.
_MOST_PROOFS = 4
_MOST_ROWS = 100

Json = dict[str, Any]
_FOREIGN = "There is data of another patient: such a request is refused, whatever else is in it."
_UNREAD = (
    "Data that is needed was not sent, or cannot be read. Where the EHR has a FHIR server that is listed, the service would fetch it; "
    "here it does not."
)


def as_json(tried: Tried) -> Json:
    """Everything for a program; what `cluneal-cds evaluate --json` tells, with what a strict reader refuses and the unknown codes."""
    return {
        "what": tried.what,
        "resources": tried.resources,
        "problem": tried.problem,
        "problems": list(tried.problems),
        "evaluation": transcribe(tried.evaluation) if tried.evaluation else None,
        "response": _response(tried.evaluation) if tried.evaluation else None,
        "checked": tried.checked,
        "refused": [transcribed_check(one) for one in tried.refused],
        "unknownCodes": [transcribed_code(one) for one in tried.unknown],
    }


def shown(tried: Tried, knowledge: Knowledge) -> Json:
    """What the page shows."""
    local = [one for one in tried.unknown if one.is_local]
    return {
        "tried": tried,
        "refused": tried.refused[:_MOST_ROWS],
        "unknown": tried.unknown[:_MOST_ROWS],
        "snippet": code_rows(local[:_MOST_ROWS]),
        **(_evaluated(tried.evaluation, knowledge) if tried.evaluation else {}),
    }


def _evaluated(found: Evaluation, knowledge: Knowledge) -> Json:
    states = {state: [one for one in found.findings if one.state is state] for state in State}
    label = {name: definition.label for name, definition in knowledge.findings.items()}
    return {
        "cards": on_the_wire(found),
        "silence": transcribed_silence(found),
        "refusal": found.refusal and {"says": _FOREIGN if found.refusal.reason == "foreign" else _UNREAD, "keys": found.refusal.keys},
        "decided": decided(found, knowledge),
        "present": [(one.id, label[one.id], _proofs(one.proof)) for one in states[State.PRESENT]],
        "absent": [(one.id, label[one.id], _proofs(one.proof)) for one in states[State.ABSENT]],
        "not_known": [(one.id, label[one.id]) for one in states[State.UNKNOWN]],
        "alone": found.findings.present_unmapped_alone,
        "keys": [(key, state.value) for key, state in found.record.keys.items()],
        "issues": found.issues[:_MOST_ROWS],
        "more_issues": max(len(found.issues) - _MOST_ROWS, 0),
        "response": json.dumps(_response(found), indent=2, ensure_ascii=False),
    }


def _proofs(proof: Sequence[Proof]) -> tuple[str, ...]:
    more = len(proof) - _MOST_PROOFS
    return (*map(_proof, proof[:_MOST_PROOFS]), *([f"and {more} older"] if more > 0 else ()))


def _proof(one: Proof) -> str:
    """What proves it, when, in which words of the chart, and where that stands."""
    codes = "; ".join(f"by the site's code {code.code} ({', '.join(code.means)})" for code in one.site_codes)
    words = (one.words, one.when.in_words() if one.when else "undated", f'"{one.quote}"' if one.quote else "", codes, f"[{one.reference}]")
    return " ".join(filter(None, words))


def _response(found: Evaluation) -> Json:
    """The answer as a client would receive it: the response, or the OperationOutcome of a refusal."""
    try:
        answer = wire(found, {})
    except CDSHooksError as error:
        return {"status": error.status_hint, **operation_outcome(error)}
    return json.loads(to_wire(answer))  # type: ignore[no-any-return]


def code_rows(codes: Iterable[UnknownCode]) -> str:
    """Rows for a code map, ready but for what each code means."""
    rows = []
    for one in codes:
        display = f"display = {_quoted(one.coding.display)}\n" if one.coding.display else ""
        rows.append(f'[[local]]\nsystem  = {_quoted(one.coding.system)}\ncode    = {_quoted(one.coding.code)}\n{display}means   = ""\n')
    return "\n".join(rows)


def _quoted(text: str) -> str:
    """A string of TOML, which one of JSON is but for DEL."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
