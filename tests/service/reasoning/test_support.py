"""Support kinds: each once, and one event or one code for one kind only."""

import pytest

from service.knowledge.load import load_knowledge
from service.reasoning.support import support_of
from tests.service.charts import CPT, ICD, ago, archetype, bundle, concept, condition, look, observation, procedure, report

INJECTION = procedure("injection", code=concept(CPT, "64493"), performedDateTime=ago(300))


def support(nerve="superior", **keys):
    return support_of(load_knowledge().nerves[nerve], look(archetype(**keys)).findings, "evidence")


@pytest.mark.parametrize(
    ("keys", "kinds"),
    [
        ({}, ("S3", "S4")),
        ({"reports": bundle()}, ()),
        ({"reports": bundle(report("Post-surgical changes."))}, ("S3",)),
        ({"procedures": bundle()}, ("S4",)),
        ({"procedures": bundle(procedure(), INJECTION)}, ("S3", "S4", "S5")),
        ({"procedures": bundle(procedure(performedDateTime=ago(300)), INJECTION)}, ("S3", "S4")),
        ({"conditions": bundle(condition(), condition("pd", code=concept(ICD, "G20.A1")))}, ("S3", "S4")),
    ],
    ids=[
        "archetype",
        "no sign of pain since",
        "report says nothing",
        "no surgery",
        "injection",
        "injection with the operation",
        "two events of S3",
    ],
)
def test_each_kind_counts_once(keys, kinds):
    """However many events a kind has; what was done in one session is one event, and lends itself to one kind only."""
    assert support(**keys).kinds == kinds


def test_the_other_nerves_have_no_surgery_of_their_own():
    """The events of surgery are the superior nerve's."""
    assert support("middle").kinds == support("inferior").kinds == ("S4",)
    assert support("middle").surgical == ()


def test_surgery_is_what_opens_the_way_without_a_territory():
    """Laminectomy, fusion and harvest are surgical facts; Parkinson disease supports, but is none."""
    disease = support(procedures=bundle(), conditions=bundle(condition(), condition("pd", code=concept(ICD, "G20.A1"))))

    assert {one.reference for one in support().surgical} == {"Procedure/laminectomy", "Procedure/fusion", "Procedure/graft"}
    assert (disease.kinds, disease.surgical) == (("S3", "S4"), ())


def test_all_proof_is_kept_also_of_a_kind_that_lent_its_event():
    """The card may still tell what did not count."""
    told = support(procedures=bundle(procedure(performedDateTime=ago(300)), INJECTION))

    assert {one.reference for one in told.proof["S5"]} == {"Procedure/injection"}


@pytest.mark.parametrize("status", ["entered-in-error", "not-done"])
def test_what_was_not_done_supports_nothing(status):
    """Neither as an operation nor as an injection."""
    undone = [{**one, "status": status} for one in (procedure(), INJECTION)]

    assert support(procedures=bundle(*undone)).kinds == ("S4",)


def test_one_note_tells_of_several_things():
    """Quality and aggravation are no events: a note that tells of both supports both kinds."""
    note = observation("note", code=concept(text="Pain"), valueString="Burning pain at the left iliac crest, worse on standing.")

    assert support(exams=bundle(note)).kinds == ("S1", "S2", "S3", "S4")
