"""The knowledge over HTTP, to be read by everybody: /knowledge as JSON, whole or in parts, and our FHIR ValueSets and CodeSystems.

Nothing here changes while the service runs: the whole, its rooms and the FHIR resources are written and tagged once, at the start; one
thing of a room when it is first asked for, and then remembered. There are only so many things, so that what is remembered is bounded.
"""

import json
import re
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any, NamedTuple

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from cds_hooks.errors import UnknownService
from service.knowledge.load import FOLDER
from service.knowledge.model import Knowledge
from service.published import published

_READ = ["GET", "HEAD"]
_KINDS = {"ValueSet": "valueSets", "CodeSystem": "codeSystems"}
_VERSION = re.compile(rb'"version": "[^"]*"')


class _Page(NamedTuple):
    """What an address answers with."""

    content: bytes
    tag: str


def add_knowledge_routes(app: FastAPI, knowledge: Knowledge) -> None:
    """Add the routes: /knowledge, /knowledge/{room}, /knowledge/{room}/{name}, /fhir/ValueSet/{id} and /fhir/CodeSystem/{id}."""
    everything = published(knowledge)
    rooms = {name: room for name, room in everything.items() if isinstance(room, Mapping) and room}
    pages = _at_the_start(everything, knowledge.version.version)

    async def read_knowledge(request: Request) -> Response:
        page = pages.get("/".join(("/knowledge", *request.path_params.values())))
        return _answer(request, page, "application/json") if page else await no_knowledge(request)

    async def no_knowledge(request: Request) -> Response:
        room = str(next(iter(request.path_params.values()), "")).split("/")[0]
        there = _listed(f"/knowledge/{room}", rooms[room]) if room in rooms else _listed("/knowledge", everything, most=None)
        raise UnknownService(there)

    async def read_thing(request: Request) -> Response:
        room, name = request.path_params["room"], request.path_params["name"]
        things = rooms.get(room, {})
        if name in things and f"/knowledge/{room}/{name}" not in pages:
            pages[f"/knowledge/{room}/{name}"] = _page(_text(things[name]).encode())
        return await read_knowledge(request)

    async def read_fhir(request: Request) -> Response:
        page = pages.get("/".join(("/fhir", *request.path_params.values())))
        return _answer(request, page, "application/fhir+json") if page else await no_fhir(request)

    async def no_fhir(_: Request) -> Response:
        raise UnknownService(" ".join(_listed(f"/fhir/{kind}", rooms[room]) for kind, room in _KINDS.items()))

    for path, answer in (
        ("/knowledge", read_knowledge),
        ("/knowledge/{room}", read_knowledge),
        ("/knowledge/{room}/{name}", read_thing),
        ("/knowledge/{anything:path}", no_knowledge),
        ("/fhir/{kind}/{id}", read_fhir),
        ("/fhir", no_fhir),
        ("/fhir/{anything:path}", no_fhir),
    ):
        app.add_route(path, answer, methods=_READ, include_in_schema=False)


def _at_the_start(everything: Mapping[str, Any], version: str) -> dict[str, _Page]:
    """The whole, its rooms, and our FHIR resources, by their paths."""
    rooms = {name: _text(room) for name, room in everything.items()}
    # The rooms put together, one step further in, are what writing all of it a second time would give.
    whole = ",\n".join(f" {_text(name)}: {room}".replace("\n", "\n ") for name, room in rooms.items())
    pages = {"/knowledge": _page(f"{{\n{whole}\n}}".encode())}
    pages |= {f"/knowledge/{name}": _page(room.encode()) for name, room in rooms.items()}
    for kind, folder in (("ValueSet", "value_sets"), ("CodeSystem", "code_systems")):
        pages |= {
            f"/fhir/{kind}/{path.stem}": _page(_of_version(path.read_bytes(), version)) for path in sorted((FOLDER / folder).glob("*.json"))
        }
    return pages


def _of_version(content: bytes, version: str) -> bytes:
    """A resource under the version of the knowledge: what has one canonical URL and version never changes."""
    return _VERSION.sub(f'"version": "{version}"'.encode(), content, count=1)


def _text(value: Any) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False)


def _page(content: bytes) -> _Page:
    return _Page(content, f'"{sha256(content).hexdigest()[:32]}"')


def _listed(place: str, names: Iterable[str], *, most: int | None = 5) -> str:
    """What there is at a place, in a sentence: the first names, or all of them."""
    every = list(names)
    shown, more = ", ".join(every[:most]), len(every[most:]) if most else 0
    return f"{place} has {shown}{f' and {more} more' if more else ''}."


def _answer(request: Request, page: _Page, media_type: str) -> Response:
    """The content with its fingerprint; 304 without it for a client that has it already."""
    headers = {"Cache-Control": "no-cache", "ETag": page.tag}
    known = request.headers.get("if-none-match", "")
    if page.tag in known or known.strip() == "*":
        return Response(status_code=304, headers=headers)
    return Response(page.content, media_type=media_type, headers=headers)
