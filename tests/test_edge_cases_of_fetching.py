"""Edge cases 8 and 17 to 23 where the client's FHIR server may be read: what is fetched, with which leave, and what comes of it.

Over HTTP to the real application, and from there to a server on the loopback. The numbers are those of tests/requirements.toml.
"""

import pytest

from tests.doors_to_fhir import EVERYTHING, chart_server, has_a_card, question, service_for
from tests.faulty_fhir import faulty_fhir, resource
from tests.service.charts import bundle, condition

requirement = pytest.mark.requirement

WITHOUT_PROCEDURES = {key: value for key, value in EVERYTHING.items() if key != "procedures"}


def searches(server):
    """What a server was asked for, without the question for its version."""
    return sorted(asked.target for asked in server.asked if asked.path != "/fhir/metadata")


@requirement("34", "60", "61", "case-04", "case-05")
async def test_sent_or_fetched_or_half_and_half_the_cards_are_the_same():
    """Each key left out alone, each key sent alone, all and none: what came is not asked for again, and the answer is the same."""
    splits = [dict(EVERYTHING), {}, *({key: value} for key, value in EVERYTHING.items())]
    splits += [{key: value for key, value in EVERYTHING.items() if key != left_out} for left_out in EVERYTHING]
    async with faulty_fhir(chart_server()) as server, service_for(server.base) as ask:
        answers = []
        for prefetch in splits:
            before = len(searches(server))
            answers.append(await ask(question(server.base, prefetch=prefetch)))
            assert len(searches(server)) - before == len(EVERYTHING) - len(prefetch)

    assert all(map(has_a_card, answers))
    assert {answer.text for answer in answers} == {answers[0].text}


@requirement("case-03", "P-2", "60")
async def test_null_is_an_answer_and_is_not_asked_about():
    """The client looked and found none: nobody looks again."""
    async with faulty_fhir(chart_server()) as server, service_for(server.base) as ask:
        answer = await ask(question(server.base, prefetch={**EVERYTHING, "orders": None}))

    assert has_a_card(answer)
    assert server.connections == 0


@requirement("case-08", "P-6", "R3-12")
async def test_the_pages_after_the_first_are_fetched():
    """The first page came by prefetch, the other one from the server that it names; together they are the chart."""
    whole = EVERYTHING["procedures"]
    second = resource(whole | {"entry": whole["entry"][1:]})
    async with faulty_fhir(chart_server(Procedure=second)) as server, service_for(server.base) as ask:
        next_page = [{"relation": "next", "url": f"{server.base}/Procedure?page=2"}]
        first = whole | {"entry": whole["entry"][:1], "link": next_page}
        answer = await ask(question(server.base, prefetch={**EVERYTHING, "procedures": first}))

    assert has_a_card(answer)
    assert searches(server) == ["/fhir/Procedure?page=2"]


@requirement("case-17", "P-10")
@pytest.mark.parametrize(("end", "is_it"), [("", True), ("/", True), ("/r4", False), ("?tenant=1", False), ("#top", False)])
async def test_a_slash_at_the_end_makes_no_difference(end, is_it):
    """A path or a query does: that is another server, and nobody listed it."""
    async with faulty_fhir(chart_server()) as server, service_for(server.base) as ask:
        answer = await ask(question(f"{server.base}{end}", prefetch=WITHOUT_PROCEDURES))

    assert has_a_card(answer) if is_it else "not among those that this client may name" in answer.text
    assert bool(server.connections) is is_it


@requirement("case-19")
async def test_an_authorization_without_a_server_is_for_nothing():
    """It costs nothing where all data came, and opens nothing where some is missing."""
    async with faulty_fhir(chart_server()) as server, service_for(server.base) as ask:
        bodies = [question(server.base, prefetch=prefetch) for prefetch in (EVERYTHING, WITHOUT_PROCEDURES)]
        whole, lacking = [await ask({name: value for name, value in body.items() if name != "fhirServer"}) for body in bodies]

    assert has_a_card(whole)
    assert "not sent: procedures" in lacking.text
    assert server.connections == 0


@requirement("case-20", "case-21", "case-22", "61", "R3-20")
@pytest.mark.parametrize(
    ("leave", "why"),
    [
        (None, "brings no FHIR server with an authorization"),
        ({"expires_in": 0}, "had expired"),
        ({"scope": "patient/Patient.read"}, "and not these"),
        ({"scope": "patient/Observation.rs?category=exam"}, "and not these"),
        ({"scope": "patient/Procedure.r"}, "and not these"),
        ({"token_type": "DPoP"}, "no Bearer token"),
    ],
    ids=["none", "expired", "a scope of SMART 1", "a scope of SMART 2", "reads alone", "of another type"],
)
async def test_without_leave_nothing_is_read(leave, why):
    """Nobody is called with no token, one that is over or one for too little; what is needed is a 412 that says why."""
    async with faulty_fhir(chart_server()) as server, service_for(server.base) as ask:
        body = question(server.base, prefetch=WITHOUT_PROCEDURES, leave=leave)
        if leave is None:
            del body["fhirAuthorization"]
        answer = await ask(body)

    assert answer.status_code == 412
    assert "not sent: procedures" in answer.text
    assert why in answer.text
    assert searches(server) == []


@requirement("case-22")
async def test_leave_to_read_a_part_is_no_leave_to_conclude_from_it():
    """A scope that shows some of the procedures does not tell what else was done."""
    narrow = {"scope": "patient/Procedure.rs?status=completed"}
    async with faulty_fhir(chart_server()) as server, service_for(server.base) as ask:
        answer = await ask(question(server.base, prefetch=WITHOUT_PROCEDURES, leave=narrow))

    assert answer.status_code == 412
    assert "shows a part of these resources only" in answer.text


@requirement("case-23")
async def test_a_token_of_another_patient_is_refused_before_any_call():
    """Nobody can tell which of the two was meant; the same patient in the form of a reference is the same."""
    async with faulty_fhir(chart_server()) as server, service_for(server.base) as ask:
        other = await ask(question(server.base, leave={"patient": "p-2"}))
        connections = server.connections
        same = await ask(question(server.base, leave={"patient": "Patient/p"}))

    assert (other.status_code, other.json()["issue"][0]["details"]["coding"][0]["code"]) == (400, "malformed-request")
    assert "p-2" not in other.text
    assert connections == 0
    assert has_a_card(same)


@requirement("case-14", "case-15", "P-11")
@pytest.mark.parametrize("kind", ["Condition", "DiagnosticReport"])
async def test_a_fetched_resource_of_another_patient_refuses_all(kind):
    """Whether the key is needed or not, as when the client had sent it."""
    strange = condition("x", resourceType=kind, subject={"reference": "Patient/p-2"})
    async with faulty_fhir(chart_server(**{kind: resource(bundle(strange))})) as server, service_for(server.base) as ask:
        answer = await ask(question(server.base))

    assert answer.status_code == 412
    assert "foreign-patient" in answer.text
    assert "p-2" not in answer.text
