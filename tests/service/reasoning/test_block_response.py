"""What a documented block did to the pain: which document decides, in which band it falls, and what keeps it from being read."""

import pytest

from tests.service.blocks import SCORES, bands, done, response, score
from tests.service.charts import (
    CPT,
    EXAMINATION,
    SNOMED,
    bundle,
    concept,
    prescription,
    procedure,
)

READ = ["right superior G-3 75"]
UNREAD = ["right superior G-0"]


def test_two_scores_are_read():
    """8 before and 2 at 45 minutes is 75%."""
    assert bands() == READ


@pytest.mark.parametrize(
    ("before", "after", "band"),
    [
        (8, 8, "G-1 0"),
        (10, 6, "G-1 40"),
        (8, 4, "G-2 50"),
        (10, 4, "G-2 60"),
        (10, 3, "G-3 70"),
        (4, 0, "G-3 100"),
        (7, 5, "G-1 28"),
        (5, 9, "G-1 0"),
    ],
)
def test_the_bounds_of_the_bands(before, after, band):
    """Below 50% is negative, from 70% positive, between them neither; nothing is rounded up, and pain that grew is no relief."""
    assert bands(scores=(score(before, "08:45"), score(after, "09:55"))) == [f"right superior {band}"]


@pytest.mark.parametrize(
    "scores",
    [
        (score(8, "08:45"),),
        (score(2, "09:55"),),
        (score(3, "08:45"), score(0, "09:55")),
        (score(8, "08:45"), score(2, "11:11")),
        (score(8, "08:45"), score(2, "09:20")),
        (score(8, "08:45", day="2026-11-06"), score(2, "09:55")),
        (score(8, "08:45"), score(2, "09:55", encounter={"reference": "Encounter/another"})),
        (score(8, "08:45"), score(2, "09:55", code=concept("http://loinc.org", "38208-5"))),
        (score(8, "08:45"), score(2, "09:55", valueQuantity={"value": 2, "unit": "mm"})),
        (score(8, "08:45", status="entered-in-error"), score(2, "09:55")),
        (score(8, "08:45", code=concept("http://loinc.org", "72514-3", "Knee pain score")), score(2, "09:55")),
        (score(8, "08:45", effectiveDateTime="2026-11-08T08:45:00"), score(2, "09:55", effectiveDateTime="2026-11-08T09:55:00")),
        (score(8, "08:45"), score(2, "09:55"), score(6, "09:55", "again")),
        (score(80, "08:45"), score(20, "09:55")),
    ],
    ids=[
        *(
            "no later one",
            "no earlier one",
            "too little pain",
            "121 minutes",
            "10 minutes",
            "two days before",
            "another visit",
            "another scale",
        ),
        *("another unit", "entered in error", "another place", "no zone beside a zone", "two at one time", "not of ten"),
    ],
)
def test_scores_that_do_not_belong_together_say_nothing(scores):
    """Each is one step beyond what may be compared."""
    assert bands(scores=scores) == UNREAD


def test_the_score_nearest_to_an_hour_is_taken():
    """Of several in the window; the others are told."""
    assert bands(scores=(*SCORES, score(5, "10:10"), score(1, "10:50"))) == ["right superior G-1 37"]


@pytest.mark.parametrize(
    ("note", "band"),
    [
        ("80% relief after the block.", "G-3 80"),
        ("Patient reports 60% relief.", "G-2 60"),
        ("Less than 50% relief after the block.", "G-1"),
        ("60-65% relief after the block.", "G-2"),
        ("40-60% relief after the block.", "G-0"),
        ("Up to 80% relief.", "G-0"),
        ("More than 50% relief.", "G-0"),
        ("At least 70% relief.", "G-3"),
    ],
)
def test_a_reported_percentage_goes_before_scores(note, band):
    """The block's own note is read; a range must fall into one band."""
    assert bands(done(note=[{"text": note}])) == [f"right superior {band}"]


@pytest.mark.parametrize(
    "note",
    [
        "Indication: chronic pain without relief from physical therapy.",
        "No relief with NSAIDs before.",
        "Previous block gave 20% relief.",
        "20% relief of headache.",
        "20% relief is required for insurance.",
        "Relief with 2% solution.",
        "Expected relief 20%.",
    ],
)
def test_a_relief_of_something_else_is_passed_over(note):
    """Another time, another place, a goal, a solution: the scores decide."""
    assert bands(done(note=[{"text": note}])) == READ


@pytest.mark.parametrize(
    "note",
    ["Moderate sedation.", "Midazolam 2 mg IV given.", "Fentanyl 50 mcg IV.", "Performed under conscious sedation.", "MAC anesthesia."],
)
def test_sedation_spoils_the_reading(note):
    """Whatever took the pain away, it need not have been the block; the same with our own response."""
    assert bands(done(note=[{"text": note}])) == UNREAD
    assert bands(done(note=[{"text": note}]), scores=(), exams=(response(),)) == UNREAD


def test_no_sedation_spoils_nothing():
    """A denial is no sedation."""
    assert bands(done(note=[{"text": "No sedation was given."}])) == READ


def test_an_opioid_of_the_day_or_another_injection_spoils_the_reading():
    """A prescription of that day, a facet injection, a block of another nerve."""
    opioid = prescription("Oxycodone 5 mg tablet", authoredOn="2026-11-08")
    facet = procedure("facet", code=concept(CPT, "64493"), performedDateTime="2026-11-08")
    middle = done("Right middle cluneal nerve block", "middle")

    assert bands(medications=bundle(opioid)) == UNREAD
    assert bands(done(), facet) == UNREAD
    assert sorted(bands(done(), middle)) == ["right middle G-0", "right superior G-0"]
    assert bands(medications=bundle(prescription("Oxycodone 5 mg tablet", authoredOn="2026-11-01"))) == READ


def test_what_was_given_that_day_spoils_a_response_without_a_documented_block():
    """The response alone is a block of its day, and is judged by that day like any other."""
    alone = {"scores": (), "exams": (response(partOf=None),)}
    opioid = prescription("Oxycodone 5 mg tablet", authoredOn="2026-11-08")
    facet = procedure("facet", code=concept(CPT, "64493"), performedDateTime="2026-11-08")

    assert bands(procedure(), **alone, medications=bundle(opioid)) == UNREAD
    assert bands(procedure(), facet, **alone) == UNREAD


def test_our_own_response_decides_before_everything():
    """Scores that say otherwise do not count where it is there, not even when it cannot be read."""
    bad = (score(8, "08:45"), score(8, "09:55"))

    assert bands(scores=bad, exams=(response(),)) == READ
    assert bands(exams=(response(8, 7),)) == ["right superior G-1 12"]
    assert bands(exams=(response(components={"nrs-before": None}),)) == UNREAD


@pytest.mark.parametrize(
    "components",
    [
        {"nrs-after": None},
        {"minutes-after": None},
        {"minutes-after": {"valueQuantity": {"value": 24, "unit": "h"}}},
        {"nrs-before": {"valueInteger": 3}},
        {"nrs-before": {"valueInteger": 11}},
        {"sedation": {"valueBoolean": True}},
        {"sedation": {"valueString": "midazolam 2 mg"}},
        {"nerve": {"valueCodeableConcept": concept(EXAMINATION, "middle-cluneal-nerve")}},
        {"side": {"valueCodeableConcept": concept(SNOMED, "7771000")}},
    ],
    ids=lambda part: next(iter(part)),
)
def test_a_response_that_lacks_something_stays_unread(components):
    """Missing, impossible, sedated, or of another nerve or side than the block it belongs to."""
    (told,) = bands(scores=(), exams=(response(components=components),))

    assert told.endswith("G-0")


def test_answers_are_understood_in_several_forms():
    """No sedation as a flag or a word, minutes as hours, a nerve and a side in words."""
    components = {
        "sedation": {"valueCodeableConcept": concept(text="No")},
        "minutes-after": {"valueQuantity": {"value": 0.5, "unit": "h"}},
        "nerve": {"valueString": "superior"},
        "side": {"valueString": "Right"},
    }

    assert bands(scores=(), exams=(response(components=components),)) == READ


def test_responses_that_contradict_prove_nothing():
    """Two of one block with different scores; two that agree are one."""
    assert bands(scores=(), exams=(response(), response(8, 7, id_="second"))) == UNREAD
    assert bands(scores=(), exams=(response(), response(id_="second"))) == READ


def test_a_response_alone_documents_a_block():
    """Where no procedure is on file our Observation says which nerve, which side and what came of it."""
    assert bands(procedure(), scores=(), exams=(response(partOf=None),)) == READ
