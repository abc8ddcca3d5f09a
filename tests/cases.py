"""Rule cases: small changes to a story's patient, told in fixtures/rules; here they become the hook request that an EHR would send."""

import copy
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from cds_hooks.response import CDSResponse, to_wire
from service.call import Call
from service.evaluate import evaluate
from service.fhir.chart import KEYS, chart_of_prefetch
from service.knowledge.load import load_knowledge
from service.story import hook_request, read_story
from tests.doors import Answer, sent

FOLDER = Path(__file__).parent.parent / "fixtures" / "rules"
TYPES = {key: kinds[0] for key, kinds in KEYS.items()}


@dataclass(frozen=True)
class Case:
    """One patient of a rule: who, and whether the rule must decide."""

    rule: str
    side: str
    says: str
    told: dict[str, Any]


@cache
def cases() -> tuple[Case, ...]:
    """Every patient of every file of fixtures/rules."""
    files = [json.loads(path.read_text(encoding="utf-8")) | {"rule": path.stem} for path in sorted(FOLDER.glob("*.json"))]
    return tuple(Case(file["rule"], side, file[side]["says"], file[side]) for file in files for side in ("decides", "near_miss"))


def request_of(case: Case) -> dict[str, Any]:
    """The patient-view request: the story's own, changed as the case says."""
    story = read_story(case.told["story"])
    body = copy.deepcopy(hook_request(story, hook_instance="1", today=story.today))
    body["context"]["userId"] = case.told.get("user", body["context"]["userId"])
    prefetch, patient = body["prefetch"], body["context"]["patientId"]
    for key, names in case.told.get("without", {}).items():
        entries = [] if names is True else [one for one in entries_of(prefetch[key]) if one["resource"].get("id") not in names]
        prefetch[key] = searchset(entries)
    for key, resources in case.told.get("add", {}).items():
        new = [{"resource": completed(one, key, patient, number)} for number, one in enumerate(resources)]
        prefetch[key] = searchset([*entries_of(prefetch.get(key)), *new])
    if "drafts" in case.told:
        entries = [{"resource": completed(one, "orders", patient, number)} for number, one in enumerate(case.told["drafts"])]
        body["context"]["draftOrders"] = {"resourceType": "Bundle", "entry": entries}
        body["hook"] = case.told.get("hook", "order-sign")
    for key, elements in case.told.get("change", {}).items():
        prefetch[key] = {**prefetch[key], **elements}
    return body


def completed(resource: dict[str, Any], key: str, patient: str, number: int) -> dict[str, Any]:
    """A resource as the chart would carry it: its type, an id and whose it is are filled in where the case leaves them out."""
    kind = resource.get("resourceType", TYPES[key])
    if kind == "OperationOutcome":
        return resource
    owner = "patient" if kind == "AllergyIntolerance" else "subject"
    return {"resourceType": kind, "id": f"added-{key}-{number}", owner: {"reference": f"Patient/{patient}"}, **resource}


def entries_of(value: Any) -> list[dict[str, Any]]:
    """The resources under a key, as entries."""
    if not value:
        return []
    return [one for one in value.get("entry", ()) if "resource" in one] if value["resourceType"] == "Bundle" else [{"resource": value}]


def searchset(entries: list[dict[str, Any]]) -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": "searchset", "entry": entries}


def by_corridor(case: Case) -> Answer:
    """The case, given to `evaluate` directly."""
    body, story = request_of(case), read_story(case.told["story"])
    context = body["context"]
    raw = {key: msgspec.Raw(json.dumps(value).encode()) for key, value in body["prefetch"].items()}
    drafts = [entry["resource"] for entry in entries_of(context.get("draftOrders"))]
    chart = chart_of_prefetch(raw, patient=context["patientId"], server=None, drafts=drafts)
    call = Call(context["patientId"], "1", context["userId"], context.get("encounterId", ""), body["hook"])
    found = evaluate(chart, load_knowledge(), today=story.today, call=call)
    cards = json.loads(to_wire(CDSResponse(cards=found.cards)))["cards"]
    reasons = (found.silence.rule, *found.silence.also) if found.silence else ()
    return Answer(412, " ".join(found.refusal.keys), [], ()) if found.refusal else Answer(200, "", cards, reasons)


def by_http(case: Case) -> Answer:
    """The case, sent to the real application."""
    return sent(read_story(case.told["story"]), request_of(case))


def ids_in(answer: Answer) -> set[str]:
    """Every rule that an answer names: what kept it silent, what the card rests on, its cautions and what speaks against it."""
    said = (*answer.basis["rules"], *answer.details.get("cautions", ()), *answer.details.get("against", ())) if answer.cards else ()
    return {*answer.reasons, *said}
