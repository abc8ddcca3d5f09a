"""An installed Chromium over the pages of a running service, as a test opens it: nothing comes from elsewhere, no policy is broken."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

MISSING = "no Chromium here: the pages were not looked at in a browser"
_NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
# Without these a browser asks its maker's hosts for updates when it starts.
_QUIET = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking")
_AXE = {"resultTypes": ["violations"]}


def chromium_path() -> str | None:
    """Where the browser of this machine is; None where there is none. In CI there has to be one."""
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    if found is None and os.environ.get("CI") == "true":
        pytest.fail(MISSING)
    return found


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser; the test is skipped, in one loud line, where this machine has none."""
    path = chromium_path()
    if path is None:
        pytest.skip(MISSING)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=[*_QUIET, "--disable-component-update", "--disable-sync"])
        yield browser
        browser.close()


@contextmanager
def opened(browser: Browser, address: str, *, width: int = 1400, dark: bool = False) -> Iterator[Page]:
    """An empty page, `width` pixels wide; it ends with a failure when a script or the policy was at odds, or somebody else was asked."""
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light")
    context.set_default_timeout(15_000)
    page = context.new_page()
    wrong: list[str] = []
    ours = urlsplit(address).netloc
    page.on("request", lambda asked: wrong.append(f"asked {asked.url}") if urlsplit(asked.url).netloc not in ("", ours) else None)
    page.on("pageerror", lambda error: wrong.append(f"script: {error}"))
    # A refused call is written there too, and may be what a test wants to see.
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" and "status of" not in said.text else None)
    try:
        yield page
        assert not wrong, wrong
    finally:
        context.close()


def axe_violations(page: Page) -> list[str]:
    """What axe-core finds wrong for people who use a keyboard, a screen reader, or see little contrast."""
    found = Axe().run(page, options=_AXE).response["violations"]
    return [f"{one['id']}: {one['help']}: {node['html'][:200]}" for one in found for node in one["nodes"]]


def overflow(page: Page) -> int:
    """By how many pixels the page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))
