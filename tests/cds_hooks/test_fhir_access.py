"""A service gets what the client did not send, from a server of the client over a real socket."""

import json

import pytest

from cds_hooks.fetched import Reason, State
from cds_hooks.fhir_search import FetchLimits
from tests.cds_hooks.fetching import CONDITIONS, PATIENT_AND_CONDITIONS, TOKEN, access, fetched, hook_request
from tests.faulty_fhir import OUTCOME, bundle, by_type, condition, faulty_fhir, hang, in_turn, resource

PATIENT = {"resourceType": "Patient", "id": "p-1"}


def ids(value):
    return [entry["resource"]["id"] for entry in json.loads(bytes(value))["entry"]]


@pytest.mark.requirement("case-04")
async def test_what_was_not_sent_is_fetched():
    """The service reads a prefetch as if the client had sent all of it: a resource for a read, a Bundle for a search."""
    async with (
        faulty_fhir(by_type(Patient=resource(PATIENT), Condition=resource(bundle(condition(1), condition(2), total=2)))) as server,
        access(server.base) as complete,
    ):
        completed = await complete(hook_request(server.base), PATIENT_AND_CONDITIONS)

    assert json.loads(bytes(completed.prefetch["patient"])) == PATIENT
    assert json.loads(bytes(completed.prefetch["conditions"])).keys() == {"resourceType", "type", "entry"}
    assert ids(completed.prefetch["conditions"]) == ["c1", "c2"]
    assert {key: found.state for key, found in completed.fetched.items()} == {"patient": State.SUPPLIED, "conditions": State.SUPPLIED}
    assert [found.record.resources for found in completed.fetched.values()] == [1, 2]


@pytest.mark.requirement("61")
async def test_a_call_carries_the_token_and_asks_for_fhir_json():
    """Each request has the token, the media type and a page size, and none asks for compression or sends a cookie."""
    async with faulty_fhir(resource(bundle(), 200, "Set-Cookie: a=b")) as server, access(server.base) as complete:
        for _ in range(2):
            await complete(hook_request(server.base))

    assert [asked.target for asked in server.asked] == ["/fhir/Condition?patient=p-1&_count=200"] * 2
    for asked in server.asked:
        assert asked.headers["authorization"] == f"Bearer {TOKEN}"
        assert asked.headers["accept"] == "application/fhir+json"
        assert asked.headers["accept-encoding"] == "identity"
        assert asked.headers["host"] == f"127.0.0.1:{server.port}"
        assert "cookie" not in asked.headers


async def test_a_connection_is_used_again():
    """One call after the other needs one connection."""
    async with faulty_fhir(resource(bundle())) as server, access(server.base) as complete:
        for _ in range(3):
            await complete(hook_request(server.base))

    assert (server.connections, len(server.asked)) == (1, 3)


@pytest.mark.parametrize("sent", [None, OUTCOME, bundle(), bundle(condition(1)), condition(1)], ids=str)
@pytest.mark.requirement("case-03", "case-06", "P-2")
async def test_what_was_sent_is_not_asked_for_again(sent):
    """Data, null ("there is none") and an error are the client's answer."""
    async with faulty_fhir(resource(bundle())) as server, access(server.base) as complete:
        request = hook_request(server.base, prefetch={"conditions": sent})
        completed = await complete(request)

    assert server.connections == 0
    assert completed.fetched == {}
    assert completed.prefetch == request.prefetch


@pytest.mark.requirement("case-08", "P-6", "R3-12")
async def test_a_first_page_is_followed():
    """Of a search that the client sent the first page of, the other pages are fetched, and all are one Bundle."""
    async with faulty_fhir(resource(bundle(condition(2), total=2))) as server, access(server.base) as complete:
        first = bundle(condition(1), total=2, following=f"{server.base}/Condition?page=2")
        completed = await complete(hook_request(server.base, prefetch={"conditions": first}))

    assert [asked.target for asked in server.asked] == ["/fhir/Condition?page=2"]
    assert ids(completed.prefetch["conditions"]) == ["c1", "c2"]
    assert completed.fetched["conditions"].state is State.SUPPLIED
    assert completed.fetched["conditions"].record.pages == 1


async def test_a_first_page_stays_what_it_was_when_nothing_follows():
    """A page whose next one cannot be had keeps its resources and says that there is more."""
    async with faulty_fhir(resource(OUTCOME, 500)) as server, access(server.base) as complete:
        first = bundle(condition(1), following=f"{server.base}/Condition?page=2")
        completed = await complete(hook_request(server.base, prefetch={"conditions": first}))

    assert ids(completed.prefetch["conditions"]) == ["c1"]
    assert json.loads(bytes(completed.prefetch["conditions"]))["link"] == [{"relation": "next"}]
    assert completed.fetched["conditions"].state is State.INCOMPLETE


CUT = bundle(condition(1), condition(2), total=3)


@pytest.mark.parametrize("sent", ["<html>Log in</html>", {}, CUT], ids=["html", "empty", "cut"])
async def test_what_was_sent_cut_or_unreadable_is_fetched_whole(sent):
    """No FHIR at all, or a Bundle that counts more than it has without a link to the rest."""
    whole = bundle(condition(1), condition(2), condition(3), total=3)
    async with faulty_fhir(resource(whole)) as server, access(server.base) as complete:
        completed = await complete(hook_request(server.base, prefetch={"conditions": sent}))

    assert [asked.target for asked in server.asked] == ["/fhir/Condition?patient=p-1&_count=200"]
    assert ids(completed.prefetch["conditions"]) == ["c1", "c2", "c3"]


@pytest.mark.parametrize("answer", [resource(OUTCOME, 500), resource(OUTCOME), resource(bundle(condition(3), total=3)), resource(bundle())])
async def test_what_was_sent_stays_when_no_more_of_it_can_be_had(answer):
    """A fetch that fails, or finds less, costs nothing of what the client sent."""
    async with faulty_fhir(answer) as server, access(server.base) as complete:
        request = hook_request(server.base, prefetch={"conditions": CUT})
        completed = await complete(request)

    assert len(server.asked) == 1
    assert completed.prefetch == request.prefetch


async def test_what_was_sent_unreadable_is_not_called_an_error_of_the_server():
    """Where the fetch fails as well, the value is the client's own."""
    async with faulty_fhir(resource(OUTCOME, 500)) as server, access(server.base) as complete:
        request = hook_request(server.base, prefetch={"conditions": "<html>"})
        completed = await complete(request)

    assert completed.prefetch == request.prefetch
    assert completed.fetched["conditions"].record.reason is Reason.STATUS


@pytest.mark.requirement("case-10")
async def test_one_page_is_enough_where_the_template_says_so():
    """With `_count` in the template, a link to more is what was wanted: sent by the client, or fetched."""
    templates = {"sent": "Condition?patient={{context.patientId}}&_count=1", "fetched": "Condition?_count=1&patient={{context.patientId}}"}
    async with faulty_fhir(resource(bundle(condition(1), total=9, following="?page=2"))) as server, access(server.base) as complete:
        request = hook_request(server.base, prefetch={"sent": bundle(condition(1), following="?page=2")})
        completed = await complete(request, templates)

    assert [asked.target for asked in server.asked] == ["/fhir/Condition?_count=1&patient=p-1"]
    assert completed.fetched["fetched"].state is State.SUPPLIED
    assert "link" not in json.loads(bytes(completed.prefetch["fetched"]))


async def test_what_cannot_be_fetched_is_an_error_there_and_nothing_else():
    """One key fails and the others are read; what the server said about it is not repeated."""
    async with faulty_fhir(by_type(Patient=resource(PATIENT), Condition=resource(OUTCOME, 500))) as server, access(server.base) as complete:
        completed = await complete(hook_request(server.base), PATIENT_AND_CONDITIONS)

    assert completed.fetched["patient"].state is State.SUPPLIED
    assert completed.fetched["conditions"].state is State.ERROR
    assert json.loads(bytes(completed.prefetch["conditions"])) == {
        "resourceType": "OperationOutcome",
        "issue": [{"severity": "error", "code": "exception"}],
    }


async def test_the_deadline_ends_what_hangs_and_keeps_what_came():
    """Keys that were read in time are there; those that were not are said to have timed out."""
    async with faulty_fhir(by_type(Patient=resource(PATIENT), Condition=hang())) as server, access(server.base) as complete:
        completed = await complete(hook_request(server.base), PATIENT_AND_CONDITIONS, seconds=1.0)

    assert completed.fetched["patient"].state is State.SUPPLIED
    assert completed.fetched["conditions"].state is State.TIMED_OUT
    assert json.loads(bytes(completed.prefetch["conditions"]))["issue"] == [{"severity": "error", "code": "timeout"}]


async def test_the_deadline_keeps_the_pages_that_were_read():
    """A search whose second page hangs gives the first, and says that there is more."""
    async with faulty_fhir(in_turn(resource(bundle(condition(1), following="?page=2")), hang())) as server:
        found = await fetched(server, seconds=1.0)

    assert (found.state, found.record.reason) == (State.INCOMPLETE, Reason.TIMED_OUT)
    assert ids(found.value) == ["c1"]


async def test_a_key_whose_template_has_no_value_is_not_asked_for():
    """Outside of an encounter nobody asks for one."""
    async with faulty_fhir(resource(PATIENT)) as server, access(server.base) as complete:
        completed = await complete(hook_request(server.base), {"encounter": "Encounter/{{context.encounterId}}"})

    assert server.connections == 0
    assert completed.fetched["encounter"].record.reason is Reason.NO_VALUE
    assert completed.prefetch == {}


async def test_a_long_search_is_sent_as_a_form():
    """A search that is longer than an address may be goes by POST, with the same parameters."""
    codes = ",".join(f"http://loinc.org|{number}-1" for number in range(200))
    async with faulty_fhir(resource(bundle(condition(1)))) as server:
        templates = {"conditions": f"Condition?patient={{{{context.patientId}}}}&code={codes}"}
        found = await fetched(server, templates=templates)

    (asked,) = server.asked
    assert (asked.method, asked.target) == ("POST", "/fhir/Condition/_search")
    assert asked.headers["content-type"] == "application/x-www-form-urlencoded"
    assert asked.body.startswith(b"patient=p-1&code=http://loinc.org%7C0-1,")
    assert asked.body.endswith(b"&_count=200")
    assert found.state is State.SUPPLIED


@pytest.mark.parametrize("status", [414, 431])
async def test_a_search_that_the_server_finds_too_long_is_sent_as_a_form(status):
    """A server that takes shorter addresses than we think is asked again, once."""
    async with faulty_fhir(in_turn(resource(b"", status), resource(bundle(condition(1))))) as server:
        found = await fetched(server)

    assert [(asked.method, asked.path) for asked in server.asked] == [("GET", "/fhir/Condition"), ("POST", "/fhir/Condition/_search")]
    assert found.state is State.SUPPLIED


async def test_records_hold_nothing_of_a_patient():
    """What is written down about a fetch names the template, not the query, and nothing that the server sent."""
    async with faulty_fhir(by_type(Patient=resource(PATIENT), Condition=resource(OUTCOME))) as server, access(server.base) as complete:
        completed = await complete(hook_request(server.base), PATIENT_AND_CONDITIONS)

    assert "p-1" not in repr(completed)
    assert "SMITH" not in repr(completed)
    assert TOKEN not in repr(completed)
    assert completed.fetched["conditions"].record.template == CONDITIONS["conditions"]
    assert completed.fetched["conditions"].record.reason.says == "The server answered with an OperationOutcome instead of data."


async def test_even_a_verbose_log_has_no_token_and_no_patient(caplog):
    """With every logger at DEBUG, fetching writes down neither of the two."""
    caplog.set_level("DEBUG")
    async with faulty_fhir(resource(bundle(condition(1)))) as server:
        await fetched(server)

    assert caplog.records
    assert not [line for line in caplog.messages if TOKEN in line or "p-1" in line]


async def test_all_answers_together_may_have_so_many_bytes():
    """Keys share the bytes of a call: when they are used up, the rest is not read."""
    large = bundle(condition(1), text="x" * 1_000)
    templates = {str(number): CONDITIONS["conditions"] for number in range(4)}
    async with faulty_fhir(resource(large)) as server, access(server.base) as complete:
        completed = await complete(hook_request(server.base), templates, limits=FetchLimits(call_bytes=2_700))

    assert sorted(found.state for found in completed.fetched.values()) == ["error", "error", "supplied", "supplied"]
    assert {found.record.reason for found in completed.fetched.values()} == {None, Reason.TOO_LARGE}
