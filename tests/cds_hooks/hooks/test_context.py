"""The registry, and what all contexts have in common."""

import pytest

from cds_hooks.errors import MalformedRequest
from cds_hooks.hooks import HOOKS
from cds_hooks.hooks.context import Reference, read_id, read_optional_id, read_user, token_values


@pytest.mark.requirement("R3-2")
def test_the_registry_lists_hooks_under_their_own_names():
    """A hook is found by the name that requests carry, with the version that the library publishes."""
    assert {name: (hook.name, hook.version) for name, hook in HOOKS.items()} == {
        "patient-view": ("patient-view", "1.0"),
        "encounter-start": ("encounter-start", "1.0"),
        "encounter-discharge": ("encounter-discharge", "1.0"),
        "order-select": ("order-select", "1.0"),
        "order-sign": ("order-sign", "1.0"),
        "order-dispatch": ("order-dispatch", "1.1"),
        "problem-list-item-create": ("problem-list-item-create", "0.1.0"),
        "appointment-book": ("appointment-book", "1.0"),
    }


@pytest.mark.requirement(
    "57", "L-4", "L-8", "L-12", "L-20", "L-24", "L-28", "L-36", "L-40", "L-44", "L-48", "L-52", "L-56", "L-77", "L-81", "L-85"
)
@pytest.mark.parametrize("hook", [hook for hook in HOOKS.values() if hook.user_types], ids=lambda hook: hook.name)
def test_tokens_are_fields_and_users(hook):
    """A template may name the primitive fields of the context, and the user by each type the hook allows."""
    assert hook.tokens == {
        *("context.userId", "context.patientId", "context.encounterId"),
        *(f"user{type_}Id" for type_ in hook.user_types),
    }


@pytest.mark.parametrize(
    "sent",
    [
        "Practitioner/a.b-C_9",
        "https://ehr.example.org/fhir/r4/Practitioner/a.b-C_9",
        "http://localhost:8080/Practitioner/a.b-C_9",
        "Practitioner/a.b-C_9/_history/2",
        "https://ehr.example.org/Practitioner/a.b-C_9/_history/2",
    ],
)
def test_a_user_reference_is_reduced_to_type_and_id(sent):
    """Absolute and versioned references name the same user as the short form."""
    user = read_user({"userId": sent}, ("Practitioner",))

    assert user == Reference("Practitioner", "a.b-C_9")
    assert str(user) == "Practitioner/a.b-C_9"


@pytest.mark.requirement("K-4")
@pytest.mark.parametrize(
    "sent",
    [
        *(None, 7, "", "example", "Practitioner", "Practitioner/", "/Practitioner/a", "practitioner/a", "Device/a", "Practitioner/a b"),
        *("Practitioner/a\n", "Practitioner/..", "Practitioner/a/b", "ftp://host/Practitioner/a", "https://host?x=/Practitioner/a"),
        *("Practitioner/" + "a" * 65, "Practitioner/a#b", "Practitioner/a/_history/", "https:///Practitioner/a"),
    ],
)
def test_what_is_no_user_is_refused(sent):
    """Anything but a reference to a user of an allowed type is refused, naming the field and the types."""
    with pytest.raises(MalformedRequest, match=r"`context\.userId` must be a reference .* Practitioner, Patient\.") as refused:
        read_user({"userId": sent}, ("Practitioner", "Patient"))

    assert not sent or sent in ("Practitioner", "Practitioner/") or str(sent) not in str(refused.value)


@pytest.mark.parametrize("sent", ["p-1", "Patient/p-1"])
def test_an_id_is_bare(sent):
    """An id given as a reference is taken for the id."""
    assert read_id({"patientId": sent}, "patientId", "Patient") == "p-1"


@pytest.mark.requirement("K-3", "K-4")
@pytest.mark.parametrize(
    "sent", ["", ".", "..", "a b", "a/b", "a?b", "a&b", "a%2F", "a\n", "a\0", "é", "١", "a" * 65, "Group/a", None, 1, True, ["a"], {}]
)
def test_what_is_no_id_is_refused(sent):
    """Whatever could change the meaning of a query or of an address is no id."""
    with pytest.raises(MalformedRequest, match=r"`context\.patientId` must be the id"):
        read_id({"patientId": sent}, "patientId", "Patient")


@pytest.mark.requirement("K-2")
@pytest.mark.parametrize("context", [{}, {"encounterId": None}, {"encounterId": ""}], ids=["absent", "null", "empty"])
def test_an_optional_id_may_be_left_out(context):
    """Absent, null and empty all mean that there is none."""
    assert read_optional_id(context, "encounterId", "Encounter") is None


def test_an_optional_id_is_checked_when_given():
    """What is sent has to be an id, optional or not."""
    with pytest.raises(MalformedRequest, match=r"context\.encounterId"):
        read_optional_id({"encounterId": "a b"}, "encounterId", "Encounter")


FULL = {
    "patientId": "p-1",
    "encounterId": "e-1",
    "performer": "Organization/9",
    "dispatchedOrders": ["ServiceRequest/1"],
    **{name: {"resourceType": "Bundle"} for name in ("draftOrders", "conditions", "appointments")},
}


@pytest.mark.parametrize("hook", HOOKS.values(), ids=lambda hook: hook.name)
def test_every_token_of_a_hook_has_a_value(hook):
    """What a template may name, a request gives: the id of the user under its type, references whole."""
    contexts = [hook.context.read(FULL | {"userId": f"{type_}/7"}) for type_ in hook.user_types or ("Practitioner",)]
    values = [token_values(context) for context in contexts]

    assert {token for given in values for token in given} == hook.tokens
    assert all(given["context.patientId"] == "p-1" for given in values)
    assert {given["context.performer"] for given in values if "context.performer" in given} <= {"Organization/9"}
    for type_, given in zip(hook.user_types, values, strict=False):
        assert (given["context.userId"], given[f"user{type_}Id"]) == (f"{type_}/7", "7")


def test_a_token_without_a_value_is_not_there():
    """Outside of an encounter there is none to name."""
    context = HOOKS["patient-view"].context.read({"userId": "Patient/p-1", "patientId": "p-1"})

    assert token_values(context).keys() == {"context.patientId", "context.userId", "userPatientId"}
