"""The codes of the value sets, asked of the files themselves: which codes a set holds, which sets hold a code."""

import json
from functools import cache
from pathlib import Path
from typing import Any

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
def concepts(file: Path) -> tuple[tuple[str, dict[str, Any]], ...]:
    """(system, concept) of everything in one set."""
    include = json.loads(file.read_text(encoding="utf-8"))["compose"]["include"]
    return tuple((part["system"], concept) for part in include for concept in part["concept"])


@cache
def pairs(name: str) -> frozenset[tuple[str, str]]:
    """Every (system, code) of one set."""
    return frozenset((uri, concept["code"]) for uri, concept in concepts(KNOWLEDGE / "value_sets" / f"{name}.json"))


def codes(name: str, system: str) -> frozenset[str]:
    """The codes of one system in one set."""
    return frozenset(code for uri, code in pairs(name) if uri == system)


def holding(system: str, code: str) -> set[str]:
    """The names of all sets that hold the code."""
    return {file.stem for file in FILES if (system, code) in pairs(file.stem)}


def displays(system: str, code: str) -> set[str]:
    """What the files call the code."""
    return {concept.get("display", "") for file in FILES for uri, concept in concepts(file) if (uri, concept["code"]) == (system, code)}
