"""The recording path, which is the product: what a click creates is read back by the next call, which then says the next thing.

Every step goes over HTTP: the suggestion of one answer is put into the chart, as an EHR does, and the chart is sent again.
"""

from typing import Any

import pytest

from service.story import hook_request, read_story
from tests.doors import Answer, sent

ARCHETYPE = "laminectomy-and-iliac-harvest"
STORY = read_story(ARCHETYPE)
KEYS = {"Observation": "exams", "ServiceRequest": "orders"}


def called(*accepted: dict[str, Any], name: str = ARCHETYPE) -> Answer:
    """The answer for a story's chart into which the accepted resources were written."""
    story = read_story(name)
    body = hook_request(story, hook_instance=f"call-{len(accepted)}", today=story.today)
    added: dict[str, list[dict[str, Any]]] = {}
    for number, resource in enumerate(accepted):
        written = {**resource, "id": f"written-{number}"}
        if resource["resourceType"] == "ServiceRequest":
            written["status"] = "active"
        added.setdefault(KEYS[resource["resourceType"]], []).append({"resource": written})
    for key, entries in added.items():
        old = body["prefetch"].get(key) or {}
        body["prefetch"][key] = {"resourceType": "Bundle", "type": "searchset", "entry": [*old.get("entry", ()), *entries]}
    return sent(story, body)


def offered(answer: Answer, *words: str) -> list[dict[str, Any]]:
    """The resources of the one suggestion whose label has all the words."""
    suggestions = answer.cards[0]["suggestions"]
    (chosen,) = [one for one in suggestions if all(word.lower() in one["label"].lower() for word in words)]
    return [action["resource"] for action in chosen["actions"]]


def ordered(answer: Answer) -> list[str]:
    return [resource["code"]["text"] for resource in answer.resources if resource["resourceType"] == "ServiceRequest"]


@pytest.mark.parametrize(("label", "side"), [("RIGHT", "right"), ("LEFT", "left"), ("BOTH", "bilateral")])
def test_an_accepted_finding_brings_the_block_card_of_its_side(label, side):
    """Two clicks: what was recorded by the first card makes the second one, of that nerve and that side."""
    second = called(*offered(called(), "I examined today", label))

    assert (second.basis["kind"], second.basis["tier"], second.basis["nerves"]) == ("block", "high", ["superior"])
    assert (second.basis["side"], second.basis["sideBasis"]) == (side, "exam")


def test_both_sides_are_two_orders():
    """A block of each side is a suggestion of its own, right first."""
    second = called(*offered(called(), "I examined today", "BOTH"))

    assert len(second.cards[0]["suggestions"]) == 2
    assert [text.split()[-1] for text in ordered(second)] == ["RIGHT", "LEFT"]


def test_the_same_encounter_gets_the_same_card_again():
    """V31: a chart opened twice in one visit; the two cards differ in their uuid, which names one showing of it, and in what carries it."""
    bodies = [hook_request(STORY, hook_instance=f"opened-{time}", today=STORY.today) for time in ("once", "again")]
    first, second = (sent(STORY, body).cards[0] for body in bodies)

    assert first["uuid"] != second["uuid"]
    assert {key: first[key] for key in ("summary", "detail", "indicator", "extension")} == {
        key: second[key] for key in ("summary", "detail", "indicator", "extension")
    }
    assert [one["label"] for one in first["suggestions"]] == [one["label"] for one in second["suggestions"]]


def test_neither_point_closes_that_nerve_and_leaves_the_others():
    """Pressed on both sides without the usual pain: nothing more of that nerve, but nobody has pressed the other points yet."""
    second = called(*offered(called(), "Neither"))

    assert (second.basis["kind"], second.basis["nerves"]) == ("workup", ["middle", "inferior"])


def test_the_points_are_closed_one_after_the_other():
    """Accepting "neither" again and again leads to the next point, and in the end to silence by D-03."""
    seen = offered(called(), "Neither")
    seen += offered(called(*seen), "Neither middle")
    seen += offered(called(*seen), "Neither inferior")

    assert called(*seen).silence == "D-03"


def test_one_side_in_vain_leaves_the_nerve_open():
    """The pain has no side on record, so a single painless side settles nothing."""
    (right, _) = offered(called(), "Neither")

    assert "superior" in called(right).basis["nerves"]


def test_an_accepted_order_is_not_offered_again():
    """Once the block stands among the orders, the card stays, says so, and offers no order."""
    seen = offered(called(), "I examined today", "RIGHT")
    second = called(*seen)
    third = called(*seen, *offered(second, "Order", "RIGHT"))

    assert ordered(second)
    assert third.basis["kind"] == "block"
    assert not ordered(third)
    assert "already ordered" in third.words


def test_an_order_of_one_side_leaves_the_other():
    """With both points positive and the right block ordered, the left one is still offered."""
    seen = offered(called(), "I examined today", "BOTH")
    third = called(*seen, *offered(called(*seen), "Order", "RIGHT"))

    assert [text.split()[-1] for text in ordered(third)] == ["LEFT"]


def test_a_referral_changes_nothing():
    """The accepted referral is an order, but neither a finding nor a block."""
    first = called()

    assert called(*offered(first, "Refer")).basis == first.basis


def test_the_finding_is_recorded_as_the_reader_expects_it():
    """The Observation names its day, its point, its side, the visit and who pressed, and is a finished examination finding."""
    (seen,) = offered(called(), "I examined today", "LEFT")

    assert (seen["status"], seen["category"][0]["coding"][0]["code"]) == ("final", "exam")
    assert seen["code"]["coding"][0]["code"] == "superior-point-palpation"
    assert seen["component"][0]["valueCodeableConcept"]["coding"][0]["code"] == "7771000"
    assert seen["effectiveDateTime"] == STORY.today.isoformat()
    assert seen["performer"] == [{"reference": STORY.user}]
    assert seen["encounter"] == {"reference": f"Encounter/{STORY.encounter}"}


def test_the_order_is_a_draft_without_drug_or_diagnosis():
    """A proposal that names nerve and side in words, and leaves dates, drugs, doses and ICD-10 to the clinician."""
    second = called(*offered(called(), "I examined today", "RIGHT"))
    (order,) = offered(second, "Order")

    assert (order["status"], order["intent"], order["priority"]) == ("draft", "proposal", "routine")
    assert order["code"]["text"] == "Diagnostic superior cluneal nerve block, RIGHT"
    assert [coding["code"] for coding in order["code"]["coding"]] == ["64450", "superior-cluneal-block"]
    assert not {"occurrenceDateTime", "authoredOn", "id", "text"} & order.keys()
    assert all("coding" not in reason for reason in order["reasonCode"])
    assert not any(one["reference"].startswith("Procedure/") for one in order["reasonReference"])
    assert len(order["note"][0]["text"]) <= 500
