"""The doors of the service, as a test goes through them: the corridor itself, and the real application over HTTP.

The clock always stands at noon of the day that is given, mostly that of a story.
"""

import asyncio
import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from functools import cache
from typing import Any

import httpx
import msgspec
import pytest
import schemathesis
import time_machine

from cds_hooks.response import CDSResponse, to_wire
from service.app import create_app
from service.call import Call
from service.evaluate import evaluate
from service.fhir.chart import chart_of_prefetch
from service.knowledge.load import load_knowledge
from service.settings import read_settings
from service.story import Story, hook_request, read_story


@dataclass(frozen=True)
class Answer:
    """What a door answered: the status (or the one a refusal stands for), its complaint, the cards, and the rules that kept it silent."""

    status: int
    complaint: str
    cards: list[dict[str, Any]]
    reasons: tuple[str, ...]
    unusable: list[str] = field(default_factory=list)

    @property
    def silence(self) -> str | None:
        """The first reason for silence."""
        return self.reasons[0] if self.reasons else None

    @property
    def basis(self) -> dict[str, Any]:
        return self.cards[0]["extension"]["org.cluneal-cds.basis"]

    @property
    def details(self) -> dict[str, Any]:
        return self.cards[0]["extension"]["org.cluneal-cds.details"]

    @property
    def words(self) -> str:
        return f"{self.cards[0]['summary']}\n{self.cards[0]['detail']}".lower()

    @property
    def resources(self) -> list[dict[str, Any]]:
        return [action["resource"] for card in self.cards for suggestion in card.get("suggestions", ()) for action in suggestion["actions"]]


@cache
def corridor(name: str) -> Answer:
    """The story, given to `evaluate` directly."""
    story = read_story(name)
    patient = hook_request(story, hook_instance="1", today=story.today)["context"]["patientId"]
    raw = {key: msgspec.Raw(json.dumps(value).encode()) for key, value in story.prefetch.items()}
    chart = chart_of_prefetch(raw, patient=patient, server=None, drafts=story.drafts)
    found = evaluate(chart, load_knowledge(), today=story.today, call=Call(patient, "1", story.user, story.encounter or "", story.hook))
    cards = json.loads(to_wire(CDSResponse(cards=found.cards)))["cards"]
    reasons = (found.silence.rule, *found.silence.also) if found.silence else ()
    return Answer(412, " ".join(found.refusal.keys), [], ()) if found.refusal else Answer(200, "", cards, reasons)


@cache
def over_http(name: str, *, instance: str = "1", hook: str | None = None) -> Answer:
    """The story, sent to the real application on the day of the story."""
    story = read_story(name)
    return sent(story, {**hook_request(story, hook_instance=instance, today=story.today), **({"hook": hook} if hook else {})})


def sent(story: Story, body: dict[str, Any]) -> Answer:
    """What the service answers to a body on the day of the story."""
    return posted(body, on=story.today)


def posted(body: dict[str, Any] | bytes, *, on: date, hook: str | None = None) -> Answer:
    """What the service of the hook (of the body's own, unless another is named) answers to a body at noon of a day."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    url = f"/cds-services/cluneal-{hook or json.loads(raw)['hook']}"
    response = called("POST", url, on=on, content=raw, headers={"Content-Type": "application/json"})
    document()[url]["POST"].validate_response(response)
    found = response.json()
    silence = found.get("extension", {}).get("org.cluneal-cds.silence")
    reasons = (silence["rule"], *silence.get("also", ())) if silence else ()
    return Answer(
        response.status_code,
        response.text if response.is_error else "",
        found.get("cards", []),
        reasons,
        (silence or {}).get("unusable", []),
    )


def called(method: str, path: str, *, on: date, app: Any = None, **how: Any) -> httpx.Response:
    """What the real application, or another, answers to any call at noon of a day."""

    async def call() -> httpx.Response:
        transport = httpx.ASGITransport(app=app or application())
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
            return await client.request(method, path, **how)

    with time_machine.travel(datetime.combine(on, time(12), tzinfo=UTC), tick=False):
        return asyncio.run(call())


@cache
def application() -> Any:
    return create_app(read_settings({"CLUNEAL_DATABASE_URL": "off"}))


@cache
def document() -> Any:
    """What the application says of itself; every answer that is posted for has to be as described there, headers and all."""
    return schemathesis.openapi.from_asgi("/openapi.json", create_app(read_settings({"CLUNEAL_DOCS": "1", "CLUNEAL_DATABASE_URL": "off"})))


@contextmanager
def nobody_calls() -> Iterator[str]:
    """The address of a FHIR server on the loopback, which fails the test if anybody so much as knocks."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield f"http://127.0.0.1:{server.getsockname()[1]}/fhir"
        with pytest.raises(BlockingIOError):
            server.accept()
