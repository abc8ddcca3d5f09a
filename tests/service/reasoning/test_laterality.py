"""The side: of the point, else of the pain, else of the harvest; never guessed."""

import pytest

from service.knowledge.load import load_knowledge
from service.reasoning.findings import Proof
from service.reasoning.laterality import Laterality, laterality_of, side_of_pain, sides_of
from service.record import Condition, Side
from tests.service.charts import CPT, ICD, ago, archetype, bundle, concept, condition, look, observation, pressed, procedure

RIGHT, LEFT, BOTH, UNKNOWN, CONFLICT = Side.RIGHT, Side.LEFT, Side.BILATERAL, Side.UNKNOWN, Side.CONFLICT
LEFT_HARVEST = procedure("side", code=concept("http://www.cms.gov/Medicare/Coding/ICD10", "0QB30ZZ"), performedDateTime=ago(730))
FUSION = procedure("fusion", code=concept(CPT, "22612"), performedDateTime=ago(730))


def pains(*texts):
    return bundle(*(condition(f"c{number}", code=concept(text=text)) for number, text in enumerate(texts)))


def side(**keys):
    return laterality_of(load_knowledge().nerves["superior"], look(archetype(**keys)).findings)


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({}, Laterality(UNKNOWN)),
        ({"conditions": pains("Right buttock pain")}, Laterality(RIGHT, "pain")),
        ({"conditions": pains("Pain of both buttocks")}, Laterality(BOTH, "pain")),
        ({"exams": bundle(pressed())}, Laterality(RIGHT, "exam")),
        ({"exams": bundle(pressed(), pressed(side="left"))}, Laterality(BOTH, "exam")),
        ({"exams": bundle(pressed(effectiveDateTime=ago(200)))}, Laterality(RIGHT, "exam")),
        ({"exams": bundle(pressed()), "conditions": pains("Right buttock pain")}, Laterality(RIGHT, "exam")),
        ({"exams": bundle(pressed()), "conditions": pains("Pain of both buttocks")}, Laterality(RIGHT, "exam")),
        ({"exams": bundle(pressed()), "conditions": pains("Left buttock pain")}, Laterality(CONFLICT)),
        ({"procedures": bundle(FUSION, LEFT_HARVEST)}, Laterality(LEFT, "surgery")),
        ({"procedures": bundle(FUSION, LEFT_HARVEST), "conditions": pains("Right buttock pain")}, Laterality(RIGHT, "pain")),
        ({"procedures": bundle(FUSION, LEFT_HARVEST), "exams": bundle(pressed())}, Laterality(RIGHT, "exam")),
    ],
)
def test_the_side_and_what_it_rests_on(keys, expected):
    """Point before pain before harvest; point against pain is a conflict, harvest against either is not."""
    assert side(**keys) == expected


def test_a_point_whose_own_words_disagree_is_a_conflict():
    """Component right, body site left: nobody can tell."""
    assert side(exams=bundle(pressed(bodySite=concept(text="left iliac crest")))).side is CONFLICT


def test_a_point_of_another_nerve_has_no_say():
    """The middle point's side is not the superior one's."""
    assert side(exams=bundle(pressed("middle"))) == Laterality(UNKNOWN)


@pytest.mark.parametrize(
    ("texts", "expected"),
    [(["Right buttock pain", "Left buttock pain"], BOTH), (["Right buttock pain", "Low back pain"], RIGHT), (["Low back pain"], UNKNOWN)],
)
def test_entries_of_pain_are_taken_together(texts, expected):
    """Right and left on record are both sides; an entry without a side adds nothing."""
    assert side_of_pain(look(archetype(conditions=pains(*texts))).findings) is expected


def test_a_side_in_the_code_is_a_side():
    """ICD-10-CM M54.41 is lumbago with sciatica on the right."""
    facts = look(archetype(conditions=bundle(condition("s", code=concept(ICD, "M54.41"))))).record.of(Condition)

    assert [fact.side for fact in facts] == [RIGHT]


@pytest.mark.parametrize(("which", "single"), [(BOTH, (RIGHT, LEFT)), (RIGHT, (RIGHT,)), (LEFT, (LEFT,)), (UNKNOWN, ()), (CONFLICT, ())])
def test_single_sides_right_first(which, single):
    """What an order can be written for; a conflict is no side."""
    assert Laterality(which).sides == single


def test_a_side_that_was_not_said_may_be_either():
    """An order without a side counts for both."""
    proofs = {which: Proof("Observation/1", "x", None, which, "e") for which in Side}

    assert sides_of([proofs[RIGHT]]) == {RIGHT}
    assert sides_of([proofs[UNKNOWN]]) == sides_of([proofs[BOTH]]) == {RIGHT, LEFT}
    assert sides_of([]) == frozenset()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Pressing right crest reproduces usual pain, left not tender.", RIGHT),
        ("Right iliac crest tender, left iliac crest reproduces usual pain.", LEFT),
        ("Both crests tender, only the right reproduces her pain.", RIGHT),
        ("Pressing right and left iliac crests reproduces usual pain.", BOTH),
        ("Right crest tender, reproduces usual pain; left crest tender, reproduces usual pain.", BOTH),
        ("Tender over both iliac crests. Reproduces usual pain on the left.", LEFT),
        ("Tender right iliac crest. Left side reproduces usual pain.", UNKNOWN),
    ],
)
def test_a_note_of_both_sides_gives_the_side_that_reproduces(text, expected):
    """The words nearest to what happened decide; no side is added, none is left out."""
    assert side(exams=bundle(observation("note", code=concept(text="Palpation"), valueString=text))).side is expected


def test_another_side_of_another_part_is_not_the_pain_s():
    """A knee in the same entry has a side of its own."""
    assert side(conditions=pains("Right iliac crest pain, left knee arthritis")) == Laterality(RIGHT, "pain")
