"""The whole story of the mock EHR as somebody plays it who has read nothing: by mouse, by keyboard, and with a service that keeps quiet."""

import json

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import axe_violations, opened, overflow
from tests.pages.mock_ehr import ARCHETYPE, accept, card, focused, opened_chart, record_block, until, wire
from tests.pages.serving import served


def is_well_made(page: Page) -> None:
    """Nothing in the way of a keyboard, a screen reader or weak eyes, and nothing wider than the window."""
    assert axe_violations(page) == []
    assert overflow(page) <= 0


def play(page: Page) -> None:
    """The story from the open chart to the card after the block."""
    card(page, "press the iliac crest")
    accept(page, "I examined today", "RIGHT")
    card(page, "Right superior cluneal point reproduces the usual pain", "consider a diagnostic block")
    accept(page, "Order", "RIGHT")
    expect(page.get_by_text("Record its result")).to_be_visible()
    record_block(page, before="8", after="2")
    card(page, "75% relief", "positive, once", "repeat the block on another day")


def test_a_visitor_plays_the_story_by_mouse(browser: Browser, address: str) -> None:
    """Opens the page, sees a card, accepts what was found, orders the block, records its relief and sees what comes next."""
    with opened(browser, address) as page:
        page.goto(f"{address}/")
        page.get_by_role("button", name=f"Open {ARCHETYPE}").click()
        play(page)
        is_well_made(page)


def test_a_hook_is_a_call_over_http(browser: Browser, address: str) -> None:
    """What the page shows came from the service at its own address, in answer to a request as an EHR sends it."""
    with opened(browser, address) as page:
        page.goto(f"{address}/")
        with page.expect_response("**/cds-services/cluneal-patient-view") as caught:
            page.get_by_test_id("patient").first.click()
        sent, answer = json.loads(caught.value.request.post_data or ""), caught.value.json()

        assert (sent["hook"], caught.value.request.method) == ("patient-view", "POST")
        assert sent["prefetch"]["patient"]["id"] == sent["context"]["patientId"]
        expect(page.get_by_test_id("card").get_by_role("heading", level=4)).to_have_text(answer["cards"][0]["summary"])
        assert json.loads(wire(page, "Answer")) == answer


@pytest.mark.long
@pytest.mark.parametrize("width", [400, 1400])
def test_a_visitor_plays_the_story_by_keyboard(browser: Browser, address: str, width: int) -> None:
    """With Tab, Enter and digits alone, and never thrown back to the top of the page."""
    with opened(browser, address, width=width) as page:
        page.goto(f"{address}/")
        until(page, lambda: focused(page).startswith("Laminectomy and iliac harvest"))
        page.keyboard.press("Enter")
        card(page, "press the iliac crest")
        expect(page.locator("#who")).to_be_focused()
        until(page, lambda: "RIGHT superior point" in focused(page), most=12)
        page.keyboard.press("Enter")
        card(page, "consider a diagnostic block")
        expect(page.locator(".card-summary")).to_be_focused()
        until(page, lambda: focused(page).startswith("Order a diagnostic"), most=4)
        page.keyboard.press("Enter")
        expect(page.get_by_text("Record its result")).to_be_visible()
        until(page, lambda: focused(page) == "Record the result", key="Shift+Tab", most=12)
        page.keyboard.press("Enter")
        assert focused(page).startswith("Pain before")
        page.keyboard.type("8")
        page.keyboard.press("Tab")
        page.keyboard.type("2")
        page.keyboard.press("Enter")
        card(page, "75% relief")
        expect(page.locator(".card-summary")).to_be_focused()


@pytest.mark.long
def test_the_story_goes_on_where_the_service_keeps_quiet(browser: Browser, tmp_path) -> None:
    """An accepted order is followed by silence with its reason; the recorded result is news, and a fresh start another patient."""
    with served(database_url=f"sqlite:///{tmp_path}/quiet.sqlite", quiet="1") as address, opened(browser, address) as page:
        for _ in range(2):
            opened_chart(page, address)
            card(page, "press the iliac crest")
            accept(page, "I examined today", "RIGHT")
            card(page, "consider a diagnostic block")
            accept(page, "Order", "RIGHT")
            expect(page.get_by_test_id("silence")).to_contain_text("accepted")
            expect(page.get_by_test_id("silence")).to_contain_text("D-02")
            record_block(page, before="8", after="2")
            card(page, "75% relief")
        page.get_by_role("button", name="Start over").click()
        card(page, "press the iliac crest")


@pytest.mark.long
@pytest.mark.parametrize("style", ["epic", "oracle"])
def test_the_story_where_a_card_cannot_write(browser: Browser, address: str, style: str) -> None:
    """The finding goes through the site's own form, the order of the block through the card where it can."""
    with opened(browser, address) as page:
        opened_chart(page, address, Draw_as=style)
        card(page, "press the iliac crest", "Record as")
        assert page.get_by_test_id("suggestion").count() == (1 if style == "epic" else 0)
        page.get_by_role("button", name="Record the examination").first.click()
        form = page.locator("#examination")
        form.get_by_label("Side").select_option("right")
        form.get_by_label("Pressing the point").select_option("yes")
        form.get_by_role("button", name="Record the examination").click()
        card(page, "reproduces the usual pain")
        if style == "epic":
            accept(page, "Draft order", "RIGHT")
            card(page, "block already ordered")
        else:
            card(page, "Order as")
        record_block(page, before="8", after="2", side="right")
        card(page, "75% relief")


def test_the_guide_goes_on_where_nothing_was_asked(browser: Browser, address: str) -> None:
    """A client that calls nothing while an order is written: the guide says to sign it, then to record its result; taken back, neither."""
    with opened(browser, address) as page:
        opened_chart(page, address, name="laminectomy and right point recorded today", Draw_as="oracle")
        guide = page.locator("#guide")
        expect(guide).to_contain_text("what to write instead")
        page.get_by_role("button", name="Write an order").click()
        page.locator("#orders select").select_option("superior-right")
        page.get_by_role("button", name="Draft the order").click()
        expect(guide).to_contain_text("sign the order that you wrote")
        page.get_by_role("button", name="Remove").click()
        expect(guide).to_be_empty()
        page.get_by_role("button", name="Draft the order").click()
        page.get_by_test_id("sign").click()
        expect(guide).to_contain_text("Record its result")
        record_block(page, before="8", after="2")
        card(page, "75% relief")
