"""The known traps 1 to 17 of the terminologies: what a user sees of a chart that holds one, and of one that nearly does."""

import pytest

from tests.service.charts import (
    CPT,
    EXAMINATION,
    ICD,
    SNOMED,
    ago,
    archetype,
    basis,
    bundle,
    concept,
    condition,
    look,
    order,
    pressed,
    procedure,
)
from tests.service.knowledge.codes import HCPCS, ICD_10_PCS
from tests.service.knowledge.trapped import FUSION, LATELY, REFUTED, cautions, injected, named, problem, rule


@pytest.mark.parametrize(("text", "expected"), [(None, None), ("Morton neuroma", None), ("Right superior cluneal neuropathy", "D-01")])
def test_trap_01_only_words_make_a_mononeuropathy_code_cluneal(text, expected):
    """G57.81 beside the pain changes nothing; with words that name the nerve the diagnosis is already made."""
    assert rule(problem(concept(ICD, "G57.81", text))) == expected


def test_trap_01_a_mononeuropathy_code_is_no_pain_in_the_back():
    """G57.81 alone on the problem list makes nobody a candidate."""
    assert rule(archetype(conditions=bundle(condition(code=concept(ICD, "G57.81"))))) == "I-02"


def test_trap_02_a_pair_that_excludes_itself_adds_nothing():
    """Neuralgia beside a mononeuropathy is a coding error: the card is the one without them."""
    pair = [condition(code, code=concept(ICD, code)) for code in ("M79.2", "G57.81")]

    assert look(archetype(conditions=bundle(condition(), *pair))).cards == look(archetype()).cards


@pytest.mark.parametrize(("nerve", "site"), [("superior", "29850006"), ("middle", None), ("inferior", "46862004")])
def test_trap_04_what_we_write_names_a_place_and_a_side(nerve, site):
    """Without a cluneal concept an order says where by the body site, or by words alone, and always which side."""
    (card,) = look(archetype(exams=bundle(pressed(nerve)))).cards
    (place,) = card.suggestions[0].actions[0].resource["bodySite"]

    assert [one["code"] for one in place.get("coding", [])] == ([site] if site else [])
    assert place["text"].startswith("Right")


@pytest.mark.parametrize(("code", "expected"), [("M54.5", None), ("M54.50", None), ("M54.59", None), ("M54.51", "I-02")])
def test_trap_05_old_and_new_codes_of_the_pain_count(code, expected):
    """The code before the split and its successors are low back pain; vertebrogenic pain is another diagnosis."""
    assert rule(archetype(conditions=bundle(condition(code=concept(ICD, code))))) == expected


@pytest.mark.parametrize(
    ("code", "display"),
    [
        ("M54.51", "Vertebrogenic low back pain"),
        ("M51.361", "Other intervertebral disc degeneration, lumbar region with lower extremity pain only"),
        ("M51.371", "Other intervertebral disc degeneration, lumbosacral region with lower extremity pain only"),
    ],
)
def test_trap_05_a_split_codes_display_is_not_low_back_pain(code, display):
    """Another diagnosis, or pain in the leg only, is not made low back pain by the words of its code."""
    assert rule(archetype(conditions=bundle(condition(code=named(ICD, code, display))))) == "I-02"


@pytest.mark.parametrize(("code", "expected"), [("62311", None), ("62323", None), ("62310", "T-LOW")])
def test_trap_07_an_injection_under_its_old_number_counts(code, expected):
    """The withdrawn lumbar number is an injection of the past; its cervical twin is none of the low back."""
    assert rule(injected(concept(CPT, code))) == expected


@pytest.mark.parametrize(
    ("code", "fusion", "expected"),
    [
        (concept(CPT, "20937"), "22612", True),
        (concept(CPT, "20936"), "22612", False),
        (concept(CPT, "20930"), "22612", False),
        (concept(CPT, "20902"), "22612", False),
        (concept(CPT, "20902", "Bone graft from the iliac crest"), "22612", True),
        (concept(CPT, "20939"), "22612", False),
        (concept(ICD_10_PCS, "0QB30ZZ"), "22612", True),
        (concept(ICD_10_PCS, "0QB20ZZ"), "22612", True),
        (concept(CPT, "20937"), "22558", False),
        (concept(ICD_10_PCS, "0QB30ZZ"), "22558", False),
    ],
)
def test_trap_09_a_graft_is_named_only_where_it_was_taken_behind(code, fusion, expected):
    """A separate incision, or pelvic bone removed, on the day of a posterior lumbar fusion; neither local bone nor an anterior fusion."""
    done = [procedure(code=concept(CPT, fusion), performedDateTime=ago(730)), procedure("graft", code=code, performedDateTime=ago(730))]
    (card,) = look(archetype(procedures=bundle(*done))).cards

    assert ("graft" in card.summary) is expected


@pytest.mark.parametrize(("days", "expected"), [(730, True), (720, False)])
def test_trap_09_pelvic_bone_removed_on_another_day_is_no_harvest(days, expected):
    """Without a posterior fusion of the same date nobody knows what 0QB3 was for."""
    taken = procedure("bone", code=concept(ICD_10_PCS, "0QB30ZZ"), performedDateTime=ago(days))
    found = look(archetype(procedures=bundle(FUSION, taken)))

    assert ("graft" in found.cards[0].summary) is expected
    assert basis(found)["side"] == ("left" if expected else "unknown")


@pytest.mark.parametrize(("code", "expected"), [(concept(ICD_10_PCS, "0QB30ZZ"), False), (concept(CPT, "20937"), True)])
def test_trap_09_pelvic_bone_removed_without_a_fusion_is_no_graft(code, expected):
    """0QB3 alone may be any excision and is not told as a graft; a graft number is, as a harvest whose site is not stated."""
    crest = condition("crest", code=concept(text="Right iliac crest pain"))
    taken = procedure("bone", code=code, performedDateTime=ago(600))
    (card,) = look(archetype(conditions=bundle(crest), procedures=bundle(procedure(), taken))).cards

    assert ("bone graft" in card.detail) is expected


@pytest.mark.parametrize(
    ("code", "orders"), [(concept(CPT, "64451"), 1), (concept(CPT, "64714"), 1), (concept(EXAMINATION, "superior-cluneal-block"), 0)]
)
def test_trap_10_another_nerves_procedure_is_no_cluneal_block(code, orders):
    """With our own block ordered none is offered again; an order for the sacroiliac nerves or the plexus takes nothing away."""
    (card,) = look(archetype(exams=bundle(pressed()), orders=bundle(order(code=code)))).cards

    assert sum("block" in one.label for one in card.suggestions) == orders


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (concept(CPT, "27096"), None),
        (concept(HCPCS, "G0260"), None),
        (concept(HCPCS, "G0259"), "T-LOW"),
        (named(HCPCS, "G0259", "Injection procedure for sacroiliac joint; arthrography"), "T-LOW"),
    ],
)
def test_trap_11_a_hospitals_sacroiliac_injection_counts(code, expected):
    """Under either number; contrast for an image is no treatment, also not by its display."""
    assert rule(injected(code)) == expected


@pytest.mark.parametrize(
    ("code", "cancer", "expected"),
    [
        (concept(CPT, "77412"), None, False),
        (concept(CPT, "77412"), "Z85.46", True),
        (concept(ICD_10_PCS, "DV000ZZ"), None, True),
        (concept(ICD_10_PCS, "DW061ZZ"), None, True),
    ],
)
def test_trap_12_radiotherapy_is_pelvic_by_its_code_or_its_tumour(code, cancer, expected):
    """A CPT delivery code needs a pelvic cancer beside it; an ICD-10-PCS code names the place itself."""
    history = [condition("cancer", code=concept(ICD, cancer), onsetDateTime=ago(3000), recordedDate=ago(3000))] if cancer else []
    given = procedure("radiation", code=code, performedDateTime=ago(2500))
    chart = archetype(conditions=bundle(condition(), *history), procedures=bundle(procedure(), given))

    assert ("radiotherapy" in look(chart).cards[0].detail) is expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (concept(SNOMED, "18946005"), "T-LOW"),
        (named(SNOMED, "18946005", "Epidural anesthesia (procedure)"), "T-LOW"),
        (named(SNOMED, "180885006", "Local anesthetic lumbar epidural block (procedure)"), "T-LOW"),
        (named(SNOMED, "180886007", "Local anesthetic sacral epidural block (procedure)"), "T-LOW"),
        (named(SNOMED, "67716003", "Epidural injection of anesthetic substance, therapeutic, caudal, continuous (procedure)"), "T-LOW"),
        (concept(text="Lumbar epidural block for labour"), "T-LOW"),
        (concept(text="Epidural analgesia L3-4, caesarean delivery"), "T-LOW"),
        (concept(text="Lumbar epidural steroid injection"), None),
        (concept(CPT, "62323"), None),
    ],
)
def test_trap_13_epidural_anaesthesia_is_not_a_failed_injection(code, expected):
    """A labour epidural supports nothing, neither by code nor display nor words; an epidural for pain does."""
    assert rule(injected(code)) == expected


@pytest.mark.parametrize(
    ("code", "changes", "expected"),
    [
        (named(SNOMED, "413096007", "Never injecting drug user"), {}, None),
        (named(SNOMED, "416479009", "Previously injecting drug user"), {}, None),
        (concept(SNOMED, "226034001"), {}, "X-04"),
        (concept(SNOMED, "226034001"), REFUTED, None),
        (named(SNOMED, "60001007", "Not pregnant (finding)"), {}, None),
        (concept(SNOMED, "77386006"), {}, "D-05"),
        (concept(SNOMED, "77386006"), REFUTED, None),
    ],
)
def test_trap_14_a_negation_silences_nothing(code, changes, expected):
    """Never, no longer, not, and refuted are no red flag and no pregnancy; the thing itself is."""
    assert rule(problem(code, **LATELY, **changes)) == expected


@pytest.mark.parametrize(
    ("code", "expected"), [("D68.51", False), ("D68.62", False), ("D68", False), ("D68.1", True), ("D68.4", True), ("D69.6", True)]
)
def test_trap_15_a_clotting_disorder_is_no_bleeding_risk(code, expected):
    """Thrombophilia and the heading that contains it give no caution; a bleeding disorder does."""
    chart = {"conditions": bundle(condition(), condition("blood", code=concept(ICD, code)))}

    assert ("bleeding disorder" in cautions(**chart)) is expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (named(SNOMED, "202723000", "Cervical postlaminectomy syndrome (disorder)"), "I-04"),
        (named(SNOMED, "202724006", "Thoracic postlaminectomy syndrome (disorder)"), "I-04"),
        (concept(SNOMED, "27151001"), None),
    ],
)
def test_trap_16_only_the_syndrome_of_no_other_region_counts(code, expected):
    """The cervical and thoracic children of the post-laminectomy syndrome are no lumbar surgery."""
    chart = archetype(procedures=bundle(), conditions=bundle(condition(), condition("syndrome", code=code)))

    assert rule(chart) == expected


@pytest.mark.parametrize("code", ["387731002", "55705006"])
@pytest.mark.parametrize(("site", "expected"), [(None, "I-04"), ([concept(SNOMED, "52612000")], None)])
def test_trap_16_an_operation_of_any_region_needs_the_lumbar_spine_beside_it(code, site, expected):
    """Laminectomy and spinal arthrodesis may be cervical: they count with a lumbar body site only."""
    assert rule(archetype(procedures=bundle(procedure(code=concept(SNOMED, code), bodySite=site)))) == expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        *((code, "X-03") for code in ("S32.010A", "S32.010B", "S32.010G", "S32.010K", "M48.56XA")),
        *((code, None) for code in ("S32.010D", "S32.010S", "M48.56XD", "S32.010")),
    ],
)
def test_trap_17_a_fracture_is_a_red_flag_while_it_is_active(code, expected):
    """Active treatment, delayed healing and nonunion silence; routine healing, sequela and a heading do not."""
    assert rule(problem(concept(ICD, code), **LATELY)) == expected


@pytest.mark.parametrize(
    ("stage", "expected"),
    [
        ("A", "X-03"),
        ("D", None),
        ("S", None),
    ],
)
def test_trap_17_a_healing_fracture_stays_so_by_its_display(stage, expected):
    """The words of a code say the stage as well: routine healing and sequela are no fresh fracture."""
    words = {"A": "initial encounter for closed fracture", "D": "subsequent encounter for fracture with routine healing", "S": "sequela"}
    code = named(ICD, f"S32.010{stage}", f"Wedge compression fracture of first lumbar vertebra, {words[stage]}")

    assert rule(problem(code, **LATELY)) == expected
