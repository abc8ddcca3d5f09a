"""How a test comes to a page of reasons: by the link on a card, or beside a silence, as the real application gave it."""

import html
import json
import re
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import httpx
import msgspec

from service.call import Call
from service.evaluate import Evaluation, evaluate
from service.fhir.chart import chart_of_prefetch
from service.knowledge.load import load_knowledge
from service.story import Story, hook_request, read_story
from tests.doors import called

WHY = "org.cluneal-cds.why"


def answered(story: Story, body: dict[str, Any] | None = None, app: Any = None) -> dict[str, Any]:
    """The response to a story, or to a body of its own, on its day."""
    asked = body or hook_request(story, hook_instance="1", today=story.today)
    sent = {"content": json.dumps(asked).encode(), "headers": {"Content-Type": "application/json"}}
    return called("POST", f"/cds-services/cluneal-{story.hook}", on=story.today, app=app, **sent).json()


def link_of(answer: dict[str, Any]) -> str | None:
    """The address of the page: of the card, else of the silence."""
    for card in answer.get("cards", []):
        return card["links"][0]["url"]
    return answer.get("extension", {}).get(WHY, {}).get("url")


def opened(link: str, story: Story, app: Any = None) -> httpx.Response:
    """The page that a link leads to, on the day of the story."""
    return called("GET", urlsplit(link).path, on=story.today, app=app)


@cache
def page_of(name: str) -> str:
    """The page of a story."""
    story = read_story(name)
    link = link_of(answered(story))
    assert link is not None
    page = opened(link, story)
    assert page.status_code == 200
    return page.text


def words_of(page: str) -> str:
    """What a page says, as one line of text."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def evaluated(name: str) -> tuple[Evaluation, Call]:
    """The story, evaluated, and who asked."""
    story = read_story(name)
    patient = hook_request(story, hook_instance="1", today=story.today)["context"]["patientId"]
    raw = {key: msgspec.Raw(json.dumps(value).encode()) for key, value in story.prefetch.items()}
    call = Call(patient, "1", story.user, story.encounter or "", story.hook)
    chart = chart_of_prefetch(raw, patient=patient, server=None, drafts=story.drafts)
    return evaluate(chart, load_knowledge(), today=story.today, call=call), call
