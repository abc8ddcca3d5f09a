"""Sequences of calls over weeks, told in fixtures/sequences; here each step becomes the call that an EHR would make, in a chart that grows.

Read `fixtures/sequences/README.md` for the grammar.
"""

import copy
import json
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from service.call import Call
from service.evaluate import Evaluation, evaluate
from service.fhir.chart import chart_of_prefetch
from service.history import Feedback, Visit
from service.knowledge.load import load_knowledge
from service.story import moved, read_story
from service.transcript import on_the_wire
from tests.cases import completed, entries_of, searchset
from tests.journal import Journal

FOLDER = Path(__file__).parent.parent / "fixtures" / "sequences"
FIRST_DAY = date(2026, 11, 20)
KEYS = {"Observation": "exams", "ServiceRequest": "orders"}


@dataclass(frozen=True)
class Step:
    """One call: its number, what the file says of it, and what it means where the file says nothing."""

    number: int
    told: dict[str, Any]
    sequence: dict[str, Any]

    @property
    def today(self) -> date:
        return FIRST_DAY + timedelta(self.told["day"])

    @property
    def moment(self) -> datetime:
        return datetime.combine(self.today, time(12, self.number), tzinfo=UTC)

    @property
    def chart(self) -> str:
        return self.told.get("chart", self.sequence["chart"])

    @property
    def hook(self) -> str:
        return self.told.get("hook", "patient-view")

    @property
    def expected(self) -> str:
        """The kind of a card, the rule of a silence with its last day, or the keys of a refusal."""
        told = self.told
        if "refused" in told:
            return f"refused {' '.join(told['refused'])}"
        return told.get("card") or (f"{told['silence']} until {told['until']}" if "until" in told else told["silence"])

    @property
    def visit(self) -> Visit:
        client, user = self.told.get("client", "lakeside"), self.told.get("user", "Practitioner/avery")
        return Visit(client, read_story(self.chart).prefetch["patient"]["id"], self.told.get("encounter", "first"), user)


def silence_in_words(silence: dict[str, Any]) -> str:
    """A silence as it goes over the wire, as `Step.expected` says one."""
    return f"{silence['rule']} until {(date.fromisoformat(silence['until']) - FIRST_DAY).days}" if "until" in silence else silence["rule"]


@dataclass(frozen=True)
class Played:
    """A step with what came of it: the evaluation, its card as it goes over the wire, and what it would have been without a memory."""

    step: Step
    evaluation: Evaluation
    card: dict[str, Any] | None
    forgetful: Evaluation


@cache
def sequences() -> dict[str, dict[str, Any]]:
    """Every sequence by its name."""
    return {path.stem: tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.toml"))}


@cache
def resources() -> dict[str, dict[str, Any]]:
    return json.loads((FOLDER / "resources.json").read_text(encoding="utf-8"))


@cache
def played(name: str) -> tuple[Played, ...]:
    """Every step of a sequence, one after the other, with a history that grows from step to step."""
    return tuple(_play(sequences()[name]))


def _play(sequence: dict[str, Any]) -> Iterator[Played]:
    journal, course = Journal(), Course()
    for step in steps(sequence):
        visit = step.visit
        call = Call(visit.patient, f"call-{step.number}", visit.user, visit.encounter, step.hook)
        prefetch, drafts = course.comes_to(step)
        raw = {key: msgspec.Raw(json.dumps(value).encode()) for key, value in prefetch.items()}
        chart = chart_of_prefetch(raw, patient=visit.patient, server=None, drafts=drafts)
        evaluation = evaluate(chart, load_knowledge(), today=step.today, call=call, history=journal.history(visit))
        (card,) = on_the_wire(evaluation) or (None,)
        yield Played(step, evaluation, card, evaluate(chart, load_knowledge(), today=step.today, call=call))
        if card and evaluation.gist:
            journal.keep(card["uuid"], step.today, step.moment, visit, evaluation.gist)
            for feedback in _feedback(step):
                journal.tell(card["uuid"], feedback)
            course.goes_on(step, card)


def steps(sequence: dict[str, Any]) -> list[Step]:
    """The steps of a sequence, in their order."""
    return [Step(number, told, sequence) for number, told in enumerate(sequence["step"], start=1)]


class Course:
    """The charts of one sequence, as they grow from step to step."""

    def __init__(self) -> None:
        self._charts: dict[tuple[str, str], dict[str, Any]] = {}

    def comes_to(self, step: Step) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """The prefetch and the drafted orders that an EHR sends at a step; the visit is that of the step."""
        prefetch = self._chart(step)
        for added in step.told.get("adds", ()):
            write(prefetch, resources()[added]["key"], of_the_day(added, step), f"{added}-{step.number}")
        return as_sent(prefetch, step)

    def goes_on(self, step: Step, card: dict[str, Any]) -> None:
        """What is accepted of a card stands in the chart from now on."""
        for number, resource in enumerate(taken_up(card, step.told.get("accepts"))):
            write(self._chart(step), KEYS[resource["resourceType"]], resource, f"accepted-{step.number}-{number}")

    def _chart(self, step: Step) -> dict[str, Any]:
        whose = (step.visit.client, step.visit.patient)
        return self._charts.setdefault(whose, copy.deepcopy(dict(read_story(step.chart).prefetch)))


def _feedback(step: Step) -> Iterator[Feedback]:
    if "accepts" in step.told:
        yield Feedback("accepted", step.today, step.moment)
    if "dismisses" in step.told:
        yield Feedback("overridden", step.today, step.moment, step.told["dismisses"])


def taken_up(card: dict[str, Any], label: str | None) -> list[dict[str, Any]]:
    """The resources of the one suggestion whose label starts so; an order that was drafted is signed."""
    if label is None:
        return []
    (chosen,) = [one for one in card["suggestions"] if one["label"].startswith(label)]
    made = [action["resource"] for action in chosen["actions"]]
    return [{**one, "status": "active"} if one["resourceType"] == "ServiceRequest" else one for one in made]


def of_the_day(name: str, step: Step) -> dict[str, Any]:
    """A resource as it is written at a step: the first day of all sequences stands for the day of the step."""
    found: dict[str, Any] = json.loads(json.dumps(resources()[name]["resource"]).replace(FIRST_DAY.isoformat(), step.today.isoformat()))
    return found


def write(prefetch: dict[str, Any], key: str, resource: dict[str, Any], id_: str) -> None:
    written = completed({**resource, "id": id_}, key, prefetch["patient"]["id"], 0)
    prefetch[key] = searchset([*entries_of(prefetch.get(key)), {"resource": written}])


def as_sent(prefetch: dict[str, Any], step: Step) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The chart as the EHR sends it at this step, whose visit is that of the step, and the orders that are being written."""
    visit = {**moved(prefetch["encounter"], by=step.today - FIRST_DAY), "id": step.visit.encounter} if step.visit.encounter else None
    whole = {**prefetch, "encounter": visit}
    for key in step.told.get("unreadable", ()):
        whole[key] = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "exception"}]}
    drafts = [completed({**of_the_day(name, step), "id": name}, "orders", step.visit.patient, 0) for name in step.told.get("orders", ())]
    return whole, drafts
