"""The knowledge browser and the integrator's page in a real browser: by mouse, by keyboard, without scripts, narrow, in the dark."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from service.story import hook_request, read_story
from service.web.knowledge_rooms import ROOMS
from tests.browser import axe_violations, opened, overflow
from tests.pages.payloads import PAYLOADS

DATA = Path(__file__).parents[3] / "shared" / "data"
PAGES = (
    *(
        "/knowledge",
        "/knowledge/cards",
        "/knowledge/search?q=laminectomy",
        "/knowledge/search?q=xyzzy",
        "/knowledge/nothing",
        "/integrator",
    ),
    *(f"/knowledge/{room}" for room in ROOMS),
    *(
        "/knowledge/rules/X-01",
        "/knowledge/nerves/superior",
        "/knowledge/findings/prior-lumbar-laminectomy",
        "/knowledge/phrases/laminectomy",
    ),
    *("/knowledge/valueSets/lumbar-laminectomy", "/knowledge/evidence/kiral-2024", "/knowledge/thresholds/imaging-window"),
    *("/knowledge/codeSystems/examination", "/knowledge/quiet/reason", "/knowledge/wording/order"),
)


def request(name: str = "laminectomy-and-iliac-harvest") -> str:
    return json.dumps(hook_request(read_story(name), hook_instance="1", today=datetime.now(UTC).date()), indent=1)


def try_file(page: Page, text: str, name: str = "chart.json") -> None:
    page.set_input_files("#file", {"name": name, "mimeType": "application/json", "buffer": text.encode()})
    page.get_by_test_id("try").click()
    expect(page.locator("#busy")).to_have_text("", timeout=60_000)
    expect(page.locator("#answer h2")).to_be_visible(timeout=60_000)


def test_a_visitor_pastes_a_request_and_follows_a_rule_to_its_evidence(browser: Browser, address: str) -> None:
    """The card comes into the page, what was pasted stays, and its rules lead to findings, codes and publications."""
    with opened(browser, address) as page:
        page.goto(f"{address}/integrator")
        page.get_by_test_id("chart").fill(request())
        page.get_by_test_id("try").click()
        expect(page.get_by_test_id("card")).to_contain_text("press the iliac crest", timeout=60_000)
        expect(page.get_by_test_id("chart")).to_have_value(request())
        assert axe_violations(page) == []

        page.locator("#answer").get_by_role("link", name="I-02", exact=True).click()
        page.get_by_role("link", name="Low back or buttock pain, now").click()
        page.get_by_label("Search names, codes and texts").fill("kiral 2024")
        page.keyboard.press("Enter")
        page.get_by_role("link", name="kiral-2024", exact=True).click()
        expect(page.get_by_role("link", name="10.1111/papr.13391")).to_be_visible()
        assert overflow(page) == 0


@pytest.mark.long
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [400, 1400])
def test_every_page_can_be_read_by_everybody(browser: Browser, address: str, width: int, dark: bool) -> None:
    """No violation that axe-core knows, and nothing beyond the edge of a narrow column."""
    with opened(browser, address, width=width, dark=dark) as page:
        for path in PAGES:
            page.goto(f"{address}{path}")
            assert (path, overflow(page), axe_violations(page)) == (path, 0, [])


@pytest.mark.long
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [400, 1400])
@pytest.mark.parametrize(
    "name", ["laminectomy-and-iliac-harvest", "low-back-pain-and-a-normal-mri", "laminectomy-with-unreadable-procedures"]
)
def test_every_answer_can_be_read_by_everybody(browser: Browser, address: str, name: str, width: int, dark: bool) -> None:
    """A card, a silence and a refusal, with everything opened that can be."""
    with opened(browser, address, width=width, dark=dark) as page:
        page.goto(f"{address}/integrator")
        try_file(page, request(name))
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")

        assert (overflow(page), axe_violations(page)) == (0, [])


@pytest.mark.long
def test_the_keyboard_is_enough(browser: Browser, address: str) -> None:
    """From the first key to the answer: skip, fill in, choose, send, and read on from there."""
    with opened(browser, address) as page:
        page.goto(f"{address}/integrator")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        expect(page.get_by_test_id("chart")).to_be_focused()
        page.keyboard.insert_text(request("low-back-pain-and-a-normal-mri"))
        for _ in range(12):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.type") == "submit":
                break
        page.keyboard.press("Enter")
        expect(page.get_by_test_id("silence")).to_contain_text("T-LOW", timeout=60_000)
        assert page.evaluate("document.activeElement.id") == "answer"
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.closest('#answer') !== null")


@pytest.mark.long
def test_it_works_without_scripts(browser: Browser, address: str) -> None:
    """A browser that runs none posts the form and gets the same answer, with what was pasted still there."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/integrator")
    page.get_by_test_id("chart").fill(request())
    page.get_by_test_id("try").click()
    expect(page.get_by_test_id("card")).to_contain_text("press the iliac crest", timeout=60_000)
    assert json.loads(page.get_by_test_id("chart").input_value()) == json.loads(request())
    context.close()


@pytest.mark.long
def test_a_file_can_be_dropped(browser: Browser, address: str) -> None:
    """It is taken instead of the text, named, and can be taken away again."""
    with opened(browser, address) as page:
        page.goto(f"{address}/integrator")
        page.evaluate(
            """(text) => {
                const given = new DataTransfer();
                given.items.add(new File([text], "dropped.json", { type: "application/json" }));
                const drop = new DragEvent("drop", { dataTransfer: given, bubbles: true, cancelable: true });
                document.getElementById("chart").dispatchEvent(drop);
            }""",
            request(),
        )
        page.get_by_test_id("try").click()
        expect(page.get_by_test_id("file-name")).to_have_text("dropped.json", timeout=60_000)
        page.get_by_role("button", name="Take the file away").click()
        page.get_by_test_id("try").click()
        expect(page.get_by_test_id("problem")).to_contain_text("Nothing was pasted", timeout=60_000)


@pytest.mark.long
def test_templates_and_rows_can_be_copied(browser: Browser, address: str) -> None:
    """What is copied is what is shown, whole."""
    with opened(browser, address) as page:
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        page.goto(f"{address}/integrator")
        page.get_by_role("button", name="Copy the template of conditions").click()
        expect(page.get_by_text("Copied")).to_be_visible()

        assert page.evaluate("navigator.clipboard.readText()") == "Condition?patient={{context.patientId}}"


KINDS = {
    *(
        "P",
        "CODE",
        "DIV",
        "SPAN",
        "A",
        "UL",
        "OL",
        "LI",
        "STRONG",
        "EM",
        "BR",
        "H2",
        "H3",
        "H4",
        "TABLE",
        "THEAD",
        "TBODY",
        "TR",
        "TH",
        "TD",
    ),
    *("DETAILS", "SUMMARY", "PRE", "BUTTON", "ARTICLE", "DL", "DT", "DD"),
}


def stays_text(page: Page) -> None:
    """No element, attribute or script in the answer but those that the page itself draws."""
    assert set(page.locator("#answer").evaluate("(node) => [...node.querySelectorAll('*')].map((one) => one.tagName)")) <= KINDS
    assert page.locator("[onerror], [onload], [onclick], [onfocus], [style], [src]:not(head script)").count() == 0
    assert page.evaluate("typeof window.pwned") == "undefined"


@pytest.mark.long
def test_what_a_chart_says_stays_text(browser: Browser, address: str) -> None:
    """In texts, codes, displays and systems, all of them at once; each can be read as it was written."""
    chart = json.loads(request())
    entries = chart["prefetch"]["procedures"]["entry"]
    for number, payload in enumerate(PAYLOADS):
        coding = {"system": f"urn:{payload}", "code": payload, "display": payload}
        code = {"text": f"{payload} laminectomy L4-5", "coding": [coding]}
        entries.append({"resource": {**entries[0]["resource"], "id": f"hostile-{number}", "code": code}})
        chart["prefetch"]["conditions"]["entry"][0]["resource"]["code"]["text"] += f" {payload}"
    with opened(browser, address) as page:
        page.goto(f"{address}/integrator")
        try_file(page, json.dumps(chart))
        stays_text(page)
        read = page.get_by_test_id("unknown-codes").inner_text()

        assert [one for one in PAYLOADS if one.split("\n")[0].split("\0")[-1].strip() not in read] == []


@pytest.mark.long
def test_names_of_files_and_words_of_a_search_stay_text(browser: Browser, address: str) -> None:
    """Whatever a file is called or somebody types."""
    with opened(browser, address) as page:
        page.goto(f"{address}/integrator")
        for payload in PAYLOADS:
            try_file(page, "{}", name=f"f{payload}".translate({0: None, 10: None, 13: None}))
            stays_text(page)
        page.goto(f"{address}/knowledge/search")
        for payload in PAYLOADS:
            page.get_by_label("Search names, codes and texts").fill(payload)
            page.get_by_role("button", name="Search").click()
            assert page.evaluate("typeof window.pwned") == "undefined"
            assert page.locator("main script, main img, main iframe, [onfocus]").count() == 0


@pytest.mark.long
@pytest.mark.skipif(not DATA.is_dir(), reason="the third-party charts are not on this machine")
@pytest.mark.parametrize("folder", sorted(DATA.glob("*/")), ids=lambda folder: folder.name)
def test_third_party_files_are_answered(browser: Browser, address: str, folder: Path) -> None:
    """Charts, single resources, requests of other services, and what is none of these: each is answered in words."""
    told = "[data-testid=card], [data-testid=silence], [data-testid=refusal], [data-testid=problem]"
    with opened(browser, address) as page:
        page.goto(f"{address}/integrator")
        for path in sorted(folder.glob("*.json")):
            try_file(page, path.read_text(encoding="utf-8"), name=path.name)

            assert page.locator(told).count() >= 1, path.name
            assert overflow(page) == 0, path.name
