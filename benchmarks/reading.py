"""Targets 1 and 2: what a chart costs from its raw prefetch values to silence or a card, in units of `orjson.loads` of the same bytes."""

from collections.abc import Callable, Iterator
from statistics import median

import orjson

from benchmarks.payload import PATIENT, SIZES, TODAY, Payload, payload
from benchmarks.report import Line
from benchmarks.timing import interleaved, ratio
from cds_hooks.hooks import HOOKS
from cds_hooks.request import read_request
from service.evaluate import Evaluation, evaluate
from service.fhir.chart import chart_of_prefetch
from service.knowledge.load import load_knowledge
from service.record import Call

MOST = {"S": 0.9, "M": 0.6, "L": 0.35, "XL": 0.35}
MOST_MS_TO_COMPOSE = 1.0
MOST_GROWTH = 1.3
# A difference of two large figures says nothing about a millisecond; a card is composed from the same few facts in any chart.
_COMPOSED_AT = ("S", "M")


def measure(rounds: int) -> Iterator[Line]:
    """The lines of both targets."""
    per_resource: dict[str, float] = {}
    for size in SIZES:
        silent, spoken = payload(size, card=False), payload(size, card=True)
        quiet, whole, card = _work(silent), _whole_work(silent), _work(spoken)
        _expect(silent, quiet()), _expect(spoken, card())
        works: dict[str, Callable[[], object]] = {"orjson": lambda: orjson.loads(silent.body), "quiet": quiet, "whole": whole, "card": card}
        seconds = interleaved(works, rounds=rounds)
        per_resource[size] = median(seconds["quiet"]) / silent.resources * 1e6
        yield Line(
            target="1",
            what=f"a silent chart, {size} ({silent.resources} resources, {len(silent.body) / 1e6:.1f} MB), in units of orjson.loads",
            measured=ratio(seconds["quiet"], seconds["orjson"]),
            most=MOST[size],
            unit="x",
            note=(
                f"{median(seconds['quiet']) * 1e3:.2f} ms; orjson {median(seconds['orjson']) * 1e3:.2f} ms; "
                f"with the request's own checks {ratio(seconds['whole'], seconds['orjson']):.2f} x"
            ),
        )
        if size in _COMPOSED_AT:
            more = median(one - other for one, other in zip(seconds["card"], seconds["quiet"], strict=True))
            yield Line("1", f"what a card adds, {size}", more * 1e3, MOST_MS_TO_COMPOSE, "ms")
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
    call = Call(PATIENT, "a call", "Practitioner/example", "visit-today")
    return lambda: evaluate(chart_of_prefetch(prefetch, patient=PATIENT, server=None), knowledge, today=TODAY, call=call)


def _whole_work(request: Payload) -> Callable[[], Evaluation]:
    """The same from the body of the request."""
    knowledge = load_knowledge()
    call = Call(PATIENT, "a call", "Practitioner/example", "visit-today")

    def work() -> Evaluation:
        asked = read_request(request.body, hooks=HOOKS)
        return evaluate(chart_of_prefetch(asked.prefetch, patient=PATIENT, server=None), knowledge, today=TODAY, call=call)

    return work


def _expect(request: Payload, evaluation: Evaluation) -> None:
    """A fast wrong answer is not measured."""
    said = evaluation.silence.rule if evaluation.silence else f"{len(evaluation.cards)} card"
    if said != ("1 card" if request.card else "T-LOW") or evaluation.issues:
        raise RuntimeError(f"The {request.size} chart gives {said} and {len(evaluation.issues)} issues; it is not the chart to measure.")
