"""Every way to recognise a finding, each by one small chart. Value sets and phrases are the knowledge's own, the bounds are the test's."""

import pytest

from service.knowledge.criteria import Criterion
from service.reasoning.criteria import CRITERIA
from service.reasoning.truth import State
from tests.service.charts import (
    CPT,
    HL7,
    SNOMED,
    ago,
    allergy,
    archetype,
    bundle,
    concept,
    condition,
    empty,
    look,
    observation,
    order,
    prescription,
    procedure,
    recognised,
)

PRESENT, ABSENT, UNKNOWN = State.PRESENT, State.ABSENT, State.UNKNOWN
SURGERY = {"by": "coded-event", "resource": ["Procedure"], "value_set": ["lumbar-laminectomy"]}
PAIN = {"by": "coded-event", "resource": ["Condition"], "value_set": ["low-back-pain"]}
WORDS = {"by": "worded-event", "resource": ["Condition"], "phrases": "buttock-pain"}


def on_file(key, *resources):
    return {**empty(), key: bundle(*resources)}


def state(prefetch, **criterion):
    return recognised(prefetch, **criterion).state


def test_every_shape_has_its_function():
    """The shapes that a file may use and the functions that apply them are the same closed set."""
    shapes = Criterion.__origin__.__args__

    assert {shape.model_fields["by"].annotation.__args__[0] for shape in shapes} == set(CRITERIA)


@pytest.mark.parametrize("by", ["coded-event", "worded-event", "sited-event", "measured-value", "coded-answer"])
def test_an_empty_chart_proves_nothing_and_denies_nothing(by):
    """What is not recorded is unknown."""
    terms = {
        "coded-event": SURGERY,
        "worded-event": WORDS,
        "sited-event": {**PAIN, "by": by, "site": ["bodysite-buttock"]},
        "measured-value": {
            "by": by,
            "reads": "surveys",
            "value_set": ["pain-severity-score"],
            "units": {"": 1},
            "at_least": 4,
            "within_days": 1,
        },
        "coded-answer": {"by": by, "reads": "exams", "value_set": ["exam-superior-point"], "value": ["exam-reproduces"]},
    }[by]

    assert state(empty(), **terms) is UNKNOWN


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("completed", PRESENT),
        *(
            (status, UNKNOWN)
            for status in ("entered-in-error", "not-done", "in-progress", "preparation", "on-hold", "stopped", "unknown", None, "x")
        ),
    ],
)
def test_only_a_completed_procedure_counts(status, expected):
    """A status that is not named as good never counts."""
    assert state(on_file("procedures", procedure(status=status)), **SURGERY) is expected


@pytest.mark.parametrize("status", ["entered-in-error", "refuted", "differential", "whatever"])
def test_a_problem_that_was_not_established_does_not_count(status):
    """Refuted, entered in error, or one of several possibilities."""
    found = condition(verificationStatus=concept(f"{HL7}condition-ver-status", status))

    assert state(on_file("conditions", found), **PAIN) is UNKNOWN


@pytest.mark.parametrize("status", ["confirmed", "unconfirmed", "provisional", None])
def test_a_problem_counts_confirmed_or_not_and_says_so(status):
    """An unconfirmed problem, or one that says nothing of it, counts and is marked as from outside."""
    verification = concept(f"{HL7}condition-ver-status", status) if status else None
    (proof,) = recognised(on_file("conditions", condition(verificationStatus=verification)), **PAIN).proof

    assert proof.outside is (status in ("unconfirmed", None))


def test_a_suspicion_counts_where_it_is_asked_for():
    """A red flag that is only suspected is one."""
    found = on_file("conditions", condition(verificationStatus=concept(f"{HL7}condition-ver-status", "differential")))

    assert state(found, **PAIN, suspected=True) is PRESENT


@pytest.mark.parametrize(("ever", "expected"), [(False, UNKNOWN), (True, PRESENT)])
def test_a_past_problem_counts_where_the_past_is_asked_for(ever, expected):
    """Resolved pain is no pain; a resolved event was one."""
    found = on_file("conditions", condition(clinicalStatus=concept(f"{HL7}condition-clinical", "resolved")))

    assert state(found, **PAIN, ever=ever) is expected


@pytest.mark.parametrize(
    ("when", "terms", "expected"),
    [
        (ago(100), {"within_days": 100}, PRESENT),
        (ago(101), {"within_days": 100}, UNKNOWN),
        (ago(100), {"older_than_days": 100}, PRESENT),
        (ago(99), {"older_than_days": 100}, UNKNOWN),
        ("2026", {"within_days": 30}, UNKNOWN),
        ("2026", {"within_days": 365}, PRESENT),
        (ago(-30), {}, UNKNOWN),
        (None, {}, PRESENT),
        (None, {"undated": False}, UNKNOWN),
        (None, {"within_days": 100}, PRESENT),
    ],
)
def test_an_event_counts_in_its_time(when, terms, expected):
    """In the window, old enough, not in the future; a partial date only when all of it is; an undated one where that is allowed."""
    assert state(on_file("procedures", procedure(performedDateTime=when)), **SURGERY, **terms) is expected


def test_the_kind_of_entry_matters():
    """An order of an operation is no operation."""
    ordered = order(code=concept(CPT, "63047"))

    assert state(on_file("orders", ordered), **SURGERY) is UNKNOWN
    assert state(on_file("orders", ordered), **{**SURGERY, "resource": ["ServiceRequest"]}) is PRESENT


@pytest.mark.parametrize(("performed", "expected"), [(ago(1000), PRESENT), (ago(300), PRESENT), (ago(210), UNKNOWN), (ago(20), UNKNOWN)])
def test_pain_must_follow_where_it_is_asked_for(performed, expected):
    """The last sign of pain is the MRI 210 days ago: an operation after it has no pain on record after it."""
    chart = archetype(procedures=bundle(procedure(performedDateTime=performed)), exams=None)

    assert state(chart, **SURGERY, pain_after_days=83) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Buttock pain", PRESENT),
        ("Chronic pain in left buttock", PRESENT),
        ("No buttock pain", UNKNOWN),
        ("Possible buttock pain", UNKNOWN),
        ("History of buttock pain", UNKNOWN),
        ("Mother has buttock pain", UNKNOWN),
        ("Knee pain", UNKNOWN),
    ],
)
def test_words_count_as_they_are_meant(text, expected):
    """Affirmed words are proof; denied, doubted, past or somebody else's are none, and never a denial either."""
    assert state(on_file("conditions", condition(code=concept(text=text))), **WORDS) is expected


def test_words_and_notes_are_read_together():
    """A note is as good as the name of the entry, and its clause is the quotation."""
    found = on_file("conditions", condition(code=concept(text="Pain"), note=[{"text": "Mostly left buttock pain."}]))
    (proof,) = recognised(found, **WORDS).proof

    assert (proof.quote, proof.side) == ("Mostly left buttock pain", "left")


def test_words_count_only_beside_other_words_where_that_is_asked():
    """A tender point is a point that reproduces the pain only when the note says both."""
    terms = {"by": "worded-event", "resource": ["Observation"], "phrases": "tender-superior-point", "beside": "reproduces-usual-pain"}
    both, one = (
        observation(code=concept(text="Palpation"), valueString=text)
        for text in ("Right iliac crest 7 cm from midline tender, reproduces her usual pain.", "Right iliac crest tender.")
    )

    assert state(on_file("exams", both), **terms) is PRESENT
    assert state(on_file("exams", one), **terms) is UNKNOWN


def test_a_code_at_a_site():
    """Back pain without a region is low back pain at the low back only."""
    terms = {"by": "sited-event", "resource": ["Condition"], "value_set": ["low-back-pain"], "site": ["bodysite-iliac-crest"]}
    here, elsewhere = (condition(bodySite=[concept(SNOMED, code)]) for code in ("29850006", "24136001"))

    assert state(on_file("conditions", here), **terms) is PRESENT
    assert state(on_file("conditions", elsewhere), **terms) is UNKNOWN


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        ({"all_of": ["adult", "low-back-pain"]}, PRESENT),
        ({"all_of": ["adult", "fever"]}, UNKNOWN),
        ({"any_of": ["fever", "adult"]}, PRESENT),
        ({"none_of": ["adult"]}, ABSENT),
        ({"none_of": ["fever"]}, UNKNOWN),
        ({"all_of": ["adult"], "unless": ["low-back-pain"]}, ABSENT),
        ({"all_of": ["adult"], "unless": ["fever"]}, PRESENT),
        ({"all_of": ["adult"], "any_of": ["fever", "diabetes"]}, UNKNOWN),
    ],
)
def test_findings_taken_together(terms, expected):
    """All, one, surely none, unless one: in three-valued logic."""
    assert state(archetype(), by="combination", **terms) is expected


def test_a_combination_is_proved_by_what_it_rests_on():
    """Its proof is theirs."""
    proof = recognised(archetype(), by="combination", any_of=["low-back-pain", "lumbar-laminectomy"]).proof

    assert {one.reference for one in proof} == {"Condition/pain", "Procedure/laminectomy"}


@pytest.mark.parametrize(
    "change", [{"criticality": "high"}, {}, {"reaction": [{"severity": "severe"}]}, {"reaction": [{"severity": "mild"}]}]
)
def test_a_mild_reaction_is_no_severe_allergy(change):
    """Severe, or nobody said how severe."""
    terms = {"by": "worded-event", "resource": ["AllergyIntolerance"], "phrases": "amide-local-anaesthetic", "severe_or_unknown": True}
    mild = change.get("reaction") == [{"severity": "mild"}]

    assert state(on_file("allergies", allergy(**change)), **terms) is (UNKNOWN if mild else PRESENT)


@pytest.mark.parametrize(
    ("status", "ever", "expected"),
    [("active", False, PRESENT), ("stopped", False, UNKNOWN), ("stopped", True, PRESENT), ("cancelled", True, UNKNOWN)],
)
def test_a_drug_is_taken_or_was(status, ever, expected):
    """A caution needs a drug that is taken; a trial is one that was."""
    terms = {"by": "worded-event", "resource": ["MedicationRequest"], "phrases": "anticoagulant", "ever": ever}

    assert state(on_file("medications", prescription("Warfarin", status=status)), **terms) is expected


def test_proof_is_newest_first():
    """A clinician asks for the latest first; what has no date comes last."""
    found = on_file(
        "procedures",
        procedure("a", performedDateTime=None),
        procedure("b", performedDateTime=ago(900)),
        procedure("c", performedDateTime=ago(90)),
    )

    assert [one.reference for one in look(found).findings["lumbar-laminectomy"].proof] == ["Procedure/c", "Procedure/b", "Procedure/a"]
