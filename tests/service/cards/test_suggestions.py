"""What a card offers to accept: at most five, no side presumed, no order without a point, and the same ids for the same call."""

import pytest

from service.cards.suggestions import stable_uuid
from tests.service.charts import (
    EXAMINATION,
    ago,
    allergy,
    archetype,
    bundle,
    concept,
    condition,
    look,
    order,
    prescription,
    pressed,
    procedure,
)

POINT = bundle(pressed())
OUTCOME = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "processing"}]}


def card(instance="1", **keys):
    (one,) = look(archetype(**keys), visit="visit", instance=instance).cards
    return one


def labels(**keys):
    return [suggestion.label for suggestion in card(**keys).suggestions]


def ordered(**keys):
    return [
        action.resource["code"]["text"].removeprefix("Diagnostic ")
        for suggestion in card(**keys).suggestions
        for action in suggestion.actions
        if action.resource["resourceType"] == "ServiceRequest" and "block" in action.resource["code"]["text"]
    ]


def test_a_workup_offers_right_left_both_neither_and_a_referral():
    """Five, of which one can be accepted."""
    one = card()

    assert one.selection_behavior == "at-most-one"
    assert [label.split(":")[-1].split()[0] for label in labels()] == ["RIGHT", "LEFT", "BOTH", "Neither", "Refer"]


@pytest.mark.parametrize(("place", "findings"), [(0, ["right"]), (1, ["left"]), (2, ["right", "left"]), (3, ["right", "left"])])
def test_each_finding_is_one_observation_per_side(place, findings):
    """Both and neither are two Observations, one per side; neither says of both that it is not the pain."""
    resources = [action.resource for action in card().suggestions[place].actions]
    values = {one["valueCodeableConcept"]["coding"][0]["code"] for one in resources}

    assert [one["code"]["text"].rsplit(" ", 1)[1] for one in resources] == findings
    assert values == {"does-not-reproduce-usual-pain" if place == 3 else "reproduces-usual-pain"}


def test_a_side_known_from_surgery_is_not_presumed():
    """A left harvest does not make the clinician attest the left."""
    left = procedure("side", code=concept("http://www.cms.gov/Medicare/Coding/ICD10", "0QB30ZZ"), performedDateTime=ago(730))
    operations = archetype()["procedures"]["entry"]

    assert labels(procedures=bundle(left, *(one["resource"] for one in operations))) == labels()


def test_the_point_to_press_is_that_of_the_first_nerve():
    """Pain at the PSIS is about the middle point."""
    pain = condition(code=concept(text="Burning pain over the right PSIS, chronic"))

    assert all("middle" in label for label in labels(conditions=bundle(pain))[:4])


def test_actions_say_what_a_click_does():
    """Every action has words of its own, creates something, and what it creates says the side in capitals."""
    actions = [action for suggestion in card(exams=POINT).suggestions + card().suggestions for action in suggestion.actions]

    assert {action.type for action in actions} == {"create"}
    assert all(action.description for action in actions)
    assert "RIGHT" in card(exams=POINT).suggestions[0].actions[0].description


@pytest.mark.parametrize(
    ("keys", "orders"),
    [
        ({}, []),
        ({"exams": POINT}, ["superior cluneal nerve block, RIGHT"]),
        (
            {"exams": bundle(pressed(), pressed(side="left"))},
            ["superior cluneal nerve block, RIGHT", "superior cluneal nerve block, LEFT"],
        ),
        (
            {"exams": bundle(pressed(), pressed("middle", "left"))},
            ["superior cluneal nerve block, RIGHT", "middle cluneal nerve block, LEFT"],
        ),
        ({"exams": POINT, "allergies": bundle(allergy())}, []),
        ({"exams": POINT, "allergies": None}, []),
        ({"exams": POINT, "allergies": OUTCOME}, []),
        ({"exams": POINT, "medications": None}, []),
        ({"exams": POINT, "medications": bundle(prescription("Warfarin"))}, ["superior cluneal nerve block, RIGHT"]),
        ({"exams": bundle(pressed(effectiveDateTime=ago(120)))}, []),
    ],
)
def test_an_order_needs_a_point_and_a_look_at_allergies_and_drugs(keys, orders):
    """One per nerve and side whose point reproduces the pain; none under a hard stop or when nobody could look."""
    assert ordered(**keys) == orders


def ours(side=None, days=7, status="active", **changes):
    text = f"Diagnostic superior cluneal nerve block{f', {side}' if side else ''}"
    return order(code=concept(EXAMINATION, "superior-cluneal-block", text), authoredOn=ago(days), status=status, **changes)


@pytest.mark.parametrize(
    ("placed", "left_to_order"),
    [
        (ours("RIGHT"), []),
        (ours(), []),
        (ours("LEFT"), ["superior cluneal nerve block, RIGHT"]),
        (ours("RIGHT", days=91), ["superior cluneal nerve block, RIGHT"]),
        (ours("RIGHT", status="revoked"), ["superior cluneal nerve block, RIGHT"]),
        (ours("RIGHT", status="draft"), ["superior cluneal nerve block, RIGHT"]),
        (ours("RIGHT", status="completed"), []),
        (ours("RIGHT", doNotPerform=True), ["superior cluneal nerve block, RIGHT"]),
        (order(code=concept("http://www.ama-assn.org/go/cpt", "64450")), ["superior cluneal nerve block, RIGHT"]),
        (order(code=concept(text="Right superior cluneal nerve block")), []),
    ],
    ids=["same side", "no side", "other side", "long ago", "revoked", "draft", "done", "not to be done", "any nerve", "in words"],
)
def test_a_block_that_stands_is_not_ordered_again(placed, left_to_order):
    """By our code or by words that name the nerve, in the last 90 days; an order without a side counts for both."""
    assert ordered(exams=POINT, orders=bundle(placed)) == left_to_order


def test_a_card_without_suggestions_names_no_choice():
    """Selection behaviour goes with suggestions only."""
    assert card(exams=POINT, allergies=bundle(allergy())).selection_behavior is None


def ids(one):
    return [one.uuid, *(suggestion.uuid for suggestion in one.suggestions)]


def test_the_same_call_has_the_same_ids():
    """And another call has others, all different from each other."""
    assert ids(card()) == ids(card())
    assert len({*ids(card()), *ids(card("2"))}) == 12


def test_an_id_belongs_to_its_words():
    """The same words, the same uuid; in another order another one."""
    assert stable_uuid("a", "b") == stable_uuid("a", "b") != stable_uuid("b", "a")
    assert stable_uuid("a", "b")[14] == "5"


def test_an_order_points_at_what_it_rests_on():
    """The pressed point, the pain and the report are reasons; the operations supporting information."""
    (suggestion,) = card(exams=POINT).suggestions
    resource = suggestion.actions[0].resource

    assert "Observation/superior-right" in [one["reference"] for one in resource["reasonReference"]]
    assert all(one["reference"].startswith("Procedure/") for one in resource["supportingInfo"])
    assert resource["encounter"] == {"reference": "Encounter/visit"}
