"""Bytes -> PatientRecord: every resource by itself, checked to be the patient's, reduced to facts; what cannot be used is said.

One bad resource becomes an Issue and its neighbours are kept. Nothing is dropped in silence but what no rule could ask for.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import msgspec

from service.dates import When, read_date
from service.fhir import shapes
from service.fhir.chart import Chart, ChartEntry, kind_of
from service.fhir.facts import MAKERS
from service.fhir.mend import mend
from service.fhir.terms import Terms
from service.knowledge.model import Knowledge
from service.record import Allergy, Condition, Encounter, Fact, Issue, Patient, PatientRecord

_HISTORY = re.compile(r"/_history/[^/]+$")
_DECODERS: dict[str, msgspec.json.Decoder[Any]] = {
    **{name: msgspec.json.Decoder(shape) for name, shape in shapes.KINDS.items()},
    "Patient": msgspec.json.Decoder(shapes.Patient),
    "Medication": msgspec.json.Decoder(shapes.Medication),
}
_SHAPES: dict[str, type[msgspec.Struct]] = {**shapes.KINDS, "Patient": shapes.Patient, "Medication": shapes.Medication}
_ORDER = ("Patient", "Medication", "Observation")


@dataclass(frozen=True, slots=True)
class Reading:
    """What reading a chart gave.

    foreign   prefetch keys under which a resource of another patient lay: nothing may be said from such a chart
    """

    record: PatientRecord
    issues: tuple[Issue, ...]
    foreign: tuple[str, ...]


def read_chart(chart: Chart, knowledge: Knowledge, *, encounter: str | None = None) -> Reading:
    """The record of the patient whose chart it is; `encounter` is the id of the visit the call is about."""
    return _Pass(chart, _terms(knowledge), encounter).read()


@lru_cache(maxsize=4)
def _terms(knowledge: Knowledge) -> Terms:
    return Terms(knowledge)


class _Pass:
    """One pass over a chart."""

    def __init__(self, chart: Chart, terms: Terms, encounter: str | None):
        self.chart, self.terms, self.encounter = chart, terms, encounter
        self.issues: list[Issue] = []
        self.foreign: dict[str, None] = {}
        self.patient: Patient | None = None
        self.drugs: dict[str, shapes.Medication] = {}
        self.results: dict[str, str] = {}
        self.facts: dict[type[Fact], list[Fact]] = {}
        self.seen: set[str] = set()
        self.own = {f"Patient/{chart.patient}", f"urn:uuid:{chart.patient}", f"{chart.server.rstrip('/')}/Patient/{chart.patient}"}

    def read(self) -> Reading:
        """Patients first (their URLs are references to come), then drugs and results that others point to, then the rest."""
        rank = {kind: place for place, kind in enumerate(_ORDER)}
        for entry in sorted(self.chart.entries, key=lambda entry: rank.get(entry.kind, len(rank))):
            self._entry(entry)
        named: dict[str, list[Fact]] = {}
        spoken: dict[str, list[Fact]] = {}
        for facts in self.facts.values():
            for fact in facts:
                for name in fact.names:
                    named.setdefault(name, []).append(fact)
                for name in fact.said:
                    spoken.setdefault(name, []).append(fact)
        record = PatientRecord(
            patient=self.patient,
            facts={kind: tuple(facts) for kind, facts in self.facts.items()},
            named={name: tuple(facts) for name, facts in named.items()},
            spoken={name: tuple(facts) for name, facts in spoken.items()},
            keys=self.chart.keys,
            encounter=self._current(),
        )
        return Reading(record, tuple(self.issues), tuple(self.foreign))

    def _entry(self, entry: ChartEntry) -> None:
        found = self._decode(entry)
        if found is None:
            return
        name = f"{entry.kind}/{found.id}" if found.id is not None else f"{entry.kind} without id, under {entry.key or 'the Bundle'}"
        if isinstance(found, shapes.Patient):
            self._patient(entry, found, name)
            return
        if found.modifierExtension:
            self._issue(
                name, "has a modifierExtension that we do not know; it may change the meaning of everything in it, so it is not used"
            )
        elif isinstance(found, shapes.Medication):
            self.drugs[name] = self.drugs[entry.url] = found
        elif self._is_own(entry, found, name) and not (found.id is not None and name in self.seen):
            self.seen.add(name)
            self._keep(entry, found, name)

    def _decode(self, entry: ChartEntry) -> Any:
        """The resource in its shape, mended when it does not fit; None, with an issue, when there is nothing to read."""
        if entry.kind not in _DECODERS:
            self._issue(f"an entry under {entry.key or 'the Bundle'}", "has no resourceType, so nothing of it can be used")
            return None
        try:
            return _DECODERS[entry.kind].decode(entry.raw)
        except msgspec.DecodeError:
            pass
        try:
            plain = msgspec.json.decode(entry.raw)
        except (msgspec.DecodeError, RecursionError):
            self._issue(f"a {entry.kind} under {entry.key or 'the Bundle'}", "is no valid JSON, so nothing of it can be used")
            return None
        found, lost = mend(plain, _SHAPES[entry.kind])
        where = f"{entry.kind}/{found.id}" if found.id is not None else f"{entry.kind} without id"  # type: ignore[attr-defined]
        for element in dict.fromkeys(lost):
            self._issue(where, f"element {element} is not as FHIR R4 has it and was not read; the rest was")
        return found

    def _patient(self, entry: ChartEntry, found: shapes.Patient, name: str) -> None:
        if found.id is not None and str(found.id) != self.chart.patient:
            self.foreign[entry.key or "patient"] = None
            return
        if entry.url:
            self.own.add(entry.url)
        born = read_date(found.birthDate)
        if born is None:
            self._issue(name, "has no readable birthDate, so the age is unknown")
        self.patient = self.patient or Patient(
            reference=name,
            born=born,
            deceased=bool(found.deceasedBoolean or found.deceasedDateTime),
            replaced=any(link is not None and link.type == "replaced-by" for link in found.link or ()),
        )

    def _is_own(self, entry: ChartEntry, found: shapes.OfPatient, name: str) -> bool:
        """Whether the resource says that it is about this patient; one about somebody else makes the whole chart unusable."""
        about = found.subject if found.subject is not None else found.patient
        reference = about.reference if about is not None else None
        if reference in self.own:
            return True
        if not reference:
            self._issue(name, "does not say whose it is, so it is not used")
            return False
        bare = _HISTORY.sub("", reference)
        if bare in self.own or (not self.chart.server and bare.endswith(f"/Patient/{self.chart.patient}") and "://" in bare):
            return True
        if re.search(r"(^|/)(Group|Device|Location)/[^/]+$", bare):
            self._issue(name, "is not about a patient, so it is not used")
            return False
        self.foreign[entry.key or "the Bundle"] = None
        return False

    def _keep(self, entry: ChartEntry, found: shapes.OfPatient, name: str) -> None:
        extra: Any = self._born
        if isinstance(found, shapes.Encounter):
            extra = entry.key == "encounter" or found.id == self.encounter
        elif isinstance(found, shapes.MedicationRequest):
            extra = {**self.drugs, **self._contained(found)} if found.contained else self.drugs
        elif isinstance(found, shapes.DiagnosticReport):
            extra = self.results
        elif isinstance(found, shapes.Observation) and found.valueString:
            self.results[name] = self.results[entry.url or name] = found.valueString
        fact = MAKERS[entry.kind](found, name, entry.key, self.terms, extra)
        if fact is not None:
            if not fact.status and not isinstance(fact, (Condition, Allergy)):
                self._issue(name, "has no status, so nobody can tell whether it counts; it does not")
            self.facts.setdefault(type(fact), []).append(fact)

    @property
    def _born(self) -> When | None:
        return self.patient.born if self.patient else None

    @staticmethod
    def _contained(found: shapes.Resource) -> dict[str, shapes.Medication]:
        """The drugs a prescription carries inside, by their local reference."""
        drugs: dict[str, shapes.Medication] = {}
        for raw in found.contained or ():
            if kind_of(raw) == "Medication":
                try:
                    drug = _DECODERS["Medication"].decode(raw)
                except msgspec.DecodeError:
                    drug, _ = mend(msgspec.json.decode(raw), shapes.Medication)
                drugs[f"#{drug.id}"] = drug
        return drugs

    def _current(self) -> Encounter | None:
        """The visit the call is about: the one with its id, else the only one under the key of that name."""
        visits = [fact for fact in self.facts.get(Encounter, ()) if isinstance(fact, Encounter)]
        by_id = [visit for visit in visits if self.encounter and visit.reference == f"Encounter/{self.encounter}"]
        asked = [visit for visit in visits if visit.key == "encounter"]
        return by_id[0] if by_id else asked[0] if len(asked) == 1 and not self.encounter else None

    def _issue(self, where: str, says: str) -> None:
        self.issues.append(Issue(where, says))
