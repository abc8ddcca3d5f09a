"""How clinicians' sentences are understood: affirmed, denied, doubted, past, or of somebody else."""

import pytest

from service.knowledge.load import load_knowledge
from service.knowledge.model import PhraseList
from service.reasoning.clauses import clauses
from service.reasoning.language import Ear, Hearing
from service.reasoning.mention import Sense
from service.record import Side

KNOWLEDGE = load_knowledge()
LANGUAGE = KNOWLEDGE.language
EAR = Ear(LANGUAGE, KNOWLEDGE.slips)


def phrases(*groups, apart=12, never_between=(), **more):
    """A list of one phrase; each argument is a group of words of which one must stand."""
    words = [[group] if isinstance(group, str) else group for group in groups]
    phrase = {"words": words, "apart": apart, "never_between": never_between}
    return PhraseList.model_validate({"label": "X", "strength": "expert", "phrase": [phrase], **more})


STENOSIS = phrases("stenosis")
SEVERE_STENOSIS = phrases(["severe", "marked"], "stenosis", apart=5)
SEVERE_NOT_MILD = phrases("severe", "stenosis", never_between=["mild"])
RETENTION = phrases("urinary retention")
LAMINECTOMY = phrases("laminectomy", past_counts=True)


def heard(text, listed):
    return Hearing(EAR, 2026).mentions(text, listed)


def senses(text, listed):
    return [mention.sense for mention in heard(text, listed)]


@pytest.mark.parametrize(
    "text",
    [
        "Stenosis at L4-L5.",
        "SEVERE STENOSIS",
        "There is no fracture. Stenosis at L4-L5.",
        "No fracture but stenosis at L4-L5.",
        "No fracture; stenosis.",
        "No fracture\nStenosis at L4-L5",
        "Without fracture, however stenosis is seen.",
        "There is no change in the stenosis.",
        "No improvement of the stenosis.",
        "Not only stenosis but a cyst.",
        "No new fracture, and there is stenosis at L5.",
        "Pain due to stenosis.",
        "No numbness or tingling, worse with stenosis.",
        "Scar? Stenosis.",
        "Any scar ? No. Stenosis.",
        "Stenois at L4-5.",
    ],
)
def test_a_plain_sentence_affirms(text):
    """A denial of something else, or of a change, does not reach the phrase."""
    assert senses(text, STENOSIS) == [Sense.AFFIRMED]


@pytest.mark.parametrize(
    "text",
    [
        "No stenosis.",
        "no significant canal or foraminal stenosis",
        "No evidence of stenosis.",
        "Without stenosis",
        "No fracture, listhesis or stenosis.",
        "No fracture, stenosis, or listhesis.",
        "Stenosis is not seen.",
        "Stenosis: none",
        "Stenosis was ruled out.",
        "Negative for stenosis",
        "There is no central\nstenosis.",
        "Neither herniation nor stenosis.",
        "The patient does not have stenosis.",
        "Nil stenosis.",
        "No fracture, discitis or stenosis.",
        "No fracture, stenosis or abscess at any level.",
        "No fracture, stenosis, nerve root compression.",
        "MRI ruled out stenosis.",
        "Stenosis absent.",
        "Herniation no, stenosis no.",
        "No evidence of stenossis.",
    ],
)
def test_a_denial_denies(text):
    """Before the phrase, after it, through a list, and over a line that merely goes on."""
    assert senses(text, STENOSIS) == [Sense.DENIED]


@pytest.mark.parametrize(
    "text",
    [
        "Possible stenosis.",
        "Rule out stenosis",
        "r/o stenosis",
        "Stenosis?",
        "Cannot exclude stenosis.",
        "Stenosis versus artefact.",
        "Concern for stenosis",
        "Findings suspicious for stenosis",
        "It is not clear whether the canal has a stenosis",
    ],
)
def test_a_doubt_is_no_finding_and_no_denial(text):
    """What can be read both ways is neither."""
    assert senses(text, STENOSIS) == [Sense.DOUBTED]


@pytest.mark.parametrize(
    "text",
    [
        "Mother had urinary retention.",
        "Family history of urinary retention",
        "Return for urinary retention.",
        "Return if urinary retention or numbness.",
        "Watch for urinary retention",
        "Patient educated about urinary retention",
        "Call if fever, chills, urinary retention.",
        "Mum had urinary retention.",
        "Warned about urinary retention.",
        "Consented for the block: complications include urinary retention.",
    ],
)
def test_what_is_said_of_others_or_of_what_may_come_is_not_the_patient_now(text):
    """A relative's trouble and the words of a safety net are no red flag."""
    assert senses(text, RETENTION) == [Sense.OTHER]


@pytest.mark.parametrize("text", ["History of urinary retention", "s/p urinary retention", "Previous urinary retention."])
def test_the_past_is_not_now(text):
    """A history of a symptom is not the symptom."""
    assert senses(text, RETENTION) == [Sense.PAST]


@pytest.mark.parametrize("text", ["Status post laminectomy", "s/p laminectomy", "history of laminectomy", "Prior L4-5 laminectomy."])
def test_the_past_counts_where_the_list_says_so(text):
    """An operation is always of the past."""
    assert senses(text, LAMINECTOMY) == [Sense.AFFIRMED]


def test_a_comparison_with_an_earlier_study_is_no_history():
    """ "Prior MRI" puts the study in the past, not what is seen now."""
    assert senses("Compared to prior MRI stenosis has increased.", STENOSIS) == [Sense.AFFIRMED]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Severe L4-5 foraminal stenosis", 1),
        ("Stenosis, severe", 1),
        ("Marked central stenosis", 1),
        ("severe pain. Mild stenosis", 0),
        ("Severe pain with weakness of one leg and some stenosis", 0),
        ("stenosis", 0),
        ("", 0),
    ],
)
def test_a_phrase_needs_one_word_of_each_group_close_together(text, found):
    """In any order, in one clause, no further apart than the list allows."""
    assert len(senses(text, SEVERE_STENOSIS)) == found


def test_words_that_must_not_stand_between():
    """ "Severe arthropathy, mild stenosis" is no severe stenosis."""
    assert senses("Severe arthropathy, mild stenosis", SEVERE_NOT_MILD) == []
    assert senses("Severe foraminal stenosis", SEVERE_NOT_MILD) == [Sense.AFFIRMED]


def test_two_mentions_are_two_meanings():
    """Each mention has its own sense, in the order of the text."""
    assert senses("No stenosis at L3-4. Stenosis at L4-5.", STENOSIS) == [Sense.DENIED, Sense.AFFIRMED]


def test_a_mention_keeps_its_clause_as_written():
    """The quotation on a card is the chart's own sentence."""
    (mention,) = heard("- Impression: fine.\n- No residual  STENOSIS at L4-5", STENOSIS)

    assert mention.clause == "No residual STENOSIS at L4-5"


@pytest.mark.parametrize("text", ["No stenosis at L4.5 level", "T2 weighted. S/P fusion", "L4/5"])
def test_levels_and_abbreviations_are_words(text):
    """Numbers with a point, levels and slashes do not cut a sentence into nonsense."""
    assert "".join(" ".join(clause.words) for clause in clauses(text))


@pytest.mark.parametrize(
    ("text", "number"),
    [("One. Two; three", 3), ("Over the\nline", 1), ("First\nSecond", 2), ("- one\n- Two", 2), ("", 0), ("...", 0), ("a, b", 1)],
)
def test_clauses_end_at_stops_and_at_lines(text, number):
    """A line that begins in lower case goes on with the one before it."""
    assert len(clauses(text)) == number


@pytest.mark.parametrize(
    ("text", "side"),
    [
        ("Right iliac crest tender", Side.RIGHT),
        ("pain on the left", Side.LEFT),
        ("bilateral", Side.BILATERAL),
        ("right and left", Side.BILATERAL),
        ("midline", Side.UNKNOWN),
        ("B/L crest tenderness", Side.BILATERAL),
    ],
)
def test_the_side_a_clause_names(text, side):
    """Right, left, both or none."""
    assert Hearing(EAR, 2026).side(text) is side


def test_what_was_learned_of_one_list_never_answers_for_another():
    """However short a list lives, the next one is heard afresh."""
    found = [senses("stenosis", phrases(words)) for words in ("stenosis", "fracture", "listhesis") * 50]

    assert found == [[Sense.AFFIRMED], [], []] * 50


@pytest.mark.parametrize(
    "text", ["no " * 5000 + "stenosis", "severe stenosis " * 3000, "a" * 100_000, "((((" * 1000, "\n" * 10_000, "é ß 狭窄 \u202e"]
)
def test_no_text_is_too_odd(text):
    """Very long, repetitive or foreign text is read in reasonable time and raises nothing."""
    assert heard(text, SEVERE_STENOSIS) is not None
