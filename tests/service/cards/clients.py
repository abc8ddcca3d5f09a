"""Clients as a site would set them up, and every card that we know how to bring about, as each of them gets it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from itertools import product
from typing import Any, get_args

import msgspec

from cds_hooks.response import Card
from service.call import Call
from service.cards.compose import compose
from service.cards.conformance import problems_of
from service.evaluate import Evaluation, evaluate
from service.fhir.chart import chart_of_prefetch
from service.fhir.write import FOCUSED_EXAMINATION
from service.knowledge.load import load_knowledge
from service.record import Side
from service.speech import Dialect, OrderCode, Speech, Writes
from service.story import hook_request, read_story, story_names
from tests.cases import cases, entries_of, request_of
from tests.service.charts import look

KNOWLEDGE = load_knowledge()
SITE = "urn:oid:2.999.1"
BLOCKS = tuple(
    OrderCode(nerve.block_code, SITE, f"{name}-{side}", f"{name} block {side}", side)
    for name, nerve in KNOWLEDGE.nerves.items()
    for side in ("right", "left")
)
# All that a site can set up: every order it has, and both in one click.
BUILT = (*BLOCKS, OrderCode(FOCUSED_EXAMINATION, SITE, "pain-medicine"))
CLIENTS: dict[str, Speech] = {
    f"{dialect} {writes}{' built' if built else ''}": (
        Speech(dialect, writes, True, "order", BUILT) if built else Speech(dialect, writes)  # type: ignore[arg-type]
    )
    for dialect, writes, built in product(get_args(Dialect), get_args(Writes), (False, True))
}


@dataclass(frozen=True)
class Spoken:
    """A chart that was looked at once, to be told to any client."""

    found: Evaluation
    asked: Call
    today: date

    def call(self, speech: Speech) -> Call:
        """The call of a client that is spoken to in this way."""
        return replace(self.asked, speech=speech)

    def card(self, speech: Speech) -> Card:
        """The one card for that client; where one click may record and order, it may on both sides."""
        assert self.found.outcome
        at_once = (Side.RIGHT, Side.LEFT) if speech.combined_attestation else ()
        return compose(self.found.outcome, self.found.findings, self.call(speech), self.today, at_once)


def spoken(body: dict[str, Any], today: date) -> Spoken:
    """What the corridor finds in a hook request."""
    context = body["context"]
    raw = {key: msgspec.Raw(json.dumps(value).encode()) for key, value in body["prefetch"].items()}
    drafts = [entry["resource"] for entry in entries_of(context.get("draftOrders"))]
    chart = chart_of_prefetch(raw, patient=context["patientId"], server=None, drafts=drafts)
    call = Call(context["patientId"], "1", context["userId"], context.get("encounterId", ""), body["hook"])
    return Spoken(evaluate(chart, KNOWLEDGE, today=today, call=call), call, today)


@cache
def with_a_card() -> dict[str, Spoken]:
    """Every story and every rule case that has a card."""
    return {name: one for name, one in _all() if one.found.cards}


@cache
def cards_of(name: str) -> dict[str, Card]:
    """The card of a story or rule case as each client gets it."""
    return {client: with_a_card()[name].card(speech) for client, speech in CLIENTS.items()}


def problems_for(speech: Speech, prefetch: dict[str, Any]) -> list[str]:
    """What is wrong with the answer that a client gets to a chart."""
    return [says for card in look(prefetch, speech=speech).cards for says in problems_of(card, Call("p", speech=speech))]


def _all() -> Iterator[tuple[str, Spoken]]:
    for name in story_names():
        story = read_story(name)
        yield name, spoken(hook_request(story, hook_instance="1", today=story.today), story.today)
    for case in cases():
        yield f"{case.rule} {case.side}", spoken(request_of(case), read_story(case.told["story"]).today)
