"""The probe on a server that is well: what it prints of each key, of the codes, and of the evaluation."""

import asyncio
import contextlib
import json
import os
import pty
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from service.chart_file import opened
from service.evaluate import evaluate
from service.knowledge.load import load_knowledge
from service.story import hook_request
from service.transcript import transcribe
from tests.doors_to_fhir import chart_server
from tests.faulty_fhir import OUTCOME, bundle, faulty_fhir, resource
from tests.service.probing.trying import ON_THE_DAY, PATIENT, STORY, TEMPLATES, chart, key_of, probe

LOCAL = {"system": "urn:oid:1.2.3", "code": "LBP1", "display": "Grind [red]here"}


def condition(number, code=LOCAL, **members):
    about = {"subject": {"reference": f"Patient/{PATIENT}"}, "clinicalStatus": {"coding": [{"code": "active"}]}}
    return {"resourceType": "Condition", "id": f"c{number}", "code": {"coding": [code]}, **about, **members}


async def probed(answer, *words):
    """The JSON that the command prints at a server with this answer."""
    async with faulty_fhir(answer) as server:
        printed = await probe(server.base, *ON_THE_DAY, *words, "--json")
    assert printed.err == ""
    return json.loads(printed.out)


async def test_the_evaluation_is_that_of_the_same_chart_in_a_request():
    """By prefetch or by fetching, there is one answer."""
    told = await probed(chart(), "--user", STORY.user, *(("--encounter", STORY.encounter) if STORY.encounter else ()))
    request = hook_request(STORY, hook_instance="probe", today=STORY.today)
    sent, call = opened(json.dumps(request).encode(), name="request")
    evaluation = evaluate(sent, load_knowledge(), today=STORY.today, call=replace(call, instance="probe"))

    assert told["evaluation"]["cards"][0]["summary"] == transcribe(evaluation)["cards"][0]["summary"]
    assert told["evaluation"]["findings"] == transcribe(evaluation)["findings"]


async def test_the_text_says_the_version_first_and_then_each_key_and_the_card():
    """What an integrator reads from top to bottom."""
    async with faulty_fhir(chart()) as server:
        printed = await probe(server.base, *ON_THE_DAY)

    assert printed.code == 0
    assert printed.out.startswith(f"FHIR R4 (4.0.1) at {server.base}, Faithful 7\n")
    assert all(key in printed.out for key in TEMPLATES)
    assert "Condition?patient={{context.patientId}}" in printed.words
    assert printed.words.index("Fetched") < printed.words.index("Queries") < printed.words.index(f"Chart of Patient/{PATIENT}")
    assert "Findings" in printed.out


async def test_every_key_says_what_became_of_it():
    """Its template, its state, the answer it got, and why it was not read."""
    keys = (await probed(chart(exams=resource(OUTCOME, 403))))["keys"]

    assert {name: keys["exams"][name] for name in ("query", "state", "reason", "status", "pages", "resources", "unreadable")} == {
        "query": TEMPLATES["exams"], "state": "error", "reason": "status", "status": 403, "pages": 0, "resources": 0, "unreadable": []
    }  # fmt: skip
    assert (keys["patient"]["state"], keys["patient"]["reason"], keys["patient"]["resources"]) == ("supplied", None, 1)
    assert keys["encounter"]["state"] == "not-asked"
    assert "--encounter" in keys["encounter"]["says"]
    assert set(keys) == set(TEMPLATES)


async def test_the_pages_of_a_key_are_counted():
    """As many as were read."""

    async def answer(asked, writer):
        second = f"/fhir/Condition?patient={PATIENT}&page=2"
        if asked.target == second:
            await resource(bundle(condition(2)))(asked, writer)
        elif key_of(asked) == "conditions":
            await resource(bundle(condition(1), following=f"http://{asked.headers['host']}{second}"))(asked, writer)
        else:
            await chart()(asked, writer)

    key = (await probed(answer))["keys"]["conditions"]

    assert (key["state"], key["pages"], key["resources"]) == ("supplied", 2, 2)


async def test_what_cannot_be_used_is_told_under_its_key():
    """With the reference and the reason; what is in the resource is not repeated."""
    odd = condition(7, clinicalStatus=[{"coding": "active"}, 8], onsetDateTime={"secret": "JOHN SMITH"})
    async with faulty_fhir(chart(conditions=resource(bundle(odd)))) as server:
        told = json.loads((await probe(server.base, *ON_THE_DAY, "--json")).out)
        printed = await probe(server.base, *ON_THE_DAY)

    issues = told["keys"]["conditions"]["unreadable"]
    assert {issue["where"] for issue in issues} == {"Condition/c7"}
    assert any("onsetDateTime is not as FHIR R4 has it" in issue["says"] for issue in issues)
    assert not any(told["keys"][key]["unreadable"] for key in TEMPLATES if key != "conditions")
    assert "Condition/c7" in printed.out
    assert "JOHN" not in printed.out
    assert printed.words.count("onsetDateTime is not as FHIR R4 has it") == 1


async def test_codes_that_nobody_knows_are_candidates_for_the_code_map():
    """The site's own first, with how often; text of the server steers no terminal."""
    many = bundle(*(condition(number) for number in range(3)), condition(9, {**LOCAL, "code": "LBP2"}))
    async with faulty_fhir(chart(conditions=resource(many))) as server:
        told = json.loads((await probe(server.base, *ON_THE_DAY, "--json")).out)
        printed = await probe(server.base, *ON_THE_DAY)

    first, second = told["unknownCodes"][:2]
    assert first == {**LOCAL, "entries": 3, "understood": 0, "local": True}
    assert (second["code"], second["entries"]) == ("LBP2", 1)
    assert "candidates for its code map" in printed.words
    assert "Grind [red]here" in printed.words


async def test_a_code_whose_words_are_understood_is_told_apart():
    """The site's code for low back pain is not known; what it is called is."""
    named = {**LOCAL, "display": "Chronic low back pain"}
    told = await probed(chart(conditions=resource(bundle(condition(1, named), condition(2, named), condition(3)))))

    assert (told["unknownCodes"][0]["entries"], told["unknownCodes"][0]["understood"]) == (3, 2)


async def test_many_unknown_codes_are_cut_in_the_text_and_whole_in_json():
    """Nobody reads hundreds; the text says how many more there are."""
    many = bundle(*(condition(number, {**LOCAL, "code": f"Z{number}"}) for number in range(30)))
    async with faulty_fhir(chart(conditions=resource(many))) as server:
        told = json.loads((await probe(server.base, *ON_THE_DAY, "--json")).out)
        printed = await probe(server.base, *ON_THE_DAY)

    assert sum(one["local"] for one in told["unknownCodes"]) == 30
    assert "and 18 more; --json names them all" in printed.words


@pytest.mark.parametrize("words", [(), ("--json",)], ids=["text", "json"])
async def test_the_queries_as_they_were_sent_are_shown_on_demand(words):
    """They name the patient, so nobody sees them who did not ask."""
    async with faulty_fhir(chart()) as server:
        plain = await probe(server.base, *ON_THE_DAY, *words)
        shown = await probe(server.base, *ON_THE_DAY, "--show-query", *words)

    query = f"Condition?patient={PATIENT}"
    assert query not in "".join(plain.out.split())
    assert f"GET{server.base}/{query}&_count=200" in "".join(shown.out.split())


async def test_progress_is_for_a_terminal():
    """There it comes and goes on standard error; the answer goes to the output whole, and a pipe hears of nothing else."""
    async with faulty_fhir(chart()) as server:
        piped = await probe(server.base, *ON_THE_DAY)
        watched, seen = await asyncio.to_thread(on_a_terminal, server.base)

    assert piped.err.strip() == ""
    assert watched.startswith(f"FHIR R4 (4.0.1) at {server.base}")
    assert "Asking what the server is" in seen
    assert "Asking" not in watched + piped.out


def on_a_terminal(base):
    """What the command prints when standard error is a terminal: the output, and what the terminal saw."""
    terminal, end = pty.openpty()
    words = [Path(sys.executable).parent / "cluneal-cds", "probe", base, "--patient", PATIENT, *ON_THE_DAY]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=end, text=True, env={**os.environ, "TERM": "xterm"}) as process:
        os.close(end)
        out, _ = process.communicate(timeout=30)
    seen = b""
    with contextlib.suppress(OSError):  # How a terminal says that nobody writes to it any more.
        while part := os.read(terminal, 65_536):
            seen += part
    os.close(terminal)
    return out, seen.decode()


@pytest.mark.parametrize(("number", "kind"), [("3.0.2", "ProcedureRequest"), ("5.0.0", "ServiceRequest")])
async def test_a_server_of_another_version_is_asked_as_the_service_asks_it(number, kind):
    """The orders by the name that they have there, and nothing of the chart is unread."""
    async with faulty_fhir(chart_server(number=number)) as server:
        told = json.loads((await probe(server.base, "--encounter", "visit", "--json", patient="p")).out)

    assert {key["state"] for key in told["keys"].values()} == {"supplied"}
    assert told["keys"]["orders"]["query"].startswith(f"{kind}?")
    assert [asked for asked in server.asked if asked.path == f"/fhir/{kind}"]
