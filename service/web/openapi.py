"""The OpenAPI document of the whole service: the addresses of the protocol, of the knowledge and of the probe.

Made from what is served; tests/test_openapi.py tries the service against it.
"""

from collections.abc import Collection, Mapping
from typing import Any

from cds_hooks.described_answers import described, refusals
from cds_hooks.errors import MethodNotAllowed, UnknownService
from cds_hooks.hooks.schema import Schema
from service.knowledge.model import Knowledge
from service.published import published

_SAYS = (
    "Decision support for cluneal neuropathy over CDS Hooks, for clinicians; knowledge {version}. Its rules are expert-derived and "
    "unvalidated, and none of its answers is a diagnosis. Any address that is not listed here is answered with 404, any method with "
    "405, both with an OperationOutcome; where clients sign, a stranger is answered with 401 before either."
)
_TYPES = {dict: "object", list: "array", str: "string", float: "number", int: "integer", bool: "boolean"}
_TAGGED: Mapping[str, Schema] = {"Cache-Control": {"const": "no-cache"}, "ETag": {"type": "string", "pattern": '^"[0-9a-f]{32}"$'}}
_KNOWN = {
    "name": "If-None-Match",
    "in": "header",
    "description": "The ETag of an earlier answer.",
    "schema": {"type": "string"},
}


def openapi_document(protocol: Mapping[str, Mapping[str, object]], knowledge: Knowledge, *, version: str, server: str) -> dict[str, Any]:
    """The document as JSON; `protocol` has the `paths` and `components` of the CDS services."""
    not_there, not_so = refusals((UnknownService, MethodNotAllowed)).values()
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "cluneal-cds",
            "version": version,
            "description": _SAYS.format(version=knowledge.version.version),
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": server}],
        "paths": {**protocol["paths"], **_knowledge(published(knowledge)), "/livez": _probe()},
        "components": {**protocol["components"], "responses": {"NotFound": not_there, "MethodNotAllowed": not_so}},
    }


def _knowledge(everything: Mapping[str, Any]) -> dict[str, object]:
    rooms = {name: room for name, room in everything.items() if isinstance(room, Mapping) and room}
    rule = next(iter(everything["rules"]))
    whole = {"type": "object", "required": list(everything), "properties": {name: _like([part]) for name, part in everything.items()}}
    things = _like([thing for room in rooms.values() for thing in room.values()])
    return {
        "/knowledge": _read("Everything that is known", "With the numbers that this site counts with.", whole),
        "/knowledge/{room}": _read("A part of it", "", _like(everything.values()), _step("room", everything, "rules")),
        "/knowledge/{room}/{name}": _read("A thing of a part", "", things, _step("room", rooms, "rules"), _step("name", (), rule)),
        **{
            f"/fhir/{kind}/{{id}}": _fhir(kind, everything[part])
            for kind, part in (("ValueSet", "valueSets"), ("CodeSystem", "codeSystems"))
        },
    }


def _fhir(kind: str, ids: Collection[str]) -> dict[str, object]:
    named = {name: {"type": "string"} for name in ("id", "url", "version")}
    resource = {"type": "object", "required": ["resourceType", *named], "properties": {"resourceType": {"const": kind}, **named}}
    return _read(f"A {kind} of ours", "As FHIR R4.", resource, _step("id", ids, next(iter(ids))), media_type="application/fhir+json")


def _read(summary: str, says: str, schema: Schema, *steps: Schema, media_type: str = "application/json") -> dict[str, object]:
    """The path item of something that is only read, and that a client may have already."""
    known = {"304": described("The client has it already.", headers=_TAGGED), **(refusals((UnknownService,)) if steps else {})}
    got = described("The content.", schema, media_type=media_type, headers=_TAGGED)
    headers_alone = described("What a GET would say of it.", headers=_TAGGED)
    return {
        "parameters": [*steps, _KNOWN],
        "get": {"summary": summary, "description": says, "responses": {"200": got, **known}},
        "head": {"summary": f"{summary}: the headers alone", "responses": {"200": headers_alone, **known}},
    }


def _step(name: str, known: Collection[str], example: str) -> Schema:
    """A step of a path: one of the known names, or any where they are not known."""
    schema = {"enum": list(known)} if known else {"type": "string", "minLength": 1}
    return {"name": name, "in": "path", "required": True, "schema": schema, "example": example}


def _like(values: Collection[object]) -> Schema:
    """What has the type of one of the values."""
    return {"type": sorted({_TYPES[type(value)] for value in values})}


def _probe() -> dict[str, object]:
    alive = described("The process lives.", {"const": "alive\n"}, media_type="text/plain")
    return {
        "get": {"summary": "Probe", "responses": {"200": alive}},
        "head": {"summary": "Probe: the headers alone", "responses": {"200": described("The process lives.")}},
    }
