"""What was done, seen, prescribed, ordered: operations, reports, drugs, allergies, orders, visits.

Codes are those of the value sets, sentences those of `fixtures/texts` or close to them.
"""

from collections.abc import Iterator

from tests.generated.ingredients import Ingredient
from tests.service.charts import (
    CPT,
    EXAMINATION,
    HL7,
    LOINC,
    RXNORM,
    SNOMED,
    ago,
    allergy,
    concept,
    encounter,
    observation,
    order,
    prescription,
    procedure,
    report,
)

ICD_PCS = "http://www.cms.gov/Medicare/Coding/ICD10"
CODED = {
    "laminectomy": ("63047", 1000),
    "laminectomy-again": ("63048", 1000),
    "discectomy": ("63030", 900),
    "fusion": ("22612", 730),
    "rods": ("22842", 730),
    "anterior-fusion": ("22558", 730),
    "graft": ("20937", 730),
    "any-graft": ("20902", 730),
    "stimulator-trial": ("63650", 600),
    "epidural": ("62323", 300),
    "facet": ("64493", 730),
    "sacroiliac-injection": ("27096", 200),
    "exercise": ("97110", 250),
    "hip-nailing": ("27245", 700),
}
IN_WORDS = {
    "laminectomy-in-words": ("Laminectomy L4-L5", ""),
    "fusion-somewhere": ("Spinal fusion with instrumentation", ""),
    "neck-fusion": ("Cervical fusion with iliac crest bone graft", ""),
    "harvest-in-words-left": ("Harvest of left posterior iliac crest bone graft", "left"),
    "left-hemilaminectomy": ("Left L4-5 hemilaminectomy", ""),
    "hip-replaced": ("Total replacement of right hip", ""),
    "epidural-for-birth": ("Epidural anaesthesia for labour", ""),
    "facet-relief": ("Left L4-5 facet injection with 90% relief", ""),
}
SEEN = {
    "mri": ("No residual stenosis or disc herniation. Unremarkable postoperative appearance.", ""),
    "mri-told": ("HISTORY: status post L4-S1 fusion. FINDINGS: No stenosis. No herniation.", ""),
    "mri-mild": ("Mild multilevel degenerative changes without significant canal or foraminal stenosis.", ""),
    "mri-lesion-right": ("Severe right L5-S1 foraminal stenosis.", ""),
    "mri-lesion-left": ("Severe left L5-S1 foraminal stenosis.", ""),
    "mri-lesion": ("Unremarkable postoperative appearance. Severe L4-5 central canal stenosis.", ""),
    "mri-fracture": ("Acute compression fracture of L1. No stenosis.", "X-03"),
    "mri-tumour": ("Multiple vertebral metastases. No stenosis.", "X-05"),
    "mri-discitis": ("Discitis L3-4 with epidural abscess.", "X-04"),
    "mri-hardware": ("Loosening of the S1 screws. No stenosis.", ""),
}
# name -> what was done, how many days ago, on which side
BLOCKS = {
    "block-done-right": ("Right superior cluneal nerve block", 12, "right"),
    "block-done-left": ("Left middle cluneal nerve block, 80% relief", 30, "left"),
    "block-done-before": ("Right superior cluneal nerve block", 60, "right"),
    "block-done-somewhere": ("Inferior cluneal nerve block", 20, ""),
}
# name -> the nerve and the side that were blocked, how many days ago, pain before and after
RESPONSES = {
    "response-right": ("superior", "right", 12, 8, 2),
    "response-before": ("superior", "right", 60, 7, 1),
    "response-left": ("middle", "left", 30, 7, 5),
}


def operations() -> Iterator[Ingredient]:
    """Operations with and without their region, grafts with and without a side, injections, and other things done."""
    for name, (code, days) in CODED.items():
        yield Ingredient("procedures", procedure(name, code=concept(CPT, code), performedDateTime=ago(days)))
    for side, code in (("right", "0QB20ZZ"), ("left", "0QB30ZZ")):
        harvest = procedure(f"harvest-{side}", code=concept(ICD_PCS, code), performedDateTime=ago(730))
        yield Ingredient("procedures", harvest, side=side)
    for name, (text, side) in IN_WORDS.items():
        yield Ingredient("procedures", procedure(name, code=concept(text=text), performedDateTime=ago(730)), side=side)
    lamina = concept(SNOMED, "387731002")
    yield Ingredient("procedures", procedure("region-free", code=lamina))
    yield Ingredient("procedures", procedure("region-in-site", code=lamina, bodySite=[concept(SNOMED, "52612000")]))
    yield Ingredient("procedures", procedure("laminectomy-last-month", code=concept(CPT, "63047"), performedDateTime=ago(30)), rule="D-12")


def blocks() -> Iterator[Ingredient]:
    """Cluneal blocks that were done, and what came of them as our own form records it."""
    for name, (text, days, side) in BLOCKS.items():
        yield Ingredient("procedures", procedure(name, code=concept(text=text), performedDateTime=ago(days)), side=side)
    for name, (nerve, side, days, before, after) in RESPONSES.items():
        parts = (
            ("nerve", {"valueCodeableConcept": concept(EXAMINATION, f"{nerve}-cluneal-nerve")}),
            ("side", {"valueCodeableConcept": concept(SNOMED, {"right": "24028007", "left": "7771000"}[side])}),
            ("nrs-before", {"valueInteger": before}),
            ("nrs-after", {"valueInteger": after}),
            ("minutes-after", {"valueInteger": 45}),
        )
        component = [{"code": concept(EXAMINATION, code), **value} for code, value in parts]
        response = observation(name, code=concept(EXAMINATION, "block-response"), component=component, effectiveDateTime=ago(days))
        yield Ingredient("exams", response, side=side)


def reports() -> Iterator[Ingredient]:
    """What was seen: nothing, something, something alarming; of this region or another; by words or by code."""
    for name, (text, rule) in SEEN.items():
        yield Ingredient("reports", report(text, name), rule=rule)
    yield Ingredient("reports", report("Normal.", "neck-mri", code=concept(text="MRI cervical spine")))
    yield Ingredient("reports", report("No stenosis.", "named-mri", code=concept(text="MRI lumbar spine"), effectiveDateTime=ago(190)))
    yield Ingredient("reports", report("No stenosis.", "any-mri", code=concept(LOINC, "36067-7")))
    yield Ingredient("reports", report("No fracture. Normal alignment.", "x-ray", code=concept(text="X-ray lumbar spine")))
    yield Ingredient("reports", report("Normal study.", "nerve-study", code=concept(CPT, "95861"), effectiveDateTime=ago(150)))
    coded = report(id_="coded-mri", conclusion=None, conclusionCode=[concept(SNOMED, "408573005")])
    yield Ingredient("reports", coded)


def drugs() -> Iterator[Ingredient]:
    """What is taken, and what must not be given: clear, mild, refuted, of another class, of a substance that nobody names."""
    for text in ("Warfarin", "Insulin glargine", "Gabapentin 300 mg", "Amlodipine"):
        yield Ingredient("medications", prescription(text, text.split()[0].lower()))
    yield Ingredient("medications", prescription(None, "apixaban", medicationCodeableConcept=concept(RXNORM, "1364430")))
    yield Ingredient("medications", prescription(None, "drug-elsewhere", medicationReference={"reference": "Medication/gone"}))
    for name, text in {"lidocaine": "Lidocaine", "bupivacaine": "Bupivacaine", "anaesthetics": "Local anaesthetics"}.items():
        yield Ingredient("allergies", allergy(text, name), rule="H-01")
    severe = allergy(id_="lidocaine-coded", code=concept(RXNORM, "6387"), reaction=[{"severity": "severe"}])
    yield Ingredient("allergies", severe, rule="H-01")
    yield Ingredient("allergies", allergy("Lidocaine", "lidocaine-mild", reaction=[{"severity": "mild"}], criticality="low"))
    refuted = concept(f"{HL7}allergyintolerance-verification", "refuted")
    yield Ingredient("allergies", allergy("Lidocaine", "lidocaine-refuted", verificationStatus=refuted))
    yield Ingredient("allergies", allergy("Procaine", "procaine"))
    yield Ingredient("allergies", allergy(id_="unnamed", code=None))


def orders_and_visits() -> Iterator[Ingredient]:
    """Blocks already ordered, on each side and on none; other orders; visits, some with a reason."""
    for side in ("RIGHT", "LEFT", ""):
        text = f"Diagnostic superior cluneal nerve block{f', {side}' if side else ''}"
        ours = order(f"block-{side.lower() or 'no-side'}", code=concept(EXAMINATION, "superior-cluneal-block", text))
        yield Ingredient("orders", ours)
    yield Ingredient("orders", order("any-block", code=concept(CPT, "64450", "Peripheral nerve block, left")))
    yield Ingredient("orders", order("middle-block", code=concept(text="Left middle cluneal nerve block")))
    yield Ingredient("orders", order("mri-order", code=concept(text="MRI lumbar spine")))
    yield Ingredient("encounter", encounter("AMB", "clinic"))
    yield Ingredient("encounter", encounter("AMB", "for-pain", reasonCode=[concept(text="Left buttock pain")]), side="left")
    yield Ingredient("encounter", encounter("IMP", "ward"), rule="D-08")
    yield Ingredient("encounter", encounter("EMER", "emergency"), rule="D-08")
