"""Which version a server speaks is asked once an hour, costs no time once it is known, and decides what is asked for and what is used."""

import json

import pytest

from cds_hooks.fetched import Reason, State
from cds_hooks.fhir_version import Version, in_version, read_version
from tests.cds_hooks.fetching import CONDITIONS, TOKEN, access, hook_request
from tests.faulty_fhir import OUTCOME, bundle, by_type, condition, faulty_fhir, hang, in_turn, raw, reset, resource

READS = (Version.STU3, Version.R4, Version.R5)
ORDERS = {"orders": "ServiceRequest?patient={{context.patientId}}&status=active"}
BOTH = {**CONDITIONS, **ORDERS}


def statement(number, kind="CapabilityStatement"):
    """What a server of this version says at its metadata."""
    return {"resourceType": kind, "status": "active", "fhirVersion": number}


def speaking(metadata, **answers):
    """A server with this metadata, a condition and an order."""
    order = {"resourceType": "ServiceRequest", "id": "o", "subject": {"reference": "Patient/p-1"}}
    older = order | {"resourceType": "ProcedureRequest"}
    known = {"Condition": resource(bundle(condition(1))), "ServiceRequest": resource(bundle(order))}
    return by_type(**{"metadata": metadata, **known, "ProcedureRequest": resource(bundle(older)), **answers})


def asked_for(server):
    return [asked.path.split("/")[2] for asked in server.asked]


@pytest.mark.parametrize(
    ("number", "version"),
    [
        ("1.0.2", Version.DSTU2),
        ("3.0.1", Version.STU3),
        ("3.0.2", Version.STU3),
        ("4.0.0", Version.R4),
        ("4.0.1", Version.R4),
        ("4.3.0", Version.R4),
        ("4.3.0-cibuild", Version.R4),
        ("5.0.0", Version.R5),
        ("0.0.82", Version.OTHER),
        ("4.6.0", Version.OTHER),
        ("6.0.0-ballot3", Version.OTHER),
        ("R4", None),
        ("", None),
    ],
)
def test_a_version_is_read_from_its_number(number, version):
    """Corrections and builds of a version are that version; ballots and later versions are others; words are none."""
    assert read_version(json.dumps(statement(number)).encode()) is version


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"fhirVersion":"5.0.0"}', json.dumps(OUTCOME).encode(), b"[" * 100_000])
def test_what_is_no_statement_names_no_version(body):
    """Whatever a server answers, nothing breaks."""
    assert read_version(body) is None


def test_dstu2_calls_its_statement_a_conformance():
    """It is told by that name alone."""
    assert read_version(json.dumps(statement("1.0.2", "Conformance")).encode()) is Version.DSTU2


def test_only_a_type_that_was_renamed_is_asked_for_otherwise():
    """Orders in STU3; all else, and everything in the other versions, as R4 has it."""
    template = ORDERS["orders"]

    assert in_version(template, Version.STU3) == template.replace("ServiceRequest", "ProcedureRequest")
    assert {in_version(template, version) for version in (None, Version.R4, Version.R5)} == {template}
    assert in_version("Patient/1", Version.STU3) == "Patient/1"


@pytest.mark.parametrize("templates", [{}, {"encounter": "Encounter/{{context.encounterId}}"}], ids=["nothing", "nothing that has a value"])
async def test_a_call_that_asks_for_nothing_asks_for_no_version(templates):
    """A server that has nothing to give is not waited for: outside of an encounter nearly every chart that is sent whole is such a call."""
    async with faulty_fhir(hang()) as server, access(server.base, reads=READS) as complete:
        completed = await complete(hook_request(server.base), templates)

    assert server.asked == []
    assert {found.state for found in completed.fetched.values()} <= {State.NOT_ASKED}


@pytest.mark.parametrize("number", ["3.0.2", "4.0.1", "4.3.0", "5.0.0"])
async def test_each_version_that_is_read_is_asked_for_what_it_has(number):
    """The orders by their name in that version, from the first call on."""
    async with faulty_fhir(speaking(resource(statement(number)))) as server, access(server.base, reads=READS) as complete:
        completed = await complete(hook_request(server.base), BOTH)

    kind = "ProcedureRequest" if number == "3.0.2" else "ServiceRequest"
    assert {key: found.state for key, found in completed.fetched.items()} == dict.fromkeys(BOTH, State.SUPPLIED)
    assert sorted(asked_for(server)) == sorted(["metadata", "Condition", kind])
    assert {asked.headers["authorization"] for asked in server.asked} == {f"Bearer {TOKEN}"}


@pytest.mark.parametrize("number", ["1.0.2", "6.0.0"])
async def test_what_cannot_be_read_is_refused_with_its_reason(number):
    """Nothing of it is used, and once that is known, the server is not called any more."""
    async with faulty_fhir(speaking(resource(statement(number)))) as server, access(server.base, reads=READS) as complete:
        answers = [await complete(hook_request(server.base), BOTH) for _ in range(2)]

    for completed in answers:
        assert {found.record.reason for found in completed.fetched.values()} == {Reason.FHIR_VERSION}
        assert not [value for value in completed.prefetch.values() if b"OperationOutcome" not in bytes(value)]
    assert len(server.asked) <= 3


async def test_a_version_is_asked_for_once_an_hour():
    """And again when the hour is over: servers are updated."""
    times = [0.0]
    async with (
        faulty_fhir(speaking(resource(statement("4.0.1")))) as server,
        access(server.base, reads=READS, clock=lambda: times[0]) as complete,
    ):
        for times[0] in (0.0, 1.0, 3_599.0, 3_601.0):
            await complete(hook_request(server.base))

    assert asked_for(server).count("metadata") == 2


@pytest.mark.parametrize(
    "metadata", [resource(OUTCOME, 404), resource(OUTCOME, 401), resource(b"<html>"), resource({}), reset(), raw(b""), hang()], ids=str
)
async def test_a_server_that_does_not_tell_is_taken_for_r4(metadata):
    """All data is had, and the question is not asked again at once; after some minutes it is."""
    times = [0.0]
    async with faulty_fhir(speaking(metadata)) as server, access(server.base, reads=READS, clock=lambda: times[0]) as complete:
        answers = []
        for times[0] in (0.0, 299.0, 301.0):
            answers.append(await complete(hook_request(server.base), BOTH, seconds=0.6))

    assert [{found.state for found in one.fetched.values()} for one in answers] == [{State.SUPPLIED}] * 3
    assert asked_for(server).count("metadata") == 2


async def test_a_server_that_tells_no_more_speaks_what_it_spoke():
    """After an hour its metadata is gone: it is still asked for what STU3 has."""
    times = [0.0]
    metadata = in_turn(resource(statement("3.0.2")), resource(OUTCOME, 500))
    async with faulty_fhir(speaking(metadata)) as server, access(server.base, reads=READS, clock=lambda: times[0]) as complete:
        for times[0] in (0.0, 3_601.0):
            await complete(hook_request(server.base), ORDERS)

    assert asked_for(server) == ["metadata", "ProcedureRequest"] * 2


async def test_no_version_is_asked_for_where_nothing_is_fetched():
    """A prefetch that is all there makes no call."""
    async with faulty_fhir(speaking(in_turn(hang()))) as server, access(server.base, reads=READS) as complete:
        await complete(hook_request(server.base, prefetch={"conditions": None}))

    assert server.asked == []
