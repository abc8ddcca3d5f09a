"""Each number of a report, from stores that can be counted by hand, on both databases."""

import pytest

from service.database_url import read_database_url
from service.history import Gist
from service.numbers.report import Fate
from service.numbers.share import Share
from service.storage.database import Database
from tests.service.storage.counted import BLOCK, KEYS, WORKUP, carded, hear, remember, silent, taken
from tests.service.storage.reading import execute, rows


@pytest.fixture
def database(url):
    database = Database(read_database_url(url), wait=10)
    yield database
    database.close()


def test_calls_are_counted_by_what_came_of_them(database):
    """Three calls: a card, a silence, a refusal; those of other days are not in it."""
    remember(
        database, carded("a"), silent(1), silent(2, outcome="refused", silence={"reason": "unread", "keys": ["procedures"]}), silent(51)
    )
    report = taken(database)

    assert (report.calls, report.live.with_card, report.live.silent, report.live.refused) == (3, 1, 1, 1)
    assert [(day.day.isoformat(), day.calls, day.with_card) for day in report.live.days] == [
        ("2026-11-18", 1, 0),
        ("2026-11-19", 1, 0),
        ("2026-11-20", 1, 1),
    ]
    assert (report.live.refusals, report.live.silences) == ({"procedures": 1}, {("T-LOW", False): 1})


@pytest.mark.parametrize(("zone", "calls"), [("UTC", 1), ("America/Los_Angeles", 0), ("Pacific/Auckland", 0)])
def test_a_day_is_that_of_the_site(database, zone, calls):
    """Noon of the 20th in London: early morning of the same day in California, and the 21st in Auckland."""
    remember(database, silent(0))

    assert taken(database, since="2026-11-20", until="2026-11-20", zone=zone).calls == {"America/Los_Angeles": 1}.get(zone, calls)
    assert taken(database, since="2026-11-21", until="2026-11-21", zone=zone).calls == (zone == "Pacific/Auckland")


def test_an_encounter_counts_once(database):
    """Two calls of a visit, in which a card was shown twice, and one of another; of those that name none, one for each patient and day."""
    nameless = silent(encounter=""), silent(encounter=""), silent(1, encounter=""), silent(encounter="", patient="patient-2")
    remember(database, carded("a"), carded("b"), silent(encounter="visit-2"), *nameless)
    live = taken(database).live

    assert live.encounters == Share(1, 5)
    assert (live.showings, live.fate.cards) == (2, 1)


def test_a_card_that_says_something_else_is_another(database):
    """The workup and then the block, in one visit: two cards, each under its kind, tier and first nerve."""
    remember(database, carded("a"), carded("b", BLOCK, rules=("I-01", "B-01")))
    live = taken(database).live

    assert {name: fate.cards for name, fate in live.by_kind.items()} == {"block": 1, "workup": 1}
    assert {name: fate.cards for name, fate in live.by_tier.items()} == {"high": 1, "moderate": 1}
    assert {name: fate.cards for name, fate in live.by_nerve.items()} == {"middle": 1, "superior": 1}
    assert {name: fate.cards for name, fate in live.by_rule.items()} == {"B-01": 1, "I-01": 2, "S3": 1}


def test_the_two_cards_at_orders_are_told_apart(database):
    """What is said before a block is no "press the points first"."""
    remember(database, carded("a", Gist("order", ("superior",), about="first")), carded("b", Gist("order", (), about="block")))

    assert set(taken(database).live.by_kind) == {"order, before a block", "order, points first"}


def test_what_became_of_cards(database):
    """Accepted at its second showing, overridden, unanswered for 20 days, unanswered for two: one of each."""
    others = (carded(name, days=days, encounter=name) for name, days in (("b", 3), ("c", 20), ("d", 2)))
    remember(database, carded("a", days=20), carded("A2", days=20), *others)
    hear(database, "A2", days=20)
    hear(database, "b", "overridden", days=3)
    fate = taken(database).live.fate

    assert fate == Fate(accepted=1, overridden=1, ignored=1, open=1)
    assert fate.acceptance == Share(1, 3)
    assert taken(database, ignored_after=30).live.fate.ignored == 0


def test_whoever_accepts_after_all_has_accepted(database):
    """Dismissed and then accepted, and the answer written with a uuid in capitals: one accepted card, and no reason is counted."""
    remember(database, carded("abcd-1"))
    hear(database, "abcd-1", "overridden", reason_code="cds-not-applicable")
    hear(database, "ABCD-1")
    report = taken(database)

    assert report.live.fate == Fate(accepted=1)
    assert report.reasons == {}


def test_an_answer_counts_for_the_client_that_gave_it(database):
    """Another client's feedback about a card of the same uuid is nothing to this one's."""
    remember(database, carded("a"))
    hear(database, "a", client="another", card_known=False)
    report = taken(database)

    assert report.live.fate == Fate(open=1)
    assert report.unmatched == Share(1, 1)
    assert taken(database, client="ehr").unmatched == Share(0, 0)


def test_reasons_are_ours_or_nobodys(database):
    """By code, by display where there is no code, none, and what a client made up under one name: it may be about a patient."""
    for number, reason in enumerate(
        (
            {"reason_code": "cds-not-applicable"},
            {"reason_display": "Not applicable to this patient"},
            {},
            {"reason_code": "JOHN SMITH", "reason_display": "allergic"},
        )
    ):
        remember(database, carded(f"card-{number}", encounter=f"visit-{number}"))
        hear(database, f"card-{number}", "overridden", **reason)

    assert taken(database).reasons == {"cds-not-applicable": 2, "no reason": 1, "another reason": 1}


def test_silence_by_its_rule_and_whether_it_was_quiet(database):
    """The same rule for a block that was done and for a card that was dismissed: told apart."""
    remember(
        database, silent(silence={"rule": "D-02", "also": []}), silent(silence={"rule": "D-02", "also": ["D-11"], "until": "2027-01-01"})
    )

    assert taken(database).live.silences == {("D-02", False): 1, ("D-02", True): 1}


def test_shadow_is_apart(database):
    """Its calls, encounters and cards are counted by themselves; of a record that does not say, a card that was not shown does."""
    remember(database, carded("a", shown=False), silent(1, shown=False, encounter="v"), silent(encounter="w"))
    database.run_now(lambda store: store.exec_driver_sql("UPDATE decision SET shown = NULL WHERE outcome = 'workup'"))
    report = taken(database)

    assert (report.live.calls, report.live.encounters, report.live.fate.cards) == (1, Share(0, 1), 0)
    assert (report.shadow.calls, report.shadow.encounters, report.shadow.fate.cards) == (2, Share(1, 2), 1)
    assert report.untold == 1


def test_the_way_to_a_block(database):
    """Of five patients with a card: one ordered after two days, one done after six, one done before, two of whom nothing is known."""
    seen = {"superior-block-done": "present"}
    remember(
        database,
        *(carded(f"card-{name}", days=10, patient=name) for name in ("ordered", "done", "nothing", "denied")),
        silent(12, patient="before", findings=seen),
        carded("card-before", days=10, patient="before"),
        carded("card-order", BLOCK, days=9, patient="ordered"),
        silent(4, patient="done", findings=seen),
        silent(1, patient="done", findings=seen),
        silent(4, patient="denied", findings={"superior-block-done": "absent"}),
    )
    hear(database, "card-order", days=8)
    report = taken(database)

    assert (report.ordered.patients, report.ordered.days) == (Share(1, 5), 2)
    assert (report.done.patients, report.done.days) == (Share(1, 5), 6)


def test_a_block_that_a_later_call_saw_ordered(database):
    """Also where nobody told that the card's order was accepted; a click that a client dates before its card is as late as the card."""
    remember(database, carded("a", days=10, patient="p"), silent(7, patient="p", findings={"middle-block-ordered": "present"}))
    remember(database, carded("b", days=10, patient="q"), carded("c", BLOCK, days=8, patient="q"))
    hear(database, "c", days=7, outcome_timestamp=silent(30).decided_at)
    report = taken(database)

    assert (report.ordered.patients, report.ordered.days) == (Share(2, 2), 2.5)


def test_how_long_calls_took(database):
    """Of twenty calls of 1 to 20 ms the tenth and the nineteenth; all together first, then by client and hook."""
    remember(
        database,
        *(silent(milliseconds=float(number)) for number in range(1, 21)),
        silent(client="other", hook="order-sign", milliseconds=5.04),
    )
    whole, ehr, other = taken(database).times

    assert (whole.calls, whole.median, whole.most) == (21, 10.0, 19.0)
    assert (ehr.client, ehr.hook, ehr.calls, ehr.median, ehr.most) == ("ehr", "patient-view", 20, 10.0, 19.0)
    assert (other.client, other.hook, other.calls, other.median, other.most) == ("other", "order-sign", 1, 5.0, 5.0)


def test_what_charts_are_like(database):
    """Per client: keys that were not read, unknown codes, facts without a date; an order that concerns nobody asks for nothing."""
    states = dict.fromkeys(KEYS, "supplied")
    remember(
        database,
        silent(data={**states, "procedures": "error"}, unknown_codes=3, undated=1),
        silent(data={**states, "procedures": "partial", "conditions": "null"}),
        silent(data=dict.fromkeys(KEYS, "missing"), silence={"rule": "O-none", "also": []}, entries=0, facts=0),
        silent(client="other", entries=None, facts=None, undated=None, unknown_codes=None, unrecorded=None),
    )
    ehr, other = taken(database).quality

    assert ehr.unread == {"conditions": Share(0, 2), "patient": Share(0, 2), "procedures": Share(2, 2)}
    assert (ehr.unknown_codes, ehr.undated) == (Share(3, 20), Share(1, 10))
    assert (other.calls, other.unknown_codes, other.undated, other.unrecorded) == (1, Share(0, 0), Share(0, 0), 0)


def test_calls_without_a_record_are_told_by_later_ones(database):
    """Summed up, over all and by client."""
    remember(database, silent(unrecorded=2), silent(unrecorded=1), silent(client="other", unrecorded=4))
    report = taken(database)

    assert report.unrecorded == 7
    assert [one.unrecorded for one in report.quality] == [3, 4]


def test_one_client_alone(database):
    """What another one was told is not in it."""
    remember(database, carded("a"), carded("b", client="other", encounter="v"), silent(client="other", encounter="w"))
    report = taken(database, client="other")

    assert (report.clients, report.calls, report.live.encounters, report.live.fate.cards) == (("other",), 2, Share(1, 2), 1)


def test_an_empty_store_has_no_numbers(database):
    """Nothing is counted, nothing is divided by nothing."""
    report = taken(database)

    assert (report.calls, report.live.fate, report.times, report.quality, report.ordered.days) == (0, Fate(), (), (), None)
    assert report.live.encounters.rate is None


def test_a_version_that_knows_no_counts_writes_on(database, url):
    """Rows without what revision 0002 added are counted as calls; of them the report says that shadow mode is not told."""
    remember(database, silent())
    names = [
        name
        for name in rows(url, "decision")[0]
        if name not in ("id", "shown", "entries", "unknown_codes", "facts", "undated", "unrecorded")
    ]
    columns = ", ".join(names)
    execute(url, f"INSERT INTO decision ({columns}) SELECT {columns} FROM decision")  # noqa: S608 - names of columns
    report = taken(database)

    assert (report.calls, report.live.calls, report.untold) == (2, 2, 1)
    assert report.quality[0].unknown_codes == Share(0, 10)


def test_a_report_keeps_nobody_from_writing(database, url):
    """While one is being made, decisions are recorded; what came meanwhile is not in it."""
    remember(database, silent())
    reading = Database(read_database_url(url), wait=10, reads=True)

    def look(store):
        first = store.exec_driver_sql("SELECT count(*) FROM decision").scalar()
        remember(database, carded("a", WORKUP))
        return first

    assert reading.run_now(look) == 1
    assert taken(reading).calls == 2
    reading.close()
