"""The page that explains a card: the link that leads to it, put on what goes over the wire, and the answer to who follows it."""

from collections.abc import Callable

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from cds_hooks.response import CDSResponse, Link
from service.call import Call
from service.evaluate import Evaluation
from service.knowledge.model import Knowledge
from service.web.layout import Layout
from service.web.why_basis import STEPS, basis_of
from service.web.why_link import LinkUnusable, Seal
from service.web.why_page import why_page
from service.web.why_written import read_basis, written

WHY = "org.cluneal-cds.why"
LABEL = "Why this card: the facts, the picture, the evidence"
_TOO_LONG = "There is more to this answer than a link can carry, so that no page explains it."


class WhyLinks:
    """The links to the page.

    base      the address under which browsers see the service;  clock: seconds since 1970
    silences  whether a silence gets one too, where the service is tried out
    """

    def __init__(self, seal: Seal, *, base: str, clock: Callable[[], float], silences: bool) -> None:
        self._seal, self._base, self._clock, self._silences = seal, base, clock, silences

    def put_on(self, response: CDSResponse, evaluation: Evaluation, call: Call) -> CDSResponse:
        """The response with a link to its reasons: on its card, or where there is none beside the reason for silence.

        A card is never lost for its link: where the link would be too long the answer says so.
        """
        said = bool(response.cards)
        if not (said or self._silences) or not call.is_clinician or evaluation.refusal:
            return response
        url = self._url(evaluation, call, thorough=not said)
        if said and url:
            card = response.cards[0]
            link = Link(label=LABEL, url=url, type="absolute")
            return response.model_copy(update={"cards": (card.model_copy(update={"links": (*card.links, link)}), *response.cards[1:])})
        note = {"label": LABEL.replace("this card", "no card"), "url": url} if url else {"says": _TOO_LONG}
        return response.model_copy(update={"extension": {**(response.extension or {}), WHY: note}})

    def _url(self, evaluation: Evaluation, call: Call, *, thorough: bool) -> str:
        """The address of the page, with as many of the facts as go into it; "" when not even the least does."""
        for most in STEPS:
            basis = basis_of(evaluation, call, thorough=thorough, most=most)
            sealed = self._seal.sealed(written(basis), now=self._clock()) if basis else None
            if sealed and len(url := f"{self._base}/why/{sealed}") <= self._seal.longest:
                return url
        return ""


def add_why_routes(app: FastAPI, layout: Layout, seal: Seal, knowledge: Knowledge, *, clock: Callable[[], float]) -> None:
    """Add /why, which says what the page is, and /why/{link}, the page itself."""

    async def read_entrance(_: Request) -> Response:
        return layout.page("why_entrance.html", at="", minutes=seal.minutes)

    async def read_page(request: Request) -> Response:
        try:
            basis = read_basis(seal.opened(request.path_params["link"], now=clock()))
        except LinkUnusable as unusable:
            return layout.page("why_not.html", at="", status=unusable.status, title=unusable.title, says=str(unusable))
        return layout.page("why.html", at="", why=why_page(basis, knowledge), minutes=seal.minutes)

    for path, answer in (("/why", read_entrance), ("/why/{link:path}", read_page)):
        app.add_route(path, answer, methods=["GET", "HEAD"], include_in_schema=False)
