"""Which blocks were done: what is only spoken of, called off or billed; of which nerve and side; and what is told of them no more."""

import pytest

from tests.service.blocks import SCORES, VISIT, bands, done, response
from tests.service.charts import (
    CPT,
    SNOMED,
    archetype,
    bundle,
    concept,
    condition,
    look,
    observation,
    patient,
    pressed,
    procedure,
)

READ = ["right superior G-3 75"]


@pytest.mark.parametrize("status", ["entered-in-error", "not-done", "stopped"])
def test_a_response_to_a_block_that_was_not_done_is_nothing(status):
    """It belongs to that procedure, whatever it says."""
    assert bands(done(status=status), scores=(), exams=(response(),))[0].startswith(("I-", "T-", "D-"))


@pytest.mark.parametrize(
    "text",
    [
        "Right superior cluneal nerve block, CANCELLED",
        "Consent for right superior cluneal nerve block",
        "Facet injection; consider superior cluneal block",
    ],
)
def test_a_block_that_is_only_spoken_of_is_none(text):
    """Called off, agreed to, thought of."""
    assert bands(done(text, code=concept(text=text)))[0].startswith(("I-", "T-", "D-"))


@pytest.mark.parametrize("text", ["Cluneal nerve block, superior, right", "Right cluneal nerve block (superior)"])
def test_the_nerve_may_stand_after_the_block(text):
    """As billing systems write it."""
    assert bands(done(text)) == READ


def test_a_mention_in_another_procedure_is_no_block():
    """An exercise visit whose note speaks of last month's block is not that block."""
    visit = procedure(
        "exercise",
        code=concept(CPT, "97110", "Exercise"),
        performedDateTime="2026-11-08",
        note=[{"text": "Superior cluneal block gave 80% relief."}],
    )

    assert not [one for one in bands(visit, scores=()) if "G-" in one]


def test_a_block_and_its_bill_are_one():
    """The clinical entry has the words, the bill the number."""
    bill = done(
        "Injection of a peripheral nerve",
        "bill",
        note=[{"text": "superior cluneal block"}],
        performedPeriod=None,
        performedDateTime="2026-11-08",
    )

    assert bands(done(), bill) == READ


@pytest.mark.parametrize(
    ("text", "told"), [("Superior cluneal nerve block", "unknown superior G-0"), ("Right cluneal nerve block", "right G-0")]
)
def test_a_block_without_side_or_nerve_stays_unread(text, told):
    """And the card asks for what is missing."""
    assert bands(done(text)) == [told]


def test_the_side_in_two_ways_is_no_side():
    """Right in words and left at the body site."""
    assert bands(done(bodySite=[concept(SNOMED, "7771000")])) == ["conflict superior G-0"]


@pytest.mark.parametrize(("day", "silent"), [("2026-08-21", True), ("2025-12-01", True), ("2025-11-01", False)])
def test_an_old_block_is_told_no_more_and_keeps_its_nerve_silent(day, silent):
    """After 90 days nothing is told of it, and until a year has passed no other block of that nerve and side is offered (D-02)."""
    procedures = archetype()["procedures"]["entry"]
    chart = archetype(procedures={"resourceType": "Bundle", "entry": [*procedures, {"resource": done(day=day)}]}, exams=bundle(pressed()))
    evaluation = look(chart)

    assert ("D-02" in (*evaluation.silence.also, evaluation.silence.rule) if evaluation.silence else False) is silent
    assert bool(evaluation.cards) is not silent


def test_a_block_before_an_ablation_is_told_no_more():
    """Nobody interprets it again."""
    ablation = procedure("rf", code=concept(text="Radiofrequency ablation of right superior cluneal nerve"), performedDateTime="2026-11-12")

    assert not [one for one in bands(done(), ablation) if "G-" in one]


def test_red_flags_and_age_go_before_a_response():
    """Nothing is told of a block under a red flag or in a child."""
    saddle = condition("saddle", code=concept(text="Saddle anaesthesia"), onsetDateTime="2026-11-15", recordedDate="2026-11-15")

    assert bands(conditions=bundle(condition(), saddle)) == ["X-01"]
    assert bands(patient=patient(birthDate="2012-01-01")) == ["D-06"]


def test_a_diagnosis_on_the_list_does_not_hide_a_response():
    """D-01 keeps the suspicion silent, never the result of a block."""
    known = condition("known", code=concept(text="Superior cluneal neuralgia, right"))

    assert bands(conditions=bundle(condition(), known)) == READ


def test_a_temporary_name_is_followed():
    """In a Bundle of its own the response points to the block by its urn."""
    entry = {"fullUrl": "urn:uuid:6f0f6cf8-2f2b-4a5e-9a39-6d5f0c9f3b61", "resource": done()}
    chart = {"resourceType": "Bundle", "type": "collection", "entry": [entry]}
    own = response(8, 7, partOf=[{"reference": entry["fullUrl"]}])

    assert bands(procedures=chart, exams=(own,)) == ["right superior G-1 12"]


def test_a_percentage_observation_is_read():
    """Of the same visit, or part of the block; a goal is none."""
    percent = observation(
        "relief",
        code=concept(text="Pain relief after block"),
        valueQuantity={"value": 60, "unit": "%"},
        encounter=VISIT,
        effectiveDateTime="2026-11-08T09:55:00-05:00",
    )
    goal = {**percent, "code": {"text": "Pain relief goal"}}

    assert bands(scores=(), exams=(percent,)) == ["right superior G-2 60"]
    assert bands(exams=(goal,)) == READ


def test_a_new_examination_after_the_block_is_news():
    """What was found under the thumb since then is told instead, and the block stands under Against; what was found before is not news."""
    procedures = archetype()["procedures"]["entry"]
    chart = archetype(procedures={"resourceType": "Bundle", "entry": [*procedures, {"resource": done()}]}, surveys=bundle(*SCORES))
    (since,) = look({**chart, "exams": bundle(pressed("inferior", "left"))}).cards
    (before,) = look({**chart, "exams": bundle(pressed("inferior", "left", effectiveDateTime="2026-11-01"))}).cards

    assert since.summary.startswith("Left inferior cluneal point reproduces")
    assert "right superior cluneal block (8 Nov 2026): 75% relief - positive, once" in since.detail
    assert before.summary.startswith("Right superior cluneal block")
