"""What all pages share: their policy, their links, and a template that lets no markup through."""

import re

import pytest

from service.web.doors import doors_of
from service.web.layout import Layout
from tests.service.web.test_docs import asked

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"


def shown(layout: Layout, **content: str) -> tuple[str, dict[str, str]]:
    answer = layout.page("not_there.html", at="/knowledge", **{"title": "Nothing", "says": "There is nothing.", **content})
    return bytes(answer.body).decode(), dict(answer.headers)


def test_what_a_chart_says_stays_text():
    """Everything that a page is given is escaped."""
    page, _ = shown(Layout("http://localhost:8000", "2026.7"), title=HOSTILE, says=HOSTILE)

    assert "<img" not in page
    assert "<script" not in page


def test_a_page_loads_its_own_things_and_is_framed_by_those_who_may():
    """No script in the page, nothing from elsewhere, only listed origins around it, and nobody keeps it."""
    _, headers = shown(Layout("http://localhost:8000", "2026.7", frames=("https://ehr.example",)))
    policy = headers["content-security-policy"]

    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'self' https://ehr.example" in policy
    assert headers["cache-control"] == "no-store"


def test_every_link_stands_under_the_path_that_a_proxy_put_before_ours():
    """A service at https://cds.example/cluneal has its pages and sheets there."""
    page, _ = shown(Layout("https://cds.example/cluneal", "2026.7", doors_of(["ehr", "knowledge"], docs=True)))
    links = re.findall(r'(?:href|src)="([^"#]+)"', page)

    assert len(links) == 5
    assert all(link.startswith("/cluneal/") for link in links)
    assert '<a href="/cluneal/knowledge" aria-current="page">' in page


@pytest.mark.parametrize(("pages", "status"), [("all", 200), ("none", 404)])
def test_the_style_sheet_is_there_where_there_are_pages(pages, status):
    """At the address that the pages name, with its type; where no page is served there is none."""
    sheet = re.search(r'href="(/static/[^"]+css[^"]+)"', shown(Layout("http://localhost:8000", "2026.7"))[0])
    answer = asked(sheet[1], pages=pages)

    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/css" if status == 200 else "application/fhir+json")


@pytest.mark.parametrize("name", ["..%2fapp.py", "layout.py", "pages.css.bak", "%00", ""])
def test_nothing_else_lies_under_static(name):
    """Only what the pages use, by its exact name."""
    assert asked(f"/static/{name}").status_code == 404
