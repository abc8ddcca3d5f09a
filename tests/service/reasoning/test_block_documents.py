"""What is documented of a block beside its scores: reliefs in reports and notes, times, steroids, and far too much of everything."""

import pytest

from service.cards.wording import LONGEST_DETAIL
from tests.service.blocks import VISIT, bands, done, prefetch, score
from tests.service.charts import CPT, LOINC, ago, bundle, concept, look, observation, pressed, procedure, report

CARE = procedure("care", code=concept(CPT, "97110"), performedDateTime=ago(300))
MIDDLE = (pressed("middle", "left", effectiveDateTime=ago(20)),)
LITTLE = (score(7, "08:45"), score(5, "09:55"))


def noted(words):
    return done(note=[{"text": words}])


def answer(*procedures, **keys):
    evaluation = look(prefetch(*procedures, **keys))
    (card,) = evaluation.cards
    return card


@pytest.mark.parametrize(
    ("words", "scores", "band"),
    [
        ("Relief lasted 4 hours.", None, "G-3 75"),
        ("80% relief. Relief lasted 4 hours.", (), "G-3 80"),
        ("No relief from the block at 30 minutes.", (), "G-1 0"),
        ("80 percent improvement in usual pain. Relief began within 10 minutes.", (), "G-3 80"),
        ("Relief after 20 minutes.", (), "G-0"),
    ],
)
def test_a_time_is_no_figure_of_a_relief(words, scores, band):
    """How long it took or lasted neither is a relief nor contradicts one; the scores stay what is read."""
    keys = {} if scores is None else {"scores": scores}

    assert bands(noted(words), **keys) == [f"right superior {band}"]


def test_a_relief_in_the_report_of_that_visit_is_read():
    """Procedure notes are often reports; one of another visit says nothing of the block."""
    note = report(
        "Right superior cluneal nerve block. 75% relief at 30 minutes.",
        "note",
        code=concept(LOINC, "28570-0", "Procedure note"),
        effectiveDateTime="2026-11-08",
        encounter=VISIT,
    )

    assert bands(scores=(), reports=bundle(note)) == ["right superior G-3 75"]
    assert bands(scores=(), reports=bundle({**note, "encounter": {"reference": "Encounter/other"}})) == ["right superior G-0"]


@pytest.mark.parametrize(
    ("words", "band"),
    [
        ("1,000% relief", "G-0"),
        ("less than 30-40% relief", "G-0"),
        ("over 60-70% relief", "G-0"),
        ("70-80% relief", "G-3"),
        ("relief by 80%", "G-3 80"),
    ],
)
def test_a_figure_that_can_be_read_in_two_ways_is_not(words, band):
    """A bound before a range, and a thousand."""
    assert bands(noted(words), scores=()) == [f"right superior {band}"]


@pytest.mark.parametrize(("comparator", "band"), [(None, "G-3 80"), (">=", "G-3"), ("~", "G-0"), ("ad", "G-0")])
def test_a_comparator_that_nobody_knows_is_not_left_out(comparator, band):
    """About eighty is not eighty."""
    quantity = {"value": 80, "unit": "%", **({"comparator": comparator} if comparator else {})}
    relief = observation("o", code=concept(text="Pain relief"), valueQuantity=quantity, encounter=VISIT, effectiveDateTime="2026-11-08")

    assert bands(scores=(), exams=(relief,)) == [f"right superior {band}"]


def test_a_steroid_in_the_words_of_the_block_is_a_caution():
    """Its lasting relief may be the steroid's, also when no component says that one was given."""
    assert "a steroid was given" in answer(noted("Bupivacaine and triamcinolone 40 mg. 80% relief."), scores=()).detail
    assert "a steroid was given" not in answer(noted("Bupivacaine without steroid. 80% relief."), scores=()).detail


@pytest.mark.parametrize(
    "more",
    [
        (CARE, procedure("rt", code=concept(text="External beam radiation therapy to pelvis"), performedDateTime=ago(2000))),
        (CARE, procedure("disc", code=concept(CPT, "63030"), performedDateTime=ago(30))),
        (),
    ],
    ids=["pelvic radiotherapy", "an operation last month", "no conservative care"],
)
def test_beside_a_result_no_order_is_offered_that_the_suspicion_would_not(more):
    """The middle point brings the pain on: its block is drafted only where the suspicion itself could be spoken of at the high tier."""
    offered = answer(done(), CARE, exams=MIDDLE, scores=LITTLE)
    kept_back = answer(done(), *more, exams=MIDDLE, scores=LITTLE)

    assert [one.label for one in offered.suggestions] == ["Order a diagnostic middle cluneal nerve block, LEFT (draft)"]
    assert not kept_back.suggestions
    assert kept_back.summary == offered.summary


@pytest.mark.parametrize("count", [40, 100])
def test_a_hundred_scores_are_one_card(count):
    """The nearest one is read, three more are told, the others are counted."""
    many = (score(i % 7, f"{9 + (30 + i) // 60:02d}:{(30 + i) % 60:02d}", f"s{i}") for i in range(count))
    card = answer(done(), CARE, scores=(score(8, "08:45"), *many))

    assert len(card.detail) <= LONGEST_DETAIL
    assert "more)" in card.detail


def test_too_many_blocks_are_told_of_nobody_and_close_their_nerve():
    """Two hundred entries of a year: the newest ones are read, no order of the nerve is offered for any of the others."""
    old = [done(id_=f"b{i}", day=f"2026-{1 + i % 10:02d}-{1 + i % 28:02d}", encounter={"reference": f"Encounter/{i}"}) for i in range(200)]
    card = answer(CARE, *old, exams=(pressed("superior", "right", effectiveDateTime=ago(400)),), scores=())

    assert not card.suggestions
