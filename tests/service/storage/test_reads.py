"""What was read from a FHIR server for a call: in the audit, key by key, and brought along where the call is replayed."""

import asyncio
import json

import pytest

from service.database_url import read_database_url
from service.fhir.chart import KEYS
from service.storage.audit import verify
from service.storage.database import Database
from service.storage.pseudonyms import Pseudonyms, read_key
from tests.doors_to_fhir import EVERYTHING, TOKEN, chart_server, has_a_card, question, service_for
from tests.faulty_fhir import OUTCOME, faulty_fhir, resource
from tests.service.storage.reading import rows
from tests.service.typed import typed


@pytest.fixture
def url(postgresql_url, tmp_path, request):
    """A SQLite file, or PostgreSQL where a test asks for it."""
    return postgresql_url if getattr(request, "param", "") == "postgresql" else f"sqlite:///{tmp_path / 'memory.sqlite'}"


def settings(url, key_file):
    return {"database_url": url, "pseudonym_key_file": key_file, "store_deadline_s": 20, "deadline_s": 20}


def audit(url):
    return [json.loads(row["record"]) for row in rows(url, "audit", "number")]


@pytest.mark.parametrize("url", ["sqlite", "postgresql"], indirect=True)
async def test_each_read_is_a_record_of_the_audit(url, key_file):
    """What, where and how much, before the record of the call itself; neither the query nor anything that came."""
    faults = {"DiagnosticReport": resource(OUTCOME, 503), "AllergyIntolerance": resource(b"<html>JOHN SMITH")}
    sent = {"patient": EVERYTHING["patient"]}
    async with faulty_fhir(chart_server(**faults)) as server, service_for(server.base, **settings(url, key_file)) as ask:
        assert (await ask(question(server.base, prefetch=sent))).status_code == 200
        base = server.base

    *reads, call = audit(url)
    told = {one["entity"][1]["detail"]["key"]: one for one in reads}
    procedures, reports, allergies = (told[key]["entity"][1]["detail"] for key in ("procedures", "reports", "allergies"))
    assert call["subtype"] == "cds-hook"
    assert {one["subtype"] for one in reads} == {"fhir-read"}
    assert {one["entity"][1]["what"] for one in reads} == {base}
    assert {one["entity"][0]["what"] for one in reads} == {call["entity"][0]["what"]}
    assert told.keys() == KEYS.keys() - sent.keys()
    assert (told["encounter"]["action"], told["procedures"]["action"]) == ("R", "E")
    assert (procedures["type"], procedures["state"], procedures["status"], procedures["pages"]) == ("Procedure", "supplied", 200, 1)
    assert procedures["bytes"] > 100
    assert procedures["resources"] == 3
    assert (reports["state"], reports["reason"], reports["status"], reports["bytes"]) == ("error", "status", 503, 0)
    assert (allergies["reason"], told["allergies"]["outcome"]) == ("not-fhir", "4")
    for private in ("patient=", "Patient/p", "JOHN", TOKEN, "Practitioner/1"):
        assert private not in json.dumps(audit(url))
    store = Database(read_database_url(url), patient=True)
    assert store.run_now(lambda found: verify(found, Pseudonyms(read_key(key_file)))).problem == ""
    store.close()


async def test_what_was_read_for_a_call_that_failed_is_in_the_audit_too(url, key_file, monkeypatch):
    """Nobody got an answer, and the chart was read."""

    def breaks(*_, **__):
        raise KeyError("JOHN SMITH")

    monkeypatch.setattr("service.cds_services.evaluate", breaks)
    async with faulty_fhir(chart_server()) as server, service_for(server.base, **settings(url, key_file)) as ask:
        assert (await ask(question(server.base))).status_code == 500

    kinds = [one["subtype"] for one in audit(url)]
    assert kinds == ["fhir-read"] * 11 + ["cds-hook"]
    assert audit(url)[-1]["outcome"] == "8"


async def test_a_server_that_is_not_asked_leaves_no_read(url, key_file):
    """One that proved to speak DSTU2 was read in vain the first time; the second time nobody asks it."""
    async with faulty_fhir(chart_server(number="1.0.2")) as server, service_for(server.base, **settings(url, key_file)) as ask:
        for _ in range(2):
            assert (await ask(question(server.base))).status_code == 412

    assert [one["subtype"] for one in audit(url)] == ["fhir-read"] * 11 + ["cds-hook"] * 2
    assert {one["entity"][1]["detail"]["reason"] for one in audit(url)[:11]} == {"fhir-version"}


async def test_what_was_sent_leaves_no_read(url, key_file):
    """A call that brings its data is one record."""
    async with service_for("https://fhir.example/r4", **settings(url, key_file)) as ask:
        assert (await ask(question(prefetch=EVERYTHING))).status_code == 200

    assert [one["subtype"] for one in audit(url)] == ["cds-hook"]


@pytest.fixture
def replayed(url, key_file, tmp_path):
    """Replays the one recorded call, whose chart was fetched, with such a file and chart; what the command says."""

    async def call():
        async with faulty_fhir(chart_server()) as server, service_for(server.base, **settings(url, key_file)) as ask:
            asked = question(server.base)
            assert has_a_card(await ask(asked))
            return asked

    asked = asyncio.run(call())

    def replay(*, prefetch=None, chart=None):
        file, bundle = tmp_path / "request.json", tmp_path / "chart.json"
        file.write_text(json.dumps({**asked, **({"prefetch": prefetch} if prefetch else {})}))
        bundle.write_text(json.dumps(chart))
        environ = {"CLUNEAL_DATABASE_URL": url, "CLUNEAL_PSEUDONYM_KEY_FILE": str(key_file)}
        return typed(environ, "replay", str(file), *(("--chart", str(bundle)) if chart else ()))

    return replay


def whole_chart():
    """What the server gave, as a bare Bundle."""
    found = [value for value in EVERYTHING.values() if value]
    every = [entry["resource"] for value in found for entry in value.get("entry", [{"resource": value}])]
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": one} for one in every]}


def test_a_call_whose_chart_was_fetched_says_what_it_needs(replayed):
    """What was read is not kept: the keys are named, with what would help, and nothing is held against half a chart."""
    told = replayed()

    assert told.exit_code == 1
    assert "not decided again: patient, conditions, procedures" in told.stdout
    assert "--chart" in told.stdout
    assert "recorded" not in told.stdout.splitlines()[1]


def test_a_call_whose_chart_was_fetched_is_replayed_with_that_chart(replayed):
    """Given as one Bundle: the same again, and what cannot be compared is said."""
    told = replayed(chart=whole_chart())

    assert (told.exit_code, told.stderr) == (0, "")
    assert "the digest of the input, of the server's bytes, is not compared" in told.stdout
    assert told.stdout.endswith("  the same again\n")


def test_another_chart_shows_in_what_it_differs(replayed):
    """Without its procedures there is no card, and the finding is named."""
    chart = whole_chart()
    chart["entry"] = [one for one in chart["entry"] if one["resource"]["resourceType"] != "Procedure"]
    told = replayed(chart=chart)

    assert told.exit_code == 1
    assert "outcome: recorded workup, now silence" in told.stdout
