"""A report in words: what is flagged, what is kept back, and the same numbers in every shape."""

import csv
import io
import json
from dataclasses import replace
from datetime import date

import pytest

from service.agreed_acceptance import AgreedAcceptance, read_agreed_acceptance
from service.knowledge.load import load_knowledge
from service.numbers.report import Day, Fate, Frame, Report, Way, report_of
from service.numbers.share import Share
from service.numbers.tables import COLUMNS, as_csv, as_json, in_words, table_of
from service.numbers.words import BELOW, MAYBE_BELOW, Row, Section, sections, steps_of, verdict
from service.storage.numbers import Counts

FRAME = Frame(date(2026, 11, 1), date(2026, 11, 20), None, 14, AgreedAcceptance())
EMPTY = report_of(Counts(*[()] * 10), FRAME, reasons={})


def report(**changes: object) -> Report:
    """A report of ten calls without a card, with other parts."""
    live = replace(EMPTY.live, calls=10, silent=10, encounters=Share(0, 10))
    return replace(EMPTY, **{"live": live, **changes})


def said(report: Report, name: str) -> tuple[Row, ...]:
    """The rows of a section; none where it is not there."""
    return next((one.rows for one in sections(report, load_knowledge()) if one.name == name), ())


@pytest.mark.parametrize(
    ("accepted", "decided", "agreed", "expected"),
    [(5, 100, 0.2, BELOW), (1, 8, 0.2, MAYBE_BELOW), (2, 10, 0.2, None), (9, 10, 0.2, None), (0, 0, 0.2, None), (0, 50, None, None)],
)
def test_a_rule_below_what_was_agreed_is_flagged(accepted, decided, agreed, expected):
    """Surely, perhaps by chance, or not; never where nothing is known, and never where nothing was agreed."""
    found = verdict(Share(accepted, decided), agreed)

    assert (found and found.partition(" (")[0]) == expected


@pytest.mark.parametrize(
    ("text", "rule", "agreed"),
    [("0.2", "S3", 0.2), ("0.2, S3=0.3", "S3", 0.3), ("0.2,S3=0.3", "B-01", 0.2), ("S3=1", "B-01", None), ("", "S3", None)],
)
def test_what_was_agreed_of_a_rule(text, rule, agreed):
    """Its own number, else that of all, else none: nothing is made up."""
    assert read_agreed_acceptance(text).of(rule) == agreed


@pytest.mark.parametrize("text", ["20", "0", "-0.1", "nan", "S3", "S3=", "=0.2", "0.2,0.3", "S3=0.2,S3=0.3", "a", "0.2;0.3"])
def test_what_is_no_acceptance_is_refused(text):
    """With the sentence that says what it may be."""
    with pytest.raises(ValueError, match="must be a number above 0 and at most 1"):
        read_agreed_acceptance(text)


def test_a_flag_stands_with_its_rule():
    """In the note of the rule that is below, and nowhere else."""
    frame = replace(FRAME, agreed=AgreedAcceptance(0.5, {"B-01": 0.01}))
    live = replace(EMPTY.live, calls=10, by_rule={"B-01": Fate(accepted=1, ignored=19), "S3": Fate(accepted=1, ignored=19)})
    notes = {row.group: row.note for row in said(report(frame=frame, live=live), "rules") if row.measure == "accepted"}

    assert notes == {"B-01": "", "S3": f"{BELOW} (50 per 100)"}


@pytest.mark.parametrize(
    ("part", "whole", "shown"),
    [(11, 22, True), (0, 11, True), (12, 12, True), (10, 40, False), (30, 40, False), (1, 12, False), (0, 10, False)],
)
def test_counts_of_few_patients_are_not_shown(part, whole, shown):
    """Neither a part of 1 to 10 nor a rest of so many, from which it could be worked out; none at all is nobody."""
    rows = said(report(ordered=Way(Share(part, whole), 3.0), done=Way(Share(0, whole), None)), "blocks")
    row = rows[0]

    assert (row.numerator == part, row.denominator == whole) == (shown, shown)
    assert ("days" in {row.unit for row in rows}) == shown
    assert "days" not in {row.unit for row in rows if row.group == "block done"}
    assert shown or in_words(row) == "not shown"


def test_every_rate_has_its_denominator():
    """A number per 100 without what it is a part of is none, unless it is kept back."""
    fate = Fate(1, 2, 3, 4)
    counted = {"calls": 10, "silent": 4, "refused": 1, "encounters": Share(3, 7), "days": (Day(date(2026, 11, 2), 10, 5),)}
    why = {"silences": {("T-LOW", False): 4}, "refusals": {"procedures": 1}}
    live = replace(EMPTY.live, **counted, **why, fate=fate, by_kind={"workup": fate}, by_rule={"S3": fate})
    rows = [row for one in sections(report(live=live, reasons={"no reason": 2}), load_knowledge()) for row in one.rows]

    assert len(rows) > 20
    assert [row for row in rows if row.unit == "per 100" and row.denominator is None and "not shown" not in row.note] == []


def test_a_long_time_is_told_in_weeks():
    """From Monday on; a short one in days."""
    days = [Day(date(2026, 8, 5), 1, 0), Day(date(2026, 8, 9), 2, 1), Day(date(2026, 11, 20), 4, 4)]

    assert steps_of(days) == ((date(2026, 8, 3), 3, 1), (date(2026, 11, 16), 4, 4))
    assert [step[0] for step in steps_of(days[:2])] == [date(2026, 8, 5), date(2026, 8, 9)]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (Row("m", "g", 5, 12, 41.67, "per 100", 19.3, 68.0), "41.7 % (5 of 12; 19.3-68.0)"),
        (Row("m", "g", 130, 100, 130.0, "per 100"), "130.0 per 100 (130 of 100)"),
        (Row("m", "g", 0, 0, None, "per 100"), "- (0 of 0)"),
        (Row("m", "g", 1234, None, 1234.0, "count"), "1,234"),
        (Row("m", "g", None, 7, 10.25, "ms"), "10.2 ms"),
    ],
)
def test_a_number_in_words(row, words):
    """With what it is made of, its interval and its unit."""
    assert in_words(row) == words


def test_groups_with_the_same_measures_stand_side_by_side():
    """A line for each group and a column for each measure; the notes at the end."""
    rows = (Row("accepted", "a", 1, 2, 50.0, "per 100", note="mind"), Row("open", "a", 3, None, 3.0, "count"))
    table = table_of(Section("s", "S", "says", "group", (*rows, *(replace(row, group="b", note="") for row in rows))))

    assert table.heads == ("group", "accepted", "open", "note")
    assert table.lines == (("a", "50.0 per 100 (1 of 2)", "3", "mind"), ("b", "50.0 per 100 (1 of 2)", "3", ""))


def test_csv_is_one_table_that_no_spreadsheet_runs():
    """Its columns, a row for each number, and no text that begins as a formula does."""
    section = Section("s", "S", "says", "group", (Row("m", "=cmd()", 1, 2, 50.0, "per 100", 1.3, 98.7, '@"x"\n'),))
    (row,) = csv.DictReader(io.StringIO(as_csv([section])))

    assert tuple(row) == COLUMNS
    assert (row["measure"], row["group"], row["numerator"], row["denominator"], row["value"]) == ("s: m", "'=cmd()", "1", "2", "50.0")
    assert row["note"].startswith("'@")


def test_json_has_the_same_rows():
    """What was asked for, and each number with its denominators."""
    found = json.loads(as_json(report(), sections(report(), load_knowledge())))

    assert (found["since"], found["until"], found["client"], found["agreedAcceptance"]) == ("2026-11-01", "2026-11-20", None, None)
    assert found["sections"][0]["rows"][1] | {"numerator": 10, "denominator": 10} == found["sections"][0]["rows"][1]


def test_an_empty_report_says_nothing():
    """No section is left: there is nothing to divide."""
    assert sections(EMPTY, load_knowledge()) == ()
