"""JSON for programs, HTML for browsers: what the Accept of a request makes of an address."""

import pytest
from starlette.requests import Request

from service.web.representation import wants_html

CHROME = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"


def asked(accept: str | None, query: str = "") -> bool:
    headers = [] if accept is None else [(b"accept", accept.encode("latin-1"))]
    return wants_html(Request({"type": "http", "method": "GET", "path": "/", "query_string": query.encode(), "headers": headers}))


@pytest.mark.parametrize(
    "accept", [CHROME, "text/html", "TEXT/HTML", "text/*", "text/html;q=0.5,application/json;q=0.4", "*/*;q=0.1,text/html"]
)
def test_a_browser_gets_the_page(accept):
    """Whoever prefers HTML to JSON."""
    assert asked(accept)


@pytest.mark.parametrize(
    "accept",
    [
        *(None, "", "*/*", "application/json", "application/fhir+json", "application/*", "application/json,text/html", "text/html,*/*"[9:]),
        *("text/html;q=0", "text/html;q=0.4,application/json", "text/html;q=none", ";;;,,,", "text/html;q=nan", "\xff/\xff"),
    ],
)
def test_everybody_else_gets_json(accept):
    """Programs, those who take anything, those who like both, and those whose Accept nobody understands."""
    assert not asked(accept)


@pytest.mark.parametrize(("query", "html"), [("format=json", False), ("format=html", True), ("format=xml", None), ("_format=json", None)])
def test_a_link_can_choose(query, html):
    """?format= says it for a person who follows a link; an unknown one says nothing."""
    assert asked(CHROME, query) is (True if html is None else html)
    assert asked(None, query) is (False if html is None else html)
