"""Record and order in one click: only for a client that asks for it, and only where the next call would offer the same order."""

import pytest

from service.call import Call
from service.cards.conformance import problems_of
from service.speech import Speech
from tests.service.cards.clients import BUILT, SITE
from tests.service.charts import (
    EVERYBODY,
    allergy,
    archetype,
    bundle,
    concept,
    condition,
    look,
    order,
    patient,
    prescription,
    pressed,
)

COMBINED = Speech(combined_attestation=True)


def card(speech=COMBINED, **keys):
    (one,) = look(archetype(**keys), speech=speech, visit="visit").cards
    return one


def at_once(speech=COMBINED, **keys):
    """The suggestions that do both."""
    kinds = [(one, {action.resource["resourceType"] for action in one.actions}) for one in card(speech, **keys).suggestions]
    return [one for one, found in kinds if len(found) > 1]


def sides(**keys):
    return [one.label.split()[3] for one in at_once(**keys)]


def test_nobody_gets_both_in_one_click_unasked():
    """Without the switch of the client there is no such suggestion."""
    assert at_once(EVERYBODY) == []


def test_each_side_can_be_recorded_and_ordered():
    """A workup keeps its five suggestions: the click for one side does both, the one for both sides and for none records alone."""
    labels = [one.label for one in card().suggestions]
    both = [one.label for one in at_once()]

    assert sides() == ["RIGHT", "LEFT"]
    assert labels[:2] == both
    assert labels[2:] == [one.label for one in card(EVERYBODY).suggestions][2:]


@pytest.mark.parametrize("place", [0, 1])
def test_finding_and_order_are_of_the_same_point_and_side(place):
    """What the clinician attests is what is ordered, and nothing else."""
    label = at_once()[place].label
    finding, block = (action.resource for action in at_once()[place].actions)
    side = finding["component"][0]["valueCodeableConcept"]["coding"][0]["display"]

    assert f"{side.upper()} superior" in label
    assert finding["code"]["text"] == f"Superior cluneal point palpation, {side.lower()}"
    assert block["code"]["text"] == f"Diagnostic superior cluneal nerve block, {side.upper()}"


def test_the_order_does_not_point_to_the_finding_of_its_own_click():
    """That has no id yet: its reasons are entries of the chart."""
    known = {"Condition/pain", "DiagnosticReport/mri"}

    for one in at_once():
        assert {reason["reference"] for reason in one.actions[1].resource["reasonReference"]} <= known


@pytest.mark.parametrize(
    "keys",
    [
        {"allergies": bundle(allergy())},
        {"allergies": None},
        {"medications": None},
        {"medications": bundle(prescription("Warfarin"))},
        {"patient": patient(birthDate="1944-01-01")},
        {"orders": bundle(order(code=concept(text="Superior cluneal nerve block")))},
    ],
    ids=["hard stop", "allergies not read", "drugs not read", "anticoagulant", "age", "block ordered, no side"],
)
def test_what_the_clinician_should_read_first_keeps_the_two_clicks(keys):
    """Where the next card would hold the block back, or would tell a caution that this one does not, recording comes first."""
    assert at_once(**keys) == []
    assert len(card(**keys).suggestions) == 5


def test_a_side_against_the_pain_has_no_order():
    """Pain on the left, point on the right: the sides would conflict, so only the left can be ordered at once."""
    left = condition(code=concept(text="Chronic pain over the left iliac crest"))

    assert sides(conditions=bundle(left)) == ["LEFT"]


def test_a_side_that_is_ordered_has_no_order():
    """A block of the right stands; the left can be ordered with its finding."""
    stands = order(code=concept(text="Right superior cluneal nerve block"))

    assert sides(orders=bundle(stands)) == ["LEFT"]


def test_an_order_by_the_sites_code_counts():
    """The same where the standing order carries the site's own code alone."""
    built = Speech(combined_attestation=True, order_codes=BUILT)
    stands = order(code=concept(SITE, "superior-right", "Nerve block, image guided"))

    assert [one.label.split()[3] for one in at_once(built, orders=bundle(stands))] == ["LEFT"]


@pytest.mark.parametrize("changes", [{"writes": "orders"}, {"writes": "text"}, {"dialect": "epic"}, {"dialect": "oracle"}])
def test_a_client_that_takes_no_finding_gets_no_such_click(changes):
    """The switch does not widen what a click may write."""
    assert at_once(Speech(combined_attestation=True, **changes)) == []


def test_both_are_read_back_by_the_next_call():
    """What the click wrote: the point reproduces the pain, and its block is ordered already."""
    finding, block = (action.resource for action in at_once()[0].actions)
    later = card(exams=bundle({**finding, "id": "seen"}), orders=bundle({**block, "id": "ordered", "status": "active"}))

    assert later.summary == "Right superior cluneal point reproduces the usual pain (20 Nov): block already ordered"
    assert later.suggestions == ()


def test_a_block_card_has_nothing_to_record():
    """Where the point was pressed already, an order is an order."""
    assert at_once(exams=bundle(pressed())) == []


def test_such_a_card_can_be_taken():
    """At most one of its suggestions, as of every workup, and nothing in it contradicts itself."""
    assert card().selection_behavior == "at-most-one"
    assert problems_of(card(), Call("p", speech=COMBINED)) == ()
