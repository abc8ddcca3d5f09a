"""The log: one line for each call, with fields from a list, as JSON or in words, and nothing that a request or a library said."""

import json
import logging

import httpx
import pytest

from service.app import create_app
from service.settings import read_settings
from service.telemetry.logs import FieldDropped, log_of
from tests.service.storage.calls import SILENT, ask, question, running, tell


def lines(stream):
    return [json.loads(line) for line in stream.getvalue().splitlines()]


async def test_each_call_is_one_line(started, environ):
    """Who, which hook, how it ended, how long it took, and what came of it; also of a call that was refused, and of feedback."""
    stream = started()
    async with running({**environ, "CLUNEAL_QUIET": "0"}) as caller:
        (card,) = (await ask(caller)).json()["cards"]
        await ask(caller, question(SILENT, instance="i-2"))
        await tell(caller, card["uuid"])
        await ask(caller, {**question(), "prefetch": {}})
        await caller.get("/cds-services")
        await caller.get("/no-such-page/JOHN")

    told = lines(stream)
    assert [(one["call"], one["status"]) for one in told] == [
        ("hook", 200),
        ("hook", 200),
        ("feedback", 200),
        ("hook", 412),
        ("discovery", 200),
    ]
    shown, silent, fed, refused, _ = told
    assert {"at", "level", "logger", "event", "call", "method", "client", "hook", "status", "ms", "cards", "shown", "parts"} <= shown.keys()
    assert (shown["client"], shown["hook"], shown["cards"], shown["shown"]) == ("open", "patient-view", 1, True)
    assert shown["parts"].keys() == {"fetch", "evaluate", "store"}
    assert silent["cards"] == 0
    assert silent["silence"]
    assert (fed["items"], fed["stored"]) == (1, 1)
    assert refused["code"] == "prefetch-unavailable"
    assert {"patient", "conditions", "procedures"} <= set(refused["unread"])


def test_a_field_that_is_not_in_the_list_is_left_out_loudly(started):
    """Its name stands in the line, its value does not; a test that meets the mistake fails by the warning."""
    stream = started()
    log_of("service.x").info("call", client="ehr", patient="JOHN SMITH")

    (line,) = lines(stream)
    assert (line["client"], line["dropped"]) == ("ehr", ["patient"])
    assert "JOHN" not in stream.getvalue()


def test_such_a_mistake_fails_a_test():
    """Where nobody started the log, as in tests, it is a warning, and warnings are errors here."""
    with pytest.raises(FieldDropped, match="patient"):
        log_of("service.y").error("call", patient="JOHN SMITH")


@pytest.mark.parametrize("format_", ["json", "text"])
def test_no_word_makes_a_second_line(started, format_):
    """A line break, a colour or a separator in a word is written out: nobody forges a line."""
    stream = started(format_=format_)
    log_of("service.z").warning("call", client='a\nb\x1b[31m\u2028"', status=200)
    logging.getLogger("cds_hooks").warning("a call was refused: %s", "x\r\n2026-11-20 forged")

    assert len(stream.getvalue().splitlines()) == 2
    assert "\x1b" not in stream.getvalue()
    assert "\u2028" not in stream.getvalue()


def test_on_a_terminal_lines_are_words(started):
    """When, how bad, who, what, and the fields by name."""
    stream = started(format_="text")
    log_of("service.calls").info("call", client="ehr", status=200, ms=1.5)

    assert stream.getvalue().endswith(" INFO    service.calls: call client=ehr status=200 ms=1.5\n")


def test_what_a_library_says_is_told_by_its_place_alone(started):
    """Its message, and the message of its exception, may quote a patient; its type and the places cannot."""
    stream = started("debug")
    try:
        raise ValueError("JOHN SMITH")
    except ValueError:
        for name in ("asyncio", "some.library", "service.web"):
            logging.getLogger(name).exception("Task <JOHN SMITH> failed" if name != "service.web" else "a page failed")
    for name in ("httpx", "httpcore.connection", "sqlalchemy.engine"):
        logging.getLogger(name).info("GET https://fhir.example/Patient/JOHN")

    library, other, ours = lines(stream)
    assert "JOHN" not in stream.getvalue()
    assert {one["failure"] for one in (library, other, ours)} == {"ValueError"}
    assert ours["event"] == "a page failed"
    assert library["places"][0].startswith("test_what_a_library_says")


async def test_a_fault_of_ours_is_one_line_with_its_place(started, monkeypatch):
    """And the line of its call, a 500 with its code."""

    def breaks(*_, **__):
        raise KeyError("JOHN SMITH")

    monkeypatch.setattr("service.cds_services.evaluate", breaks)
    stream = started()
    app = create_app(read_settings({"CLUNEAL_DATABASE_URL": "off"}))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://127.0.0.1:8000") as caller:
        await ask(caller)

    fault, call = lines(stream)
    assert "service-fault: KeyError in breaks" in fault["event"]
    assert (call["status"], call["code"]) == (500, "service-fault")
    assert "JOHN" not in stream.getvalue()
