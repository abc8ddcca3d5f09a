"""The knowledge over HTTP, to be read by everybody: /knowledge, whole or in parts, and our FHIR ValueSets and CodeSystems.

Programs get JSON; a browser, which asks for HTML, gets the pages of the same things where these are served.

Nothing here changes while the service runs: the whole, its rooms and the FHIR resources are written and tagged once, at the start; one
thing of a room when it is first asked for, and then remembered. There are only so many things, so that what is remembered is bounded.
"""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from cds_hooks.errors import UnknownService
from service.knowledge.load import FOLDER
from service.knowledge.model import Knowledge
from service.published import published
from service.web.knowledge_pages import KnowledgePages
from service.web.representation import Tagged, answered, tagged, wants_html

_READ = ["GET", "HEAD"]
_KINDS = {"ValueSet": "valueSets", "CodeSystem": "codeSystems"}
_VERSION = re.compile(rb'"version": "[^"]*"')


def add_knowledge_routes(app: FastAPI, knowledge: Knowledge, people: KnowledgePages | None = None) -> None:
    """Add the routes: /knowledge, /knowledge/{room}, /knowledge/{room}/{name}, /fhir/ValueSet/{id} and /fhir/CodeSystem/{id}.

    people   the same for people; None where no such page is served
    """
    everything = published(knowledge)
    rooms = {name: room for name, room in everything.items() if isinstance(room, Mapping) and room}
    pages = _at_the_start(everything, knowledge.version.version)

    varies = {"Vary": "Accept"} if people else {}

    async def read_knowledge(request: Request) -> Response:
        path = "/".join(("/knowledge", *request.path_params.values()))
        if people and wants_html(request):
            return await people.read(request, path)
        page = pages.get(path)
        return answered(request, page, "application/json", varies) if page else await no_knowledge(request)

    async def no_knowledge(request: Request) -> Response:
        if people and wants_html(request):
            return people.nothing()
        room = str(next(iter(request.path_params.values()), "")).split("/")[0]
        there = _listed(f"/knowledge/{room}", rooms[room]) if room in rooms else _listed("/knowledge", everything, most=None)
        raise UnknownService(there)

    async def read_thing(request: Request) -> Response:
        room, name = request.path_params["room"], request.path_params["name"]
        things = rooms.get(room, {})
        if name in things and f"/knowledge/{room}/{name}" not in pages:
            pages[f"/knowledge/{room}/{name}"] = tagged(_text(things[name]).encode())
        return await read_knowledge(request)

    async def read_fhir(request: Request) -> Response:
        page = pages.get("/".join(("/fhir", *request.path_params.values())))
        return answered(request, page, "application/fhir+json") if page else await no_fhir(request)

    async def no_fhir(_: Request) -> Response:
        raise UnknownService(" ".join(_listed(f"/fhir/{kind}", rooms[room]) for kind, room in _KINDS.items()))

    if people:
        app.add_route("/knowledge/search", people.search, methods=_READ, include_in_schema=False)
        app.add_route("/knowledge/cards", people.cards, methods=_READ, include_in_schema=False)
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


def _at_the_start(everything: Mapping[str, Any], version: str) -> dict[str, Tagged]:
    """The whole, its rooms, and our FHIR resources, by their paths."""
    rooms = {name: _text(room) for name, room in everything.items()}
    # The rooms put together, one step further in, are what writing all of it a second time would give.
    whole = ",\n".join(f" {_text(name)}: {room}".replace("\n", "\n ") for name, room in rooms.items())
    pages = {"/knowledge": tagged(f"{{\n{whole}\n}}".encode())}
    pages |= {f"/knowledge/{name}": tagged(room.encode()) for name, room in rooms.items()}
    for kind, folder in (("ValueSet", "value_sets"), ("CodeSystem", "code_systems")):
        pages |= {
            f"/fhir/{kind}/{path.stem}": tagged(_of_version(path.read_bytes(), version))
            for path in sorted((FOLDER / folder).glob("*.json"))
        }
    return pages


def _of_version(content: bytes, version: str) -> bytes:
    """A resource under the version of the knowledge: what has one canonical URL and version never changes."""
    return _VERSION.sub(f'"version": "{version}"'.encode(), content, count=1)


def _text(value: Any) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False)


def _listed(place: str, names: Iterable[str], *, most: int | None = 5) -> str:
    """What there is at a place, in a sentence: the first names, or all of them."""
    every = list(names)
    shown, more = ", ".join(every[:most]), len(every[most:]) if most else 0
    return f"{place} has {shown}{f' and {more} more' if more else ''}."
