"""What the service makes of a chart that somebody hands over: the evaluation, what a strict reader refuses, codes that nobody knows.

Reads: bytes, a hook request or anything that holds resources.  Gives: a value; nothing is kept, and nothing is fetched.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from cds_hooks.errors import CDSHooksError
from cds_hooks.request import read_request
from service.call import Call
from service.cds_services import MOST_ENTRIES, asked
from service.chart_file import place
from service.errors import UnreadableChart
from service.evaluate import Evaluation, evaluate
from service.fhir.chart import Chart, chart_of_bundle, is_crumbs
from service.fhir.check import Checked
from service.fhir.file import File, as_bundle, opened
from service.fhir.terms import terms_of
from service.fhir.unknown_codes import UnknownCode, unknown_codes
from service.knowledge.model import Knowledge
from service.trial.checked import checked
from service.trial.wanted import HOOKS, Site, UnreadableCodes, Wanted

# Bytes of a file in which the place of a mistake is looked for: that takes reading all of it.
_MOST_SEARCHED = 1_000_000
_TOO_MANY = f"It has more parts than a chart can have: at most {MOST_ENTRIES:,} resources are read."
_REQUEST = "CDS Hooks request"


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of it.

    what        what was handed over, in words;  resources: how many are in it;  checked: how many of them were held against a strict reader
    problem     why there is no evaluation, "" when there is one;  problems: of the code map, one by one
    """

    wanted: Wanted
    what: str = ""
    resources: int = 0
    checked: int = 0
    problem: str = ""
    problems: tuple[str, ...] = ()
    refused: tuple[Checked, ...] = ()
    unknown: tuple[UnknownCode, ...] = ()
    call: Call | None = field(default=None, repr=False)
    evaluation: Evaluation | None = field(default=None, repr=False)


class Trial:
    """Charts tried on one knowledge."""

    def __init__(self, knowledge: Knowledge):
        self.knowledge = knowledge
        self._site = Site(knowledge)

    def tried(self, body: bytes, wanted: Wanted) -> Tried:
        """Everything that can be said of what was handed over; what cannot be read is said with its place."""
        if not body.strip():
            return Tried(wanted, problem="Nothing was pasted and no file was chosen.")
        # Before anything is made of them.
        if is_crumbs(body):
            return Tried(wanted, problem=_TOO_MANY)
        try:
            file = opened(body)
        except UnreadableChart as unreadable:
            where = place(body) if len(body) <= _MOST_SEARCHED else ""
            return Tried(wanted, problem=_sentence(where or str(unreadable)))
        first = Tried(wanted, file.what, len(file.entries))
        if len(file.entries) > MOST_ENTRIES:
            return replace(first, problem=_TOO_MANY)
        refused, asked_of = checked(file)
        first = replace(first, refused=refused, checked=asked_of)
        try:
            return self._evaluated(first, body, file)
        except UnreadableCodes as wrong:
            return replace(first, problem=str(wrong), problems=wrong.problems)
        except UnreadableChart as unreadable:
            return replace(first, problem=_sentence(str(unreadable)))

    def _evaluated(self, tried: Tried, body: bytes, file: File) -> Tried:
        wanted = tried.wanted
        speech, local = self._site.speech(wanted)
        chart, call = _request(body) if file.what == _REQUEST else _chart(body, file, wanted)
        call = replace(call, hook=wanted.hook or call.hook, speech=speech, local=local)
        evaluation = evaluate(chart, self.knowledge, today=wanted.today, call=call)
        used = {fact.reference for facts in evaluation.record.facts.values() for fact in facts if not fact.doubtful}
        unknown = unknown_codes(chart.entries, terms_of(self.knowledge, speech.order_codes, local), used)
        return replace(tried, unknown=unknown, call=call, evaluation=evaluation)


def _request(body: bytes) -> tuple[Chart, Call]:
    try:
        return asked(read_request(body, hooks=HOOKS))
    except CDSHooksError as error:
        raise UnreadableChart(f"This request would be answered {error.status_hint}. {error.text} {error.diagnostics}") from None


def _chart(body: bytes, file: File, wanted: Wanted) -> tuple[Chart, Call]:
    """The chart of resources without a request; those that are drafts are the orders being written."""
    chart = chart_of_bundle(body if file.what == "Bundle" else as_bundle(file), patient=wanted.patient)
    if wanted.hook in ("order-select", "order-sign"):
        chart = replace(chart, drafts=tuple(_drafts(file)))
    return chart, Call(chart.patient, user="Practitioner/1")


def _drafts(file: File) -> list[Mapping[str, Any]]:
    orders = ("ServiceRequest", "MedicationRequest")
    return [one.resource for one in file if one.resource and one.kind in orders and one.resource.get("status") == "draft"]


def _sentence(text: str) -> str:
    said = text[0].upper() + text[1:]
    return said if said.endswith(".") else f"{said}."
