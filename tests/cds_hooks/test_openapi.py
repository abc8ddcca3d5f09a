"""The description of the protocol's addresses: exact for every hook that can be served, also for those that no service of ours is on."""

import json
from pathlib import Path

import jsonschema_rs
import pytest
from fastapi import FastAPI

from cds_hooks.discovery import CDSService
from cds_hooks.feedback_schema import FEEDBACK
from cds_hooks.hooks import HOOKS
from cds_hooks.openapi import protocol_description
from cds_hooks.request_schema import request_schema
from cds_hooks.response import Action, Card, CDSResponse, Link, OverrideReason, Source, Suggestion, to_wire
from cds_hooks.router import cds_hooks_router, install
from cds_hooks.transport import Limits
from tests.described import tried

REQUESTS = Path(__file__).parents[2] / "fixtures" / "requests"
# What a schema cannot say: bytes, encodings, names that stand twice and endless nesting, and whether two patients are the same.
BEYOND_A_SCHEMA = (
    "name-twice",
    "utf-",
    "latin-1",
    "surrogate",
    "byte-order",
    "infinity",
    "nan",
    "nested",
    "body-",
    "number-out",
    "control",
    "another-patient",
)
WRONG_VALUES = [path for path in sorted((REQUESTS / "bad").glob("*.json")) if not any(part in path.stem for part in BEYOND_A_SCHEMA)]


class Forgetful:
    """Feedback that nobody keeps."""

    async def keep(self, service, items, *, client):
        """Nothing."""


async def silent(request):
    return CDSResponse()


def house():
    """A service with nothing to say for every hook, with feedback; and one id that is shared by two hooks."""
    services = [CDSService(id=hook, hook=hook, title=hook, description=hook, answer=silent) for hook in HOOKS]
    shared = [CDSService(id="shared", hook=hook, title=hook, description=hook, answer=silent) for hook in ("patient-view", "order-sign")]
    return [*services, *shared]


def described(*, feedback=True, authenticated=False):
    return protocol_description(house(), limits=Limits(), feedback=feedback, authenticated=authenticated)


def of_requests(hook):
    return jsonschema_rs.Draft202012Validator(request_schema(hook, {}))


@pytest.fixture
def app():
    app = FastAPI()
    app.include_router(cds_hooks_router(house(), limits=Limits(), feedback=Forgetful()))
    install(app)
    return app


def document(*, feedback):
    return {"openapi": "3.1.0", "info": {"title": "house", "version": "1"}, **described(feedback=feedback)}


@pytest.mark.parametrize("mode", ["positive", "negative"])
def test_every_hook_reads_what_its_schema_allows(app, mode):
    """Whatever the schema of a hook allows is answered, and whatever it does not allow is refused."""
    found = tried(document(feedback=False), app, mode=mode, examples=6, coverage=False)

    assert not found.findings, found.told()
    for hook in HOOKS:
        assert (200 if mode == "positive" else 400) in found.statuses(f"POST /cds-services/{hook}", mode)


@pytest.mark.long
@pytest.mark.parametrize("mode", ["positive", "negative"])
def test_every_hook_reads_what_its_schema_allows_in_thousands_of_cases(app, mode):
    """The same at every edge of every schema."""
    found = tried(document(feedback=True), app, mode=mode, examples=60, coverage=True)

    assert not found.findings, found.told()
    assert found.answers.total() >= 2_000


@pytest.mark.parametrize("path", sorted((REQUESTS / "good").glob("*.json")), ids=lambda path: path.stem)
def test_a_good_request_is_allowed(path):
    """What real clients do is in the schema."""
    body = json.loads(path.read_bytes())

    of_requests(body["hook"]).validate(body)


@pytest.mark.parametrize("path", WRONG_VALUES, ids=lambda path: path.stem)
def test_a_bad_request_is_not_allowed(path):
    """What is refused is not in the schema, where a schema can say it."""
    hook = next((hook for hook in HOOKS if hook.encode() in path.read_bytes()), "patient-view")

    assert not of_requests(hook).is_valid(json.loads(path.read_bytes()))


def test_clients_that_are_asked_who_they_are_are_told_how():
    """With authentication every operation asks for a token and may be refused for it; without it nothing of the kind is said."""
    signed, plain = described(authenticated=True), described()
    (name,) = signed["components"]["securitySchemes"]
    operations = {f"{method} {path}": told for path, item in signed["paths"].items() for method, told in item.items()}

    assert all(told["security"] == [{name: []}] for told in operations.values())
    assert all(told["responses"]["401"]["headers"]["WWW-Authenticate"]["required"] for told in operations.values())
    assert {name for name, told in operations.items() if "403" in told["responses"]} == {name for name in operations if "post" in name}
    assert not [word for word in ("security", '"401"', '"403"') if word in json.dumps(plain)]


def test_a_full_answer_is_allowed_and_what_nobody_sends_is_not():
    """Every attribute of a response has its place; null, an empty list and what the invariants forbid have none."""
    resource = {"resourceType": "Task", "id": "1"}
    actions = (
        Action(type="create", description="Create", resource=resource),
        Action(type="delete", description="Delete", resource_id="Task/1"),
    )
    card = Card(
        summary="Summary",
        indicator="info",
        source=Source(label="Source", url="https://a.example", icon="https://a.example/i.png"),
        uuid="1d2138f7-1e5b-58c1-9723-bf9076b282f4",
        detail="Detail",
        suggestions=(Suggestion(label="Do", actions=actions, is_recommended=True),),
        selection_behavior="any",
        override_reasons=(OverrideReason(code="a", system="https://a.example", display="A"),),
        links=(Link(label="App", url="https://a.example", type="smart", app_context="x"),),
        extension={"org.example.a": 1},
    )
    sent = json.loads(to_wire(CDSResponse(cards=(card,), system_actions=actions, extension={"org.example.b": True})))
    schemas = {"components": described()["components"]}
    allowed = jsonschema_rs.Draft202012Validator({"$ref": "#/components/schemas/CDSResponse", **schemas})

    allowed.validate(sent)
    allowed.validate({"cards": []})
    for wrong in (
        {},
        {"cards": None},
        {"cards": [], "systemActions": []},
        {"cards": [sent["cards"][0] | {"links": []}]},
        {"cards": [sent["cards"][0] | {"detail": None}]},
        {"cards": [{name: value for name, value in sent["cards"][0].items() if name != "selectionBehavior"}]},
        {"cards": [], "systemActions": [{"type": "delete", "description": "D", "resource": resource}]},
        {"cards": [], "systemActions": [{"type": "create", "description": "D", "resourceId": "Task/1"}]},
        {"cards": [sent["cards"][0] | {"links": [{"label": "A", "url": "https://a.example", "type": "absolute", "appContext": "x"}]}]},
        {"cards": [], "extension": {"nameless": 1}},
        {"cards": [], "else": 1},
    ):
        assert not allowed.is_valid(wrong), wrong


@pytest.mark.parametrize(
    "override",
    [
        *(None, {}, "cds-other", {"code": "a"}, {"coding": [{"code": "a"}], "userComment": "x"}, {"reason": {"display": "A"}}),
        *({"reason": "a"}, {"reason": {"coding": [], "text": "A"}}, {"userComment": "x", "extension": {}}, {"reason": {}}),
    ],
)
def test_feedback_has_a_place_for_what_clients_send(override):
    """A reason in each of its forms is in the schema."""
    item = {"card": "a", "outcome": "overridden", "outcomeTimestamp": "2026-11-20T10:05:31Z", "overrideReason": override}

    jsonschema_rs.Draft202012Validator(FEEDBACK).validate({"feedback": [item]})
