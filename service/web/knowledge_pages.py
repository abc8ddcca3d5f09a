"""The knowledge for people: /knowledge and everything under it as pages, a search over all of it, and what the cards can say.

Made when first asked for and then remembered, each page with its fingerprint; only what is searched for is made anew.
"""

import asyncio
import json
from collections.abc import Mapping
from functools import cached_property
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from service.knowledge.load import FOLDER
from service.knowledge.model import Knowledge
from service.published import EFFECTS
from service.web.card_text import as_html
from service.web.catalogue import Catalogue, Counted, Link, Thing
from service.web.example_cards import example_cards
from service.web.knowledge_keys import WAYS, in_order, in_words
from service.web.knowledge_rooms import ROOMS, listings, stands_on
from service.web.layout import Layout
from service.web.representation import Tagged, answered, tagged, wants_html

_VARIES = {"Vary": "Accept"}
_HTML = "text/html; charset=utf-8"
# Longer than any name or sentence that somebody looks for.
_LONGEST_QUERY = 200
# Rooms whose things are files of their own, short enough to be shown as they stand.
_AS_THEY_STAND = {"nerves", "findings", "phrases", "evidence", "studies", "contexts"}


class KnowledgePages:
    """The pages, for one knowledge as a site runs it."""

    def __init__(self, layout: Layout, knowledge: Knowledge):
        self._layout, self._knowledge = layout, knowledge
        self._pages: dict[str, Tagged] = {}

    @cached_property
    def _catalogue(self) -> Catalogue:
        return Catalogue(self._knowledge)

    async def read(self, request: Request, path: str) -> Response:
        """The page at a path; a page with status 404 where there is nothing."""
        page = self._pages.get(path) or await asyncio.to_thread(self._made, path)
        return answered(request, page, _HTML, {**self._headers, **_VARIES}) if page else self.nothing()

    async def search(self, request: Request) -> Response:
        """What is found for ?q=, as a page or as JSON."""
        query = request.query_params.get("q", "")[:_LONGEST_QUERY]
        found = await asyncio.to_thread(self._found, query)
        if not wants_html(request):
            told = [{"room": one.link.room, "name": one.link.name, "title": one.link.title} for one in found]
            return Response(json.dumps({"query": query, "found": told}, ensure_ascii=False), media_type="application/json", headers=_VARIES)
        by_room = {room: [one.link for one in found if one.link.room == room] for room in ROOMS}
        shown = {ROOMS[room].title: links for room, links in by_room.items() if links}
        return self._page("knowledge_search.html", query=query, found=shown, count=len(found), headers=_VARIES)

    async def cards(self, request: Request) -> Response:
        """What the cards can say, for a committee: made-up patients with their cards, and the sentences of all rules."""
        if not wants_html(request):
            told = {"examples": await asyncio.to_thread(example_cards, self._knowledge), "rules": self._catalogue.published["rules"]}
            return Response(json.dumps(told, ensure_ascii=False), media_type="application/json", headers=_VARIES)
        return await self.read(request, "/knowledge/cards")

    def nothing(self) -> Response:
        """That there is nothing at an address, and where there is something."""
        return self._page(
            "knowledge_search.html", query="", found={}, count=0, status=404, missing="There is nothing at this address.", headers=_VARIES
        )

    def _made(self, path: str) -> Tagged | None:
        _, _, room, *rest = (*path.split("/", 3), "") if path == "/knowledge" else path.split("/", 3)
        if path == "/knowledge/cards":
            response = self._page("knowledge_cards.html", examples=example_cards(self._knowledge), rules=self._listings("rules"))
        elif path == "/knowledge":
            response = self._page("knowledge.html", rooms=self._rooms(), version=self._knowledge.version, decided=self._decided())
        elif rest and (thing := self._catalogue.things.get((room, rest[0]))) and room in ROOMS:
            response = self._page("knowledge_thing.html", **self._told(thing))
        elif not rest and room in ROOMS:
            response = self._page("knowledge_room.html", room=ROOMS[room], listings=self._listings(room))
        else:
            return None
        return self._pages.setdefault(path, tagged(bytes(response.body)))

    def _told(self, thing: Thing) -> dict[str, Any]:
        """What the page of one thing shows."""
        room, name = thing.link.room, thing.link.name
        source = stands_on(thing)
        said = {key: value for key, value in thing.table.items() if key not in (*source, "note", "label", "title", "codes", "concept")}
        if room == "rules":
            said["effect"] = EFFECTS[said["effect"]]
        file = FOLDER / thing.file
        users = self._catalogue.used_by.get((room, name), [])
        return {
            "room": ROOMS[room],
            "thing": thing,
            "said": said,
            "source": source,
            "note": thing.table.get("note", ""),
            "codes": self._catalogue.codes(thing),
            "used_by": {ROOMS[one].title: [link for link in users if link.room == one] for one in ROOMS},
            "text": file.read_text(encoding="utf-8") if room in _AS_THEY_STAND else "",
        }

    def _rooms(self) -> list[tuple[Any, int]]:
        return [(room, len(self._catalogue.room(name))) for name, room in ROOMS.items()]

    def _listings(self, room: str) -> Any:
        return listings(self._catalogue, room)

    def _found(self, query: str) -> list[Thing]:
        return [thing for thing in self._catalogue.found(query) if thing.link.room in ROOMS]

    def _decided(self) -> dict[str, Any]:
        """What this site decided differently."""
        adjustments = self._knowledge.adjustments
        links = {name: self._catalogue.things["thresholds", name].link for name, _ in adjustments.numbers}
        return {"policy": adjustments.policy, "numbers": [(links[name], f"{value:g}") for name, value in adjustments.numbers]}

    @property
    def _headers(self) -> Mapping[str, str]:
        return {name: value for name, value in self._layout.page_headers().items() if name != "Cache-Control"}

    def _page(self, template: str, **content: Any) -> Response:
        return self._layout.page(
            template,
            at="/knowledge",
            kind_of=kind_of,
            path_of=self._path_of,
            in_words=in_words,
            in_order=in_order,
            ways=WAYS,
            as_html=as_html,
            **content,
        )

    def _path_of(self, link: Link) -> str:
        if link.room == "systems":
            return f"{self._layout.root}/knowledge/systems"
        return f"{self._layout.root}/knowledge/{link.room}/{quote(link.name, safe='')}"


def kind_of(value: Any) -> str:
    """What a value is, for the template that shows it."""
    match value:
        case Link():
            return "link"
        case Counted():
            return "counted"
        case bool():
            return "flag"
        case dict():
            return "table"
        case list() | tuple():
            plain = all(kind_of(one) in ("link", "counted", "text") for one in value)
            return "names" if value and all(isinstance(one, Link) for one in value) else "words" if plain else "rows"
    return "text"
