"""Which codes of a chart nobody knows, as an integrator wants to see them."""

import json

import msgspec

from service.fhir.chart import ChartEntry, chart_of_prefetch
from service.fhir.terms import terms_of
from service.fhir.unknown_codes import unknown_codes
from service.knowledge.load import load_knowledge

KNOWLEDGE = load_knowledge()
SNOMED = "http://snomed.info/sct"
LOCAL = "urn:oid:1.2.3"
LOW_BACK_PAIN = {"system": SNOMED, "code": "279039007", "display": "Low back pain"}
UNHEARD_OF = {"system": SNOMED, "code": "66383009", "display": "Gingivitis"}
OWN = {"system": LOCAL, "code": "LBP1", "display": "Lumbago, chronic"}


def entry(number, *codings, kind="Condition", **members):
    return {"resourceType": kind, "id": f"e{number}", "code": {"coding": list(codings)}, **members}


def unknown(**prefetch):
    """The unknown codes of a chart, each with the number of its entries."""
    raw = {key: msgspec.Raw(json.dumps({"resourceType": "Bundle", "entry": [{"resource": one} for one in entries]}).encode())
           for key, entries in prefetch.items()}  # fmt: skip
    found = unknown_codes(chart_of_prefetch(raw, patient="p", server=None).entries, terms_of(KNOWLEDGE))
    return [(one.coding.code, one.entries, one.is_local) for one in found]


def test_the_known_low_back_pain_is_known():
    """The code that the other tests call known stands in a value set, or they would show nothing."""
    assert (SNOMED, LOW_BACK_PAIN["code"]) in KNOWLEDGE.codes


def test_codes_that_no_value_set_holds_are_counted():
    """Those of a system of the site's own come first, and then the most frequent."""
    conditions = [entry(1, UNHEARD_OF), entry(2, UNHEARD_OF), entry(3, OWN), entry(4, LOW_BACK_PAIN)]

    assert unknown(conditions=conditions) == [("LBP1", 1, True), ("66383009", 2, False)]


def test_a_local_code_beside_a_known_one_needs_no_map():
    """The entry is understood by the other."""
    assert unknown(conditions=[entry(1, OWN, LOW_BACK_PAIN)]) == []


def test_an_entry_that_answers_two_queries_counts_once():
    """An examination may come under exams and surveys; entries without an id are each their own."""
    seen = entry(1, OWN, kind="Observation")

    assert unknown(exams=[seen], surveys=[seen]) == [("LBP1", 1, True)]
    nameless = {member: value for member, value in seen.items() if member != "id"}
    assert unknown(exams=[nameless, nameless]) == [("LBP1", 2, True)]


def test_what_cannot_be_read_costs_no_neighbour():
    """An entry of no known type, and one that is not as FHIR has it, whose code can be read all the same."""
    odd = entry(1, OWN, clinicalStatus="active", note="none")

    assert unknown(conditions=[{"id": "x"}, {"resourceType": "Condition", "code": 7}, odd]) == [("LBP1", 1, True)]


def test_the_codes_of_prescriptions_and_reports_count_too():
    """Whatever element says what an entry is."""
    drug = {"resourceType": "MedicationRequest", "id": "m", "medicationCodeableConcept": {"coding": [OWN]}}
    report = {"resourceType": "DiagnosticReport", "id": "r", "conclusionCode": [{"coding": [OWN]}]}

    assert unknown(medications=[drug], reports=[report]) == [("LBP1", 2, True)]


def test_an_entry_that_is_used_for_its_words_is_told_apart():
    """A map would add less there than where nothing is understood."""
    chart = [ChartEntry(json.dumps(entry(number, OWN)).encode(), "Condition", "conditions") for number in (1, 2, 3)]
    (found,) = unknown_codes(chart, terms_of(KNOWLEDGE), {"Condition/e2"})

    assert (found.entries, found.understood) == (3, 1)
