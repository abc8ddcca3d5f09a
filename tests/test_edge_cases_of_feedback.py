"""Edge cases 39 to 42: feedback that is unknown, half said, contradictory, mixed, doubled or late. Over HTTP, down to the stored rows.

The numbers are those of tests/requirements.toml.
"""

import json
import sqlite3
from contextlib import closing
from datetime import timedelta
from typing import Any

import httpx
import pytest

from service.app import create_app
from service.settings import read_settings
from tests.doors import called
from tests.service.charts import TODAY, archetype

requirement = pytest.mark.requirement

VIEW, START = "/cds-services/cluneal-patient-view", "/cds-services/cluneal-encounter-start"
WHEN = "2026-11-20T10:05:31Z"
OVERRIDDEN = {"card": "never-given", "outcome": "overridden", "outcomeTimestamp": WHEN}
ACCEPTED = {"card": "never-given", "outcome": "accepted", "outcomeTimestamp": WHEN, "acceptedSuggestions": [{"id": "s"}]}


@pytest.fixture
def file(tmp_path):
    return tmp_path / "cluneal.sqlite"


@pytest.fixture
def app(file):
    return create_app(read_settings({"CLUNEAL_DATABASE_URL": f"sqlite:///{file}"}))


def send(app: Any, *items: Any, to: str = VIEW, days: int = 0) -> httpx.Response:
    """What the service answers to these items, so many days later."""
    return called("POST", f"{to}/feedback", on=TODAY + timedelta(days=days), app=app, json={"feedback": list(items)})


def kept(file: Any) -> list[tuple[str, str]]:
    """Service and card of every stored row."""
    if not file.exists():
        return []
    with closing(sqlite3.connect(file)) as database:
        return database.execute("SELECT service, card FROM feedback ORDER BY id").fetchall()


@requirement("case-39", "F-5", "148", "82")
def test_nobody_learns_which_cards_there_are(app, file):
    """A card that was given, one that never was, and one of another service get the same answer, and all three are kept."""
    body = {"hook": "patient-view", "hookInstance": "1", "context": {"userId": "Practitioner/1", "patientId": "p"}, "prefetch": archetype()}
    (card,) = called("POST", VIEW, on=TODAY, app=app, json=body).json()["cards"]
    given = {**OVERRIDDEN, "card": card["uuid"]}

    answers = [send(app, given), send(app, OVERRIDDEN), send(app, given, to=START)]

    assert [(answer.status_code, answer.content) for answer in answers] == [(200, b"{}")] * 3
    assert kept(file) == [
        ("cluneal-patient-view", card["uuid"]),
        ("cluneal-patient-view", "never-given"),
        ("cluneal-encounter-start", card["uuid"]),
    ]


@requirement("case-40", "F-2")
@pytest.mark.parametrize(
    "said",
    [
        None,
        {},
        {"reason": {"code": "r"}},
        {"reason": {"code": "r", "system": "urn:x"}},
        {"userComment": "not today"},
        {"reason": {"display": "R"}},
    ],
    ids=json.dumps,
)
def test_half_a_reason_is_taken(app, file, said):
    """None, a code without display or system, a comment alone: what clients send back is what they have."""
    assert send(app, {**OVERRIDDEN, "overrideReason": said}).status_code == 200
    assert len(kept(file)) == 1


@requirement("case-41", "F-6", "R3-24")
@pytest.mark.parametrize(
    "wrong",
    [
        {**ACCEPTED, "acceptedSuggestions": []},
        {**ACCEPTED, "outcome": "ignored"},
        {**ACCEPTED, "outcomeTimestamp": "yesterday"},
        {**ACCEPTED, "overrideReason": {"userComment": "no"}},
        {**OVERRIDDEN, "acceptedSuggestions": [{"id": "s"}]},
    ],
    ids=["accepted nothing", "another outcome", "no time", "accepted and overridden", "overridden and accepted"],
)
def test_feedback_that_contradicts_itself_is_refused_whole(app, file, wrong):
    """A 400 that names the place; the sound items around it are not kept, so that the client can send all of it again."""
    answer = send(app, OVERRIDDEN, wrong, ACCEPTED)

    assert answer.status_code == 400
    assert "`feedback[1]." in answer.json()["issue"][0]["diagnostics"]
    assert kept(file) == []


@requirement("case-41", "F-6")
@pytest.mark.parametrize(
    "body", [{"feedback": OVERRIDDEN}, [OVERRIDDEN], OVERRIDDEN, {}, "accepted"], ids=["object", "array", "item", "nothing", "word"]
)
def test_a_body_that_is_no_list_of_feedback_is_refused(app, file, body):
    """An object where the list belongs, a list where the object belongs."""
    answer = called("POST", f"{VIEW}/feedback", on=TODAY, app=app, json=body)

    assert (answer.status_code, answer.json()["resourceType"]) == (400, "OperationOutcome")
    assert kept(file) == []


@requirement("case-42", "F-3", "F-4", "R11", "R15")
def test_feedback_is_kept_however_often_and_late_it_comes(app, file):
    """Two outcomes of a card are two rows; what is sent again, by a client that heard no answer, is one; no card expires."""
    assert send(app, OVERRIDDEN, ACCEPTED).status_code == 200
    assert send(app, OVERRIDDEN).status_code == 200
    assert send(app, {**OVERRIDDEN, "card": "late"}, days=90).status_code == 200
    assert send(app).status_code == 200

    assert [card for _, card in kept(file)] == ["never-given", "never-given", "late"]
