"""Every answer of the real application, as bytes: discovery, the answers to all stories, refusals; each part as the specification asks.

The cards are those that the stories get; what no card of ours has (links, system actions, an update) is shown by
tests/cds_hooks/test_response.py and test_wrong_cards.py.
"""

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any
from uuid import UUID

import httpx
import pytest
from fhir.resources.R4B import get_fhir_model_class

from service.story import hook_request, read_story, story_names
from tests.doors import called
from tests.service.charts import TODAY

requirement = pytest.mark.requirement

TOKEN = re.compile(r"\{\{(.*?)\}\}")
TOKENS = {"context.patientId", "context.encounterId", "context.userId", "userPractitionerId", "userPractitionerRoleId"}
# A GFM renderer would take these for HTML; data that holds a "<" must come out escaped.
TAG = re.compile(r"(?<!\\)<[A-Za-z/!?]")


@cache
def answers() -> dict[str, httpx.Response]:
    """What each story gets on its day; and discovery, and a refusal of each kind that a call alone can bring about."""
    view = "/cds-services/cluneal-patient-view"
    found = {name: _told(name) for name in story_names()}
    found["discovery"] = called("GET", "/cds-services", on=TODAY)
    found |= {f"refusal {body!r}": called("POST", view, on=TODAY, json=body) for body in ({}, [], {"hook": "x", "hookInstance": "1"})}
    found |= {f"{method} {path}": called(method, path, on=TODAY) for method, path in (("GET", view), ("POST", view), ("GET", "/nobody"))}
    return found


def _told(name: str) -> httpx.Response:
    story = read_story(name)
    body = hook_request(story, hook_instance="1", today=story.today)
    return called("POST", f"/cds-services/cluneal-{story.hook}", on=story.today, json=body)


def services() -> list[dict[str, Any]]:
    return list(answers()["discovery"].json()["services"])


def responses() -> list[dict[str, Any]]:
    """The bodies of the successful answers to stories."""
    return [answer.json() for name, answer in answers().items() if answer.is_success and name != "discovery"]


def cards() -> list[dict[str, Any]]:
    found = [card for response in responses() for card in response["cards"]]
    assert len(found) > 20
    return found


def suggestions() -> list[dict[str, Any]]:
    return [suggestion for card in cards() for suggestion in card.get("suggestions", ())]


def actions() -> list[dict[str, Any]]:
    return [action for suggestion in suggestions() for action in suggestion["actions"]]


def is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def empties(value: object, place: str = "") -> Iterator[str]:
    """Where something is null or empty; the lists that may be empty are not among them."""
    if value in (None, "", [], {}) and place not in (".cards", ".services"):
        yield place
    for name, part in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from empties(part, f"{place}.{name}")


@requirement("1", "R3-5")
def test_every_body_is_json_and_says_so():
    """Strict JSON in UTF-8: no NaN, no half surrogate, whatever the status."""

    def refuse(name: str) -> None:
        raise AssertionError(name)

    for name, answer in answers().items():
        json.loads(answer.content.decode("utf-8"), parse_constant=refuse)
        json.dumps(answer.json(), ensure_ascii=False).encode()
        assert answer.headers["content-type"] == ("application/json" if answer.is_success else "application/fhir+json"), name


@requirement("3", "R3-28")
def test_nothing_is_null_or_empty():
    """But for the list of cards of a silent answer; system actions, of which there are none, are left out."""
    assert {name: places for name, answer in answers().items() if (places := list(empties(answer.json())))} == {}
    assert not [response for response in responses() if "systemActions" in response]


@requirement("14", "76", "R3-14", "54")
def test_every_refusal_is_an_operation_outcome():
    """An error of one issue, with a code, a sentence and what would help; and no cards."""
    refusals = [answer for answer in answers().values() if not answer.is_success]

    assert {answer.status_code for answer in refusals} >= {400, 404, 405, 412, 415}
    for answer in refusals:
        (issue,) = answer.json()["issue"]
        assert answer.json()["resourceType"] == "OperationOutcome"
        assert (issue["severity"], is_text(issue["code"]), is_text(issue["diagnostics"])) == ("error", True, True)
        assert set(answer.json()) == {"resourceType", "issue"}


@requirement("7", "8", "9", "10", "12", "R3-1", "R3-2", "R3-3")
def test_discovery_tells_what_each_service_is():
    """Hook, title, description, id, what it needs, and the versions; nothing else."""
    for one in services():
        assert set(one) == {"hook", "title", "description", "id", "version", "hookVersion", "prefetch", "usageRequirements"}
        assert all(is_text(one[name]) for name in set(one) - {"prefetch"})
        assert re.fullmatch(r"[A-Za-z0-9._-]+", one["id"])
        assert re.fullmatch(r"\d+\.\d+\.\d+", one["version"])
        assert one["hookVersion"] == "1.0"


@requirement("11", "29", "35", "36", "55", "56", "57", "58", "59", "R3-8", "R3-11")
def test_the_templates_are_ones_that_every_client_resolves():
    """A key each; reads and plain searches; tokens of 2.0 in double braces, of primitive fields; no parameter twice."""
    templates = [item for one in services() for item in one["prefetch"].items()]

    assert all(is_text(key) for key, _ in templates)
    for _, template in templates:
        bare = TOKEN.sub("1", template)
        path, _, query = bare.partition("?")
        parameters = [part.split("=")[0] for part in query.split("&") if part]

        assert set(TOKEN.findall(template)) <= TOKENS
        assert not set(bare) & set("{}")
        assert re.fullmatch(r"[A-Z][A-Za-z]+" if query else r"[A-Z][A-Za-z]+/1", path)
        assert set(parameters) <= {"patient", "category", "code", "status"}
        assert len(set(parameters)) == len(parameters)


@requirement("74", "77")
def test_success_has_a_list_of_cards():
    """Also where it is empty, and then the reason stands beside it."""
    assert all(isinstance(response["cards"], list) for response in responses())
    silent = [response for response in responses() if not response["cards"]]

    assert silent
    assert all(response["extension"]["org.cluneal-cds.silence"]["rule"] for response in silent)


@requirement("80", "118", "119", "R3-25")
def test_uuids_are_unique():
    """Each card and each suggestion of an answer has one, in the form of a UUID."""
    for response in responses():
        named = [one["uuid"] for card in response["cards"] for one in (card, *card.get("suggestions", ()))]
        assert [str(UUID(uuid)) for uuid in named] == named
        assert len(set(named)) == len(named)


@requirement("83")
def test_a_summary_is_one_line_of_less_than_140_characters():
    """Counted in characters, and not blank."""
    assert all(is_text(card["summary"]) and len(card["summary"]) < 140 and "\n" not in card["summary"] for card in cards())


@requirement("84", "85", "R3-21")
def test_a_detail_is_markdown_without_html():
    """What clients render as they like; a reference client renders HTML as well, so there is none."""
    assert not [card["detail"] for card in cards() if not is_text(card["detail"]) or TAG.search(card["detail"])]


@requirement("87", "88")
def test_an_indicator_is_one_of_three():
    """And of the three never the most urgent: nothing that this service says is an emergency."""
    assert {card["indicator"] for card in cards()} == {"info", "warning"}


@requirement("90", "105", "109", "110", "112", "113", "115", "216", "217", "218", "220")
def test_the_source_is_the_same_for_every_patient():
    """A label, a topic with code and system, and the address of the knowledge; no icon, so none of a wrong size."""
    (source,) = {json.dumps(card["source"], sort_keys=True) for card in cards()}
    told = json.loads(source)

    assert (set(told), is_text(told["label"])) == ({"label", "topic", "url"}, True)
    assert told["url"] == "http://127.0.0.1:8000/knowledge"
    assert all(is_text(told["topic"][name]) for name in ("code", "system"))


@requirement("93", "95", "96")
def test_suggestions_come_with_how_to_choose():
    """selectionBehavior is there when there are suggestions, as one of its two words."""
    assert all(card["selectionBehavior"] in ("at-most-one", "any") for card in cards() if "suggestions" in card)


@requirement("92", "117", "120", "121", "122", "123", "124", "R3-6", "R3-7", "R3-18")
def test_a_suggestion_has_a_label_and_actions():
    """Names as in the specification, none that only newer clients know; of at most one, at most one is recommended."""
    for card in cards():
        offered = card.get("suggestions", [])
        recommended = [one["isRecommended"] for one in offered if "isRecommended" in one]
        assert all(set(one) <= {"label", "uuid", "actions", "isRecommended"} and is_text(one["label"]) for one in offered)
        assert all(isinstance(one["actions"], list) for one in offered)
        assert all(flag is True or flag is False for flag in recommended)
        assert card.get("selectionBehavior") == "any" or sum(recommended) <= 1


@requirement("125")
def test_what_belongs_together_is_one_suggestion():
    """A suggestion about both sides has an action for each: whoever takes it takes both."""
    both = [one for one in suggestions() if " BOTH " in one["label"]]

    assert both
    assert all(
        {word for action in one["actions"] for word in re.findall("RIGHT|LEFT", action["description"])} == {"RIGHT", "LEFT"} for one in both
    )


@requirement("127", "128", "130", "131", "R3-4", "R3-16")
def test_an_action_creates_a_resource_that_is_fhir():
    """A type, a description, and a new resource, without an id, that an R4 model accepts."""
    assert {action["type"] for action in actions()} == {"create"}
    for action in actions():
        resource = action["resource"]
        assert set(action) == {"type", "description", "resource"}
        assert is_text(action["description"])
        assert "id" not in resource
        get_fhir_model_class(resource["resourceType"]).model_validate(resource)


@requirement("98", "99", "100", "136", "219", "R3-19")
def test_override_reasons_are_codings_that_people_can_read():
    """Code, system and display as texts; where the published example codes have a fitting one, it is theirs."""
    reasons = [reason for card in cards() for reason in card["overrideReasons"]]

    assert all(set(reason) == {"code", "system", "display"} and all(map(is_text, reason.values())) for reason in reasons)
    assert "http://terminology.hl7.org/CodeSystem/non-adherence-reason-codes" in {reason["system"] for reason in reasons}


@requirement("214", "215", "R3-26")
def test_extensions_are_objects_under_our_own_name():
    """Of the response and of a card: an object, no array, whose names begin with ours."""
    extensions = [one["extension"] for one in (*responses(), *cards()) if "extension" in one]

    assert extensions
    assert all(isinstance(one, dict) and all(name.startswith("org.cluneal-cds.") for name in one) for one in extensions)
