"""What is remembered of a patient: the cards that this client was shown lately, and what became of them; of nobody else anything."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from service.database_url import read_database_url
from service.history import Gist, Visit
from service.storage.database import Database
from service.storage.decisions import DecidedCard, Decision, decisions_of, keep_decision
from service.storage.recall import recall
from tests.service.storage.reading import execute

NOW = datetime(2026, 11, 20, 3, tzinfo=UTC)
VISIT = Visit("ehr", "patient", "encounter", "user")
GIST = Gist("workup", ("superior", "middle"), "left", "high", facts=frozenset({"a", "b"}), in_vain=frozenset({"c"}))
ADVICE = Gist("order", ("superior",), about="first", order="a lumbar MRI")
DECIDED = Decision(
    decided_at=NOW - timedelta(days=3),
    today="2026-11-17",
    client="ehr",
    service="cluneal-patient-view",
    hook="patient-view",
    hook_instance="i",
    patient="patient",
    encounter="encounter",
    caller="user",
    version="1",
    knowledge="1",
    input_digest="d",
    data={"patient": "supplied"},
    findings={"adult": "present"},
    rules=("I-01",),
    outcome="workup",
    silence={},
    milliseconds=1.5,
    cards=(DecidedCard("0000-aaaa", True, "T", GIST),),
)


@pytest.fixture
def database(url):
    database = Database(read_database_url(url), wait=10)
    yield database
    database.close()


def remember(database, *decisions):
    for one in decisions:
        database.run_now(lambda store, one=one: keep_decision(store, one))


def history(database, *, visit=VISIT, now=NOW, zone=UTC):
    return database.run_now(lambda store: recall(store, visit, salt=b"s", now=now, reach=90, zone=zone))


def report(url, card, *, client="ehr", done="2026-11-18T10:00:00+00:00", received="2026-11-18T10:00:01+00:00", digest="d", code="not-now"):
    row = {
        "digest": digest,
        "received_at": received,
        "client": client,
        "service": "s",
        "card": card,
        "outcome": "overridden",
        "outcome_timestamp": done,
        "accepted_suggestions": "[]",
        "reason_code": code,
    }
    names, values = ", ".join(row), ", ".join(f"'{value}'" for value in row.values())
    execute(url, f"INSERT INTO feedback ({names}, card_known) VALUES ({values}, TRUE)")  # noqa: S608


def test_a_card_is_remembered_as_it_was_shown(database):
    """When, on which civil day at the patient's, in which visit and by whom it was seen, and what it said."""
    remember(database, DECIDED)

    (shown,) = history(database, zone=ZoneInfo("America/Chicago")).shown
    assert (shown.uuid, shown.moment, shown.day) == ("0000-aaaa", DECIDED.decided_at, date(2026, 11, 16))
    assert (shown.visit, shown.gist, shown.feedback) == (VISIT, GIST, ())


def test_a_decision_is_read_back_as_it_was_kept(database):
    """Every part of it, with its cards, for whoever replays it."""
    remember(database, DECIDED)

    (found,) = database.run_now(lambda store: decisions_of(store, "i"))
    assert replace(found, rules=tuple(found.rules)) == DECIDED


@pytest.mark.parametrize(
    "other",
    [
        {"client": "another"},
        {"patient": "another"},
        {"decided_at": NOW - timedelta(days=91)},
        {"decided_at": NOW + timedelta(seconds=1)},
        {"cards": (DecidedCard("u", False, "T", GIST),)},
        {"cards": (), "outcome": "silence"},
    ],
)
def test_what_is_none_of_it_is_not_remembered(database, other):
    """Another client's, another patient's, what is too old or yet to come, what was not shown, and silence."""
    remember(database, replace(DECIDED, **other))

    assert history(database).shown == ()


def test_an_old_card_with_new_feedback_is_remembered(database, url):
    """Late feedback counts from when it came."""
    remember(database, replace(DECIDED, decided_at=NOW - timedelta(days=200)))
    report(url, "0000-aaaa")

    (shown,) = history(database).shown
    assert [one.reason for one in shown.feedback] == ["not-now"]


def test_feedback_is_that_of_the_client_and_the_card(database, url):
    """In whatever letters the uuid comes, in the order of what was done; another client's says nothing."""
    remember(database, DECIDED)
    report(url, "0000-AAAA", digest="1", code="second", done="2026-11-18T12:00:00+00:00", received="2026-11-19T00:00:00+00:00")
    report(url, "0000-aaaa", digest="2", code="first", done="2026-11-18T11:00:00+00:00", received="2026-11-19T00:00:00+00:00")
    report(url, "0000-aaaa", digest="3", client="another")
    report(url, "0000-bbbb", digest="4")

    (shown,) = history(database).shown
    assert [one.reason for one in shown.feedback] == ["first", "second"]


@pytest.mark.parametrize(
    ("done", "taken"),
    [
        ("2020-01-01T00:00:00+00:00", DECIDED.decided_at),
        ("2040-01-01T00:00:00+00:00", datetime(2026, 11, 18, 10, 0, 1, tzinfo=UTC)),
        ("2026-11-18T09:00:00+00:00", datetime(2026, 11, 18, 9, tzinfo=UTC)),
    ],
)
def test_nobody_answers_a_card_before_it_is_shown_or_after_the_answer_came_in(database, url, done, taken):
    """The clock of a client may be wrong by years; a pause that never ends would come of it."""
    remember(database, DECIDED)
    report(url, "0000-aaaa", done=done)

    (shown,) = history(database).shown
    assert [(one.moment, one.day) for one in shown.feedback] == [(taken, taken.date())]


def test_advice_at_an_order_is_remembered_per_user(database):
    """The latest day on which this user was shown it for another patient; for this one, for another user, or before a block it is none."""
    days = (5, 4, 3, 2, 1)
    others = ({"patient": "x"}, {"patient": "y"}, {}, {"patient": "z", "caller": "another"}, {"patient": "z", "client": "another"})
    for day, other in zip(days, others, strict=True):
        advice = (DecidedCard(f"u{day}", True, "T", ADVICE),)
        remember(database, replace(DECIDED, decided_at=NOW - timedelta(days=day), cards=advice, **other))
    block = (DecidedCard("u", True, "T", replace(ADVICE, about="block")),)
    remember(database, replace(DECIDED, decided_at=NOW - timedelta(hours=1), cards=block, patient="x"))

    assert history(database).advised == date(2026, 11, 16)
    assert history(database, visit=replace(VISIT, user="")).advised is None
