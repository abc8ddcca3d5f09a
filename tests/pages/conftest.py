"""One browser and one service for the tests of a module."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser import chromium
from tests.pages.serving import served

expect.set_options(timeout=15_000)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """An installed Chromium."""
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A service that remembers, and repeats what it said: silence has tests of its own."""
    store = tmp_path_factory.mktemp("store") / "cluneal.sqlite"
    with served(database_url=f"sqlite:///{store}", quiet="0") as running:
        yield running
