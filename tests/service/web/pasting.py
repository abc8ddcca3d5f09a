"""Charts as somebody pastes them into the integrator's page, and what comes back."""

import json
import re
from datetime import date
from functools import cache
from html import unescape
from typing import Any

import httpx

from service.story import hook_request, read_story
from tests.doors import called

MULTIPART = "multipart/form-data; boundary=----x"
DAY = date(2026, 11, 20)
STORY = "laminectomy-and-iliac-harvest"


def tried(
    chart: str | bytes, *, app: Any = None, accept: str = "text/html", headers: dict[str, str] | None = None, **fields: str
) -> httpx.Response:
    """What comes of a chart that a plain form posts."""
    data = {"chart": chart if isinstance(chart, bytes) else chart.encode(), **{name: value.encode() for name, value in fields.items()}}
    body = b"".join(part(name, content) for name, content in data.items()) + b"------x--\r\n"
    given = {"Content-Type": MULTIPART, "Accept": accept, "Origin": "http://127.0.0.1:8000", **(headers or {})}
    return called("POST", "/integrator", on=DAY, app=app, content=body, headers=given)


def told(chart: str | bytes, **fields: str) -> dict[str, Any]:
    """The same for a program."""
    answer = tried(chart, accept="application/json", **fields)
    assert answer.status_code == 200
    return answer.json()


@cache
def request() -> str:
    return json.dumps(hook_request(read_story(STORY), hook_instance="1", today=DAY))


def words(answer: httpx.Response) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


def patient(*more: dict[str, Any]) -> str:
    resources = [{"resourceType": "Patient", "id": "p", "birthDate": "1970-01-01"}, *more]
    return json.dumps({"resourceType": "Bundle", "type": "collection", "entry": [{"resource": one} for one in resources]})


def problem(text: str, **more: Any) -> dict[str, Any]:
    return {"resourceType": "Condition", "id": "c", "subject": {"reference": "Patient/p"}, "code": {"text": text}, **more}


def part(name: str, content: bytes, file: str | None = None) -> bytes:
    """One part of a form."""
    of_file = f'; filename="{file}"\r\nContent-Type: application/json' if file is not None else ""
    return f'------x\r\nContent-Disposition: form-data; name="{name}"{of_file}\r\n\r\n'.encode() + content + b"\r\n"
