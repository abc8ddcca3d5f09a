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


@pytest.mark.parametrize(
    ("written", "flags"),
    [
        ("Discitis L3-4, abscess not seen. No stenosis.", ["spinal-or-systemic-infection"]),
        ("Multiple metastases, fracture not seen. No stenosis.", ["active-malignancy"]),
        ("Acute fracture of L1, retropulsion not present. No stenosis.", ["unhealed-fracture"]),
        ("Acute L1 fracture, old T12 fracture healed. No stenosis.", ["unhealed-fracture"]),
        ("HISTORY: There are metastases. No stenosis.", ["active-malignancy"]),
    ],
)
def test_a_denial_of_one_thing_leaves_another_standing(written, flags):
    """What is denied past a comma, or healed, is not what was affirmed before it; what stands under the wrong heading still warns."""
    reading = report_read({"text": written})

    assert (reading["red_flags"], reading["imaging"]) == (flags, "unknown")


@pytest.mark.parametrize("written", ["Fever, chills and night sweats denied", "Fevers, chills: denied.", "Denies fever, chills, weakness."])
def test_a_denial_of_a_whole_list_denies_all_of_it(written):
    """The answer at the end of a list, or the denial before it, is meant for each of its items."""
    assert exam_read({"text": written})["red_flags"] == []
