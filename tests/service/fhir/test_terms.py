"""Codes and words of a resource as the knowledge sees them: systems folded, numbers understood, sides found."""

import pytest

from service.fhir.datatypes import CodeableConcept, Coding
from service.fhir.terms import Terms, agreed, notes_of, text_of, texts_of
from service.knowledge.load import load_knowledge
from service.record import Side
from tests.service.charts import CPT, ICD, SNOMED

TERMS = Terms(load_knowledge())
RIGHT, LEFT, BOTH, UNKNOWN, CONFLICT = Side.RIGHT, Side.LEFT, Side.BILATERAL, Side.UNKNOWN, Side.CONFLICT


def coded(system, code, **more):
    return CodeableConcept(coding=[Coding(system=system, code=code, **more)])


@pytest.mark.parametrize(
    ("system", "code"),
    [(CPT, "63047"), (CPT, 63047), (CPT, 63047.0), (CPT, " 63047 "), (f"{CPT}/", "63047")],
)
def test_a_code_is_found_however_it_is_written(system, code):
    """As text, as a number, or padded."""
    assert "lumbar-laminectomy" in TERMS.names(coded(system, code))


def test_a_system_has_several_names():
    """An OID or a nickname of a system is folded into its canonical URI."""
    assert "low-back-pain" in TERMS.names(coded("urn:oid:2.16.840.1.113883.6.90", "M54.50"))
    assert "chronic-low-back-pain" in TERMS.names(coded("SNOMED-CT", 278860009))


@pytest.mark.parametrize("code", ["M54.50", "M5450", "m54.50"])
def test_an_icd_code_is_found_with_and_without_its_dot(code):
    """Claims leave the dot out, some sites write small letters."""
    assert "low-back-pain" in TERMS.names(coded(ICD, code))


@pytest.mark.parametrize("concept", [coded(ICD, "63047"), coded(None, "63047"), coded(CPT, None), CodeableConcept(), None])
def test_a_code_belongs_to_its_system(concept):
    """The same characters in another system, or in none, mean nothing."""
    assert TERMS.names(concept) == frozenset()


def test_codes_are_given_with_the_canonical_system_the_known_ones_first():
    """What a card or an order refers to is the code that decided."""
    concept = CodeableConcept(coding=[Coding("http://site.example", "OR-17"), None, Coding("SNOMED-CT", 278860009)])

    assert [(one.system, one.code) for one in TERMS.codings(concept)] == [(SNOMED, "278860009"), ("http://site.example", "OR-17")]


@pytest.mark.parametrize(
    ("text", "side"),
    [
        ("Right iliac crest", RIGHT),
        ("LEFT-sided back pain", LEFT),
        ("rt. buttock", RIGHT),
        ("bilateral buttock pain", BOTH),
        ("right and left buttock", BOTH),
        ("pain R/L: right/left", BOTH),
        ("both buttocks", BOTH),
        ("right hip replaced, left buttock pain", UNKNOWN),
        ("low back pain", UNKNOWN),
        ("bright light therapy leftover", UNKNOWN),
        ("", UNKNOWN),
    ],
)
def test_the_side_that_words_name(text, side):
    """One side, both as a pair, or unknown: two sides apart from each other are not both."""
    assert TERMS.side_in(text) is side


@pytest.mark.parametrize(
    ("names", "side"),
    [
        ({"side-right"}, RIGHT),
        ({"side-left-in-code"}, LEFT),
        ({"side-right", "side-left"}, BOTH),
        ({"side-both"}, BOTH),
        ({"low-back-pain"}, UNKNOWN),
        (set(), UNKNOWN),
    ],
)
def test_the_side_that_a_code_says(names, side):
    """A side qualifier, or a code that holds its side."""
    assert TERMS.side_of_names(frozenset(names)) is side


@pytest.mark.parametrize(
    ("sides", "side"),
    [([RIGHT, UNKNOWN, RIGHT], RIGHT), ([RIGHT, LEFT], CONFLICT), ([RIGHT, BOTH], CONFLICT), ([UNKNOWN], UNKNOWN), ([], UNKNOWN)],
)
def test_sources_of_one_fact_agree_or_conflict(sides, side):
    """Silence of one source is no disagreement; two different sides are."""
    assert agreed(sides) is side


@pytest.mark.parametrize(
    ("concept", "text"),
    [
        (CodeableConcept(text="Back pain", coding=[Coding(SNOMED, "1", "other")]), "Back pain"),
        (CodeableConcept(coding=[Coding(display="Back pain"), None, Coding(SNOMED, "1", "Lumbago")]), "Back pain; Lumbago"),
        (None, ""),
    ],
)
def test_the_words_of_a_concept(concept, text):
    """Its text, else the displays of its codes."""
    assert text_of(concept) == text


def test_words_of_several_concepts_are_joined():
    """Two body sites are read one after the other."""
    assert texts_of([CodeableConcept(text="left"), None, CodeableConcept(text="crest")]) == "left; crest"


def test_notes_without_words_are_left_out():
    """Empty notes and absent strings add nothing."""
    assert notes_of([None], "said", None, "") == ("said",)


def test_a_text_says_only_lists_whose_words_stand_in_it():
    """A text without any first word of a phrase list need not be read for it."""
    assert "low-back-pain" in TERMS.said("Condition", ("Low back pain",))
    assert TERMS.said("Condition", ("xyzzy",)) == frozenset()


@pytest.mark.parametrize(
    ("answer", "no"), [("No", True), ("Not present.", True), ("NEGATIVE", True), ("No relief", False), ("yes", False), ("", False)]
)
def test_a_plain_no_denies(answer, no):
    """An answer that is nothing but no; a sentence that begins with it is more than that."""
    assert TERMS.denies(answer) is no


@pytest.mark.parametrize(
    ("concept", "unknown"),
    [
        (coded("urn:oid:2.999.1.1", "OR-1"), True),
        (CodeableConcept(coding=[Coding(system="urn:oid:2.999.1.1", code="OR-1"), Coding(system="urn:oid:2.999.1.2", code="2")]), True),
        (coded(SNOMED, "38341003"), False),
        (coded("SNOMED-CT", "38341003"), False),
        (CodeableConcept(coding=[Coding(system="urn:oid:2.999.1.1", code="OR-1"), Coding(system=f"{ICD}/", code="I10")]), False),
        (coded(None, "OR-1"), False),
        (coded("urn:oid:2.999.1.1", None), False),
        (CodeableConcept(text="Laminectomy"), False),
        (None, False),
    ],
)
def test_a_code_is_unknown_when_no_value_set_uses_its_system(concept, unknown):
    """What stands beside a code of a system that we read is known to be none of ours; words alone are no code."""
    assert TERMS.is_unknown(concept) is unknown
