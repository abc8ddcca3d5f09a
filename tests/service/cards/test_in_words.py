"""The lines that stand for a click are read back by the next call like what the click would have written, and say nothing unfilled."""

import pytest

from service.cards.in_words import finding_in_words
from service.knowledge.load import load_knowledge
from service.speech import Speech
from tests.service.charts import HL7, archetype, basis, bundle, concept, condition, look, observation, order, pressed

NERVES = load_knowledge().nerves
TEXT = Speech(writes="text")
EACH_NERVE = pytest.mark.parametrize("nerve", NERVES)
DAYS = "2026-11-20"


def written(text):
    """A chart with a text as an examination finding of today."""
    exam = concept(f"{HL7}observation-category", "exam")
    return archetype(exams=bundle(observation(code=concept(text="Examination"), category=[exam], valueString=text)))


def line(nerve):
    return finding_in_words(NERVES[nerve]).split('"')[1]


def filled(nerve, side, does):
    return line(nerve).replace("___", side, 1).replace("___", does, 1)


def heard(name, prefetch):
    """The sides on which a point was read to reproduce the pain, and on which not to."""
    findings, nerve = look(prefetch).findings, NERVES[name]
    return tuple([one.side.value for one in findings.proof_of(ids)] for ids in (nerve.reproduced, nerve.denied))


@EACH_NERVE
@pytest.mark.parametrize(("said", "side"), [("Right", "right"), ("LEFT", "left"), ("Both", "bilateral"), ("bilateral", "bilateral")])
def test_a_filled_line_is_a_finding(nerve, said, side):
    """The point of that nerve and that side reproduces the pain, or does not."""
    assert heard(nerve, written(filled(nerve, said, "reproduces"))) == ([side], [])
    assert heard(nerve, written(filled(nerve, said, "does not reproduce"))) == ([], [side])


@EACH_NERVE
def test_a_filled_line_brings_the_block_card(nerve):
    """As the click does: two calls, one pause."""
    found = basis(look(written(filled(nerve, "Right", "reproduces"))))

    assert (found["kind"], found["nerves"][0], found["side"], found["sideBasis"]) == ("block", nerve, "right", "exam")


def test_a_problem_may_carry_the_line():
    """In the notes of a problem that was entered today it is read as well."""
    noted = condition("noted", recordedDate=DAYS, onsetDateTime=DAYS, note=[{"text": filled("superior", "Right", "reproduces")}])

    assert basis(look(archetype(conditions=bundle(condition(), noted))))["side"] == "right"


@EACH_NERVE
@pytest.mark.parametrize("copied", [line, lambda nerve: finding_in_words(NERVES[nerve])], ids=["the line", "with its explanation"])
def test_an_unfilled_line_says_nothing(nerve, copied):
    """Nobody has pressed anything yet, and a line that was copied and forgotten does not change that."""
    assert heard(nerve, written(copied(nerve))) == ([], [])


@pytest.mark.parametrize("join", ["\n", " "], ids=["as lines", "in one line"])
@pytest.mark.parametrize("exams", [None, bundle(pressed())], ids=["workup", "block"])
def test_a_card_that_was_copied_into_the_chart_says_nothing(exams, join):
    """Of no nerve is a point read as pressed where somebody pasted all of our text."""
    (card,) = look(archetype(**({"exams": exams} if exams else {})), speech=TEXT).cards
    pasted = written(join.join(f"{card.summary}\n{card.detail}".split("\n")))

    assert [heard(nerve, pasted) for nerve in NERVES] == [([], [])] * 3


@pytest.mark.parametrize("side", ["right", "left"])
@EACH_NERVE
def test_an_order_in_words_is_an_order(nerve, side):
    """The line, entered as an order, is known: the block of that nerve and side is neither offered nor written again."""
    point = bundle(pressed(nerve, side))
    (card,) = look(archetype(exams=point), speech=TEXT).cards
    wording = card.detail.split("**Order as** ")[1].split('"')[1]
    (later,) = look(archetype(exams=point, orders=bundle(order(code=concept(text=wording)))), speech=TEXT).cards

    assert wording == f"{NERVES[nerve].block_label}, {side.upper()}"
    assert "Order as" not in later.detail
    assert "already ordered" in later.summary


def test_of_several_blocks_one_is_written_out():
    """Right first; the others are named by nerve and side."""
    exams = bundle(pressed(), pressed(side="left"), pressed("inferior"), pressed("inferior", "left"))
    (card,) = look(archetype(exams=exams), speech=TEXT).cards

    assert '**Order as** "Diagnostic superior cluneal nerve block, RIGHT"; likewise superior LEFT, inferior RIGHT/LEFT.' in card.detail
