"""Two blocks of one nerve and side: when they confirm each other, when they do not, and when there were too many."""

import pytest

from tests.service.blocks import bands, done, prefetch, response
from tests.service.charts import look

FIRST, SECOND = "2026-09-08", "2026-10-27"


def two(first=None, second=None, *more, days=(FIRST, SECOND)):
    """The bands of two blocks, each with our response, the components of which a test changes."""
    blocks = [done(id_="block", day=days[0]), done(id_="later", day=days[1])]
    answers = [
        response(id_="one", day=days[0], components=first or {}),
        response(id_="two", day=days[1], partOf=[{"reference": "Procedure/later"}], components=second or {}),
    ]
    return bands(*blocks, *more, scores=(), exams=tuple(answers))


def hours(number, unit="h"):
    return {"relief-hours": {"valueQuantity": {"value": number, "unit": unit}}}


def test_two_that_agree_confirm():
    """At least 70% on two days, durations of one kind, pain back in between."""
    assert two(hours(2), hours(7)) == ["right superior G-4 75"]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"relief-hours": None}, hours(7)),
        (hours(2), {"relief-hours": None}),
        (hours(2), hours(20, "d")),
        (hours(2), {**hours(7), "nrs-before": {"valueInteger": 4}, "nrs-after": {"valueInteger": 1}}),
    ],
    ids=["first duration unknown", "second duration unknown", "durations of two kinds", "just back to half"],
)
def test_two_that_do_not_agree_stay_one(first, second):
    """Unknown is not enough, and half of the first score is the least that the pain must come back to."""
    expected = ["right superior G-4 75"] if second.get("nrs-before") else ["right superior G-3 75"]

    assert two(first, second) == expected


def test_pain_that_did_not_come_back_confirms_nothing():
    """A second block at less than half of the first score says little."""
    low = {**hours(7), "nrs-before": {"valueInteger": 4}, "nrs-after": {"valueInteger": 1}}

    assert two({**hours(2), "nrs-before": {"valueInteger": 9}}, low) == ["right superior G-3 75"]


def test_a_negative_block_is_no_half_of_a_pair():
    """Neither before nor after a positive one."""
    assert two({**hours(2), "nrs-after": {"valueInteger": 7}}, hours(7)) == ["right superior G-3 75"]
    assert two(hours(2), {**hours(7), "nrs-after": {"valueInteger": 7}}) == ["right superior G-1 12"]


def test_two_blocks_too_far_apart_are_two():
    """The pair lies within 180 days."""
    assert two(hours(2), hours(7), days=("2026-03-01", SECOND)) == ["right superior G-3 75"]


def test_one_block_told_twice_is_one():
    """A second response to the same block, a day later and without saying to which it belongs, confirms nothing."""
    again = response(id_="again", day="2026-10-28", partOf=None)

    assert bands(done(day=SECOND), scores=(), exams=(response(day=SECOND), again)) == ["right superior G-3 75"]


def test_a_confirmed_block_names_the_options():
    """Every option of the nerve's file, with what is published of it, and no ranking."""
    answers = (response(id_="one", day=FIRST), response(id_="two", day=SECOND, partOf=[{"reference": "Procedure/later"}]))
    (card,) = look(prefetch(done(day=FIRST), done(id_="later", day=SECOND), scores=(), exams=answers)).cards

    for option in (
        "rehabilitation",
        "radiofrequency",
        "cryoneurolysis",
        "stimulation",
        "neurolysis",
        "neurectomy",
        "no ranking",
        "neuroma",
    ):
        assert option in card.detail


def test_one_positive_block_names_no_option_that_lasts():
    """Before two agree nothing is said of an ablation."""
    (card,) = look(prefetch()).cards

    assert not [word for word in ("radiofrequency", "ablation", "neurolysis", "neurectomy", "cryo") if word in card.detail.lower()]


def test_many_blocks_without_lasting_benefit():
    """The fourth day with a block of one nerve and side: stopping can be considered."""
    blocks = [done(id_=f"block-{month}", day=f"2026-{month}-08") for month in ("07", "08", "09", "10")]
    (card,) = look(prefetch(*blocks, scores=())).cards

    assert "G-many" in card.extension["org.cluneal-cds.basis"]["rules"]
    assert "consider stopping" in card.detail
    assert "G-many" not in look(prefetch(*blocks[1:], scores=())).cards[0].extension["org.cluneal-cds.basis"]["rules"]


def test_lasting_relief_is_the_nerves_only_without_a_steroid():
    """Relief for months after a steroid is not attributed to the nerve."""
    months = hours(13, "wk")
    with_steroid = response(day="2026-08-22", components={**months, "steroid": {"valueBoolean": True}})
    without = response(day="2026-08-22", components={**months, "steroid": {"valueBoolean": False}})
    details = [look(prefetch(done(day="2026-08-22"), scores=(), exams=(one,))).cards[0].detail for one in (with_steroid, without)]

    assert "a steroid was given" in details[0]
    assert "observe and rehabilitate while the relief lasts" not in details[0]
    assert "observe and rehabilitate while the relief lasts" in details[1]
