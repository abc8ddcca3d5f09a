"""The service tried on a chart of a FHIR server: every prefetch key fetched as for a call that brought none, then the corridor.

Reads: the request that a client would have sent.  Gives: what became of each key, which codes are not known, and the evaluation.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from cds_hooks.egress.allow_list import Address
from cds_hooks.egress.exchange import Allowance
from cds_hooks.errors import PayloadTooLarge
from cds_hooks.fetched import Fetched
from cds_hooks.fhir_authorization import FhirGrant
from cds_hooks.fhir_calls import Bounds, FhirCalls, Reply
from cds_hooks.fhir_search import FetchLimits, fetch
from cds_hooks.fhir_version import Version, in_version
from cds_hooks.hooks.context import token_values
from cds_hooks.prefetch import filled
from cds_hooks.prefetch_merge import Want, merged, missing
from cds_hooks.request import HookRequest
from service.cds_services import asked, prefetch_templates
from service.clients.load import KnownClient
from service.evaluate import Evaluation, evaluate
from service.fetching import seconds_to_fetch
from service.fhir.chart import Chart
from service.fhir.terms import terms_of
from service.fhir.unknown_codes import UnknownCode, place_of_entry, unknown_codes
from service.knowledge.model import Knowledge
from service.probing.server import ProbeFailed, why_no_patient
from service.record import Issue

LIMITS = FetchLimits()


@dataclass(frozen=True, slots=True)
class Probed:
    """What came of trying the service on a chart.

    fetched   what became of each prefetch key
    sent      per key the requests as they were sent, which name the patient
    issues    per key what of its resources could not be used; "" for what belongs to none
    unknown   the codes that no value set holds
    failure   why there is no patient, "" when there is one
    """

    fetched: Mapping[str, Fetched]
    sent: Mapping[str, tuple[str, ...]] = field(repr=False)
    issues: Mapping[str, tuple[Issue, ...]]
    unknown: tuple[UnknownCode, ...]
    evaluation: Evaluation
    failure: str


async def probe(
    request: HookRequest,
    grant: FhirGrant,
    calls: FhirCalls,
    knowledge: Knowledge,
    *,
    seconds: float,
    today: date,
    version: Version = Version.R4,
    client: KnownClient | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> Probed:
    """What the service makes of a chart, read within the `seconds` of a call. Raises ProbeFailed for a chart beyond every bound.

    version  what the server speaks;  client: whose codes and ways are heeded;  tell: hears of each key that is done
    """
    templates = {key: in_version(template, version) for key, template in prefetch_templates(knowledge).items()}
    fetched, sent = await _fetch_all(request, grant, calls, templates, seconds, tell)
    try:
        chart, call = asked(replace(request, prefetch=merged({}, fetched)), client)
    except PayloadTooLarge as error:
        raise ProbeFailed(f"{error.text} {error.diagnostics}") from None
    evaluation = evaluate(chart, knowledge, today=today, call=call)
    patient = fetched["patient"].record
    used = {fact.reference for facts in evaluation.record.facts.values() for fact in facts if not fact.doubtful}
    return Probed(
        fetched,
        sent,
        _by_key(evaluation.issues, chart),
        unknown_codes(chart.entries, terms_of(knowledge, call.speech.order_codes), used),
        evaluation,
        why_no_patient(patient.reason, patient.status, grant) if patient.reason else "",
    )


async def _fetch_all(
    request: HookRequest,
    grant: FhirGrant,
    calls: FhirCalls,
    templates: Mapping[str, str],
    seconds: float,
    tell: Callable[[str], None],
) -> tuple[dict[str, Fetched], dict[str, tuple[str, ...]]]:
    """What became of each key, and the requests that were made for it."""
    deadline = asyncio.get_running_loop().time() + seconds_to_fetch(seconds)
    bounds = Bounds(deadline, LIMITS.answer_bytes, Allowance(LIMITS.call_bytes))
    values = token_values(request.context)
    sent: dict[str, list[str]] = {key: [] for key in templates}

    async def fetch_one(key: str, want: Want) -> Fetched:
        async def call(address: Address, form: bytes | None) -> Reply:
            sent[key].append(f"GET {address}" if form is None else f"POST {address} {form.decode()}")
            return await calls.call(grant, address, bounds, form=form)

        found = await fetch(want, filled(want.template, values), grant, LIMITS, call)
        tell(key)
        return found

    async with asyncio.TaskGroup() as group:
        tasks = {key: group.create_task(fetch_one(key, want)) for key, want in missing({}, templates).items()}
    return {key: task.result() for key, task in tasks.items()}, {key: tuple(requests) for key, requests in sent.items()}


def _by_key(issues: tuple[Issue, ...], chart: Chart) -> dict[str, tuple[Issue, ...]]:
    """The issues by the key under which their resource came; of several, the first."""
    keys = {place_of_entry(entry): entry.key for entry in reversed(chart.entries)}
    found: dict[str, tuple[Issue, ...]] = {}
    for issue in issues:
        _, _, under = issue.where.partition(" under ")
        key = keys.get(issue.where) or (under if under in chart.keys else "")
        found[key] = (*found.get(key, ()), issue)
    return found
