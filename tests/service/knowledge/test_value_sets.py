"""The codes of the value sets: none walks into a known trap of its terminology."""

import json
from functools import cache
from itertools import combinations
from pathlib import Path

import pytest

KNOWLEDGE = Path(__file__).parents[3] / "service" / "knowledge"
FILES = tuple(sorted((KNOWLEDGE / "value_sets").glob("*.json")))

CPT = "http://www.ama-assn.org/go/cpt"
HCPCS = "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"
ICD_10_CM = "http://hl7.org/fhir/sid/icd-10-cm"
ICD_10_PCS = "http://www.cms.gov/Medicare/Coding/ICD10"
LOINC = "http://loinc.org"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
SNOMED = "http://snomed.info/sct"


@cache
def concepts(file: Path) -> tuple[tuple[str, dict], ...]:
    """(system, concept) of everything in one set."""
    include = json.loads(file.read_text(encoding="utf-8"))["compose"]["include"]
    return tuple((part["system"], concept) for part in include for concept in part["concept"])


@cache
def codes(name: str, system: str) -> frozenset[str]:
    """The codes of one system in one set."""
    return frozenset(concept["code"] for uri, concept in concepts(KNOWLEDGE / "value_sets" / f"{name}.json") if uri == system)


@cache
def pairs(name: str) -> frozenset[tuple[str, str]]:
    """Every (system, code) of one set."""
    return frozenset((uri, concept["code"]) for uri, concept in concepts(KNOWLEDGE / "value_sets" / f"{name}.json"))


def holding(system: str, code: str) -> set[str]:
    """The names of all sets that hold the code."""
    return {file.stem for file in FILES if (system, code) in pairs(file.stem)}


@pytest.mark.parametrize(
    "names",
    [
        ("pregnancy", "not-pregnant"),
        ("iliac-crest-harvest", "local-or-allograft", "bone-harvest-any-donor"),
        ("imaging-result-normal", "imaging-result-abnormal", "imaging-result-equivocal"),
        ("interpretation-normal", "interpretation-abnormal"),
        ("interpretation-positive", "interpretation-negative", "interpretation-indeterminate"),
        ("side-left", "side-right", "side-both"),
        ("side-left-in-code", "side-right-in-code", "side-both-in-code"),
        ("low-back-pain", "acute-low-back-strain", "back-pain-region-unstated"),
        ("chronic-pain", "acute-low-back-strain"),
        ("posterior-lumbar-fusion", "other-lumbar-fusion", "fusion-any-region"),
        ("lumbar-laminectomy", "laminectomy-any-region"),
        ("lumbar-discectomy", "discectomy-any-region"),
        ("lumbar-mri", "lumbar-ct", "lumbar-xray", "spine-mri-region-free", "pelvic-or-sacral-mri"),
        ("pelvic-radiotherapy", "radiotherapy-any-site"),
        ("malignancy", "pelvic-malignancy-history"),
        ("amide-local-anaesthetic", "ester-local-anaesthetic"),
        ("injecting-drug-use", "drug-use-route-unstated"),
        ("acute-spinal-or-pelvic-fracture", "unhealed-spinal-or-pelvic-fracture"),
        ("local-skin-infection", "skin-infection-any-site"),
        ("peripheral-nerve-block", "named-nerve-block-not-cluneal", "sacroiliac-injection"),
    ],
    ids=lambda names: names[0],
)
def test_opposites_share_no_code(names):
    """A code never says one thing and its contrary."""
    for one, other in combinations(names, 2):
        assert not pairs(one) & pairs(other), (one, other)


def test_an_unspecific_mononeuropathy_code_stays_alone():
    """G57.8- covers every unlisted nerve of the leg: it is in the set that never proves anything, and in no pain set."""
    assert holding(ICD_10_CM, "G57.80") == {"mononeuropathy-lower-limb-unspecific"}
    assert holding(ICD_10_CM, "G57.81") == {"mononeuropathy-lower-limb-unspecific", "side-right-in-code"}


@pytest.mark.parametrize("code", ["G54.4", "G54.8", "G57.1", "G57.7", "G57.71"])
def test_roots_causalgia_and_meralgia_are_not_the_target(code):
    """Roots, plexus, causalgia and meralgia are other nerves."""
    assert not holding(ICD_10_CM, code)


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("low-back-pain", "M54.5", {"M54.50", "M54.59"}),
        ("lumbar-disc-disorder", "M51.36", {"M51.360", "M51.361", "M51.362", "M51.369"}),
        ("lumbar-disc-disorder", "M51.37", {"M51.370", "M51.371", "M51.372", "M51.379"}),
        ("lumbar-stenosis", "M48.06", {"M48.061", "M48.062"}),
        ("parkinson-disease", "G20", {"G20.A1", "G20.A2", "G20.B1", "G20.B2", "G20.C"}),
        ("pelvic-or-perineal-pain", "R10.2", {"R10.20", "R10.21", "R10.22", "R10.23"}),
        ("bleeding-disorder", "D68.0", {"D68.00", "D68.01", "D68.09"}),
        ("abdominal-aortic-aneurysm", "I71.4", {"I71.40", "I71.41", "I71.42", "I71.43"}),
        ("abdominal-aortic-aneurysm", "I71.3", {"I71.30", "I71.31", "I71.32", "I71.33"}),
    ],
)
def test_a_split_code_stands_beside_its_successors(name, old, new):
    """Charts keep the code that was valid when they were written."""
    assert {old, *new} <= codes(name, ICD_10_CM)


def test_vertebrogenic_pain_competes_and_is_not_low_back_pain():
    """M54.51 names another cause of the pain."""
    assert holding(ICD_10_CM, "M54.51") == {"vertebrogenic-pain"}


def test_lumbago_with_sciatica_strain_and_multifidus_are_not_low_back_pain():
    """A radiating pain, a fresh strain and a weak muscle are each something else."""
    low_back_pain = pairs("low-back-pain")

    assert not {(SNOMED, "202794004"), (SNOMED, "278862001"), (ICD_10_CM, "S39.012A"), (ICD_10_CM, "M62.85")} & low_back_pain


def test_disc_degeneration_without_pain_implies_no_pain():
    """M51.369 and M51.379 say that no pain is mentioned; .361 and .371 that it is in the leg only."""
    assert not {"M51.361", "M51.369", "M51.371", "M51.379"} & codes("pain-implying-diagnosis", ICD_10_CM)


@pytest.mark.parametrize("code", ["77385", "77386", "62311"])
def test_a_withdrawn_code_is_kept_for_old_records(code):
    """Numbers that left the current lists are marked as historical."""
    notes = {note["valueString"] for file in FILES for system, concept in concepts(file) if (system, concept["code"]) == (CPT, code)
             for note in concept["extension"]}  # fmt: skip

    assert notes == {"historical-only"}


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("27278", "sacroiliac-fusion"),
        ("64451", "sacroiliac-nerve-procedure"),
        ("63052", "lumbar-laminectomy"),
        ("64596", "peripheral-nerve-stimulation"),
        ("20560", "conservative-care"),
    ],
)
def test_new_numbers_are_in(code, name):
    """Procedures that got a number after 2019 are known."""
    assert code in codes(name, CPT)


@pytest.mark.parametrize("code", ["20936", "20930", "20931", "20900", "20902", "20939"])
def test_local_autograft_is_not_an_iliac_harvest(code):
    """Bone from the same wound, donor bone, bone from anywhere and marrow are no harvest of the iliac crest."""
    assert code not in codes("iliac-crest-harvest", CPT)


@pytest.mark.parametrize("code", ["64451", "64625"])
def test_sacroiliac_nerves_are_not_cluneal_nerves(code):
    """Procedures on the nerves of the sacroiliac joint are never taken for a block or an ablation of an unnamed nerve."""
    assert not {"peripheral-nerve-block", "nerve-block-order", "nerve-destruction"} & holding(CPT, code)


@pytest.mark.parametrize("code", ["64714", "64704", "64999"])
def test_plexus_hand_and_unlisted_surgery_are_not_nerve_surgery(code):
    """Lumbar plexus, hand or foot, and anything unlisted are in no set."""
    assert not holding(CPT, code)


@pytest.mark.parametrize("name", ["sacroiliac-injection", "spine-injection-order"])
def test_a_sacroiliac_injection_is_known_by_both_numbers(name):
    """Hospital outpatient data carry G0260 where others carry 27096; G0259 is only the contrast for an image."""
    assert (CPT, "27096") in pairs(name)
    assert codes(name, HCPCS) == {"G0260"}


def test_radiotherapy_without_a_site_is_not_pelvic():
    """Radiation numbers of CPT carry no body site; only the prostate needles do."""
    assert codes("pelvic-radiotherapy", CPT) == {"55875"}
    assert codes("pelvic-radiotherapy", SNOMED) == {"428829005"}
    assert all(code.startswith(("DV0", "DV1", "DD0", "DP0", "DW0", "0VH")) for code in codes("pelvic-radiotherapy", ICD_10_PCS))


@pytest.mark.parametrize("code", ["180885006", "180886007", "18946005", "58611004", "67716003", "35597003"])
def test_epidural_anaesthesia_is_not_a_failed_injection(code):
    """A labour epidural is in no set at all, nor is a continuous infusion."""
    assert not holding(SNOMED, code)


@pytest.mark.parametrize(("code", "only"), [("413096007", set()), ("416479009", set()), ("60001007", {"not-pregnant"})])
def test_a_negation_is_not_what_it_denies(code, only):
    """Never injected, no longer injecting, and not pregnant mean the contrary of the concept they look like."""
    assert holding(SNOMED, code) == only


def test_thrombophilia_is_not_a_bleeding_disorder():
    """D68.5- and D68.6- clot; the heading D68 holds both kinds."""
    bleeding = codes("bleeding-disorder", ICD_10_CM)

    assert not {code for code in bleeding if code.startswith(("D68.5", "D68.6"))}
    assert "D68" not in bleeding
    assert {"D68.1", "D68.4", "D68.9"} <= bleeding


@pytest.mark.parametrize("code", ["202723000", "202724006"])
def test_cervical_and_thoracic_laminectomy_syndromes_are_out(code):
    """Children of the post-laminectomy syndrome above the lumbar spine are in no set."""
    assert not holding(SNOMED, code)


@pytest.mark.parametrize(
    ("system", "code"),
    [(SNOMED, code) for code in ["387731002", "261540001", "260648008", "260647003", "283165009", "55705006", "359586003"]]
    + [(CPT, code) for code in ["63048", "63035", "22614", "22842", "22853"]],
)
def test_a_procedure_of_any_level_is_not_lumbar(system, code):
    """What may as well be cervical is only in sets that say so."""
    assert holding(system, code)
    assert all(name.endswith("-any-region") for name in holding(system, code))


def test_a_fresh_fracture_has_an_active_seventh_character():
    """Only the encounters A and B are fresh; healing and sequela are history, a heading says neither."""
    fresh = codes("acute-spinal-or-pelvic-fracture", ICD_10_CM)

    assert {"S32.010A", "S32.010B", "M48.56XA"} <= fresh
    assert all(code[-1] in "AB" and len(code.replace(".", "")) == 7 for code in fresh)


def test_an_old_fracture_is_still_a_vertebral_fracture():
    """Every stage of healing tells of the fracture; the neck is left out."""
    fractures = codes("vertebral-fracture", ICD_10_CM)

    assert {"S32.010A", "S32.010D", "S32.010S", "M48.56XS"} <= fractures
    assert not {code for code in fractures if code.startswith(("M48.51", "M48.52", "M48.53"))}


def test_anticoagulants_are_known_as_ingredients_and_as_products():
    """Prescriptions carry products; dabigatran has two identifiers; apixaban and edoxaban are not mixed up."""
    medicines = codes("anticoagulant-or-antiplatelet", RXNORM)

    assert {"1546356", "1037042", "1364430", "1364445", "1599538", "1599543", "861365"} <= medicines
    assert not {"1656349", "613391", "1815"} & medicines


def test_procaine_and_benzocaine_are_not_amides():
    """An allergy to an ester is no allergy to lidocaine."""
    assert codes("amide-local-anaesthetic", RXNORM) == {"6387"}
    assert codes("ester-local-anaesthetic", RXNORM) == {"8701", "1399"}


def test_normal_imaging_is_said_in_so_many_words():
    """Only conclusions that say normal are normal; negative and absent may deny anything."""
    assert codes("imaging-result-normal", SNOMED) == {"408573005", "281900007", "17621005"}
    assert not {"169083003", "129679001"} - codes("imaging-result-abnormal", SNOMED)
    assert all(holding(SNOMED, code) == {"answer-negative"} for code in ("260385009", "2667000", "373572006"))


def test_an_x_ray_is_not_an_mri():
    """A published set named X-ray mixes modalities; ours hold one each."""

    def modalities(name: str) -> set[str]:
        file = KNOWLEDGE / "value_sets" / f"{name}.json"
        return {concept["display"].split()[0] for system, concept in concepts(file) if system == LOINC}

    assert (modalities("lumbar-xray"), modalities("lumbar-mri"), modalities("lumbar-ct")) == ({"XR"}, {"MR"}, {"CT"})


def test_a_pain_score_runs_from_0_to_10():
    """PROMIS items run to 5, a visual analogue scale may run to 100, and the disability index is no pain score."""
    assert codes("pain-severity-score", LOINC) == {"72514-3", "38208-5", "38221-8", "75893-8"}


@pytest.mark.parametrize("code", ["709264002", "709480005"])
def test_looking_for_allodynia_is_not_finding_it(code):
    """Assessment procedures are in no set."""
    assert not holding(SNOMED, code)


@pytest.mark.parametrize("code", ["R53.1", "M62.81"])
def test_general_weakness_is_not_a_motor_deficit(code):
    """Frailty and illness make weak; a red flag is the foot that drops or the limb that fails."""
    assert not holding(ICD_10_CM, code)
