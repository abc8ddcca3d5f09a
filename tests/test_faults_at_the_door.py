"""What a FHIR server does wrong, seen from the EHR: F01 to F60 of the threat model, through the whole service.

Whatever happens: an answer, no card from a chart that lacks what the card needs, no word of the server's, and a card again when it is well.
"""

import asyncio
import gzip
import json
import logging
from itertools import islice

import pytest

from tests.doors_to_fhir import EVERYTHING, TOKEN, chart_server, has_a_card, question, service_for
from tests.faulty_fhir import OUTCOME, bundle, drip, faulty_fhir, hang, in_turn, pour, raw, reset, resource
from tests.service.charts import archetype, patient, procedure

HEAD = b"HTTP/1.1 200 x\r\nContent-Type: application/fhir+json\r\n"
SAID = "JOHN SMITH 4711"
WHOLE = archetype()["procedures"]
GOOD = json.dumps(WHOLE).encode()
FIRST = resource(WHOLE | {"link": [{"relation": "next", "url": "Procedure?page=2"}]})
CUT = {"procedures": {**WHOLE, "link": [{"relation": "next", "url": "Procedure?page=2"}]}}
STATUSES = (201, 202, 204, 206, 300, 301, 302, 304, 307, 400, 401, 403, 404, 405, 406, 410, 422, 429, 500, 501, 502, 503, 504, 599)


def endless():
    """Always another page."""
    pages = iter(range(1, 1_000))

    async def answer(asked, writer):
        await resource(WHOLE | {"link": [{"relation": "next", "url": f"Procedure?page={next(pages)}"}]})(asked, writer)

    return answer


FAULTS = {
    **{f"status {status}": resource({**OUTCOME, "text": SAID}, status) for status in STATUSES},
    "a good body with a 500": resource(GOOD, 500),
    "silent": hang(),
    "half a head": hang(HEAD),
    "no body": hang(HEAD + b"\r\n"),
    "half a body, then nothing": hang(HEAD + b"Content-Length: 100000\r\n\r\n" + GOOD),
    "drip": drip(HEAD + b"Content-Length: 100000\r\n\r\n", b" "),
    "endless head": drip(b"HTTP/1.1 200 x\r\n", b"X: y\r\n"),
    "100 for ever": drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "reset": reset(),
    "reset in the body": reset(HEAD + b"Content-Length: 100000\r\n\r\n" + GOOD),
    "half a body": raw(HEAD + b"Content-Length: 100000\r\n\r\n" + GOOD),
    "garbage": raw(b"\x00\xff\xfe garbage " * 50 + b"\r\n\r\n"),
    "HTTP/0.9": raw(GOOD + b"\r\n\r\n"),
    "two lengths": raw(HEAD + b"Content-Length: 5\r\nContent-Length: 7\r\n\r\n1234567"),
    "a large head": raw(b"HTTP/1.1 200 x\r\nX: " + b"y" * 300_000),
    "empty": resource(b""),
    "null": resource(b"null"),
    "a list": resource([WHOLE]),
    "cut JSON": resource(GOOD[:-1]),
    "NaN": resource(GOOD.replace(b"1000", b"NaN", 1)[:-1] + b',"total":NaN}'),
    "deep": resource(b'{"resourceType":"Bundle","entry":' + b"[" * 20_000 + b"]" * 20_000 + b"}"),
    "UTF-16": resource(GOOD.decode().encode("utf-16")),
    "a page to sign in": resource(f"<html>{SAID}</html>".encode()),
    "XML": resource(b'<Bundle xmlns="http://hl7.org/fhir"/>'),
    "another type": resource(patient()),
    "another type in a Bundle": resource(bundle(patient())),
    "an unknown type": resource(bundle({"resourceType": "Nonsense", "id": SAID})),
    "an outcome": resource({**OUTCOME, "text": SAID}),
    "an outcome as an entry": resource(bundle(*(one["resource"] for one in WHOLE["entry"]), OUTCOME)),
    "a Bundle of another kind": resource(WHOLE | {"type": "history"}),
    "counted and not sent": resource(bundle(total=3)),
    "null entries": resource(WHOLE | {"entry": [*WHOLE["entry"], None]}),
    "empty entries": resource(WHOLE | {"entry": [*WHOLE["entry"], {}]}),
    "entries of nothing": resource(WHOLE | {"entry": [*WHOLE["entry"], {"resource": None}]}),
    "a link that is none": resource(WHOLE | {"link": [{"relation": "next", "url": 7}]}),
    "the same page again": FIRST,
    "pages without end": endless(),
    "a second page that fails": in_turn(FIRST, resource(OUTCOME, 500), resource(WHOLE)),
    "a second page that hangs": in_turn(FIRST, hang(), resource(WHOLE)),
    "a second page that is none": in_turn(FIRST, resource(b"<html>"), resource(WHOLE)),
    "30 MB": resource(b" " * 30_000_000 + GOOD),
    "without end": pour(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"8000\r\n" + b" " * 0x8000 + b"\r\n"),
    "gzip": resource(gzip.compress(GOOD), 200, "Content-Encoding: gzip"),
    "gzip that nobody spoke of": resource(gzip.compress(GOOD)),
    "gzip thrice": resource(gzip.compress(gzip.compress(gzip.compress(GOOD))), 200, "Content-Encoding: gzip, gzip, gzip"),
}


def switched(before, after):
    """A server that is ill until it is told to be well: `well.set()`."""
    well = asyncio.Event()

    async def answer(asked, writer):
        await (after if well.is_set() else before)(asked, writer)

    return well, answer


def is_silent_about_it(answer, log):
    """Whether neither the answer nor the log has a word of the server's, or the token."""
    return not any(word in text for text in (answer.text, log) for word in (SAID, "JOHN SMITH", "<html>", TOKEN))


@pytest.mark.requirement("34", "54", "60", "P-9", "H-14")
@pytest.mark.parametrize("fault", FAULTS)
async def test_a_fault_in_needed_data_is_a_412_and_passes(fault, caplog):
    """The key is named and why it was not read; as soon as the server is well, there is the card."""
    caplog.set_level(logging.DEBUG)
    well, answer = switched(chart_server(Procedure=FAULTS[fault]), chart_server())
    async with faulty_fhir(answer) as server, service_for(server.base) as ask:
        ill = await ask(question(server.base))
        asked = len([one for one in server.asked if "/Procedure" in one.path])
        well.set()
        again = await ask(question(server.base))

    assert (ill.status_code, ill.json()["resourceType"]) == (412, "OperationOutcome")
    assert "keys not read whole from the FHIR server: procedures. " in ill.text
    assert "Fetching procedures: The" in ill.text
    assert is_silent_about_it(ill, caplog.text)
    assert asked <= 10
    assert has_a_card(again)


@pytest.mark.requirement("54", "P-9")
@pytest.mark.parametrize(
    ("sent", "leave", "says"),
    [
        ({}, None, "not read whole from the FHIR server: procedures."),
        (
            CUT,
            None,
            "not read whole from the FHIR server: procedures.",
        ),
        (
            CUT,
            {"expires_in": 0},
            "sent in part: procedures.",
        ),
        ({"procedures": ["what is this"]}, None, "sent but not readable: procedures."),
        ({"procedures": OUTCOME}, None, "sent but not readable: procedures."),
        ({}, {"expires_in": 0}, "not sent: procedures."),
    ],
    ids=["failed", "cut by the server", "cut by the client", "garbage", "an error of the client's", "no leave"],
)
async def test_what_the_client_sent_is_told_from_what_its_server_did(sent, leave, says):
    """Whoever connects an EHR looks for the fault where it is: in the request, or at the server."""
    others = {key: value for key, value in EVERYTHING.items() if key != "procedures"}
    async with faulty_fhir(chart_server(Procedure=FAULTS["status 500"])) as server, service_for(server.base) as ask:
        answer = await ask(question(server.base, prefetch={**others, **sent}, leave=leave))

    assert answer.status_code == 412
    assert f"Needed prefetch keys {says} Prefetch them" in answer.text


@pytest.mark.requirement("34", "P-9")
@pytest.mark.parametrize("fault", ["silent", "status 500", "reset", "an outcome", "half a body", "pages without end"])
async def test_a_fault_in_other_data_is_named_on_the_card(fault):
    """What was not read is unknown, and the card says so."""
    async with (
        faulty_fhir(chart_server(Observation=FAULTS[fault])) as server,
        service_for(server.base) as ask,
    ):
        answer = await ask(question(server.base))

    assert (answer.status_code, len(answer.json()["cards"])) == (200, 1)
    assert "not read: examination findings" in answer.text.lower()


@pytest.mark.requirement("P-9", "P-11")
async def test_a_resource_of_another_patient_is_refused_whole():
    """A server that answers with somebody else's chart is not believed at all."""
    foreign = resource(bundle(procedure(subject={"reference": "Patient/p-2"})))
    async with faulty_fhir(chart_server(Procedure=foreign)) as server, service_for(server.base) as ask:
        answer = await ask(question(server.base))

    assert answer.status_code == 412
    assert "foreign-patient" in answer.text
    assert "p-2" not in answer.text


@pytest.mark.parametrize("fault", ["silent", "status 500", "reset", "a page to sign in", "30 MB"])
async def test_a_server_that_is_ill_altogether_names_all_that_is_needed(fault, monkeypatch):
    """It is left alone then, which is an answer at once, and tried again after its rest."""
    now = [0.0]
    monkeypatch.setattr("service.app.monotonic", lambda: now[0])
    well, answer = switched(FAULTS[fault], chart_server())
    async with faulty_fhir(answer) as server, service_for(server.base) as ask:
        refused = [await ask(question(server.base)) for _ in range(3)]
        well.set()
        now[0] = 70.0
        # After a rest a single call finds out whether it is well again; the keys beside it are still unread.
        again = [await ask(question(server.base)) for _ in range(2)]

    assert [one.status_code for one in refused] == [412] * 3
    assert all("patient, conditions, procedures" in one.text or "not sent: " in one.text for one in refused)
    assert has_a_card(again[1])


async def test_a_server_that_cannot_be_reached_is_a_412():
    """Nobody listens there."""
    async with faulty_fhir(chart_server()) as server:
        pass
    async with service_for(server.base) as ask:
        answer = await ask(question(server.base))

    assert answer.status_code == 412
    assert "No connection to the server could be made." in answer.text


@pytest.mark.requirement("34", "60")
@pytest.mark.parametrize("number", ["3.0.2", "4.0.1", "4.3.0", "5.0.0"])
async def test_each_version_that_is_read_gets_the_card_of_r4(number):
    """The first call, which asks for the version, and those after it; nothing of the chart is left unread."""
    async with faulty_fhir(chart_server(number=number)) as server, service_for(server.base) as ask:
        answers = [await ask(question(server.base)) for _ in range(2)]
        whole = await ask(question(prefetch=EVERYTHING))

    assert all(map(has_a_card, answers))
    assert [answer.text for answer in answers] == [whole.text] * 2
    assert [one.path for one in server.asked].count("/fhir/metadata") == 1


@pytest.mark.parametrize("number", ["1.0.2", "6.0.0"])
async def test_a_version_that_is_not_read_is_said(number):
    """The integrator learns that it is the version, on the first call and on the next."""
    async with (
        faulty_fhir(chart_server(number=number)) as server,
        service_for(server.base) as ask,
    ):
        answers = [await ask(question(server.base)) for _ in range(2)]

    for answer in answers:
        assert answer.status_code == 412
        assert "a version of FHIR that is not read here" in answer.text


async def test_calls_on_a_server_that_hangs_hold_nobody_else_up():
    """F60: of sixty calls on it sixteen wait and the others are told to come again; forty that bring their data get their cards."""
    async with faulty_fhir(hang()) as server, service_for(server.base, deadline_s=30) as ask:
        waiting = [asyncio.create_task(ask(question(server.base))) for _ in range(60)]
        await server.was_asked.wait()
        served = await asyncio.gather(*(ask(question(leave, prefetch=EVERYTHING)) for leave in ("", server.base) * 20))
        turned_away = [await task for task in islice(asyncio.as_completed(waiting), 44)]
        still = [task for task in waiting if not task.done()]
        for task in still:
            task.cancel()
        await asyncio.gather(*still, return_exceptions=True)

    assert all(map(has_a_card, served))
    assert {(one.status_code, one.headers["retry-after"], one.json()["resourceType"]) for one in turned_away} == {
        (503, "1", "OperationOutcome")
    }
    assert len(still) == 16
