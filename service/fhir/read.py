"""Bytes -> PatientRecord: every resource by itself, checked to be the patient's, reduced to facts; what cannot be used is said.

One bad resource becomes an Issue, its neighbours are kept. What may not be the patient's, or may mean something else, is doubtful: it can
hold a card back, never bring one about. Nothing is dropped in silence but what no rule could ask for.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from service.dates import read_date
from service.fhir import shapes
from service.fhir.chart import KEYS, Chart, ChartEntry
from service.fhir.drugs import allergy, is_withdrawn, medication, names_nothing
from service.fhir.elements import FHIR_ID, Source, place_of
from service.fhir.facts import MAKERS, encounter, observation, report
from service.fhir.losses import after_loss, is_in_doubt, loses_its_date
from service.fhir.mend import contained, mend
from service.fhir.owner import Owner, Ownership
from service.fhir.terms import Terms, terms_of
from service.fhir.visit import current_visit
from service.knowledge.model import Knowledge
from service.local_codes import LocalCodes
from service.record import Allergy, Condition, Encounter, Fact, Issue, KeyState, Observation, Patient, PatientRecord
from service.record_index import indexed
from service.speech import OrderCode

_DECODERS: dict[str, msgspec.json.Decoder[Any]] = {name: msgspec.json.Decoder(shape) for name, shape in shapes.SHAPES.items()}
_FIRST = ("Patient", "Medication", "Observation")
_SEEN_RESULTS = ("final", "amended", "corrected")


@dataclass(frozen=True, slots=True)
class Reading:
    """What reading a chart gave; `foreign`: prefetch keys under which a resource of another patient lay: nothing may be said from it."""

    record: PatientRecord
    issues: tuple[Issue, ...]
    foreign: tuple[str, ...]


def read_chart(
    chart: Chart,
    knowledge: Knowledge,
    *,
    encounter: str | None = None,
    order_codes: tuple[OrderCode, ...] = (),
    local: LocalCodes | None = None,
) -> Reading:
    """The record of the patient whose chart it is; `encounter` is the id of the visit, `order_codes` and `local` are the site's own."""
    return _Pass(chart, terms_of(knowledge, order_codes, local), encounter).read()


@dataclass(slots=True)
class _At:
    """The resource that is being read, and what is known of it so far."""

    entry: ChartEntry
    found: Any = None
    lost: Sequence[str] = ()
    doubtful: bool = False
    name: str = ""


class _Pass:
    """One pass over a chart: decode (or mend), whose it is, make its fact, keep it.

    Making a fact asks `Source.wanted` as soon as names and words are known; only then does `_prepare` find out the reference and the rest.
    """

    def __init__(self, chart: Chart, terms: Terms, encounter: str | None):
        self.chart, self.terms, self.encounter = chart, terms, encounter
        self.issues: list[Issue] = []
        self.foreign: dict[str, None] = {}
        self.keys = dict(chart.keys)
        self.unusable: dict[str, None] = {}
        self.patient: Patient | None = None
        self.owner = Owner(chart.patient, chart.server)
        self.drugs: dict[str, shapes.Medication] = {}
        self.results: dict[str, str] = {}
        self.facts: dict[type[Fact], list[Fact]] = {}
        self.seen: dict[str, shapes.OfPatient] = {}
        self.nameless = self.unknown_codes = 0
        self.urns: dict[str, str] = {}
        self.at = _At(ChartEntry(b"", "", ""))

    def read(self) -> Reading:
        """The whole chart: patients first (their URLs are references to come), then what others point to, then the rest."""
        piles: dict[str, list[ChartEntry]] = {kind: [] for kind in _FIRST}
        for entry in self.chart.entries:
            piles.setdefault(entry.kind, []).append(entry)
        # No attribute: a circle of references would keep every resource until the next collection of garbage.
        source = Source(self.terms, self._prepare, self._issue)
        for kind, pile in piles.items():
            self._pile(kind, pile, source)
        if self.urns:
            self.facts = {kind: [self._renamed(fact) for fact in facts] for kind, facts in self.facts.items()}
        named, spoken = indexed(fact for facts in self.facts.values() for fact in facts)
        record = PatientRecord(
            patient=self.patient,
            facts={kind: tuple(facts) for kind, facts in self.facts.items()},
            named=named,
            spoken=spoken,
            keys=self.keys,
            encounter=self._current(),
            unusable=tuple(self.unusable),
            entries=len(self.chart.entries),
            unknown_codes=self.unknown_codes,
        )
        return Reading(record, tuple(self.issues), tuple(self.foreign))

    def _renamed(self, fact: Fact) -> Fact:
        """The fact with what it points to by a temporary name, as the entries of a Bundle do, under its reference."""
        if isinstance(fact, Observation):
            fact = replace(fact, part_of=tuple(self.urns.get(name, name) for name in fact.part_of))
        return replace(fact, encounter=self.urns.get(fact.encounter, fact.encounter))

    def _pile(self, kind: str, pile: Iterable[ChartEntry], source: Source) -> None:
        """The resources of one kind. Most are the patient's, concern no rule, and are given up in `make` before anything else is asked."""
        make, own, at, site = self._way_to_make(kind), self.owner.own, self.at, self.terms.site
        unknown, code = self.terms.is_unknown, "medicationCodeableConcept" if kind == "MedicationRequest" else "code"
        for entry in pile:
            found: Any
            found, lost = self._decode(entry) if entry.found is None else (entry.found, ())
            if found is None:
                continue
            at.entry, at.found, at.lost, at.doubtful, at.name = entry, found, lost, False, ""
            if kind in ("Patient", "Medication"):
                make(found, source)
                continue
            about = found.subject
            plain = about is not None and about.reference in own and found.patient is None and not lost and not found.modifierExtension
            if plain or self._is_usable(entry, found, lost):
                self.unknown_codes += ((fact := make(found, source)) is None or not fact.names) and unknown(getattr(found, code, None))
                if fact is not None:
                    fact = after_loss(fact, lost) if lost else fact
                    self._keep(site.marked(fact, found) if site else fact)

    def _way_to_make(self, kind: str) -> Callable[[Any, Source], Fact | None]:
        """How a resource of this kind becomes a fact, together with what it points to."""
        ways: dict[str, Callable[[Any, Source], Fact | None]] = {
            "Patient": self._patient,
            "Medication": self._drug,
            "Observation": self._observation,
            "DiagnosticReport": self._report,
            "MedicationRequest": self._prescription,
            "AllergyIntolerance": self._allergy,
            "Encounter": self._visit,
        }
        return ways.get(kind) or MAKERS.get(kind, lambda found, source: None)

    def _is_usable(self, entry: ChartEntry, found: shapes.OfPatient, lost: Sequence[str]) -> bool:
        """Whether the resource may be read at all; one of another patient may not, and one in doubt is marked so."""
        ownership = self.owner.of(found)
        if ownership is Ownership.FOREIGN:
            self.foreign[entry.key or "the Bundle"] = None
            return False
        if lost or found.modifierExtension or ownership is not Ownership.OWN:
            self.at.doubtful = self._is_doubtful(entry, found, ownership, lost)
        return True

    def _decode(self, entry: ChartEntry) -> tuple[Any, list[str]]:
        """The resource in its shape and the elements lost in mending it; (None, []) with its key marked when there is nothing to read."""
        if entry.kind not in _DECODERS:
            return self._unreadable(entry, "has no resourceType, so nothing of it can be used")
        try:
            return _DECODERS[entry.kind].decode(entry.raw), []
        except (msgspec.DecodeError, RecursionError):
            pass
        try:
            plain = msgspec.json.decode(entry.raw)
            found, lost = mend(plain, shapes.SHAPES[entry.kind])
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            return self._unreadable(entry, "is no valid JSON or nested without end, so nothing of it can be used")
        name = place_of(entry.kind, found.id, entry.key)
        for element in dict.fromkeys(lost):
            self._issue(name, f"element {element} is not as FHIR R4 has it and was not read; the rest was")
        if entry.kind == "Condition" and "code" in {element.split(".")[0] for element in lost}:
            self.unusable[entry.key or "the Bundle"] = None  # it may have been a red flag
        return found, [*lost, *(["modifierExtension"] if plain.get("modifierExtension") else [])]

    def _unreadable(self, entry: ChartEntry, says: str) -> tuple[None, list[str]]:
        """Nobody can tell what this entry was: the data of its key is not complete."""
        for key in self._keys_of(entry):
            self.keys[key] = KeyState.PARTIAL
        self._issue(f"a {entry.kind or 'resource'} under {entry.key or 'the Bundle'}", says)
        return None, []

    def _keys_of(self, entry: ChartEntry) -> list[str]:
        """The prefetch keys an entry belongs to; in a bare Bundle those that its type answers."""
        return [entry.key] if entry.key else [key for key, kinds in KEYS.items() if entry.kind in kinds or not entry.kind]

    def _name(self, entry: ChartEntry, found: Any) -> str:
        """The reference of a resource; one without a usable id gets a running number and is never pointed to."""
        if found.id is not None and FHIR_ID.fullmatch(str(found.id)):
            return f"{entry.kind}/{found.id}"
        self.nameless += 1
        name = f"{entry.kind} {self.nameless} under {entry.key or 'the Bundle'}"
        if found.id is not None:
            self._issue(name, "has an id that is no FHIR id; it is not used as one")
        return name

    def _prepare(self, source: Source) -> bool:
        """Tell the source what it is about; False for a resource that was read before, under another key."""
        source.reference = self.at.name = self.at.name or self._name(self.at.entry, self.at.found)
        source.key = self.at.entry.key
        if self.at.entry.url.startswith("urn:"):
            self.urns[self.at.entry.url] = source.reference
        source.born = self.patient.born if self.patient else None
        source.doubtful, source.undatable = self.at.doubtful, loses_its_date(self.at.lost)
        if " " in source.reference:
            return True
        found = self.at.found
        earlier = self.seen.setdefault(source.reference, found)
        if earlier is not found and earlier != found:
            self._issue(source.reference, "was sent twice with different content; both were read")
        return earlier is found or earlier != found

    def _is_doubtful(self, entry: ChartEntry, found: shapes.OfPatient, ownership: Ownership, lost: Sequence[str]) -> bool:
        """Whether the resource may not be the patient's, or may mean something else than it says."""
        reasons = []
        if ownership is not Ownership.OWN:
            said = "does not say whose it is" if ownership is Ownership.UNSAID else "is not about a patient"
            reasons.append(f"{said}, so it is not used")
        if found.modifierExtension or "modifierExtension" in lost:
            reasons.append("has a modifierExtension that we do not know; it may change the meaning of everything in it, so it is not used")
        if is_in_doubt(lost):
            reasons.append("has a status that cannot be read, so it is not used")
        if reasons:
            self.at.name = self._name(entry, found)
            for reason in reasons:
                self._issue(self.at.name, reason)
            self.unusable[entry.key or "the Bundle"] = None
        return bool(reasons)

    def _must_be_known(self, entry: ChartEntry, found: shapes.AllergyIntolerance | shapes.MedicationRequest, lost: Sequence[str]) -> None:
        """Without knowing what the patient must not get, or takes, an order would rest on a guess: the key counts as not read."""
        if not is_withdrawn(found) and (self.at.doubtful or names_nothing(found, lost, self.drugs)):
            for key in self._keys_of(entry):
                self.keys[key] = KeyState.PARTIAL
            where = place_of(entry.kind, found.id, entry.key)
            self._issue(where, "does not let anybody know which substance is meant, so what was sent is not complete")

    def _patient(self, found: shapes.Patient, _: Source) -> None:
        """The patient; one with another id or another URL makes the chart unusable."""
        entry, lost = self.at.entry, self.at.lost
        if not self.owner.is_patient(str(found.id) if found.id is not None else None, entry.url):
            self.foreign[entry.key or "patient"] = None
            return
        name = f"Patient/{self.chart.patient}"
        born = read_date(found.birthDate)
        if born is None:
            self._issue(name, "has no readable birthDate, so the age is unknown")
        dead = bool(found.deceasedBoolean or found.deceasedDateTime) or any(element.startswith("deceased") for element in lost)
        replaced = any(link is not None and link.type == "replaced-by" for link in found.link or ())
        before = self.patient or Patient(reference=name)
        self.patient = replace(before, born=before.born or born, deceased=before.deceased or dead, replaced=before.replaced or replaced)

    def _drug(self, found: shapes.Medication, _: Source) -> None:
        self.drugs.update({reference: found for reference in (f"Medication/{found.id}", self.at.entry.url) if reference})

    def _observation(self, found: shapes.Observation, source: Source) -> Fact | None:
        if found.valueString and found.status in _SEEN_RESULTS and not self.at.doubtful:
            known_as = (f"Observation/{found.id}", self.at.entry.url)
            self.results.update({reference: found.valueString for reference in known_as if reference})
        return observation(found, source)

    def _report(self, found: shapes.DiagnosticReport, source: Source) -> Fact | None:
        inside = contained(found, shapes.Observation) if found.contained else {}
        words = {local: one.valueString for local, one in inside.items() if one.valueString}
        return report(found, source, {**self.results, **words} if words else self.results)

    def _prescription(self, found: shapes.MedicationRequest, source: Source) -> Fact | None:
        self._must_be_known(self.at.entry, found, self.at.lost)
        inside = contained(found, shapes.Medication) if found.contained else {}
        return medication(found, source, {**self.drugs, **inside} if inside else self.drugs)

    def _allergy(self, found: shapes.AllergyIntolerance, source: Source) -> Fact | None:
        self._must_be_known(self.at.entry, found, self.at.lost)
        return allergy(found, source)

    def _visit(self, found: shapes.Encounter, source: Source) -> Fact | None:
        return encounter(found, source, current=self.at.entry.key == "encounter" or found.id == self.encounter)

    def _keep(self, fact: Fact) -> None:
        if not fact.status and not isinstance(fact, (Condition, Allergy)):
            self._issue(fact.reference, "has no status, so nobody can tell whether it counts; it does not")
        self.facts.setdefault(type(fact), []).append(fact)

    def _current(self) -> Encounter | None:
        """The visit the call is about; said when it is another than the one it names."""
        visit = current_visit(self.facts.get(Encounter, ()), self.encounter)
        if visit is not None and self.encounter and visit.reference != f"Encounter/{self.encounter}":
            self._issue(visit.reference, "is not the encounter of this call; where the patient is was still taken from it")
        return visit

    def _issue(self, where: str, says: str) -> None:
        self.issues.append(Issue(where, says))
