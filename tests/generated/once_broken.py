"""The smallest charts on which an invariant did not hold once, found by the generated ones: one each, what they must not give, or must."""

from collections.abc import Mapping

from tests.generated.pool import POOL
from tests.service.charts import (
    HL7,
    ICD,
    LOINC,
    SNOMED,
    Resource,
    ago,
    allergy,
    archetype,
    bundle,
    concept,
    condition,
    empty,
    encounter,
    observation,
    pressed,
    procedure,
    report,
)

_POINT = bundle(pressed())
_NO_VALUE = {"extension": [{"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unknown"}]}
_CREST = {"conditions": bundle(condition(code=concept(text="Burning pain over right iliac crest, chronic"))), "exams": _POINT}
_METASTASES = report("Multiple vertebral metastases.", "tumour", effectiveDateTime=ago(30))
_PENDING = report("Pending.", "pending", status="preliminary", effectiveDateTime=ago(5))
_WITHDRAWN = concept(f"{HL7}allergyintolerance-verification", "entered-in-error")


def _pregnant(id_: str = "pregnant", **changes: object) -> Resource:
    answer = {"valueCodeableConcept": concept(SNOMED, "77386006"), **changes}
    return observation(id_, code=concept(LOINC, "82810-3"), **answer)


def _response(id_: str) -> Resource:
    return {**POOL["response-left"].resource, "id": id_}


def _retention(**dates: object) -> Resource:
    return condition("retention", code=concept(SNOMED, "267064002"), recordedDate=None, **dates)


# Charts that must not give a card.
NO_CARD: Mapping[str, Resource] = {
    "metastases, and a newer report that is only preliminary": archetype(**_CREST, reports=bundle(_METASTASES, _PENDING)),
    "metastases in a report without a status": archetype(**_CREST, reports=bundle({**_METASTASES, "status": None})),
    "metastases in a report without a subject": archetype(**_CREST, reports=bundle({**_METASTASES, "subject": None})),
    "metastases in a report without a date": archetype(**_CREST, reports=bundle({**_METASTASES, "effectiveDateTime": None})),
    "metastases, and an operation since": archetype(
        **_CREST,
        procedures=bundle(procedure(performedDateTime=ago(100))),
        reports=bundle({**_METASTASES, "effectiveDateTime": ago(130)}),
    ),
    "urinary retention, its only date unreadable": archetype(
        conditions=bundle(condition(), _retention(onsetDateTime={"value": ago(3)})),
    ),
    "a laminectomy of last month, its date unreadable": archetype(
        procedures=bundle(procedure(), procedure("again", performedDateTime={"value": ago(30)})),
    ),
    "pregnant by a result with a modifier that nobody knows": archetype(labs=bundle(_pregnant(modifierExtension=[{"url": "x"}]))),
    "pregnant by one of two results of a day, the other unreadable": archetype(
        labs=bundle(_pregnant(), _pregnant("other", valueCodeableConcept=True)),
    ),
    "a ward, its class a bare word": archetype(encounter=encounter(**{"class": "IMP"})),
    "pain of years ago from a visit, its category unreadable": archetype(
        conditions=bundle(condition(onsetDateTime=ago(1000), recordedDate=ago(1000), category=True)),
    ),
    "an operation after the MRI, its date unreadable": archetype(
        procedures=bundle(procedure(performedDateTime={"value": ago(150)})),
    ),
    "a point denied today, brought on in an answer in doubt, and brought on without a side": {
        **empty(),
        "conditions": bundle(POOL["fold-no-side"].resource),
        "procedures": bundle(POOL["exercise"].resource),
        "exams": bundle(
            {**POOL["inferior-left-reproduces"].resource, "modifierExtension": [{"url": "x"}]},
            POOL["inferior-no-side"].resource,
            POOL["inferior-left-does"].resource,
        ),
    },
    "pain of today and an injection, its date unreadable": {
        **empty(),
        "conditions": bundle(
            condition(code=concept(text="Burning pain over iliac crest, chronic"), onsetDateTime=ago(0), recordedDate=ago(0))
        ),
        "procedures": bundle(procedure("epidural", code=concept(text="Lumbar epidural steroid injection"), performedDateTime=True)),
    },
}
# Charts in which no block of the right side may be offered.
NO_RIGHT_ORDER: Mapping[str, Resource] = {
    "the right point long ago, the left one today": archetype(
        exams=bundle(pressed(effectiveDateTime=ago(200)), pressed(side="left")),
    ),
    "the right point long ago, one of no side today": archetype(
        exams=bundle(pressed(effectiveDateTime=ago(900)), {**pressed(component=None), "id": "no-side"}),
    ),
    "left pain and a right point today, which an old left one hides": archetype(
        conditions=bundle(condition(code=concept(text="Left low back pain"))),
        exams=bundle(pressed(), pressed(side="left", effectiveDateTime=ago(120))),
    ),
    "left pain and a right point today, and another of a month that may be too long ago": archetype(
        conditions=bundle(condition(code=concept(text="Left low back pain"))),
        exams=bundle(pressed(), {**POOL["crest-right-words"].resource, "effectiveDateTime": "2026-08"}),
    ),
    "a left point by its component, unreadable, and a right one by its site": archetype(
        exams=bundle(pressed(component=True, bodySite=concept(text="right iliac crest"))),
    ),
    "lumbago with sciatica of the left, a right point": archetype(
        conditions=bundle(condition(code=concept(ICD, "M54.42"))),
        exams=_POINT,
    ),
    "an allergy to nobody knows what": archetype(exams=_POINT, allergies=bundle(allergy(code=_NO_VALUE))),
    "allergies answered with insurance": archetype(exams=_POINT, allergies=bundle({"resourceType": "Coverage", "id": "c"})),
}
# Pairs of charts that must have the same answer.
SAME: Mapping[str, tuple[Resource, Resource]] = {
    "two versions of one finding, in either order": (
        archetype(exams=bundle({**pressed(), "id": "one"}, {**pressed(side="left"), "id": "one"})),
        archetype(exams=bundle({**pressed(side="left"), "id": "one"}, {**pressed(), "id": "one"})),
    ),
    "a withdrawn allergy to nobody knows what, and none": (
        archetype(exams=_POINT, allergies=bundle(allergy(code=None, verificationStatus=_WITHDRAWN))),
        archetype(exams=_POINT),
    ),
    "two equal responses to one block, in either order": (
        {**empty(), "exams": bundle(_response("one"), _response("two"))},
        {**empty(), "exams": bundle(_response("two"), _response("one"))},
    ),
}
