"""The CDS Services offered: id, hook, prefetch templates derived from the knowledge, and the corridor as their answer.

Here a chart that cannot be judged becomes a 412, and silence keeps its reason in the response.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from cds_hooks.discovery import CDSService
from cds_hooks.errors import ForeignPatient, Overloaded, PayloadTooLarge, PrefetchUnavailable
from cds_hooks.fetched import Fetched, Reason, State
from cds_hooks.fhir_access import Completed
from cds_hooks.hooks.order_select import OrderSelect
from cds_hooks.hooks.order_sign import OrderSign
from cds_hooks.request import HookRequest
from cds_hooks.response import CDSResponse
from service.call import Call
from service.clients.load import KnownClient
from service.evaluate import Evaluation, evaluate, needs_chart
from service.fetching import Fetching
from service.fhir.chart import LARGE, Chart, chart_of_prefetch, is_crumbs
from service.history import NOTHING, History
from service.knowledge.criteria import CodedAnswer, MeasuredValue
from service.knowledge.model import Knowledge
from service.large_charts import LargeCharts
from service.reasoning.orders import OrderAnswer
from service.reasoning.pathway import Outcome, Response
from service.record import KeyState
from service.speech import CardKind
from service.telemetry.note import Decided, noted
from service.transcript import transcribed_silence

if TYPE_CHECKING:
    # Commands that keep nothing need no database.
    from service.records import Records

SILENCE = "org.cluneal-cds.silence"
DEGRADED = "org.cluneal-cds.degraded"
_DEGRADED = {"says": "The store of the service is down: this answer is not recorded, and it may repeat an earlier card."}
# What was worked out is not shown; a chart that cannot be judged is an error in this mode too.
_SHADOW = "This client is in shadow mode: charts are read, no card is shown."
_SHADOW_OF_KIND = "For this client cards of the kind {} are in shadow mode: they are worked out, and not shown."
MOST_ENTRIES = 100_000
_A_DRAFT = 1_500
_LOINC = "http://loinc.org"
_SUSPICION = (
    "Looks {} for persistent low back or buttock pain that may come from a cluneal nerve, says where to press, "
    "and what a point that reproduces the pain, or a block that was done, means."
)
_HOOKS = {
    "patient-view": ("cluneal-patient-view", _SUSPICION.format("when a chart is opened")),
    "encounter-start": ("cluneal-encounter-start", _SUSPICION.format("when an encounter starts")),
    "order-select": (
        "cluneal-order-select",
        "Says what to think of before a cluneal nerve block that is being ordered; silent at every other order.",
    ),
    "order-sign": (
        "cluneal-order-sign",
        (
            "Says what to think of before a cluneal nerve block that is being ordered, and, at elective orders of another study or "
            "procedure for persistent low back or buttock pain, that the cluneal points can be pressed first."
        ),
    ),
}
SERVICE_IDS = tuple(service_id for service_id, _ in _HOOKS.values())


def offered_services(
    knowledge: Knowledge,
    *,
    clock: Callable[[], date],
    ticks: Callable[[], float],
    clients: Iterable[KnownClient] = (),
    fetching: Fetching | None = None,
    records: "Records | None" = None,
    quiet: bool = False,
    large: LargeCharts | None = None,
    about: str | None = None,
    why: Callable[[CDSResponse, Evaluation, Call], CDSResponse] | None = None,
) -> tuple[CDSService, ...]:
    """The services in the order of discovery.

    clock     today's civil date;  ticks: seconds, to tell how long something took
    clients   those that are authenticated
    fetching  how what a request lacks is had; without it, from the prefetch alone
    records   what is kept of calls; None for nothing;  quiet: whether what was shown before can keep a card back
    about     the address of the knowledge, as browsers of clinicians see it: the source of every card
    why       puts a link to its reasons on an answer that is shown
    large     where large charts wait for their turn; without it, for 1.2 seconds and no longer
    """
    known = {client.name: client for client in clients}
    places = large or LargeCharts(patience=1.2)

    async def evaluated(request: HookRequest, client: KnownClient | None, today: date, history: History) -> Evaluation:
        if _size(request) < LARGE:
            return evaluation_of(request, knowledge, today=today, client=client, history=history)
        return await places.beside(lambda: evaluation_of(request, knowledge, today=today, client=client, history=history))

    async def judged(request: HookRequest, client: KnownClient | None, today: date) -> tuple[Evaluation, History | None]:
        """What the corridor makes of a call, and the history that it was made with; None while the store is down."""
        note = noted()
        # Also where nothing is quiet: the digests of facts that are kept with a card are keyed by it.
        history: History | None = records.unread(request) if records else NOTHING
        with note.part("evaluate"):
            evaluation = await evaluated(request, client, today, history or NOTHING)
        # Most charts end in silence, whatever was said before; only a card asks for what is remembered, which is seldom anything.
        if records and quiet and evaluation.cards:
            with note.part("recall"):
                history = await records.history(request)
        if history and (history.shown or history.advised):
            with note.part("evaluate"):
                evaluation = await evaluated(request, client, today, history)
        return evaluation, history

    async def answer(request: HookRequest) -> CDSResponse:
        begun, today, client = ticks(), clock(), known.get(request.client)
        read: Completed | None = None
        call, server, note = call_of(request, client), request.fhir_server or "", noted()
        if fetching and needs_chart(_drafts(request), knowledge, call=call, server=server, today=today):
            with note.part("fetch"):
                request, read = await fetching.complete(request, spent=note.spent)
        try:
            evaluation, history = await judged(request, client, today)
        except Exception:
            # Nothing comes of the chart, and it was read.
            if records and read:
                await records.keep_reads(request, read)
            raise
        took, hidden = 1000 * (ticks() - begun), _hidden(evaluation, client)
        shown = not hidden
        kept = records is None
        # What could not be read a moment ago is not waited for a second time.
        if records and history is not None:
            service = _HOOKS[request.hook][0]
            with note.part("store"):
                kept = await records.keep_decision(
                    request, evaluation, service=service, today=today, shown=shown, milliseconds=took, read=read
                )
        note.decided, note.unread, note.degraded = told(evaluation, shown=shown), unread_keys(evaluation), not kept
        response = wire(evaluation, read.fetched if read else {})
        if shown:
            response = _sourced(why(response, evaluation, call) if why else response, about)
        else:
            response = CDSResponse(extension={SILENCE: {"rule": "shadow", "says": hidden}})
        return response if kept else response.model_copy(update={"extension": {**(response.extension or {}), DEGRADED: _DEGRADED}})

    templates = prefetch_templates(knowledge)
    return tuple(
        CDSService(
            id=service_id,
            hook=hook,
            title="Cluneal neuropathy",
            description=f"{what} For clinicians; expert-derived rules, unvalidated; not a diagnosis.",
            prefetch=templates,
            usage_requirements=(
                "Patient, conditions and procedures are needed, by prefetch or from a FHIR server that is listed for the client "
                "(STU3, R4, R4B or R5; fhirServer with fhirAuthorization). Encounter, reports, examination findings, pain scores, "
                "laboratory results, medications, allergies and orders are used where they can be had; without allergies and "
                "medications no order is suggested."
            ),
            answer=answer,
        )
        for hook, (service_id, what) in _HOOKS.items()
    )


def _hidden(evaluation: Evaluation, client: KnownClient | None) -> str:
    """Why a client is not shown what was worked out; "" where it is."""
    if client is None:
        return ""
    if client.described.mode == "shadow":
        return _SHADOW
    kind = _kind(evaluation.outcome)
    return _SHADOW_OF_KIND.format(kind) if kind in client.described.shadow_cards else ""


def _kind(outcome: Outcome | Response | OrderAnswer | None) -> CardKind | None:
    """The kind of a card, as a client may switch it off; None where there is none."""
    if isinstance(outcome, OrderAnswer):
        return "before-block" if outcome.about == "block" else "points-first"
    return outcome.kind if outcome else None


def told(evaluation: Evaluation, *, shown: bool) -> Decided:
    """What the log and the metrics tell of an evaluation: names of ours."""
    gist = evaluation.gist
    outcome = "refused" if evaluation.refusal else "shadow" if not shown else "card" if gist else "silence"
    rule = evaluation.silence.rule if evaluation.silence else ""
    return Decided(outcome, rule, gist.kind, next(iter(gist.nerves), ""), gist.tier) if gist else Decided(outcome, rule)


def unread_keys(evaluation: Evaluation) -> Mapping[str, str]:
    """The prefetch keys of which nothing, or not everything, is known, and why."""
    return {key: state.value for key, state in evaluation.record.keys.items() if not state.was_read}


def _size(request: HookRequest) -> int:
    """Bytes of the chart; a drafted order, which was read already, counts as much as one commonly has."""
    return sum(len(memoryview(value)) for value in request.prefetch.values() if value is not None) + _A_DRAFT * len(_drafts(request))


def _drafts(request: HookRequest) -> tuple[Mapping[str, object], ...]:
    return request.context.drafts if isinstance(request.context, (OrderSelect, OrderSign)) else ()


def evaluation_of(
    request: HookRequest, knowledge: Knowledge, *, today: date, client: KnownClient | None = None, history: History = NOTHING
) -> Evaluation:
    """What the corridor makes of a hook request; raises PayloadTooLarge."""
    chart, call = asked(request, client)
    return evaluate(chart, knowledge, today=today, call=call, history=history)


def asked(request: HookRequest, client: KnownClient | None = None) -> tuple[Chart, Call]:
    """The chart that a hook request brings, and who asks about which visit; raises PayloadTooLarge."""
    if any(is_crumbs(value) for value in request.prefetch.values() if value is not None):
        raise PayloadTooLarge("A prefetched value has more parts than a chart of its size can have.")
    call, drafts = call_of(request, client), _drafts(request)
    chart = chart_of_prefetch(request.prefetch, patient=call.patient, server=request.fhir_server, drafts=drafts)
    if len(chart.entries) + len(drafts) > MOST_ENTRIES:
        raise PayloadTooLarge(f"The prefetched Bundles and the drafted orders hold more than {MOST_ENTRIES} entries.")
    return chart, call


def call_of(request: HookRequest, client: KnownClient | None = None) -> Call:
    """Who asks about which visit, and how they are spoken to."""
    context = request.context
    call = Call(context.patient_id, request.hook_instance, str(context.user_id), context.encounter_id or "", request.hook)
    return replace(call, speech=client.speech, local=client.local) if client else call


def wire(evaluation: Evaluation, fetched: Mapping[str, Fetched]) -> CDSResponse:
    """The evaluation as a response; a refusal is raised as the error that it is, and one for want of a place as our own."""
    if refusal := evaluation.refusal:
        if refusal.reason == "foreign":
            raise ForeignPatient(refusal.keys)
        reasons = {key: fetched[key].record.reason for key in refusal.keys if key in fetched}
        if Reason.NO_PLACE in reasons.values():
            raise Overloaded(retry_after=1)
        because = {key: reason.says for key, reason in reasons.items() if reason}
        states = {key: evaluation.record.keys[key] for key in refusal.keys if key not in refusal.missing}
        theirs = [key for key, state in states.items() if key in fetched and _is_of_the_server(state, fetched[key])]
        partial = [key for key, state in states.items() if key not in theirs and state is KeyState.PARTIAL]
        raise PrefetchUnavailable(
            refusal.missing,
            unreadable=[key for key in states if key not in (*theirs, *partial)],
            otherwise={"sent in part": partial, "not read whole from the FHIR server": theirs},
            because=because,
        )
    silence = transcribed_silence(evaluation)
    return CDSResponse(cards=evaluation.cards, extension={SILENCE: silence} if silence else None)


def _is_of_the_server(state: KeyState, fetched: Fetched) -> bool:
    """Whether what is wrong with a key is what its FHIR server did; what the client sent and nobody can read stays its own."""
    return fetched.state is not State.NOT_ASKED and (fetched.value is not None or state is not KeyState.UNREADABLE)


def _sourced(response: CDSResponse, about: str | None) -> CDSResponse:
    """The response with a source that can be opened; the same for every patient, as the specification wants it."""
    if about is None or not response.cards:
        return response
    cards = tuple(card.model_copy(update={"source": card.source.model_copy(update={"url": about})}) for card in response.cards)
    return response.model_copy(update={"cards": cards})


def prefetch_templates(knowledge: Knowledge) -> Mapping[str, str]:
    """What to prefetch, as narrow as the rules: no modifiers, no repeated parameters, every Observation search with a code or category."""
    patient = "patient={{context.patientId}}"
    return {
        "patient": "Patient/{{context.patientId}}",
        "conditions": f"Condition?{patient}",
        "procedures": f"Procedure?{patient}",
        "encounter": "Encounter/{{context.encounterId}}",
        "reports": f"DiagnosticReport?{patient}",
        "exams": f"Observation?{patient}&category=exam",
        "surveys": f"Observation?{patient}&code={_codes(knowledge, 'surveys')}",
        "labs": f"Observation?{patient}&code={_codes(knowledge, 'labs')}",
        "medications": f"MedicationRequest?{patient}",
        "allergies": f"AllergyIntolerance?{patient}",
        "orders": f"ServiceRequest?{patient}&status=active",
    }


def _codes(knowledge: Knowledge, key: str) -> str:
    """The LOINC codes that the criteria of a key ask for, without their system so that the URL stays short."""
    asked = {
        name
        for finding in knowledge.findings.values()
        for criterion in finding.recognised
        if isinstance(criterion, (MeasuredValue, CodedAnswer)) and criterion.reads == key
        for name in criterion.value_set
    }
    return ",".join(sorted({code for name in asked for system, code in knowledge.value_sets[name].codes if system == _LOINC}))
