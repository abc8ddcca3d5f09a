"""A block that was done and what came of it, as the form of an EHR writes them: a Procedure, and an Observation that the next call reads.

No drug and no dose. Source: clinical design 3b and 3d.
"""

from dataclasses import dataclass
from datetime import date

from service.call import Call
from service.fhir.terms import EXAMINATION
from service.fhir.write import CPT_BLOCK, EXAM, SIDES, SNOMED, Resource, encounter_of, performer_of, site_of
from service.knowledge.blocks import ResponseCodes
from service.knowledge.nerve import Nerve
from service.record import Side

_MINUTES, _HOURS = (
    {"unit": "min", "system": "http://unitsofmeasure.org", "code": "min"},
    {"unit": "h", "system": "http://unitsofmeasure.org", "code": "h"},
)


@dataclass(frozen=True, slots=True)
class BlockNote:
    """What somebody noted of a block.

    before, after   pain of 0 to 10, None where nobody asked;  minutes: when the later score was asked
    relief          in percent, where that is all that was noted
    hours           how long the relief lasted, None while nobody knows
    """

    day: date
    before: float | None = None
    after: float | None = None
    minutes: float | None = None
    relief: float | None = None
    hours: float | None = None
    steroid: bool = False
    sedation: bool = False


def block_procedure(nerve: Nerve, side: Side, *, call: Call, day: date, id_: str) -> Resource:
    """The block itself, on its day; the chart knows it by `id_`."""
    return {
        "resourceType": "Procedure",
        "id": id_,
        "status": "completed",
        "code": {
            "coding": [CPT_BLOCK, {"system": EXAMINATION, "code": nerve.block_code, "display": nerve.block_label}],
            "text": f"{nerve.block_label}, {side.value.upper()}",
        },
        "subject": {"reference": f"Patient/{call.patient}"},
        **encounter_of(call),
        "performedDateTime": day.isoformat(),
        "bodySite": [site_of(nerve, side)],
    }


def block_response(nerve: Nerve, side: Side, note: BlockNote, *, call: Call, codes: ResponseCodes, procedure: str) -> Resource:
    """The response to a block with its two scores, tied to the Procedure of that id."""
    parts: dict[str, Resource] = {
        codes.nerve: {"valueCodeableConcept": {"coding": [{"system": EXAMINATION, "code": nerve.nerve_code, "display": nerve.label}]}},
        codes.side: {"valueCodeableConcept": {"coding": [{"system": SNOMED, "code": SIDES[side][0], "display": SIDES[side][1]}]}},
        codes.sedation: {"valueBoolean": note.sedation},
        codes.steroid: {"valueBoolean": note.steroid},
    }
    parts |= {
        code: {"valueQuantity": {"value": score}}
        for code, score in ((codes.before, note.before), (codes.after, note.after))
        if score is not None
    }
    if note.minutes is not None:
        parts[codes.minutes] = {"valueQuantity": {"value": note.minutes, **_MINUTES}}
    if note.hours is not None:
        parts[codes.relief] = {"valueQuantity": {"value": note.hours, **_HOURS}}
    return {
        **_observed(note, call, procedure),
        "code": {"coding": [{"system": EXAMINATION, "code": codes.response, "display": "Response to a cluneal nerve block"}]},
        "component": [{"code": {"coding": [{"system": EXAMINATION, "code": code}]}, **value} for code, value in parts.items()],
    }


def reported_response(note: BlockNote, *, call: Call, procedure: str) -> Resource:
    """A relief of which only the percentage was noted, tied to the Procedure of that id."""
    percent = {"value": note.relief, "unit": "%", "system": "http://unitsofmeasure.org", "code": "%"}
    return {**_observed(note, call, procedure), "code": {"text": "Percent pain relief after the block"}, "valueQuantity": percent}


def _observed(note: BlockNote, call: Call, procedure: str) -> Resource:
    return {
        "resourceType": "Observation",
        "status": "final",
        "category": [EXAM],
        "subject": {"reference": f"Patient/{call.patient}"},
        **encounter_of(call),
        "effectiveDateTime": note.day.isoformat(),
        **performer_of(call),
        "partOf": [{"reference": f"Procedure/{procedure}"}],
    }
