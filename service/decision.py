"""The record of a decision: what one call came to, without a name or a word of the chart. Pure."""

import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import date, datetime
from typing import Any

from cds_hooks.hooks.order_select import OrderSelect
from cds_hooks.hooks.order_sign import OrderSign
from cds_hooks.request import HookRequest, compact_prefetch
from service.evaluate import Evaluation
from service.history import Visit
from service.reasoning.truth import State
from service.record import Allergy, Encounter, PatientRecord
from service.storage.decisions import DecidedCard, Decision
from service.storage.pseudonyms import Pseudonyms

LONGEST_INSTANCE = 255


def visit_of(request: HookRequest, pseudonyms: Pseudonyms) -> Visit:
    """Whose call it is, in pseudonyms."""
    context, whose = request.context, (request.client, _server(request))
    return Visit(
        client=request.client,
        patient=pseudonyms.patient(*whose, context.patient_id),
        encounter=pseudonyms.encounter(*whose, context.encounter_id or ""),
        user=pseudonyms.user(*whose, str(context.user_id or "")),
    )


def salt_of(request: HookRequest, pseudonyms: Pseudonyms) -> bytes:
    """What the digests of this patient's facts are keyed with."""
    return pseudonyms.salt(request.client, _server(request), request.context.patient_id)


def decision_of(
    request: HookRequest,
    evaluation: Evaluation,
    pseudonyms: Pseudonyms,
    *,
    service: str,
    version: str,
    at: datetime,
    today: date,
    shown: bool,
    milliseconds: float,
    unrecorded: int = 0,
) -> Decision:
    """What the service decided at a call.

    at, today   when, in UTC, and for which civil day;  shown: whether the client gets the cards
    unrecorded  calls of the client before it that left no record
    """
    visit, findings = visit_of(request, pseudonyms), evaluation.findings
    record = evaluation.record
    unusable = dict.fromkeys(record.unusable, "unusable")
    return Decision(
        decided_at=at,
        today=today.isoformat(),
        client=visit.client,
        service=service,
        hook=request.hook,
        hook_instance=instance_of(request),
        patient=visit.patient,
        encounter=visit.encounter,
        caller=visit.user,
        version=version,
        knowledge=findings.knowledge.version.version,
        input_digest=input_digest(request, pseudonyms),
        data={**{key: state.value for key, state in record.keys.items()}, **unusable},
        findings={name: state.value for name, state in findings.asked.items() if state is not State.UNKNOWN},
        rules=tuple(evaluation.outcome.rules) if evaluation.outcome else (),
        outcome=_outcome(evaluation),
        silence=_silence(evaluation),
        milliseconds=round(milliseconds, 3),
        shown=shown,
        entries=record.entries,
        unknown_codes=record.unknown_codes,
        unrecorded=unrecorded,
        **_dates(record),
        cards=tuple(
            DecidedCard(one.uuid or "", shown, one.source.topic.code if one.source.topic else "", evaluation.gist)
            for one in evaluation.cards
            if evaluation.gist
        ),
    )


def instance_of(request: HookRequest) -> str:
    """The hookInstance as it is stored: a client may send any text, of any length."""
    return request.hook_instance[:LONGEST_INSTANCE]


def input_digest(request: HookRequest, pseudonyms: Pseudonyms) -> str:
    """A keyed digest of everything that the evaluation depends on: the context, the drafts, and the prefetch however it is indented."""
    context = request.context
    drafts = context.drafts if isinstance(context, (OrderSelect, OrderSign)) else ()
    asked = [request.hook, request.fhir_server, context.patient_id, context.encounter_id, str(context.user_id)]
    written = ""
    # Drafts nested just not too deep to be read may be too deep to be written; no order is, and such a one tells nothing anyway.
    with suppress(RecursionError):
        written = json.dumps(list(drafts), sort_keys=True)
    parts = [json.dumps(asked).encode(), written.encode()]
    for key, value in compact_prefetch(request):
        parts += [key.encode(), value]
    return pseudonyms.of_input(*parts)


def _server(request: HookRequest) -> str:
    return (request.fhir_server or "").rstrip("/")


def _dates(record: PatientRecord) -> dict[str, int]:
    """How many entries of the chart a rule could use, and those of them without any date; allergies and visits need none."""
    dated = [fact.dated is not None for kind, facts in record.facts.items() if kind not in (Allergy, Encounter) for fact in facts]
    return {"facts": len(dated), "undated": dated.count(False)}


def _outcome(evaluation: Evaluation) -> str:
    if evaluation.refusal:
        return "refused"
    return evaluation.outcome.kind if evaluation.outcome else "silence"


def _silence(evaluation: Evaluation) -> Mapping[str, Any]:
    if refusal := evaluation.refusal:
        return {"reason": refusal.reason, "keys": list(refusal.keys)}
    if silence := evaluation.silence:
        until = silence.until and silence.until.isoformat()
        return {"rule": silence.rule, "also": list(silence.also), **({"until": until} if until else {})}
    return {}
