"""The codes of the value sets: opposites stay apart, and what nobody could verify is in none (known traps are in test_traps.py)."""

from itertools import combinations

import pytest

from tests.service.knowledge.codes import HCPCS, ICD_10_CM, LOINC, RXNORM, SNOMED, codes, holding, pairs

ATC = "http://www.whocc.no/atc"
# Codes that were recalled or seen in ordinary public code only: no file or page of their terminology shows them.
UNVERIFIED = [
    *((HCPCS, code) for code in ("G6015", "J1030", "J1040", "J2001", "S2117")),
    *((LOINC, code) for code in ("18748-4",)),
    *((RXNORM, code) for code in ("1815", "35780", "321208", "613391")),
    *((ATC, f"B01A{code}") for code in ("A03", "B01", "B05", "C04", "C06", "E07", "F01", "F02", "F03", "X05")),
    *((SNOMED, code) for code in ("152198000", "231309005", "234326005", "241648003", "298703004", "722138006")),
]


@pytest.mark.parametrize(
    "names",
    [
        ("pregnancy", "not-pregnant"),
        ("iliac-crest-harvest", "pelvic-bone-excision", "local-or-allograft", "bone-harvest-any-donor"),
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
        ("epidural-injection", "epidural-injection-any-region", "epidural-anaesthesia-or-infusion"),
        ("sacroiliac-injection", "sacroiliac-arthrography"),
    ],
    ids=lambda names: names[0],
)
def test_opposites_share_no_code(names):
    """A code never says one thing and its contrary."""
    for one, other in combinations(names, 2):
        assert not pairs(one) & pairs(other), (one, other)


@pytest.mark.parametrize(("system", "code"), UNVERIFIED)
def test_what_nobody_could_verify_is_in_no_set(system, code):
    """A code that is merely plausible stays out."""
    assert not holding(system, code)


@pytest.mark.parametrize("code", ["G57.1", "G57.7", "G57.71"])
def test_causalgia_and_meralgia_are_not_the_target(code):
    """Causalgia and meralgia are other nerves."""
    assert not holding(ICD_10_CM, code)


def test_lumbago_with_sciatica_strain_and_multifidus_are_not_low_back_pain():
    """A radiating pain, a fresh strain and a weak muscle are each something else."""
    low_back_pain = pairs("low-back-pain")

    assert not {(SNOMED, "202794004"), (SNOMED, "278862001"), (ICD_10_CM, "S39.012A"), (ICD_10_CM, "M62.85")} & low_back_pain


def test_disc_degeneration_without_pain_implies_no_pain():
    """M51.369 and M51.379 say that no pain is mentioned; .361 and .371 that it is in the leg only."""
    assert not {"M51.361", "M51.369", "M51.371", "M51.379"} & codes("pain-implying-diagnosis", ICD_10_CM)


@pytest.mark.parametrize("code", ["709264002", "709480005"])
def test_looking_for_allodynia_is_not_finding_it(code):
    """Assessment procedures are in no set."""
    assert not holding(SNOMED, code)


@pytest.mark.parametrize("code", ["R53.1", "M62.81"])
def test_general_weakness_is_not_a_motor_deficit(code):
    """Frailty and illness make weak; a red flag is the foot that drops or the limb that fails."""
    assert not holding(ICD_10_CM, code)
