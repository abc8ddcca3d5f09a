"""A client that asks again and again: what is read of the showings has an end, and no decision is another one for it."""

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest

from cds_hooks.request import read_request
from service.database_url import read_database_url
from service.history import Shown, Visit
from service.knowledge.load import load_knowledge
from service.reasoning.quiet import quiet
from service.records import Keeping, Records
from service.storage.audit import AuditTrail
from service.storage.database import Database
from service.storage.decisions import DecidedCard, keep_decision
from service.storage.pseudonyms import Pseudonyms
from tests.service.storage.calls import question
from tests.service.storage.test_recall import ADVICE, DECIDED, GIST, NOW, database, history, remember, report

__all__ = ["database"]
CHICAGO = ZoneInfo("America/Chicago")


def showing(at, uuid, gist=GIST, **more):
    return replace(DECIDED, decided_at=at, cards=(DecidedCard(uuid, True, "T", gist),), **more)


def test_of_what_was_said_again_and_again_the_first_and_the_newest_are_read(database, url):
    """In each encounter, of each gist, on each civil day; what was answered is read in any case, and what it became."""
    noon = datetime(2026, 11, 17, 18, tzinfo=UTC)
    poll = [showing(noon + timedelta(seconds=5 * at), f"u{at}") for at in range(40)]
    news = showing(noon + timedelta(seconds=101), "news", replace(GIST, facts=GIST.facts | {"new"}))
    elsewhere = showing(noon + timedelta(seconds=102), "elsewhere", encounter="another")
    # Past midnight by UTC it is the same day in Chicago; past midnight in Chicago it is not.
    late = [showing(datetime(2026, 11, 18, hour, 59, tzinfo=UTC), f"late-{hour}") for hour in (1, 3, 6, 7, 8)]
    remember(database, *poll[:21], news, elsewhere, *poll[21:], *late)
    report(url, "u7", done=(noon + timedelta(minutes=1)).isoformat(), received=(noon + timedelta(minutes=1)).isoformat())

    found = history(database, zone=CHICAGO).shown
    assert [one.uuid for one in found] == ["u0", "u7", "news", "elsewhere", "late-3", "late-6", "late-8"]
    assert [len(one.feedback) for one in found] == [0, 1, 0, 0, 0, 0, 0]


def test_however_much_was_shown_what_is_read_has_an_end(database):
    """A client may make up a thousand facts; the newest of what was said on them are remembered."""
    many = tuple(DecidedCard(f"u{at}", True, "T", replace(GIST, facts=frozenset({str(at)}))) for at in range(1_100))
    remember(database, replace(DECIDED, cards=many))

    assert [one.uuid for one in history(database).shown] == [f"u{at}" for at in range(100, 1_100)]


@pytest.mark.parametrize("encounters", [["one", "two", "three", "now"], [""], ["", "one", "now"]])
def test_no_decision_is_another_one_for_it(database, url, encounters):
    """For hundreds of showings made at random, over days and midnights, answered or not: quiet is what it is after all of them."""
    chance, knowledge = Random(7), load_knowledge()  # noqa: S311
    facts, silent = (frozenset("a"), frozenset("ab"), frozenset("abc")), 0
    gists = [replace(said, facts=of, in_vain=frozenset()) for of in facts for said in (GIST, ADVICE)]
    for number in range(25):
        visit, at = Visit("ehr", f"p{number}", chance.choice(encounters), "user"), NOW - timedelta(days=chance.choice([2, 30, 80]))
        calls, seen = [], []
        while len(seen) < 60 and at < NOW:
            uuid, where, gist = f"{number}-{len(seen)}", chance.choice(encounters), chance.choice(gists[: chance.choice([1, 2, 6])])
            calls.append(showing(at, uuid, gist, patient=visit.patient, encounter=where))
            seen.append(Shown(uuid, at.astimezone(CHICAGO).date(), at, replace(visit, encounter=where), gist))
            at += timedelta(minutes=chance.choice([0.1, 10, 500, 500 if len(seen) % 20 else 20_000]))
        database.run_now(lambda store, calls=calls: [keep_decision(store, one) for one in calls])
        if number % 3 == 0:
            answered, when = chance.randrange(len(seen)), (seen[-1].moment + timedelta(seconds=1)).isoformat()
            report(url, seen[answered].uuid, done=when, received=when, digest=str(number))
        found = history(database, visit=visit, zone=CHICAGO)
        said = {one.uuid: one.feedback for one in found.shown}
        whole = replace(found, shown=tuple(replace(one, feedback=said.get(one.uuid, ())) for one in seen))
        assert sum(map(len, said.values())) == (number % 3 == 0)
        for gist in gists:
            for later in (0, 3, 20, 45):
                today = date(2026, 11, 19) + timedelta(days=later)
                told = quiet(gist, whole, knowledge, today=today)
                assert quiet(gist, found, knowledge, today=today) == told
                silent += told is not None
        assert len(found.shown) <= len(seen)
    assert silent > 100


async def test_what_one_client_meets_in_the_store_silences_no_other(tmp_path):
    """Where a call of one was not remembered, for the file was held, the next call of another is."""
    place = read_database_url(f"sqlite:///{tmp_path / 'cluneal.sqlite'}")
    store, pseudonyms = Database(place, wait=0.4), Pseudonyms(b"k" * 32)
    how = Keeping(clock=lambda: NOW, zone=UTC, reach=90, version="1", must_record=False)
    records = Records(store, pseudonyms, AuditTrail(pseudonyms, source="test"), how)
    store.prepare()
    ours, theirs = (replace(read_request(BODY, hooks={"patient-view"}), client=name) for name in ("ours", "theirs"))
    with closing(sqlite3.connect(place.path, isolation_level=None)) as another:
        another.execute("BEGIN IMMEDIATE")
        assert await records.history(ours) is None
        another.execute("ROLLBACK")

    assert await records.history(theirs) is not None
    store.close()


BODY = json.dumps(question()).encode()
