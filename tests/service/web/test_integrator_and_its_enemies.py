"""What is no chart, posted by somebody else, or hostile: answered in words with its place, and nothing of it becomes markup."""

import asyncio
import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from cds_hooks.transport import Limits
from service.app import create_app
from service.fhir.chart import LARGE
from service.knowledge.load import load_knowledge
from service.large_charts import LargeCharts
from service.settings import read_settings
from service.trial.tried import Trial
from service.web.integrator import Workbench, add_integrator_routes
from service.web.layout import Layout
from tests.doors import called, over_http
from tests.pages.payloads import PAYLOADS
from tests.service.web.pasting import DAY, MULTIPART, STORY, part, patient, problem, request, told, tried, words

BAD = Path(__file__).parents[3] / "fixtures" / "requests" / "bad"
NOT_A_CHART = {
    "nothing": (b"", "Nothing was pasted"),
    "spaces": (b"  \r\n ", "Nothing was pasted"),
    "broken": (b'{"resourceType": "Bundle",\n  "entry": [}', "No JSON at line 2, column 13."),
    "no utf-8": (b'{"resourceType": "\xff"}', "No UTF-8 at byte 19."),
    "nan": (b'{"resourceType": NaN}', "NaN is no number there"),
    "endless number": (b"[" + b"9" * 9000 + b"]", "thousands of digits"),
    "deep": (b"[" * 100_000, "nested too deep"),
    "deep in a resource": (b'{"resourceType":"Condition","x":' + b"[" * 100_000, "nested too deep"),
    "a number": (b"12", "neither a FHIR Bundle"),
    "xml": (b"<Bundle xmlns='http://hl7.org/fhir'/>", "No JSON at line 1, column 1."),
    "a list of numbers": (b"[1, 2]", "neither a FHIR Bundle"),
    "no patient": (json.dumps(problem("x")).encode(), "0 Patient resources"),
    "two patients": (b'{"resourceType":"Patient","id":"a"}\n{"resourceType":"Patient","id":"b"}', "2 Patient resources"),
    "a member twice": (b'{"hook":"patient-view","hook":"patient-view"}', "two members of the same name"),
    "an unknown hook": (b'{"hook":"patient-vanish","hookInstance":"1","context":{}}', "Hooks of this service"),
    "a hook without context": (b'{"hook":"patient-view","hookInstance":"1"}', "would be answered 400"),
    "half a surrogate": (b'{"resourceType":"Bundle","id":"\\ud800"}', "half of a surrogate pair"),
    "crumbs": (b'{"resourceType":"Bundle","entry":[' + b"{}," * 400_000 + b"{}]}", "more parts than a chart can have"),
}


@pytest.mark.parametrize("name", NOT_A_CHART)
def test_what_is_no_chart_is_said_with_its_place(name):
    """Calmly, with a page, whatever it is; never with a traceback."""
    chart, says = NOT_A_CHART[name]
    answer = tried(chart)

    assert answer.status_code == 200
    assert says in words(answer)
    assert "Traceback" not in answer.text


def test_another_patient_is_told_and_nothing_said():
    """A resource of somebody else refuses the whole, by name of the patient that was chosen as well."""
    stranger = problem("Low back pain", subject={"reference": "Patient/other"})

    assert "No answer (412). There is data of another patient" in words(tried(patient(stranger)))
    assert told(patient(), patient="Patient/other")["response"]["status"] == 412


def test_a_type_that_fhir_has_not_is_told():
    """A misspelt resourceType is refused by a strict reader, and read by nobody here."""
    assert "not read: no rule asks for its type" in words(tried(patient({"resourceType": "Conditions", "id": "x"})))


@pytest.mark.parametrize("fields", [{"hook": "x"}, {"dialect": "x"}, {"today": "yesterday"}, {"today": "2026-02-30"}, {"today": "9" * 400}])
def test_a_wish_that_cannot_be_is_told(fields):
    """A hook, an EHR or a day that there is not."""
    found = told(request(), **fields)

    assert found["evaluation"] is None
    assert "not known here" in found["problem"] or "must be a date" in found["problem"]


@pytest.mark.parametrize(
    "headers",
    [
        *({"Origin": origin} for origin in ("https://evil.example", "http://[", "null", "http://127.0.0.1:8001", "")),
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_no_other_page_may_post(headers):
    """A form or script of another origin is refused before anything is looked at."""
    answer = tried(request(), headers=headers)

    assert answer.status_code == 403
    assert "was not posted by the page of this service" in words(answer)
    assert over_http(STORY).cards[0]["summary"] not in words(answer)


def test_too_much_is_refused_in_words():
    """With the bound of the hooks."""
    app = create_app(read_settings({"CLUNEAL_DATABASE_URL": "off", "CLUNEAL_MAX_BODY_MB": "1"}))
    answer = tried(b"x" * 1_100_000, app=app)

    assert answer.status_code == 413
    assert "A body may have 1,048,576 bytes." in words(answer)


@pytest.mark.parametrize("media_type", ["text/plain", "application/xml", "multipart/form-data", ""])
def test_another_media_type_is_refused(media_type):
    """What a foreign form can send without being asked, too."""
    assert called("POST", "/integrator", on=DAY, content=b"{}", headers={"Content-Type": media_type}).status_code == 415


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_other_methods_are_refused(method):
    """With those that there are."""
    answer = called(method, "/integrator", on=DAY)

    assert answer.status_code == 405
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD", "POST"}


@pytest.mark.parametrize("path", sorted(BAD.glob("*.json")), ids=lambda path: path.stem)
def test_what_the_hooks_refuse_is_told_here(path):
    """Every bad request is answered with a page that says why, and never with a fault."""
    answer = tried(path.read_bytes())

    assert answer.status_code == 200
    assert 'role="alert"' in answer.text or "No card." in words(answer)


@pytest.mark.parametrize("day", ["0001-01-01", "1900-01-01", "9999-12-31"])
@pytest.mark.parametrize("hook", ["patient-view", "encounter-start", "order-select", "order-sign"])
def test_any_day_can_be_today(day, hook):
    """The first and the last that there are."""
    assert told(patient(problem("Low back pain")), today=day, hook=hook)["response"] is not None


@pytest.mark.parametrize("pages", ["none", "knowledge,why"])
def test_it_is_closed_where_it_is_not_among_the_pages(pages):
    """Nothing is there to look at or to post to."""
    app = create_app(read_settings({"CLUNEAL_DATABASE_URL": "off", "CLUNEAL_PAGES": pages}))

    assert called("GET", "/integrator", on=DAY, app=app).status_code == 404
    assert tried(request(), app=app).status_code == 404


class Tags(HTMLParser):
    """Every tag of a page with the names of its attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.seen: set[tuple[str, tuple[str, ...]]] = set()
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.seen.add((tag, tuple(sorted(name for name, _ in attrs))))


@pytest.mark.parametrize("payload", PAYLOADS)
def test_what_a_chart_says_stays_text(payload):
    """In texts, displays, codes, ids, reports and the name of a file: the page has no other tag and no other attribute than without it."""

    def page(text: str) -> str:
        said = problem(f"Low back pain {text}", note=[{"text": text}])
        coded = problem("x", id="d", code={"coding": [{"system": f"urn:{text}", "code": text, "display": text}], "text": text})
        odd = problem("x", id=text, status=text, onsetDateTime=text, **{text or "x": text})
        body = part("file", patient(said, coded, odd).encode(), "f" + text.translate({10: None, 13: None, 34: None})) + b"------x--\r\n"
        return called("POST", "/integrator", on=DAY, content=body, headers={"Content-Type": MULTIPART, "Accept": "text/html"}).text

    assert Tags(page(payload)).seen <= Tags(page("plain")).seen


def large_request() -> dict[str, Any]:
    """The request of the story with a chart that an EHR waits for a place with."""
    sent: dict[str, Any] = json.loads(request())
    sent["prefetch"]["patient"]["extension"] = [{"url": "urn:x", "valueString": "x" * 2 * LARGE}]
    return sent


async def test_charts_that_are_tried_wait_for_the_one_place_of_the_page():
    """One at a time; who waited in vain is told so, in a page, and when to come again; the large chart of an EHR has places of its own."""
    app = create_app(read_settings({"CLUNEAL_DATABASE_URL": "off", "CLUNEAL_DEADLINE_S": "0.2"}))
    chart = patient(*(problem("Low back pain " * 40, id=f"c{number}") for number in range(1500)))
    body = part("chart", chart.encode()) + b"------x--\r\n"
    headers = {"Content-Type": MULTIPART, "Accept": "text/html"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://127.0.0.1:8000") as browser:
        tries = [asyncio.create_task(browser.post("/integrator", content=body, headers=headers)) for _ in range(8)]
        hook = asyncio.create_task(browser.post("/cds-services/cluneal-patient-view", json=large_request()))
        answers = await asyncio.gather(*tries)
        assert (await hook).status_code == 200

    turned_away = [answer for answer in answers if answer.status_code == 503]
    assert {answer.status_code for answer in answers} == {200, 503}
    assert {answer.headers["retry-after"] for answer in turned_away} == {"2"}
    assert all(answer.headers["content-type"].startswith("text/html") for answer in turned_away)


async def test_a_form_waits_for_a_place_before_it_is_read():
    """Whatever it is: reading one of many megabytes on the event loop would stop everybody."""
    app = FastAPI()
    bench = Workbench(Trial(load_knowledge()), lambda: DAY, Limits(), LargeCharts(patience=0.01, at_once=0))
    add_integrator_routes(app, Layout("http://127.0.0.1:8000", "2026.7"), bench)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://127.0.0.1:8000") as browser:
        answer = await browser.post("/integrator", content=b"no form", headers={"Content-Type": MULTIPART, "Accept": "text/html"})

    assert answer.status_code == 503
