"""What stands behind the mock EHR: its page, its made-up charts, the entries that its forms write, and the doors of other kinds of EHR."""

import json
import sqlite3
from contextlib import closing
from typing import Any

import httpx
import pytest
from fhir.resources.R4B.observation import Observation
from fhir.resources.R4B.procedure import Procedure
from fhir.resources.R4B.servicerequest import ServiceRequest

from service.app import create_app
from service.settings import read_settings
from service.story import hook_request, read_story, story_names
from service.web.markdown import markdown_tree
from tests.doors import application, called, sent
from tests.service.web.test_docs import Parts

STORY = read_story("laminectomy-and-iliac-harvest")
WHO = {"patient": "p-1", "encounter": "visit-1", "user": "Practitioner/1"}
SIDED = {**WHO, "nerve": "superior", "side": "right"}


def asked(path: str, body: Any = None, **settings: str) -> httpx.Response:
    """What is answered at a path on the day of the stories; an object is sent as JSON."""
    app = create_app(read_settings({f"CLUNEAL_{name.upper()}": value for name, value in settings.items()})) if settings else application()
    how = {} if body is None else {"content": body if isinstance(body, bytes) else json.dumps(body)}
    headers = {"Content-Type": "application/json"}
    return called("GET" if body is None else "POST", path, on=STORY.today, app=app, headers=headers, **how)


def test_the_page_lists_every_story_once():
    """Each is a button with its name, the one to begin with first; no script and no style stands in the page."""
    parts = Parts(asked("/").text)
    patients = [attributes["data-story"] for tag, attributes in parts.tags if attributes.get("data-testid") == "patient"]

    assert patients[0] == STORY.name
    assert sorted(patients) == list(story_names())
    assert all("src" in attributes for tag, attributes in parts.tags if tag == "script")
    assert not [
        tag for tag, attributes in parts.tags if tag == "style" or "style" in attributes or any(n.startswith("on") for n in attributes)
    ]


def test_every_story_stands_in_the_group_of_its_answer():
    """Who gets a card, who is at an order, who gets silence, and who cannot be judged."""
    groups = asked("/").text.split('<section class="patient-group"')[1:]
    named = {group.split("</h3>")[0].split(">")[-1]: group for group in groups}

    assert set(named) == {"Gets a card", "At an order", "Stays silent", "Cannot be judged"}
    assert 'data-story="low-back-pain-and-a-normal-mri"' in named["Stays silent"]
    assert 'data-story="laminectomy-and-a-lumbar-mri-is-ordered"' in named["At an order"]
    assert 'data-story="laminectomy-with-unreadable-procedures"' in named["Cannot be judged"]


def test_a_chart_is_the_request_of_today():
    """The page opens what `cluneal-cds story` prints, with its dates counted from today."""
    told = asked(f"/ehr/stories/{STORY.name}").json()

    assert told["today"] == STORY.today.isoformat()
    assert told["request"] == hook_request(STORY, hook_instance="", today=STORY.today)


@pytest.mark.parametrize(
    "path",
    [
        "/ehr/stories/nobody",
        "/ehr/stories/..%2fREADME",
        "/ehr/servers/0/patients",
        "/ehr/servers/0/patients/1",
        f"/ehr/servers/{'9' * 5000}/patients",
    ],
)
def test_what_is_not_there_is_a_404(path):
    """No other file, and no server that is not listed."""
    assert asked(path).status_code == 404


@pytest.mark.parametrize(("nerve", "side"), [("superior", "right"), ("middle", "left"), ("inferior", "right")])
def test_an_examination_is_read_back(nerve, side):
    """What the form writes is FHIR, and makes the card about a block of that nerve and side."""
    seen = asked("/ehr/examination", {**WHO, "nerve": nerve, "side": side, "reproduces": True}).json()
    Observation.model_validate(seen)
    basis = with_entries(exams=[seen]).basis

    assert (basis["kind"], basis["nerves"][0], basis["side"]) == ("block", nerve, side)


@pytest.mark.parametrize(
    ("figures", "band", "relief"),
    [
        ({"before": 8, "after": 2, "minutes": 60}, "G-3", 75),
        ({"before": 8, "after": 4, "minutes": 60}, "G-2", 50),
        ({"before": 7, "after": 5, "minutes": 60}, "G-1", 28),
        ({"relief": 75, "minutes": 60}, "G-3", 75),
        ({"before": 8}, "G-0", None),
        ({"before": 8, "after": 2, "minutes": 60, "sedation": True}, "G-0", None),
    ],
)
def test_a_block_is_read_back(figures, band, relief):
    """Scores, or a relief alone, become the result that the next card tells; what cannot be read stays unread."""
    procedure, response = asked("/ehr/block", {**SIDED, "daysAgo": 1, **figures}).json()
    Procedure.model_validate(procedure)
    Observation.model_validate(response)
    answer = with_entries(procedures=[procedure], exams=[response])

    assert (answer.basis["kind"], answer.details["band"], answer.details.get("relief")) == ("response", band, relief)


def with_entries(**entries: list[Any]) -> Any:
    """The answer to the chart of the first story with further entries."""
    request: Any = hook_request(STORY, hook_instance="1", today=STORY.today)
    for key, resources in entries.items():
        old = request["prefetch"][key]["entry"]
        added = [{**one, "id": one.get("id", f"{key}-{number}"), "subject": subject(request)} for number, one in enumerate(resources)]
        kept = [one for one in old if one["resource"]["resourceType"] != "OperationOutcome"]
        request["prefetch"][key] = {"resourceType": "Bundle", "type": "searchset", "entry": [*kept, *({"resource": one} for one in added)]}
    return sent(STORY, request)


def subject(request: Any) -> dict[str, str]:
    return {"reference": f"Patient/{request['context']['patientId']}"}


def test_every_order_of_the_menu_is_fhir():
    """Each can be drafted as a ServiceRequest; a name that is not in the menu is refused with those that are."""
    options = [attributes["value"] for tag, attributes in Parts(asked("/").text).tags if tag == "option" and "value" in attributes]
    orders = [name for name in options if name.startswith(("kind-", "superior-", "middle-", "inferior-", "other"))]

    for name in orders:
        order = asked("/ehr/order", {**WHO, "order": name}).json()
        assert ServiceRequest.model_validate(order).status == "draft"
    assert len(orders) > 10
    assert "superior-right" in asked("/ehr/order", {**WHO, "order": "anything"}).json()["issue"][0]["diagnostics"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        *(
            ("/ehr/examination", body)
            for body in (b"", b"[]", b"{", {}, {**WHO, "nerve": "sural", "side": "right"}, {**SIDED, "side": "both"})
        ),
        *(("/ehr/examination", {**SIDED, "patient": value}) for value in ("", "x" * 201, 1, None)),
        *(("/ehr/block", {**SIDED, "before": value}) for value in (11, -1, "8", True)),
        *(("/ehr/markdown", body) for body in ({}, {"text": 1}, b'"text"')),
        ("/ehr/order", WHO),
        ("/ehr/markdown", b'{"text": "\\ud800"}'),
        ("/ehr/order", {**WHO, "order": "other", "patient": "\ud800"}),
        ("/ehr/block", {**SIDED, "before": 8, "number": "\ud800"}),
        ("/ehr/block", {**SIDED, "before": 8, "\udfff": 1}),
    ],
)
def test_what_a_form_cannot_mean_is_refused(path, body):
    """With a sentence as an OperationOutcome, and nothing of it repeated."""
    answer = asked(path, body)

    assert (answer.status_code, answer.json()["resourceType"]) == (400, "OperationOutcome")
    assert "sural" not in answer.text


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("**Examine** x", [["p", {}, [["strong", {}, ["Examine"]], " x"]]]),
        ("1. one\n2. *two*", [["ol", {}, [["li", {}, ["one"]], ["li", {}, [["em", {}, ["two"]]]]]]]),
        ("<b>bold</b>", [["p", {}, ["<b>bold</b>"]]]),
        ("\\<script\\>", [["p", {}, ["<script>"]]]),
        ("[x](javascript:a)", [["p", {}, ["[x](javascript:a)"]]]),
        ("[x](https://a.example)", [["p", {}, [["a", {"href": "https://a.example"}, ["x"]]]]]),
        ("[x](/local)", [["p", {}, [["a", {}, ["x"]]]]]),
        ("a\nb", [["p", {}, ["a", "\n", "b"]]]),
    ],
)  # fmt: skip
def test_markdown_is_a_tree_of_plain_elements(text, tree):
    """Markup is text, and a link leads to the web or nowhere."""
    assert tidied(markdown_tree(text)) == tree


def tidied(nodes: list[Any]) -> list[Any]:
    """Without the empty texts that a reader of Markdown leaves behind."""
    return [one if isinstance(one, str) else [one[0], one[1], tidied(one[2])] for one in nodes if one != ""]


@pytest.mark.parametrize("text", ["> " * 5_000 + "x", "- " * 5_000, "[" * 20_000, "*" * 20_000, "`" * 20_000])
def test_deep_markdown_does_no_harm(text):
    """Whatever is nested in itself comes back, and not too deep for a browser."""
    answer = asked("/ehr/markdown", {"text": text})

    assert answer.status_code == 200
    assert depth(answer.json()) < 60


def depth(nodes: list[Any]) -> int:
    return max((1 + depth(one[2]) for one in nodes if not isinstance(one, str)), default=0)


ASKED = {
    "markdown": {"text": "x"},
    "order": {**WHO, "order": "other"},
    "examination": {**SIDED, "reproduces": True},
    "block": {**SIDED, "before": 8},
}


@pytest.mark.parametrize("name", ASKED)
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "http://127.0.0.1:8000", "Sec-Fetch-Site": "same-origin"}, 200),
        ({"Content-Type": "application/json; charset=utf-8"}, 200),
        ({"Origin": "http://evil.example"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
        ({"Content-Type": ""}, 415),
    ],
)
def test_a_page_of_somebody_else_may_ask_for_nothing(name, headers, status):
    """Neither openly nor as a form or text, which a browser sends without asking first."""
    sent = {"Content-Type": "application/json", **headers}

    assert called("POST", f"/ehr/{name}", on=STORY.today, content=json.dumps(ASKED[name]), headers=sent).status_code == status


@pytest.mark.parametrize("text", ["[![" * 30_000, "a**b " * 18_000, "x" * 20_001])
def test_markdown_is_as_long_as_cards_are(text):
    """What is nested in itself takes the square of its length to read; nobody waits for a text that no card has."""
    answer = asked("/ehr/markdown", {"text": text})

    assert answer.status_code == 400
    assert "20,000 characters" in answer.text


@pytest.mark.parametrize(("dialect", "longest", "suggestions"), [("epic", 139, 1), ("oracle", 90, 0)])
def test_another_kind_of_ehr_has_its_own_door(dialect, longest, suggestions):
    """The same services in the words of that kind of EHR; nothing in a request chooses one."""
    request = hook_request(STORY, hook_instance="1", today=STORY.today)
    (card,) = asked(f"/ehr/{dialect}/cds-services/cluneal-patient-view", request).json()["cards"]
    (plain,) = asked("/cds-services/cluneal-patient-view", {**request, "extension": {"client": f"mock-{dialect}"}}).json()["cards"]

    assert len(card["summary"]) <= longest
    assert len(card.get("suggestions", ())) == suggestions
    assert "Record as" in card["detail"]
    assert len(plain["suggestions"]) == 5
    assert asked(f"/ehr/{dialect}/cds-services").json()["services"] == asked("/cds-services").json()["services"]


@pytest.mark.parametrize("settings", [{"pages": "why"}, {"host": "0.0.0.0", "open": "1"}, {"pages": "none"}])
def test_where_the_page_is_not_served_there_is_nothing_of_it(settings):
    """Neither the page, nor its charts, nor another door."""
    settings = {"database_url": "off", **settings}

    for path in ("/", f"/ehr/stories/{STORY.name}", "/ehr/epic/cds-services"):
        assert asked(path, **settings).status_code == 404


def test_a_door_has_no_clients_that_sign():
    """Where clients are known, the page may be served, and still nobody is let in by another door."""
    guarded = {"clients_file": "fixtures/clients/clients.toml", "public_base_url": "https://cds.example.org", "database_url": "off"}

    assert asked("/", **guarded).status_code == 404
    assert asked("/", **guarded, pages="all").status_code == 200
    for path in ("/ehr/epic/cds-services", "/ehr/oracle/cds-services/cluneal-patient-view"):
        assert asked(path, {} if path.endswith("view") else None, **guarded, pages="all").status_code == 404


def test_what_is_heard_at_a_door_is_its_clients(tmp_path):
    """Feedback on a card is kept for the client that was shown it, and is matched to the card."""
    store = tmp_path / "cluneal.sqlite"
    app = create_app(read_settings({"CLUNEAL_DATABASE_URL": f"sqlite:///{store}"}))

    def post(path: str, body: Any) -> httpx.Response:
        return called("POST", path, on=STORY.today, app=app, content=json.dumps(body), headers={"Content-Type": "application/json"})

    door = "/ehr/epic/cds-services/cluneal-patient-view"
    (card,) = post(door, hook_request(STORY, hook_instance="1", today=STORY.today)).json()["cards"]
    item = {"card": card["uuid"], "outcome": "overridden", "outcomeTimestamp": f"{STORY.today}T10:00:00Z"}
    assert post(f"{door}/feedback", {"feedback": [item]}).status_code == 200

    with closing(sqlite3.connect(store)) as database:
        assert database.execute("select client, card_known from feedback").fetchall() == [("mock-epic", 1)]


def test_a_script_is_kept_under_the_address_of_its_version_alone():
    """One module asks for another by its name, and must not get that of an earlier version."""
    tagged = next(attributes["src"] for tag, attributes in Parts(asked("/").text).tags if tag == "script")

    assert "immutable" in asked(tagged or "").headers["cache-control"]
    assert asked("/static/ehr_cards.js").headers["cache-control"] == "no-cache"
    assert asked("/static/ehr_cards.js?other").headers["cache-control"] == "no-cache"
