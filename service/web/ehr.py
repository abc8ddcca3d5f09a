"""The mock EHR at /: made-up charts, and those of open FHIR servers, that a visitor opens in the browser to see what the service answers.

Nothing is kept here. A chart is handed out with dates that count from today; what a visitor changes in it stays in the browser, which
calls the service over HTTP like any EHR.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from cds_hooks.errors import MalformedRequest, UnknownService, UnsupportedMedia
from cds_hooks.transport import Limits, pass_over_body, receive_body
from service.knowledge.model import Knowledge
from service.open_server import OpenServer
from service.story import UnknownStory, hook_request, read_story
from service.web.ehr_orders import blocked, call_of, drafts, examined
from service.web.ehr_stories import first, groups
from service.web.forms import Foreign, is_ours
from service.web.layout import Layout
from service.web.markdown import markdown_tree

_LIMITS = Limits(body_bytes=100_000)
# No card is nearly as long, and what is nested in itself takes the square of its length.
_LONGEST_TEXT = 20_000
_READ, _WRITE = ["GET", "HEAD"], ["POST"]
Asked = Mapping[str, object]
Does = Callable[[Asked], object]


@dataclass(frozen=True)
class MockEHR:
    """What the page needs to know of the service beside which it stands.

    clock     today's civil date;  services: hook -> the id of its service
    dialects  the kinds of EHR that have a door of their own, as mock_clients.py says; none where clients are authenticated
    guarded   whether clients are authenticated, which a page in a browser cannot be
    feedback  whether anybody keeps feedback;  servers: open FHIR servers whose patients are listed
    """

    knowledge: Knowledge
    clock: Callable[[], date]
    services: Mapping[str, str]
    dialects: tuple[str, ...] = ()
    guarded: bool = False
    feedback: bool = False
    servers: tuple[OpenServer, ...] = ()


def add_ehr_routes(app: FastAPI, layout: Layout, ehr: MockEHR) -> None:
    """Add the page at / and what it asks for under /ehr."""
    offered = {draft.id: draft for draft in drafts(ehr.knowledge)}

    async def show(_: Request) -> Response:
        return layout.page(
            "ehr.html", at="/", ehr=ehr, first=first(), groups=groups(), drafts=offered.values(), today=ehr.clock().isoformat()
        )

    async def tell_story(request: Request) -> Response:
        return _json(_story(request.path_params["name"], ehr.clock()))

    async def list_patients(request: Request) -> Response:
        return _json(await _server(request, ehr).patients())

    async def open_patient(request: Request) -> Response:
        chart = await _server(request, ehr).chart(request.path_params["patient"])
        prefetch = ", ".join(f"{json.dumps(key)}: {value}" for key, value in chart.prefetch.items())
        # What the server said goes through as it came: reading and writing it again would tidy up what is wrong with it.
        return Response(f'{{"prefetch": {{{prefetch}}}, "unread": {json.dumps(chart.unread)}}}', media_type="application/json")

    def order(asked: Asked) -> object:
        chosen = offered.get(str(asked.get("order")))
        if chosen is None:
            raise MalformedRequest(f"`order` must be one of {', '.join(offered)}.")
        return chosen.make(call_of(asked))

    def examine(asked: Asked) -> object:
        return examined(asked, ehr.knowledge, today=ehr.clock())

    def block(asked: Asked) -> object:
        return blocked(asked, ehr.knowledge, today=ehr.clock())

    app.add_route("/", show, methods=_READ, include_in_schema=False)
    app.add_route("/ehr/stories/{name}", tell_story, methods=_READ, include_in_schema=False)
    app.add_route("/ehr/servers/{number}/patients", list_patients, methods=_READ, include_in_schema=False)
    app.add_route("/ehr/servers/{number}/patients/{patient}", open_patient, methods=_READ, include_in_schema=False)
    for name, does in (("order", order), ("examination", examine), ("block", block), ("markdown", _markdown)):
        app.add_route(f"/ehr/{name}", _written(does, layout.base), methods=_WRITE, include_in_schema=False)


def _written(does: Does, base: str) -> Callable[[Request], Awaitable[Response]]:
    """The address of something that is made of a JSON object, for a page of ours."""

    async def answer(request: Request) -> Response:
        if not is_ours(request, base):
            await pass_over_body(request.scope, request.receive, _LIMITS)
            raise Foreign()
        # What a foreign page could send without asking the browser first is no JSON.
        if request.headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
            await pass_over_body(request.scope, request.receive, _LIMITS)
            raise UnsupportedMedia("Send JSON as application/json.")
        body = await receive_body(request.scope, request.receive, _LIMITS)
        try:
            asked = json.loads(body)
            # Half of a surrogate pair, which no answer could be written with.
            json.dumps(asked, ensure_ascii=False).encode()
        except (ValueError, RecursionError):
            asked = None
        if not isinstance(asked, dict):
            raise MalformedRequest("The body must be a JSON object, and its texts whole characters.")
        # Beside the event loop: nobody else waits for it.
        return _json(await asyncio.to_thread(does, asked))

    return answer


def _markdown(asked: Asked) -> object:
    text = asked.get("text")
    if not isinstance(text, str):
        raise MalformedRequest("`text` must be a text.")
    if len(text) > _LONGEST_TEXT:
        raise MalformedRequest(f"`text` may have {_LONGEST_TEXT:,} characters.")
    return markdown_tree(text)


def _story(name: str, today: date) -> Mapping[str, object]:
    """A story as the page opens it: the request that its EHR would send today, and what the chart shows."""
    try:
        story = read_story(name)
    except UnknownStory:
        raise UnknownService("/ehr/stories has the stories that the page lists.") from None
    return {"says": story.says, "today": today.isoformat(), "request": hook_request(story, hook_instance="", today=today)}


def _server(request: Request, ehr: MockEHR) -> OpenServer:
    # By their names as the page has them: of a number of thousands of digits Python makes none.
    servers = {str(number): server for number, server in enumerate(ehr.servers)}
    if (server := servers.get(request.path_params["number"])) is None:
        raise UnknownService("/ehr/servers has the open FHIR servers of the settings.")
    return server


def _json(value: object) -> Response:
    return Response(json.dumps(value, ensure_ascii=False), media_type="application/json", headers={"Cache-Control": "no-store"})
