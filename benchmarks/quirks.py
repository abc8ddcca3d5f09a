"""Target 6: resources as real servers send them, each odd in one way and each with a fact that a rule knows. None may be lost.

What the facts are is not written down here: `plain.py` says what a tolerant person sees. A quirk is read alone and among all others,
because one odd resource must not cost its neighbours either.
"""

import json
from collections.abc import Iterator
from typing import Any

import msgspec

from benchmarks import plain
from benchmarks.report import Line
from service.fhir.chart import chart_of_prefetch
from service.fhir.read import read_chart
from service.knowledge.load import load_knowledge
from service.record import Observation

PATIENT = "p"
_SNOMED, _CPT, _ICD10 = "http://snomed.info/sct", "http://www.ama-assn.org/go/cpt", "http://hl7.org/fhir/sid/icd-10-cm"
_LOINC, _RXNORM, _HL7 = "http://loinc.org", "http://www.nlm.nih.gov/research/umls/rxnorm", "http://terminology.hl7.org/CodeSystem"
Resource = dict[str, Any]


def _concept(system: str, code: Any, **more: Any) -> Resource:
    return {"coding": [{"system": system, "code": code}], **more}


_PAIN = _concept(_SNOMED, "278860009", text="Chronic low back pain")
_LAMINECTOMY = _concept(_CPT, "63047", text="Laminectomy")
_A1C = _concept(_LOINC, "4548-4", text="Haemoglobin A1c")
_SITE = _concept(_SNOMED, "37822005", text="Low back")
_WARFARIN = _concept(_RXNORM, "11289", text="warfarin")
_PERCENT = {"value": 7.9, "unit": "%", "system": "http://unitsofmeasure.org", "code": "%"}
_CONFIRMED = {"verificationStatus": _concept(f"{_HL7}/condition-ver-status", "confirmed")}
_SOUND: dict[str, tuple[str, Resource]] = {
    "Condition": ("conditions", {**_CONFIRMED, "clinicalStatus": _concept(f"{_HL7}/condition-clinical", "active"), "code": _PAIN}),
    "Procedure": ("procedures", {"status": "completed", "code": _LAMINECTOMY, "performedDateTime": "2024-02-24"}),
    "Observation": ("labs", {"status": "final", "code": _A1C, "effectiveDateTime": "2026-05-02", "valueQuantity": _PERCENT}),
    "DiagnosticReport": ("reports", {"status": "final", "code": _concept(_LOINC, "24968-0"), "effectiveDateTime": "2026-04-24"}),
    "MedicationRequest": ("medications", {"status": "active", "intent": "order", "medicationCodeableConcept": _WARFARIN}),
    "Encounter": ("encounter", {"status": "finished", "class": {"code": "AMB"}, "reasonCode": [_PAIN], "period": {"start": "2026-01-02"}}),
    "ServiceRequest": ("orders", {"status": "active", "intent": "order", "code": _concept(_CPT, "64450"), "authoredOn": "2026-11-01"}),
}

# type -> what is odd about one resource of it -> the elements that are written so
_ODD: dict[str, dict[str, Resource]] = {
    "Condition": {
        "a number for a code": {"code": _concept(_SNOMED, 278860009)},
        "one coding, no list": {"code": {"coding": _PAIN["coding"][0], "text": "Chronic low back pain"}},
        "a list of one concept": {"code": [_PAIN]},
        "a null among the codings": {"code": {"coding": [None, _PAIN["coding"][0]]}},
        "a code without its dot": {"code": _concept(_ICD10, "M5450")},
        "a code in small letters": {"code": _concept(_ICD10, "m54.50")},
        "a code with blanks": {"code": _concept(_SNOMED, " 278860009 ")},
        "a system with a slash": {"code": _concept(f"{_SNOMED}/", "278860009")},
        "a number for words": {"code": {**_PAIN, "text": 7}},
        "statuses as in STU3": {"clinicalStatus": "active", "verificationStatus": "confirmed"},
        "a category without a list": {"category": _concept(f"{_HL7}/condition-category", "problem-list-item")},
        "a year for an onset": {"onsetDateTime": "2021"},
        "a number for an onset": {"onsetDateTime": 2021},
        "an onset as a bare word": {"onsetPeriod": "last spring"},
        "no date at all": {"recordedDate": None},
        "empty strings": {"code": {**_PAIN, "text": ""}, "recordedDate": "", "id": "Condition-empty"},
        "a site without a list": {"bodySite": _SITE},
        "a note without a list": {"note": {"text": "worse on standing"}},
        "a bare word for a note": {"note": "worse on standing"},
        "a null among the notes": {"note": [None, {"text": "worse on standing"}]},
        "words for an encounter": {"encounter": "Encounter/7"},
        "words for the narrative": {"text": "Chronic low back pain"},
        "words for the metadata": {"meta": "v2", "identifier": {"value": 7}, "extension": {"url": "x"}},
        "an empty list of modifiers": {"modifierExtension": []},
    },
    "Procedure": {
        "a whole number with a point": {"code": _concept(_CPT, 63047.0)},
        "a list of categories": {"category": [_SITE]},
        "a time without a zone": {"performedDateTime": "2024-02-24T10:00:00"},
        "a time after a blank": {"performedDateTime": "2024-02-24 10:00:00"},
        "a month for a date": {"performedDateTime": "2024-02"},
        "an open period": {"performedDateTime": None, "performedPeriod": {"start": "2024-02-24", "end": None}},
        "a list of one period": {"performedDateTime": None, "performedPeriod": [{"start": "2024-02-24"}]},
        "unknown elements": {"surgeon": {"name": ["?"]}, "_performedDateTime": {"extension": []}},
        "a reason without a list": {"reasonCode": _PAIN},
        "a contained resource": {"contained": [{"resourceType": "Practitioner", "id": "a"}]},
        "contained without a list": {"contained": {"resourceType": "Practitioner", "id": "a"}},
        "an outcome of another type": {"outcome": 5, "complication": {}, "performer": "Dr. A."},
    },
    "Observation": {
        "a number as text": {"valueQuantity": {**_PERCENT, "value": "7.9"}},
        "a number for a unit": {"valueQuantity": {**_PERCENT, "unit": 1}},
        "a list of one quantity": {"valueQuantity": [_PERCENT]},
        "an interpretation without a list": {"interpretation": _concept(f"{_HL7}/v3-ObservationInterpretation", "H")},
        "a list of sites": {"bodySite": [_SITE]},
        "a component without a list": {"component": {"code": _A1C, "valueQuantity": _PERCENT}},
        "text for a truth": {"valueBoolean": "true"},
        "a method that is a word": {"method": "HPLC", "device": [], "hasMember": {}},
        "a period for a time": {"effectiveDateTime": None, "effectivePeriod": {"start": "2026-05-02"}},
        "only the time of issue": {"effectiveDateTime": None, "issued": "2026-05-02T10:00:00.000+01:00"},
    },
    "DiagnosticReport": {
        "a form without a list": {"presentedForm": {"contentType": "text/plain", "data": "Tm8gc3Rlbm9zaXMu"}},
        "a form that is no base64": {"presentedForm": [{"contentType": "text/plain", "data": "%%%"}]},
        "a result without a list": {"result": {"reference": "Observation/1"}},
        "a list of conclusions": {"conclusion": ["No stenosis."]},
        "a conclusion code without a list": {"conclusionCode": _SITE},
    },
    "MedicationRequest": {
        "a list of one drug": {"medicationCodeableConcept": [_WARFARIN]},
        "a number for a drug": {"medicationCodeableConcept": _concept(_RXNORM, 11289)},
        "the drug inside": {
            "medicationCodeableConcept": None,
            "medicationReference": {"reference": "#drug"},
            "contained": [{"code": _WARFARIN, "id": "drug", "resourceType": "Medication"}],
        },
        "a number for the intent": {"intent": 1, "dosageInstruction": "1 daily"},
    },
    "Encounter": {
        "a list of classes": {"class": [{"code": "AMB"}]},
        "a reason without a list": {"reasonCode": _PAIN},
        "a bare word for a period": {"period": "today"},
    },
    "ServiceRequest": {
        "a detail without a list": {"orderDetail": _SITE},
        "text for a truth": {"doNotPerform": "false"},
        "a list of priorities": {"priority": ["routine"], "quantityInteger": "1"},
    },
}


def quirks() -> Iterator[tuple[str, str, bytes]]:
    """(what is odd, prefetch key, the resource as sent) for each quirk."""
    for kind, odd in _ODD.items():
        key, sound = _SOUND[kind]
        for number, (what, elements) in enumerate(odd.items()):
            head = {"resourceType": kind, "id": f"{kind[:4]}-{number}", "subject": {"reference": f"Patient/{PATIENT}"}}
            yield f"{kind}: {what}", key, json.dumps({**head, **sound, **elements}).encode()
    for kind, (key, sound) in _SOUND.items():
        head = {"resourceType": kind, "id": f"{kind[:4]}-last", "subject": {"reference": f"Patient/{PATIENT}"}}
        yield f"{kind}: its type at the end", key, json.dumps(dict(reversed({**head, **sound}.items()))).encode()
        yield f"{kind}: indented", key, json.dumps({**head, "id": f"{kind[:4]}-wide", **sound}, indent=4).encode()


def lost_facts() -> list[str]:
    """Each fact that a tolerant person sees and our reader does not: what is odd about its resource, and the fact."""
    lost = [f"{what}, alone: {fact}" for what, key, resource in quirks() for fact in _lost({key: [resource]})]
    together: dict[str, list[bytes]] = {}
    for _, key, resource in quirks():
        together.setdefault(key, []).extend((resource, resource))  # and every one of them twice
    return lost + [f"all together: {fact}" for fact in _lost(together)]


def measure() -> Iterator[Line]:
    """The line of target 6."""
    lost = lost_facts()
    yield Line(
        "6", f"facts lost in {sum(1 for _ in quirks())} odd resources, alone and together", len(lost), 0, "facts", "; ".join(lost[:3])
    )


def _lost(resources: dict[str, list[bytes]]) -> frozenset[plain.Fact]:
    knowledge = load_knowledge()
    patient = json.dumps({"resourceType": "Patient", "id": PATIENT, "birthDate": "1974-03-09"}).encode()
    bundles = {
        key: b'{"resourceType":"Bundle","entry":[%s]}' % b",".join(b'{"resource":%s}' % one for one in ones)
        for key, ones in resources.items()
    }
    prefetch = {"patient": patient, **bundles}
    seen = plain.facts_of(b"{%s}" % b",".join(b'"%s":%s' % (key.encode(), value) for key, value in prefetch.items()), knowledge.codes)
    if not seen:
        raise RuntimeError("A quirk without a fact proves nothing.")
    chart = chart_of_prefetch({key: msgspec.Raw(value) for key, value in prefetch.items()}, patient=PATIENT, server=None)
    return seen - _read(read_chart(chart, knowledge).record.facts.values())


def _read(kinds: Any) -> frozenset[plain.Fact]:
    """The facts of a record, in the words of the plain reader."""
    facts = [fact for several in kinds for fact in several]
    names = {(fact.reference, name) for fact in facts for name in fact.names}
    days = {(fact.reference, fact.when.first.isoformat()[:width]) for fact in facts if fact.when for width in (4, 7, 10)}
    numbers = {(fact.reference, f"{fact.quantity.value:g}") for fact in facts if isinstance(fact, Observation) and fact.quantity}
    return frozenset(names | days | numbers)
