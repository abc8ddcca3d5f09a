"""Pictures of every page, to be looked at: `make screenshots` writes them, narrow and wide, light and dark.

A page is a name, its path, and what is done there first. Whoever adds a page adds its line.
"""

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Page

from tests.browser import chromium as a_browser
from tests.browser import chromium_path, opened
from tests.pages.mock_ehr import accept, card, record_block
from tests.pages.serving import served

Does = Callable[[Page], None]


def nothing(_: Page) -> None:
    """The page as it comes."""


def first_card(page: Page) -> None:
    """The first patient's chart, and its card."""
    page.locator("#begin").click()
    card(page, "press the iliac crest")


def block_card(page: Page) -> None:
    """One click later."""
    first_card(page)
    accept(page, "I examined today", "RIGHT")
    card(page, "consider a diagnostic block")


def response_card(page: Page) -> None:
    """The end of the story."""
    block_card(page)
    accept(page, "Order", "RIGHT")
    page.get_by_text("Record its result").wait_for()
    record_block(page, before="8", after="2")
    card(page, "75% relief")


def reasons(page: Page) -> None:
    """Why the first card came, every part of it open."""
    first_card(page)
    page.goto(page.get_by_test_id("why").first.get_attribute("href") or "")
    page.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true })")


def drawn_as(style: str) -> Does:
    """The first card as another client draws it."""

    def draw(page: Page) -> None:
        page.get_by_label("Draw as").select_option(style)
        first_card(page)

    return draw


def opened_story(name: str) -> Does:
    """The chart of another story."""

    def open_(page: Page) -> None:
        page.locator(f"[data-story='{name}']").click()
        page.locator("#answer > *").first.wait_for()

    return open_


PAGES: tuple[tuple[str, str, Does], ...] = (
    ("ehr-patients", "/", nothing),
    ("ehr-first-card", "/", first_card),
    ("ehr-block-card", "/", block_card),
    ("ehr-response-card", "/", response_card),
    ("ehr-as-epic", "/", drawn_as("epic")),
    ("ehr-as-oracle", "/", drawn_as("oracle")),
    ("ehr-order-warning", "/", opened_story("right-crest-point-lidocaine-allergy-and-a-block-is-ordered")),
    ("ehr-silence", "/", opened_story("low-back-pain-and-a-normal-mri")),
    ("ehr-error", "/", opened_story("laminectomy-with-unreadable-procedures")),
    ("why", "/", reasons),
    ("knowledge", "/knowledge", nothing),
    ("knowledge-cards", "/knowledge/cards", nothing),
    ("knowledge-rules", "/knowledge/rules", nothing),
    ("knowledge-nerve", "/knowledge/nerves/superior", nothing),
    ("knowledge-finding", "/knowledge/findings/prior-lumbar-laminectomy", nothing),
    ("integrator", "/integrator", nothing),
    ("numbers", "/numbers", nothing),
    ("pages", "/pages", nothing),
)


def take(browser: Browser, address: str, folder: Path) -> None:
    """Every page at 400 and 1400 pixels, light and dark, as PAGE-WIDTH-LIGHT.png."""
    for name, path, does in PAGES:
        for width in (400, 1400):
            for dark in (False, True):
                with opened(browser, address, width=width, dark=dark) as page:
                    page.goto(f"{address}{path}")
                    does(page)
                    page.screenshot(path=folder / f"{name}-{width}-{'dark' if dark else 'light'}.png", full_page=True)


def main(folder: Path) -> int:
    """Write them into a folder; 1 where there is no browser."""
    if chromium_path() is None:
        sys.stderr.write("No Chromium here; on Debian: apt-get install chromium\n")
        return 1
    folder.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as store,
        served(database_url=f"sqlite:///{store}/cluneal.sqlite") as address,
        a_browser() as browser,
    ):
        take(browser, address, folder)
    sys.stdout.write(f"{len(PAGES) * 4} pictures in {folder}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
