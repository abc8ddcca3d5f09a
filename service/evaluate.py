"""The corridor: the only way from a chart to a card. Pure; it returns everything it found and never raises for bad clinical data.

The hook services, the command line and everything that comes later call it, so they cannot disagree.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Literal

from cds_hooks.response import Card
from service.call import Call
from service.cards.compose import compose
from service.cards.dialects import takes_findings
from service.cards.suggestions import blocks_to_order
from service.fhir.chart import REQUIRED, Chart, ChartEntry
from service.fhir.drafts import KEY as DRAFTS
from service.fhir.drafts import DraftOrders, read_drafts
from service.fhir.read import Reading, read_chart
from service.fhir.write import exam_observation
from service.history import NOTHING, Gist, History
from service.knowledge.model import Knowledge
from service.reasoning.criteria import CRITERIA
from service.reasoning.findings import Findings
from service.reasoning.language import Ear
from service.reasoning.material import gist_of
from service.reasoning.orders import OrderAnswer, assess_orders, concerns_us
from service.reasoning.pathway import Outcome, Response, Silence, assess
from service.reasoning.quiet import quiet
from service.record import Issue, KeyState, PatientRecord, Side


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why nothing can be said from this chart at all.

    reason   "foreign": a resource of another patient lay under the keys; "unread": needed data was not sent or could not be read
    keys     the prefetch keys concerned;  missing: those of them that were not sent
    """

    reason: Literal["foreign", "unread"]
    keys: tuple[str, ...]
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Everything that one look at a chart gave. Exactly one of refusal, silence and outcome is there.

    gist   what there is to remember of the card, so that the next call can judge whether it is news; None where there is no card
    """

    record: PatientRecord
    issues: tuple[Issue, ...]
    findings: Findings
    refusal: Refusal | None
    silence: Silence | None
    outcome: Outcome | Response | OrderAnswer | None
    cards: tuple[Card, ...]
    gist: Gist | None


def evaluate(chart: Chart, knowledge: Knowledge, *, today: date, call: Call, history: History = NOTHING) -> Evaluation:
    """What the chart holds, what follows from it, and the card or the reason for silence.

    today     the civil date in the patient's time zone;  call: who asks about which visit
    history   what is remembered of earlier calls; without a memory nothing
    """
    reading, drafts = _read(chart, knowledge, today, call)
    unusable = (*reading.record.unusable, *((DRAFTS,) if drafts.unusable else ()))
    record = replace(reading.record, drafts=drafts.orders, unusable=unusable) if chart.drafts else reading.record
    findings = Findings(record, knowledge, today, _ear(knowledge), CRITERIA, _unmapped(record, chart, knowledge, today, call))
    signing = call.hook == "order-sign"
    at_orders = signing or call.hook == "order-select"
    refusal = _refusal(record.keys, (*reading.foreign, *((DRAFTS,) if drafts.foreign else ())))
    # At an order of which nothing could be said nobody needs to know the chart.
    if refusal and refusal.reason == "unread" and at_orders and not concerns_us(findings, signing=signing):
        refusal = None
    clinician = call.is_clinician
    answer = (
        None
        if refusal
        else assess_orders(findings, clinician=clinician, signing=signing)
        if at_orders
        else assess(findings, clinician=clinician)
    )
    gist = gist_of(answer, findings, salt=history.salt) if answer and not isinstance(answer, Silence) else None
    if gist and (pause := quiet(gist, history, knowledge, today=today)):
        answer, gist = pause, None
    outcome = None if isinstance(answer, Silence) else answer
    at_once = _orders_at_once(outcome, chart, knowledge, today, call)
    cards = (compose(outcome, findings, call, today, at_once),) if outcome else ()
    silence = answer if isinstance(answer, Silence) else None
    return Evaluation(record, reading.issues, findings, refusal, silence, outcome, cards, gist)


def needs_chart(drafts: Sequence[Mapping[str, object]], knowledge: Knowledge, *, call: Call, server: str, today: date) -> bool:
    """Whether what is in the patient's chart can matter: not at orders of which nothing could be said with any chart."""
    if call.hook not in ("order-sign", "order-select"):
        return True
    codes = call.speech.order_codes
    read = read_drafts(drafts, knowledge, patient=call.patient, server=server, today=today, order_codes=codes)
    bare = read_chart(Chart(call.patient, server, {}, ()), knowledge, encounter=None, order_codes=codes).record
    findings = Findings(replace(bare, drafts=read.orders), knowledge, today, _ear(knowledge), CRITERIA)
    return concerns_us(findings, signing=call.hook == "order-sign")


def _read(chart: Chart, knowledge: Knowledge, today: date, call: Call) -> tuple[Reading, DraftOrders]:
    """The chart and the drafted orders, read with the codes of the client's site."""
    codes, local = call.speech.order_codes, call.local
    reading = read_chart(chart, knowledge, encounter=call.encounter or None, order_codes=codes, local=local)
    given = {"patient": chart.patient, "server": chart.server}
    return reading, read_drafts(chart.drafts, knowledge, **given, today=today, order_codes=codes, local=local)


def _unmapped(record: PatientRecord, chart: Chart, knowledge: Knowledge, today: date, call: Call) -> Findings | None:
    """What is found without the code map of the site; None where the map made no difference to the chart."""
    if call.local is None or not any(fact.site_codes for facts in record.facts.values() for fact in facts):
        return None
    reading, _ = _read(replace(chart, drafts=()), knowledge, today, replace(call, local=None))
    return Findings(reading.record, knowledge, today, _ear(knowledge), CRITERIA)


def _orders_at_once(
    outcome: Outcome | Response | OrderAnswer | None, chart: Chart, knowledge: Knowledge, today: date, call: Call
) -> tuple[Side, ...]:
    """The sides on which one click may record a finding and draft its block (combined attestation): those whose block the next call would
    offer, with nothing to think of before it, for the card that is read before this click tells no caution."""
    if not (call.speech.combined_attestation and takes_findings(call) and isinstance(outcome, Outcome) and outcome.kind == "workup"):
        return ()
    name, later = outcome.assessments[0].nerve, replace(call, speech=replace(call.speech, combined_attestation=False))

    def is_offered(side: Side) -> bool:
        seen = exam_observation(knowledge.nerves[name], side, reproduces=True, call=call, today=today, note="As if it were recorded.")
        entry = ChartEntry(json.dumps(seen).encode(), "Observation", "exams")
        then = evaluate(replace(chart, entries=(*chart.entries, entry)), knowledge, today=today, call=later)
        if not isinstance(then.outcome, Outcome) or then.outcome.cautions:
            return False
        return any((one.nerve, where) == (name, side) for one, where in blocks_to_order(then.outcome, then.findings))

    return tuple(side for side in (Side.RIGHT, Side.LEFT) if is_offered(side))


def _refusal(keys: Mapping[str, KeyState], foreign: tuple[str, ...]) -> Refusal | None:
    """Another patient's data first, then needed data that is not there."""
    if foreign:
        return Refusal("foreign", foreign)
    unread = tuple(key for key in REQUIRED if not keys.get(key, KeyState.MISSING).was_read)
    missing = tuple(key for key in unread if keys.get(key, KeyState.MISSING) is KeyState.MISSING)
    return Refusal("unread", unread, missing) if unread else None


@lru_cache(maxsize=4)
def _ear(knowledge: Knowledge) -> Ear:
    return Ear(knowledge.language, knowledge.slips)
