"""The context of order-dispatch, by the names of 1.1 and of 1.0."""

import pytest

from cds_hooks.errors import MalformedRequest
from cds_hooks.hooks import HOOKS
from cds_hooks.hooks.context import Reference
from cds_hooks.prefetch import template_problems

MRI = Reference("ServiceRequest", "mri")
DRUG = Reference("MedicationRequest", "drug")
TASK = {"resourceType": "Task", "id": "one"}
LEAST = {"patientId": "p", "performer": "Organization/o", "dispatchedOrders": ["ServiceRequest/mri"]}
IN_1_0 = {"patientId": "p", "performer": "Organization/o", "order": "ServiceRequest/mri", "task": TASK}


def read(sent):
    return HOOKS["order-dispatch"].context.read(sent)


@pytest.mark.requirement("K-1")
def test_the_context_is_read():
    """Who is to carry out which orders of whom, and what is asked in detail."""
    context = read({**LEAST, "dispatchedOrders": ["ServiceRequest/mri", "MedicationRequest/drug"], "fulfillmentTasks": [TASK, {}]})

    assert (context.patient_id, context.performer, context.dispatched_orders) == ("p", Reference("Organization", "o"), (MRI, DRUG))
    assert context.tasks == (TASK, {})


def test_nobody_is_named_as_the_user():
    """The hook tells neither user nor encounter; what a client sends in their place is not taken for one."""
    context = read({**LEAST, "userId": "Practitioner/u", "encounterId": "e"})

    assert (context.user_id, context.encounter_id) == (None, None)


@pytest.mark.requirement("K-7")
def test_the_names_of_1_0_are_understood():
    """There, one order and its task stand alone; a service sees the same as from a client of 1.1."""
    assert read(IN_1_0) == read({**LEAST, "fulfillmentTasks": [TASK]})


def test_the_names_of_the_published_example_are_understood():
    """The example on the page of 1.1 has hyphens where its table has capitals."""
    example = {"patientId": "p", "performer": "Organization/o", "dispatched-orders": ["ServiceRequest/mri"], "fulfillment-tasks": [TASK]}

    assert read(example) == read(IN_1_0)


def test_the_new_names_count_where_both_are_sent():
    """A client that serves both versions sends all of it under the new names, and the first of it under the old."""
    context = read({**IN_1_0, "dispatchedOrders": ["MedicationRequest/drug"], "fulfillmentTasks": [{}]})

    assert (context.dispatched_orders, context.tasks) == ((DRUG,), ({},))


@pytest.mark.parametrize("nothing", [None, "", [], {}])
def test_an_empty_new_name_hides_no_old_one(nothing):
    """Null and empty are how clients send what they do not have."""
    assert read({**IN_1_0, "dispatchedOrders": nothing, "fulfillmentTasks": nothing}) == read(IN_1_0)


@pytest.mark.requirement("K-2")
@pytest.mark.parametrize("tasks", [{}, {"task": None}, {"task": {}}, {"fulfillmentTasks": None}, {"fulfillmentTasks": []}])
def test_the_tasks_are_optional(tasks):
    """Orders may be dispatched without any."""
    assert read({**LEAST, **tasks}).tasks == ()


@pytest.mark.requirement("K-3", "K-4")
@pytest.mark.parametrize(
    "orders",
    [
        *({}, {"dispatchedOrders": []}, {"dispatchedOrders": "ServiceRequest/mri"}, {"dispatchedOrders": ["mri"]}, {"dispatchedOrders": 7}),
        *({"dispatchedOrders": ["ServiceRequest/mri", None]}, {"dispatchedOrders": [["ServiceRequest/mri"]]}, {"dispatchedOrders": False}),
        *({"order": "mri"}, {"order": ["ServiceRequest/mri"]}, {"order": "ServiceRequest/.."}, {"order": "ServiceRequest/a b"}),
    ],
)
def test_orders_that_cannot_be_found_are_refused(orders):
    """No order is passed over in silence; the client learns the field, by both of its names."""
    with pytest.raises(MalformedRequest, match=r"`context\.dispatchedOrders` \(`order` in version 1\.0\) must name orders"):
        read({"patientId": "p", "performer": "Organization/o", **orders})


@pytest.mark.requirement("K-3", "K-4")
@pytest.mark.parametrize("performer", [None, "", "o", 7, ["Organization/o"], {"reference": "Organization/o"}])
def test_a_performer_is_required(performer):
    """A reference of any type, but one."""
    with pytest.raises(MalformedRequest, match=r"`context\.performer` must be a reference"):
        read({**LEAST, "performer": performer})


@pytest.mark.parametrize("type_", ["Practitioner", "PractitionerRole", "Organization", "CareTeam", "HealthcareService", "Device"])
def test_anybody_may_perform(type_):
    """The library ends its list of types with "etc."."""
    assert read({**LEAST, "performer": f"https://ehr.example/fhir/{type_}/o"}).performer == Reference(type_, "o")


def test_a_patient_is_required():
    """Orders of nobody are refused with the name of the field."""
    with pytest.raises(MalformedRequest, match=r"context\.patientId"):
        read({**LEAST, "patientId": None})


@pytest.mark.parametrize(
    "tasks", [{"fulfillmentTasks": TASK}, {"fulfillmentTasks": ["Task/1"]}, {"fulfillmentTasks": 0}, {"task": "Task/1"}, {"task": [TASK]}]
)
def test_tasks_that_are_no_resources_are_refused(tasks):
    """The client learns the field, by both of its names."""
    with pytest.raises(MalformedRequest, match=r"`context\.fulfillmentTasks` \(`task` in version 1\.0\) must hold FHIR Tasks\."):
        read({**LEAST, **tasks})


@pytest.mark.requirement("57", "L-60", "L-64", "L-68", "L-73")
@pytest.mark.parametrize(
    ("token", "is_one"),
    [
        *(("context.patientId", True), ("context.performer", True), ("context.dispatchedOrders", False), ("context.order", False)),
        *(("context.fulfillmentTasks", False), ("context.userId", False), ("userPractitionerId", False)),
    ],
)
def test_templates_may_name_what_is_one_value(token, is_one):
    """An array fits into no query, and there is no user to ask for."""
    assert (template_problems({"key": f"Practitioner?_id={{{{{token}}}}}"}, HOOKS["order-dispatch"]) == ()) is is_one


def test_no_task_shows_in_a_log():
    """Tasks are about a patient: the context does not print them."""
    assert "Task" not in repr(read(IN_1_0))
