"""What was fetched from a FHIR server, read as a chart: as good as if the client had sent it, and known to be missing where it is."""

import json
from dataclasses import replace
from datetime import date
from urllib.parse import unquote

import pytest

from cds_hooks.hooks import HOOKS
from cds_hooks.hooks.context import token_values
from cds_hooks.prefetch import filled
from cds_hooks.request import read_request
from cds_hooks.response import to_wire
from service.cds_services import evaluation_of, prefetch_templates, wire
from service.fhir.chart import chart_of_prefetch
from service.knowledge.load import load_knowledge
from service.record import KeyState
from service.story import hook_request, read_story
from tests.cds_hooks.fetching import CONDITIONS, TOKEN, access
from tests.cds_hooks.fetching import hook_request as bare_request
from tests.faulty_fhir import OUTCOME, bundle, condition, faulty_fhir, hang, in_turn, resource

TODAY = date(2026, 11, 20)
PER_PAGE = 1


def answering(templates, sent):
    """A server that has what the client would have sent, and gives it in small pages."""
    values = token_values(HOOKS[sent["hook"]].context.read(sent["context"]))
    known = {filled(template, values): sent["prefetch"].get(key) for key, template in templates.items()}

    async def answer(asked, writer):
        search = unquote(asked.body.decode() or asked.target.removeprefix("/fhir/"))
        query, _, begin = search.replace("&_count=200", "").partition("&begin=")
        value, start = known[query] or bundle(), int(begin or 0)
        if value.get("entry"):
            more = start + PER_PAGE < len(value["entry"])
            link = [{"relation": "next", "url": f"{query}&begin={start + PER_PAGE}"}] if more else []
            value = value | {"entry": value["entry"][start : start + PER_PAGE], "link": link}
        await resource(value)(asked, writer)

    return answer


@pytest.mark.parametrize(
    "name",
    [
        "laminectomy-and-iliac-harvest",
        "right-crest-point-reproduces-pain-after-harvest",
        "left-crest-point-after-decompression-on-apixaban",
    ],
)
async def test_fetched_and_sent_charts_get_the_same_answer(name):
    """A client that sends nothing but leave to read gets the cards of one that sends everything, word for word."""
    knowledge = load_knowledge()
    templates = prefetch_templates(knowledge)
    sent = hook_request(read_story(name), hook_instance="1", today=TODAY)
    async with faulty_fhir(answering(templates, sent)) as server, access(server.base) as complete:
        leave = {"fhirServer": server.base, "fhirAuthorization": {"access_token": TOKEN, "token_type": "Bearer"}}
        everything, nothing = (
            read_request(json.dumps(sent | leave | {"prefetch": prefetch}).encode(), hooks=HOOKS) for prefetch in (sent["prefetch"], {})
        )
        completed = await complete(nothing, templates)

    assert len(server.asked) > len(templates)
    answers = [
        json.loads(to_wire(wire(evaluation_of(request, knowledge, today=TODAY), {})))
        for request in (everything, replace(nothing, prefetch=completed.prefetch))
    ]
    assert answers[0]["cards"]
    assert answers[0] == answers[1]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (resource(bundle(condition(1))), KeyState.SUPPLIED),
        (resource(bundle()), KeyState.SUPPLIED),
        (in_turn(resource(bundle(condition(1), following="?page=2")), resource(bundle(condition(2)))), KeyState.SUPPLIED),
        (in_turn(resource(bundle(condition(1), following="?page=2")), resource(OUTCOME, 500)), KeyState.PARTIAL),
        (resource(bundle(condition(1), total=2)), KeyState.PARTIAL),
        (resource(bundle(condition(1), OUTCOME)), KeyState.PARTIAL),
        (resource(OUTCOME, 403), KeyState.ERROR),
        (resource(OUTCOME), KeyState.ERROR),
        (resource(b"<html>"), KeyState.ERROR),
        (hang(), KeyState.ERROR),
    ],
)
async def test_each_outcome_of_a_fetch_is_a_state_of_its_key(answer, expected):
    """What is not all there is, is not taken for all there is."""
    async with faulty_fhir(answer) as server, access(server.base) as complete:
        completed = await complete(bare_request(server.base), CONDITIONS, seconds=1.0)

    assert chart_of_prefetch(completed.prefetch, patient="p-1", server=server.base).keys["conditions"] is expected


async def test_a_key_that_nobody_may_fetch_is_missing():
    """As the client left it."""
    async with faulty_fhir(resource(bundle())) as server, access(server.base) as complete:
        completed = await complete(bare_request(server.base, scope="patient/Patient.read"), CONDITIONS)

    assert set(chart_of_prefetch(completed.prefetch, patient="p-1", server=server.base).keys.values()) == {KeyState.MISSING}
