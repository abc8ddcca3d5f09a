"""The integrator's page: a chart or a request that is pasted, and everything that comes of it; nothing is kept."""

import json
import re
import sqlite3
import tomllib
from html import unescape

import httpx
import pytest

from service.app import create_app
from service.clients.code_map import CodeMap
from service.settings import read_settings
from service.story import read_story
from tests.doors import called, over_http
from tests.service.web.pasting import DAY, MULTIPART, STORY, part, patient, problem, request, told, tried, words


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


def test_each_rule_that_decided_has_a_sentence():
    """One that a card needs says what it asked for, a kind of support what counted: an id alone tells nobody anything."""
    rows = re.findall(r"<li><a [^>]*>([A-Z][^<]*)</a> (.*?) <span", tried(request()).text)

    assert {id_ for id_, _ in rows} >= {"I-01", "I-02", "S3", "S4"}
    assert [id_ for id_, says in rows if not says.strip()] == []
    assert ("I-01", "The patient is 18 or older.") in rows


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
        ("x = " + "[" * 5000, "too deep"),
        ("x = " + "9" * 9000, "thousands of digits"),
        ('[[local]]\nsystem="urn:x"\ncode="1"\nmeans="fever"\n' * 1001, "at most 1,000 rows"),
        ("#" * 200_001, "200,000 characters"),
        ("a" + ".a" * 2000 + "=1", "more than 8 dots"),
        ("".join(f"[loca{number}]\n" for number in range(100)), "and more, which are told once these are mended"),
        ('[[local]]\nsystem="urn:x"\ncode="1"\nmeans="fevr"\n' * 100, "and more, which are told once these are mended"),
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
