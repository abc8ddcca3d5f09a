"""The request of a client as JSON Schema: what `request.py` reads of it, for each hook.

A body that it allows is never a 400, but for a token that is for another patient than the context; what the prefetched data lacks is a
matter of its own (412).
Source: CDS Hooks, "Calling a CDS Service", https://cds-hooks.hl7.org/2.0/#calling-a-cds-service.
"""

from collections.abc import Mapping

from cds_hooks.hooks import HOOKS
from cds_hooks.hooks.schema import EXTENSION, Schema
from cds_hooks.request import MOST_MEMBERS

_TEXT: Schema = {"type": ["string", "null"]}
_AUTHORIZATION: Schema = {
    "type": ["object", "null"],
    "description": "Leave to read from `fhirServer`; without that it is not looked at.",
    "required": ["access_token"],
    "maxProperties": MOST_MEMBERS,
    "properties": {
        "access_token": {"type": "string", "minLength": 1},
        "token_type": _TEXT,
        "expires_in": {"type": ["integer", "null"], "description": "Seconds."},
        "scope": _TEXT,
        "subject": _TEXT,
        "patient": {**_TEXT, "description": "The patient of the context; another one is a 400, which no schema can say."},
    },
}


def request_schema(hook: str, templates: Mapping[str, str]) -> dict[str, object]:
    """The schema of the requests that a service with these prefetch templates reads on this hook."""
    return {
        "type": "object",
        "required": ["hook", "hookInstance", "context"],
        "maxProperties": MOST_MEMBERS,
        "properties": {
            "hook": {"const": hook},
            "hookInstance": {"type": "string", "minLength": 1, "description": "A UUID as a rule; any other form is taken."},
            "context": {**HOOKS[hook].schema, "maxProperties": MOST_MEMBERS},
            "prefetch": _prefetch(templates),
            "fhirServer": {**_TEXT, "description": "The address of the client's FHIR R4 server."},
            "fhirAuthorization": {"description": "Leave to read from `fhirServer`; without that it is not looked at."},
            "extension": EXTENSION,
        },
        "anyOf": [
            {"properties": {"fhirServer": {"enum": [None, ""]}}},
            {"properties": {"fhirAuthorization": _AUTHORIZATION}},
        ],
    }


def request_example(hook: str, templates: Mapping[str, str]) -> dict[str, object]:
    """A request that such a service answers: for a patient of whom nothing is known."""
    context = HOOKS[hook].example
    nothing = {"resourceType": "Bundle", "type": "searchset", "entry": []}
    return {
        "hook": hook,
        "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "context": context,
        "prefetch": {key: nothing if "?" in template else _read(template, context) for key, template in templates.items()},
    }


def _read(template: str, context: Mapping[str, object]) -> object:
    """What the template of a read gives when the resource has nothing but its id; null where the context does not say which it is."""
    type_, _, token = template.partition("/")
    id_ = context.get(token.removeprefix("{{context.").removesuffix("}}"))
    return {"resourceType": type_, "id": id_} if id_ else None


def _prefetch(templates: Mapping[str, str]) -> Schema:
    return {
        "type": ["object", "null"],
        "description": (
            "By key what each template gives: a resource or a Bundle; null when there is none; an OperationOutcome when it could not be "
            "read. Other keys are not looked at."
        ),
        "maxProperties": MOST_MEMBERS,
        "properties": {key: {"description": f"`{template}`"} for key, template in templates.items()},
    }
