"""What a chart says stays text, however a client draws its cards; and so does every word of a card, should a service not escape it."""

import json
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from tests.browser import opened
from tests.pages.mock_ehr import opened_chart
from tests.pages.payloads import PAYLOADS

pytestmark = pytest.mark.long
STYLES = ("generic", "epic", "oracle")
# What the page itself draws inside an answer, and the Markdown of a card.
DRAWN = {
    *("DIV", "ARTICLE", "P", "SPAN", "H4", "H5", "STRONG", "EM", "OL", "UL", "LI", "BUTTON", "A", "FORM", "FIELDSET", "LEGEND", "INPUT"),
    *("LABEL", "S", "CODE", "PRE", "BLOCKQUOTE", "HR", "BR", "TABLE", "THEAD", "TBODY", "TR", "TH", "TD"),
}


def test_there_are_enough_of_them() -> None:
    """Forty at least, each another."""
    assert len(set(PAYLOADS)) >= 40


def with_words(story: dict[str, Any], payload: str) -> dict[str, Any]:
    """A story whose chart says it everywhere: names, problems, operations, reports, the reason of the visit."""
    prefetch = story["request"]["prefetch"]
    for key in ("conditions", "procedures", "medications"):
        for entry in prefetch[key]["entry"]:
            resource = entry["resource"]
            for concept in filter(None, (resource.get("code"), resource.get("medicationCodeableConcept"))):
                concept["text"] = f"{payload} {concept.get('text', '')}"
                for coding in concept.get("coding", ()):
                    coding["display"] = payload
    for entry in prefetch["reports"]["entry"]:
        if "conclusion" in entry["resource"]:
            entry["resource"]["conclusion"] = f"{payload} {entry['resource']['conclusion']} {payload}"
    prefetch["patient"]["name"] = [{"text": payload}]
    prefetch["encounter"]["reasonCode"] = [{"text": f"Back pain {payload}"}]
    return {**story, "says": payload}


def stays_text(page: Page, payload: str) -> None:
    """Nothing of it became an element, an attribute or a script; what has it as text shows it as it is."""
    answer = page.locator("#answer")
    tags = set(answer.evaluate("node => [...node.querySelectorAll('*')].map((one) => one.tagName)"))
    assert tags <= DRAWN, f"{payload!r} became {tags - DRAWN}"
    attributes = page.evaluate("[...document.querySelectorAll('main *')].flatMap((one) => one.getAttributeNames())")
    assert not [name for name in attributes if name.startswith("on") or name in ("style", "srcdoc", "src")], payload
    assert page.evaluate("typeof pwned") == "undefined", payload
    assert not [link for link in addresses(answer) if not link.startswith(("http://", "https://"))], payload
    assert page.get_by_role("heading", level=1).count() == 1


def addresses(within: Locator) -> list[str]:
    return list(within.evaluate("node => [...node.querySelectorAll('[href]')].map((one) => one.getAttribute('href'))"))


@pytest.mark.parametrize("style", STYLES)
def test_what_a_chart_says_stays_text(browser: Browser, address: str, style: str) -> None:
    """Through the real service: whatever the words of a chart are, its card, its head and its list show them as words."""
    payload = ""

    def changed(route: Route) -> None:
        route.fulfill(json=with_words(route.fetch().json(), payload))

    with opened(browser, address) as page:
        page.route("**/ehr/stories/*", changed)
        opened_chart(page, address, Draw_as=style)
        for payload in PAYLOADS:
            with page.expect_response("**/cds-services/**") as answered:
                page.get_by_role("button", name="Start over").click()
            assert answered.value.ok, payload
            expect(page.locator("#answer")).to_have_attribute("aria-busy", "false")
            expect(page.get_by_test_id("card")).to_have_attribute("data-style", style)
            stays_text(page, payload)
            assert page.locator("#who").evaluate("node => node.textContent") == payload
            assert payload in page.locator("#chart").evaluate("node => node.textContent"), payload
            # A card leads to pages of ours, never to what a chart names.
            assert not [link for link in addresses(page.get_by_test_id("card")) if "evil" in link], payload


def hostile_card(payload: str) -> dict[str, Any]:
    """A card as no sound service sends it: every word of it is the text, unescaped."""
    suggestion = {"label": payload, "uuid": payload, "actions": [{"type": "create", "description": payload, "resource": {}}]}
    return {
        "uuid": "1",
        "summary": payload,
        "detail": payload,
        "indicator": payload,
        "source": {"label": payload, "url": payload, "icon": payload},
        "links": [
            {"label": payload, "url": payload, "type": "absolute"},
            {"label": payload, "url": "javascript:pwned=1", "type": "absolute"},
        ],
        "suggestions": [suggestion],
        "overrideReasons": [{"code": payload, "system": payload, "display": payload}],
    }


@pytest.mark.parametrize("style", STYLES)
def test_what_a_card_says_stays_text(browser: Browser, address: str, style: str) -> None:
    """Drawn from an answer that escapes nothing: summary, labels, reasons and errors are words; Markdown makes words strong and no more."""
    answer: dict[str, Any] = {}

    with opened(browser, address) as page:
        page.route("**/cds-services/**", lambda route: route.fulfill(body=json.dumps(answer), content_type="application/json"))
        opened_chart(page, address, Draw_as=style)
        for payload in PAYLOADS:
            answer = {"cards": [hostile_card(payload)]}
            page.get_by_role("button", name="Open again").click()
            summary = page.get_by_test_id("card").locator("h4")
            expect(summary).to_have_text(payload)
            if page.get_by_test_id("dismiss").get_attribute("aria-expanded") == "false":
                page.get_by_test_id("dismiss").click()
            stays_text(page, payload)
            answer = {"cards": [], "extension": {"org.cluneal-cds.silence": {"rule": payload, "says": payload}}}
            page.get_by_role("button", name="Open again").click()
            expect(page.get_by_test_id("silence").locator("p").first).to_have_text(payload)
            stays_text(page, payload)


def test_what_an_error_says_stays_text(browser: Browser, address: str) -> None:
    """The sentences of an OperationOutcome are words, and an answer that is none of ours is not drawn."""
    body = ""

    with opened(browser, address) as page:
        page.route("**/cds-services/**", lambda route: route.fulfill(status=500, body=body, content_type="text/html"))
        opened_chart(page, address)
        for payload in PAYLOADS:
            body = json.dumps({"resourceType": "OperationOutcome", "issue": [{"diagnostics": payload, "details": {"text": "It failed."}}]})
            page.get_by_role("button", name="Open again").click()
            expect(page.get_by_test_id("error").locator("p").last).to_have_text(payload)
            stays_text(page, payload)
            body = payload
            page.get_by_role("button", name="Open again").click()
            expect(page.get_by_test_id("error")).to_contain_text("no OperationOutcome")
            stays_text(page, payload)
