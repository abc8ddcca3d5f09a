"""What a click creates: valid FHIR R4 for every nerve and side, with nothing in it that the design keeps out."""

from dataclasses import replace
from datetime import date

import pytest
from fhir.resources.R4B.observation import Observation
from fhir.resources.R4B.servicerequest import ServiceRequest

from service.call import Call
from service.fhir.write import block_order, exam_observation, prove_templates, referral
from service.knowledge.load import load_knowledge
from service.record import Side
from service.speech import OrderCode, Speech

NERVES = load_knowledge().nerves
CALL = Call("p", "1", "Practitioner/1", "visit")
TODAY = date(2026, 11, 20)
CHART = ["Condition/1", "Procedure/2", "Observation/3", "DiagnosticReport/4", "Condition/1", "Encounter/5", "Condition without id, under x"]
EACH_NERVE = pytest.mark.parametrize("nerve", NERVES.values(), ids=NERVES)
EACH_SIDE = pytest.mark.parametrize("side", [Side.RIGHT, Side.LEFT])


def seen(nerve=NERVES["superior"], side=Side.RIGHT, *, reproduces=True, call=CALL):
    return exam_observation(nerve, side, reproduces=reproduces, call=call, today=TODAY, note="Entered.")


def ordered(nerve=NERVES["superior"], side=Side.RIGHT, *, call=CALL, references=CHART, note="A note."):
    return block_order(nerve, side, call=call, references=references, note=note)


def leaves(value):
    """Every text in a resource."""
    if isinstance(value, dict):
        return [leaf for part in value.values() for leaf in leaves(part)]
    return [leaf for part in value for leaf in leaves(part)] if isinstance(value, list) else [value]


@EACH_NERVE
@EACH_SIDE
@pytest.mark.parametrize("reproduces", [True, False])
def test_a_finding_is_valid_fhir(nerve, side, reproduces):
    """The strict R4B model accepts it, with and without a visit."""
    Observation.model_validate(seen(nerve, side, reproduces=reproduces))
    Observation.model_validate(seen(nerve, side, reproduces=reproduces, call=Call("p")))


@EACH_NERVE
@EACH_SIDE
def test_an_order_is_valid_fhir(nerve, side):
    """The strict R4B model accepts it, with and without anything in the chart to point to."""
    ServiceRequest.model_validate(ordered(nerve, side))
    ServiceRequest.model_validate(ordered(nerve, side, call=Call("p"), references=[]))


def test_a_referral_is_valid_fhir():
    """The strict R4B model accepts it."""
    ServiceRequest.model_validate(referral(call=CALL, references=CHART, note="A note."))


def test_the_templates_are_proved():
    """The proof that runs at the start passes for the nerves there are."""
    prove_templates(tuple(NERVES.values()))


@EACH_SIDE
def test_a_finding_says_its_side_as_code_and_as_words(side):
    """The component has SNOMED's side, body site and code the word."""
    resource = seen(side=side)

    assert resource["component"][0]["valueCodeableConcept"]["coding"][0]["code"] == {"right": "24028007", "left": "7771000"}[side]
    assert side in resource["code"]["text"]
    assert side in resource["bodySite"]["text"].lower()


@pytest.mark.parametrize(
    ("reproduces", "value", "flag"), [(True, "reproduces-usual-pain", "POS"), (False, "does-not-reproduce-usual-pain", "NEG")]
)
def test_a_finding_says_whether_it_is_the_usual_pain(reproduces, value, flag):
    """Value and interpretation agree."""
    resource = seen(reproduces=reproduces)

    assert resource["valueCodeableConcept"]["coding"][0]["code"] == value
    assert resource["interpretation"][0]["coding"][0]["code"] == flag


@pytest.mark.parametrize(("user", "named"), [("Practitioner/1", True), ("PractitionerRole/1", True), ("Patient/p", False), ("", False)])
def test_only_a_clinician_is_named_as_the_one_who_did_it(user, named):
    """The performer and the requester are practitioners or left out."""
    call = Call("p", "1", user)

    assert ("performer" in seen(call=call), "requester" in ordered(call=call)) == (named, named)


def test_a_visit_that_is_not_known_is_left_out():
    """No empty reference is written."""
    assert "encounter" not in seen(call=Call("p"))
    assert ordered()["encounter"] == {"reference": "Encounter/visit"}


@EACH_NERVE
@EACH_SIDE
def test_an_order_names_its_nerve_and_side(nerve, side):
    """In the words a nurse reads, in the body site, and by our code beside CPT's number."""
    resource = ordered(nerve, side)

    assert resource["code"]["text"] == f"Diagnostic {nerve.adjective} cluneal nerve block, {side.upper()}"
    assert [coding["code"] for coding in resource["code"]["coding"]] == ["64450", f"{nerve.adjective}-cluneal-block"]
    assert "display" not in resource["code"]["coding"][0]
    assert side in resource["bodySite"][0]["text"].lower()


CODES = (
    OrderCode("superior-cluneal-block", "urn:oid:2.999.1", "either"),
    OrderCode("superior-cluneal-block", "urn:oid:2.999.1", "right", "Block right", "right"),
    OrderCode("focused-cluneal-examination", "urn:oid:2.999.1", "pain-medicine"),
)
SITE = replace(CALL, speech=Speech(order_intent="plan", order_codes=CODES))


@pytest.mark.parametrize(
    ("nerve", "side", "codes"),
    [
        ("superior", Side.RIGHT, ["right", "superior-cluneal-block"]),
        ("superior", Side.LEFT, ["either", "superior-cluneal-block"]),
        ("middle", Side.RIGHT, ["64450", "middle-cluneal-block"]),
    ],
)
def test_an_order_has_the_code_of_the_site(nerve, side, codes):
    """The site's own for that side, else for either, in place of CPT's number, which stands for any nerve; ours is always there."""
    resource = ordered(NERVES[nerve], side, call=SITE)

    assert [coding["code"] for coding in resource["code"]["coding"]] == codes
    ServiceRequest.model_validate(resource)


def test_a_referral_has_the_code_of_the_site():
    """Where the site has one, before our own."""
    resource = referral(call=SITE, references=CHART, note="A note.")

    assert [coding["code"] for coding in resource["code"]["coding"]] == ["pain-medicine", "focused-cluneal-examination"]
    ServiceRequest.model_validate(resource)


def test_an_order_has_the_intent_of_the_client():
    """A proposal unless the client is set to another; a draft in any case."""
    resources = [ordered(), ordered(call=SITE), referral(call=SITE, references=CHART, note="A note.")]

    assert [resource["intent"] for resource in resources] == ["proposal", "plan", "plan"]
    assert {resource["status"] for resource in resources} == {"draft"}


def test_an_order_gives_reasons_that_r4_allows():
    """Conditions, Observations and reports are reasons, Procedures are supporting information, each once and only with an id."""
    resource = ordered()

    assert [one["reference"] for one in resource["reasonReference"]] == ["Condition/1", "Observation/3", "DiagnosticReport/4"]
    assert [one["reference"] for one in resource["supportingInfo"]] == ["Procedure/2"]


def test_an_order_points_to_five_entries_at_most():
    """A long history does not make a long order."""
    many = ordered(references=[f"{kind}/{number}" for number in range(9) for kind in ("Condition", "Procedure")])

    assert (len(many["reasonReference"]), len(many["supportingInfo"])) == (5, 5)


def test_a_note_is_cut_at_500_characters():
    """Whatever is written, the note stays short."""
    assert len(ordered(note="x" * 900)["note"][0]["text"]) == 500


@pytest.mark.parametrize(
    "resource", [seen(), ordered(), referral(call=CALL, references=CHART, note="A note.")], ids=["finding", "order", "referral"]
)
def test_nothing_is_decided_for_the_clinician(resource):
    """No id, no narrative, no drug, no dose, no diagnosis code, no date of an appointment."""
    assert not {"id", "text", "issued", "derivedFrom", "occurrenceDateTime", "authoredOn", "quantityQuantity"} & resource.keys()
    assert all("icd" not in leaf.lower() and " mg" not in leaf and " ml" not in leaf for leaf in leaves(resource))
