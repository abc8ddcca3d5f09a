"""Findings: what is present, absent or unknown in one patient, each with the facts that prove it.

They are found when a rule asks, once each; a finding of which the record holds no sign is unknown without a look.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from service.dates import When
from service.knowledge.model import FindingDefinition, Knowledge
from service.local_codes import SiteCode
from service.reasoning.language import Ear, Hearing
from service.reasoning.truth import State, any_present
from service.record import Condition, Fact, PatientRecord, Side
from service.record_index import with_problems


@dataclass(frozen=True, slots=True)
class Proof:
    """A fact that proves a finding.

    reference  the FHIR reference;  words: what it proves, as a card names it;  text: the name of the entry, as the chart has it
    quote      the chart's own words, when they are the proof
    event      the clinical event or code it stands for: one event supports one kind of evidence only
    outside    it comes without confirmation, from outside this clinic's own record
    site_codes codes of the site's own by which the entry is known
    """

    reference: str
    words: str
    when: When | None
    side: Side
    event: str
    quote: str = ""
    text: str = ""
    outside: bool = False
    site_codes: tuple[SiteCode, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """A finding and its proof, newest first."""

    id: str
    state: State
    proof: tuple[Proof, ...] = ()

    @property
    def is_present(self) -> bool:
        """Whether it is certain."""
        return self.state is State.PRESENT


Answer = tuple[State, tuple[Proof, ...]]
Criteria = Mapping[str, Callable[[Any, FindingDefinition, "Findings"], Answer]]


class Findings:
    """All findings of one patient, by their ids; `unmapped`: those of the chart read without the site's code map, where it was of use."""

    def __init__(
        self,
        record: PatientRecord,
        knowledge: Knowledge,
        today: date,
        ear: Ear,
        criteria: "Criteria",
        unmapped: "Findings | None" = None,
    ):
        self.record, self.knowledge, self.today, self.criteria, self.unmapped = record, knowledge, today, criteria, unmapped
        self.hearing = Hearing(ear, today.year)
        signs = (knowledge.stirs.get(sign, ()) for sign in ("", *record.named, *record.spoken))
        self.stirred: frozenset[str] = frozenset().union(*signs)
        self._found = dict(_blanks(knowledge))
        for finding_id in self.stirred:
            del self._found[finding_id]

    def beside(self, facts: Iterable[Condition]) -> "Findings":
        """The findings of the same patient with problems that stand elsewhere than in the chart."""
        problems = tuple(facts)
        unmapped = self.unmapped.beside(problems) if self.unmapped else None
        return Findings(with_problems(self.record, problems), self.knowledge, self.today, self.hearing.ear, self.criteria, unmapped)

    def __getitem__(self, finding_id: str) -> Finding:
        """The finding; UNKNOWN when nothing in the record bears on it."""
        found = self._found.get(finding_id)
        if found is None:
            found = self._found[finding_id] = self._find(self.knowledge.findings[finding_id], finding_id)
        return found

    def __iter__(self) -> Iterator[Finding]:
        """Every finding of the knowledge, by id; all of them are looked for."""
        return (self[finding_id] for finding_id in sorted(self.knowledge.findings))

    @property
    def asked(self) -> Mapping[str, State]:
        """The findings that something asked for so far and on which the record bears, with their states."""
        return {finding_id: self._found[finding_id].state for finding_id in sorted(self.stirred) if finding_id in self._found}

    @property
    def present_unmapped_alone(self) -> tuple[str, ...]:
        """The findings that are present only where the chart is read without the site's code map: what they hold back stays back."""
        unmapped = self.unmapped or ()
        return tuple(found.id for found in unmapped if found.is_present and not self[found.id].is_present)

    def present(self, ids: Iterable[str]) -> tuple[Finding, ...]:
        """Those of the named findings that are present."""
        return tuple([found for finding_id in ids if finding_id in self.stirred and (found := self[finding_id]).is_present])

    def proof_of(self, ids: Iterable[str]) -> tuple[Proof, ...]:
        """All the proof of those of the named findings that are present."""
        return tuple([one for found in self.present(ids) for one in found.proof])

    def any_of(self, ids: Iterable[str]) -> bool:
        """Whether one of the named findings is present."""
        return any(finding_id in self.stirred and self[finding_id].is_present for finding_id in ids)

    def _find(self, definition: FindingDefinition, finding_id: str) -> Finding:
        answers = [self.criteria[criterion.by](criterion, definition, self) for criterion in definition.recognised]
        state = any_present(state for state, _ in answers)
        proof = {(one.reference, one.quote, one.side, one.when): one for held, proofs in answers if held is state for one in proofs}
        return Finding(finding_id, state, newest_first(proof.values()))


@lru_cache(maxsize=4)
def _blanks(knowledge: Knowledge) -> Mapping[str, Finding]:
    return {finding_id: Finding(finding_id, State.UNKNOWN) for finding_id in knowledge.findings}


def newest_first(proof: Iterable[Proof]) -> tuple[Proof, ...]:
    """Proof in the order a clinician asks for it: the newest first, the undated last, then by reference."""
    return tuple(sorted(proof, key=lambda one: (-one.when.last.toordinal() if one.when else 1, one.reference, one.quote)))


def proof_of(fact: Fact, words: str, quote: str = "", side: Side | None = None) -> Proof:
    """The proof that a fact gives."""
    outside = isinstance(fact, Condition) and fact.verification in ("", "unconfirmed")
    where = fact.side if side is None else side
    return Proof(fact.reference, words, fact.dated, where, fact.event, quote, fact.text, outside, fact.site_codes)
