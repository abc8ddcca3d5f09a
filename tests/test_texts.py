"""Sentences of charts, labelled by hand (fixtures/texts), are read as labelled; where one is not, the row says how it is read instead."""

from typing import Any

import pytest

from tests.texts import RED_FLAGS, Row, exam_read, problem_read, report_read, rows

EVERY = [(read, row) for kind, read in (("reports", report_read), ("exams", exam_read), ("problems", problem_read)) for row in rows(kind)]
ROWS = [pytest.param(read, row, id=row["text"][:60]) for read, row in EVERY]
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


def test_no_misread_sentence_is_dangerous():
    """What is misread errs towards silence: no red flag is missed for it, nothing is normal or reproduced that is not."""
    for read, row in EVERY:
        reading, misread = read(row), row.get("reads_as", {}).keys()

        assert "imaging" not in misread or reading["imaging"] != "clear", row["text"]
        assert set(reading.get("red_flags", ())) >= set(row.get("red_flags", ())), row["text"]
        assert "reproduces" not in row or reading["reproduces"].items() <= row["reproduces"].items(), row["text"]
        assert set(row.get("not_present", ())) - set(reading.get("not_present", ())) <= RED_FLAGS, row["text"]
