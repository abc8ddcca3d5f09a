"""Criteria that ask for an answer: a number, a recorded finding, an age, the setting of the visit."""

import pytest

from service.reasoning.truth import State
from tests.service.charts import EXAMINATION, LOINC, ago, bundle, concept, empty, encounter, observation, patient, pressed, recognised

PRESENT, ABSENT, UNKNOWN = State.PRESENT, State.ABSENT, State.UNKNOWN


def on_file(key, *resources):
    return {**empty(), key: bundle(*resources)}


def state(prefetch, **criterion):
    return recognised(prefetch, **criterion).state


SCORE = {
    "by": "measured-value",
    "reads": "surveys",
    "value_set": ["pain-severity-score"],
    "units": {"": 1, "{score}": 1, "%": 0.1},
    "within_days": 365,
}


def score(value, days=1, id_="s", **quantity):
    return observation(id_, code=concept(LOINC, "72514-3"), effectiveDateTime=ago(days), valueQuantity={"value": value, **quantity})


@pytest.mark.parametrize(
    ("quantity", "expected"),
    [
        ({"value": 4}, PRESENT),
        ({"value": 3.9}, ABSENT),
        ({"value": "6"}, PRESENT),
        ({"value": 6, "unit": "{score}"}, PRESENT),
        ({"value": 6, "unit": "points out of ten", "code": "{score}"}, PRESENT),
        ({"value": 60, "unit": "%"}, PRESENT),
        ({"value": 6, "unit": "kg"}, UNKNOWN),
        ({"value": 2, "comparator": "<"}, ABSENT),
        ({"value": 8, "comparator": "<"}, UNKNOWN),
        ({"value": 4, "comparator": ">"}, PRESENT),
        ({"value": 2, "comparator": ">"}, UNKNOWN),
        ({"value": "severe"}, UNKNOWN),
        ({}, UNKNOWN),
    ],
)
def test_a_number_counts_in_a_unit_that_is_known(quantity, expected):
    """On one side of the bound, in its own unit; another unit or an open comparison leaves it unknown."""
    found = observation(code=concept(LOINC, "72514-3"), valueQuantity=quantity)

    assert state(on_file("surveys", found), **SCORE, at_least=4) is expected


@pytest.mark.parametrize(("days", "expected"), [(1, ABSENT), (2, UNKNOWN), (3, UNKNOWN), (0, PRESENT)])
def test_the_newest_days_decide_where_they_are_asked_for(days, expected):
    """Every number of so many of the newest days with one must say so, of fewer days nothing is known; with 0, any in the window does."""
    assert state(on_file("surveys", score(7, 60, "old"), score(0, 1, "new")), **SCORE, at_least=4, days=days) is expected


def test_a_number_out_of_its_time_is_no_number():
    """Too old, in the future or without a date."""
    undated = {**score(9, id_="undated"), "effectiveDateTime": "unknown"}

    assert state(on_file("surveys", score(9, 366), score(9, -30, "later"), undated), **SCORE, at_least=4) is UNKNOWN


def test_a_preliminary_number_does_not_count():
    """Neither does a cancelled one."""
    found = [{**score(9, id_=status), "status": status} for status in ("preliminary", "entered-in-error", "cancelled")]

    assert state(on_file("surveys", *found), **SCORE, at_least=4) is UNKNOWN


ANSWER = {"by": "coded-answer", "reads": "exams", "value_set": ["exam-superior-point"], "value": ["exam-reproduces"]}


@pytest.mark.parametrize(
    ("exam", "expected"),
    [
        (pressed(), PRESENT),
        (pressed(answer="not-tender"), UNKNOWN),
        (pressed("middle"), UNKNOWN),
        (pressed(status="preliminary"), UNKNOWN),
        (pressed(status="entered-in-error"), UNKNOWN),
        (pressed(effectiveDateTime=None), UNKNOWN),
        (pressed(valueCodeableConcept=concept(EXAMINATION, "something-new")), UNKNOWN),
        (pressed(valueCodeableConcept=concept("http://other.example", "reproduces-usual-pain")), UNKNOWN),
    ],
)
def test_our_own_finding_is_read_back(exam, expected):
    """Final, dated, of this point, with this value, in our code system."""
    assert state(on_file("exams", exam), **ANSWER) is expected


@pytest.mark.parametrize(("days", "expected"), [(90, PRESENT), (91, UNKNOWN)])
def test_our_own_finding_grows_old(days, expected):
    """It counts for 90 days, the last one included."""
    assert state(on_file("exams", pressed(effectiveDateTime=ago(days))), **ANSWER, within_days=90) is expected


def test_contradicting_findings_of_a_day_and_side_prove_nothing():
    """Two clinicians who disagree leave it open; the other side, or another day, is no contradiction."""
    denial = pressed(answer="not-tender", id="z")

    assert state(on_file("exams", pressed(), denial), **ANSWER) is UNKNOWN
    assert state(on_file("exams", pressed(), {**denial, "effectiveDateTime": ago(3)}), **ANSWER) is PRESENT
    assert state(on_file("exams", pressed(side="left"), denial), **ANSWER) is PRESENT


@pytest.mark.parametrize(
    ("born", "expected"),
    [("2008-11-20", PRESENT), ("2008-11-21", ABSENT), ("2008", UNKNOWN), ("2009", ABSENT), ("1974", PRESENT), (None, UNKNOWN)],
)
def test_age_by_the_birth_date(born, expected):
    """Grown up, surely not, or unknown."""
    assert state({**empty(), "patient": patient(birthDate=born)}, by="age", at_least=18) is expected


@pytest.mark.parametrize(("visit", "expected"), [(encounter("IMP"), PRESENT), (encounter("AMB"), ABSENT), (None, UNKNOWN)])
def test_the_setting_of_the_visit(visit, expected):
    """By the class of the current encounter; without one nobody knows."""
    assert state({**empty(), "encounter": visit}, by="encounter-setting", settings=["IMP", "EMER"]) is expected
