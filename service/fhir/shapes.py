"""The FHIR R4 elements that rules can use, as msgspec Structs: everything else in a resource is skipped unread.

Types are as lenient as the charts of real servers (null anywhere, a number for a code). What still does not fit goes to `mend.py`, and so
does what has a name that another version of FHIR gives to one of these elements (`versions.py`).
Names are FHIR's own. Source: https://hl7.org/fhir/R4/resourcelist.html
"""

from typing import get_args

from msgspec import Raw, Struct

from service.fhir.datatypes import (
    Attachment,
    CodeableConcept,
    Coding,
    Concepts,
    NamedReference,
    Notes,
    OtherName,
    Period,
    Quantity,
    Range,
    Reference,
    Text,
)


class Resource(Struct, gc=False, tag_field="resourceType", tag=True):
    """What every resource may have. The name of its class is its resourceType, so that one decoder takes them all."""

    id: Text = None
    modifierExtension: list[Raw] | None = None  # noqa: N815
    contained: list[Raw] | None = None


class OfPatient(Resource, gc=False):
    """A resource about a patient; AllergyIntolerance says `patient`, all others `subject`."""

    subject: Reference | None = None
    patient: Reference | None = None
    encounter: Reference | None = None
    status: str | None = None
    code: CodeableConcept | None = None
    note: Notes = None
    context: OtherName = None


class Patient(Resource, gc=False):
    """Demographics."""

    birthDate: str | None = None  # noqa: N815
    active: bool | None = None
    deceasedBoolean: bool | None = None  # noqa: N815
    deceasedDateTime: str | None = None  # noqa: N815
    link: list["PatientLink | None"] | None = None


class PatientLink(Struct, gc=False):
    """Another record of the same person; `replaced-by` means that this one is no longer in use."""

    type: str | None = None


class Condition(OfPatient, gc=False):
    """A problem or diagnosis."""

    category: Concepts = None
    clinicalStatus: CodeableConcept | None = None  # noqa: N815
    verificationStatus: CodeableConcept | None = None  # noqa: N815
    bodySite: Concepts = None  # noqa: N815
    onsetDateTime: str | None = None  # noqa: N815
    onsetAge: Quantity | None = None  # noqa: N815
    onsetPeriod: Period | None = None  # noqa: N815
    onsetRange: Range | None = None  # noqa: N815
    onsetString: str | None = None  # noqa: N815
    abatementDateTime: str | None = None  # noqa: N815
    abatementPeriod: Period | None = None  # noqa: N815
    abatementAge: Quantity | None = None  # noqa: N815
    abatementRange: Range | None = None  # noqa: N815
    abatementString: str | None = None  # noqa: N815
    abatementBoolean: bool | None = None  # noqa: N815
    recordedDate: str | None = None  # noqa: N815
    assertedDate: OtherName = None  # noqa: N815


class Procedure(OfPatient, gc=False):
    """Something done to the patient."""

    bodySite: Concepts = None  # noqa: N815
    performedDateTime: str | None = None  # noqa: N815
    performedPeriod: Period | None = None  # noqa: N815
    performedAge: Quantity | None = None  # noqa: N815
    performedRange: Range | None = None  # noqa: N815
    performedString: str | None = None  # noqa: N815
    reasonCode: Concepts = None  # noqa: N815
    outcome: CodeableConcept | None = None
    occurrenceDateTime: OtherName = None  # noqa: N815
    occurrencePeriod: OtherName = None  # noqa: N815
    occurrenceAge: OtherName = None  # noqa: N815
    occurrenceRange: OtherName = None  # noqa: N815
    occurrenceString: OtherName = None  # noqa: N815
    occurrenceTiming: OtherName = None  # noqa: N815
    notDone: OtherName = None  # noqa: N815
    notPerformed: OtherName = None  # noqa: N815


class Component(Struct, gc=False):
    """A part of an Observation."""

    code: CodeableConcept | None = None
    valueQuantity: Quantity | None = None  # noqa: N815
    valueCodeableConcept: CodeableConcept | None = None  # noqa: N815
    valueInteger: int | None = None  # noqa: N815
    valueString: str | None = None  # noqa: N815
    valueBoolean: bool | None = None  # noqa: N815


class Observation(OfPatient, gc=False):
    """Something seen, asked or measured."""

    effectiveDateTime: str | None = None  # noqa: N815
    effectivePeriod: Period | None = None  # noqa: N815
    effectiveInstant: str | None = None  # noqa: N815
    issued: str | None = None
    valueQuantity: Quantity | None = None  # noqa: N815
    valueCodeableConcept: CodeableConcept | None = None  # noqa: N815
    valueString: str | None = None  # noqa: N815
    valueBoolean: bool | None = None  # noqa: N815
    valueInteger: int | None = None  # noqa: N815
    interpretation: Concepts = None
    bodySite: CodeableConcept | None = None  # noqa: N815
    component: list[Component | None] | None = None
    partOf: list[Reference | None] | None = None  # noqa: N815
    comment: OtherName = None


class DiagnosticReport(OfPatient, gc=False):
    """The report on a study."""

    effectiveDateTime: str | None = None  # noqa: N815
    effectivePeriod: Period | None = None  # noqa: N815
    issued: str | None = None
    conclusion: str | None = None
    conclusionCode: Concepts = None  # noqa: N815
    presentedForm: list[Attachment | None] | None = None  # noqa: N815
    result: list[Reference | None] | None = None
    codedDiagnosis: OtherName = None  # noqa: N815


class ImagingStudy(OfPatient, gc=False):
    """An imaging study."""

    started: str | None = None
    description: str | None = None
    procedureCode: Concepts = None  # noqa: N815
    procedure: OtherName = None


class ServiceRequest(OfPatient, gc=False):
    """A service ordered."""

    intent: str | None = None
    authoredOn: str | None = None  # noqa: N815
    bodySite: Concepts = None  # noqa: N815
    orderDetail: Concepts = None  # noqa: N815
    doNotPerform: bool | None = None  # noqa: N815
    priority: str | None = None


class ProcedureRequest(ServiceRequest, gc=False):
    """What was a ServiceRequest until STU3."""


class MedicationRequest(OfPatient, gc=False):
    """A prescription."""

    intent: str | None = None
    authoredOn: str | None = None  # noqa: N815
    medicationCodeableConcept: CodeableConcept | None = None  # noqa: N815
    medicationReference: NamedReference | None = None  # noqa: N815
    doNotPerform: bool | None = None  # noqa: N815
    medication: OtherName = None


class Medication(Resource, gc=False):
    """A drug that a prescription points to; its ingredients say what is in it."""

    code: CodeableConcept | None = None
    ingredient: list["Ingredient | None"] | None = None


class Ingredient(Struct, gc=False):
    """A substance in a drug."""

    itemCodeableConcept: CodeableConcept | None = None  # noqa: N815
    item: OtherName = None


class Reaction(Struct, gc=False):
    """What a substance did."""

    substance: CodeableConcept | None = None
    severity: str | None = None
    manifestation: Concepts = None


class AllergyIntolerance(OfPatient, gc=False):
    """An allergy or intolerance."""

    clinicalStatus: CodeableConcept | None = None  # noqa: N815
    verificationStatus: CodeableConcept | None = None  # noqa: N815
    criticality: str | None = None
    onsetDateTime: str | None = None  # noqa: N815
    recordedDate: str | None = None  # noqa: N815
    reaction: list[Reaction | None] | None = None
    assertedDate: OtherName = None  # noqa: N815


class EncounterClass(Coding, gc=False):
    """Where a visit takes place; as a concept with codes in later versions of FHIR."""

    coding: list[Coding | None] | None = None


class Encounter(OfPatient, gc=False, rename={"class_": "class"}):
    """A visit."""

    class_: EncounterClass | None = None
    period: Period | None = None
    reasonCode: Concepts = None  # noqa: N815
    actualPeriod: OtherName = None  # noqa: N815
    reason: OtherName = None


OfSomePatient = (
    AllergyIntolerance
    | Condition
    | DiagnosticReport
    | Encounter
    | ImagingStudy
    | MedicationRequest
    | Observation
    | Procedure
    | ProcedureRequest
    | ServiceRequest
)
AnyResource = OfSomePatient | Patient | Medication

# resourceType -> shape
KINDS: dict[str, type[OfPatient]] = {shape.__name__: shape for shape in get_args(OfSomePatient)}
SHAPES: dict[str, type[Resource]] = {shape.__name__: shape for shape in get_args(AnyResource)}
