"""What a client could not show or would take wrongly is found: a good card, one thing changed, one sentence."""

import pytest

from cds_hooks.response import Action, Card, Coding, Link, Source
from service.call import Call
from service.cards.conformance import problems_of
from service.speech import Speech
from tests.service.cards.clients import BUILT
from tests.service.charts import EVERYBODY, archetype, bundle, look, pressed

EPIC, ORACLE = Speech("epic", order_codes=BUILT), Speech("oracle")
BOTH_POINTS = bundle(pressed(), pressed(side="left"))


def card(speech=EVERYBODY, **keys):
    (one,) = look(archetype(**keys), speech=speech).cards
    return one


def problems(one, speech=EVERYBODY, **changes):
    """What is wrong with a card in which something was changed."""
    changed = Card.model_validate({**{name: getattr(one, name) for name in Card.model_fields}, **changes})
    return problems_of(changed, Call("p", speech=speech))


def with_action(one, **changes):
    """The card with its first suggestion's first action changed."""
    first, *others = one.suggestions
    action = first.actions[0].model_copy(update=changes)
    return {"suggestions": (first.model_copy(update={"actions": (action, *first.actions[1:])}), *others)}


@pytest.mark.parametrize("speech", [EVERYBODY, EPIC, ORACLE, Speech("v3"), Speech("sandbox")], ids=lambda speech: speech.dialect)
def test_a_card_for_its_own_client_has_no_problem(speech):
    """As it was composed."""
    assert problems(card(speech), speech) == ()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"detail": "x" * 951}, "the detail is too long"),
        ({"detail": "x\n" * 16}, "the detail is too long"),
        ({"detail": "<b>x"}, "the detail has a tag"),
        ({"detail": "[x](y)"}, "the detail has a link or an image"),
        ({"detail": "![x](y)"}, "the detail has a link or an image"),
        ({"detail": "| a | b |"}, "the detail has a table"),
        ({"detail": "see https://x.example"}, "the detail has an address"),
        ({"detail": "no\u202e stenosis"}, "a text has signs that nobody sees"),
        ({"summary": f"{'Once upon a time ' * 6}cluneal"}, "the beginning of the summary does not say what it is about"),
        ({"indicator": "critical"}, "it would interrupt"),
        ({"uuid": None}, "feedback cannot name the card or a suggestion"),
        (
            {"source": Source(label="x", topic=Coding(code="two words", system="urn:x"))},
            "the topic is no plain word, so nobody can mute it",
        ),
        ({"selection_behavior": "any"}, "two suggestions that contradict each other can be accepted together"),
    ],
)
def test_what_is_wrong_for_everybody_is_found(changes, says):
    """A card that is too long, has markup, hides its meaning, interrupts, or lets a contradiction be accepted."""
    assert problems(card(), **changes) == (says,)


@pytest.mark.parametrize(
    ("place", "changes"), [(0, {"selection_behavior": "any"}), (1, {"selection_behavior": "any"})], ids=["right, left", "block"]
)
def test_findings_of_two_sides_do_not_contradict(place, changes):
    """Right and left together are both; only the same side, found and not found, is a contradiction."""
    one = card() if place == 0 else card(exams=BOTH_POINTS)

    assert problems(one, suggestions=one.suggestions[:2], **changes) == ()


def test_a_suggestion_that_comes_ticked_is_found():
    """What is accepted by itself was not decided by anybody."""
    first, *others = card().suggestions
    ticked = first.model_copy(update={"is_recommended": True})

    assert problems(card(), suggestions=(ticked, *others)) == (f'"{first.label}" comes pre-selected',)


def test_both_in_one_click_is_found_where_it_was_not_asked_for():
    """A suggestion that records and orders is only for clients that are set to it."""
    (found,) = {says.split('"')[-1] for says in problems(card(Speech(combined_attestation=True)))}

    assert found == " records and orders at once"


def test_what_goes_beyond_the_level_is_found():
    """Findings where a click may only order; orders where it may write nothing."""
    assert {says.split('"')[-1] for says in problems(card(), Speech(writes="orders"))} == {" writes Observation"}
    assert {says.split('"')[-1] for says in problems(card(), Speech(writes="text"))} == {" writes Observation", " writes ServiceRequest"}


def test_what_no_card_of_ours_writes_is_found():
    """A diagnosis, or an entry that would be gone."""
    diagnosis, gone = (
        Action(type="create", description="x", resource={"resourceType": "Condition"}),
        Action(type="delete", description="x", resource_id="ServiceRequest/1"),
    )
    first = card().suggestions[0]

    assert problems(card(), suggestions=(first.model_copy(update={"actions": (diagnosis,)}),)) == (f'"{first.label}" writes Condition',)
    assert problems(card(), suggestions=(first.model_copy(update={"actions": (gone,)}),)) == (f'"{first.label}" writes delete',)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"description": "Draft order: block, RIGHT side"}, 'does not say all of "Diagnostic superior cluneal nerve block, RIGHT"'),
        ({"description": "Draft order: diagnostic superior cluneal nerve block"}, "does not say all of"),
    ],
)
def test_an_order_that_does_not_name_nerve_and_side_is_found(changes, says):
    """What the user reads before the click says the whole order."""
    one = card(exams=BOTH_POINTS)

    assert says in " ".join(problems(one, **with_action(one, **changes)))


def test_another_intent_or_another_code_is_found():
    """The card of a client that wants proposals by CPT is none for a client that wants orders by its own code."""
    says = " ".join(problems(card(exams=BOTH_POINTS), Speech(order_intent="order", order_codes=BUILT)))

    assert "is not the draft that the client asks for" in says
    assert "is not named by the code of the site" in says


def test_the_card_of_everybody_is_none_for_epic():
    """At most one, two actions, findings: each is said."""
    says = " ".join(problems(card(), Speech("epic")))

    for words in ("selection behaviour", "has more than one action", "writes Observation", "code of the site"):
        assert words in says


def test_the_card_of_everybody_is_none_for_oracle():
    """Suggestions, reasons, a long summary, an app."""
    app = Link(label="x", url="https://app.example/launch", type="smart")
    summary = "Right superior cluneal point reproduces the usual pain (20 November 2026): consider a diagnostic block"
    says = " ".join(problems(card(exams=BOTH_POINTS), ORACLE, links=(app,), summary=summary))

    for words in ("longer than the column", "nobody can give one", "opens an app", "writes ServiceRequest"):
        assert words in says
