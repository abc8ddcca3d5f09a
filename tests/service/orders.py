"""Orders that are being written, and what the service answers to them over HTTP; every chart is a story.

A test changes the draft, or one thing in the chart.
"""

import copy
from typing import Any

import pytest

from service.story import hook_request, read_story
from tests.doors import Answer, posted
from tests.service.charts import CPT, EXAMINATION, concept

ARCHETYPE = "laminectomy-and-iliac-harvest"
WITHOUT_MRI = "laminectomy-and-facet-injection-without-imaging"
UNREADABLE = "laminectomy-with-unreadable-procedures"
RIGHT_POINT = "laminectomy-and-right-point-recorded-today"
BOTH_POINTS = "both-crest-points-after-fusion"
ALLERGIC = "right-crest-point-and-lidocaine-allergy"
EACH_HOOK = pytest.mark.parametrize("hook", ["order-select", "order-sign"])

Draft = dict[str, Any]


def draft(code: Any, id_: str = "draft", **changes: Any) -> Draft:
    """A routine order that is being written."""
    whole = {
        "resourceType": "ServiceRequest",
        "id": id_,
        "status": "draft",
        "intent": "order",
        "priority": "routine",
        "code": code,
        **changes,
    }
    return {name: value for name, value in whole.items() if value is not None}


def block(side: str = "RIGHT", nerve: str = "superior", **changes: Any) -> Draft:
    """A cluneal block as our suggestion drafts it."""
    ours = [{"system": CPT, "code": "64450"}, {"system": EXAMINATION, "code": f"{nerve}-cluneal-block"}]
    return draft({"coding": ours, "text": f"Diagnostic {nerve} cluneal nerve block, {side}"}, f"block-{side}", **changes)


MRI = draft(concept(CPT, "72148", "MRI lumbar spine without contrast"), "mri")
FILM = draft(concept(text="X-ray of the chest"), "film")
DRUG = {
    "resourceType": "MedicationRequest",
    "id": "drug",
    "medicationCodeableConcept": concept(text="Lidocaine for superior cluneal nerve block"),
}


def asked(story_name: str, *drafts: Draft, hook: str = "order-sign", chart: Any = None, **context: Any) -> Answer:
    """What the service answers to these drafts of the story's patient; `chart` changes the prefetch in place."""
    story = read_story(story_name)
    body = copy.deepcopy(hook_request(story, hook_instance="1", today=story.today))
    own = {"subject": {"reference": f"Patient/{body['context']['patientId']}"}}
    entries = [{"resource": {**own, **one}} for one in drafts]
    body["context"] |= {"draftOrders": {"resourceType": "Bundle", "entry": entries}, **context}
    if chart:
        chart(body["prefetch"])
    return posted({**body, "hook": hook}, on=story.today)


def add(key: str, resource: Draft) -> Any:
    """A change of the chart: one more resource under a key, of the same patient."""

    def change(prefetch: dict[str, Any]) -> None:
        own = {"id": "added", "subject": {"reference": f"Patient/{prefetch['patient']['id']}"}}
        prefetch[key] = {"resourceType": "Bundle", "entry": [*prefetch[key].get("entry", ()), {"resource": {**own, **resource}}]}

    return change


def only(key: str, **changes: Any) -> Any:
    """A change of the chart: elements of the only resource under a key."""

    def change(prefetch: dict[str, Any]) -> None:
        (entry,) = prefetch[key]["entry"]
        entry["resource"] |= changes

    return change
