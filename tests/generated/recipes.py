"""Strategies for charts: some ingredients of the pool, each perhaps of another date or status, under keys that may be missing or broken.

A recipe is what hypothesis shows when an invariant breaks: short enough to be read. `Recipe.prefetch` is the chart itself.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from hypothesis import strategies as st

from tests.generated.events import operations
from tests.generated.examinations import notes, points
from tests.generated.ingredients import Ingredient
from tests.generated.pool import POOL
from tests.generated.problems import pains
from tests.service.charts import HL7, Resource, ago, bundle, concept, patient

KEYS = ("conditions", "procedures", "reports", "exams", "surveys", "labs", "medications", "allergies", "orders", "encounter")
DATES = {
    "Condition": ("onsetDateTime", "recordedDate"),
    "Procedure": ("performedDateTime",),
    "Observation": ("effectiveDateTime",),
    "DiagnosticReport": ("effectiveDateTime",),
    "MedicationRequest": ("authoredOn",),
    "ServiceRequest": ("authoredOn",),
    "AllergyIntolerance": ("recordedDate",),
}
# Days around every bound of the knowledge, months, years, the future, none, and one that nobody can read.
WHENS = (
    *(ago(days) for days in (0, 1, 20, 41, 42, 60, 83, 84, 90, 91, 120, 179, 180, 181, 211, 300, 365, 366, 731, 1001, 3000, -1, -2, -40)),
    *("2026-11", "2026-09", "2026-08", "2026", "2025", "2023", "", "last spring"),
)
_CLINICAL = ("active", "recurrence", "inactive", "remission", "resolved", None)
_VERIFIED = ("confirmed", "unconfirmed", "provisional", "differential", "refuted", "entered-in-error", None)
_FINDING = ("final", "amended", "corrected", "preliminary", "registered", "cancelled", "entered-in-error", "unknown", None)
_DOING = ("completed", "in-progress", "on-hold", "stopped", "not-done", "preparation", "entered-in-error", "unknown", None)
_ASKING = ("active", "on-hold", "completed", "draft", "revoked", "cancelled", "stopped", "entered-in-error", "unknown", None)
STATUSES: dict[str, dict[str, tuple[str | None, ...]]] = {
    "Condition": {"clinicalStatus": _CLINICAL, "verificationStatus": _VERIFIED, "category": ("encounter-diagnosis", None)},
    "AllergyIntolerance": {"clinicalStatus": _CLINICAL, "verificationStatus": _VERIFIED},
    "Procedure": {"status": _DOING},
    "Observation": {"status": _FINDING},
    "DiagnosticReport": {"status": _FINDING},
    "MedicationRequest": {"status": _ASKING, "intent": ("plan", "proposal", None)},
    "ServiceRequest": {"status": _ASKING},
    "Encounter": {"status": ("in-progress", "arrived", "finished", "planned", "cancelled", "entered-in-error", None)},
}
_SYSTEMS = {
    ("Condition", "clinicalStatus"): "condition-clinical",
    ("Condition", "verificationStatus"): "condition-ver-status",
    ("Condition", "category"): "condition-category",
    ("AllergyIntolerance", "clinicalStatus"): "allergyintolerance-clinical",
    ("AllergyIntolerance", "verificationStatus"): "allergyintolerance-verification",
}
PATIENTS: dict[str, Resource] = {
    "adult": {},
    "older": {"birthDate": "1940"},
    "just-adult": {"birthDate": "2008-11-20"},
    "almost-adult": {"birthDate": "2008-11-21"},
    "child": {"birthDate": "2016-05-01"},
    "of-unknown-age": {"birthDate": None},
    "born-in-2008": {"birthDate": "2008"},
    "dead": {"deceasedBoolean": True},
    "dead-since": {"deceasedDateTime": "2026-03"},
    "replaced": {"link": [{"other": {"reference": "Patient/new"}, "type": "replaced-by"}]},
    "alive": {"deceasedBoolean": False},
}
MAYBE_ADULT = ("of-unknown-age", "born-in-2008")
# Of whom nothing may be said: no adult, not known to be one, dead, or with a record elsewhere.
NOT_SPOKEN_OF = ("almost-adult", "child", *MAYBE_ADULT, "dead", "dead-since", "replaced")
# What may become of a key, by its value when all is well.
STATES: dict[str, Callable[[Resource], Any]] = {
    "null": lambda value: None,
    "error": lambda value: {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "processing"}]},
    "first page": lambda value: {**value, "link": [{"relation": "next", "url": "https://ehr.example/next"}]},
    "counted higher": lambda value: {**value, "total": 99},
    "a part failed": lambda value: {**value, "entry": [*value["entry"], {"response": {"status": "500"}}]},
    "cut": lambda value: json.dumps(value)[:-9].encode(),
    "another kind": lambda value: bundle({"resourceType": "Coverage", "id": "c"}),
}


@dataclass(frozen=True, slots=True)
class Part:
    """An ingredient as it stands in one chart: of its own date and status, or of others ("" is none at all)."""

    name: str
    when: str | None = None
    status: tuple[str, str | None] | None = None

    @property
    def ingredient(self) -> Ingredient:
        """What it is made of."""
        return POOL[self.name]

    def resource(self, number: int) -> Resource:
        """The resource, its id telling which part of the recipe it is."""
        changes: dict[str, Any] = {"id": f"{self.name}.{number}"}
        if self.when is not None:
            changes |= dict.fromkeys(DATES.get(self.ingredient.kind, ()), self.when or None)
        if self.status is not None:
            changes |= _status(self.ingredient.kind, *self.status)
        return {name: value for name, value in {**self.ingredient.resource, **changes}.items() if value is not None}


def _status(kind: str, element: str, value: str | None) -> Resource:
    """A status as its element writes it: a word, a concept, or a list of one."""
    system = _SYSTEMS.get((kind, element))
    if value is None or system is None:
        return {element: value}
    coded = concept(f"{HL7}{system}", value)
    return {element: [coded] if element == "category" else coded}


@dataclass(frozen=True, slots=True)
class Recipe:
    """A chart: its parts, keys that are not as they should be, and whose it is."""

    parts: tuple[Part, ...] = ()
    states: tuple[tuple[str, str], ...] = ()
    patient: str = "adult"

    def prefetch(self) -> Resource:
        """The chart as the value of `prefetch`; a value that nobody can read is bytes."""
        made: dict[str, list[Resource]] = {key: [] for key in KEYS}
        for number, part in enumerate(self.parts):
            made[part.ingredient.key].append(part.resource(number))
        values: Resource = {key: bundle(*resources) for key, resources in made.items() if resources or key != "encounter"}
        for key, state in self.states:
            if state == "missing":
                values.pop(key, None)
            elif key in values:
                values[key] = STATES[state](values[key])
        return {"patient": patient(**PATIENTS[self.patient]), **values}

    def adding(self, *names: str) -> "Recipe":
        """The same chart with plain ingredients added."""
        return replace(self, parts=(*self.parts, *map(Part, names)))

    def part(self, place: int) -> tuple[Ingredient, str, Resource]:
        """One of the parts, counted around: its ingredient, its id and its resource."""
        number = place % len(self.parts)
        resource = self.parts[number].resource(number)
        return self.parts[number].ingredient, str(resource["id"]), resource


_SURGERY = ("back-coded", "laminectomy", "fusion", "graft", "mri")
# Charts that give a card by themselves, and as many times none of them.
BASES: tuple[tuple[str, ...], ...] = (
    _SURGERY,
    (*_SURGERY, "superior-right-reproduces"),
    (*_SURGERY, "superior-left-reproduces", "superior-right-reproduces", "gabapentin"),
    ("crest-left", "epidural", "score-seven", "crest-left-words", "middle-left-reproduces"),
    ("crest-right", "laminectomy-in-words", "mri-mild", "crest-right-words"),
    ("psis-left", "laminectomy", "mri-told", "quality"),
    ("crest-both", "laminectomy", "mri", "quality"),
    ("fold-no-side", "exercise", "inferior-left-reproduces", "inferior-no-side"),
    ("crest-right", "superior-right-reproduces", "gabapentin", "block-done-right", "response-right"),
    *((),) * 8,
)


@cache
def _parts_of(name: str) -> st.SearchStrategy[Part]:
    kind = POOL[name].kind
    elements = [(element, value) for element, values in STATUSES[kind].items() for value in values]
    whens = st.none() | st.sampled_from(WHENS) if kind in DATES else st.none()
    return st.builds(Part, st.just(name), whens, st.none() | st.sampled_from(elements))


_LIKELY = tuple(st.sampled_from([one.name for one in some]) for some in (list(pains()), list(operations()), [*points(), *notes()]))
PARTS = st.sampled_from(sorted(POOL)).flatmap(_parts_of)
_STATES = st.tuples(st.sampled_from(KEYS), st.sampled_from(("missing", *STATES)))


@st.composite
def recipes(draw: st.DrawFn, whole: bool = False, bases: tuple[tuple[str, ...], ...] = BASES) -> Recipe:
    """Any chart; `whole`, one in which every key was read to its end and the patient is a living adult."""
    base = [Part(name) for name in draw(st.sampled_from(bases))]
    if not base:
        base = [draw(names.flatmap(_parts_of)) for names in _LIKELY]
    elif not draw(st.integers(0, 2)):
        place = draw(st.integers(0, len(base) - 1))
        base[place] = draw(_parts_of(base[place].name))
    parts = (*base, *draw(st.lists(PARTS, max_size=4)))
    if whole or draw(st.integers(0, 3)):
        return Recipe(parts)
    states = draw(st.lists(_STATES, max_size=2, unique_by=lambda state: state[0]))
    return Recipe(parts, tuple(states), draw(st.sampled_from(("adult",) * 12 + tuple(PATIENTS))))
