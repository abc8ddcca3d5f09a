"""The files of the value sets: sound FHIR ValueSets that say what they hold, and no licensed text."""

import json
from pathlib import Path
from typing import Any

import pytest
from fhir.resources.R4B.valueset import ValueSet

FILES = tuple(sorted((Path(__file__).parents[3] / "service" / "knowledge" / "value_sets").glob("*.json")))
EACH_SET = pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)

CPT = "http://www.ama-assn.org/go/cpt"
CODE_NOTE = "https://cluneal-cds.github.io/fhir/StructureDefinition/code-note"
OWNERS = {
    CPT: "American Medical Association",
    "http://snomed.info/sct": "SNOMED International",
    "http://loinc.org": "Regenstrief",
    "http://www.nlm.nih.gov/research/umls/rxnorm": "RxNorm",
    "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets": "HCPCS",
    "http://hl7.org/fhir/sid/icd-10-cm": "ICD-10-CM",
    "http://www.cms.gov/Medicare/Coding/ICD10": "ICD-10-PCS",
    "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation": "Health Level Seven",
    "https://cluneal-cds.github.io/fhir/CodeSystem/examination": "the authors of cluneal-cds",
}


def content(file: Path) -> dict[str, Any]:
    return json.loads(file.read_text(encoding="utf-8"))


def concepts(file: Path) -> list[tuple[str, dict[str, Any]]]:
    return [(part["system"], concept) for part in content(file)["compose"]["include"] for concept in part["concept"]]


@EACH_SET
def test_a_set_is_a_valid_fhir_value_set(file):
    """Every file is an R4 ValueSet whose id and canonical URL are the name of the file."""
    value_set = ValueSet.model_validate(content(file))

    assert value_set.id == file.stem
    assert value_set.url == f"https://cluneal-cds.github.io/fhir/ValueSet/{file.stem}"
    assert value_set.name == "".join(part.capitalize() for part in file.stem.split("-"))


@EACH_SET
def test_a_set_says_what_it_is_and_whose_codes_it_holds(file):
    """Every set has a version, a status, a date, a title, a description and the copyright of each of its code systems."""
    value_set = content(file)

    assert (value_set["version"], value_set["status"], value_set["experimental"]) == ("2026.1", "draft", False)
    assert (value_set["date"], value_set["publisher"]) == ("2026-11-20", "cluneal-cds")
    assert value_set["title"]
    assert value_set["description"].endswith(".")
    for part in value_set["compose"]["include"]:
        assert OWNERS[part["system"]] in value_set["copyright"]


@EACH_SET
def test_codes_are_listed_one_by_one(file):
    """No filter, no reference to another set, nothing twice: what a set means can be read in its file."""
    value_set = content(file)

    assert set(value_set["compose"]) == {"include"}
    assert all(set(part) == {"system", "concept"} for part in value_set["compose"]["include"])
    listed = [(system, concept["code"]) for system, concept in concepts(file)]
    assert len(listed) == len(set(listed)) > 0


@EACH_SET
def test_cpt_has_numbers_only_and_all_other_codes_have_a_display(file):
    """CPT descriptors are licensed text and never shipped; every other code shows the reviewer its name."""
    for system, concept in concepts(file):
        assert set(concept) <= {"code", "display", "extension"}
        assert ("display" in concept) == (system != CPT), concept


@EACH_SET
def test_a_note_on_a_code_is_one_of_two(file):
    """A concept may carry one note: that it should be looked up again, or that it is for old records only."""
    for _, concept in concepts(file):
        for note in concept.get("extension", ()):
            assert note["url"] == CODE_NOTE
            assert note["valueString"] in {"recheck-active", "historical-only"}
