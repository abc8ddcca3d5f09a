"""Answers as OpenAPI describes them: a body with the headers that every answer has, and each error as the OperationOutcome that it is.

Gives: Response Objects of OpenAPI 3.1.1, https://spec.openapis.org/oas/v3.1.1#response-object.
"""

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from cds_hooks.errors import CDSHooksError
from cds_hooks.hooks.schema import Schema

ErrorKind: TypeAlias = type[CDSHooksError]

# What add_safe_headers and allow_origins give to every answer.
_ALWAYS: Mapping[str, Schema] = {"X-Content-Type-Options": {"const": "nosniff"}, "Vary": {"type": "string", "pattern": "Origin"}}
_NONE: Mapping[str, Schema] = {}
_NOT_KEPT: Mapping[str, Schema] = {"Cache-Control": {"const": "no-store"}}
_OF_STATUS: Mapping[int, Mapping[str, Schema]] = {
    401: {"WWW-Authenticate": {"const": "Bearer"}},
    405: {"Allow": {"type": "string", "minLength": 1}},
    408: {"Connection": {"const": "close"}},
    413: {"Connection": {"const": "close"}},
    503: {"Retry-After": {"type": "integer", "minimum": 1}},
}
# What would have been understood: a media type, or no coding. When another try makes sense, if ever.
_PERHAPS: Mapping[int, Mapping[str, Schema]] = {
    415: {"Accept": {"const": "application/json"}, "Accept-Encoding": {"const": "identity"}},
    429: {"Retry-After": {"type": "integer", "minimum": 1}},
}


def described(
    says: str,
    schema: Schema | None = None,
    *,
    media_type: str = "application/json",
    headers: Mapping[str, Schema] = _NOT_KEPT,
    perhaps: Mapping[str, Schema] = _NONE,
) -> dict[str, object]:
    """An answer with these headers, perhaps the others, and those that every answer has; without a schema it has no body."""
    sent = {name: {"required": name not in perhaps, "schema": value} for name, value in {**headers, **perhaps, **_ALWAYS}.items()}
    return {"description": says, "headers": sent, **({"content": {media_type: {"schema": schema}}} if schema is not None else {})}


def refusals(kinds: Iterable[ErrorKind]) -> dict[str, object]:
    """The answers for these errors, by their status."""
    by_status: dict[int, list[ErrorKind]] = {}
    for kind in sorted(kinds, key=lambda kind: kind.status_hint):
        by_status.setdefault(kind.status_hint, []).append(kind)
    return {str(status): _refusal(status, same) for status, same in by_status.items()}


def _refusal(status: int, kinds: list[ErrorKind]) -> dict[str, object]:
    return described(
        " ".join(kind.text for kind in kinds),
        {"oneOf": [_outcome(kind) for kind in kinds]},
        media_type="application/fhir+json",
        headers={**_NOT_KEPT, **_OF_STATUS.get(status, _NONE)},
        perhaps=_PERHAPS.get(status, _NONE),
    )


def _outcome(kind: ErrorKind) -> Schema:
    """What `operation_outcome` gives for an error of this kind."""
    issue: dict[str, Schema] = {
        "severity": {"const": "error"},
        "code": {"const": kind.issue_code},
        "details": {"const": {"coding": [{"code": kind.code}], "text": kind.text}},
        "diagnostics": {"type": "string", "minLength": 1},
    }
    issues: Schema = {"type": "array", "minItems": 1, "maxItems": 1, "items": closed(issue)}
    return {"title": kind.code, **closed({"resourceType": {"const": "OperationOutcome"}, "issue": issues})}


def closed(properties: Mapping[str, Schema], optional: Mapping[str, Schema] | None = None) -> dict[str, object]:
    """The schema of an object that has these properties, perhaps the optional ones, and no other."""
    every = {**properties, **(optional or {})}
    return {"type": "object", "additionalProperties": False, "required": list(properties), "properties": every}
