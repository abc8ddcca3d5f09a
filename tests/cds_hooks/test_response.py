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


@pytest.mark.requirement("3", "74", "77", "R3-28")
def test_nothing_to_say_is_an_empty_list():
    """Silence is said, not left out; what else is empty is left out."""
    assert to_wire(CDSResponse()) == b'{"cards":[]}'


@pytest.mark.requirement(
    "80",
    "84",
    "88",
    "92",
    "95",
    "98",
    "99",
    "103",
    "107",
    "111",
    "115",
    "119",
    "121",
    "123",
    "138",
    "139",
    "141",
    "144",
    "214",
    "215",
    "R3-22",
)
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


@pytest.mark.requirement("81", "94", "104", "108", "113", "116")
def test_the_least_card_has_three_attributes():
    """Summary, indicator and the label of the source: everything else may be left out, and then is."""
    assert sent(CDSResponse(cards=(card(),))) == {"cards": [{"summary": "S", "indicator": "info", "source": {"label": "L"}}]}


@pytest.mark.requirement("118", "120", "145", "220", "R10")
def test_the_least_parts_have_what_is_required():
    """A suggestion needs a label and what to do, a link its label, url and type, a topic its code and system."""
    least = card(
        source=Source(label="L", topic=Coding(code="T", system="https://a.example.org/t")),
        suggestions=(Suggestion(label="G", actions=(CREATE,)),),
        selection_behavior="any",
        links=(Link(label="K", url="https://a.example.org", type="absolute"),),
    )
    (told,) = sent(CDSResponse(cards=(least,)))["cards"]

    assert told["source"]["topic"] == {"code": "T", "system": "https://a.example.org/t"}
    assert told["suggestions"] == [{"label": "G", "actions": [{"type": "create", "description": "Do", "resource": TASK}]}]
    assert told["links"] == [{"label": "K", "url": "https://a.example.org", "type": "absolute"}]


@pytest.mark.requirement("75", "R3-15")
def test_system_actions_are_sent_when_there_are_some():
    """Present with a description, absent when empty."""
    assert sent(CDSResponse(system_actions=(CREATE,)))["systemActions"] == [{"type": "create", "description": "Do", "resource": TASK}]


@pytest.mark.requirement("3")
def test_an_extension_of_nothing_is_left_out():
    """An object that would go out empty does not go out."""
    assert to_wire(CDSResponse(extension={"org.example.basis": {"side": None}})) == b'{"cards":[]}'


@pytest.mark.requirement("1")
def test_nothing_is_sent_that_is_no_json():
    """A number that JSON does not have fails here, not at the client."""
    with pytest.raises(ValueError, match="JSON"):
        to_wire(CDSResponse(extension={"org.example.x": float("nan")}))


@pytest.mark.requirement("83")
def test_a_summary_has_less_than_140_characters():
    """139 is the longest; characters count, not bytes."""
    assert card(summary="é" * 139).summary
    with pytest.raises(ValidationError):
        card(summary="é" * 140)


@pytest.mark.requirement("107", "140")
@pytest.mark.parametrize("url", ["http://localhost:8000/x", "https://a.example.org", "https://a.example.org/a?b=c#d", "https://[::1]/"])
def test_addresses_are_sent_as_given(url):
    """No slash is added, nothing is changed."""
    assert Source(label="L", url=url).url == url


@pytest.mark.requirement("130", "132", "R3-4")
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


@pytest.mark.requirement("133", "134", "135", "R3-17")
def test_a_delete_names_its_target():
    """By type and id, without the resource."""
    action = Action(type="delete", description="D", resource_id="ServiceRequest/a.b-1")

    assert sent(CDSResponse(system_actions=(action,)))["systemActions"] == [
        {"type": "delete", "description": "D", "resourceId": "ServiceRequest/a.b-1"}
    ]


@pytest.mark.requirement("80", "119")
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


@pytest.mark.requirement("122")
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
