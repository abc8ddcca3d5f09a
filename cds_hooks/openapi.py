"""The addresses of `router.py` as OpenAPI 3.1: every status that each can answer with, its body and its headers.

Made from what is hosted: the services, the schemas of their hooks, the errors of each address.
Source: OpenAPI 3.1.1, https://spec.openapis.org/oas/v3.1.1.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from cds_hooks import errors
from cds_hooks.described_answers import ErrorKind, closed, described, refusals
from cds_hooks.discovery import CDSService, by_address
from cds_hooks.feedback import MOST_BYTES, TooMuchFeedback
from cds_hooks.feedback_schema import FEEDBACK
from cds_hooks.hooks.schema import Schema
from cds_hooks.request_schema import request_example, request_schema
from cds_hooks.response_schema import response_schemas
from cds_hooks.transport import MEDIA_TYPES, Limits

_SCHEMAS = "#/components/schemas/"
_SCHEME = "clientJWT"

_OF_A_BODY: tuple[ErrorKind, ...] = (
    errors.MalformedRequest,
    errors.ReceiveTimeout,
    errors.PayloadTooLarge,
    errors.UnsupportedMedia,
    errors.ServiceFault,
)
_OF_A_CALL: tuple[ErrorKind, ...] = (errors.HookNotServed, errors.PrefetchUnavailable, errors.ForeignPatient, errors.Overloaded)
_OF_FEEDBACK: tuple[ErrorKind, ...] = (errors.FeedbackNotStored, TooMuchFeedback)
_OF_A_STRANGER: tuple[ErrorKind, ...] = (errors.NotAuthenticated, errors.AuthenticationUnavailable)
_OF_A_CLIENT: tuple[ErrorKind, ...] = (errors.NotEntitled,)

_FEEDBACK_EXAMPLE = {
    "feedback": [
        {
            "card": "1d2138f7-1e5b-58c1-9723-bf9076b282f4",
            "outcome": "overridden",
            "outcomeTimestamp": "2026-11-20T10:05:31Z",
            "overrideReason": {"userComment": "Examined last week"},
        }
    ]
}


def protocol_description(
    services: Iterable[CDSService], *, limits: Limits, feedback: bool, authenticated: bool
) -> dict[str, dict[str, object]]:
    """`paths` and `components` of discovery, of each service and, where feedback is kept, of its feedback.

    authenticated  whether every call has to be signed by a client that is known
    """
    hosted = tuple(services)
    unknown = _OF_A_STRANGER if authenticated else ()
    refused = (*_OF_A_BODY, *unknown, *(_OF_A_CLIENT if authenticated else ()))
    post_only = {"options": _options("OPTIONS, POST", unknown)}
    paths: dict[str, object] = {"/cds-services": _discovery(unknown)}
    schemas = {"discovery": _listing(hosted), **({"feedback": FEEDBACK} if feedback else {}), **response_schemas(_SCHEMAS)}
    for id_, by_hook in by_address(hosted).items():
        requests = [request_schema(hook, service.prefetch) for hook, service in by_hook.items()]
        schemas[f"request-{id_}"] = requests[0] if len(requests) == 1 else {"oneOf": requests}
        examples = {hook: request_example(hook, service.prefetch) for hook, service in by_hook.items()}
        call = {
            "operationId": id_,
            "summary": ", ".join(f"{service.title} ({hook})" for hook, service in by_hook.items()),
            "description": " ".join(dict.fromkeys(service.description for service in by_hook.values())),
            "requestBody": _body(f"request-{id_}", examples, limits, limits.body_bytes),
            "responses": {"200": described("Cards, or none.", _named("CDSResponse")), **refusals((*refused, *_OF_A_CALL))},
        }
        paths[f"/cds-services/{id_}"] = {"post": call, **post_only}
        if feedback:
            told = {
                "operationId": f"{id_}-feedback",
                "summary": f"Feedback to {id_}",
                "description": "What became of its cards. All items are stored, or none; what is sent twice is stored once.",
                "requestBody": _body("feedback", {"overridden": _FEEDBACK_EXAMPLE}, limits, min(limits.body_bytes, MOST_BYTES)),
                "responses": {"200": described("Every item is stored.", closed({})), **refusals((*refused, *_OF_FEEDBACK))},
            }
            paths[f"/cds-services/{id_}/feedback"] = {"post": told, **post_only}
    components: dict[str, object] = {"schemas": schemas}
    return _signed(paths, components) if authenticated else {"paths": paths, "components": components}


def _signed(paths: Mapping[str, Any], components: Mapping[str, object]) -> dict[str, dict[str, object]]:
    """The same, where every operation asks for a token."""
    scheme = {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "Signed by the client, for this very address."}
    asked: dict[str, object] = {
        path: {method: {**told, "security": [{_SCHEME: []}]} for method, told in item.items()} for path, item in paths.items()
    }
    return {"paths": asked, "components": {**components, "securitySchemes": {_SCHEME: scheme}}}


def _named(schema: str) -> Schema:
    return {"$ref": f"{_SCHEMAS}{schema}"}


def _body(schema: str, examples: Mapping[str, object], limits: Limits, most_bytes: int) -> dict[str, object]:
    content = {"schema": _named(schema), "examples": {name: {"value": example} for name, example in examples.items()}}
    return {
        "required": True,
        "description": f"In UTF-8, not compressed; at most {most_bytes:,} bytes, within {limits.receive_seconds:g} seconds.",
        "content": dict.fromkeys(MEDIA_TYPES, content),
    }


def _listing(services: tuple[CDSService, ...]) -> Schema:
    text: Schema = {"type": "string", "minLength": 1}
    required = ("title", "description", "id", "version", "hookVersion")
    entry = closed(
        {"hook": {"enum": sorted({service.hook for service in services})}, **dict.fromkeys(required, text)},
        {"prefetch": {"type": "object", "minProperties": 1, "additionalProperties": text}, "usageRequirements": text},
    )
    return closed({"services": {"type": "array", "items": entry}})


def _options(methods: str, unknown: Iterable[ErrorKind]) -> dict[str, object]:
    known = described("No body.", headers={"Allow": {"const": methods}, "Cache-Control": {"const": "no-store"}})
    return {"summary": "The methods of this address", "responses": {"204": known, **refusals(unknown)}}


def _discovery(unknown: Sequence[ErrorKind]) -> dict[str, object]:
    """What is for one client is for no cache; what is for all may be kept by one that asks before each use."""
    headers: Mapping[str, Schema] = {"Cache-Control": {"const": "no-store" if unknown else "no-cache"}}
    return {
        "get": {
            "operationId": "discovery",
            "summary": "Discovery",
            "description": "Which services there are, for which hook, and what each asks to be prefetched.",
            "responses": {"200": described("The services.", _named("discovery"), headers=headers), **refusals(unknown)},
        },
        "head": {
            "summary": "Discovery: the headers alone",
            "responses": {"200": described("The headers of a GET.", headers=headers), **refusals(unknown)},
        },
        "options": _options("GET, HEAD, OPTIONS", unknown),
    }
