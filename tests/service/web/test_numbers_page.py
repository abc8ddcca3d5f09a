"""The page /numbers: there where the store and the page are on, with charts, tables and CSV of real calls, and nobody's name in it."""

import asyncio
import csv
import io
import re
from functools import cache

import httpx
import pytest

from service.app import create_app
from service.settings import read_settings
from tests.browser import axe_violations, chromium, opened, overflow
from tests.cds_hooks.conftest import served
from tests.weeks import SINCE, UNTIL, play, settings

PERIOD = {"since": SINCE.isoformat(), "until": UNTIL.isoformat()}


@pytest.fixture(scope="module")
def environ(tmp_path_factory):
    """The settings of a service that looks back on two weeks of calls."""
    folder = tmp_path_factory.mktemp("weeks")
    (folder / "key").write_text("00112233445566778899aabbccddeeff" * 2)
    made = settings(folder, f"sqlite:///{folder / 'weeks.sqlite'}", folder / "key")
    asyncio.run(play(made, weeks=2))
    return made


@cache
def service(**environ):
    return create_app(read_settings(environ))


def asked(environ, path="/numbers", **query):
    """What one service answers, also to a second question."""

    async def get():
        transport = httpx.ASGITransport(app=service(**environ, CLUNEAL_PAGES="numbers"))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
            return await client.get(path, params=query)

    return asyncio.run(get())


def test_the_page_shows_the_numbers_of_a_period(environ):
    """Its calls, a table for each part and charts of them, both clients to choose from, and the same period as CSV."""
    page = asked(environ, **PERIOD)

    assert page.status_code == 200
    calls = re.search(r"all clients: ([\d,]+) calls", page.text)
    assert int(calls[1]) > 80
    assert page.text.count("<svg") >= 6
    assert page.text.count("<table") >= 8
    assert {"lakeside", "riverside"} <= set(re.findall(r"<option[^>]*>([^<]*)</option>", page.text))
    assert f"/numbers.csv?since={SINCE}&amp;until={UNTIL}&amp;ignored-after=14" in page.text


def test_one_client_alone(environ):
    """Chosen in the form, and kept in it; one that there is not has no calls."""
    page, nobody = asked(environ, **PERIOD, client="riverside").text, asked(environ, **PERIOD, client="<b>x</b>").text

    assert "<option selected>riverside</option>" in page
    assert '<h2 id="shadow">' in page
    assert "No calls since" in nobody
    assert "<b>x</b>" not in nobody


def test_the_csv_is_the_same_numbers(environ):
    """One tidy table, offered as a file that nobody keeps."""
    answer = asked(environ, "/numbers.csv", **PERIOD)
    found = list(csv.DictReader(io.StringIO(answer.text)))

    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.headers["content-disposition"] == f'attachment; filename="cluneal-numbers-{SINCE}-{UNTIL}.csv"'
    assert answer.headers["cache-control"] == "no-store"
    assert any(row["measure"] == "calls: calls" and row["group"] == "silent" for row in found)


def test_nobody_is_in_it(environ):
    """No pseudonym, no digest, no id of a card, a patient or a visit."""
    for text in (asked(environ, **PERIOD).text, asked(environ, "/numbers.csv", **PERIOD).text):
        said = re.sub(r"/static/\S+", "", text)
        assert not re.search(r"[0-9a-f]{16}|[0-9a-f]{8}-[0-9a-f]{4}", said)
        assert "Practitioner" not in said


@pytest.mark.parametrize(
    "query",
    [
        *({"since": since} for since in ("yesterday", "0001-01-01")),
        *({"until": until} for until in ("2026-13-01", "9999-12-31")),
        *({"ignored-after": days} for days in ("0", "9" * 5000, "\u0661")),
        {"since": "2026-11-20", "until": "2026-11-19"},
    ],
)
def test_what_cannot_be_asked_is_said(environ, query):
    """As a page and as text, with 400 and a sentence."""
    page, text = asked(environ, **query), asked(environ, "/numbers.csv", **query)

    assert (page.status_code, text.status_code) == (400, 400)
    assert "must" in page.text
    assert text.text.count("\n") == 1


@pytest.mark.parametrize("more", [{"CLUNEAL_PAGES": "why,knowledge"}, {"CLUNEAL_DATABASE_URL": "off", "CLUNEAL_PAGES": "all"}])
def test_without_store_or_leave_there_is_no_page(environ, more):
    """Neither the page nor its CSV, nor a link to it."""

    async def get():
        given = {name: environ[name] for name in ("CLUNEAL_DATABASE_URL", "CLUNEAL_PSEUDONYM_KEY_FILE")}
        transport = httpx.ASGITransport(app=create_app(read_settings({**given, **more})))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
            return [await client.get(path) for path in ("/numbers", "/numbers.csv", "/pages")]

    page, text, pages = asyncio.run(get())

    assert (page.status_code, text.status_code, pages.status_code) == (404, 404, 200)
    assert "/numbers" not in pages.text


def test_the_page_is_for_everybody(environ):
    """At 400 and 1400 pixels, light and dark: nothing is cut off, axe finds nothing wrong, and the form asks for another client."""
    app = create_app(read_settings({**environ, "CLUNEAL_PAGES": "numbers"}))
    with served(app) as (host, port), chromium() as browser:
        address = f"http://{host}:{port}"
        for width, dark in ((400, True), (1400, False)):
            with opened(browser, address, width=width, dark=dark) as page:
                page.goto(f"{address}/numbers?since={SINCE}&until={UNTIL}")
                assert overflow(page) <= 0
                assert axe_violations(page) == []
        with opened(browser, address) as page:
            page.goto(f"{address}/numbers?since={SINCE}&until={UNTIL}")
            page.get_by_label("Client", exact=True).select_option("riverside")
            page.get_by_role("button", name="Show").press("Enter")
            page.wait_for_url("**client=riverside**")
            assert page.get_by_role("heading", name="Shadow mode").is_visible()
