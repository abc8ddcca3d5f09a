"""Charts built in one line: the archetype's chart as a valid default, of which a test changes one thing.

Every resource here is what a plain EHR sends. `**changes` replace elements; an element set to None is left out.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import msgspec

from service.call import Call
from service.evaluate import Evaluation, evaluate
from service.fhir.chart import Chart, chart_of_prefetch
from service.knowledge.load import load_knowledge
from service.knowledge.model import FindingDefinition
from service.local_codes import LocalCodes
from service.reasoning.criteria import CRITERIA
from service.reasoning.findings import Finding
from service.speech import Speech

TODAY = date(2026, 11, 20)
SNOMED, LOINC, CPT = "http://snomed.info/sct", "http://loinc.org", "http://www.ama-assn.org/go/cpt"
ICD, RXNORM = "http://hl7.org/fhir/sid/icd-10-cm", "http://www.nlm.nih.gov/research/umls/rxnorm"
EXAMINATION = "https://cluneal-cds.github.io/fhir/CodeSystem/examination"
HL7 = "http://terminology.hl7.org/CodeSystem/"
NO_STENOSIS = "No residual stenosis or disc herniation. Unremarkable postoperative appearance."

EVERYBODY = Speech()

Resource = dict[str, Any]


def ago(days: int) -> str:
    """The day so many days before today, as FHIR writes it."""
    return (TODAY - timedelta(days=days)).isoformat()


def concept(system: str = "", code: Any = None, text: str | None = None) -> Resource:
    """A CodeableConcept of a code, of words, or of both."""
    return {**({"coding": [{"system": system, "code": code}]} if code else {}), **({"text": text} if text else {})}


def _resource(kind: str, id_: str, default: Resource, changes: Mapping[str, Any]) -> Resource:
    owner = "patient" if kind == "AllergyIntolerance" else "subject"
    whole = {"resourceType": kind, "id": id_, owner: {"reference": "Patient/p"}, **default, **changes}
    return {name: value for name, value in whole.items() if value is not None}


def patient(**changes: Any) -> Resource:
    """A woman of 52, alive."""
    whole = {"resourceType": "Patient", "id": "p", "gender": "female", "birthDate": "1974-03-09", **changes}
    return {name: value for name, value in whole.items() if value is not None}


def condition(id_: str = "pain", **changes: Any) -> Resource:
    """Chronic low back pain, an active and confirmed problem for three years."""
    default = {
        "clinicalStatus": concept(f"{HL7}condition-clinical", "active"),
        "verificationStatus": concept(f"{HL7}condition-ver-status", "confirmed"),
        "category": [concept(f"{HL7}condition-category", "problem-list-item")],
        "code": concept(SNOMED, "278860009", "Chronic low back pain"),
        "onsetDateTime": ago(1100),
        "recordedDate": ago(1090),
    }
    return _resource("Condition", id_, default, changes)


def procedure(id_: str = "laminectomy", **changes: Any) -> Resource:
    """A lumbar laminectomy, completed 1000 days ago."""
    default = {"status": "completed", "code": concept(CPT, "63047"), "performedDateTime": ago(1000)}
    return _resource("Procedure", id_, default, changes)


def report(text: str = NO_STENOSIS, id_: str = "mri", **changes: Any) -> Resource:
    """The final report of a lumbar MRI of 210 days ago."""
    default = {"status": "final", "code": concept(LOINC, "30679-5"), "effectiveDateTime": ago(210), "conclusion": text}
    return _resource("DiagnosticReport", id_, default, changes)


def pressed(nerve: str = "superior", side: str = "right", answer: str = "reproduces-usual-pain", **changes: Any) -> Resource:
    """A point pressed today, as our suggestion records it."""
    code = {"right": "24028007", "left": "7771000"}[side]
    default = {
        "status": "final",
        "category": [concept(f"{HL7}observation-category", "exam")],
        "code": concept(EXAMINATION, f"{nerve}-point-palpation"),
        "effectiveDateTime": ago(0),
        "valueCodeableConcept": concept(EXAMINATION, answer),
        "component": [{"code": concept(EXAMINATION, "side"), "valueCodeableConcept": concept(SNOMED, code)}],
    }
    return _resource("Observation", f"{nerve}-{side}", default, changes)


def observation(id_: str = "seen", **changes: Any) -> Resource:
    """A final observation of today; a test says of what."""
    return _resource("Observation", id_, {"status": "final", "effectiveDateTime": ago(0)}, changes)


def prescription(text: str | None = None, id_: str = "drug", **changes: Any) -> Resource:
    """An active prescription, written a month ago."""
    drug = {"medicationCodeableConcept": concept(text=text)} if text else {}
    return _resource("MedicationRequest", id_, {"status": "active", "intent": "order", "authoredOn": ago(30), **drug}, changes)


def allergy(text: str = "Lidocaine", id_: str = "allergy", **changes: Any) -> Resource:
    """An active, confirmed allergy."""
    default = {
        "clinicalStatus": concept(f"{HL7}allergyintolerance-clinical", "active"),
        "verificationStatus": concept(f"{HL7}allergyintolerance-verification", "confirmed"),
        "code": concept(text=text),
    }
    return _resource("AllergyIntolerance", id_, default, changes)


def order(id_: str = "order", **changes: Any) -> Resource:
    """An active order of last week; a test says of what."""
    return _resource("ServiceRequest", id_, {"status": "active", "intent": "order", "authoredOn": ago(7)}, changes)


def encounter(setting: str = "AMB", id_: str = "visit", **changes: Any) -> Resource:
    """The visit of today."""
    default = {"status": "in-progress", "class": {"system": f"{HL7}v3-ActCode", "code": setting}, "period": {"start": ago(0)}}
    return _resource("Encounter", id_, default, changes)


def bundle(*resources: Resource, **changes: Any) -> Resource:
    """A searchset of the resources."""
    return {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": resource} for resource in resources], **changes}


def empty() -> Resource:
    """The prefetch of a patient of whom nothing is on file: every search came back empty."""
    keys = ("conditions", "procedures", "reports", "exams", "surveys", "labs", "medications", "allergies", "orders")
    return {"patient": patient(), **{key: bundle() for key in keys}}


def archetype(**keys: Any) -> Resource:
    """The prefetch of the patient this service was made for; a key given here replaces that key, None leaves it out."""
    fusion = procedure("fusion", code=concept(CPT, "22612"), performedDateTime=ago(730))
    graft = procedure("graft", code=concept(CPT, "20937", "Iliac crest bone graft"), performedDateTime=ago(730))
    default = {
        **empty(),
        "conditions": bundle(condition()),
        "procedures": bundle(procedure(), fusion, graft),
        "reports": bundle(report()),
    }
    return {name: value for name, value in {**default, **keys}.items() if value is not None}


def chart(prefetch: Mapping[str, Any], *, server: str | None = None, drafts: Sequence[Resource] = ()) -> Chart:
    """The chart that this prefetch makes, as it arrives: in bytes. A value that is bytes already stays as it is."""
    raw = {key: msgspec.Raw(value if isinstance(value, bytes) else json.dumps(value).encode()) for key, value in prefetch.items()}
    return chart_of_prefetch(raw, patient="p", server=server, drafts=drafts)


def look(
    prefetch: Mapping[str, Any],
    *,
    user: str = "Practitioner/1",
    visit: str = "",
    instance: str = "1",
    server: str | None = None,
    drafts: Sequence[Resource] = (),
    speech: Speech = EVERYBODY,
    local: LocalCodes | None = None,
) -> Evaluation:
    """Everything that one look at this prefetch gives, at the signing of the drafts when there are any."""
    call = Call("p", instance, user, visit, "order-sign" if drafts else "patient-view", speech, local)
    return evaluate(chart(prefetch, server=server, drafts=drafts), load_knowledge(), today=TODAY, call=call)


def basis(evaluation: Evaluation) -> Resource:
    """The machine-readable basis of the only card; {} without one."""
    if not evaluation.cards:
        return {}
    (card,) = evaluation.cards
    return dict((card.extension or {})["org.cluneal-cds.basis"])


def finding(name: str, prefetch: Mapping[str, Any]) -> Finding:
    """One finding of the knowledge in a chart."""
    return look(prefetch).findings[name]


def recognised(prefetch: Mapping[str, Any], **criterion: Any) -> Finding:
    """What a finding with this one criterion would be in a chart: value sets, phrases and studies are the knowledge's own."""
    definition = FindingDefinition.model_validate({"label": "X", "words": "x", "strength": "expert", "recognised": [criterion]})
    state, proof = CRITERIA[criterion["by"]](definition.recognised[0], definition, look(prefetch).findings)
    return Finding("x", state, proof)
