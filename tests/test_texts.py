"""Sentences of charts, labelled by hand (fixtures/texts), are read as labelled; where one is not, the row says how it is read instead."""

from typing import Any

import pytest

from tests.texts import Row, exam_read, problem_read, report_read, rows

ROWS = [
    pytest.param(read, row, id=f"{kind}:{row['text'][:60]}")
    for kind, read in (("reports", report_read), ("exams", exam_read), ("problems", problem_read))
    for row in rows(kind)
]
READING = ("imaging", "red_flags", "surgery", "territory", "reproduces", "neuropathic", "aggravating", "present", "not_present", "side")


def labels(row: Row) -> dict[str, Any]:
    """What the row says of its sentence."""
    return {name: row[name] for name in READING if name in row}


@pytest.mark.parametrize(("read", "row"), ROWS)
def test_a_sentence_is_read_as_its_row_says(read, row):
    """Every label of the row comes out; a label in `reads_as` says what comes out instead of it, so that it is seen when that changes."""
    expected = {**labels(row), **row.get("reads_as", {})}
    reading = read(row)

    assert {name: reading[name] for name in expected} == expected


@pytest.mark.parametrize(("read", "row"), ROWS)
def test_no_misread_sentence_could_bring_a_wrong_card(read, row):
    """What is misread costs a card at most: no lesion and no red flag is missed for it, nothing is normal or reproduced that is not."""
    read_instead = row.get("reads_as", {})

    assert read_instead.get("imaging") != "clear"
    assert set(read_instead.get("red_flags", row.get("red_flags", []))) >= set(row.get("red_flags", []))
    assert set(read_instead.get("reproduces", {})) <= set(row.get("reproduces", {}))
    assert read_instead.get("not_present", row.get("not_present")) == row.get("not_present")


def test_most_sentences_need_no_exception():
    """At most one row in twenty-five carries `reads_as`: the exceptions stay exceptions."""
    every = [row for kind in ("reports", "exams", "problems") for row in rows(kind)]

    assert sum("reads_as" in row for row in every) <= len(every) / 25
