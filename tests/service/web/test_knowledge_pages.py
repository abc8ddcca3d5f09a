"""The knowledge for people: a page for everything that is known, every link leads somewhere, and what is typed stays text."""

import json
import re
from functools import cache
from html import unescape
from typing import Any
from urllib.parse import unquote

import pytest

from service.app import create_app
from service.knowledge.load import load_knowledge
from service.settings import read_settings
from service.web.knowledge_rooms import ROOMS
from tests.doors import application, over_http
from tests.service.web.wire import Answer, asked

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
EACH_KIND = pytest.mark.parametrize("path", ["/knowledge", "/knowledge/rules", "/knowledge/rules/X-01", "/knowledge/valueSets/fever"])


async def seen(path: str, **headers: str) -> Answer:
    return await asked(path, accept=BROWSER, **headers)


def words(answer: Answer) -> str:
    """What a reader sees of a page."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.body.decode())).split())


@cache
def other(**settings: str) -> Any:
    return create_app(read_settings({"CLUNEAL_DATABASE_URL": "off", **settings}))


@pytest.fixture
def card() -> dict[str, Any]:
    """What a client receives for the archetype."""
    return over_http("laminectomy-and-iliac-harvest").cards[0]


@EACH_KIND
async def test_one_address_has_a_page_and_json(path):
    """The browser gets HTML under a policy, a program JSON; caches are told what decides, and each has a tag of its own."""
    page, data = await seen(path), await asked(path)

    assert page.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert json.loads(data.body)
    assert [one.headers["vary"] for one in (page, data)] == ["Accept, Origin"] * 2
    assert page.headers["etag"] != data.headers["etag"]
    assert (await seen(path, if_none_match=page.headers["etag"])).status == 304
    assert (await seen(path, if_none_match=data.headers["etag"])).status == 200
    assert (await asked(path, if_none_match=page.headers["etag"])).status == 200
    assert (await asked(f"{path}?format=json", accept=BROWSER)).body == data.body


async def test_everything_known_has_a_page_and_every_link_leads_to_one():
    """Whatever stands in the JSON can be looked up, and no page leads to nothing."""
    whole = (await asked("/knowledge")).json
    paths = ["/knowledge", "/knowledge/cards", *(f"/knowledge/{room}" for room in ROOMS)]
    paths += [f"/knowledge/{room}/{name}" for room in ROOMS for name in whole[room] if room != "systems"]
    led: set[str] = set()
    for path in paths:
        answer = await seen(path)
        assert answer.status == 200, path
        led |= {unquote(link) for link in re.findall(r'href="(/knowledge[^"?#]*)"', answer.body.decode())}

    assert led <= set(paths)


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/knowledge/rules/X-01", ["Cauda equina features", "guideline", "acr-2021", "nothing is said", "Cauda equina syndrome"]),
        ("/knowledge/evidence/kiral-2024", ["10.1111/papr.13391", "38849322", "One centre", "Used by", "N-SCN"]),
        ("/knowledge/valueSets/lumbar-laminectomy", ["63047", "442118009", "Primary hemilaminectomy", "CPT", "SNOMED CT", "Used by"]),
        (
            "/knowledge/findings/prior-lumbar-laminectomy",
            ["84 days ( pain-after-event )", "An entry whose code is in a value set.", "The file as it stands", 'value_set = ["lumbar'],
        ),
        ("/knowledge/nerves/superior", ["6, 9", "Lu 1998", "S1", "Post-laminectomy syndrome"]),
        ("/knowledge/thresholds/imaging-window", ["730", "days", "Used by"]),
        ("/knowledge/attributes/10", ["Use of sex"]),
        ("/knowledge/pathway/competing", ["Fibromyalgia"]),
    ],
)
async def test_a_page_tells_what_is_known(path, told):
    """The thing itself, its source, and what it leads to."""
    shown = words(await seen(path))

    assert [word for word in told if word not in shown] == []


async def test_a_publication_leads_to_its_doi():
    """And to the record of its abstract, without telling them where the reader came from."""
    page = (await seen("/knowledge/evidence/kiral-2024")).body.decode()

    assert 'href="https://doi.org/10.1111/papr.13391" rel="external noreferrer"' in page
    assert 'href="https://pubmed.ncbi.nlm.nih.gov/38849322/"' in page


async def test_a_committee_reads_what_can_be_said(card):
    """Every rule's sentence, and the cards of made-up patients as they are sent."""
    shown = words(await seen("/knowledge/cards"))
    sentences = [" ".join(rule.says.split()) for stage in load_knowledge().rules.values() for rule in stage]

    assert [one for one in sentences if one not in shown] == []
    assert card["summary"] in shown
    assert all(suggestion["label"] in shown for suggestion in card["suggestions"])
    assert "No card. T-LOW" in shown


async def test_the_versions_are_told_with_what_changed():
    """This one and those before it."""
    shown, version = words(await seen("/knowledge")), load_knowledge().version

    assert version.earlier
    assert all(one.version in shown and one.says in shown for one in (version, *version.earlier))


async def test_what_a_site_decided_is_told():
    """A moved threshold and another policy stand on the first page, and the number where it counts."""
    site = other(CLUNEAL_THRESHOLDS="imaging-window=365", CLUNEAL_POLICY="inclusive")
    first = words(await asked("/knowledge", app=site, accept=BROWSER))

    assert "policy inclusive ; imaging-window 365" in first
    assert "365 days ( imaging-window )" in words(await asked("/knowledge/studies/lumbar-imaging", app=site, accept=BROWSER))


async def test_the_source_of_a_card_can_be_opened(card):
    """Its address is a page for a person and JSON for a program; so is each rule in its basis, and the nerve whose support counted."""
    basis = card["extension"]["org.cluneal-cds.basis"]
    paths = [card["source"]["url"].removeprefix("http://127.0.0.1:8000"), *(f"/knowledge/nerves/{name}" for name in basis["nerves"])]
    paths += [f"/knowledge/rules/{id_}" for id_ in basis["rules"] if "-" in id_]

    assert [(await seen(path)).status for path in paths] == [200] * len(paths)
    assert [(await asked(path)).status for path in paths] == [200] * len(paths)


@pytest.mark.parametrize("query", ["laminectomy", "63047", "X-01", "Kiral"])
async def test_a_search_finds_names_codes_and_texts(query):
    """As a page and as JSON, the same things."""
    page, data = await seen(f"/knowledge/search?q={query}"), (await asked(f"/knowledge/search?q={query}")).json

    assert data["found"]
    assert all(f"/knowledge/{one['room']}/{one['name']}" in page.body.decode() for one in data["found"] if one["room"] != "systems")


@pytest.mark.parametrize(
    "query", ["%3Cscript%3Ealert(1)%3C/script%3E", "%22%20onfocus=x%20autofocus", "%00", "%ff", "%F0%9F%98%80", "a" * 5000, "{{7*7}}", ""]
)
async def test_what_is_typed_stays_text(query):
    """Markup, quotes, half signs and the endless are looked for, and found nowhere."""
    answer = await seen(f"/knowledge/search?q={query}")

    assert answer.status == 200
    assert len(answer.body) < 4000
    assert b"<script" not in answer.body
    assert b'" onfocus' not in answer.body
    assert b"49" not in answer.body


@pytest.mark.parametrize(
    "path", ["/knowledge/rules/X-99", "/knowledge/nothing", "/knowledge/", "/knowledge/rules/X-01/says", "/knowledge/version/x"]
)
async def test_what_is_not_there_is_a_page_too(path):
    """With the status, a way to search, and without what was asked for."""
    answer = await seen(path)

    assert (answer.status, answer.headers["content-type"][:9]) == (404, "text/html")
    assert "There is nothing at this address." in words(answer)
    assert b"X-99" not in answer.body


async def test_without_the_pages_there_is_json_alone():
    """Where the setting leaves the pages out, a browser gets what programs get."""
    app = other(CLUNEAL_PAGES="why")
    answer = await asked("/knowledge/rules/X-01", app=app, accept=BROWSER)

    assert (answer.headers["content-type"], answer.json["id"]) == ("application/json", "X-01")
    assert (await asked("/knowledge/search", app=app, accept=BROWSER)).headers["content-type"] == "application/fhir+json"
    assert (await asked("/knowledge/rules/X-01", app=application())).headers["etag"] == answer.headers["etag"]
