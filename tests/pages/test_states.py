"""Every state of the mock EHR, light and dark, narrow and wide: for a keyboard, a screen reader, weak eyes, and on paper."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import axe_violations, opened, overflow
from tests.pages.mock_ehr import accept, card, opened_chart, record_block

pytestmark = pytest.mark.long
EACH_SCREEN = pytest.mark.parametrize(("width", "dark"), [(400, False), (400, True), (1400, False), (1400, True)])


def is_well_made(page: Page, what: str) -> None:
    """Nothing that axe-core finds, and nothing wider than the window."""
    expect(page.locator("#answer")).to_have_attribute("aria-busy", "false")
    assert axe_violations(page) == [], what
    assert overflow(page) <= 0, what


@EACH_SCREEN
def test_the_story_is_there_for_everybody(browser: Browser, address: str, width: int, dark: bool) -> None:
    """The list, each card of the story, the open forms, the reasons of a dismissal, and the open request beside."""
    with opened(browser, address, width=width, dark=dark) as page:
        page.goto(f"{address}/")
        is_well_made(page, "the list")
        opened_chart(page, address)
        card(page, "press the iliac crest")
        is_well_made(page, "the first card")
        accept(page, "I examined today", "RIGHT")
        card(page, "consider a diagnostic block")
        accept(page, "Order", "RIGHT")
        card(page, "already ordered")
        for form in ("examination", "orders"):
            page.locator(f"#{form} summary").click()
        page.get_by_label("Order", exact=True).select_option(label="Lumbar MRI")
        page.get_by_role("button", name="Draft the order").click()
        expect(page.get_by_test_id("silence")).to_be_visible()
        is_well_made(page, "silence, and every form open")
        record_block(page, before="8", after="2")
        card(page, "75% relief").get_by_test_id("dismiss").click()
        page.locator("#wire summary").first.click()
        is_well_made(page, "reasons and request open")


@EACH_SCREEN
@pytest.mark.parametrize("style", ["epic", "oracle"])
def test_other_clients_cards_are_there_for_everybody(browser: Browser, address: str, width: int, dark: bool, style: str) -> None:
    """Drawn as another client, and as an error."""
    with opened(browser, address, width=width, dark=dark) as page:
        opened_chart(page, address, Draw_as=style)
        card(page, "press the iliac crest")
        is_well_made(page, style)
        page.get_by_label("Data it sends").select_option("failing")
        expect(page.get_by_test_id("error")).to_be_visible()
        is_well_made(page, "an error")


def test_a_card_is_read_out(browser: Browser, address: str) -> None:
    """Whoever hears the page is told what came, without looking for it; the new card is where the keyboard goes on."""
    with opened(browser, address) as page:
        opened_chart(page, address)
        expect(page.get_by_role("status").filter(has_text="Card: Consider cluneal nerve pain")).to_have_count(1)
        accept(page, "I examined today", "LEFT")
        card(page, "Left superior cluneal point reproduces")
        expect(page.get_by_role("status").filter(has_text="Card: Left superior")).to_have_count(1)
        expect(page.locator(".card-summary")).to_be_focused()


def test_on_paper_are_chart_and_card(browser: Browser, address: str) -> None:
    """Printed, the page has the patient, the card and the chart, and nothing to click."""
    with opened(browser, address) as page:
        opened_chart(page, address)
        card(page, "press the iliac crest")
        page.emulate_media(media="print")
        assert page.locator("#who, .card-detail, #chart").locator("visible=true").count() == 3
        assert page.get_by_role("button").locator("visible=true").count() == 0
