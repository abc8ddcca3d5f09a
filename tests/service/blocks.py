"""Charts with a block that was done: that of 8 November with scores of 8 before and 2 after it, of which a test changes one thing."""

from typing import Any

from tests.service.charts import CPT, EXAMINATION, HL7, LOINC, SNOMED, bundle, concept, condition, empty, look, observation, procedure

Resource = dict[str, Any]
VISIT = {"reference": "Encounter/block-day"}
SIDES = {"right": "24028007", "left": "7771000"}


def done(text: str = "Right superior cluneal nerve block", id_: str = "block", day: str = "2026-11-08", **changes: Any) -> Resource:
    """A block, ultrasound guided, from 9:00 to 9:10 of its day."""
    default = {
        "code": {**concept(CPT, "64450"), "text": text},
        "performedDateTime": None,
        "performedPeriod": {"start": f"{day}T09:00:00-05:00", "end": f"{day}T09:10:00-05:00"},
        "encounter": VISIT,
    }
    return procedure(id_, **{**default, **changes})


def score(value: Any, time: str, id_: str = "", day: str = "2026-11-08", **changes: Any) -> Resource:
    """A pain score of the visit of the block."""
    default = {
        "code": concept(LOINC, "72514-3", "Pain severity"),
        "valueQuantity": {"value": value, "unit": "{score}"},
        "effectiveDateTime": f"{day}T{time}:00-05:00",
        "encounter": VISIT,
    }
    return observation(id_ or f"score-{time.replace(':', '')}", **{**default, **changes})


def response(before: Any = 8, after: Any = 2, *, id_: str = "response", day: str = "2026-11-08", **changes: Any) -> Resource:
    """Our own Observation of the response to a block; a component set to None is left out, any other replaces its value."""
    values = {
        "nerve": {"valueCodeableConcept": concept(EXAMINATION, "superior-cluneal-nerve")},
        "side": {"valueCodeableConcept": concept(SNOMED, SIDES["right"])},
        "nrs-before": {"valueInteger": before},
        "nrs-after": {"valueInteger": after},
        "minutes-after": {"valueQuantity": {"value": 60, "unit": "min"}},
        "relief-hours": {"valueQuantity": {"value": 3, "unit": "h"}},
        **changes.pop("components", {}),
    }
    parts = [{"code": concept(EXAMINATION, code), **value} for code, value in values.items() if value is not None]
    default = {
        "category": [concept(f"{HL7}observation-category", "exam")],
        "code": concept(EXAMINATION, "block-response"),
        "effectiveDateTime": day,
        "partOf": [{"reference": "Procedure/block"}],
        "component": parts,
    }
    return observation(id_, **{**default, **changes})


SCORES = (score(8, "08:45"), score(2, "09:55"))


def prefetch(*procedures: Resource, scores: tuple[Resource, ...] = SCORES, exams: tuple[Resource, ...] = (), **keys: Any) -> Resource:
    """The chart with these blocks, scores and examination entries."""
    return {
        **empty(),
        "conditions": bundle(condition()),
        "procedures": bundle(*(procedures or (done(),))),
        "surveys": bundle(*scores),
        "exams": bundle(*exams),
        **keys,
    }


def bands(*procedures: Resource, **keys: Any) -> list[str]:
    """What the card tells of each nerve and side, the newest first: "right superior G-3 75"; a silence as its rule."""
    evaluation = look(prefetch(*procedures, **keys))
    if evaluation.silence:
        return [evaluation.silence.rule]
    (card,) = evaluation.cards
    details = (card.extension or {})["org.cluneal-cds.details"]
    return [
        " ".join(str(part) for part in (one["side"], one["nerve"], one["band"], one["relief"]) if part is not None)
        for one in details.get("results", [{"side": card.summary, "nerve": None, "band": "no response", "relief": None}])
    ]
