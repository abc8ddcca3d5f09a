"""The sample of cards that a client in shadow mode was not shown: drawn at random, the same each time, found again by the site."""

import json
from datetime import UTC, datetime

import pytest

from tests.service.storage.calls import SILENT, ask, clients, question, running, signed
from tests.service.storage.reading import rows
from tests.service.typed import typed


@pytest.fixture
def url(tmp_path):
    """A SQLite file; what the databases have in common is tried elsewhere."""
    return f"sqlite:///{tmp_path / 'memory.sqlite'}"


@pytest.fixture
async def watched(environ, tmp_path):
    """A store with twelve cards that were not shown, a silence, and a card that was: by two clients."""
    now = datetime.now(UTC)
    async with running({**environ, **clients(tmp_path, "riverside", mode="shadow")}) as caller:
        for number in range(12):
            body = question(instance=f"i-{number}", encounterId=f"visit-{number % 2}")
            assert (await ask(caller, body, **signed(f"a-{number}", at=now))).status_code == 200
        await ask(caller, question(SILENT, instance="silent"), **signed("silent", at=now))
    async with running({**environ, **clients(tmp_path, "lakeside")}) as caller:
        await ask(caller, question(instance="shown"), **signed("shown", at=now))
    return environ


def test_a_sample_is_drawn_and_drawn_again(watched, url):
    """Five of twelve, each with its call, rules, nerve and tier; the same seed draws the same, another one others."""
    lines = said_lines(watched, "--n", "5")
    again, other = said_lines(watched, "--n", "5"), said_lines(watched, "--n", "5", "--seed", "2")

    assert len(lines) == 5
    assert again == lines
    assert {one["card"] for one in other} != {one["card"] for one in lines}
    recorded = {row["hook_instance"]: row for row in rows(url, "decision")}
    for one in lines:
        assert one["hookInstance"].startswith("i-")
        assert one["patient"] == recorded[one["hookInstance"]]["patient"]
        assert (one["hook"], one["kind"], one["nerves"][0], one["side"], one["tier"]) == (
            "patient-view",
            "block",
            "superior",
            "right",
            "high",
        )
        assert "I-01" in one["rules"]
    assert [one["at"] for one in lines] == sorted(one["at"] for one in lines)


def test_all_of_them_can_be_had(watched):
    """More than there are gives all there are, and never what was shown, or another client's."""
    assert {one["hookInstance"] for one in said_lines(watched, "--n", "100")} == {f"i-{number}" for number in range(12)}


def test_a_client_without_such_cards_is_said(watched):
    """With exit code 1, and a sentence."""
    told = typed(watched, "shadow", "sample", "--client", "lakeside")

    assert (told.exit_code, told.stdout) == (1, "")
    assert told.stderr == "No card of lakeside was kept back.\n"


def said_lines(environ, *words):
    told = typed(environ, "shadow", "sample", "--client", "riverside", *words)
    assert told.exit_code == 0
    return [json.loads(line) for line in told.stdout.splitlines()]
