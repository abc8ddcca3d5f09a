"""Orders at the door: what order-select and order-sign answer to orders of another study or procedure, and of nothing that concerns us."""

import pytest

from tests.service.charts import CPT, EXAMINATION, concept
from tests.service.orders import (
    ALLERGIC,
    ARCHETYPE,
    DRUG,
    EACH_HOOK,
    FILM,
    MRI,
    RIGHT_POINT,
    UNREADABLE,
    WITHOUT_MRI,
    asked,
    block,
    draft,
    only,
)


def test_before_another_lumbar_mri_the_points_can_be_pressed():
    """V23: the card names the order, argues against none, says what was not found, and offers what a workup offers."""
    found = asked(ARCHETYPE, MRI)

    assert (found.basis["kind"], found.basis["tier"], found.cards[0]["indicator"]) == ("order", "moderate", "info")
    assert found.basis["nerves"] == ["superior", "middle", "inferior"]
    assert found.words.startswith("no cluneal palpation found in the data sent; consider pressing the iliac crest points first\n")
    assert "lumbar mri: this does not argue against the order." in found.words
    assert len(found.cards[0]["suggestions"]) == 5
    assert "O-first" in found.basis["rules"]


@pytest.mark.parametrize(
    "order",
    [
        draft(concept("http://loinc.org", "30679-5")),
        draft(concept(text="MRI LUMBAR SPINE W/O CONTRAST")),
        draft(concept(CPT, "72148"), priority=None),
        draft(concept(CPT, "64635")),
        draft(concept(CPT, "63650")),
        draft(concept(CPT, "27279")),
        draft(concept(CPT, "72148"), id_="", status=None, intent=None),
    ],
    ids=["LOINC", "words", "no priority", "facet radiofrequency", "stimulator", "sacroiliac fusion", "hardly begun"],
)
def test_other_orders_are_such_an_occasion_too(order):
    """By code or by words, however unfinished; for what lasts already the first one."""
    assert asked(ARCHETYPE, order).basis["kind"] == "order"


@pytest.mark.parametrize("code", ["72148", "64493", "62323", "27096", "64635", "63650", "27279"])
def test_order_select_never_speaks_of_other_orders(code):
    """An order that is only being looked at is no occasion; the same one is when it is signed, unless it is the first of its kind."""
    found = asked(ARCHETYPE, draft(concept(CPT, code)), hook="order-select")

    assert (found.status, found.cards, found.silence) == (200, [], "O-none")


@pytest.mark.parametrize("priority", ["urgent", "asap", "stat", "STAT"])
def test_an_urgent_order_is_no_occasion(priority):
    """Whoever orders at once has another reason."""
    assert asked(ARCHETYPE, {**MRI, "priority": priority}).silence == "O-none"


@pytest.mark.parametrize(
    ("story", "order", "silence"),
    [
        ("laminectomy-patient-in-hospital", MRI, "D-08"),
        (WITHOUT_MRI, MRI, "O-none"),
        (ARCHETYPE, draft(concept(CPT, "64493")), "O-none"),
        ("low-back-pain-and-a-normal-mri", MRI, "T-LOW"),
        ("discitis-after-fusion", MRI, "X-04"),
        (ARCHETYPE, draft(concept(text="MRI cervical spine")), "O-none"),
        (ARCHETYPE, draft(concept(CPT, "63047", "Lumbar laminectomy")), "O-none"),
        (ARCHETYPE, {**MRI, "doNotPerform": True}, "O-none"),
        (ARCHETYPE, DRUG, "O-none"),
        (ARCHETYPE, draft({"coding": []}), "O-none"),
        ("deceased", MRI, "P-02"),
    ],
    ids=[
        *("inpatient", "first MRI", "first injection", "low tier", "red flag", "other region", "surgery", "not to be done"),
        *("drugs only", "empty coding", "deceased"),
    ],
)
def test_what_only_resembles_it_is_silent(story, order, silence):
    """Elective orders of outpatients, repetitions where a first one is usual, and patients of whom something would be said."""
    found = asked(story, order)

    assert (found.status, found.cards, found.silence) == (200, [], silence)


def test_another_injection_after_one_that_did_not_help():
    """The same order that is silent as the first is an occasion as the second."""
    assert asked(WITHOUT_MRI, draft(concept(CPT, "64493"))).basis["rules"][-1] == "O-first"


def test_after_the_points_were_examined_nothing_is_said():
    """Tender, but not the usual pain: somebody has pressed already."""
    tender = only("exams", valueCodeableConcept=concept(EXAMINATION, "tender-not-usual-pain"))

    assert asked(RIGHT_POINT, MRI, chart=tender).silence == "O-examined"


def test_a_point_that_reproduces_the_pain_is_told_at_the_mri():
    """It was pressed, and it is the usual pain: the card says so and does not ask to press again."""
    found = asked(RIGHT_POINT, MRI)

    assert (found.basis["kind"], found.basis["tier"]) == ("order", "high")
    assert "no cluneal palpation" not in found.words
    assert "this does not argue against the order" in found.words


@EACH_HOOK
@pytest.mark.parametrize("drafts", [[], [FILM], [DRUG]], ids=["none", "another order", "a drug"])
def test_with_unread_procedures_other_orders_are_silent(hook, drafts):
    """Nobody needs to know the chart to say nothing of an X-ray: no 412 in the way of an order that is not ours."""
    assert asked(UNREADABLE, *drafts, hook=hook).silence == "O-none"


@pytest.mark.parametrize(("hook", "order"), [("order-sign", MRI), ("order-sign", block()), ("order-select", block())])
def test_with_unread_procedures_an_order_of_ours_is_a_412(hook, order):
    """What would be said cannot be known: the answer names the key."""
    found = asked(UNREADABLE, FILM, order, hook=hook)

    assert found.status == 412
    assert "procedures" in found.complaint


@pytest.mark.parametrize(("hook", "order"), [("order-select", MRI), ("order-sign", {**MRI, "priority": "stat"})])
def test_with_unread_procedures_an_order_that_is_no_occasion_is_silent(hook, order):
    """Whatever the chart holds, nothing would be said of it."""
    assert asked(UNREADABLE, order, hook=hook).silence == "O-none"


@EACH_HOOK
def test_a_draft_of_another_patient_is_refused(hook):
    """No part of such a request can be trusted."""
    found = asked(ARCHETYPE, MRI, {**block(), "subject": {"reference": "Patient/somebody-else"}}, hook=hook)

    assert (found.status, found.cards) == (412, [])
    assert "draftOrders" in found.complaint
    assert "somebody-else" not in found.complaint


@EACH_HOOK
def test_the_patient_signs_no_orders(hook):
    """A patient or relative is no user of these hooks."""
    assert asked(ARCHETYPE, MRI, hook=hook, userId="Patient/example").status == 400


@EACH_HOOK
@pytest.mark.parametrize(
    "entry",
    [
        {"resourceType": None, "id": "1"},
        {"resourceType": 7, "id": "1"},
        {"id": "1"},
        draft(True),
        draft({"coding": True}),
    ],
    ids=["type null", "type a number", "no type", "code a flag", "coding a flag"],
)
def test_an_order_of_which_nobody_can_tell_what_it_orders_is_said(hook, entry):
    """The silence names the drafts as unusable: nobody takes it for "looked at every order"."""
    found = asked(ALLERGIC, FILM, entry, hook=hook)

    assert (found.silence, found.unusable) == ("O-none", ["draftOrders"])


@EACH_HOOK
@pytest.mark.parametrize("order", [FILM, MRI, DRUG, draft({"coding": []})], ids=["a film", "an MRI", "a drug", "hardly begun"])
def test_an_order_that_can_be_read_is_not_said_to_be_unusable(hook, order):
    """Other orders, and one that has hardly been begun, are read like any."""
    assert asked(ALLERGIC, order, hook=hook).unusable == []
