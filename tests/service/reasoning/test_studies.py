"""Imaging: which study is the valid one, what its report says, and that it never says more than it does."""

import pytest

from service.knowledge.load import load_knowledge
from service.reasoning.headings import Headings
from service.reasoning.studies import part_of
from service.reasoning.truth import State
from service.record import Report
from tests.service.charts import LOINC, SNOMED, ago, archetype, bundle, concept, finding, look, procedure, report

LANGUAGE = load_knowledge().language
PRESENT, ABSENT, UNKNOWN = State.PRESENT, State.ABSENT, State.UNKNOWN
LESION = "Severe L5-S1 foraminal stenosis."


def state(name, *reports, **keys):
    return finding(name, archetype(reports=bundle(*reports), **keys)).state


def clear(*reports, **keys):
    return state("non-explanatory-imaging", *reports, **keys)


@pytest.mark.parametrize(
    "text",
    [
        "No residual stenosis or disc herniation. Unremarkable postoperative appearance.",
        "Postsurgical changes, mild degenerative change, no significant canal or foraminal stenosis.",
        "FINDINGS: Laminectomy defect at L4-5.\nIMPRESSION: No evidence of nerve root compression.",
        "No disc herniation. No spinal canal stenosis.",
    ],
)
def test_a_report_that_explains_nothing_is_support(text):
    """It says so in a sentence of its own, and nothing to the contrary."""
    assert clear(report(text)) is PRESENT


@pytest.mark.parametrize(
    "text",
    [
        "Severe L5-S1 foraminal stenosis.",
        "Unremarkable postoperative appearance. Severe L5-S1 foraminal stenosis.",
        "No central stenosis. Large L4-5 disc herniation compressing the left L5 nerve root.",
        "No fracture. Acute compression fracture of L1 was excluded. Severe canal stenosis at L3-4.",
    ],
)
def test_a_lesion_beats_every_normal_sentence(text):
    """One affirmed lesion is enough."""
    assert clear(report(text)) is ABSENT


@pytest.mark.parametrize(
    "text",
    [
        "Post-surgical changes.",
        "Comparison: none.",
        "",
        "Possible severe stenosis at L5-S1. Otherwise no stenosis.",
        "TECHNIQUE: No contrast. Normal protocol.",
        "HISTORY: no stenosis on prior MRI.",
    ],
)
def test_without_an_explicit_sentence_nothing_is_concluded(text):
    """Neither "normal" nor "explains it": not from silence, doubt, technique or history."""
    assert clear(report(text)) is UNKNOWN


def test_the_sentence_that_was_found_is_the_quotation():
    """The card quotes the radiologist, not us."""
    (proof,) = finding("non-explanatory-imaging", archetype()).proof

    assert proof.quote == "No residual stenosis or disc herniation"


@pytest.mark.parametrize("status", ["preliminary", "registered", "partial", "cancelled", "unknown", None])
def test_a_report_that_is_not_final_says_nothing(status):
    """It may change until it is signed."""
    assert clear(report(status=status)) is UNKNOWN


@pytest.mark.parametrize(("days", "expected"), [(730, PRESENT), (731, UNKNOWN), (-10, UNKNOWN)])
def test_a_study_counts_for_two_years(days, expected):
    """The last day included; none of the future."""
    assert clear(report(effectiveDateTime=ago(days)), procedures=bundle(procedure(performedDateTime=ago(1000)))) is expected


@pytest.mark.parametrize("operated", [ago(210), ago(100), "2026"])
def test_a_study_must_be_later_than_the_last_operation(operated):
    """On its day, after it, or perhaps after it: such a study shows another spine."""
    assert clear(report(), procedures=bundle(procedure(performedDateTime=operated))) is UNKNOWN


def test_a_study_without_a_date_is_not_valid():
    """It could be older than the operation."""
    assert clear(report(effectiveDateTime=None)) is UNKNOWN


def test_only_the_newest_study_is_asked():
    """An older normal study says nothing about a spine that was looked at again."""
    assert clear(report(effectiveDateTime=ago(300)), report("Post-surgical changes.", "new", effectiveDateTime=ago(30))) is UNKNOWN
    assert (
        state("compressive-lesion", report(LESION, effectiveDateTime=ago(300)), report(id_="new", effectiveDateTime=ago(30))) is not PRESENT
    )


@pytest.mark.parametrize("status", ["entered-in-error", "cancelled"])
def test_a_study_that_never_was_hides_no_other(status):
    """An entry made in error is no newer study: the one before it still is the latest."""
    never = report("No stenosis.", "never", status=status, effectiveDateTime=ago(30))

    assert clear(report(), never) is PRESENT
    assert state("compressive-lesion", report(LESION), never) is PRESENT


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (concept(LOINC, "24967-2"), PRESENT),
        (concept(text="MRI lumbar spine without contrast"), PRESENT),
        (concept(text="MR L-spine"), PRESENT),
        (concept(text="MRI cervical spine"), UNKNOWN),
        (concept(text="MRI brain"), UNKNOWN),
        (concept(text="X-ray lumbar spine"), UNKNOWN),
        (concept(LOINC, "36643-5"), UNKNOWN),
        (None, UNKNOWN),
    ],
)
def test_a_study_of_the_lumbar_spine_is_known_by_code_or_name(code, expected):
    """MRI or CT; another region or an X-ray shows no lumbar nerve root."""
    assert clear(report(code=code)) is expected


def test_a_code_without_a_region_needs_the_region_in_words():
    """ "MRI of spine" may be any spine."""
    spine = [pair for pair in load_knowledge().value_sets["spine-mri-region-free"].codes if pair[0] == SNOMED]
    system, code = min(spine)

    assert clear(report(code=concept(system, code, "MRI of lumbar spine"))) is PRESENT
    assert clear(report(code=concept(system, code, "MRI of spine"))) is UNKNOWN


def test_a_conclusion_code_that_contradicts_the_words_leaves_it_open():
    """Text says nothing is there, the code says abnormal: unknown."""
    abnormal = min(load_knowledge().value_sets["imaging-result-abnormal"].codes)

    assert clear(report(conclusionCode=[concept(*abnormal)])) is UNKNOWN


def test_a_conclusion_code_of_normal_is_enough():
    """Without any sentence, "normal" as a code counts."""
    normal = min(load_knowledge().value_sets["imaging-result-normal"].codes)

    assert clear(report("", conclusionCode=[concept(*normal)])) is PRESENT


@pytest.mark.parametrize(("text", "expected"), [(LESION, PRESENT), ("No stenosis.", UNKNOWN), ("Possible severe stenosis.", UNKNOWN)])
def test_a_lesion_is_found_where_it_is_affirmed(text, expected):
    """A denied or doubted lesion is none."""
    assert state("compressive-lesion", report(text)) is expected


def test_the_side_of_a_lesion_is_that_of_its_sentence():
    """A lesion on the other side than the pain weighs less, so its side is kept."""
    (proof,) = finding("compressive-lesion", archetype(reports=bundle(report("Severe left L5-S1 foraminal stenosis.")))).proof

    assert proof.side == "left"


def test_a_study_on_file_is_known_without_its_words():
    """That imaging was made is one thing, what it shows another."""
    assert state("lumbar-imaging-on-file", report("")) is PRESENT
    assert state("lumbar-imaging-on-file") is UNKNOWN


def test_an_operation_told_in_a_report_counts_as_one():
    """ "Status post laminectomy" in the findings or the history of a report is surgery without a date."""
    chart = archetype(procedures=bundle(), reports=bundle(report("HISTORY: Status post L4-5 laminectomy. FINDINGS: No stenosis.")))
    (proof,) = finding("prior-lumbar-laminectomy", chart).proof

    assert proof.when is None
    assert proof.event != finding("non-explanatory-imaging", chart).proof[0].event


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Severe stenosis.", [("seen", "Severe stenosis.")]),
        ("HISTORY: pain. FINDINGS: fine.", [("history", " pain."), ("seen", " fine.")]),
        ("Technique: axial\nImpression: fine", [("unread", " axial\n"), ("seen", " fine")]),
        ("She has a long family history: none.", [("seen", "She has a long family history: none.")]),
    ],
)
def test_a_report_is_read_by_its_sections(text, expected):
    """What stands under no heading was seen; technique and comparison are not read; a word in a sentence is no heading."""
    assert [(kind, part) for kind, part in Headings(LANGUAGE).sections(text) if part.strip()] == expected


@pytest.mark.parametrize(("part", "words"), [("seen", "No stenosis"), ("history", "Back pain"), ("both", "Back pain")])
def test_a_part_of_a_report(part, words):
    """What was seen, the history, or both; never the comparison."""
    text = "COMPARISON: severe stenosis. CLINICAL HISTORY: Back pain. IMPRESSION: No stenosis."
    found = look(archetype(reports=bundle(report(text))))
    (fact,) = found.record.of(Report)

    assert words in part_of(fact, part, found.findings)
    assert "severe" not in part_of(fact, part, found.findings)


SPOKEN = [
    ("unhealed-fracture", "MRI pelvis", "Acute sacral insufficiency fracture"),
    ("unhealed-fracture", "CT PELVIS WO CONTRAST", "Acute nondisplaced fracture of the left sacral ala."),
    ("unhealed-fracture", "XR Pelvis", "Acute fracture of the left superior pubic ramus."),
    ("unhealed-fracture", "XR Pelvis", "Fracture of the left superior pubic ramus."),
    ("unhealed-fracture", "XR lumbar spine 2-3 views", "Acute L1 compression fracture."),
    ("unhealed-fracture", "MRI thoracic spine", "Acute T8 compression fracture with marrow edema."),
    ("unhealed-fracture", "Bone scan", "H-shaped uptake of the sacrum consistent with acute sacral insufficiency fracture."),
    ("active-malignancy", "NM BONE SCAN", "osseous metastatic disease"),
    ("active-malignancy", "PET/CT", "Hypermetabolic lesion in the sacrum, suspicious for recurrence."),
    ("active-malignancy", "CT abdomen and pelvis", "Multiple lytic lesions of the iliac bones."),
    ("spinal-or-systemic-infection", "MRI SI joints", "Findings compatible with septic sacroiliitis on the left."),
    ("spinal-or-systemic-infection", "MRI thoracic spine", "Discitis-osteomyelitis T9-10."),
]
UNSPOKEN = [
    ("unhealed-fracture", "XR Pelvis", "No acute fracture or dislocation."),
    ("unhealed-fracture", "CT pelvis", "No evidence of hip fracture, pelvic fracture or dislocation."),
    ("unhealed-fracture", "XR Pelvis", "Healed fracture of the left inferior pubic ramus."),
    ("unhealed-fracture", "CT pelvis", "Old fracture of the right acetabulum. No acute osseous abnormality."),
    ("unhealed-fracture", "CT abdomen and pelvis", "Acute fracture of the left 10th rib."),
    ("unhealed-fracture", "MRI pelvis", "INDICATION: Rule out sacral fracture. FINDINGS: Normal."),
    ("unhealed-fracture", "XR left wrist", "Acute fracture of the distal radius."),
    ("active-malignancy", "NM BONE SCAN", "No evidence of osseous metastatic disease."),
    ("active-malignancy", "NM BONE SCAN", "HISTORY: Prostate cancer, evaluate for metastases. FINDINGS: No metastatic disease."),
    ("active-malignancy", "MRI pelvis", "Enhancing uterine fibroid. No suspicious osseous lesion."),
    ("spinal-or-systemic-infection", "CT abdomen and pelvis", "Acute diverticulitis with a 2 cm diverticular abscess."),
]


@pytest.mark.parametrize(("name", "code", "text"), SPOKEN)
def test_another_study_than_of_the_lumbar_spine_alarms_too(name, code, text):
    """Pelvis, hip, thoracic spine, bone scan, X-ray: what they find holds back beside a clear lumbar MRI, which stays support."""
    other = report(text, "other", code=concept(text=code), effectiveDateTime=ago(60))

    assert state(name, report(), other) is PRESENT
    assert clear(report(), other) is PRESENT


@pytest.mark.parametrize(
    "text", ["MRI cervical spine: no canal stenosis.", "CT head: normal study. No stenosis.", "L4-5 canal stenosis. No herniation."]
)
def test_what_another_study_denies_or_leaves_open_is_no_support(text):
    """A report under a lumbar code that calls itself one of the neck; a stenosis of which nobody says how much."""
    assert clear(report(text)) is UNKNOWN


def test_a_study_of_the_whole_spine_is_one_of_the_lumbar_spine_too():
    """The newest study decides: its clear lumbar part is support, its discitis further up alarms and leaves none."""
    whole, alarming = (
        report(text, "whole", code=concept(text="MRI whole spine"), effectiveDateTime=ago(60))
        for text in ("Cervical: spondylosis. Lumbar: no residual stenosis.", "Discitis-osteomyelitis T9-10.")
    )

    assert clear(whole) is PRESENT
    assert state("spinal-or-systemic-infection", report(), alarming) is PRESENT
    assert clear(report(), alarming) is ABSENT


@pytest.mark.parametrize(("name", "code", "text"), UNSPOKEN)
def test_another_study_without_alarm_is_silent(name, code, text):
    """Denied, old, asked for only, of a rib or a limb, or of an organ."""
    assert state(name, report(), report(text, "other", code=concept(text=code), effectiveDateTime=ago(60))) is UNKNOWN


@pytest.mark.parametrize(("code", "days", "later", "expected"), [
    ("24872-4", 365, "", PRESENT),
    ("24872-4", 366, "", UNKNOWN),
    ("24872-4", 60, "XR Pelvis", PRESENT),
    ("28561-9", 60, "CT pelvis", UNKNOWN),
])  # fmt: skip
def test_a_study_of_the_pelvis_is_known_by_its_code_and_answered_by_a_better_one(code, days, later, expected):
    """A year long; a CT answers a film, a film does not answer an MRI."""
    found = report("Acute sacral insufficiency fracture.", "pelvis", code=concept(LOINC, code), effectiveDateTime=ago(days))
    answers = [report("No acute fracture.", "later", code=concept(text=later), effectiveDateTime=ago(30))] if later else []

    assert state("unhealed-fracture", report(), found, *answers) is expected
