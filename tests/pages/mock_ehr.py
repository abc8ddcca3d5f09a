"""What a visitor of the mock EHR does, in their words, and what they see."""

from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

ARCHETYPE = "Maren Holloway"


def card(page: Page, *words: str) -> Locator:
    """The one card that is shown, once it has all the words."""
    shown = page.get_by_test_id("card")
    for word in words:
        expect(shown).to_contain_text(word, ignore_case=True)
    return shown


def opened_chart(page: Page, address: str, name: str = ARCHETYPE, **choices: str) -> None:
    """The chart of a patient of the list, opened; `choices`: label of a choice -> what is chosen before."""
    lost: list[str] = []
    page.on("requestfailed", lambda one: lost.append(f"{one.url} {one.failure}"))
    page.on("response", lambda one: lost.append(f"{one.url} {one.status}") if one.status >= 500 else None)
    page.goto(f"{address}/")
    assert page.locator("#ehr").get_attribute("data-ready") == "1", f"the scripts of the page did not start: {lost}"
    for label, choice in choices.items():
        page.get_by_label(label.replace("_", " ")).select_option(choice)
    page.get_by_test_id("patient").filter(has_text=name).first.click()
    expect(page.locator("#answer > *").first).to_be_visible()


def accept(page: Page, *words: str) -> None:
    """The click on the one suggestion that has all the words."""
    chosen = page.get_by_test_id("suggestion")
    for word in words:
        chosen = chosen.filter(has_text=word)
    chosen.click()


def record_block(page: Page, *, before: str = "", after: str = "", relief: str = "", side: str = "") -> None:
    """The form of a block, filled in and sent."""
    form = page.locator("#block")
    if form.get_attribute("open") is None:
        form.locator("summary").click()
    if side:
        form.get_by_label("Side").select_option(side)
    for label, value in (("Pain before, 0-10", before), ("Pain after, 0-10", after), ("Relief in %", relief)):
        if value:
            form.get_by_label(label).fill(value)
    form.get_by_role("button", name="Record the block").click()


def wire(page: Page, name: str) -> str:
    """The newest request or answer beside the chart."""
    newest = page.locator("#wire > li").first
    newest.get_by_text(name, exact=True).click()
    expect(newest.locator("details[open] pre")).not_to_be_empty()
    return newest.locator("details[open] pre").inner_text()


def until(page: Page, is_there: Callable[[], bool], *, key: str = "Tab", most: int = 150) -> None:
    """Nothing; the key is pressed until something has the focus."""
    for _ in range(most):
        if is_there():
            return
        page.keyboard.press(key)
    raise AssertionError(f"not reached with {most} times {key}")


def focused(page: Page) -> str:
    """The words of what has the focus; of a field, those of its label."""
    return str(page.evaluate("(document.activeElement.labels?.[0] ?? document.activeElement).textContent.replace(/\\s+/g, ' ').trim()"))
