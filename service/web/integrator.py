"""The integrator's page: a chart or a request that is pasted or chosen, and everything that the service makes of it.

Nothing is kept and nothing is fetched: the text is evaluated in memory, and the answer is stored nowhere, ours or the browser's.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from cds_hooks.errors import CDSHooksError
from cds_hooks.transport import Limits, pass_over_body, receive_body
from service.cds_services import prefetch_templates
from service.errors import UnreadableChart
from service.large_charts import LargeCharts
from service.prefetch_words import EHRS, keys_of, notes_for, scopes_of
from service.speech import MOST
from service.trial.tried import Trial, Tried
from service.trial.wanted import HOOKS, Wanted, wanted
from service.web.card_text import as_html
from service.web.forms import Foreign, Form, is_ours, read_form
from service.web.integrator_answer import as_json, shown
from service.web.layout import Layout

# A browser tells a form's origin only where its page may tell it. Nothing else is told by it, and nobody but this page.
_HEADERS = {"Referrer-Policy": "same-origin", "Vary": "Accept"}
# What is put back into the page; the text of a larger file would be sent twice.
_MOST_PUT_BACK = 300_000
_FOREIGN = "This was not posted by the page of this service, so it was not looked at. Open the page and try it there."


@dataclass(frozen=True, slots=True)
class Workbench:
    """What the page works with: charts tried on the knowledge, today's date, how much is taken in, and places for large charts."""

    trial: Trial
    clock: Callable[[], date]
    limits: Limits
    places: LargeCharts


def add_integrator_routes(app: FastAPI, layout: Layout, bench: Workbench) -> None:
    """Add /integrator: the page, and what it posts to itself."""
    templates = prefetch_templates(bench.trial.knowledge)
    scopes = scopes_of(templates)
    fixed = {
        "hooks": HOOKS,
        "dialects": list(MOST),
        "ehrs": [(ehr, notes_for(ehr), scopes if ehr == "oracle" else ()) for ehr in EHRS],
        "keys": keys_of(templates),
        "as_html": as_html,
    }

    def page(fields: Mapping[str, str], *, status: int = 200, **content: Any) -> Response:
        asked = {
            "today": bench.clock().isoformat(),
            **{name: fields.get(name, "") for name in ("chart", "hook", "patient", "dialect", "codes")},
        }
        filled = {**asked, **({"today": fields["today"]} if fields.get("today") else {})}
        told = {"answer": None, "problem": "", **content}
        return layout.page("integrator.html", at="/integrator", status=status, headers=_HEADERS, filled=filled, **fixed, **told)

    async def read(request: Request) -> Response:
        if request.method != "POST":
            return page({})
        try:
            if not is_ours(request, layout.base):
                await pass_over_body(request.scope, request.receive, bench.limits)
                raise Foreign()
            body = await receive_body(request.scope, request.receive, bench.limits)
            # The form too is read beside the event loop: one of 16 MB takes its time.
            return await bench.places.beside(lambda: answer(read_form(request.headers.get("content-type", ""), body), _wants_json(request)))
        except CDSHooksError as error:
            if _wants_json(request):
                raise
            response = page(
                {}, status=error.status_hint, problem=_FOREIGN if isinstance(error, Foreign) else f"{error.text} {error.diagnostics}"
            )
            response.headers.update(error.headers)
            return response

    def answer(form: Form, for_program: bool) -> Response:
        chart, name = (form.fields["file"], form.files["file"]) if form.fields.get("file") and form.files.get("file") else (None, "")
        body = form.fields.get("chart", b"") if chart is None else chart
        fields = {key: form.text(key) for key in form.fields if key not in ("file", "chart")}
        try:
            tried = bench.trial.tried(body, wanted(fields, today=bench.clock(), name=name))
        except UnreadableChart as wrong:
            tried = Tried(Wanted(bench.clock()), problem=str(wrong))
        if for_program:
            return Response(json.dumps(as_json(tried), ensure_ascii=False), media_type="application/json", headers=_HEADERS)
        put_back = body.decode("utf-8", "replace") if len(body) <= _MOST_PUT_BACK else ""
        return page({**fields, "chart": put_back}, answer=shown(tried, bench.trial.knowledge))

    app.add_route("/integrator", read, methods=["GET", "HEAD", "POST"], include_in_schema=False)


def _wants_json(request: Request) -> bool:
    """A program that asks for JSON gets it; a browser gets the page."""
    return "text/html" not in request.headers.get("accept", "") and "json" in request.headers.get("accept", "")
