"""The description of the service over HTTP: closed unless a setting opens it, and a page that loads nothing from elsewhere."""

import asyncio
import re
from base64 import b64encode
from functools import cache
from hashlib import sha256
from html.parser import HTMLParser

import httpx
import pytest
import schemathesis

from service.app import create_app
from service.settings import read_settings
from service.web.docs_page import docs_page


def asked(path: str, **settings: str) -> httpx.Response:
    """What an application with these settings answers at a path."""
    app = create_app(read_settings({f"CLUNEAL_{name.upper()}": value for name, value in settings.items()}))

    async def get() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://127.0.0.1:8000") as client:
            return await client.get(path)

    return asyncio.run(get())


@cache
def page() -> httpx.Response:
    return asked("/docs", docs="1")


@cache
def document() -> dict:
    return asked("/openapi.json", docs="1").json()


class Parts(HTMLParser):
    """The tags of a page with their attributes, and its ids."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))


@pytest.mark.parametrize("path", ["/docs", "/openapi.json"])
@pytest.mark.parametrize("settings", [{}, {"docs": "0"}])
def test_it_is_closed_unless_switched_on(path, settings):
    """Without the setting there is nothing there, as at any other address."""
    answer = asked(path, **settings)

    assert answer.status_code == 404
    assert answer.json()["resourceType"] == "OperationOutcome"


def test_the_document_is_openapi():
    """It has the form that OpenAPI 3.1 asks for, and names the address under which clients see the service."""
    schemathesis.openapi.from_dict(document()).validate()

    assert document()["openapi"].startswith("3.1.")
    assert asked("/openapi.json", docs="1", public_base_url="https://cds.example/x").json()["servers"] == [{"url": "https://cds.example/x"}]


def test_every_refusal_says_what_it_can_be():
    """Each status of a service stands in the document with the codes of its OperationOutcome."""
    responses = document()["paths"]["/cds-services/cluneal-patient-view"]["post"]["responses"]
    codes = {
        status: [one["title"] for one in response["content"]["application/fhir+json"]["schema"]["oneOf"]]
        for status, response in responses.items()
        if status != "200"
    }

    assert codes == {
        "400": ["malformed-request", "hook-not-served"],
        "408": ["receive-timeout"],
        "412": ["prefetch-unavailable", "foreign-patient"],
        "413": ["payload-too-large"],
        "415": ["unsupported-media"],
        "500": ["service-fault"],
        "503": ["overloaded"],
    }


def test_the_page_shows_every_address_and_status():
    """Whoever reads the page needs no other program: addresses, fields, answers and examples are text."""
    text = page().text

    assert page().headers["content-type"] == "text/html; charset=utf-8"
    for path, item in document()["paths"].items():
        section = re.search(rf"<section [^>]*><h2><code>{re.escape(path)}</code></h2>.*?</section>", text, re.DOTALL)[0]
        for method in ("get", "post"):
            assert all(f"<b>{status}</b>" in section for status in item.get(method, {}).get("responses", ()))
    for word in ("hookInstance", "fhirAuthorization", "overrideReason", "selectionBehavior", "prefetch-unavailable"):
        assert word in text


def test_the_page_loads_nothing_and_runs_nothing():
    """No script, no image, no link to elsewhere; a browser would not be allowed to either."""
    parts = Parts(page().text)
    policy = page().headers["content-security-policy"]

    assert {tag for tag, _ in parts.tags}.isdisjoint({"script", "img", "link", "iframe", "form", "object", "base"})
    assert all(not {name for name in attributes if name.startswith("on") or name in ("src", "style")} for _, attributes in parts.tags)
    (style,) = re.findall(r"<style>(.*?)</style>", page().text, re.DOTALL)
    assert f"style-src 'sha256-{b64encode(sha256(style.encode()).digest()).decode()}'" in policy
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy


def test_every_link_of_the_page_leads_somewhere():
    """A link goes to a place in the page, or to the document."""
    parts = Parts(page().text)
    ids = {attributes["id"] for _, attributes in parts.tags if "id" in attributes}
    links = {attributes["href"] for tag, attributes in parts.tags if tag == "a"}

    assert links - {"openapi.json"} <= {f"#{name}" for name in ids}
    assert len(links) > len(document()["paths"])


def test_the_page_shows_markup_as_text():
    """What stands in the document is never taken for HTML."""
    marked = {**document(), "info": {**document()["info"], "title": "<script>alert(1)</script>", "description": "`<b>` & <i>"}}
    shown = docs_page(marked)

    assert "<script>" not in shown
    assert "<code>&lt;b&gt;</code> &amp; &lt;i&gt;" in shown
