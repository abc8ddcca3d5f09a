"""What was examined and measured: points pressed, in our codes and in words, other findings, scores and laboratory results.

Sentences are those of `fixtures/texts` or close to them.
"""

from collections.abc import Iterator

from tests.generated.ingredients import LEFT, NERVES, RIGHT, Ingredient
from tests.service.charts import LOINC, SNOMED, ago, concept, observation, pressed

ANSWERS = ("reproduces-usual-pain", "tender-not-usual-pain", "not-tender", "does-not-reproduce-usual-pain")
# name -> the note, the nerve whose point brings on the usual pain, the side it names
POINTS = {
    "crest-right-words": ("Palpation of the right iliac crest 7 cm from midline reproduces her usual pain.", "superior", "right"),
    "crest-left-words": ("L superior cluneal point tender, recreates familiar pain", "superior", "left"),
    "crest-both-words": ("Bilateral crest tenderness 7 cm from midline reproducing usual low back pain.", "superior", "both"),
    "crest-one-of-two": ("- Right iliac crest: tender, reproduces usual pain\n- Left iliac crest: non-tender", "superior", "right"),
    "psis-right-words": ("Tender 1.5-2 cm caudal to the right PSIS, reproduces usual pain.", "middle", "right"),
    "ischium-left-words": ("Pressure on left infero-lateral ischial tuberosity reproduces pain.", "inferior", "left"),
    "crest-denied": ("Palpation of the right iliac crest does not reproduce the usual pain.", "", "right"),
    "crests-quiet": ("No tenderness over the iliac crests, PSIS or ischial tuberosity.", "", ""),
    "crest-only-tender": ("Right iliac crest tender to palpation.", "", "right"),
    "crest-planned": ("Plan: press the left iliac crest next visit; if it reproduces usual pain consider block.", "", ""),
    "crest-once": ("Previously right iliac crest palpation reproduced usual pain; not examined today.", "", "right"),
    "somewhere": ("Tender point in the right buttock, reproduces usual pain.", "", "right"),
    "slump": ("Slump test right reproduces leg pain. Left iliac crest: nontender.", "", ""),
    "quality": ("Burning and tingling over the buttock, worse on standing.", "", ""),
    "flexion-test": ("Hip-Knee Flexion Test positive", "", ""),
    "tinel": ("Tinel positive over the left iliac crest", "", "left"),
    "plain-exam": ("Power, reflexes and perineal sensation normal.", "", ""),
    "denies-all": ("Denies fever, chills, weakness.", "", ""),
}
ALARMING = {
    "weak-ankle": ("Right ankle dorsiflexion 4/5.", "X-02"),
    "numb-saddle": ("Perianal sensation decreased.", "X-01"),
    "night-pain": ("Low back pain wakes him every night.", "X-05"),
}
SCORES = {"score-seven": 7, "score-two": 2, "score-zero": 0}
RESULTS = {
    "sugar": ("4548-4", 9.1, "%"),
    "sugar-in-other-unit": ("4548-4", 76, "mmol/mol"),
    "platelets-low": ("777-3", 40, "10*9/L"),
    "platelets-in-other-unit": ("777-3", 40000, "/uL"),
    "platelets-bare": ("777-3", 40, None),
    "platelets-fine": ("777-3", 220, "10*9/L"),
}


def points() -> Iterator[Ingredient]:
    """Every point on every side with every answer, as our suggestions record it, and one whose sides contradict each other."""
    for nerve in NERVES:
        for side in (RIGHT, LEFT):
            for answer in ANSWERS:
                found = {**pressed(nerve, side, answer), "id": f"{nerve}-{side}-{answer.split('-')[0]}"}
                yield Ingredient("exams", found, side=side, nerve=nerve if answer == ANSWERS[0] else "")
        yield Ingredient("exams", {**pressed(nerve, component=None), "id": f"{nerve}-no-side"}, nerve=nerve)
    at_odds = pressed(bodySite=concept(text="left iliac crest"))
    yield Ingredient("exams", {**at_odds, "id": "superior-at-odds"}, side="both")


def notes() -> Iterator[Ingredient]:
    """What was written down in words."""
    found = concept(LOINC, "29545-1", "Physical findings")
    for name, (text, nerve, side) in POINTS.items():
        yield Ingredient("exams", observation(name, code=found, valueString=text, effectiveDateTime=ago(20)), side=side, nerve=nerve)
    for name, (text, rule) in ALARMING.items():
        yield Ingredient("exams", observation(name, code=found, valueString=text, effectiveDateTime=ago(20)), rule=rule)


def numbers() -> Iterator[Ingredient]:
    """Scores and laboratory results in units that are known, and in units that are not."""
    for name, score in SCORES.items():
        yield Ingredient("surveys", observation(name, code=concept(LOINC, "72514-3"), valueInteger=score, effectiveDateTime=ago(40)))
    for name, (code, value, unit) in RESULTS.items():
        figure = {"value": value, **({"unit": unit} if unit else {})}
        yield Ingredient("labs", observation(name, code=concept(LOINC, code), valueQuantity=figure, effectiveDateTime=ago(60)))
    answer = concept(SNOMED, "77386006")
    status = observation("pregnancy-status", code=concept(LOINC, "82810-3"), valueCodeableConcept=answer)
    yield Ingredient("labs", status, rule="D-05")
