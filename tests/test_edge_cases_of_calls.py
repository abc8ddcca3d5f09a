"""Edge cases 1, 2, 24 to 42 and 44: calls in an odd form, contexts, media, methods, feedback, faults. Over HTTP, to the real application.

The numbers are those of tests/requirements.toml. What the service does not host (order-dispatch, a fault) is asked of a second service.
"""

import gzip
import json
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from cds_hooks.discovery import CDSService
from cds_hooks.response import CDSResponse
from cds_hooks.router import cds_hooks_router, install
from cds_hooks.transport import Limits
from service.app import create_app
from service.settings import read_settings
from tests.doors import called
from tests.service.charts import TODAY, archetype
from tests.service.orders import ALLERGIC, EACH_HOOK, FILM, asked, block, draft

requirement = pytest.mark.requirement

VIEW = "/cds-services/cluneal-patient-view"
JSON = {"Content-Type": "application/json"}
CONTEXT = {"userId": "Practitioner/1", "patientId": "p"}
QUESTION = {"hook": "patient-view", "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea", "context": CONTEXT, "prefetch": archetype()}


def post(body: Any, path: str = VIEW, *, app: Any = None, **headers: str) -> httpx.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return called("POST", path, on=TODAY, app=app, content=content, headers={**JSON, **named})


def refused(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of a refusal, which has no cards and is an OperationOutcome."""
    (issue,) = answer.json()["issue"]
    assert answer.json()["resourceType"] == "OperationOutcome"
    assert "cards" not in answer.json()
    return answer.status_code, issue["details"]["coding"][0]["code"]


def cards(answer: httpx.Response) -> int:
    assert answer.status_code == 200, answer.text
    return len(answer.json()["cards"])


@requirement("case-01", "H-5", "R3-14")
@pytest.mark.parametrize("hook", ["encounter-start", "order-sign", "order-dispatch", "patient-views", "PATIENT-VIEW"])
def test_another_hook_than_the_services_own_is_refused(hook):
    """No other hook's logic answers, whether it is hosted, known, or neither."""
    assert refused(post({**QUESTION, "hook": hook})) == (400, "hook-not-served")


@requirement("case-02", "H-4")
@pytest.mark.parametrize(
    "path", ["/cds-services/nobody", "/cds-services/nobody/feedback", f"{VIEW}/", "/cds-services/cluneal-patient-view2"]
)
def test_an_unknown_id_is_not_there(path):
    """Whatever is sent to it, a request or nonsense."""
    assert refused(post(QUESTION, path)) == refused(post(b"{", path)) == (404, "unknown-service")


@requirement("case-24", "K-2", "K-3")
def test_the_encounter_is_needed_where_one_starts():
    """encounter-start names its encounter; a chart may be opened outside of any."""
    start = {**QUESTION, "hook": "encounter-start"}
    full = {**start, "context": {**CONTEXT, "encounterId": "e"}}

    assert refused(post(start, "/cds-services/cluneal-encounter-start")) == (400, "malformed-request")
    assert cards(post(full, "/cds-services/cluneal-encounter-start")) == cards(post(QUESTION)) == 1


@requirement("case-25")
@pytest.mark.parametrize(
    "selections", [None, ["ServiceRequest/gone"], ["block-RIGHT"], ["ServiceRequest/block-RIGHT/_history/1"], []], ids=str
)
def test_a_selection_that_is_no_reference_hides_no_warning(selections):
    """Absent, of no draft, a bare id, a version: the block meets the allergy all the same; of what is no list the field is named."""
    assert asked(ALLERGIC, FILM, block(), hook="order-select", selections=selections).cards[0]["indicator"] == "warning"
    assert asked(ALLERGIC, FILM, hook="order-select", selections="ServiceRequest/film").status == 400


@requirement("case-26")
@EACH_HOOK
@pytest.mark.parametrize(
    "drafts",
    [
        {},
        {"resourceType": "Bundle", "entry": []},
        {"entry": [{}, None, {"fullUrl": "urn:uuid:1"}]},
        {"entry": [{"resource": draft({}, id_="")}]},
    ],
    ids=["nothing", "no entries", "no resources", "no code"],
)
def test_drafts_with_nothing_to_say_about_are_silence(hook, drafts):
    """As the reference client sends them while an order is being written."""
    answer = asked(ALLERGIC, hook=hook, draftOrders=drafts)

    assert (answer.status, answer.cards) == (200, [])
    assert answer.silence == "O-none"


@requirement("case-27", "K-7")
def test_order_dispatch_is_heard_by_the_names_of_1_0():
    """One order and one task there, lists here: the service is asked the same."""
    heard = []

    async def answer(request):
        heard.append(request.context)
        return CDSResponse()

    least = {"patientId": "p", "performer": "Organization/o"}
    for context in (
        {**least, "order": "ServiceRequest/1", "task": {"resourceType": "Task"}},
        {**least, "dispatchedOrders": ["ServiceRequest/1"], "fulfillmentTasks": [{"resourceType": "Task"}]},
    ):
        body = {"hook": "order-dispatch", "hookInstance": "1", "context": context}
        assert cards(post(body, "/cds-services/a", app=house("order-dispatch", answer))) == 0
    assert heard[0] == heard[1]


@requirement("case-28", "K-6")
@pytest.mark.parametrize(
    ("user", "expected"),
    [
        ("Practitioner/1", 1),
        ("PractitionerRole/1", 1),
        ("Practitioner/1/_history/2", 1),
        ("https://ehr.example.org/fhir/Practitioner/1", 1),
        ("Patient/p", 0),
        ("RelatedPerson/1", 0),
    ],
)
def test_a_card_is_for_clinicians_however_they_are_written(user, expected):
    """A patient who opens her own chart is a user too, and gets an answer without a card."""
    assert cards(post({**QUESTION, "context": {**CONTEXT, "userId": user}})) == expected


@requirement("case-29", "H-13", "80")
def test_the_same_call_gets_the_same_cards():
    """A client may ask again, and other services may be asked under the same hookInstance: same uuids, which another call does not get."""
    first, again, other = post(QUESTION), post(QUESTION), post({**QUESTION, "hookInstance": "another"})

    assert first.content == again.content
    assert first.json()["cards"][0]["uuid"] != other.json()["cards"][0]["uuid"]


@requirement("case-30")
@pytest.mark.parametrize(
    "instance", ["1", "urn:uuid:d1577c69-dfbe-44ad-ba6d-3e05e953b2ea", "D1577C69-DFBE-44AD-BA6D-3E05E953B2EA", "é" * 300]
)
def test_a_hook_instance_is_any_string(instance):
    """The public test suite sends one that is no UUID."""
    assert cards(post({**QUESTION, "hookInstance": instance})) == 1


@requirement("case-31", "H-9", "K-5", "P-7", "214")
def test_what_nobody_knows_is_not_looked_at():
    """New fields and vendors' extensions anywhere, keys that nobody asked for; but an extension is an object."""
    more = {"vendor": [None], "extension": {"com.example": {"a": [1]}}}
    context, prefetch = {**CONTEXT, **more}, {**archetype(), "coverage": {"resourceType": "Coverage"}, "user": 7}

    assert cards(post({**QUESTION, **more, "context": context, "prefetch": prefetch})) == 1
    for wrong in ([{"url": "https://example.org"}], "x", 7):
        assert refused(post({**QUESTION, "extension": wrong})) == (400, "malformed-request")
        assert refused(post({**QUESTION, "context": {**CONTEXT, "extension": wrong}})) == (400, "malformed-request")


SENT = json.dumps({**QUESTION, "x": "@"}).encode()
HOSTILE = [b'"a", "x": 1', b"NaN", b"-Infinity", b'"\\ud800"', b'"\xff"', b"[" * 20_000 + b"]" * 20_000, b'"\x00"', b"'a'", b"01"]


@requirement("case-32", "H-1", "H-12", "R3-5")
@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda value: repr(value[:12]))
def test_json_that_programs_read_differently_is_refused(hostile):
    """A name twice, NaN, half a surrogate, bad UTF-8, endless nesting and the like: a 400, in our own words."""
    answer = post(SENT.replace(b'"@"', hostile))

    assert refused(answer) == (400, "malformed-request")
    assert "d1577c69" not in answer.text


@requirement("case-32", "H-12", "R3-5")
@pytest.mark.parametrize(
    "body", [b"\xef\xbb\xbf" + SENT, SENT + b"// end", SENT[:-1] + b",}", b"", b"null", SENT.decode().encode("utf-16")]
)
def test_a_body_that_is_not_one_json_object_is_refused(body):
    """A byte order mark, a comment, a trailing comma, nothing, another coding."""
    assert refused(post(body)) == (400, "malformed-request")


@requirement("case-32", "H-12")
def test_a_number_that_no_program_holds_is_refused_where_it_is_read():
    """1e999 is JSON by the letter: a 400 in the context, and nothing to speak of in a field that nobody reads."""
    in_context = json.dumps({**QUESTION, "context": {**CONTEXT, "x": "@"}}).encode()

    assert refused(post(in_context.replace(b'"@"', b"1e999"))) == (400, "malformed-request")
    assert cards(post(SENT.replace(b'"@"', b"1e999"))) == 1


@requirement("case-33", "H-10")
def test_a_very_large_body_is_refused():
    """What is above the limit of the site; a slow body is a matter of tests/cds_hooks/test_transport.py, for it takes a socket."""
    small = create_app(read_settings({"CLUNEAL_MAX_BODY_MB": "1"}))

    assert refused(post(SENT.replace(b"@", b"x" * 1024 * 1024), app=small)) == (413, "payload-too-large")
    assert cards(post(SENT.replace(b"@", b"x" * 512 * 1024), app=small)) == 1


@requirement("case-34", "H-11")
@pytest.mark.parametrize("body", [gzip.compress(SENT), b"\x1f\x8b broken"], ids=["gzip", "broken gzip"])
def test_a_compressed_body_is_not_opened(body):
    """It could become very large; the answer says how to send it."""
    answer = post(body, Content_Encoding="gzip")

    assert refused(answer) == (415, "unsupported-media")
    assert answer.headers["accept-encoding"] == "identity"


@requirement("case-35", "H-7")
@pytest.mark.parametrize("media", ["text/plain", "", "application/xml", "application/x-www-form-urlencoded"])
def test_another_media_type_is_not_read(media):
    """Any web page can send text/plain without a preflight."""
    assert refused(post(QUESTION, Content_Type=media)) == (415, "unsupported-media")


@requirement("case-35", "case-36", "H-8")
@pytest.mark.parametrize("media", ["application/fhir+json", "application/json+fhir", "Application/JSON; charset=UTF-8"])
@pytest.mark.parametrize("accept", ["*/*", "text/html", "application/json+fhir", ""])
def test_json_is_read_and_sent_whatever_it_is_called(media, accept):
    """Never a 406: there is one form of answer."""
    answer = post(QUESTION, Content_Type=media, Accept=accept)

    assert cards(answer) == 1
    assert answer.headers["content-type"] == "application/json"


@requirement("case-37", "208", "C-2", "C-3")
@pytest.mark.parametrize("path", ["/cds-services", VIEW, f"{VIEW}/feedback", "/nobody"])
def test_a_preflight_is_answered_anywhere(path):
    """Without a token and before routing; the site's own pages are let in, no others."""
    app = create_app(read_settings({"CLUNEAL_ORIGINS": "https://ehr.example.org"}))
    for origin, is_let_in in (("https://ehr.example.org", True), ("https://elsewhere.example.org", False)):
        headers = {
            "Origin": origin,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization,content-type",
        }
        answer = called("OPTIONS", path, on=TODAY, app=app, headers=headers)

        assert answer.is_success
        assert (answer.headers.get("access-control-allow-origin") == origin) is is_let_in
        assert "access-control-allow-credentials" not in answer.headers


@requirement("case-38", "H-6")
@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        *((method, VIEW, "OPTIONS, POST") for method in ("GET", "HEAD", "PUT", "DELETE", "PATCH")),
        *((method, f"{VIEW}/feedback", "OPTIONS, POST") for method in ("GET", "HEAD")),
        *((method, "/cds-services", "GET, HEAD, OPTIONS") for method in ("POST", "PUT", "DELETE")),
    ],
)
def test_another_method_is_told_the_right_ones(method, path, allow, tmp_path):
    """405 with Allow; HEAD of discovery is a GET without its body."""
    app = create_app(read_settings({"CLUNEAL_DATABASE_URL": f"sqlite:///{tmp_path}/store.sqlite"}))
    answer = called(method, path, on=TODAY, app=app)

    assert (answer.status_code, answer.headers["allow"]) == (405, allow)
    assert called("HEAD", "/cds-services", on=TODAY).status_code == 200


@requirement("case-44", "R9", "76")
def test_a_service_that_fails_says_so():
    """A 500 in our own words; never an empty list of cards, which reads as "no concern"."""

    async def fail(request):
        raise KeyError(request.context.patient_id)

    answer = post(QUESTION, "/cds-services/a", app=house("patient-view", fail))

    assert refused(answer) == (500, "service-fault")
    assert "KeyError" not in answer.text


def house(hook: str, answer: Any) -> FastAPI:
    """An application with one service, of the id "a"."""
    app = FastAPI()
    app.include_router(cds_hooks_router([CDSService(id="a", hook=hook, title="A", description="A", answer=answer)], limits=Limits()))
    install(app)
    return app
