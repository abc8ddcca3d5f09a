"""Whether a request gives leave to read, and what."""

import pytest

from cds_hooks.egress.allow_list import read_service_base
from cds_hooks.egress.exchange import Allowance, Egress
from cds_hooks.errors import MalformedRequest
from cds_hooks.fetched import Reason, State
from cds_hooks.fhir_authorization import FhirGrant, fhir_grant
from cds_hooks.fhir_calls import Bounds, FhirCalls
from tests.cds_hooks.fetching import NO_AUTHORITIES, TOKEN, access, hook_request, in_seconds
from tests.faulty_fhir import bundle, condition, faulty_fhir, resource

BASE = read_service_base("https://ehr.example.org/fhir")


def grant(**authorization):
    return fhir_grant(hook_request(str(BASE), **authorization), [BASE])


def test_a_token_for_a_listed_server_is_leave_to_read():
    """What a client sends in the usual case."""
    assert grant() == FhirGrant(BASE, TOKEN, "patient/*.read")
    assert TOKEN not in repr(grant())


@pytest.mark.parametrize(
    ("authorization", "reason"),
    [
        ({"server_only": True}, Reason.NO_AUTHORIZATION),
        ({"expires_in": 0}, Reason.EXPIRED_TOKEN),
        ({"expires_in": -5}, Reason.EXPIRED_TOKEN),
        ({"token_type": "MAC"}, Reason.UNUSABLE_TOKEN),
        ({"access_token": "a b"}, Reason.UNUSABLE_TOKEN),
        ({"access_token": "a\r\nX-Header: b"}, Reason.UNUSABLE_TOKEN),
        ({"access_token": "tök"}, Reason.UNUSABLE_TOKEN),
    ],
)
def test_without_a_usable_token_nothing_is_read(authorization, reason):
    """No token, one that is used up, and one that no header can carry."""
    assert grant(**authorization) is reason


def test_a_server_that_is_not_listed_is_not_read():
    """However good the token."""
    assert fhir_grant(hook_request("https://evil.example/fhir"), [BASE]) is Reason.SERVER_NOT_LISTED
    assert fhir_grant(hook_request(None), [BASE]) is Reason.NO_AUTHORIZATION


@pytest.mark.parametrize("token", [None, ""])
def test_no_request_gives_leave_to_read_an_open_server(token):
    """Calls without a token are for whoever tries a server out; a client's request cannot bring them about."""
    with pytest.raises(MalformedRequest):
        grant(access_token=token)


async def test_leave_for_an_open_server_sends_no_token():
    """Not even an empty one, which a server might refuse."""
    async with faulty_fhir(resource(bundle())) as server:
        base = read_service_base(server.base, loopback_http=True)
        egress = Egress([base], ssl_context=NO_AUTHORITIES)
        calls = FhirCalls(egress, clock=lambda: 0.0, chance=lambda: 0.0)
        await calls.call(FhirGrant(base, None, None), base.address("Condition?patient=1"), Bounds(in_seconds(5), 10_000, Allowance(10_000)))
        await egress.aclose()

    assert [asked.target for asked in server.asked] == ["/fhir/Condition?patient=1"]
    assert "authorization" not in server.asked[0].headers


@pytest.mark.parametrize(
    "authorization", [{"expires_in": ...}, {"expires_in": 1}, {"token_type": "bearer"}, {"scope": ...}, {"scope": None}]
)
def test_what_clients_leave_out_or_write_otherwise_is_fine(authorization):
    """A token without a time or scopes may be tried."""
    assert isinstance(grant(**authorization), FhirGrant)


@pytest.mark.parametrize("patient", ["p-1", "Patient/p-1", "", None, ...])
def test_a_token_of_the_patient_is_fine(patient):
    """Also where the client does not say of whom it is."""
    assert isinstance(grant(patient=patient), FhirGrant)


@pytest.mark.parametrize(
    "scope",
    [
        None,
        "",
        "launch openid profile fhirUser online_access",
        "something/else",
        "patient/Condition.read",
        "patient/*.read",
        "patient/*.*",
        "user/Condition.*",
        "system/*.rs",
        "patient/Condition.s",
        "patient/Condition.cruds",
        "launch patient/Patient.read user/Condition.read",
        "patient/Condition.rs?category=problem-list-item",
    ],
)
@pytest.mark.requirement("R3-20")
def test_scopes_that_may_cover_a_search_do_not_refuse_it(scope):
    """Both versions of SMART; scopes that nobody told or knows are tried."""
    assert not FhirGrant(BASE, TOKEN, scope).refuses("Condition", "search")


@pytest.mark.parametrize(
    "scope",
    [
        "patient/Patient.read",
        "patient/Condition.write",
        "patient/Condition.r",
        "patient/Condition.cud",
        "patient/ConditionX.read launch",
        "patient/*.write user/Patient.rs",
        "patient/*.cud",
    ],
)
@pytest.mark.requirement("R3-20", "case-22")
def test_scopes_that_name_other_things_refuse_a_search(scope):
    """The server would say 403; it is not asked."""
    assert FhirGrant(BASE, TOKEN, scope).refuses("Condition", "search")


def test_reading_and_searching_are_different_rights():
    """In version 2 each has its letter; `read` of version 1 is both."""
    assert FhirGrant(BASE, TOKEN, "patient/Patient.r").refuses("Patient", "search")
    assert not FhirGrant(BASE, TOKEN, "patient/Patient.r").refuses("Patient", "read")
    assert FhirGrant(BASE, TOKEN, "patient/Patient.s").refuses("Patient", "read")
    assert not FhirGrant(BASE, TOKEN, "patient/Patient.read").refuses("Patient", "read")


@pytest.mark.parametrize(
    ("scope", "is_narrow"),
    [
        ("patient/Condition.rs?category=problem-list-item", True),
        ("patient/Condition.rs?category=problem-list-item patient/Condition.rs?category=encounter-diagnosis", True),
        ("patient/Condition.rs?category=problem-list-item patient/Condition.rs", False),
        ("patient/Condition.rs?category=problem-list-item user/*.read", False),
        ("patient/Observation.rs?category=exam patient/Condition.rs", False),
        (None, False),
    ],
)
def test_a_scope_with_a_query_shows_a_part(scope, is_narrow):
    """What such a token does not show may well be there."""
    assert FhirGrant(BASE, TOKEN, scope).narrows("Condition") is is_narrow


@pytest.mark.parametrize(
    ("authorization", "calls", "state", "reason"),
    [
        ({"scope": "patient/Patient.read"}, 0, State.NOT_ASKED, Reason.SCOPE),
        ({"scope": "patient/Condition.rs?category=x"}, 1, State.INCOMPLETE, Reason.NARROW_SCOPE),
        ({"expires_in": 0}, 0, State.NOT_ASKED, Reason.EXPIRED_TOKEN),
        ({"server_only": True}, 0, State.NOT_ASKED, Reason.NO_AUTHORIZATION),
        ({}, 1, State.SUPPLIED, None),
    ],
)
@pytest.mark.requirement("61", "case-20", "case-21", "case-22")
async def test_leave_decides_over_calls(authorization, calls, state, reason):
    """Without leave there is no call, and the key stays missing as the client left it."""
    async with faulty_fhir(resource(bundle(condition(1)))) as server, access(server.base) as complete:
        completed = await complete(hook_request(server.base, **authorization))

    found = completed.fetched["conditions"]
    assert (len(server.asked), found.state, found.record.reason) == (calls, state, reason)
    assert ("conditions" in completed.prefetch) == (calls > 0)


async def test_a_read_is_not_narrowed():
    """A patient that is there is there, whatever the query in the scope."""
    async with faulty_fhir(resource({"resourceType": "Patient", "id": "p-1"})) as server, access(server.base) as complete:
        templates = {"patient": "Patient/{{context.patientId}}"}
        completed = await complete(hook_request(server.base, scope="patient/Patient.rs?active=true"), templates)

    assert completed.fetched["patient"].state is State.SUPPLIED
