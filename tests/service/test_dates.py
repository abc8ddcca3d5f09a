"""Dates: what a FHIR date may mean, and answers that stay open when its days disagree."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.dates import When, read_date, read_told_date, spanning, whole_years, years_after

TODAY = date(2026, 11, 20)
DAYS = st.dates(min_value=date(2024, 1, 1), max_value=date(2029, 1, 1))
LENGTHS = st.integers(0, 800)
COUNTS = st.integers(0, 1200)


@st.composite
def intervals(draw):
    """An interval of up to two years and a bit, around today."""
    first = draw(DAYS)
    return When(first, first + timedelta(days=draw(LENGTHS)))


def days_of(when: When) -> list[date]:
    return [when.first + timedelta(days=number) for number in range((when.last - when.first).days + 1)]


def ages(when: When, today: date) -> list[int]:
    """How long ago each day of the interval was; days to come are left out when a day has come already."""
    every = [(today - day).days for day in days_of(when)]
    return [age for age in every if age >= 0] or every


def agreed(answers: list[bool]) -> bool | None:
    return answers[0] if len(set(answers)) == 1 else None


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2021", date(2021, 1, 1), date(2021, 12, 31)),
        ("2021-02", date(2021, 2, 1), date(2021, 2, 28)),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2021-02-03", date(2021, 2, 3), date(2021, 2, 3)),
        ("2021-2-3", date(2021, 2, 3), date(2021, 2, 3)),
        ("2021-02-03T23:30:00Z", date(2021, 2, 3), date(2021, 2, 3)),
        ("2021-02-03T23:30:00.123-05:00", date(2021, 2, 3), date(2021, 2, 3)),
        ("2021-02-03T08:00", date(2021, 2, 3), date(2021, 2, 3)),
        ("2021-02-03 08:00:00", date(2021, 2, 3), date(2021, 2, 3)),
        (" 2021-02-03 ", date(2021, 2, 3), date(2021, 2, 3)),
        ("2016-12-31T23:59:60Z", date(2016, 12, 31), date(2016, 12, 31)),
        ("9999-12-31", date(9999, 12, 31), date(9999, 12, 31)),
    ],
)
def test_a_date_is_every_day_it_may_mean(text, first, last):
    """A year is all its days, a month all of its, and a dateTime the civil day as written."""
    assert read_date(text) == When(first, last)


@pytest.mark.parametrize(
    "text",
    ["", "unknown", "2021-02-30", "2021-13", "2021-00", "0000", "0000-01-01", "21", "20211", "2021-", "03/02/2021", "2021-02-03-04", None],
)
def test_what_is_no_date_is_none(text):
    """Words, impossible days and half-written dates mean no day at all."""
    assert read_date(text) is None


@pytest.mark.parametrize("value", [2021, 20210203, True, ["2021"], {"start": "2021"}])
def test_only_text_can_be_a_date(value):
    """A number or a list is no date, even when it looks like one."""
    assert read_date(value) is None


@given(intervals(), COUNTS)
def test_within_agrees_with_every_single_day(when, days):
    """True when every day that has come lies in the window (tomorrow too, for clinics in the east), False when none does, else open."""
    assert when.is_within(days, before=TODAY) is agreed([-1 <= age <= days for age in ages(when, TODAY)])


@given(intervals(), COUNTS)
def test_at_least_agrees_with_every_single_day(when, days):
    """True when every day that has come is so long ago, False when none is, else open."""
    assert when.is_at_least(days, before=TODAY) is agreed([age >= days for age in ages(when, TODAY)])


SHORT = st.builds(lambda first, days: When(first, first + timedelta(days=days)), DAYS, st.integers(0, 40))


@given(SHORT, SHORT, st.integers(0, 60))
def test_after_agrees_with_every_pair_of_days(later, earlier, days):
    """True when every day of one lies more than so many days after every day of the other, False when none does, else open."""
    pairs = [(one - other).days > days for one in days_of(later) for other in days_of(earlier)]

    assert later.is_after(earlier, days=days) is agreed(pairs)


@given(SHORT, SHORT)
def test_two_dates_are_never_each_after_the_other(one, other):
    """Order is one-way."""
    assert not (one.is_after(other) is True and other.is_after(one) is True)


@pytest.mark.parametrize(
    ("text", "within"), [("2026-11-20", True), ("2026-10-21", True), ("2026-10-20", False), ("2026-10", None), ("2026", None)]
)
def test_thirty_days(text, within):
    """The bound itself belongs to the window, and a month that reaches over it leaves the question open."""
    assert read_date(text).is_within(30, before=TODAY) is within


@pytest.mark.parametrize(
    ("text", "old"), [("2026-08-28", True), ("2026-08-29", False), ("2026-08", None), ("2026-07", True), ("2025", True)]
)
def test_twelve_weeks(text, old):
    """84 days are 12 weeks, 83 are not."""
    assert read_date(text).is_at_least(84, before=TODAY) is old


@pytest.mark.parametrize(("text", "within"), [("2026-11-21", True), ("2026-11-22", False), ("2027", False)])
def test_what_is_dated_in_the_future_has_not_happened(text, within):
    """Tomorrow's date may come from a clinic further east; any later date is no event."""
    assert read_date(text).is_within(365, before=TODAY) is within


def test_same_day_needs_two_exact_days():
    """The day before counts when one day is given; a month never surely means the same day, not even as itself."""
    one, next_day, in_month = map(read_date, ("2024-03-01", "2024-03-02", "2024-03"))

    assert one.is_same_day(next_day, give=1)
    assert not one.is_same_day(next_day)
    assert not one.is_same_day(in_month, give=31)
    assert not in_month.is_same_day(in_month)


@pytest.mark.parametrize(
    ("text", "words", "month"),
    [("2021-03-12", "12 Mar 2021", "Mar 2021"), ("2021-03", "Mar 2021", "Mar 2021"), ("2021", "2021", "2021")],
)
def test_a_date_is_told_as_precisely_as_it_is_known(text, words, month):
    """No month is made up for a year, no day for a month."""
    assert (read_date(text).in_words(), read_date(text).month_in_words()) == (words, month)


def test_a_stretch_of_years_is_told_as_years():
    """An interval over several years names the first and the last."""
    assert When(date(2019, 5, 1), date(2021, 2, 1)).in_words() == "2019-2021"


@pytest.mark.parametrize(
    ("start", "end", "first", "last"),
    [
        ("2024-03", "2024-05-02", "2024-03-01", "2024-05-02"),
        ("2024-03-01", None, "2024-03-01", "2024-03-01"),
        (None, "2024-05-02", "2024-05-02", "2024-05-02"),
        ("2024-05-02", "2024-03-01", "2024-05-02", "2024-05-02"),
    ],
)
def test_a_period_spans_from_start_to_end(start, end, first, last):
    """An open end is the other end, and an end before the start adds nothing."""
    assert spanning(read_date(start), read_date(end)) == When(date.fromisoformat(first), date.fromisoformat(last))


def test_a_period_without_ends_is_no_date():
    """Nothing stays nothing."""
    assert spanning(None, None) is None


@pytest.mark.parametrize(
    ("born", "years"),
    [("2008-11-20", 18), ("2008-11-21", 17), ("2008-11", 17), ("2008-10", 18), ("2008", 17), ("2007", 18), ("2004-02-29", 22)],
)
def test_age_is_the_least_that_the_birth_date_allows(born, years):
    """A partial birth date never makes anybody older than is certain."""
    assert whole_years(read_date(born), TODAY) == years


@pytest.mark.parametrize("years", [45, 0.5, 45.7])
def test_an_age_is_a_year_of_life(years):
    """ "Onset at 45" begins on the 45th birthday, give or take a day, and lasts a year."""
    born = read_date("1974-03-09")
    when = years_after(born, years)

    assert abs((when.first - born.first).days - years * 365.25) <= 1
    assert 364 <= (when.last - when.first).days <= 367


@pytest.mark.parametrize("years", [1e6, 1e18, float("inf"), -3000])
def test_an_impossible_age_is_no_date(years):
    """Nobody is a million years old."""
    assert years_after(read_date("1974-03-09"), years) is None


@pytest.mark.parametrize(
    ("text", "written", "first", "last"),
    [
        ("since about 2015", None, "2015-01-01", "2015-12-31"),
        ("March 2019", None, "2019-03-01", "2019-03-31"),
        ("decompression in 2015", None, "2015-01-01", "2015-12-31"),
        ("12/03/2015", None, "2015-01-01", "2015-12-31"),
        ("2019-05-03", None, "2019-05-03", "2019-05-03"),
        ("3 years ago", "2026-11-01", "2022-11-01", "2023-11-01"),
        ("2 weeks", "2026-11-01", "2026-10-11", "2026-10-18"),
    ],
)
def test_a_date_in_words_is_as_wide_as_they_leave_it(text, written, first, last):
    """A year, a month of a year, or so long before the words were written; never narrower than what was said."""
    assert read_told_date(text, read_date(written)) == When(date.fromisoformat(first), date.fromisoformat(last))


@pytest.mark.parametrize("text", ["3 years ago", "2015-2017", "age 45", "L4-5", "unknown", "", None, 7])
def test_words_that_leave_the_date_open_are_no_date(text):
    """Two years, or a stretch before nobody knows when, is none."""
    assert read_told_date(text) is None
