"""The contexts of order-select and order-sign: unfinished orders, as clients send them."""

import pytest

from cds_hooks.errors import MalformedRequest
from cds_hooks.hooks import HOOKS
from cds_hooks.hooks.context import Reference
from cds_hooks.hooks.order_select import OrderSelect
from cds_hooks.hooks.order_sign import OrderSign

MRI = {"resourceType": "ServiceRequest", "id": "mri"}
BLOCK = {"resourceType": "ServiceRequest", "id": "block"}
DRUG = {"resourceType": "MedicationRequest", "id": "drug"}
BOTH_HOOKS = pytest.mark.parametrize("hook", [OrderSelect, OrderSign])


def bundle(*drafts):
    return {"resourceType": "Bundle", "entry": [{"resource": draft} for draft in drafts]}


LEAST = {"userId": "Practitioner/u", "patientId": "p", "draftOrders": bundle(MRI)}


def drafts(orders, hook=OrderSign, **more):
    return hook.read({**LEAST, "draftOrders": orders, **more}).drafts


def chosen(*all_drafts, selections):
    """What is left of the drafts when a client names the selected ones."""
    return drafts(bundle(*all_drafts), OrderSelect, selections=selections)


def test_both_hooks_are_in_the_registry():
    """A request finds them by their names, with the version that the library publishes."""
    assert {name: (HOOKS[name].version, HOOKS[name].context) for name in ("order-select", "order-sign")} == {
        "order-select": ("1.0", OrderSelect),
        "order-sign": ("1.0", OrderSign),
    }


@pytest.mark.requirement("57", "L-16", "L-89", "L-93")
@pytest.mark.parametrize("name", ["order-select", "order-sign"])
def test_no_template_may_name_the_orders(name):
    """Drafted and selected orders are no primitive fields; the library forbids them as prefetch tokens."""
    assert not HOOKS[name].tokens & {"context.draftOrders", "context.selections"}


@pytest.mark.requirement("K-1")
@BOTH_HOOKS
def test_the_context_is_read(hook):
    """Who orders what for whom, in which encounter when there is one."""
    read = hook.read({**LEAST, "encounterId": "e", "selections": ["ServiceRequest/mri"]})

    assert (read.user_id, read.patient_id, read.encounter_id) == (Reference("Practitioner", "u"), "p", "e")
    assert read.drafts == (MRI,)


@pytest.mark.requirement("K-2")
@BOTH_HOOKS
@pytest.mark.parametrize("sent", [None, ""])
def test_the_encounter_is_optional(hook, sent):
    """Orders are also written between visits."""
    assert hook.read({**LEAST, "encounterId": sent}).encounter_id is None


@BOTH_HOOKS
@pytest.mark.parametrize("type_", ["Patient", "RelatedPerson", "Device", "Organization"])
def test_only_staff_writes_orders(hook, type_):
    """Patients and relatives are no users of these hooks."""
    with pytest.raises(MalformedRequest, match=r"`context\.userId` must be a reference .* Practitioner, PractitionerRole\."):
        hook.read({**LEAST, "userId": f"{type_}/u"})


@pytest.mark.requirement("K-6")
@BOTH_HOOKS
@pytest.mark.parametrize("type_", ["Practitioner", "PractitionerRole"])
def test_both_kinds_of_staff_write_orders(hook, type_):
    """The person, or the person in a role."""
    assert hook.read({**LEAST, "userId": f"{type_}/u"}).user_id == Reference(type_, "u")


@BOTH_HOOKS
def test_a_patient_is_required(hook):
    """Orders of nobody are refused with the name of the field."""
    with pytest.raises(MalformedRequest, match=r"context\.patientId"):
        hook.read({**LEAST, "patientId": ""})


@BOTH_HOOKS
@pytest.mark.parametrize("kind", ["collection", "searchset", "transaction", "", None, 7])
def test_the_type_of_the_bundle_is_not_asked(hook, kind):
    """The reference client leaves it out; whatever it says, the orders are the entries."""
    assert drafts({**bundle(MRI), "type": kind}, hook) == (MRI,)


@BOTH_HOOKS
@pytest.mark.parametrize("unsaid", [{}, {"resourceType": None}], ids=["absent", "null"])
def test_a_bundle_may_leave_out_what_it_is(hook, unsaid):
    """A Bundle without a resourceType is still one; null is how clients send what they do not have."""
    assert drafts({**unsaid, "entry": [{"resource": MRI}]}, hook) == (MRI,)


@BOTH_HOOKS
@pytest.mark.parametrize(
    "orders", [{"resourceType": "Bundle"}, {"resourceType": "Bundle", "entry": []}, {"resourceType": "Bundle", "entry": None}, {}]
)
def test_no_order_is_an_answer_too(hook, orders):
    """An empty Bundle is empty, not wrong."""
    assert drafts(orders, hook) == ()


@BOTH_HOOKS
@pytest.mark.parametrize("entry", [None, {}, {"fullUrl": "urn:uuid:1"}, {"resource": None}])
def test_an_entry_without_a_resource_is_passed_over(hook, entry):
    """Its neighbours are kept, in their order."""
    assert drafts({"resourceType": "Bundle", "entry": [{"resource": MRI}, entry, {"resource": BLOCK}]}, hook) == (MRI, BLOCK)


@BOTH_HOOKS
@pytest.mark.parametrize("entry", ["ServiceRequest/1", 7, [], {"resource": "x"}, {"resource": [MRI]}])
def test_what_stands_where_a_resource_belongs_is_an_empty_one(hook, entry):
    """Whoever reads the drafts can tell that there was one more, of which nothing can be read."""
    assert drafts({"resourceType": "Bundle", "entry": [{"resource": MRI}, entry, {"resource": BLOCK}]}, hook) == (MRI, {}, BLOCK)


@BOTH_HOOKS
@pytest.mark.parametrize(
    "draft",
    [
        {"resourceType": "ServiceRequest"},
        {"resourceType": "ServiceRequest", "id": "1", "code": {"coding": []}},
        {"resourceType": "ServiceRequest", "id": "1", "code": {"coding": [None]}, "subject": None},
        {"resourceType": "ServiceRequest", "id": "1", "category": {"text": "Imaging"}},
        {"resourceType": "MedicationRequest", "id": "request-123"},
        {"resourceType": "MedicationOrder", "id": "order-123"},
        {"id": "1"},
        {"resourceType": 7, "id": 7},
    ],
    ids=["nothing", "empty coding", "null coding", "category an object", "no drug yet", "DSTU2", "no type", "numbers"],
)
def test_an_unfinished_order_is_kept_as_it_is(hook, draft):
    """No order is valid FHIR while it is being written; nothing is validated, nothing is mended, nothing is lost."""
    assert drafts(bundle(draft), hook) == (draft,)


@pytest.mark.requirement("K-4")
@BOTH_HOOKS
@pytest.mark.parametrize("orders", [None, [], [MRI], "Bundle", 7, True, MRI, {"resourceType": "List"}, {"resourceType": "Parameters"}])
def test_what_is_no_bundle_is_refused(hook, orders):
    """Missing orders, a list, a text, a single order or another kind of resource: the client learns which field is wrong."""
    with pytest.raises(MalformedRequest, match=r"`context\.draftOrders` must be a FHIR Bundle\."):
        drafts(orders, hook)


@pytest.mark.requirement("K-3")
@BOTH_HOOKS
def test_the_orders_are_required(hook):
    """A context without the field is refused like one with nothing in it."""
    with pytest.raises(MalformedRequest, match=r"context\.draftOrders"):
        hook.read({"userId": "Practitioner/u", "patientId": "p"})


@BOTH_HOOKS
@pytest.mark.parametrize("entry", [{}, {"resource": MRI}, "x", 7, True])
def test_entries_that_are_no_array_are_refused(hook, entry):
    """One entry is a list of one."""
    with pytest.raises(MalformedRequest, match=r"`context\.draftOrders\.entry` must be an array\."):
        drafts({"resourceType": "Bundle", "entry": entry}, hook)


@pytest.mark.parametrize(
    "selections",
    [
        ["ServiceRequest/block"],
        ["block"],
        ["https://ehr.example/fhir/ServiceRequest/block"],
        ["ServiceRequest/block/_history/2"],
        ["ServiceRequest/gone", "ServiceRequest/block"],
    ],
    ids=["reference", "bare id", "absolute", "a version", "one of two is no draft"],
)
def test_only_the_selected_orders_are_looked_at(selections):
    """However the client names them: the order that was clicked is the one that is asked about."""
    assert chosen(MRI, BLOCK, DRUG, selections=selections) == (BLOCK,)


@pytest.mark.parametrize("name", ["block", "urn:uuid:block", "#block", "ProcedureRequest/block", "servicerequest/block"])
def test_a_type_that_no_draft_has_hides_no_order(name):
    """Clients name the type by another version of FHIR, or not at all; an order beside it that is named well does not change that."""
    assert chosen(MRI, BLOCK, DRUG, selections=["ServiceRequest/mri", name]) == (MRI, BLOCK)


def test_several_orders_can_be_selected():
    """They come in the order of the drafts."""
    assert chosen(MRI, BLOCK, DRUG, selections=["MedicationRequest/drug", "ServiceRequest/mri"]) == (MRI, DRUG)


@pytest.mark.parametrize(
    "selections",
    [None, [], [""], ["ServiceRequest/gone"], ["/"], ["ServiceRequest/"]],
    ids=["null", "empty", "blank", "no draft", "a slash", "no id"],
)
def test_without_a_selection_that_is_a_draft_all_are_looked_at(selections):
    """Some clients leave them out or name what is not there; a stop must not get lost for that."""
    new = {"resourceType": "ServiceRequest"}

    assert chosen(MRI, BLOCK, new, selections=selections) == (MRI, BLOCK, new)


@pytest.mark.requirement("K-2")
def test_missing_selections_are_no_error():
    """The library asks for them, its test suite does not."""
    assert OrderSelect.read(LEAST).drafts == (MRI,)


@pytest.mark.parametrize("selections", ["ServiceRequest/block", {}, {"0": "ServiceRequest/block"}, 7, True, [7], [None], [["x"]], [MRI]])
def test_selections_that_are_no_references_are_refused(selections):
    """The client learns the field and the form."""
    with pytest.raises(MalformedRequest, match=r"`context\.selections` must be an array of references such as ServiceRequest/123\."):
        chosen(MRI, selections=selections)


def test_a_reference_names_its_type():
    """Ids are unique within a type only: the drug with the id of another order is not that order."""
    drug = {**DRUG, "id": "block"}

    assert chosen(BLOCK, drug, selections=["MedicationRequest/block"]) == (drug,)


@pytest.mark.parametrize("id_", [None, "", 7, True, [], {}, ["block"], {"value": "block"}])
def test_an_order_with_an_odd_id_stops_nothing(id_):
    """An order without an id that can be one was not selected; the one that was is found beside it."""
    assert chosen({"resourceType": "ServiceRequest", "id": id_}, BLOCK, selections=["ServiceRequest/block"]) == (BLOCK,)


def test_order_sign_looks_at_everything():
    """What is signed is all of it, also when a client sends selections there, as the reference client does."""
    assert drafts(bundle(MRI, BLOCK), OrderSign, selections=["ServiceRequest/block"]) == (MRI, BLOCK)


@BOTH_HOOKS
def test_no_order_shows_in_a_log(hook):
    """Drafts may tell of a patient: the context does not print them."""
    assert "mri" not in repr(hook.read(LEAST))
