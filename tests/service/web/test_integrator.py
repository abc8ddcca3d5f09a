"""The integrator's page: whatever is pasted is answered in words with its place, nothing is kept, and nothing of it becomes markup."""

import json
import re
import sqlite3
import tomllib
from datetime import date
from functools import cache
from html import unescape
from html.parser import HTMLParser
from typing import Any

import httpx
import pytest

from service.app import create_app
from service.clients.code_map import CodeMap
from service.settings import read_settings
from service.story import hook_request, read_story
from tests.doors import called, over_http
from tests.pages.payloads import PAYLOADS
from tests.service.web.test_forms import MULTIPART, part

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


def test_the_page_stands_alone():
    """It shows the form and the templates as discovery gives them, each with what is lost without it."""
    page = called("GET", "/integrator", on=DAY)
    (service, *_) = called("GET", "/cds-services", on=DAY).json()["services"]

    assert page.headers["cache-control"] == "no-store"
    assert all(template in unescape(page.text) for template in service["prefetch"].values())
    assert "Epic does not read them from discovery" in words(page)
    assert "patient/Condition.rs" in page.text
    assert 'value="2026-11-20"' in page.text


def test_what_is_seen_is_what_the_hook_answers():
    """The same card, the same response, the rules that decided and the findings with their proof."""
    answer, sent = tried(request()), told(request())
    card = over_http(STORY).cards[0]

    assert card["summary"] in words(answer)
    assert sent["response"]["cards"][0]["detail"] == card["detail"]
    assert "lumbar-laminectomy" in answer.text
    assert [one["id"] for one in sent["evaluation"]["findings"] if one["state"] == "present"]
    assert "Procedure/" in words(answer)


@pytest.mark.parametrize("how", ["urlencoded", "json", "file"])
def test_it_can_be_sent_in_other_ways(how):
    """As a form without files, by a program as JSON, as a file, whose name is shown."""
    body, media_type = {
        "urlencoded": (httpx.QueryParams({"chart": request()}).__str__().encode(), "application/x-www-form-urlencoded"),
        "json": (json.dumps({"chart": request()}).encode(), "application/json"),
        "file": (part("chart", b"") + part("file", request().encode(), "<b>chart</b>.json") + b"------x--\r\n", MULTIPART),
    }[how]
    answer = called("POST", "/integrator", on=DAY, content=body, headers={"Content-Type": media_type, "Accept": "text/html"})

    assert over_http(STORY).cards[0]["summary"] in words(answer)
    assert ("<b>chart</b>.json" in words(answer)) == (how == "file")


def test_nothing_is_kept(tmp_path):
    """Neither by the browser nor by the store: no decision, no record in the audit."""
    app = create_app(read_settings({"CLUNEAL_DATABASE_URL": f"sqlite:///{tmp_path / 'store.sqlite'}"}))
    answer = tried(request(), app=app)
    with sqlite3.connect(tmp_path / "store.sqlite") as store:
        tables = [name for (name,) in store.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        rows = {name: store.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in tables}  # noqa: S608 - our own tables
    store.close()

    assert answer.headers["cache-control"] == "no-store"
    assert {name for name, count in rows.items() if count} <= {"alembic_version"}


def test_a_silence_says_what_would_change_it():
    """The rule, and each finding that it asks for with its state in this chart, down to what that rests on."""
    seen = words(tried(patient(problem("Low back pain"))))

    assert "No card. I-02 : No low back or buttock pain is documented in the last 12 months." in seen
    assert "all of: Low back or buttock pain, now unknown resting on" in seen
    assert "A dated sign of current pain" in seen


@pytest.mark.parametrize("hook", ["order-sign", "order-select"])
def test_drafts_in_a_chart_are_the_orders_that_are_written(hook):
    """At an order hook a draft of a bare chart is what the clinician orders."""
    story = read_story("right-crest-point-lidocaine-allergy-and-a-block-is-ordered")
    entries = [one["resource"] for value in story.prefetch.values() for one in value.get("entry", [{"resource": value}])]
    chart = json.dumps([*entries, *story.drafts])
    found = told(chart, hook=hook, today=story.today.isoformat())

    assert [card["indicator"] for card in found["response"]["cards"]] == ["warning"]


def test_an_ehr_is_spoken_to_as_it_can_listen():
    """For an EHR that takes no Observation no suggestion would write one."""

    def written(dialect: str) -> list[str]:
        cards = told(request(), dialect=dialect)["response"]["cards"]
        return [action["resource"]["resourceType"] for card in cards for one in card.get("suggestions", ()) for action in one["actions"]]

    assert "Observation" in written("generic")
    assert written("oracle") == []


def test_codes_that_are_not_known_become_rows_of_a_code_map():
    """Ready to be pasted back: with a meaning filled in, the chart is read by them."""
    chart = patient(
        {
            "resourceType": "Procedure",
            "id": "o",
            "status": "completed",
            "subject": {"reference": "Patient/p"},
            "performedDateTime": "2020-01-01",
            "code": {"coding": [{"system": "urn:oid:2.999.1", "code": 'OR"1\\', "display": 'A "display" </pre>\n'}]},
        }
    )
    page = tried(chart)
    snippet = unescape(re.search(r'<code id="snippet">(.*?)</code>', page.text, re.DOTALL)[1])
    rows = snippet.replace('means   = ""', 'means   = "lumbar-laminectomy"')

    assert CodeMap.model_validate(tomllib.loads(rows)).local[0].code == 'OR"1\\'
    found = told(chart, codes=rows)
    assert found["unknownCodes"] == []
    (laminectomy,) = [one for one in found["evaluation"]["findings"] if one["id"] == "lumbar-laminectomy"]
    assert (laminectomy["state"], laminectomy["siteCodes"][0]["code"]) == ("present", 'OR"1\\')


@pytest.mark.parametrize(
    ("codes", "says"),
    [
        ("[[local]", "it is no TOML"),
        ('[[local]]\nsystem="urn:x"\ncode="1"\nmeans="laminectomy"', 'did you mean "lumbar-laminectomy"?'),
        ('[[local]]\nsystem="urn:x"\ncode="1"\nmeans=""', "local 1: means 1"),
        ("x = 1", "x is not known here"),
    ],
)
def test_what_is_wrong_with_a_code_map_is_told(codes, says):
    """As `clients check` says it, and nothing is evaluated with half a map."""
    found = told(request(), codes=codes)

    assert found["evaluation"] is None
    assert "The code map cannot be used" in found["problem"]
    assert says in " ".join(found["problems"])


def test_what_a_strict_reader_refuses_is_told_with_its_place():
    """By resource and element; an element that cannot be dated is an issue of the chart as well."""
    page = tried(patient(problem("Low back pain", onsetDateTime="about 2023")))

    assert "1 of 2 resources" in words(page)
    assert "onsetDateTime must be a dateTime" in words(page)
    assert "has a date that cannot be read" in words(page)


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
        *({"Origin": origin} for origin in ("https://evil.example", "null", "http://127.0.0.1:8001", "")),
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
