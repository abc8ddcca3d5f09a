"""The page of reasons in a real browser: by those who see little, use a keyboard, sit in a narrow frame, or print it."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, Page

from service.app import create_app
from service.settings import read_settings
from service.story import hook_request, read_story
from tests.browser import axe_violations, chromium, opened, overflow
from tests.cds_hooks.conftest import served
from tests.service.web.test_why_injection import PAYLOADS
from tests.service.web.why import link_of

WORKUP, BLOCK = "laminectomy-and-iliac-harvest", "right-crest-point-reproduces-pain-after-harvest"
STORIES = (
    WORKUP,
    BLOCK,
    "both-crest-points-after-fusion",
    "left-pain-and-right-tender-point",
    "two-right-superior-blocks-relieved-three-quarters",
    "right-inferior-block-without-a-score-before",
    "right-crest-point-lidocaine-allergy-and-a-block-is-ordered",
    "laminectomy-and-a-lumbar-mri-is-ordered",
    "low-back-pain-and-a-normal-mri",
    "new-urinary-retention-and-saddle-numbness",
)


@pytest.fixture(scope="module")
def service() -> Iterator[str]:
    """The address of the service with all its pages."""
    with served(create_app(read_settings({"CLUNEAL_DATABASE_URL": "off"}))) as (host, port):
        yield f"http://{host}:{port}"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


def page_of(service: str, name: str, **changes: object) -> str:
    """Where the page of a story, told today, is."""
    story = read_story(name)
    body = hook_request(story, hook_instance="1", today=story.today)
    answer = httpx.post(f"{service}/cds-services/cluneal-{story.hook}", json={**body, **changes}).json()
    link = link_of(answer)
    assert link is not None
    return service + urlsplit(link).path


def look(page: Page, address: str) -> None:
    """The page at an address, with all that can be opened open, for what is closed is not looked at."""
    page.goto(address)
    page.locator("details").evaluate_all("all => all.forEach(one => { one.open = true })")


@pytest.mark.parametrize(
    ("name", "width", "dark"),
    [
        *(pytest.param(WORKUP, width, dark, marks=pytest.mark.long) for width in (400, 1400) for dark in (False, True)),
        *(
            pytest.param(name, 1400 if place % 2 else 400, bool(place & 2), marks=pytest.mark.long)
            for place, name in enumerate(STORIES[1:])
        ),
    ],
)
def test_a_page_can_be_read_by_everybody(service, browser, name, width, dark):
    """Nothing is wrong by axe, nothing is wider than the window, no policy is broken, and nobody else is asked."""
    with opened(browser, service, width=width, dark=dark) as page:
        look(page, page_of(service, name))

        assert axe_violations(page) == []
        assert overflow(page) == 0
        assert page.get_by_role("img", name="back of the pelvis").is_visible()


def test_a_card_leads_to_a_page_that_a_browser_shows(service, browser):
    """In a narrow frame, folded as it opens: nothing is wrong by axe, nothing too wide, no policy broken."""
    with opened(browser, service, width=400) as page:
        page.goto(page_of(service, WORKUP))

        assert axe_violations(page) == []
        assert overflow(page) == 0
        assert page.get_by_role("img", name="back of the pelvis").is_visible()


@pytest.mark.long
def test_the_first_screen_says_what_to_do(service, browser):
    """On a wide screen the sentence, the picture and the points stand on it without scrolling."""
    with opened(browser, service) as page:
        page.goto(page_of(service, WORKUP))

        assert page.get_by_test_id("why-headline").bounding_box()["y"] < 200
        picture = page.get_by_role("img", name="back of the pelvis").bounding_box()
        assert picture["y"] + picture["height"] < 900
        assert all(one.bounding_box()["y"] < 900 for one in page.get_by_test_id("why-point").all())


@pytest.mark.long
@pytest.mark.parametrize("width", [400, 1400])
def test_the_words_on_the_picture_can_be_read_and_lie_apart(service, browser, width):
    """No letter is smaller than ten pixels, no word is cut off, and no two words cover one another."""
    with opened(browser, service, width=width) as page:
        page.goto(page_of(service, WORKUP))
        boxes = page.locator("svg.body text").evaluate_all(
            """all => all.map(one => {
                const box = one.getBoundingClientRect();
                return [box.x, box.y, box.right, box.bottom, one.textContent];
            })"""
        )
        frame = page.locator("svg.body").bounding_box()

        assert min(bottom - top for _, top, _, bottom, _ in boxes) >= 10
        assert all(left >= frame["x"] - 1 and right <= frame["x"] + frame["width"] + 1 for left, _, right, _, _ in boxes)
        covered = [
            (one[4], other[4])
            for place, one in enumerate(boxes)
            for other in boxes[place + 1 :]
            if min(one[2], other[2]) - max(one[0], other[0]) > 2 and min(one[3], other[3]) - max(one[1], other[1]) > 4
        ]
        assert covered == []


@pytest.mark.long
def test_what_a_chart_says_runs_nowhere(service, browser):
    """Forty payloads in every display, text and note of the chart: no script, no call elsewhere, no word of them on the page."""
    story = read_story(WORKUP)
    prefetch = hook_request(story, hook_instance="1", today=story.today)["prefetch"]

    def filled(value: object, text: str) -> object:
        if isinstance(value, dict):
            return {
                key: f"{part} {text}" if key in ("display", "text", "conclusion") else filled(part, text) for key, part in value.items()
            }
        return [filled(part, text) for part in value] if isinstance(value, list) else value

    with opened(browser, service) as page:
        for text in PAYLOADS:
            page.goto(page_of(service, WORKUP, prefetch=filled(prefetch, text)))

            assert "alert" not in page.content()
            assert page.get_by_test_id("why-fact").count() > 0


@pytest.mark.long
def test_on_paper_everything_is_there(service, browser):
    """What is folded on the screen is printed, and what leads elsewhere is not."""
    with opened(browser, service) as page:
        page.goto(page_of(service, BLOCK))
        page.emulate_media(media="print")

        assert page.get_by_test_id("why-criterion").first.is_visible()
        assert not page.get_by_role("navigation").is_visible()
        assert len(page.pdf()) > 50_000


@pytest.mark.long
def test_by_keyboard_the_rule_that_decided_is_reached(service, browser):
    """Its link stands among the first, and following it opens the stage in which it lies."""
    with opened(browser, service) as page:
        page.goto(page_of(service, "new-urinary-retention-and-saddle-numbness"))
        page.get_by_test_id("why-silence").first.get_by_role("link").first.focus()
        page.keyboard.press("Enter")

        assert page.locator("#rule-X-01").is_visible()
