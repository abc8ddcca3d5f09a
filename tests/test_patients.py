"""Every story in fixtures/patients gets the answer that its expected.toml asks for: from the corridor itself, and over HTTP.

The stories are the specification: a folder is a patient, read `fixtures/patients/README.md` for their grammar.
"""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from fhir.resources.R4B.observation import Observation
from fhir.resources.R4B.servicerequest import ServiceRequest

from service.story import hook_request, read_story, story_names
from tests.doors import Answer, corridor, over_http, sent

FOLDER = Path(__file__).parent.parent / "fixtures" / "patients"
EXPECTED = {name: tomllib.loads((FOLDER / name / "expected.toml").read_text(encoding="utf-8")) for name in story_names()}
WITH_CARD = tuple(name for name in EXPECTED if EXPECTED[name]["expected"].get("card") in ("workup", "block", "response", "order"))
BY_CLINICIAN = tuple(name for name in EXPECTED if EXPECTED[name]["user"].startswith("Practitioner") and "hook" not in EXPECTED[name])
MODELS = {"Observation": Observation, "ServiceRequest": ServiceRequest}


DOORS = {"corridor": corridor, "http": over_http}
EACH_DOOR = pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)
EACH_STORY = pytest.mark.parametrize("name", EXPECTED)
EACH_CARD = pytest.mark.parametrize("name", WITH_CARD)


@EACH_DOOR
@EACH_STORY
def test_a_story_is_answered_with_a_card_or_silence_or_a_refusal(name, door):
    """The status is the expected one, and there is one card of the expected kind or none; a refusal names its prefetch key."""
    expected, answer = EXPECTED[name]["expected"], door(name)

    assert answer.status == expected["status"]
    if expected["status"] == 412:
        assert expected["key"] in answer.complaint
        assert not answer.cards
    else:
        assert [card["extension"]["org.cluneal-cds.basis"]["kind"] for card in answer.cards] == (
            [] if expected["card"] == "none" else [expected["card"]]
        )


@EACH_DOOR
@EACH_CARD
def test_a_card_rests_on_what_the_story_expects(name, door):
    """Tier, nerves in their order, side and what gave the side are the expected ones; of a block's result its band and relief."""
    expected, answer = EXPECTED[name]["expected"], door(name)
    basis, details = answer.basis, answer.details

    assert (basis.get("tier"), basis["nerves"]) == (expected.get("tier"), expected["nerves"])
    assert (basis["side"], basis.get("sideBasis")) == (expected["side"], expected.get("side_basis"))
    assert details.get("band") == expected.get("band")
    assert expected.get("relief") in (details.get("relief"), None)


@EACH_DOOR
@EACH_CARD
def test_the_kinds_of_support_are_among_the_rules(name, door):
    """Every support kind that the story expects has counted."""
    assert set(EXPECTED[name]["expected"].get("support", ())) <= set(door(name).basis["rules"])


@EACH_DOOR
@pytest.mark.parametrize("name", [name for name in EXPECTED if EXPECTED[name]["expected"].get("card") == "none"])
def test_silence_names_its_rule(name, door):
    """A silence gives a reason, and where the story names the rules that may be it, it is one of them."""
    silence = door(name).silence

    assert silence
    assert silence in EXPECTED[name]["expected"].get("silence", [silence])


@EACH_DOOR
@EACH_CARD
def test_a_card_says_what_it_must_and_never_what_it_must_not(name, door):
    """The words that the story asks for stand in summary and detail, those it forbids do not, in any case of letters."""
    expected, words = EXPECTED[name]["expected"], door(name).words

    assert [word for word in expected.get("says", ()) if word.lower() not in words] == []
    assert [word for word in expected.get("never", ()) if word.lower() in words] == []


@EACH_DOOR
@EACH_CARD
def test_a_card_offers_the_expected_number_of_block_orders(name, door):
    """A block order is a ServiceRequest with one of our block codes; a workup card never has one."""
    codes = [
        {coding["code"] for coding in one["code"]["coding"]} for one in door(name).resources if one["resourceType"] == "ServiceRequest"
    ]
    blocks = [found for found in codes if any(re.fullmatch(r"(superior|middle|inferior)-cluneal-block", code) for code in found)]

    assert len(blocks) == EXPECTED[name]["expected"].get("orders", 0)


@EACH_DOOR
@EACH_CARD
def test_a_card_keeps_its_limits(name, door):
    """Short, info only, without a pre-ticked suggestion; over HTTP its source is the knowledge, and one link leads to its reasons."""
    (card,) = door(name).cards

    assert len(card["summary"]) <= 139
    assert len(card["detail"]) <= 950
    assert len(card["detail"].splitlines()) <= 16
    assert card["indicator"] == EXPECTED[name]["expected"].get("indicator", "info")
    assert [link["type"] for link in card.get("links", ())] == (["absolute"] if door is over_http else [])
    assert card["source"].get("url") == ("http://127.0.0.1:8000/knowledge" if door is over_http else None)
    assert not any("isRecommended" in suggestion for suggestion in card.get("suggestions", ()))
    assert len(card.get("suggestions", ())) <= 5


@EACH_DOOR
@EACH_CARD
def test_every_suggested_resource_is_valid_fhir(name, door):
    """What a click would create passes the strict R4B models, says whose it is, and carries no id of its own."""
    story, answer = read_story(name), door(name)
    patient = hook_request(story, hook_instance="1", today=story.today)["context"]["patientId"]

    for resource in answer.resources:
        MODELS[resource["resourceType"]].model_validate(resource)
        assert resource["subject"] == {"reference": f"Patient/{patient}"}
        assert "id" not in resource


def identities(answer: Answer) -> list[str]:
    return [uuid for card in answer.cards for uuid in (card["uuid"], *(one["uuid"] for one in card.get("suggestions", ())))]


@EACH_CARD
def test_the_same_call_gets_the_same_identities(name):
    """An EHR that asks again with its hookInstance gets the very same answer; another call gets other uuids, all different."""
    again = over_http.__wrapped__(name)
    other = over_http(name, instance="2")

    assert again == over_http(name)
    assert not set(identities(other)) & set(identities(again))
    assert len(set(identities(again))) == len(identities(again))


@pytest.mark.parametrize("name", BY_CLINICIAN)
def test_the_start_of_an_encounter_is_answered_alike(name):
    """The encounter-start service gives the answer of patient-view, word for word."""
    story = read_story(name)
    body = hook_request(story, hook_instance="1", today=story.today)
    context = {"encounterId": "visit-of-today", **body["context"]}
    view, start = (sent(story, {**body, "context": context, "hook": hook}) for hook in ("patient-view", "encounter-start"))

    assert start == view
    assert (start.status, start.silence) == (over_http(name).status, over_http(name).silence)
    assert [card["summary"] for card in start.cards] == [card["summary"] for card in over_http(name).cards]


def in_short(expected: dict[str, Any]) -> str:
    """The answer as the README's table gives it."""
    if expected["status"] != 200:
        return f"{expected['status']} {expected['key']}"
    if expected["card"] == "none":
        return f"none: {' or '.join(expected['silence'])}" if "silence" in expected else "none"
    if expected["card"] == "response":
        relief = f", {expected['relief']}% relief" if "relief" in expected else ""
        return f"response, {expected['band']}, {', '.join(expected['nerves'])}, side {expected['side']}{relief}"
    if "indicator" in expected:
        return f"{expected['card']}, {expected['indicator']}, {', '.join(expected['nerves'])}, side {expected['side']}"
    side = f"side {expected['side']}" + (f" by {expected['side_basis']}" if "side_basis" in expected else "")
    orders = f", {expected['orders']} order{'' if expected['orders'] == 1 else 's'}" if expected["card"] == "block" else ""
    return f"{expected['card']}, {expected['tier']}, {', '.join(expected['nerves'])}, {side}{orders}"


def test_the_readme_tells_every_story():
    """The table of fixtures/patients/README.md is the folders: name, vignette, story and answer."""
    rows = (re.fullmatch(r"\| (.+?) \| ?(.*?) ?\| (.+) \| (.+) \|", line) for line in (FOLDER / "README.md").read_text().splitlines())
    told = {row[1]: (row[2], row[3], row[4]) for row in rows if row and row[1] != "folder"}

    assert told == {name: (story["vignette"], story["story"], in_short(story["expected"])) for name, story in EXPECTED.items()}
