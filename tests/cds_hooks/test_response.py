"""Cards that can be made, cards that cannot, and their bytes."""

import json

import pytest
from pydantic import ValidationError

from cds_hooks.response import Action, Card, CDSResponse, Coding, Link, OverrideReason, Source, Suggestion, to_wire

TASK = {"resourceType": "Task", "id": "t", "status": "requested"}
CREATE = Action(type="create", description="Do", resource=TASK)
ONE, TWO = "6f2c7a31-92c5-4b0e-8f6e-0d6f6c7a0001", "6f2c7a31-92c5-4b0e-8f6e-0d6f6c7a0002"


def card(**changes):
    return Card(**{"summary": "S", "indicator": "info", "source": Source(label="L")} | changes)


def sent(response):
    return json.loads(to_wire(response))


def test_nothing_to_say_is_an_empty_list():
    """Silence is said, not left out; what else is empty is left out."""
    assert to_wire(CDSResponse()) == b'{"cards":[]}'


def test_a_full_card_has_the_names_of_the_specification():
    """Every attribute, in camelCase, `autolaunchable` being one word there."""
    full = card(
        uuid=ONE,
        detail="**D** é",
        source=Source(
            label="L",
            url="https://a.example.org",
            icon="https://a.example.org/i.png",
            topic=Coding(code="T", system="https://a.example.org/t"),
        ),
        suggestions=(Suggestion(label="G", uuid=TWO, is_recommended=False, actions=(CREATE,)),),
        selection_behavior="at-most-one",
        override_reasons=(OverrideReason(code="c", system="https://a.example.org/r", display="d"),),
        links=(Link(label="K", url="https://a.example.org/app", type="smart", app_context="x", autolaunchable=True),),
        extension={"org.example.basis": {"rules": ["X-01"], "side": None, "none": [], "deep": [{"a": ""}, {"b": 0}]}},
    )
    assert sent(CDSResponse(cards=(full,), extension={"org.example.silence": {"rule": "D-04"}})) == {
        "cards": [
            {
                "summary": "S",
                "indicator": "info",
                "source": {
                    "label": "L",
                    "url": "https://a.example.org",
                    "icon": "https://a.example.org/i.png",
                    "topic": {"code": "T", "system": "https://a.example.org/t"},
                },
                "uuid": ONE,
                "detail": "**D** é",
                "suggestions": [
                    {
                        "label": "G",
                        "actions": [{"type": "create", "description": "Do", "resource": TASK}],
                        "uuid": TWO,
                        "isRecommended": False,
                    }
                ],
                "selectionBehavior": "at-most-one",
                "overrideReasons": [{"code": "c", "system": "https://a.example.org/r", "display": "d"}],
                "links": [{"label": "K", "url": "https://a.example.org/app", "type": "smart", "appContext": "x", "autolaunchable": True}],
                "extension": {"org.example.basis": {"rules": ["X-01"], "deep": [{"b": 0}]}},
            }
        ],
        "extension": {"org.example.silence": {"rule": "D-04"}},
    }


def test_system_actions_are_sent_when_there_are_some():
    """Present with a description, absent when empty."""
    assert sent(CDSResponse(system_actions=(CREATE,)))["systemActions"] == [{"type": "create", "description": "Do", "resource": TASK}]


def test_an_extension_of_nothing_is_left_out():
    """An object that would go out empty does not go out."""
    assert to_wire(CDSResponse(extension={"org.example.basis": {"side": None}})) == b'{"cards":[]}'


def test_nothing_is_sent_that_is_no_json():
    """A number that JSON does not have fails here, not at the client."""
    with pytest.raises(ValueError, match="JSON"):
        to_wire(CDSResponse(extension={"org.example.x": float("nan")}))


def test_a_summary_has_less_than_140_characters():
    """139 is the longest; characters count, not bytes."""
    assert card(summary="é" * 139).summary
    with pytest.raises(ValidationError):
        card(summary="é" * 140)


@pytest.mark.parametrize("url", ["http://localhost:8000/x", "https://a.example.org", "https://a.example.org/a?b=c#d", "https://[::1]/"])
def test_addresses_are_sent_as_given(url):
    """No slash is added, nothing is changed."""
    assert Source(label="L", url=url).url == url


WRONG_CARDS = {
    "summary empty": {"summary": ""},
    "summary blank": {"summary": "  "},
    "summary of two lines": {"summary": "a\nb"},
    "summary with a line end": {"summary": "a\n"},
    "summary with a line separator": {"summary": "a\u2028b"},
    "summary with half a surrogate": {"summary": "\ud800"},
    "summary no text": {"summary": 1},
    "indicator unknown": {"indicator": "hard-stop"},
    "source missing": {"source": None},
    "detail empty": {"detail": ""},
    "uuid no uuid": {"uuid": "1"},
    "suggestions without selectionBehavior": {"suggestions": (Suggestion(label="G", actions=(CREATE,)),)},
    "selectionBehavior unknown": {"selection_behavior": "all"},
    "two recommended of at most one (cds-resp-1)": {
        "suggestions": (Suggestion(label="G", actions=(CREATE,), is_recommended=True),) * 2,
        "selection_behavior": "at-most-one",
    },
    "extension with a short name": {"extension": {"basis": 1}},
    "extension an array": {"extension": [{"url": "https://a.example.org"}]},
    "unknown attribute": {"overriddeReason": ()},
}


@pytest.mark.parametrize("changes", WRONG_CARDS.values(), ids=WRONG_CARDS)
def test_a_wrong_card_cannot_be_made(changes):
    """Each rule of the specification about cards."""
    with pytest.raises(ValidationError):
        card(**changes)


WRONG_PARTS = {
    "source label empty": lambda: Source(label=""),
    "url relative": lambda: Source(label="L", url="/a"),
    "url of another scheme": lambda: Source(label="L", url="javascript:alert(1)"),
    "url without a host": lambda: Source(label="L", url="https:///a"),
    "url with credentials": lambda: Source(label="L", url="https://a@b.example.org"),
    "url with a space": lambda: Source(label="L", url="https://a.example.org/a b"),
    "url with a broken host": lambda: Source(label="L", url="https://[a"),
    "coding without a system": lambda: Coding(code="c"),
    "override reason without a display": lambda: OverrideReason(code="c", system="s"),
    "link type unknown": lambda: Link(label="L", url="https://a.example.org", type="web"),
    "app context on an absolute link": lambda: Link(label="L", url="https://a.example.org", type="absolute", app_context="x"),
    "autolaunchable as a word": lambda: Link(label="L", url="https://a.example.org", type="smart", autolaunchable="yes"),
    "autolaunchable in camel case": lambda: Link(label="L", url="https://a.example.org", type="smart", autoLaunchable=True),
    "suggestion without actions": lambda: Suggestion(label="G", actions=()),
    "suggestion without a label": lambda: Suggestion(label="", actions=(CREATE,)),
    "action type unknown": lambda: Action(type="order", description="D", resource=TASK),
    "action without a description (cds-resp-5)": lambda: Action(type="create", description="", resource=TASK),
    "create without a resource": lambda: Action(type="create", description="D"),
    "create with a resourceId": lambda: Action(type="create", description="D", resource=TASK, resource_id="Task/t"),
    "create of something without a type": lambda: Action(type="create", description="D", resource={"id": "x"}),
    "update without an id": lambda: Action(type="update", description="D", resource={"resourceType": "Task"}),
    "delete without a target": lambda: Action(type="delete", description="D"),
    "delete by a bare id": lambda: Action(type="delete", description="D", resource_id="t"),
    "delete by a resource (cds-resp-2)": lambda: Action(type="delete", description="D", resource_id="Task/t", resource=TASK),
    "resource with an empty string": lambda: Action(type="create", description="D", resource={**TASK, "note": [{"text": ""}]}),
    "resource with an empty array": lambda: Action(type="create", description="D", resource={**TASK, "note": []}),
    "resource with an empty object": lambda: Action(type="create", description="D", resource={**TASK, "code": {}}),
    "resource with null": lambda: Action(type="create", description="D", resource={**TASK, "code": None}),
}


@pytest.mark.parametrize("make", WRONG_PARTS.values(), ids=WRONG_PARTS)
def test_a_wrong_part_of_a_card_cannot_be_made(make):
    """Each rule of the specification about sources, links, suggestions and actions."""
    with pytest.raises(ValidationError):
        make()


def test_resources_go_out_as_they_are():
    """Inside a FHIR resource null may keep a place in an array, and false and 0 are values."""
    resource = {
        "resourceType": "Patient",
        "id": "p",
        "active": False,
        "multipleBirthInteger": 0,
        "given": ["A", None],
        "_given": [None, {"id": "g"}],
    }
    action = Action(type="update", description="D", resource=resource)

    assert sent(CDSResponse(system_actions=(action,)))["systemActions"][0]["resource"] == resource


def test_a_delete_names_its_target():
    """By type and id, without the resource."""
    action = Action(type="delete", description="D", resource_id="ServiceRequest/a.b-1")

    assert sent(CDSResponse(system_actions=(action,)))["systemActions"] == [
        {"type": "delete", "description": "D", "resourceId": "ServiceRequest/a.b-1"}
    ]


@pytest.mark.parametrize(
    "cards",
    [
        (card(uuid=ONE), card(uuid=ONE.upper())),
        (card(uuid=ONE, suggestions=(Suggestion(label="G", uuid=ONE, actions=(CREATE,)),), selection_behavior="any"),),
    ],
    ids=["two cards", "a card and its suggestion"],
)
def test_identities_are_unique(cards):
    """Feedback names a card or a suggestion by its uuid alone."""
    with pytest.raises(ValidationError, match="share a uuid"):
        CDSResponse(cards=cards)


def test_several_may_be_recommended_when_several_may_be_chosen():
    """`any` lets the user take all of them."""
    suggestions = (Suggestion(label="G", actions=(CREATE,), is_recommended=True),) * 2

    assert card(suggestions=suggestions, selection_behavior="any").suggestions == suggestions


def test_a_card_cannot_be_changed():
    """What was checked is what is sent."""
    with pytest.raises(ValidationError):
        card().summary = "x" * 200


def test_a_refusal_does_not_quote_the_card():
    """The message of a wrong card may end in a log; its text may be a patient's."""
    with pytest.raises(ValidationError) as refused:
        card(summary="JOHN SMITH\n")

    assert "JOHN" not in str(refused.value)
