"""Reading a request: what is kept, what is hidden, what is refused cheaply.

The forms that are accepted and refused as a whole are files: fixtures/requests, run by test_requests.py.
"""

import json

import pytest

from cds_hooks.errors import HookNotServed, MalformedRequest, PayloadTooLarge
from cds_hooks.hooks.patient_view import PatientView
from cds_hooks.request import MOST_MEMBERS, FhirAuthorization, read_request

SERVER = "https://ehr.example.org/fhir"


def read(question, hooks=("patient-view",)):
    return read_request(json.dumps(question).encode(), hooks=hooks)


@pytest.mark.requirement("28")
def test_a_request_is_read(question):
    """Hook, instance and context are values; prefetch stays raw."""
    request = read(question)

    assert (request.hook, request.hook_instance) == ("patient-view", "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea")
    assert request.context == PatientView.read(question["context"])
    assert json.loads(bytes(request.prefetch["patient"])) == question["prefetch"]["patient"]
    assert (request.fhir_server, request.fhir_authorization) == (None, None)


@pytest.mark.requirement("P-2")
def test_null_and_absent_prefetch_differ(question):
    """Null is the answer "there is none"; a key that was not sent is not there."""
    question["prefetch"] = {"patient": None, "orders": [], "nothing": {}}
    prefetch = read(question).prefetch

    assert prefetch["patient"] is None
    assert "conditions" not in prefetch
    assert (bytes(prefetch["orders"]), bytes(prefetch["nothing"])) == (b"[]", b"{}")


@pytest.mark.parametrize("prefetch", [None, {}, "absent"])
def test_no_prefetch_is_an_empty_one(question, prefetch):
    """Absent, null and {} all mean that no key was sent."""
    question["prefetch"] = prefetch
    if prefetch == "absent":
        del question["prefetch"]

    assert read(question).prefetch == {}


def test_prefetch_cannot_be_changed(question):
    """What was asked stays as it was asked."""
    with pytest.raises(TypeError):
        read(question).prefetch["patient"] = None


def test_the_authorization_is_read(question):
    """Everything that reading from the client's server needs."""
    given = {"access_token": "t", "token_type": "Bearer", "expires_in": 300, "scope": "s", "subject": "j", "patient": "p-1"}
    request = read({**question, "fhirServer": SERVER, "fhirAuthorization": given})

    assert request.fhir_server == SERVER
    assert request.fhir_authorization == FhirAuthorization(**given)


def test_a_token_alone_is_an_authorization(question):
    """What clients leave out is unknown, not wrong."""
    request = read({**question, "fhirServer": SERVER, "fhirAuthorization": {"access_token": "t", "patient": None}})

    assert request.fhir_authorization == FhirAuthorization("t", "Bearer", None, None, None, None)


@pytest.mark.parametrize("server", [None, ""])
def test_an_authorization_for_no_server_is_ignored(question, server):
    """Without a server there is nothing that the token could open."""
    assert read({**question, "fhirServer": server, "fhirAuthorization": {"access_token": "t"}}).fhir_authorization is None


@pytest.mark.requirement("H-14")
def test_nothing_about_a_patient_is_in_the_repr(question):
    """A request that ends up in a log by mistake gives away neither patient nor token."""
    question["context"]["encounterId"] = "enc-9"
    question |= {"fhirServer": SERVER, "fhirAuthorization": {"access_token": "open-sesame", "patient": "p-1", "scope": "s"}}

    said = repr(read(question))

    assert SERVER in said
    assert not [secret for secret in ("open-sesame", "p-1", "enc-9", "example/", "Português") if secret in said]


def test_the_hook_has_to_be_one_of_the_service(question):
    """A service is never asked another question than its own; the answer names the right hooks and not the one sent."""
    with pytest.raises(HookNotServed, match=r"^Hooks of this service: encounter-start, order-sign\.$"):
        read({**question, "hook": "patient-view"}, hooks=("order-sign", "encounter-start"))


@pytest.mark.parametrize("place", ["", "context", "prefetch"])
def test_a_flood_of_members_is_refused_early(question, place):
    """A body of names only is refused after the first thousand of an object, before it has cost anything."""
    flood = {f"n{number}": 1 for number in range(MOST_MEMBERS + 1)}
    (question[place] if place else question).update(flood)

    with pytest.raises(PayloadTooLarge, match="1000 members"):
        read(question)


@pytest.mark.requirement("H-9")
def test_extensions_may_be_of_any_size(question):
    """What is not read has no limits of its own."""
    question["extension"] = {f"org.example.n{number}": number for number in range(5 * MOST_MEMBERS)}

    assert read(question).hook == "patient-view"


@pytest.mark.parametrize("name", ["JOHN SMITH", "patient-view\n", "p" * 10_000])
def test_a_refusal_repeats_nothing_of_the_body(question, name):
    """Messages are made of our own words: what a client put in the wrong place may be about a patient."""
    for wrong in (
        {"hook": name},
        {"hookInstance": {name: 1}},
        {"context": {name: 1}},
        {"context": {"userId": name, "patientId": name}},
        {"prefetch": name},
        {"extension": [name]},
        {"fhirServer": [name]},
    ):
        with pytest.raises((MalformedRequest, HookNotServed)) as refused:
            read(question | wrong)
        assert name not in str(refused.value)
