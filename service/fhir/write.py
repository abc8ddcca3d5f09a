"""The resources that a click creates: examination findings, referrals and block orders, as FHIR R4.

Filled from templates; `prove_templates` holds them against the strict R4B models once at start, so that a request need not.
Source: clinical design 3b and 3c.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from service.call import Call
from service.fhir.terms import EXAMINATION
from service.knowledge.nerve import Nerve
from service.record import Side
from service.speech import OrderCode, Speech

# Our code of the referral; those of the blocks are the nerves' own.
FOCUSED_EXAMINATION = "focused-cluneal-examination"
CPT_BLOCK = {"system": "http://www.ama-assn.org/go/cpt", "code": "64450"}
SNOMED = "http://snomed.info/sct"
EXAM = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "exam", "display": "Exam"}]}
_INTERPRETATION = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"
SIDES = {Side.RIGHT: ("24028007", "Right"), Side.LEFT: ("7771000", "Left")}
# R4 forbids Procedures as reasons; they go to supportingInfo.
_REASONS = ("Condition/", "Observation/", "DiagnosticReport/")
_LONGEST_NOTE = 500

Resource = dict[str, Any]


def exam_observation(nerve: Nerve, side: Side, *, reproduces: bool, call: Call, today: date, note: str) -> Resource:
    """That pressing one point on one side reproduces the usual pain, or does not; the next call reads it back (clinical design 3b)."""
    word = side.value
    value, display = (
        ("reproduces-usual-pain", "Reproduces the usual pain")
        if reproduces
        else ("does-not-reproduce-usual-pain", "Does not reproduce the usual pain")
    )
    interpretation = ("POS", "Positive") if reproduces else ("NEG", "Negative")
    return {
        "resourceType": "Observation",
        "status": "final",
        "category": [EXAM],
        "code": {
            "coding": [
                {"system": EXAMINATION, "code": nerve.exam_code, "display": f"{nerve.adjective.capitalize()} cluneal point palpation"}
            ],
            "text": f"{nerve.adjective.capitalize()} cluneal point palpation, {word}",
        },
        "subject": {"reference": f"Patient/{call.patient}"},
        **encounter_of(call),
        "effectiveDateTime": today.isoformat(),
        **performer_of(call),
        "valueCodeableConcept": {"coding": [{"system": EXAMINATION, "code": value, "display": display}], "text": display},
        "interpretation": [{"coding": [{"system": _INTERPRETATION, "code": interpretation[0], "display": interpretation[1]}]}],
        "note": [{"text": note}],
        "bodySite": site_of(nerve, side),
        "method": {"coding": [{"system": EXAMINATION, "code": "palpation", "display": "Palpation"}]},
        "component": [
            {
                "code": {"coding": [{"system": EXAMINATION, "code": "side", "display": "Side"}]},
                "valueCodeableConcept": {"coding": [{"system": SNOMED, "code": SIDES[side][0], "display": SIDES[side][1]}]},
            }
        ],
    }


def block_order(nerve: Nerve, side: Side, *, call: Call, references: Iterable[str], note: str) -> Resource:
    """A draft order of a diagnostic block of one nerve on one side (clinical design 3c): no drug, no dose, no date, no diagnosis code."""
    word = side.value.upper()
    return {
        **_request(call, references),
        "code": {
            "coding": [
                *(_of_site(call.speech, nerve.block_code, side) or [CPT_BLOCK]),
                {"system": EXAMINATION, "code": nerve.block_code, "display": nerve.block_label},
            ],
            "text": f"{nerve.block_label}, {word}",
        },
        "orderDetail": [{"text": f"{word} side, diagnostic, local anaesthetic alone"}],
        "reasonCode": [{"text": f"Pressing the {side.value} {nerve.adjective} cluneal point reproduces the usual pain"}],
        "bodySite": [site_of(nerve, side)],
        "note": [{"text": note[:_LONGEST_NOTE]}],
    }


def referral(*, call: Call, references: Iterable[str], note: str) -> Resource:
    """A draft referral to pain medicine for an examination of the points."""
    return {
        **_request(call, references),
        "code": {
            "coding": [
                *_of_site(call.speech, FOCUSED_EXAMINATION),
                {"system": EXAMINATION, "code": FOCUSED_EXAMINATION, "display": "Focused cluneal examination"},
            ],
            "text": "Referral to pain medicine for a focused cluneal examination",
        },
        "reasonCode": [{"text": "Persistent low back or buttock pain; cluneal nerve pain is considered"}],
        "note": [{"text": note[:_LONGEST_NOTE]}],
    }


def site_codes(speech: Speech, ours: str, side: Side | None = None) -> tuple[OrderCode, ...]:
    """The site's codes for an order of ours on a side; those for either side when the side has none of its own."""
    codes = [code for code in speech.order_codes if code.ours == ours]
    sided = tuple(code for code in codes if side is not None and code.side == side.value)
    return sided or tuple(code for code in codes if not code.side)


def _of_site(speech: Speech, ours: str, side: Side | None = None) -> list[Resource]:
    return [
        {"system": code.system, "code": code.code, **({"display": code.display} if code.display else {})}
        for code in site_codes(speech, ours, side)
    ]


def _request(call: Call, references: Iterable[str]) -> Resource:
    """What every order has; its reasons are entries that are already in the chart and have an id there."""
    known = [reference for reference in dict.fromkeys(references) if "/" in reference and " " not in reference]
    reasons = [{"reference": reference} for reference in known if reference.startswith(_REASONS)][:5]
    procedures = [{"reference": reference} for reference in known if reference.startswith("Procedure/")][:5]
    return {
        "resourceType": "ServiceRequest",
        "status": "draft",
        "intent": call.speech.order_intent,
        "priority": "routine",
        "subject": {"reference": f"Patient/{call.patient}"},
        **encounter_of(call),
        **({"requester": {"reference": call.user}} if _may_sign(call) else {}),
        **({"reasonReference": reasons} if reasons else {}),
        **({"supportingInfo": procedures} if procedures else {}),
    }


def performer_of(call: Call) -> Resource:
    """The user as the one who observed, where FHIR lets such a user be."""
    return {"performer": [{"reference": call.user}]} if _may_sign(call) else {}


def _may_sign(call: Call) -> bool:
    return call.user.startswith(("Practitioner/", "PractitionerRole/"))


def encounter_of(call: Call) -> Resource:
    """The visit, where the call names one."""
    return {"encounter": {"reference": f"Encounter/{call.encounter}"}} if call.encounter else {}


def site_of(nerve: Nerve, side: Side) -> Resource:
    """The body site with its landmark in words; without a verified code, words alone."""
    words = f"{side.value.capitalize()}: {nerve.site.text[0].lower()}{nerve.site.text[1:]}"
    return {**({"coding": [{"system": nerve.site.system, "code": nerve.site.code}]} if nerve.site.code else {}), "text": words}


def prove_templates(nerves: Sequence[Nerve]) -> None:
    """Hold one filled example of every template against the strict R4B models; raises their ValidationError when one is not FHIR."""
    from fhir.resources.R4B.observation import Observation  # a quarter of a second: only who proves pays for it
    from fhir.resources.R4B.servicerequest import ServiceRequest

    call = Call("example", "example", "Practitioner/example", "example")
    references = ("Condition/1", "Observation/2", "DiagnosticReport/3", "Procedure/4")
    for nerve in nerves:
        for side in SIDES:
            for reproduces in (True, False):
                Observation.model_validate(
                    exam_observation(nerve, side, reproduces=reproduces, call=call, today=date(2026, 1, 1), note="An example.")
                )
            ServiceRequest.model_validate(block_order(nerve, side, call=call, references=references, note="An example."))
    ServiceRequest.model_validate(referral(call=call, references=references, note="An example."))
