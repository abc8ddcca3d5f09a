"""The application against its own OpenAPI document: what schemathesis sends to it, what came back and what does not fit."""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema

# What may come for a body that the schema allows: 404 for a name in a path, 412 for data that the request does not hold, 429 for more
# feedback in a minute than people give.
_ACCEPTED = ["200", "204", "304", "404", "412", "429"]
_REFUSED = ["400", "404", "413", "415"]
_NOTHING = {"patient": {"resourceType": "Patient"}, "conditions": None, "procedures": None}


@dataclass
class Tried:
    """How often each operation answered what to which kind of data, and every finding by operation and kind."""

    answers: Counter[tuple[str, str, int]] = field(default_factory=Counter)
    checks: set[str] = field(default_factory=set)
    findings: dict[tuple[str, str], str] = field(default_factory=dict)

    def statuses(self, operation: str, mode: str) -> set[int]:
        return {status for label, kind, status in self.answers if (label, kind) == (operation, mode)}

    def told(self) -> str:
        """Every finding with the call that shows it."""
        return "\n\n".join(self.findings.values())


@schemathesis.serializer("application/json+fhir")
def _json(_: Any, value: Any) -> bytes:
    return json.dumps(value).encode()


def completed(_: Any, body: Any) -> Any:
    """The body with what a schema cannot ask for: the data that no service can do without, and a token for the patient of the context."""
    if not isinstance(body, dict) or not isinstance(body.get("context"), dict):
        return body
    found = dict(body)
    if isinstance(body.get("prefetch"), dict | None):
        found["prefetch"] = {**_NOTHING, **(body.get("prefetch") or {})}
    given = body.get("fhirAuthorization")
    if isinstance(given, dict) and isinstance(given.get("patient"), str) and "patientId" in body["context"]:
        found["fhirAuthorization"] = {**given, "patient": body["context"]["patientId"]}
    return found


def tried(
    document: dict[str, Any], app: Any, *, mode: str, examples: int, coverage: bool, sign: Callable[[str], str] | None = None
) -> Tried:
    """What comes of sending data of a mode, positive or negative, to every operation of the document.

    sign  gives the Authorization for a call of a path
    """
    settings = {
        "generation": {"mode": mode, "max-examples": examples, "deterministic": True, "database": "none"},
        "checks": {
            "positive_data_acceptance": {"expected-statuses": _ACCEPTED},
            "negative_data_rejection": {"expected-statuses": [*_REFUSED, "401"] if sign else _REFUSED},
        },
        "phases": {"stateful": {"enabled": False}, "coverage": {"enabled": coverage}},
    }
    schema = schemathesis.openapi.from_dict(document, config=SchemathesisConfig.from_dict(settings))
    schema.app = app
    schema.hook("map_body")(completed)
    if sign:
        schema.auth(refresh_interval=None)(_signature(sign))
    found = Tried()
    for event in from_schema(schema).execute():
        if isinstance(event, events.ScenarioFinished):
            _note(event.recorder, found)
        elif isinstance(event, events.NonFatalError | events.FatalError):
            found.findings[type(event).__name__, ""] = str(event)
    return found


def _signature(sign: Callable[[str], str]) -> type:
    """What schemathesis asks for the credentials of a call."""

    class Signature:
        def get(self, case: Any, _: Any) -> str:
            return sign(case.formatted_path)

        def set(self, case: Any, signature: str, _: Any) -> None:
            case.headers = {**(case.headers or {}), "Authorization": signature}

    return Signature


def _note(recorder: Any, found: Tried) -> None:
    for id_, exchange in recorder.interactions.items():
        case = recorder.cases[id_].value
        found.answers[case.operation.label, case.meta.generation.mode.value, exchange.response.status_code] += 1
    for id_, checks in recorder.checks.items():
        for check in checks:
            found.checks.add(check.name)
            if check.failure_info:
                failure = check.failure_info.failure
                found.findings[failure.operation, type(failure).__name__] = (
                    f"{failure.message}\n{recorder.cases[id_].value.as_curl_command()}"
                )
