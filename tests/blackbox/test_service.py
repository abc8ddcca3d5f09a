"""What a service of ours does for whoever knows nothing of it but its address: discovery, stories, refusals, feedback, headers.

`make image-check` asks the same of the image, and tests/deploy of three replicas behind a proxy.
"""

import json
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from service.story import hook_request, read_story, story_folder, story_names
from tests.blackbox.service import Answer, call

REQUESTS = Path(__file__).parents[2] / "fixtures" / "requests"
VIEW = "/cds-services/cluneal-patient-view"


def told(url: str, name: str) -> tuple[Answer, dict[str, Any]]:
    """The answer to a story as of now, of a patient whom the service never saw, and what the story expects."""
    story = read_story(name)
    body = hook_request(story, hook_instance=str(uuid4()), today=datetime.now(UTC).date())
    patient = body["context"]["patientId"]  # type: ignore[index]
    unseen = json.dumps(body).replace(json.dumps(patient)[1:-1], f"bb-{uuid4().hex}")
    answer = call(url, "POST", f"/cds-services/cluneal-{story.hook}", unseen.encode())
    return answer, tomllib.loads((story_folder() / name / "expected.toml").read_text(encoding="utf-8"))["expected"]


def outcome(answer: Answer) -> str:
    """The sentence of a refusal, which is an OperationOutcome."""
    found = json.loads(answer.body)
    assert found["resourceType"] == "OperationOutcome"
    assert answer.headers["content-type"].startswith("application/fhir+json")
    said: str = found["issue"][0]["diagnostics"]
    return said


def test_discovery_offers_four_services(url: str) -> None:
    """Each with its hook, title, description and prefetch templates; anybody may read it from another origin's server."""
    answer = call(url, "GET", "/cds-services")
    services = json.loads(answer.body)["services"]

    assert answer.status == 200
    assert [one["hook"] for one in services] == ["patient-view", "encounter-start", "order-select", "order-sign"]
    assert all({"patient", "conditions", "procedures"} <= set(one["prefetch"]) and one["title"] and one["description"] for one in services)


@pytest.mark.parametrize("name", story_names())
def test_a_story_gets_its_answer(url: str, name: str) -> None:
    """The kind of card, its tier, nerves and side, or silence with a reason, or the refusal, as the story expects."""
    answer, expected = told(url, name)

    assert answer.status == expected["status"]
    if expected["status"] == 412:
        assert expected["key"] in outcome(answer)
        return
    found = json.loads(answer.body)
    if expected["card"] == "none":
        assert found["cards"] == []
        assert found["extension"]["org.cluneal-cds.silence"]["rule"]
        return
    (card,) = found["cards"]
    basis = card["extension"]["org.cluneal-cds.basis"]
    assert (basis["kind"], basis["nerves"], basis["side"]) == (expected["card"], expected["nerves"], expected["side"])
    assert basis.get("tier") == expected.get("tier")
    assert len(card["summary"]) <= 139


def test_every_bad_request_is_a_400_that_repeats_nothing(url: str) -> None:
    """Every body of fixtures/requests/bad is refused in our own words, and the service goes on."""
    bodies = sorted((REQUESTS / "bad").glob("*"))
    answers = {path.name: call(url, "POST", VIEW, path.read_bytes()) for path in bodies}

    assert len(bodies) > 80
    assert {name: answer.status for name, answer in answers.items() if answer.status != 400} == {}
    assert not [name for name, answer in answers.items() if b"p-1" in answer.body or b"Traceback" in answer.body]
    assert call(url, "GET", "/livez").status == 200


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", "/nobody", {}, 404),
        ("POST", "/cds-services/nobody", {"Content-Type": "application/json"}, 404),
        ("GET", VIEW, {}, 405),
        ("POST", VIEW, {"Content-Type": "text/plain"}, 415),
        ("POST", VIEW, {"Content-Type": "application/json", "Content-Encoding": "gzip"}, 415),
    ],
)
def test_a_call_that_leads_nowhere_is_told_so(url: str, method: str, path: str, headers: dict[str, str], status: int) -> None:
    """The status says what is wrong, the body is an OperationOutcome."""
    answer = call(url, method, path, b"{}" if method == "POST" else None, headers)

    assert answer.status == status
    assert outcome(answer)


def test_an_answer_is_kept_by_nobody_and_tells_nothing_of_the_software(url: str) -> None:
    """No cache may keep a card, no browser may guess its type, and no header names the server's software."""
    answer, _ = told(url, "laminectomy-and-iliac-harvest")

    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert not {"uvicorn", "python", "starlette"} & set(answer.headers.get("server", "").lower().split("/"))


def test_feedback_is_stored_once_and_read_whole(url: str) -> None:
    """The same item twice is 200 twice; an item that is no feedback is named by its place."""
    item = {"card": str(uuid4()), "outcome": "overridden", "outcomeTimestamp": "2026-11-20T10:05:31Z"}
    body = json.dumps({"feedback": [item]}).encode()

    assert [call(url, "POST", f"{VIEW}/feedback", body).status for _ in range(2)] == [200, 200]
    bad = call(url, "POST", f"{VIEW}/feedback", json.dumps({"feedback": [{**item, "outcome": "seen"}]}).encode())
    assert bad.status == 400
    assert "feedback[0].outcome" in outcome(bad)


def test_the_accepted_suggestion_leads_to_the_block_card(url: str) -> None:
    """The loop over the wire: the finding that a click records is in the next call, and the card is about the block."""
    story = read_story("laminectomy-and-iliac-harvest")
    body: dict[str, Any] = hook_request(story, hook_instance=str(uuid4()), today=datetime.now(UTC).date())
    body = json.loads(json.dumps(body).replace(body["context"]["patientId"], f"bb-{uuid4().hex}"))
    first = json.loads(call(url, "POST", VIEW, json.dumps(body).encode()).body)
    resource = first["cards"][0]["suggestions"][0]["actions"][0]["resource"]

    body["prefetch"]["exams"]["entry"] = [{"resource": {**resource, "id": "recorded"}}]
    second = json.loads(call(url, "POST", VIEW, json.dumps({**body, "hookInstance": str(uuid4())}).encode()).body)

    assert [card["extension"]["org.cluneal-cds.basis"]["kind"] for card in second["cards"]] == ["block"]
