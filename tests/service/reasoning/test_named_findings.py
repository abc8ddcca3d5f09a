"""What the articles name without numbers, and the further cautions: each present in one small chart, and not in its near miss.

Sentences of problem lists about the same findings are in fixtures/texts/problems.jsonl; here are codes, dates, drugs, reports and blocks.
"""

import pytest

from service.reasoning.truth import State
from tests.service.charts import (
    CPT,
    ICD,
    LOINC,
    RXNORM,
    SNOMED,
    ago,
    allergy,
    bundle,
    concept,
    condition,
    empty,
    finding,
    observation,
    prescription,
    procedure,
    report,
)

PCS = "http://www.cms.gov/Medicare/Coding/ICD10"
HCPCS = "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"
PRESENT, UNKNOWN = State.PRESENT, State.UNKNOWN


def state(name, *more, **keys):
    """A finding in the chart of somebody with chronic low back pain and a lumbar MRI of 210 days ago, with something more on file."""
    kinds = {"Condition": "conditions", "Procedure": "procedures", "DiagnosticReport": "reports", "AllergyIntolerance": "allergies"}
    kinds |= {"MedicationRequest": "medications", "Observation": "exams"}
    filed = {"conditions": [condition()], "reports": [report()]}
    for resource in more:
        filed.setdefault(kinds[resource["resourceType"]], []).append(resource)
    return finding(name, {**empty(), **{key: bundle(*resources) for key, resources in filed.items()}, **keys}).state


def problem(system="", code=None, text=None, days=400, **changes):
    return condition("entry", code=concept(system, code, text), onsetDateTime=ago(days), recordedDate=ago(days), **changes)


def done(system="", code=None, text=None, days=400, **changes):
    return procedure("entry", code=concept(system, code, text), performedDateTime=ago(days), **changes)


def lab(value, unit, days=10, code="6301-6"):
    amount = {"value": value, **({"unit": unit, "code": unit} if unit else {})}
    return bundle(observation("lab", code=concept(LOINC, code), effectiveDateTime=ago(days), valueQuantity=amount))


@pytest.mark.parametrize(
    ("name", "entry"),
    [
        ("past-back-or-buttock-trauma", problem(SNOMED, "68893001")),
        ("past-back-or-buttock-trauma", problem(ICD, "S30.0XXS")),
        ("past-motor-vehicle-accident", problem(ICD, "V89.2XXA")),
        ("iliac-marrow-biopsy", done(PCS, "07DR3ZX")),
        ("iliac-marrow-biopsy", done(CPT, "38221", "Bone marrow biopsy, left posterior iliac crest")),
        ("iliac-marrow-biopsy", done(CPT, "38221", bodySite=[concept(SNOMED, "29850006")])),
        ("marrow-biopsy-site-not-stated", done(CPT, "38221")),
        ("sacroiliac-fusion-done", done(CPT, "27279")),
        ("sacroiliac-fusion-done", done(text="Right SI joint fusion")),
        ("posterior-pelvic-trauma", problem(ICD, "S32.10XD")),
        ("sacral-or-cauda-equina-surgery", done(text="Resection of sacral tumour")),
        ("gait-abnormality", problem(ICD, "R26.89")),
        ("gait-abnormality", observation(code=concept(text="Gait"), valueString="Antalgic", effectiveDateTime=ago(20))),
        ("prolonged-sitting", problem(ICD, "Z99.3")),
        ("prolonged-sitting", problem(ICD, "Y93.55")),
        ("hip-or-pelvic-surgery-done", done(CPT, "27130")),
        ("hip-or-pelvic-surgery-done", problem(ICD, "Z96.641")),
        ("hamstring-origin-injury", problem(ICD, "S76.311D", "Strain of right hamstring, proximal")),
        ("hamstring-origin-injury", report("Partial tear of the left hamstring origin.", "pelvis", effectiveDateTime=ago(400))),
        ("pudendal-surgery-with-changed-pain", done(text="Pudendal nerve decompression")),
        ("scoliosis", problem(ICD, "M41.9")),
        ("surgery-at-middle-site", done(CPT, "27280")),
        ("ester-allergy", allergy(code=concept(RXNORM, "1399"))),
        ("ester-allergy", allergy("Tetracaine")),
        ("severe-liver-disease", problem(text="Decompensated liver cirrhosis")),
        ("severe-kidney-disease", problem(text="End stage renal disease")),
        ("cluneal-nerve-treated", done(text="Right cluneal nerve radiofrequency ablation", days=100)),
        ("implanted-stimulator", done(CPT, "63685")),
        ("pelvic-radiotherapy", done(CPT, "77385", bodySite=[concept(text="Pelvis")])),
        ("spinal-injection", done(text="Lumbar medial branch radiofrequency ablation L4-S1")),
        ("spinal-injection", done(text="Lumbar ESI L5-S1")),
        ("persisting-after-injection", done(text="Lumbar facet rhizotomy")),
        ("recent-steroid-injection", done(text="L4-5 facet RFA with triamcinolone", days=20)),
        ("amide-allergy", problem(text="Allergy to lidocaine")),
        ("low-platelets-or-bleeding-disorder", problem(text="Von Willebrand disease")),
    ],
)
def test_an_entry_of_its_own_proves_it(name, entry):
    """A code, words or a body site that say it are enough."""
    assert state(name, entry) is PRESENT


@pytest.mark.parametrize(
    ("name", "entry"),
    [
        ("past-back-or-buttock-trauma", problem(ICD, "S39.012A")),
        ("past-motor-vehicle-accident", problem(SNOMED, "386663009")),
        ("hard-surface-compression", problem(text="Pain worse lying on a hard surface")),
        ("iliac-marrow-biopsy", done(CPT, "38221")),
        ("iliac-marrow-biopsy", done(PCS, "07DR3ZX", "Bone marrow biopsy, anterior iliac crest")),
        ("iliac-marrow-biopsy", done(CPT, "38221", "Bone marrow aspiration, sternum")),
        ("marrow-biopsy-site-not-stated", done(CPT, "38221", "Bone marrow biopsy, left posterior iliac crest")),
        ("sacroiliac-fusion-done", done(CPT, "27096")),
        ("posterior-pelvic-trauma", problem(ICD, "S32.591D")),
        ("sacral-or-cauda-equina-surgery", done(text="Sacral nerve stimulator, surgical placement")),
        ("gait-abnormality", observation(code=concept(text="Gait"), valueString="Normal, no limp", effectiveDateTime=ago(20))),
        ("prolonged-sitting", problem(ICD, "V19.9XXA")),
        ("hip-or-pelvic-surgery-done", done(text="Hip injection")),
        ("hamstring-origin-injury", problem(ICD, "S76.311D")),
        ("hamstring-origin-injury", report("The hamstring origins are intact, no tear.", "pelvis", effectiveDateTime=ago(400))),
        ("pudendal-surgery-with-changed-pain", done(CPT, "64430", "Pudendal nerve block")),
        ("scoliosis", problem(text="Scoliosis screening")),
        ("surgery-at-middle-site", done(CPT, "63047")),
        ("ester-allergy", allergy("Lidocaine")),
        ("ester-allergy", allergy("Novocaine")),
        ("severe-liver-disease", problem(text="Fatty liver")),
        ("severe-kidney-disease", problem(text="Chronic kidney disease, stage 3a")),
        ("cushing", problem(text="Cushing ulcer")),
        ("cluneal-nerve-treated", done(text="Superior cluneal nerve RFA", days=100)),
        ("implanted-stimulator", done(CPT, "63661")),
        ("radiotherapy-site-unstated", done(CPT, "77385", bodySite=[concept(text="Left breast")])),
        ("amide-allergy", problem(text="No known allergy to lidocaine")),
        ("ester-allergy", allergy("Penicillin G procaine")),
        ("recent-significant-trauma", problem(ICD, "S30.0XXS", days=10)),
        ("unhealed-fracture", condition("x", code=concept(SNOMED, "426646004"), onsetDateTime=ago(900), recordedDate=ago(10))),
        ("superior-block-done", done(text="Superior cluneal nerve block scheduled for December", days=100)),
    ],
)
def test_a_near_miss_does_not(name, entry):
    """What only sounds like it, is of another place, or does not say enough, leaves it unknown."""
    assert state(name, entry) is UNKNOWN


EVENTS = {
    "past-back-or-buttock-trauma": problem(SNOMED, "68893001", days=30),
    "past-motor-vehicle-accident": problem(ICD, "V89.2XXA", days=30),
    "posterior-pelvic-trauma": problem(ICD, "S32.10XD", days=30),
    "iliac-marrow-biopsy": done(PCS, "07DR3ZX", days=30),
    "sacroiliac-fusion-done": done(CPT, "27279", days=30),
    "hip-or-pelvic-surgery-done": done(CPT, "27130", days=30),
    "pudendal-surgery-with-changed-pain": done(text="Pudendal nerve decompression", days=30),
}


@pytest.mark.parametrize("name", EVENTS)
def test_an_event_needs_pain_twelve_weeks_after_it(name):
    """An event of last month has no pain on record so long after it, and an event explains no earlier pain."""
    assert state(name, EVENTS[name]) is UNKNOWN


def test_an_event_that_is_over_counts_and_a_state_that_is_over_does_not():
    """A resolved contusion was a contusion; a gait that is normal again is normal."""
    over = concept("http://terminology.hl7.org/CodeSystem/condition-clinical", "resolved")

    assert state("past-back-or-buttock-trauma", problem(SNOMED, "68893001", clinicalStatus=over)) is PRESENT
    assert state("gait-abnormality", problem(ICD, "R26.89", clinicalStatus=over)) is UNKNOWN


@pytest.mark.parametrize("unit", ["{INR}", "1", "", "INR"])
def test_an_inr_is_on_record_whatever_its_value(unit):
    """No bound is published: 1.0 and 6.0 are on record alike, for the card to quote."""
    assert [state("inr-on-record", labs=lab(value, unit)) for value in (1.0, 6.0)] == [PRESENT, PRESENT]


def test_an_inr_is_quoted_as_measured():
    """The figure is the proof."""
    (proof,) = finding("inr-on-record", {**empty(), "labs": lab(2.4, "{INR}")}).proof

    assert proof.quote.startswith("2.4")


@pytest.mark.parametrize("labs", [lab(2.4, "{INR}", days=400), lab(14, "s"), lab(240, "10*9/L", code="777-3")])
def test_an_old_inr_and_another_measurement_are_none(labs):
    """What is long past, in seconds, or a platelet count is no INR on record."""
    assert state("inr-on-record", labs=labs) is UNKNOWN


STEROID_DAY = procedure("drug", code=concept(HCPCS, "J3301"), performedDateTime=ago(60))


@pytest.mark.parametrize(
    "entries",
    [
        [done(CPT, "62323", "L4-5 epidural injection with triamcinolone", days=60)],
        [done(CPT, "27096", days=60), STEROID_DAY],
        [done(text="Caudal epidural steroid injection", days=60)],
        [done(text="Superior cluneal nerve block", days=60, note=[{"text": "Bupivacaine with dexamethasone."}])],
        [done(text="Cortisone injection right buttock", days=60)],
    ],
    ids=["words", "billed that day", "uncoded", "note of a block", "buttock"],
)
def test_a_steroid_near_the_site_is_recent(entries):
    """An injection of the low back or buttock whose words, or whose bill of the day, name a steroid."""
    assert state("recent-steroid-injection", *entries) is PRESENT


@pytest.mark.parametrize(
    "entries",
    [
        [done(CPT, "62323", "L4-5 epidural injection with triamcinolone", days=120)],
        [done(CPT, "27096", days=60)],
        [done(CPT, "62323", "L4-5 epidural injection without steroid", days=60)],
        [done(text="Cervical epidural steroid injection C6-7", days=60)],
        [done(text="Steroid injection, left knee", days=60)],
        [done(text="Superior cluneal nerve block", days=60, note=[{"text": "No steroid was given."}])],
        [STEROID_DAY],
    ],
    ids=["too long ago", "drug not said", "without", "neck", "knee", "block without", "drug alone"],
)
def test_a_steroid_elsewhere_long_ago_or_not_given_is_none(entries):
    """Neither the code of an injection nor that of a drug says by itself that a steroid was given here."""
    assert state("recent-steroid-injection", *entries) is UNKNOWN


@pytest.mark.parametrize(
    ("drug", "expected"),
    [
        (prescription("Oxycodone 5 mg tablet", authoredOn=ago(900)), PRESENT),
        (prescription("Midazolam 2 mg injection", status="completed", authoredOn=ago(20)), PRESENT),
        (prescription("Midazolam 2 mg injection", status="completed", authoredOn=ago(900)), UNKNOWN),
        (prescription("Ketamine 10% cream"), UNKNOWN),
        (prescription("Apomorphine injection"), UNKNOWN),
        (prescription("Gabapentin 300 mg"), UNKNOWN),
    ],
    ids=["active", "ended lately", "ended long ago", "on the skin", "sounds like it", "neither"],
)
def test_opioids_and_sedatives_are_read_by_name(drug, expected):
    """An active prescription counts however old, an ended one as long as a block of its day may still be read."""
    assert state("opioid-or-sedative-prescribed", drug) is expected


@pytest.mark.parametrize(
    ("name", "text"),
    [("severe-liver-or-kidney-disease", "Liver cirrhosis"), ("severe-liver-or-kidney-disease", "ESRD"), ("cushing", "Cushing syndrome")],
)
def test_a_caution_also_counts_when_its_status_is_in_doubt(name, text):
    """Nobody said that it is over: what only warns is not left out for that."""
    assert state(name, problem(text=text, clinicalStatus=concept(text="?"))) is PRESENT
