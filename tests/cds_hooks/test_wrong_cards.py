"""Cards that cannot be made: each breaks one rule of the specification, which its mark names."""

import pytest
from pydantic import ValidationError

from cds_hooks.response import Action, CDSResponse, Coding, Link, OverrideReason, Source, Suggestion
from tests.cds_hooks.test_response import CREATE, TASK, card

requirement = pytest.mark.requirement

WRONG_CARDS = [
    pytest.param({"summary": ""}, id="summary empty", marks=requirement("83")),
    pytest.param({"summary": "  "}, id="summary blank", marks=requirement("83")),
    pytest.param({"summary": "a\nb"}, id="summary of two lines", marks=requirement("83")),
    pytest.param({"summary": "a\n"}, id="summary with a line end", marks=requirement("83")),
    pytest.param({"summary": "a\u2028b"}, id="summary with a line separator", marks=requirement("83")),
    pytest.param({"summary": "\ud800"}, id="summary with half a surrogate", marks=requirement("1", "83")),
    pytest.param({"summary": 1}, id="summary no text", marks=requirement("83")),
    pytest.param({"indicator": "hard-stop"}, id="indicator unknown", marks=requirement("87", "88")),
    pytest.param({"source": None}, id="source missing", marks=requirement("90")),
    pytest.param({"detail": ""}, id="detail empty", marks=requirement("3", "84")),
    pytest.param({"uuid": "1"}, id="uuid no uuid", marks=requirement("80", "R3-25")),
    pytest.param(
        {"suggestions": (Suggestion(label="G", actions=(CREATE,)),)},
        id="suggestions without selectionBehavior",
        marks=requirement("93", "96"),
    ),
    pytest.param({"selection_behavior": "all"}, id="selectionBehavior unknown", marks=requirement("95")),
    pytest.param(
        {
            "suggestions": (Suggestion(label="G", actions=(CREATE,), is_recommended=True),) * 2,
            "selection_behavior": "at-most-one",
        },
        id="two recommended of at most one (cds-resp-1)",
        marks=requirement("R3-18"),
    ),
    pytest.param({"summary": None}, id="summary missing", marks=requirement("83")),
    pytest.param({"indicator": None}, id="indicator missing", marks=requirement("87")),
    pytest.param({"source": {"label": "L", "icon": "i.png"}}, id="icon relative", marks=requirement("111")),
    pytest.param({"source": {"label": "L", "topic": "pain"}}, id="topic a word", marks=requirement("115")),
    pytest.param(
        {"override_reasons": {"code": "c", "system": "s", "display": "d"}}, id="override reasons no list", marks=requirement("98")
    ),
    pytest.param({"links": "https://a.example.org"}, id="links no list", marks=requirement("103")),
    pytest.param({"suggestions": "Do"}, id="suggestions no list", marks=requirement("92")),
    pytest.param({"extension": {"basis": 1}}, id="extension with a short name", marks=requirement("215")),
    pytest.param({"extension": [{"url": "https://a.example.org"}]}, id="extension an array", marks=requirement("214", "R3-26")),
    pytest.param({"overriddeReason": ()}, id="unknown attribute", marks=requirement("R10")),
]


@pytest.mark.parametrize("changes", WRONG_CARDS)
def test_a_wrong_card_cannot_be_made(changes):
    """Each rule of the specification about cards."""
    with pytest.raises(ValidationError):
        card(**changes)


WRONG_PARTS = [
    pytest.param(lambda: Source(label=""), id="source label empty", marks=requirement("105")),
    pytest.param(lambda: Source(label="L", url="/a"), id="url relative", marks=requirement("107", "111", "139")),
    pytest.param(lambda: Source(label="L", url="javascript:alert(1)"), id="url of another scheme", marks=requirement("107", "111", "139")),
    pytest.param(lambda: Source(label="L", url="https:///a"), id="url without a host", marks=requirement("107", "111", "139")),
    pytest.param(lambda: Source(label="L", url="https://a@b.example.org"), id="url with credentials"),
    pytest.param(lambda: Source(label="L", url="https://a.example.org/a b"), id="url with a space", marks=requirement("107")),
    pytest.param(lambda: Source(label="L", url="https://[a"), id="url with a broken host", marks=requirement("107")),
    pytest.param(lambda: Coding(code="c"), id="coding without a system", marks=requirement("115", "217")),
    pytest.param(
        lambda: OverrideReason(code="c", system="s"), id="override reason without a display", marks=requirement("100", "136", "219")
    ),
    pytest.param(lambda: Link(label="L", url="https://a.example.org", type="web"), id="link type unknown", marks=requirement("141", "142")),
    pytest.param(
        lambda: Link(label="L", url="https://a.example.org", type="absolute", app_context="x"),
        id="app context on an absolute link",
        marks=requirement("146", "147"),
    ),
    pytest.param(
        lambda: Link(label="L", url="https://a.example.org", type="smart", autolaunchable="yes"),
        id="autolaunchable as a word",
        marks=requirement("R3-22"),
    ),
    pytest.param(
        lambda: Link(label="L", url="https://a.example.org", type="smart", autoLaunchable=True),
        id="autolaunchable in camel case",
        marks=requirement("R3-22"),
    ),
    pytest.param(lambda: Suggestion(label="G", actions=()), id="suggestion without actions", marks=requirement("3", "124")),
    pytest.param(lambda: Suggestion(label="", actions=(CREATE,)), id="suggestion without a label", marks=requirement("117")),
    pytest.param(lambda: Coding(code="", system="s"), id="coding without a code", marks=requirement("216")),
    pytest.param(lambda: Coding(code=7, system="s"), id="code a number", marks=requirement("218")),
    pytest.param(lambda: Link(url="https://a.example.org", type="absolute"), id="link without a label", marks=requirement("138")),
    pytest.param(lambda: Link(label="L", type="absolute"), id="link without a url", marks=requirement("139")),
    pytest.param(
        lambda: Link(label="L", url="https://a.example.org", type="smart", app_context={"a": 1}),
        id="app context an object",
        marks=requirement("144"),
    ),
    pytest.param(lambda: Suggestion(label="G", actions=(CREATE,), uuid=7), id="suggestion uuid a number", marks=requirement("119")),
    pytest.param(
        lambda: Suggestion(label="G", actions=(CREATE,), is_recommended="yes"), id="isRecommended a word", marks=requirement("121")
    ),
    pytest.param(
        lambda: Suggestion(label="G", actions=(CREATE,), actionSelectionBehavior="any"),
        id="actionSelectionBehavior, which clients of 2.0 do not know",
        marks=requirement("R3-6", "R3-7"),
    ),
    pytest.param(lambda: Action(type="create", description="D", resource="Task/t"), id="resource a word", marks=requirement("130")),
    pytest.param(lambda: CDSResponse(system_actions="Do"), id="system actions no list", marks=requirement("75")),
    pytest.param(lambda: Action(type="order", description="D", resource=TASK), id="action type unknown", marks=requirement("127")),
    pytest.param(
        lambda: Action(type="create", description="", resource=TASK),
        id="action without a description (cds-resp-5)",
        marks=requirement("128", "R3-16"),
    ),
    pytest.param(lambda: Action(type="create", description="D"), id="create without a resource", marks=requirement("131")),
    pytest.param(
        lambda: Action(type="create", description="D", resource=TASK, resource_id="Task/t"),
        id="create with a resourceId",
        marks=requirement("131"),
    ),
    pytest.param(
        lambda: Action(type="create", description="D", resource={"id": "x"}),
        id="create of something without a type",
        marks=requirement("130"),
    ),
    pytest.param(
        lambda: Action(type="update", description="D", resource={"resourceType": "Task"}),
        id="update without an id",
        marks=requirement("132"),
    ),
    pytest.param(lambda: Action(type="delete", description="D"), id="delete without a target", marks=requirement("134")),
    pytest.param(lambda: Action(type="delete", description="D", resource_id="t"), id="delete by a bare id", marks=requirement("135")),
    pytest.param(
        lambda: Action(type="delete", description="D", resource_id="Task/t", resource=TASK),
        id="delete by a resource (cds-resp-2)",
        marks=requirement("133", "R3-17"),
    ),
    pytest.param(
        lambda: Action(type="create", description="D", resource={**TASK, "note": [{"text": ""}]}),
        id="resource with an empty string",
        marks=requirement("3", "R3-4"),
    ),
    pytest.param(
        lambda: Action(type="create", description="D", resource={**TASK, "note": []}),
        id="resource with an empty array",
        marks=requirement("3", "R3-4"),
    ),
    pytest.param(
        lambda: Action(type="create", description="D", resource={**TASK, "code": {}}),
        id="resource with an empty object",
        marks=requirement("3", "R3-4"),
    ),
    pytest.param(
        lambda: Action(type="create", description="D", resource={**TASK, "code": None}),
        id="resource with null",
        marks=requirement("3", "R3-4"),
    ),
]


@pytest.mark.parametrize("make", WRONG_PARTS)
def test_a_wrong_part_of_a_card_cannot_be_made(make):
    """Each rule of the specification about sources, links, suggestions and actions."""
    with pytest.raises(ValidationError):
        make()
