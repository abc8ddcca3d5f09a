"""The page /numbers: the report of a period as charts, with the table behind each of them, and /numbers.csv."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from urllib.parse import urlencode

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from service.agreed_acceptance import AgreedAcceptance
from service.knowledge.model import Knowledge
from service.numbers.report import Frame, Report
from service.numbers.tables import as_csv, table_of
from service.numbers.taken import IGNORED_AFTER, problem_of, take_report
from service.numbers.words import sections
from service.storage.database import Database, NotStored
from service.web.layout import Layout
from service.web.number_charts import charts_of

_DAYS = 28
_NOT_NOW = "The store of the service did not give the numbers in time. Try a shorter period, or again in a while."


@dataclass(frozen=True)
class Counting:
    """Where the numbers come from.

    database  one of its own, which only reads: a long report keeps no call waiting
    clock     the moment, in UTC;  zone: whose civil days count
    clients   those that can be chosen;  agreed: what the committee agreed on
    """

    database: Database
    knowledge: Knowledge
    clock: Callable[[], datetime]
    zone: tzinfo
    clients: tuple[str, ...]
    agreed: AgreedAcceptance


def add_numbers_routes(app: FastAPI, layout: Layout, counting: Counting) -> None:
    """Add /numbers and /numbers.csv."""
    # One report at a time, however many ask.
    turn = asyncio.Lock()

    async def taken(frame: Frame) -> Report:
        now = counting.clock()
        async with turn:
            return await counting.database.run(
                lambda store: take_report(store, frame, counting.knowledge, now=now, zone=counting.zone), what="a report"
            )

    def refused(status: int, title: str, says: str) -> Response:
        return layout.page("not_there.html", at="/numbers", status=status, title=title, says=says)

    async def show(request: Request) -> Response:
        try:
            frame = _frame(request.query_params, counting)
            report = await taken(frame)
        except ValueError as wrong:
            return refused(400, "This period cannot be shown", str(wrong))
        except NotStored:
            return refused(503, "No numbers now", _NOT_NOW)
        said = sections(report, counting.knowledge) if report.calls else ()
        charts = charts_of(report, said)
        return layout.page(
            "numbers.html",
            at="/numbers",
            frame=frame,
            report=report,
            clients=sorted({*counting.clients, *filter(None, report.clients), *filter(None, (frame.client,))}),
            parts=[(one, [chart for chart in charts if chart.section == one.name], table_of(one)) for one in said],
            query=urlencode(_query(frame)),
        )

    async def give(request: Request) -> Response:
        try:
            frame = _frame(request.query_params, counting)
            report = await taken(frame)
        except ValueError as wrong:
            return Response(f"{wrong}\n", status_code=400, media_type="text/plain")
        except NotStored:
            return Response(f"{_NOT_NOW}\n", status_code=503, media_type="text/plain")
        name = f"cluneal-numbers-{frame.since}-{frame.until}.csv"
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
        return Response(as_csv(sections(report, counting.knowledge)), media_type="text/csv", headers=headers)

    app.add_route("/numbers", show, methods=["GET", "HEAD"], include_in_schema=False)
    app.add_route("/numbers.csv", give, methods=["GET", "HEAD"], include_in_schema=False)


def _frame(asked: Mapping[str, str], counting: Counting) -> Frame:
    """What the form asks for; without it the last four weeks of all clients. Raises ValueError with a sentence."""
    today = counting.clock().astimezone(counting.zone).date()
    until = _day(asked.get("until"), "last day") or today
    since = _day(asked.get("since"), "first day") or date.fromordinal(max(1, until.toordinal() - _DAYS + 1))
    frame = Frame(since, until, asked.get("client") or None, _days(asked.get("ignored-after")), counting.agreed)
    if problem := problem_of(frame):
        raise ValueError(f"The period must be another one: {problem}.")
    return frame


def _day(text: str | None, which: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise ValueError(f"The {which} must be a date such as 2026-11-20.") from None


def _days(text: str | None) -> int:
    if not text:
        return IGNORED_AFTER
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:5]) <= 999):
        raise ValueError("The days after which a card counts as ignored must be a whole number from 1 to 999.")
    return int(text)


def _query(frame: Frame) -> Mapping[str, str]:
    asked = {"since": frame.since.isoformat(), "until": frame.until.isoformat(), "ignored-after": str(frame.ignored_after)}
    return asked | ({"client": frame.client} if frame.client else {})
