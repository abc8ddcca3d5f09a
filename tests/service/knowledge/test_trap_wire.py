"""The known traps 18 to 26 of the terminologies: drugs, names of systems, displays, conclusions and scores as charts send them."""

import pytest

from tests.service.charts import (
    CPT,
    HL7,
    ICD,
    LOINC,
    RXNORM,
    SNOMED,
    ago,
    allergy,
    archetype,
    bundle,
    concept,
    condition,
    finding,
    look,
    observation,
    prescription,
    pressed,
    procedure,
    report,
)
from tests.service.knowledge.trapped import FUSION, cautions, injected, named, prescribed, rule


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("1364430", True),
        ("1364445", True),
        ("309362", True),
        ("854245", True),
        ("136444", False),
        ("13644450", False),
    ],
)
def test_trap_18_a_drug_is_known_as_ingredient_and_as_product(code, expected):
    """A prescription may carry either; a part of a number, or a longer one, is another drug."""
    assert ("anticoagulant or antiplatelet" in prescribed(code)) is expected


@pytest.mark.parametrize("code", ["1546356", "1037042", "1037045"])
def test_trap_19_dabigatran_is_known_by_each_of_its_numbers(code):
    """The drug, its prodrug and a capsule give the same caution."""
    assert "anticoagulant or antiplatelet" in prescribed(code)


@pytest.mark.parametrize("code", ["1656349", "613391", "1815"])
def test_trap_20_a_wrong_identifier_means_nothing(code):
    """Numbers that public code attributes wrongly give no caution: without a name nobody knows the drug."""
    assert "anticoagulant or antiplatelet" not in prescribed(code)
    assert "anticoagulant or antiplatelet" in prescribed("1599538")


def test_trap_21_fondaparinux_is_known_by_product_and_by_name():
    """It stands outside every ATC range of its class: the product and the name are recognised, an ATC code is not read."""
    by_name = cautions(medications=bundle(prescription("Fondaparinux 2.5 mg daily")))

    assert "anticoagulant or antiplatelet" in by_name
    assert "anticoagulant or antiplatelet" in prescribed("861365")
    assert "anticoagulant or antiplatelet" not in prescribed("B01AX05", "http://www.whocc.no/atc")


@pytest.mark.parametrize(
    ("code", "orders"),
    [
        (concept(RXNORM, "6387"), 0),
        (concept(text="Bupivacaine"), 0),
        (concept(RXNORM, "8701"), 1),
        (concept(RXNORM, "1399"), 1),
        (concept(text="Procaine"), 1),
    ],
)
def test_trap_22_an_allergy_to_an_ester_stops_no_block(code, orders):
    """Lidocaine and its class stop the block; procaine and benzocaine are of another class."""
    (card,) = look(archetype(exams=bundle(pressed()), allergies=bundle(allergy(code=code)))).cards

    assert sum("block" in one.label for one in card.suggestions) == orders


@pytest.mark.parametrize("code", [concept(SNOMED, "373477003"), concept(text="Local anesthetic"), concept(RXNORM, "6387")])
def test_trap_22_a_mild_reaction_to_the_class_asks_for_review(code):
    """Local anaesthetics as a class may be amides: a mild reaction to them is told, by code as by words."""
    mild = allergy(code=code, reaction=[{"severity": "mild"}])

    assert "clarify it before any block" in cautions(allergies=bundle(mild))


@pytest.mark.parametrize(
    ("system", "expected"),
    [
        ("http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets", None),
        ("https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets", None),
        ("urn:oid:2.16.840.1.113883.6.285", None),
        ("https://www.cms.gov/Medicare/Coding/MedHCPCSGenInfo/index.html", None),
        ("http://www.nlm.nih.gov/research/umls/hcpcs", None),
        (CPT, "T-LOW"),
        ("http://example.org/hcpcs", "T-LOW"),
    ],
)
def test_trap_23_hcpcs_has_five_names(system, expected):
    """An injection counts under each of them, and under no other system."""
    assert rule(injected(concept(system, "G0260"))) == expected


@pytest.mark.parametrize(
    ("system", "expected"),
    [
        ("http://www.cms.gov/Medicare/Coding/ICD10", True),
        ("http://www.icd10data.com/icd10pcs", True),
        ("http://terminology.hl7.org/CodeSystem/icd10PCS", True),
        (ICD, False),
    ],
)
def test_trap_23_icd_10_pcs_has_three_names(system, expected):
    """A harvest is known under each of them, and not under ICD-10-CM."""
    taken = procedure("bone", code=concept(system, "0QB30ZZ"), performedDateTime=ago(730))

    assert ("graft" in look(archetype(procedures=bundle(FUSION, taken))).cards[0].summary) is expected


@pytest.mark.parametrize(
    ("system", "code", "expected"),
    [
        ("SNOMED-CT", "278860009", None),
        (SNOMED, 278860009, None),
        ("urn:oid:2.16.840.1.113883.6.96", "278860009", None),
        (ICD, "M54.50", None),
        (ICD, "M5450", None),
        ("urn:oid:2.16.840.1.113883.6.90", "M5450", None),
        ("SNOMED", "278860009", "I-02"),
        (ICD, "278860009", "I-02"),
        (ICD, "M545.0", "I-02"),
    ],
)
def test_trap_23_the_pain_is_known_however_its_code_is_written(system, code, expected):
    """A bare name or an OID for the system, a number for the code, no dot: the same pain; in another system it is nothing."""
    assert rule(archetype(conditions=bundle(condition(code=concept(system, code))))) == expected


@pytest.mark.parametrize(("system", "expected"), [("LOINC", True), (LOINC, True), (SNOMED, False)])
def test_trap_23_the_bare_name_of_loinc_is_known(system, expected):
    """The MRI of a chart that names its system by nickname is read as any other."""
    seen = report(code=concept(system, "30679-5"))

    assert finding("non-explanatory-imaging", archetype(reports=bundle(seen))).is_present is expected


@pytest.mark.parametrize(("system", "expected"), [("RxNorm", True), (RXNORM, True), (LOINC, False)])
def test_trap_23_the_bare_name_of_rxnorm_is_known(system, expected):
    """So is the anticoagulant."""
    assert ("anticoagulant or antiplatelet" in prescribed("1364445", system)) is expected


@pytest.mark.parametrize("display", ["Excision of lamina of vertebra", "Laminectomy", "Colonoscopy", None])
@pytest.mark.parametrize("code", ["387731002", 387731002])
def test_trap_24_the_code_decides_whatever_its_display(code, display):
    """One code has several official names, and some charts write it as a number: the operation is the same."""
    done = procedure(code=named(SNOMED, code, display), bodySite=[concept(SNOMED, "52612000")])

    assert finding("lumbar-laminectomy", archetype(procedures=bundle(done))).is_present


def test_trap_24_a_display_makes_no_known_code_into_another():
    """A fusion whose display says laminectomy is a fusion."""
    chart = archetype(procedures=bundle(procedure(code=named(CPT, "22612", "Lumbar laminectomy"))))

    assert finding("lumbar-fusion", chart).is_present
    assert not finding("lumbar-laminectomy", chart).is_present


@pytest.mark.parametrize(
    ("conclusion", "expected"),
    [(None, "T-LOW"), *((code, None) for code in ("408573005", "281900007", "17621005"))]
    + [(code, "T-LOW") for code in ("169083003", "129679001", "260385009", "2667000")],
)
def test_trap_25_a_missing_conclusion_is_not_normal(conclusion, expected):
    """Of a report without a sentence only a code that says normal counts; none at all, abnormal, negative or absent do not."""
    coded = [concept(SNOMED, conclusion)] if conclusion else None

    assert rule(archetype(reports=bundle(report("", conclusionCode=coded)))) == expected


@pytest.mark.parametrize(("code", "expected"), [("N", True), ("A", False), ("NEG", False)])
def test_trap_25_an_interpretation_of_normal_counts(code, expected):
    """An MRI that came as an Observation is normal by its interpretation, not by any other."""
    meaning = [concept(f"{HL7}v3-ObservationInterpretation", code)]
    seen = observation(code=concept(LOINC, "30679-5"), effectiveDateTime=ago(210), interpretation=meaning)

    assert finding("non-explanatory-imaging", archetype(reports=bundle(), exams=bundle(seen))).is_present is expected


def test_trap_25_a_normal_mri_alone_proves_nothing():
    """Pain and a normal MRI without any other support: silent, or the card would come up for everybody."""
    assert rule(archetype(procedures=bundle(), medications=bundle(prescription("Gabapentin")))) == "T-LOW"


@pytest.mark.parametrize(
    ("code", "value", "unit", "expected"),
    [("72514-3", 6, "{score}", None), ("97909-6", 40, "%", "I-02"), ("97909-6", 20, "{score}", "I-02"), ("97909-6", 6, "{score}", "I-02")],
)
def test_trap_26_a_disability_index_is_no_pain_score(code, value, unit, expected):
    """The index is a percentage or runs to 50: neither says that it hurts now; a pain score of 6 does."""
    asked = observation(code=concept(LOINC, code), valueQuantity={"value": value, "unit": unit, "code": unit})

    assert rule(archetype(reports=bundle(report(effectiveDateTime=ago(500))), surveys=bundle(asked))) == expected
