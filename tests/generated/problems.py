"""Problems and diagnoses: pain in every place, what competes with it, what holds a card back, what warns, what is beside the point.

Codes are those of the value sets, sentences those of `fixtures/texts` or close to them.
"""

from collections.abc import Iterator

from tests.generated.ingredients import SIDES, Ingredient, sided
from tests.service.charts import ICD, SNOMED, ago, concept, condition

PLACES = {
    "back": "{} low back pain",
    "buttock": "Pain in {} buttock",
    "crest": "Burning pain over {} iliac crest, chronic",
    "psis": "Pain at {} PSIS, worse on standing",
    "fold": "Aching of {} gluteal fold, worse on sitting",
}
OTHERS_IN_WORDS = {
    "knee-right": ("Right knee osteoarthritis", ""),
    "hip-left": ("Left hip replacement", ""),
    "fusion-history": ("Status post lumbar spinal fusion", ""),
    "laminectomy-history": ("History of lumbar laminectomy", ""),
    "harvest-history-right": ("s/p L4-S1 PSF with right iliac crest bone graft", "right"),
    "old-fracture": ("Old compression fracture of L1", ""),
    "pseudarthrosis": ("Pseudarthrosis after lumbar fusion", ""),
    "leg-pain-left": ("Left leg pain radiating to the foot", ""),
    "osteoporosis": ("Osteoporosis", ""),
    "numb-left": ("Numbness of the left buttock", "left"),
    "pressed-in-vain": ("Right iliac crest tender, does not reproduce usual pain", "right"),
    "pain-denied": ("No right iliac crest pain", ""),
    "pain-gone": ("Low back pain, resolved", ""),
}
EXCLUSIONS = {
    "cauda-equina": ("X-01", SNOMED, "192970008", 1100),
    "retention": ("X-01", SNOMED, "267064002", 10),
    "foot-drop": ("X-02", ICD, "M21.371", 10),
    "fracture": ("X-03", ICD, "S32.000A", 20),
    "crash": ("X-03", ICD, "V89.2XXA", 20),
    "fever": ("X-04", ICD, "R50.9", 10),
    "sepsis": ("X-04", ICD, "A41.9", 20),
    "discitis": ("X-04", SNOMED, "2304001", 30),
    "drug-use": ("X-04", SNOMED, "228388006", 400),
    "bone-metastasis": ("X-05", ICD, "C79.51", 100),
    "weight-loss": ("X-05", ICD, "R63.4", 30),
    "sacroiliitis": ("X-06", ICD, "M46.1", 400),
    "pregnant": ("D-05", ICD, "Z33.1", 60),
    "cellulitis": ("H-02", SNOMED, "44428005", 20),
}
EXCLUSIONS_IN_WORDS = {
    "saddle-numbness": ("X-01", "New saddle numbness", 5),
    "weak-foot": ("X-02", "Right foot drop", 5),
    "zoster": ("X-06", "Herpes zoster of the buttock", 20),
    "hospice": ("D-07", "Hospice care", 30),
    "already-known": ("D-01", "Superior cluneal neuralgia, right", 200),
}


def problem(name: str, system: str = "", code: str = "", *, text: str | None = None, days: int = 1100, side: str = "", rule: str = "") -> Ingredient:  # fmt: skip  # noqa: E501
    """A problem of so many days ago."""
    written = condition(name, code=concept(system, code, text), onsetDateTime=ago(days), recordedDate=ago(days - 4))
    return Ingredient("conditions", written, side=side, rule=rule)


def pains() -> Iterator[Ingredient]:
    """Pain in every territory and none, in words and in codes, on every side."""
    for place, template in PLACES.items():
        for side in SIDES:
            yield problem(f"{place}-{side or 'no-side'}", text=sided(template, side), side=side)
    yield problem("back-coded", SNOMED, "278860009", text="Chronic low back pain")
    yield problem("back-new", ICD, "M54.50", days=20)
    yield problem("buttock-coded", SNOMED, "279043006")
    yield problem("sciatica-right", ICD, "M54.31", side="right")
    yield problem("lumbago-left", ICD, "M54.42", side="left")
    yield problem("sacroiliac-pain", SNOMED, "202487003")
    yield problem("post-laminectomy", ICD, "M96.1")
    yield problem("backache", SNOMED, "161891005")
    site = [concept(SNOMED, "29850006", "Right iliac crest")]
    yield Ingredient("conditions", condition("backache-at-crest", code=concept(SNOMED, "161891005"), bodySite=site), side="right")


def other_problems() -> Iterator[Ingredient]:
    """Risk events, competing diagnoses, cautions, and sides that are of something else."""
    for name, (text, side) in OTHERS_IN_WORDS.items():
        yield problem(name, text=text, side=side)
    for name, code in {"parkinson": "G20", "diabetes": "E11.9", "anticoagulated": "Z79.01", "stimulator": "Z96.82"}.items():
        yield problem(name, ICD, code)
    for name, code in {"fibromyalgia": "203082005", "prostate-cancer-before": "428262008", "immunosuppressed": "370388006"}.items():
        yield problem(name, SNOMED, code)
    yield problem("retention-long-ago", SNOMED, "267064002", days=2000)


def exclusions() -> Iterator[Ingredient]:
    """What holds every card, or every block, back."""
    for name, (rule, system, code, days) in EXCLUSIONS.items():
        yield problem(name, system, code, days=days, rule=rule)
    for name, (rule, text, days) in EXCLUSIONS_IN_WORDS.items():
        yield problem(name, text=text, days=days, rule=rule)
