"""How clinicians' shorthand is understood: signs, slips of the pen, suspicions, and phrases that must stand alone."""

import pytest

from service.knowledge.load import load_knowledge
from service.knowledge.model import PhraseList
from service.reasoning.clauses import clauses
from service.reasoning.language import Ear, Hearing
from service.reasoning.mention import Sense

KNOWLEDGE = load_knowledge()
EAR = Ear(KNOWLEDGE.language, KNOWLEDGE.slips)


def listed(*words, **more):
    """A list of one phrase of one group."""
    return PhraseList.model_validate({"label": "X", "strength": "expert", "phrase": [{"words": [list(words)]}], **more})


STENOSIS = listed("stenosis")
RETENTION = listed("urinary retention")


def heard(text, phrases):
    return Hearing(EAR, 2026).mentions(text, phrases)


def senses(text, phrases):
    return [mention.sense for mention in heard(text, phrases)]


@pytest.mark.parametrize("text", ["?stenosis", "Pain, ? stenosis", "??stenosis ?scar", "Suspect stenosis", "Worrisome for stenosis"])
def test_a_suspicion_is_a_doubt_that_may_still_warn(text):
    """The sign before a word asks for it; of a red flag that is enough, of anything else it is not."""
    assert senses(text, STENOSIS) == [Sense.SUSPECTED]


@pytest.mark.parametrize(
    ("text", "sense"),
    [
        ("Urinary retention 2015, treated", Sense.PAST),
        ("Urinary retention 2026, treated", Sense.AFFIRMED),
        ("Urinary retention, treated", Sense.AFFIRMED),
        ("Urinary retention in the past", Sense.PAST),
        ("Urinary retention, healed", Sense.PAST),
    ],
)
def test_what_was_treated_years_ago_is_over(text, sense):
    """A treatment counts as its end only with a year that is surely more than a year ago."""
    assert senses(text, RETENTION) == [sense]


@pytest.mark.parametrize(
    ("text", "sense"),
    [
        ("+fatigue, -urinary retention", Sense.DENIED),
        ("+ fatigue, - urinary retention", Sense.DENIED),
        ("pain - urinary retention", Sense.AFFIRMED),
        ("Fusion + laminectomy, urinary retention - new", Sense.AFFIRMED),
    ],
)
def test_a_minus_denies_only_among_signs(text, sense):
    """Where a plus marks what is there, a minus marks what is not; elsewhere it is a dash."""
    assert senses(text, RETENTION) == [sense]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("L1 # wedge", 1),
        ("wedge # L2", 1),
        ("#NOF", 1),
        ("Old # T12", 1),
        ("Accession #: 12345", 0),
        ("# FINDINGS", 0),
        ("Problem #3", 0),
        ("Room # 12", 0),
    ],
)
def test_a_hash_is_a_fracture_beside_a_bone(text, number):
    """Numbers and headings have the sign too."""
    assert len(heard(text, listed("fracture"))) == number


@pytest.mark.parametrize("text", ["interior", "spiral", "injection", "peroneal", "stenotic"])
def test_a_word_that_only_looks_like_another_is_itself(text):
    """What is a word of its own, or of a phrase, is no slip of the pen."""
    assert clauses(text, EAR.slips)[0].words == (text,)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("Crest tender. Symptoms reproduced.", 1),
        ("Crest tender; and this reproduced her symptoms", 1),
        ("Crest tender. Symptoms reproduced on the left.", 0),
        ("Crest tender. Straight leg raise: symptoms reproduced", 0),
    ],
)
def test_a_phrase_that_must_stand_alone(text, number):
    """Beside little words only: a side, a place or a test makes it speak of something else."""
    alone = PhraseList.model_validate(
        {"label": "X", "strength": "expert", "phrase": [{"words": [["symptoms"], ["reproduced"]], "apart": 4, "alone": True}]}
    )

    assert len(heard(text, alone)) == number


def test_words_that_make_it_something_else_may_be_spared():
    """ "Severe facet arthropathy, no stenosis" says nothing of a severe stenosis."""
    spared = listed("stenosis", never_with=["severe"], spared=["severe facet"])

    assert senses("Severe facet arthropathy, no stenosis", spared) == [Sense.DENIED]
    assert senses("No severe stenosis, severe facet arthropathy", spared) == []
