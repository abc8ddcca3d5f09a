"""The pathway: its stages in their order, its tiers and its caps, each shown by one change of the archetype's chart."""

import pytest

from service.reasoning.pathway import Tier
from tests.service.charts import (
    CPT,
    HL7,
    ICD,
    LOINC,
    ago,
    archetype,
    basis,
    bundle,
    concept,
    condition,
    empty,
    encounter,
    look,
    observation,
    patient,
    prescription,
    pressed,
    procedure,
    report,
)

CREST = condition("crest", code=concept(text="Burning pain over right iliac crest"))
RETENTION = condition("x", code=concept(text="New urinary retention"), onsetDateTime=ago(5), recordedDate=ago(4))
PREGNANCY = condition("d", code=concept(ICD, "Z33.1"), onsetDateTime=ago(60), recordedDate=ago(60))
LESION = report("Severe left L5-S1 foraminal stenosis.")
DISC_LESION = report("Severe L5-S1 foraminal stenosis.")


def silence(prefetch, **more):
    found = look(prefetch, **more)
    return found.silence and (found.silence.rule, *found.silence.also)


def tiers(**keys):
    outcome = look(archetype(**keys)).outcome
    return {one.nerve: (one.tier.word, one.reasons) for one in outcome.assessments} if outcome else None


def problems(*more):
    return bundle(condition(), *more)


def test_the_archetype_is_a_workup_of_all_three_nerves():
    """No territory, two kinds of support with surgery: moderate, in the order the events suggest."""
    assert tiers() == dict.fromkeys(("superior", "middle", "inferior"), ("moderate", "surgery"))


@pytest.mark.parametrize(
    ("keys", "rules"),
    [
        ({"conditions": problems(RETENTION)}, ["X-01"]),
        ({"conditions": problems(PREGNANCY)}, ["D-05"]),
        ({"conditions": problems(RETENTION, PREGNANCY)}, ["X-01", "D-05"]),
        ({"patient": patient(birthDate="2010-01-01")}, ["D-06", "I-01"]),
        ({"patient": patient(birthDate=None)}, ["I-01"]),
        ({"conditions": problems(RETENTION), "patient": patient(birthDate="2010-01-01")}, ["X-01", "D-06", "I-01"]),
        ({"conditions": bundle()}, ["I-02", "I-03"]),
        ({"procedures": bundle()}, ["I-04"]),
        ({"encounter": encounter("EMER")}, ["D-08"]),
        ({"procedures": bundle(procedure("f", code=concept(CPT, "22612"), performedDateTime=ago(100)))}, ["D-12"]),
    ],
)
def test_the_first_stage_that_decides_names_the_reason(keys, rules):
    """Red flags before reasons not to speak before candidacy; within a stage the lowest number; the others are told as well."""
    found = silence(archetype(**keys))

    assert found is not None
    assert list(found[: len(rules)]) == rules


@pytest.mark.parametrize("user", ["Patient/p", "RelatedPerson/1"])
def test_a_reader_who_is_no_clinician_is_told_nothing(user):
    """Before anything else is asked."""
    assert silence(archetype(conditions=problems(RETENTION)), user=user) == ("P-01",)


@pytest.mark.parametrize(
    ("change", "rule"),
    [({"deceasedBoolean": True}, "P-02"), ({"deceasedDateTime": "2026"}, "P-02"), ({"link": [{"type": "replaced-by"}]}, "P-03")],
)
def test_a_closed_chart_is_silent(change, rule):
    """The patient has died, or the record was replaced by another."""
    assert silence(archetype(patient=patient(**change))) == (rule,)


def test_a_record_that_replaced_another_is_open():
    """Only the replaced one is closed."""
    assert look(archetype(patient=patient(link=[{"type": "replaces"}], deceasedBoolean=False))).cards


@pytest.mark.parametrize(
    "change", [{"clinicalStatus": concept(f"{HL7}condition-clinical", "resolved")}, {"onsetDateTime": ago(2000), "recordedDate": ago(2000)}]
)
def test_a_red_flag_of_long_ago_does_not_silence(change):
    """Resolved or remote, it is told under Against if at all."""
    assert look(archetype(conditions=problems({**RETENTION, **change}))).cards


@pytest.mark.parametrize(
    ("exams", "expected"),
    [
        ([pressed()], {"superior": ("high", "reproduced")}),
        ([pressed("middle")], {"middle": ("high", "reproduced")}),
        ([pressed(), pressed("middle")], {"superior": ("high", "reproduced"), "middle": ("high", "reproduced")}),
        ([pressed(effectiveDateTime=ago(90))], {"superior": ("high", "reproduced")}),
        ([pressed(effectiveDateTime=ago(91))], {"superior": ("moderate", "reproduced-before")}),
    ],
)
def test_a_point_that_reproduces_the_pain_is_high_for_90_days(exams, expected):
    """Of that nerve alone; older, it is a reason to press again."""
    assert tiers(exams=bundle(*exams)) == expected


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({}, {"superior": ("moderate", "territory")}),
        ({"reports": bundle(report("Post-surgical changes."))}, None),
        ({"procedures": bundle(procedure()), "reports": bundle(report("Post-surgical changes."))}, None),
    ],
)
def test_a_territory_needs_two_kinds_of_support(keys, expected):
    """Pain at the crest with surgery and a clear MRI is moderate; with one kind it is silent."""
    crest = condition("crest", code=concept(text="Right iliac crest pain"))

    assert tiers(conditions=bundle(crest), **keys) == expected


@pytest.mark.parametrize(
    "diagnosis",
    [concept(text="Fibromyalgia"), concept(text="Ankylosing spondylitis"), concept(ICD, "M96.0")],
    ids=["fibromyalgia", "spondylitis", "pseudarthrosis"],
)
def test_another_diagnosis_closes_the_way_without_a_territory(diagnosis):
    """Something else may explain the pain, and nobody said where it hurts."""
    found = look(archetype(conditions=problems(condition("other", code=diagnosis, onsetDateTime=ago(100), recordedDate=ago(100)))))

    assert not found.cards
    assert found.silence.rule in ("T-LOW", "X-06")


def test_a_lesion_on_imaging_caps_at_low():
    """Severe stenosis explains the pain until a point says otherwise."""
    assert silence(archetype(reports=bundle(DISC_LESION)))[0] == "T-LOW"
    assert "C-03" in silence(archetype(conditions=problems(CREST), reports=bundle(DISC_LESION)))


def test_a_point_outweighs_a_lesion():
    """Pressing that brings on the pain is worth more than a picture."""
    assert tiers(reports=bundle(DISC_LESION), exams=bundle(pressed())) == {"superior": ("high", "reproduced")}


def test_a_lesion_on_the_other_side_caps_at_moderate():
    """Right pain, left stenosis: a point is needed, but not beyond reach."""
    found = look(archetype(conditions=bundle(CREST), reports=bundle(LESION), exams=bundle(pressed())))

    assert basis(found)["tier"] == "moderate"
    assert "C-03" in basis(found)["rules"]


def test_a_conflict_of_sides_caps_at_moderate():
    """A right point under a left pain is to be examined again."""
    pain = condition("crest", code=concept(text="Left iliac crest pain"))
    found = basis(look(archetype(conditions=bundle(pain), exams=bundle(pressed()))))

    assert (found["kind"], found["tier"], found["side"]) == ("workup", "moderate", "conflict")


def test_radiotherapy_of_the_pelvis_caps_at_moderate():
    """Recurrence and plexopathy come first."""
    radiated = procedure("rt", code=concept(text="External beam radiotherapy to pelvis"), performedDateTime=ago(2000))
    found = basis(look(archetype(procedures=bundle(procedure(), radiated), exams=bundle(pressed()))))

    assert (found["kind"], found["tier"]) == ("workup", "moderate")


def test_a_point_without_a_landmark_asks_where():
    """It reproduces the pain, but nobody wrote where it is."""
    exam = {
        "resourceType": "Observation",
        "id": "t",
        "status": "final",
        "subject": {"reference": "Patient/p"},
        "effectiveDateTime": ago(1),
        "code": concept(text="Palpation"),
        "valueString": "Pressing a trigger point of the lumbar paraspinal muscle reproduces her usual pain.",
    }
    found = tiers(procedures=bundle(procedure()), reports=bundle(), exams=bundle(exam), medications=bundle(prescription("Gabapentin")))

    assert found is not None
    assert {reasons for _, reasons in found.values()} == {"unplaced"}


def test_a_point_pressed_in_vain_closes_its_nerve():
    """D-03 is counted per nerve, on both sides when the pain has none, on its own side when it has one."""
    in_vain = [pressed("superior", side, "does-not-reproduce-usual-pain") for side in ("right", "left")]
    right_pain = bundle(condition(code=concept(text="Chronic right buttock pain")))

    assert "superior" in tiers(exams=bundle(in_vain[0]))
    assert "superior" not in (tiers(exams=bundle(*in_vain)) or {})
    assert "superior" not in (tiers(exams=bundle(in_vain[0]), conditions=right_pain) or {})
    assert "superior" in tiers(exams=bundle(in_vain[1]), conditions=right_pain)


@pytest.mark.parametrize(("days", "closed"), [(180, True), (181, False)])
def test_a_point_pressed_in_vain_is_pressed_again_after_180_days(days, closed):
    """Pain changes."""
    exams = [
        pressed(nerve, side, "not-tender", effectiveDateTime=ago(days))
        for nerve in ("superior", "middle", "inferior")
        for side in ("right", "left")
    ]

    assert (silence(archetype(exams=bundle(*exams))) == ("D-03",)) is closed


@pytest.mark.parametrize(
    ("keys", "rules"),
    [
        ({}, {"I-01", "I-02", "I-03", "I-04", "C-01", "S3", "S4"}),
        ({"exams": bundle(pressed())}, {"I-01", "I-02", "I-03", "I-04", "C-01", "N-SCN", "B-01", "S3", "S4"}),
        ({"conditions": bundle(CREST)}, {"N-SCN", "S1", "S3", "S4"}),
        ({"exams": bundle(pressed(), pressed("middle"))}, {"N-SCN", "N-MCN", "N-multi"}),
    ],
)
def test_the_basis_names_the_rules_that_decided(keys, rules):
    """Candidacy, imaging, the nerves that were placed, the point, the kinds of support; each once."""
    named = basis(look(archetype(**keys)))["rules"]

    assert rules <= set(named)
    assert len(set(named)) == len(named)


def test_tiers_are_an_order():
    """High above moderate above low, in the words that cards carry."""
    assert [tier.word for tier in sorted(Tier)] == ["low", "moderate", "high"]


def test_an_empty_chart_misses_everything_that_is_required():
    """Age is known; pain, its length and a trial are not."""
    assert silence(empty()) == ("I-02", "I-03", "I-04")


@pytest.mark.parametrize(
    ("written", "left"),
    [
        ("Superior cluneal points non-tender bilaterally", ["middle", "inferior"]),
        ("No tenderness over either posterior iliac crest", ["middle", "inferior"]),
        ("Right iliac crest non-tender", ["superior", "middle", "inferior"]),
        ("Iliac crests not examined today", ["superior", "middle", "inferior"]),
    ],
)
def test_an_examination_in_words_that_found_nothing_closes_its_nerve(written, left):
    """D-03 from a note: both sides of a point pressed in vain close that nerve, one side or no examination closes none."""
    note = observation("note", code=concept(LOINC, "29545-1", "Physical findings"), effectiveDateTime=ago(5), valueString=written)

    assert basis(look(archetype(exams=bundle(note))))["nerves"] == left
