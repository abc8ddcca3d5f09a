"""What a call leaves behind: the decision and its cards, joined to what becomes of them, and not a word about the patient."""

import json

import pytest
import time_machine

from tests.service.storage.calls import NOON, ORDERING, SILENT, STORY, ask, clients, question, running, signed, tell
from tests.service.storage.reading import rows

HEX = set("0123456789abcdef")


async def test_a_call_leaves_its_decision(environ, url):
    """When, which hook and service, what the data were, what was found, which rules held, and which card came of it."""
    with time_machine.travel(NOON, tick=False):
        async with running(environ) as caller:
            (card,) = (await ask(caller)).json()["cards"]

    (made,), (kept,) = rows(url, "decision"), rows(url, "card")
    said = {name: made[name] for name in ("decided_at", "today", "client", "service", "hook", "hook_instance", "outcome", "silence")}
    assert said == {
        "decided_at": "2026-11-20T12:00:00+00:00",
        "today": "2026-11-20",
        "client": "",
        "service": "cluneal-patient-view",
        "hook": "patient-view",
        "hook_instance": "i-1",
        "outcome": "block",
        "silence": "{}",
    }
    assert json.loads(made["data"]).keys() == STORY.prefetch.keys()
    assert json.loads(made["findings"])["superior-point-reproduces-pain"] == "present"
    assert json.loads(made["rules"]) == card["extension"]["org.cluneal-cds.basis"]["rules"]
    assert made["knowledge"] == card["extension"]["org.cluneal-cds.basis"]["knowledgeVersion"]
    assert all(set(made[name]) <= HEX and len(made[name]) == 64 for name in ("patient", "encounter", "caller", "input_digest"))
    assert made["milliseconds"] >= 0
    assert (kept["uuid"], kept["decision"], kept["shown"]) == (card["uuid"], made["id"], 1)
    assert (kept["kind"], json.loads(kept["nerves"])[0], kept["side"]) == ("block", "superior", "right")
    assert kept["topic"] == card["source"]["topic"]["code"]


async def test_silence_is_a_decision_with_its_reason(environ, url):
    """The rule that kept the card back, as the client hears it."""
    async with running(environ) as caller:
        answer = (await ask(caller, question(SILENT))).json()

    (made,) = rows(url, "decision")
    assert answer["cards"] == []
    assert (made["outcome"], json.loads(made["silence"])["rule"]) == ("silence", answer["extension"]["org.cluneal-cds.silence"]["rule"])


async def test_a_chart_that_cannot_be_judged_is_a_decision_too(environ, url):
    """A refusal tells which keys were not read."""
    body = question()
    del body["prefetch"]["procedures"]
    async with running(environ) as caller:
        assert (await ask(caller, body)).status_code == 412

    (made,) = rows(url, "decision")
    assert (made["outcome"], json.loads(made["silence"])) == ("refused", {"reason": "unread", "keys": ["procedures"]})
    assert json.loads(made["data"])["procedures"] == "missing"


async def test_nobody_in_the_store_has_a_name_and_no_chart_has_a_word(environ, url):
    """No name, birth date, address, number, text, id of patient, visit or user, and no token lies in any table."""
    body = question()
    body["fhirServer"] = "https://fhir.secret-hospital.example/r4"
    body["fhirAuthorization"] = {"access_token": "TOKEN-9f2c", "token_type": "Bearer", "expires_in": 300, "scope": "s", "subject": "S"}
    async with running(environ) as caller:
        (card,) = (await ask(caller, body)).json()["cards"]
        await tell(caller, card["uuid"])

    tables = {"decision": "id", "card": "id", "feedback": "id", "audit": "number", "seen_token": "jti"}
    stored = json.dumps([rows(url, table, order) for table, order in tables.items()])
    chart = {text for text in strings(body["prefetch"]) if len(text) > 12}
    context = {*body["context"].values(), *(value.partition("/")[2] or value for value in body["context"].values())}
    found = {text for text in {*chart, *context, "TOKEN-9f2c", "secret-hospital", "Farnham", "5332696", "1968-05-30"} if text in stored}
    assert found <= KNOWN_TO_US


# What our own rules, findings and value sets are called stands in charts too: codes of FHIR, not words about anybody.
KNOWN_TO_US = {"patient-view"}


def strings(value):
    """Every text in a JSON value."""
    if isinstance(value, dict):
        return {text for member in value.values() for text in strings(member)}
    if isinstance(value, list):
        return {text for member in value for text in strings(member)}
    return {value} if isinstance(value, str) else set()


async def test_the_facts_of_a_card_cannot_be_guessed(tmp_path):
    """Their digests depend on the key, whether or not anything is quiet: without it nobody tries all operations of all days."""
    facts = []
    for name in ("one", "two"):
        url = f"sqlite:///{tmp_path / name}.sqlite"
        async with running({"CLUNEAL_DATABASE_URL": url}) as caller:
            await ask(caller)
        (card,) = rows(url, "card")
        facts.append(set(json.loads(card["facts"])))

    assert facts[0]
    assert not facts[0] & facts[1]


async def test_feedback_is_matched_to_the_cards_of_its_client(environ, url, tmp_path):
    """A card of the client is known, in whatever letters its uuid comes; another client's and nobody's are not, and are kept."""
    environ = {**environ, **clients(tmp_path, "ehr", "other")}
    path = "/cds-services/cluneal-patient-view/feedback"
    other = "https://other.example"
    with time_machine.travel(NOON, tick=False):
        async with running(environ) as caller:
            uuid = (await ask(caller, **signed("1"))).json()["cards"][0]["uuid"]
            said = [
                await tell(caller, uuid, **signed("2", path=path)),
                await tell(caller, uuid.upper(), **signed("3", path=path)),
                await tell(caller, uuid, **signed("4", path=path, issuer=other)),
                await tell(caller, "nobody-knows-it", **signed("5", path=path)),
            ]

    assert [answer.status_code for answer in said] == [200] * 4
    assert [(row["client"], row["card_known"]) for row in rows(url, "feedback")] == [("ehr", 1), ("ehr", 1), ("other", 0), ("ehr", 0)]


async def test_a_card_in_shadow_mode_is_kept_as_not_shown(environ, url, tmp_path):
    """What was worked out for the committee is there, and the client got nothing."""
    with time_machine.travel(NOON, tick=False):
        async with running({**environ, **clients(tmp_path, "ehr", mode="shadow")}) as caller:
            assert (await ask(caller, **signed("1"))).json()["cards"] == []

    assert [(row["client"], row["kind"], row["shown"]) for row in rows(url, "card")] == [("ehr", "block", 0)]


async def test_a_patient_has_another_name_at_each_client_and_server(environ, url, tmp_path):
    """The same id is the same patient for one client and server; across them nobody is recognised."""
    with time_machine.travel(NOON, tick=False):
        async with running({**environ, **clients(tmp_path, "ehr", "other")}) as caller:
            for number, (issuer, server) in enumerate(
                [
                    ("", "https://a.example/r4"),
                    ("", "https://a.example/r4/"),
                    ("", "https://b.example/r4"),
                    ("https://other.example", "https://a.example/r4"),
                ]
            ):
                await ask(caller, {**question(), "fhirServer": server}, **signed(str(number), **({"issuer": issuer} if issuer else {})))

    first, again, elsewhere, others = (row["patient"] for row in rows(url, "decision"))
    assert first == again
    assert len({first, elsewhere, others}) == 3


@pytest.mark.parametrize("instance", ["x" * 5000, "a\u0000b"])
async def test_any_hook_instance_is_stored(environ, url, instance):
    """However long or odd: the call is answered and its decision kept."""
    async with running(environ) as caller:
        assert (await ask(caller, question(instance=instance))).status_code == 200

    assert [row["hook_instance"] for row in rows(url, "decision")] == [instance[:255].replace("\x00", "\ufffd")]


async def test_nesting_is_no_fault_of_ours_at_any_depth(environ, url):
    """At the limit of what is read, a few calls before the record is made: answered and kept, or refused, never a 500."""
    chart, ordering = question(), question(ORDERING)
    chart["prefetch"]["labs"] = {"resourceType": "Bundle", "extension": "@"}
    ordering["context"]["draftOrders"]["entry"][0]["resource"]["extension"] = "@"
    said = []
    async with running(environ) as caller:
        for body in (chart, ordering):
            for depth in range(840, 1000, 2):
                nested = json.dumps(body).replace('"@"', "[" * depth + "]" * depth)
                path, headers = f"/cds-services/cluneal-{body['hook']}", {"Content-Type": "application/json"}
                said.append((await caller.post(path, content=nested, headers=headers)).status_code)

    assert set(said) == {200, 400}
    assert len(rows(url, "decision")) == said.count(200)


async def test_without_a_store_nothing_is_kept_and_no_feedback_is_offered(tmp_path, monkeypatch):
    """CLUNEAL_DATABASE_URL=off: cards come, again and again; there is no address for feedback; a token is still good for one call."""
    monkeypatch.chdir(tmp_path)
    environ = {"CLUNEAL_DATABASE_URL": "off", **clients(tmp_path, "ehr")}
    path = "/cds-services/cluneal-patient-view/feedback"
    before = set(tmp_path.iterdir())
    with time_machine.travel(NOON, tick=False):
        async with running(environ) as caller:
            answers = [await ask(caller, question(), **signed(str(number))) for number in range(5)]
            assert (await tell(caller, "c", **signed("6", path=path))).status_code == 404
            assert (await ask(caller, **signed("1"))).status_code == 401

    assert [len(answer.json()["cards"]) for answer in answers] == [1] * 5
    assert "extension" not in answers[0].json()
    assert set(tmp_path.iterdir()) == before
