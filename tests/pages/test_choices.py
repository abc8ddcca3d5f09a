"""What a visitor can choose: what the EHR sends, what it calls, which orders it writes, and how a card is turned down."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from playwright.sync_api import Browser, Route, expect

from service.story import read_story
from tests.browser import opened
from tests.pages.mock_ehr import accept, card, opened_chart, record_block, wire
from tests.pages.serving import served

pytestmark = pytest.mark.long


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("failing", ("412", "could not be read", "procedures")),
        ("missing", ("412", "procedures")),
        ("foreign", ("412", "another patient")),
    ],
)
def test_an_error_is_never_no_card(browser: Browser, address: str, data: str, words: tuple[str, ...]) -> None:
    """What cannot be judged is drawn as an error, in the words of the service, and nothing says that there is no card."""
    with opened(browser, address) as page:
        opened_chart(page, address, Data_it_sends=data)
        for word in words:
            expect(page.get_by_test_id("error")).to_contain_text(word, ignore_case=True)
        assert page.get_by_test_id("silence").count() == page.get_by_test_id("card").count() == 0
        expect(page.locator("#live")).to_contain_text("Error")
        page.get_by_label("Data it sends").select_option("honest")
        card(page, "press the iliac crest")


def test_what_was_not_read_is_named_on_the_card(browser: Browser, address: str) -> None:
    """With half of the chart there is a card still, which says what was not read; without allergies it offers no order."""
    with opened(browser, address) as page:
        opened_chart(page, address, Data_it_sends="partial")
        card(page, "press the iliac crest", "not read: examination findings")
        assert "allergies" not in json.loads(wire(page, "Request"))["prefetch"]
        opened_chart(page, address, name="Laminectomy and right point recorded today")
        card(page, "consider a diagnostic block")
        assert page.get_by_test_id("suggestion").count() == 1
        page.get_by_label("Data it sends").select_option("unread")
        card(page, "allergies not checked, so no order is offered")
        assert page.get_by_test_id("suggestion").count() == 0


def test_silence_has_its_reason(browser: Browser, address: str) -> None:
    """A patient of whom nothing is said, and why, also for those who hear the page."""
    with opened(browser, address) as page:
        opened_chart(page, address, name="Low back pain and a normal MRI")
        expect(page.get_by_test_id("silence")).to_contain_text("does not reach the moderate tier")
        expect(page.get_by_test_id("silence")).to_contain_text("T-LOW")
        expect(page.locator("#live")).to_contain_text("No card.")


def test_an_encounter_can_start(browser: Browser, address: str) -> None:
    """The hook of the opening is the visitor's choice; an Epic-like client has no encounter-start, and asks nothing."""
    with opened(browser, address) as page:
        with page.expect_response("**/cds-services/cluneal-encounter-start"):
            opened_chart(page, address, On_opening="encounter-start")
        card(page, "press the iliac crest")
        page.get_by_label("Draw as").select_option("epic")
        expect(page.locator("#answer")).to_contain_text("does not call encounter-start")


def test_an_order_is_drafted_and_signed(browser: Browser, address: str) -> None:
    """Drafting calls order-select, signing order-sign; a card comes first, and the order is the visitor's all the same."""
    with opened(browser, address) as page:
        opened_chart(page, address, On_opening="none")
        page.locator("#orders summary").click()
        page.get_by_label("Order", exact=True).select_option(label="Lumbar MRI")
        with page.expect_response("**/cds-services/cluneal-order-select") as selected:
            page.get_by_role("button", name="Draft the order").click()
        sent = json.loads(selected.value.request.post_data or "")
        drafted = sent["context"]["draftOrders"]["entry"][0]["resource"]
        assert sent["context"]["selections"] == [f"ServiceRequest/{drafted['id']}"]
        expect(page.get_by_test_id("silence")).to_be_visible()
        with page.expect_response("**/cds-services/cluneal-order-sign"):
            page.get_by_test_id("sign").click()
        card(page, "iliac crest")
        expect(page.locator(".card-summary")).to_be_focused()
        page.get_by_role("button", name="Sign all the same").click()
        expect(page.locator("#chart")).to_contain_text("Lumbar MRI")


@pytest.mark.parametrize(("after", "words"), [("9", "0% relief"), ("6", "25% relief")])
def test_a_block_that_did_little_or_harm_is_recorded(browser: Browser, address: str, after: str, words: str) -> None:
    """Whatever the scores are, they can be entered, and the card says how they read."""
    with opened(browser, address) as page:
        opened_chart(page, address)
        card(page, "press the iliac crest")
        record_block(page, before="8", after=after, side="right")
        card(page, words, "pain 8 before")


def test_a_relief_alone_is_recorded_as_reported(browser: Browser, address: str) -> None:
    """Who has no scores enters the percentage; the card says that it was reported."""
    with opened(browser, address) as page:
        opened_chart(page, address)
        card(page, "press the iliac crest")
        record_block(page, relief="75", side="right")
        card(page, "75% relief", "reported, no scores")


def test_an_order_that_meets_a_caution_is_warned_about(browser: Browser, address: str) -> None:
    """A story in which a block is about to be signed in spite of an allergy: its card comes when the chart is opened."""
    with opened(browser, address) as page:
        opened_chart(page, address, name="lidocaine allergy and a block is ordered")
        card(page, "Warning")
        expect(page.locator("#pad")).to_contain_text("block")


def test_a_card_is_dismissed_with_its_reason(browser: Browser, address: str) -> None:
    """The reasons are those of the card; the one chosen is what the service is told, with the comment."""
    with opened(browser, address) as page:
        opened_chart(page, address)
        shown = card(page, "press the iliac crest")
        shown.get_by_test_id("dismiss").click()
        shown.get_by_label("Not now, or not my role").check()
        shown.get_by_label("Comment").fill("after the MRI")
        with page.expect_response("**/feedback") as told:
            shown.get_by_role("button", name="Send").click()
        (item,) = json.loads(told.value.request.post_data or "")["feedback"]
        assert (told.value.status, item["outcome"]) == (200, "overridden")
        assert item["overrideReason"]["reason"]["code"] == "cds-suboptimal-context"
        assert item["overrideReason"]["userComment"] == "after the MRI"
        expect(page.locator("#answer")).to_contain_text("The service was told.")
        assert page.get_by_test_id("card").count() == 0


def test_an_accepted_suggestion_is_told(browser: Browser, address: str) -> None:
    """The feedback names the card and the suggestion that were shown, at the door of the client that showed them."""
    with opened(browser, address) as page:
        opened_chart(page, address, Draw_as="epic")
        card(page, "press the iliac crest")
        with page.expect_response("**/ehr/epic/cds-services/cluneal-patient-view/feedback") as told:
            accept(page, "referral")
        assert told.value.status == 200
        assert json.loads(told.value.request.post_data or "")["feedback"][0]["outcome"] == "accepted"


def test_every_kind_of_action_changes_the_chart(browser: Browser, address: str) -> None:
    """What a suggestion creates, updates and deletes is so in the chart that the next request brings."""
    old = {"resourceType": "Condition", "id": "old", "code": {"text": "An old problem"}}
    actions = [
        {"type": "create", "description": "Add it", "resource": old},
        {"type": "create", "description": "Add another", "resource": {**old, "id": "gone"}},
        {"type": "update", "description": "Change it", "resource": {**old, "code": {"text": "A changed problem"}}},
        {"type": "delete", "description": "Remove it", "resourceId": "Condition/gone"},
    ]
    suggestion = {"label": "Do it all", "uuid": "2", "actions": actions}
    card = {"uuid": "1", "summary": "A card", "indicator": "info", "source": {"label": "A test"}, "suggestions": [suggestion]}

    with opened(browser, address) as page:
        page.route("**/cds-services/cluneal-patient-view", lambda route: route.fulfill(json={"cards": [card]}))
        opened_chart(page, address)
        with page.expect_request("**/cds-services/cluneal-patient-view") as again:
            accept(page, "Do it all")
        entries = json.loads(again.value.post_data or "")["prefetch"]["conditions"]["entry"]
        assert [one["resource"]["code"]["text"] for one in entries if one["resource"]["id"] in ("old", "gone")] == ["A changed problem"]
        expect(page.locator("#chart")).to_contain_text("A changed problem")


def test_an_encounter_starts_also_where_the_story_has_none(browser: Browser, address: str) -> None:
    """An EHR that says so has a visit to name; without one the request would be none."""
    with opened(browser, address) as page:
        page.goto(f"{address}/")
        page.get_by_label("On opening").select_option("encounter-start")
        page.route("**/ehr/stories/*", without_a_visit)
        with page.expect_response("**/cds-services/cluneal-encounter-start") as started:
            page.get_by_test_id("patient").first.click()
        assert started.value.status == 200


def without_a_visit(route: Route) -> None:
    told = route.fetch().json()
    del told["request"]["context"]["encounterId"]
    route.fulfill(json=told)


def test_a_service_without_a_memory_is_told_nothing(browser: Browser) -> None:
    """There is no address for feedback then; the page says so calmly, and asks none."""
    with served() as address, opened(browser, address) as page:
        opened_chart(page, address)
        accept(page, "I examined today", "RIGHT")
        card(page, "consider a diagnostic block")
        expect(page.locator("#log")).to_contain_text("without a memory")
        assert page.locator("#wire").get_by_text("feedback").count() == 0


def test_a_service_that_stopped_is_an_error(browser: Browser) -> None:
    """The page stays, and says that nothing answers."""
    running = ExitStack()
    address = running.enter_context(served())
    # The browser writes the refused connection to its console, and there nothing else.
    refused = pytest.raises(AssertionError, match=r"^\['Failed to load resource: net::ERR_CONNECTION_REFUSED'\]$")
    with running, refused, opened(browser, address) as page:
        page.goto(f"{address}/")
        running.close()
        page.get_by_test_id("patient").first.click()
        expect(page.locator("#trouble")).to_contain_text("cannot be reached")


def test_a_new_visit_is_another_encounter(browser: Browser, address: str) -> None:
    """The same patient, with another encounter in the request and in the chart."""
    with opened(browser, address) as page:
        opened_chart(page, address)
        card(page, "press the iliac crest")
        first = json.loads(wire(page, "Request"))
        page.get_by_role("button", name="New visit").click()
        expect(page.locator("#wire > li")).to_have_count(2)
        second = json.loads(wire(page, "Request"))
        assert first["context"]["patientId"] == second["context"]["patientId"]
        assert first["context"]["encounterId"] != second["context"]["encounterId"] == second["prefetch"]["encounter"]["id"]


def test_a_patient_is_found_by_words(browser: Browser, address: str) -> None:
    """The list narrows to those whose line has the words, and says how many there are."""
    with opened(browser, address) as page:
        page.goto(f"{address}/")
        page.get_by_label("Find a patient").fill("apixaban")
        expect(page.locator("#found")).to_have_text("1 patient")
        assert page.get_by_test_id("patient").locator("visible=true").count() == 1


@contextmanager
def open_fhir_server(status: int = 200) -> Iterator[str]:
    """A FHIR server for everybody, with the chart of one story."""
    story = read_story("laminectomy-and-iliac-harvest")
    patient: Any = story.prefetch["patient"]
    answers = {
        "metadata": {"resourceType": "CapabilityStatement", "fhirVersion": "4.0.1"},
        "Patient": {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": patient}]},
        f"Patient/{patient['id']}": patient,
        "Condition": story.prefetch["conditions"],
        "Procedure": story.prefetch["procedures"],
        "DiagnosticReport": story.prefetch["reports"],
    }

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0].removeprefix("/fhir/")
            found = answers.get(path, {"resourceType": "Bundle", "type": "searchset"})
            self.send_response(status)
            self.send_header("Content-Type", "application/fhir+json")
            self.end_headers()
            self.wfile.write(json.dumps(found).encode())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.server_port}/fhir"
        server.shutdown()


def test_the_patients_of_an_open_fhir_server_can_be_opened(browser: Browser) -> None:
    """Listed and read by the service, under its rules; the chart is then sent like any other."""
    with open_fhir_server() as fhir, served(open_fhir_servers=fhir) as address, opened(browser, address) as page:
        page.goto(f"{address}/")
        page.get_by_role("button", name="List its patients").click()
        page.get_by_test_id("patient").and_(page.locator("[data-server]")).click()
        expect(page.locator("#who")).to_have_text("Maren Holloway")
        card(page, "press the iliac crest")


def test_a_fhir_server_that_fails_says_so(browser: Browser) -> None:
    """In the list, in a sentence; the stories are there all the same."""
    with open_fhir_server(status=401) as fhir, served(open_fhir_servers=fhir) as address, opened(browser, address) as page:
        page.goto(f"{address}/")
        page.get_by_role("button", name="List its patients").click()
        expect(page.locator(".server-says")).to_contain_text("It answered 401. It wants a token")
        page.get_by_test_id("patient").first.click()
        card(page, "press the iliac crest")


def test_a_service_that_asks_who_calls_says_so(browser: Browser, tmp_path) -> None:
    """Where clients sign, the page can be shown and its calls are refused: it says why, and there is no other door."""
    clients = "fixtures/clients/clients.toml"
    with (
        served(clients_file=clients, public_base_url="https://cds.example.org", pages="ehr") as address,
        opened(browser, address) as page,
    ):
        opened_chart(page, address)
        expect(page.get_by_test_id("error")).to_contain_text("401")
        expect(page.get_by_text("start it without a clients file")).to_be_visible()
        assert page.get_by_label("Draw as").locator("option").count() == 1
        assert page.request.get(f"{address}/ehr/epic/cds-services").status == 404
