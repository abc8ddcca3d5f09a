"""Moments: when a FHIR time says at what time of day something was, and how many minutes lie between two of them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.dates import minutes_between, read_moment
from tests.service.charts import EXAMINATION, LOINC, archetype, bundle, concept, look, observation, procedure

ZONES = st.sampled_from([UTC, *(timezone(timedelta(hours=hours, minutes=minutes)) for hours, minutes in ((-5, 0), (5, 30), (14, 0)))])
MOMENTS = st.builds(lambda seconds: datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None), st.integers(1_577_836_800, 1_893_456_000))
VISIT = {"reference": "Encounter/b"}


def minutes(earlier: str, later: str) -> float:
    return minutes_between(read_moment(earlier), read_moment(later))


def relief(block, *scores: tuple[str, int]):
    """What the card says of a block, and of the pain scores of its visit."""
    code = {**concept(EXAMINATION, "superior-cluneal-block"), "text": "Right superior cluneal nerve block"}
    done = procedure("block", code=code, encounter=VISIT, **block)
    asked = [
        observation(f"score-{number}", code=concept(LOINC, "72514-3"), encounter=VISIT, effectiveDateTime=when, valueInteger=points)
        for number, (when, points) in enumerate(scores)
    ]
    (card,) = look(archetype(procedures=bundle(procedure(), done), surveys=bundle(*asked))).cards
    return (card.extension or {})["org.cluneal-cds.details"]["relief"], card.detail


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-20T09:05:30Z", datetime(2026, 11, 20, 9, 5, 30, tzinfo=UTC)),
        ("2026-11-20T09:05:30.250Z", datetime(2026, 11, 20, 9, 5, 30, 250_000, tzinfo=UTC)),
        ("2026-11-20T09:05:30.1234567Z", datetime(2026, 11, 20, 9, 5, 30, 123_456, tzinfo=UTC)),
        ("2026-11-20T04:05:30-05:00", datetime(2026, 11, 20, 9, 5, 30, tzinfo=UTC)),
        ("2026-11-20T14:35:30+05:30", datetime(2026, 11, 20, 9, 5, 30, tzinfo=UTC)),
        (" 2026-11-20T09:05:30Z\n", datetime(2026, 11, 20, 9, 5, 30, tzinfo=UTC)),
    ],
)
def test_a_moment_with_a_zone_is_one_point_in_time(text, moment):
    """Whatever zone a chart writes it in, however fine its seconds."""
    read = read_moment(text)

    assert read == moment
    assert read.tzinfo is not None


@pytest.mark.parametrize("text", ["2026-11-20T09:05:00", "2026-11-20T09:05", "2026-11-20 09:05:00"])
def test_a_moment_without_a_zone_stays_without_one(text):
    """No zone is made up for it, neither ours nor UTC."""
    assert read_moment(text).isoformat() == "2026-11-20T09:05:00"


@pytest.mark.parametrize("text", ["2026", "2026-11", "2026-11-20", " 2026-11-20", "2026-11-20 ", "2026-11-20T"])
def test_a_day_is_no_moment(text):
    """A date without a time of day is not midnight: no score was asked then."""
    assert read_moment(text) is None


@pytest.mark.parametrize(
    "text",
    [
        *("", "unknown time of day", "09:05:00Z", "20 November 2026 09:05", "2026-02-30T09:05:00Z", "2026-13-01T09:05:00Z"),
        *("2026-11-20T25:00:00Z", "2026-11-20T09:60:00Z", "2026-11-20T09:05:61Z", "2026-11-20T09:05:00+25:00", "0000-11-20T09:05:00Z"),
        *("2026-11-20T09:05:00 EST", "2026-11-20T09:05:00Z and later"),
    ],
)
def test_what_is_no_moment_is_none(text):
    """Words, impossible times, and a zone by its name mean no moment."""
    assert read_moment(text) is None


def test_nothing_is_no_moment():
    """An element that is not there has no time."""
    assert read_moment(None) is None


@pytest.mark.parametrize("text", ["2026-11-20T24:00", "2026-11-20T24:00:00Z"])
def test_there_is_no_hour_24(text):
    """FHIR forbids 24:00; which midnight was meant is not guessed."""
    assert read_moment(text) is None


def test_a_leap_second_is_never_another_minute():
    """The second 60, which FHIR allows, is the end of its minute or not read at all; it never moves a score away from its block."""
    read = read_moment("2016-12-31T23:59:60Z")

    assert read is None or abs(read - datetime(2016, 12, 31, 23, 59, 59, tzinfo=UTC)) <= timedelta(seconds=1)


@pytest.mark.parametrize(
    ("earlier", "later", "expected"),
    [
        ("2026-11-20T09:00:00Z", "2026-11-20T09:45:00Z", 45),
        ("2026-11-20T09:45:00Z", "2026-11-20T09:00:00Z", -45),
        ("2026-11-20T09:00:00Z", "2026-11-20T09:00:30Z", 0.5),
        ("2026-11-20T23:50:00-05:00", "2026-11-21T05:20:00Z", 30),
        ("2026-11-20T09:00:00+05:30", "2026-11-20T03:30:00Z", 0),
        ("2026-11-20T23:30:00", "2026-11-21T00:15:00", 45),
    ],
)
def test_minutes_are_counted_over_zones_and_midnights(earlier, later, expected):
    """Two moments with zones are compared as points in time, two without as the same clock shows them."""
    assert minutes(earlier, later) == expected


@pytest.mark.parametrize(
    ("earlier", "later"),
    [("2026-11-20T09:00:00", "2026-11-20T09:45:00-05:00"), ("2026-11-20T09:00:00-05:00", "2026-11-20T09:45:00")],
)
def test_a_moment_without_a_zone_is_not_compared_with_one_that_has_it(earlier, later):
    """Whose clock it was nobody wrote: hours could lie between them, and none are guessed."""
    assert minutes(earlier, later) is None


@pytest.mark.parametrize(
    ("earlier", "later"),
    [("2026-11-01T01:30:00-04:00", "2026-11-01T01:15:00-05:00"), ("2026-03-08T01:30:00-05:00", "2026-03-08T03:15:00-04:00")],
    ids=["clocks go back", "clocks go forward"],
)
def test_a_change_of_the_clocks_adds_and_takes_no_minute(earlier, later):
    """Around the change 45 minutes stay 45 minutes, though the clock on the wall shows otherwise."""
    assert minutes(earlier, later) == 45


@given(MOMENTS, MOMENTS, ZONES, ZONES)
def test_the_way_back_is_as_long(one, other, zone, other_zone):
    """With zones of any kind or without, the minutes from one to the other and back cancel out."""
    for first, second in ((one, other), (one.replace(tzinfo=zone), other.replace(tzinfo=other_zone))):
        assert minutes_between(first, second) == -minutes_between(second, first)


def test_the_ends_of_time_can_be_compared():
    """Nonsense in a chart stops nothing."""
    assert minutes("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00") > 0


@pytest.mark.parametrize(
    ("block", "before", "after"),
    [
        ("2026-11-08T09:00:00-05:00", "2026-11-08T13:30:00Z", "2026-11-08T14:45:00Z"),
        ("2026-11-08T09:00:00", "2026-11-08T08:30:00", "2026-11-08T09:45:00"),
        ("2026-11-08T23:40:00-05:00", "2026-11-08T23:10:00-05:00", "2026-11-09T00:25:00-05:00"),
    ],
    ids=["another zone", "no zone", "over midnight"],
)
def test_the_relief_of_a_block_is_read_whatever_the_zones(block, before, after):
    """Eight before and two 45 minutes after are 75 % relief on the card."""
    found, told = relief({"performedDateTime": block}, (before, 8), (after, 2))

    assert found == 75
    assert "at 45 min" in told


@pytest.mark.parametrize("before", ["2026-11-08", "2026-11-08T24:00:00-05:00", "2026-11-08T08:30:00 EST", "2026-11-08T08:30:00"])
def test_a_score_without_a_moment_tells_no_relief(before):
    """A day, a time that is none, or one whose zone nobody wrote: nobody knows whether it was before the block."""
    found, told = relief({"performedDateTime": "2026-11-08T09:00:00-05:00"}, (before, 8), ("2026-11-08T09:45:00-05:00", 2))

    assert found is None
    assert "Not known" in told


@pytest.mark.parametrize("day", ["2026-11-08", "2026-11-08 "])
def test_a_block_without_a_time_of_day_tells_no_relief(day):
    """A day alone is not midnight: scores of the small hours are not read against it."""
    found, told = relief({"performedDateTime": day}, ("2026-11-07T23:30:00", 8), ("2026-11-08T00:45:00", 2))

    assert found is None
    assert "the times of the block" in told
