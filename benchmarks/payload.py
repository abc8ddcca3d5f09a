"""Hook requests with charts of any size, made up from a seed: the same arguments give the same bytes.

A resource takes about 1.88 KB, like those of US Core servers, with about 40 JSON values a KB, like Synthea's; most of it is nothing that
a rule could use. Between 2 and 8 % of the resources carry a code that the rules know. Three charts of a size differ in four resources
only, and by the rule that ends them: I-02, the ordinary chart, in which nobody complains of the back; T-LOW, the longest silence: pain and
a conservative trial, but too little support for any nerve; and a card.
"""

import base64
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count
from typing import Any, Literal, get_args

import orjson

from benchmarks.catalogue import (
    ALLERGENS,
    CONDITIONS,
    CPT,
    DRUGS,
    ICD10,
    KNOWN_MEASURES,
    LABS,
    LOINC,
    ORDERS,
    PROCEDURES,
    PROSE,
    REPORTS,
    RXNORM,
    SNOMED,
    SURVEYS,
    UCUM,
    VITALS,
)

SIZES = {"S": 60, "M": 600, "L": 6_000, "XL": 30_000}
TODAY = date(2026, 11, 20)
PATIENT = "bench-patient-1"
BYTES_PER_RESOURCE = 1_880
KNOWN_SHARE = 0.045

_HL7 = "http://terminology.hl7.org/CodeSystem"
_CORE = "http://hl7.org/fhir/us/core/StructureDefinition"
_OID = "urn:oid:2.999.840.1.13.1.7"
Resource = dict[str, Any]
End = Literal["I-02", "T-LOW", "card"]
ENDS: tuple[End, ...] = get_args(End)


@dataclass(frozen=True, slots=True)
class Payload:
    """A hook request: its size by name and in resources, its bytes, and what comes of it: a card, or the rule of its silence."""

    size: str
    resources: int
    body: bytes
    end: End


def payload(size: str, end: End, *, seed: int = 7) -> Payload:
    """The request of one size whose chart ends so."""
    keys: dict[str, list[Resource]] = {key: [] for key in _MIX}
    for key, resource in _Chart(random.Random(f"{seed} story"), first=SIZES[size]).story(end):
        keys[key].append(resource)
    told = sum(map(len, keys.values()))
    known = max(0, round(SIZES[size] * KNOWN_SHARE) - told)
    chart = _Chart(random.Random(f"{seed} {size}"))
    for key in chart.dice.choices(list(_MIX), [weight for weight, _ in _MIX.values()], k=SIZES[size] - 2 - told - known):
        keys[key].append(_MIX[key][1](chart))
    keys["labs"] += [chart.known_lab() for _ in range(known)]
    for key in ("conditions", "procedures", "reports", "labs"):
        chart.dice.shuffle(keys[key])
    request = {
        "hook": "patient-view",
        "hookInstance": "6f0e2d4a-3a0c-4f0e-9d63-0c1f5a2b7e11",
        "context": {"patientId": PATIENT, "userId": "Practitioner/example", "encounterId": "visit-today"},
        "prefetch": {"patient": chart.patient(), "encounter": chart.visit(), **{key: _bundle(found) for key, found in keys.items()}},
    }
    return Payload(size, SIZES[size], orjson.dumps(request), end)


class _Chart:
    """One patient's resources, written one after the other."""

    def __init__(self, dice: random.Random, first: int = 1):
        self.dice = dice
        self._numbers = count(first)

    def story(self, end: End) -> Iterator[tuple[str, Resource]]:
        """The four resources that decide what is said."""
        score = ("72514-3", "Pain severity, 0-10 verbal rating", "{score}", *((0, 1) if end == "I-02" else (5, 6)))
        yield "surveys", self._measure("survey", score, "2026-08-11")
        if end == "I-02":
            yield "conditions", self._problem("44054006", "E11.9", "Type 2 diabetes mellitus", "2019-11-16")
            for row in KNOWN_MEASURES[:2]:
                yield "labs", self._measure("laboratory", row, "2026-08-11")
            return
        yield "conditions", self._problem("278860009", "M54.50", "Chronic low back pain", "2023-11-16")
        if end == "T-LOW":
            yield "procedures", self._done((SNOMED, "91251008"), "Physical therapy", "2025-02-24")
            yield "labs", self._measure("laboratory", KNOWN_MEASURES[0], "2026-08-11")
        else:
            yield "procedures", self._done((CPT, "63047"), "Laminectomy L4-L5", "2024-02-24")
            seen = "Expected changes after laminectomy at L4-L5. No residual stenosis or disc herniation. No nerve root compression."
            yield "reports", self._report("24968-0", "MRI lumbar spine", seen, "2026-04-24", "RAD")

    def patient(self) -> Resource:
        race = {"url": f"{_CORE}/us-core-race", "extension": [{"url": "text", "valueString": "Unknown"}]}
        name = [{"use": "official", "family": "Example", "given": ["Robin"]}]
        return {"resourceType": "Patient", "id": PATIENT, "extension": [race], "name": name, "gender": "female", "birthDate": "1974-03-09"}

    def visit(self) -> Resource:
        clinic = {"system": f"{_HL7}/v3-ActCode", "code": "AMB"}
        period = {"start": "2026-11-20T08:30:00-06:00"}
        subject = {"reference": f"Patient/{PATIENT}"}
        found = {"resourceType": "Encounter", "id": "visit-today", "status": "in-progress", "class": clinic, "period": period}
        return self._filled({**found, "subject": subject})

    def lab(self) -> Resource:
        found = self._measure("laboratory", self.dice.choice(LABS), self._day())
        chance = self.dice.random()
        if chance < 0.04:
            found["note"] = [{"text": "Specimen slightly haemolysed."}]
        elif chance < 0.08:
            del found["valueQuantity"]
            found["valueCodeableConcept"] = _concept((SNOMED, "260385009"), text="Negative")
        return found

    def known_lab(self) -> Resource:
        return self._measure("laboratory", self.dice.choice(KNOWN_MEASURES), self._day())

    def vital_sign(self) -> Resource:
        if self.dice.random() < 0.8:
            return self._measure("vital-signs", self.dice.choice(VITALS), self._day())
        found = self._measure("vital-signs", ("85354-9", "Blood pressure", "mm[Hg]", 90, 160), self._day())
        value = found.pop("valueQuantity")
        found["component"] = [{"code": _concept((LOINC, code)), "valueQuantity": value} for code in ("8480-6", "8462-4")]
        return found

    def survey(self) -> Resource:
        return self._measure("survey", self.dice.choice(SURVEYS), self._day())

    def condition(self) -> Resource:
        return self._problem(*self.dice.choice(CONDITIONS), self._day())

    def procedure(self) -> Resource:
        snomed, cpt, words = self.dice.choice(PROCEDURES)
        return self._done((SNOMED, snomed, CPT, cpt), words, self._day())

    def report(self) -> Resource:
        return self._report(*self.dice.choice(REPORTS), self._day(), "LAB")

    def prescription(self) -> Resource:
        code, words = self.dice.choice(DRUGS)
        return self._filled(
            {
                **self._head("MedicationRequest", "active", "us-core-medicationrequest"),
                "intent": "order",
                "category": [_concept((f"{_HL7}/medicationrequest-category", "outpatient"))],
                "medicationCodeableConcept": _concept((RXNORM, code, f"{_OID}.2.698288", str(self.dice.randrange(99_999))), text=words),
                "authoredOn": self._day(),
                "dosageInstruction": [
                    {"text": "Take 1 daily by mouth", "timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}}}
                ],
            }
        )

    def allergy(self) -> Resource:
        code, words = self.dice.choice(ALLERGENS)
        found = self._head("AllergyIntolerance", "", "us-core-allergyintolerance")
        found["patient"] = found.pop("subject")
        found |= {
            "clinicalStatus": _concept((f"{_HL7}/allergyintolerance-clinical", "active")),
            "code": _concept((SNOMED, code), text=words),
        }
        return self._filled({**found, "recordedDate": self._day()})

    def order(self) -> Resource:
        loinc, cpt, words = self.dice.choice(ORDERS)
        head = self._head("ServiceRequest", "active", "us-core-servicerequest")
        return self._filled({**head, "intent": "order", "code": _concept((LOINC, loinc, CPT, cpt), text=words), "authoredOn": self._day()})

    def _measure(self, category: str, row: tuple[str, str, str, float, float], day: str) -> Resource:
        code, words, unit, low, high = row
        return self._filled(
            {
                **self._head("Observation", "final", f"us-core-observation-{category}"),
                "category": [_concept((f"{_HL7}/observation-category", category), text=category.capitalize())],
                "code": _concept((LOINC, code, f"{_OID}.5.737384", str(self.dice.randrange(9_999))), text=words),
                "effectiveDateTime": f"{day}T{self.dice.randrange(24):02}:15:00-06:00",
                "issued": f"{day}T23:40:07Z",
                "valueQuantity": {"value": round(self.dice.uniform(low, high), 1), "unit": unit, "system": UCUM, "code": unit},
                "referenceRange": [{"low": {"value": low, "unit": unit}, "high": {"value": high, "unit": unit}, "text": f"{low} - {high}"}],
                "interpretation": [_concept((f"{_HL7}/v3-ObservationInterpretation", "N"), text="Normal")],
            }
        )

    def _problem(self, snomed: str, icd10: str, words: str, day: str) -> Resource:
        return self._filled(
            {
                **self._head("Condition", "", "us-core-condition-problems-health-concerns"),
                "clinicalStatus": _concept((f"{_HL7}/condition-clinical", "active")),
                "verificationStatus": _concept((f"{_HL7}/condition-ver-status", "confirmed")),
                "category": [_concept((f"{_HL7}/condition-category", "problem-list-item"), text="Problem List Item")],
                "code": _concept((SNOMED, snomed, ICD10, icd10), text=words),
                "onsetDateTime": day,
                "recordedDate": day,
            }
        )

    def _done(self, codes: tuple[str, ...], words: str, day: str) -> Resource:
        head = self._head("Procedure", "completed", "us-core-procedure")
        return self._filled({**head, "code": _concept(codes, text=words), "performedDateTime": day})

    def _report(self, code: str, words: str, seen: str, day: str, category: str) -> Resource:
        text = f"{words.upper()}\nIndication: follow-up.\nFindings: {seen}\nSigned electronically."
        form = {"contentType": "text/plain", "data": base64.b64encode(text.encode()).decode(), "title": words}
        return self._filled(
            {
                **self._head("DiagnosticReport", "final", "us-core-diagnosticreport-note"),
                "category": [_concept((f"{_HL7}/v2-0074", category))],
                "code": _concept((LOINC, code), text=words),
                "effectiveDateTime": day,
                "issued": f"{day}T23:40:07Z",
                "conclusion": seen,
                **({"presentedForm": [form]} if category == "RAD" or self.dice.random() < 0.3 else {}),
            }
        )

    def _head(self, kind: str, status: str, profile: str) -> Resource:
        number = next(self._numbers)
        return {
            "resourceType": kind,
            "id": f"{kind[:3].lower()}-{number:06}",
            "meta": {"versionId": "1", "lastUpdated": f"{self._day()}T04:11:09.000Z", "source": "#7Qm2", "profile": [f"{_CORE}/{profile}"]},
            "extension": [{"url": "https://ehr.example/extension/department", **self._local()}],
            "identifier": [{"use": "usual", "system": f"{_OID}.2.768076", "value": str(self.dice.randrange(10**7))}],
            **({"status": status} if status else {}),
            "subject": {"reference": f"Patient/{PATIENT}", "display": "Example, Robin"},
            "encounter": self._pointer("Encounter", "Office Visit"),
            "performer": [self._pointer("Practitioner", "Nurse, A.")],
        }

    def _local(self) -> Resource:
        """A value in a code system of the site's own."""
        return {"valueCodeableConcept": _concept((f"{_OID}.4.698084", str(self.dice.randrange(999))), text=self._prose(2))}

    def _pointer(self, kind: str, display: str) -> Resource:
        return {"reference": f"{kind}/{self.dice.randrange(10**6)}", "type": kind, "display": display}

    def _filled(self, resource: Resource) -> Resource:
        """The resource with a narrative that brings it to its size, which differs from one to the next."""
        missing = self.dice.gauss(BYTES_PER_RESOURCE, 300) - len(orjson.dumps(resource))
        prose = self._prose(max(5, round(missing - 150) // 8))
        return {**resource, "text": {"status": "generated", "div": f'<div xmlns="http://www.w3.org/1999/xhtml"><p>{prose}</p></div>'}}

    def _prose(self, words: int) -> str:
        return " ".join(self.dice.choices(PROSE, k=words))

    def _day(self) -> str:
        return (TODAY - timedelta(days=self.dice.randrange(3, 3_650))).isoformat()


# prefetch key -> how many of a hundred resources it holds, and what they are
_MIX: dict[str, tuple[int, Callable[[_Chart], Resource]]] = {
    "conditions": (10, _Chart.condition),
    "procedures": (7, _Chart.procedure),
    "reports": (7, _Chart.report),
    "exams": (14, _Chart.vital_sign),
    "surveys": (5, _Chart.survey),
    "labs": (46, _Chart.lab),
    "medications": (8, _Chart.prescription),
    "allergies": (1, _Chart.allergy),
    "orders": (2, _Chart.order),
}


def _concept(codes: tuple[str, ...], *, text: str = "") -> Resource:
    """A CodeableConcept of system, code, system, code, ... and its words."""
    coding = [
        {"system": system, "code": code, **({"display": text} if text else {})}
        for system, code in zip(codes[::2], codes[1::2], strict=True)
    ]
    return {"coding": coding, **({"text": text} if text else {})}


def _bundle(resources: list[Resource]) -> Resource:
    server = "https://fhir.ehr.example/api/FHIR/R4"
    entries = [
        {"fullUrl": f"{server}/{one['resourceType']}/{one['id']}", "resource": one, "search": {"mode": "match"}} for one in resources
    ]
    return {"resourceType": "Bundle", "type": "searchset", "total": len(entries), "entry": entries}
