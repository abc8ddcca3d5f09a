"""Targets 1 and 2: what a chart costs from its raw prefetch values to silence or a card, in units of `orjson.loads` of the same bytes."""

from collections.abc import Callable, Iterator
from functools import partial
from statistics import median
from time import process_time

import orjson

from benchmarks.payload import ENDS, PATIENT, SIZES, TODAY, Payload, payload
from benchmarks.report import Line
from benchmarks.timing import interleaved, ratio
from cds_hooks.hooks import HOOKS
from cds_hooks.request import read_request
from service.call import Call
from service.evaluate import Evaluation, evaluate
from service.fhir.chart import chart_of_prefetch
from service.fhir.read import read_chart
from service.knowledge.load import load_knowledge
from service.reasoning.criteria import CRITERIA
from service.reasoning.findings import Findings
from service.reasoning.language import Ear
from service.reasoning.pathway import Outcome, assess

MOST = {"S": 0.9, "M": 0.6, "L": 0.35, "XL": 0.35}
MOST_MS_TO_COMPOSE = 1.0
MOST_GROWTH = 1.3
# A difference of two large figures says nothing about a millisecond; a card is composed from the same few facts in any chart.
_COMPOSED_AT = ("S", "M")
_CALL = Call(PATIENT, "a call", "Practitioner/example", "visit-today")


def measure(rounds: int) -> Iterator[Line]:
    """The lines of both targets."""
    per_resource: dict[str, float] = {}
    for size in SIZES:
        charts = {end: payload(size, end) for end in ENDS}
        body = charts["I-02"].body
        works: dict[str, Callable[[], object]] = {"orjson": partial(orjson.loads, body), "whole": _whole_work(charts["I-02"])}
        works |= {end: _work(chart) for end, chart in charts.items()}
        works["not composed"] = _uncomposed_work(charts["card"])
        seconds = interleaved(works, rounds=rounds, clock=process_time)
        per_resource[size] = median(seconds["I-02"]) / SIZES[size] * 1e6
        yield Line(
            target="1",
            what=f"a silent chart, {size} ({SIZES[size]} resources, {len(body) / 1e6:.1f} MB), to orjson.loads",
            measured=ratio(seconds["I-02"], seconds["orjson"]),
            most=MOST[size],
            unit="x",
            note=(
                f"{median(seconds['I-02']) * 1e3:.2f} ms, orjson {median(seconds['orjson']) * 1e3:.2f} ms; "
                f"silent at the last stage (T-LOW) {ratio(seconds['T-LOW'], seconds['orjson']):.2f} x; "
                f"with the request's own checks {ratio(seconds['whole'], seconds['orjson']):.2f} x"
            ),
        )
        if size in _COMPOSED_AT:
            more = median(one - other for one, other in zip(seconds["card"], seconds["not composed"], strict=True))
            total = f"the whole chart with a card {median(seconds['card']) * 1e3:.2f} ms"
            yield Line("1", f"what composing a card adds, {size}", more * 1e3, MOST_MS_TO_COMPOSE, "ms", total)
    yield Line(
        target="2",
        what="time per resource at XL, in units of that at M",
        measured=per_resource["XL"] / per_resource["M"],
        most=MOST_GROWTH,
        unit="x",
        note=f"{per_resource['XL']:.2f} us at XL, {per_resource['M']:.2f} us at M",
    )


def _work(request: Payload) -> Callable[[], Evaluation]:
    """The hot path after the request was opened: prefetch values -> chart -> evaluation."""
    knowledge = load_knowledge()
    prefetch = read_request(request.body, hooks=HOOKS).prefetch

    def work() -> Evaluation:
        return evaluate(chart_of_prefetch(prefetch, patient=PATIENT, server=None), knowledge, today=TODAY, call=_CALL)

    return _proven(work, request)


def _whole_work(request: Payload) -> Callable[[], Evaluation]:
    """The same from the body of the request."""
    knowledge = load_knowledge()

    def work() -> Evaluation:
        prefetch = read_request(request.body, hooks=HOOKS).prefetch
        return evaluate(chart_of_prefetch(prefetch, patient=PATIENT, server=None), knowledge, today=TODAY, call=_CALL)

    return _proven(work, request)


def _uncomposed_work(request: Payload) -> Callable[[], object]:
    """The hot path as far as what is to be said, without saying it."""
    knowledge = load_knowledge()
    prefetch = read_request(request.body, hooks=HOOKS).prefetch
    ear = Ear(knowledge.language, knowledge.slips)

    def work() -> object:
        chart = chart_of_prefetch(prefetch, patient=PATIENT, server=None)
        record = read_chart(chart, knowledge, encounter=_CALL.encounter).record
        return assess(Findings(record, knowledge, TODAY, ear, CRITERIA), clinician=True)

    if not isinstance(work(), Outcome):
        raise RuntimeError(f"The {request.size} chart made for a card ends without one.")
    return work


def _proven(work: Callable[[], Evaluation], request: Payload) -> Callable[[], Evaluation]:
    """The work, when it gives what the chart was made for: a fast wrong answer is not measured."""
    evaluation = work()
    end = evaluation.silence.rule if evaluation.silence else "card" if len(evaluation.cards) == 1 else "neither"
    if end != request.end or evaluation.issues:
        raise RuntimeError(f"The {request.size} chart made for {request.end} ends at {end} with {len(evaluation.issues)} issues.")
    return work
