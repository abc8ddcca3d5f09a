"""The commands about what is remembered, as an operator types them: on both databases, with sentences and exit codes."""

import asyncio
import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine

from tests.service.storage.calls import SILENT, ask, question, running, tell
from tests.service.storage.reading import execute, rows
from tests.service.typed import typed

COMMAND = Path(sys.executable).parent / "cluneal-cds"
LONG_AGO = datetime.now(UTC) - timedelta(days=100)


def command(environ, *words, **more):
    """What a command says."""
    return subprocess.run(
        [COMMAND, *words], env={**environ, "COLUMNS": "200"}, capture_output=True, text=True, timeout=60, check=False, **more
    )


def said(environ, *words):
    """The lines of a command that goes well."""
    told = command(environ, *words)
    assert (told.returncode, told.stderr) == (0, "")
    return told.stdout.splitlines()


@pytest.fixture
def remembered(environ):
    """A store with a card of today that was dismissed, a silence, and a card of a hundred days ago; the card of today."""

    async def calls():
        async with running(environ) as caller:
            with time_machine.travel(LONG_AGO, tick=False):
                await ask(caller, question(instance="old"))
            await ask(caller, question(SILENT, instance="silent"))
            (card,) = (await ask(caller, question(instance="new"))).json()["cards"]
            await tell(caller, card["uuid"])
        return card["uuid"]

    return asyncio.run(calls())


def test_the_status_says_what_is_there(environ, remembered):
    """The revision of the tables, and how many rows."""
    place, counts = said(environ, "db", "status")

    assert place.endswith("tables of revision 0002; this version needs 0002.")
    assert counts == "3 decisions, 2 cards, 1 feedback, 0 tokens, 4 audit records"


def test_an_upgraded_database_has_nothing_to_upgrade(environ, remembered):
    """The command may be given any number of times."""
    (line,) = said(environ, "db", "upgrade")

    assert line.endswith("revision 0002, nothing to do.")


def test_postgresql_is_upgraded_by_the_command(server, key_file):
    """Before it the status and the start say what to do; after it both are content."""
    environ = {"CLUNEAL_DATABASE_URL": server.new_database(), "CLUNEAL_PSEUDONYM_KEY_FILE": str(key_file)}
    before, start = command(environ, "db", "status"), command(environ, "serve")
    upgraded, after = said(environ, "db", "upgrade"), said(environ, "db", "status")

    assert (before.returncode, start.returncode) == (1, 1)
    assert before.stderr == start.stderr
    assert start.stderr.endswith("run: cluneal-cds db upgrade\n")
    assert upgraded == ["PostgreSQL: revision none -> 0002."]
    assert after[0] == "PostgreSQL: tables of revision 0002; this version needs 0002."


def test_feedback_is_exported_with_its_card(environ, remembered):
    """One JSON object in a line: what was said, and what the card was."""
    (line,) = said(environ, "feedback", "export")

    item = json.loads(line)
    assert (item["card"], item["matched"], item["outcome"], item["reason"]["code"]) == (remembered, True, "overridden", "not-now")
    assert (item["kind"], item["nerves"], item["side"], item["tier"]) == ("block", ["superior"], "right", "high")


def test_feedback_on_a_card_that_nobody_knows_is_exported_too(environ):
    """It is kept, unmatched, and nothing is told of a card."""

    async def calls():
        async with running(environ) as caller:
            assert (await tell(caller, "nobody-knows-it")).status_code == 200

    asyncio.run(calls())
    (line,) = map(json.loads, said(environ, "feedback", "export"))

    assert (line["card"], line["matched"]) == ("nobody-knows-it", False)
    assert "kind" not in line


def test_cards_that_nobody_answered_are_exported_as_inferred(environ, remembered):
    """After so many days, and said to be inferred: nobody reported it."""
    lines = [json.loads(line) for line in said(environ, "feedback", "export", "--ignored-after", "14")]

    assert [(line["outcome"], line.get("inferred", False)) for line in lines] == [("overridden", False), ("ignored", True)]
    assert lines[1]["shownAt"].startswith(LONG_AGO.date().isoformat())


def test_the_export_begins_on_a_day(environ, remembered):
    """What came in before it is left out."""
    assert said(environ, "feedback", "export", "--since", (datetime.now(UTC) + timedelta(days=1)).date().isoformat()) == []


def test_the_audit_is_verified(environ, url, remembered):
    """Whole; then with a record that somebody changed, exit code 1 and the record's number."""
    whole = said(environ, "audit", "verify")
    kept = whole[0].rpartition(" ")[2]
    again = said(environ, "audit", "verify", "--expect", kept)
    execute(url, "UPDATE audit SET record = REPLACE(record, 'cds-feedback', 'cds-hook') WHERE number = 4")
    changed = command(environ, "audit", "verify")

    assert whole[0].startswith("4 records, from 1 on. The chain ends at 4:")
    assert whole[1] == again[1] == "Every record is as it was written."
    assert changed.returncode == 1
    assert "NOT AS IT WAS WRITTEN: Record 4" in changed.stdout


def test_old_decisions_are_forgotten(environ, url, remembered):
    """Those of today stay, and the audit has a record of it."""
    (line,) = said(environ, "db", "forget", "--older-than", "30")

    assert line == "Removed: 1 cards, 1 decisions, 0 feedback, 0 tokens."
    assert [row["hook_instance"] for row in rows(url, "decision")] == ["silent", "new"]
    assert [row["uuid"] for row in rows(url, "card")] == [remembered]
    assert json.loads(rows(url, "audit", "number")[-1]["record"])["subtype"] == "cds-forget"


def test_old_comments_are_forgotten_and_clicks_stay(environ, url, remembered):
    """Free text may be about a patient; what was clicked is what is counted."""
    execute(url, "UPDATE feedback SET user_comment = 'JOHN SMITH', received_at = '2026-01-01T00:00:00+00:00'")
    (line,) = said(environ, "db", "forget", "--older-than", "30", "--comments")

    assert line == "Removed: 1 comments."
    assert [(row["user_comment"], row["reason_code"]) for row in rows(url, "feedback")] == [(None, "not-now")]


def test_old_audit_records_go_and_the_rest_is_verifiable(environ, remembered):
    """The first was of long ago; three are left, and one that says what was done."""
    assert said(environ, "audit", "forget", "--older-than", "30") == ["Removed: 1 records."]
    assert said(environ, "audit", "verify")[0].startswith("4 records, from 2 on. The chain ends at 5:")


def test_a_stored_request_is_replayed(environ, remembered, tmp_path):
    """Decided once more as of its day and with the memory of then, however the file is indented: the same again."""
    file = tmp_path / "request.json"
    file.write_text(json.dumps(question(instance="new"), indent=3))
    decided, same = said(environ, "replay", str(file))

    assert decided.endswith(f"open cluneal-patient-view: block {remembered}")
    assert same == "  the same again"


def test_a_call_that_was_quiet_is_replayed_with_its_history(environ, url, remembered, tmp_path):
    """The silence after the dismissal is decided again with what was known then; without quiet, the card that it kept back shows."""

    async def call():
        async with running(environ) as caller:
            return (await ask(caller, question(instance="later", encounterId="another"))).json()

    answer, file = asyncio.run(call()), tmp_path / "request.json"
    file.write_text(json.dumps(question(instance="later", encounterId="another")))
    decided, same = typed(environ, "replay", str(file)).stdout.splitlines()
    loud = typed({**environ, "CLUNEAL_QUIET": "0"}, "replay", str(file))

    assert answer["extension"]["org.cluneal-cds.silence"]["rule"] == json.loads(rows(url, "decision")[-1]["silence"])["rule"] == "D-02"
    assert (decided.rpartition(": ")[2], same) == ("silence", "  the same again")
    assert "outcome: recorded silence, now block" in loud.stdout


def test_replayed_without_quiet_a_card_rests_on_the_same_facts(environ, remembered, tmp_path):
    """The digests of its facts are keyed with the patient's salt, whether or not the history counts."""
    file = tmp_path / "request.json"
    file.write_text(json.dumps(question(instance="new")))

    assert typed({**environ, "CLUNEAL_QUIET": "0"}, "replay", str(file)).stdout.endswith("  the same again\n")


def test_a_request_that_was_another_shows_in_what(environ, url, remembered, tmp_path):
    """Without the examination there is another card; each part of the record that differs is named, with exit code 1."""
    body = question(instance="new")
    body["prefetch"]["exams"]["entry"] = []
    file = tmp_path / "request.json"
    file.write_text(json.dumps(body))
    told = command(environ, "replay", str(file))

    assert told.returncode == 1
    assert {line.partition(":")[0].strip() for line in told.stdout.splitlines()[1:]} >= {"input_digest", "findings", "outcome", "cards"}
    assert "outcome: recorded block, now workup" in told.stdout


def test_a_request_that_was_never_sent_is_said(environ, remembered, tmp_path):
    """Under another hookInstance, or for another patient, nothing is recorded."""
    file = tmp_path / "request.json"
    for body in (question(instance="unheard-of"), question(instance="new", patientId="another")):
        file.write_text(json.dumps(body))
        told = command(environ, "replay", str(file))
        assert (told.returncode, told.stdout.startswith("No decision of this request is recorded")) == (1, True)


def test_a_new_key_is_the_owners_and_overwrites_none(tmp_path):
    """Sixty-four digits that only the owner reads; a second time it is refused."""
    file = tmp_path / "key"
    first, second = command({}, "db", "new-key", str(file)), command({}, "db", "new-key", str(file))

    assert (first.returncode, second.returncode) == (0, 1)
    assert len(bytes.fromhex(file.read_text())) == 32
    assert file.stat().st_mode & 0o777 == 0o600
    assert second.stderr.endswith("is there already; a key is never overwritten.\n")


def test_without_a_store_the_commands_say_so():
    """With exit code 2: the setting is wrong for the command."""
    told = command({"CLUNEAL_DATABASE_URL": "off"}, "db", "status")

    assert told.returncode == 2
    assert "nothing is remembered" in told.stderr
    assert "Traceback" not in told.stderr
