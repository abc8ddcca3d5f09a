"""The patient record: what a chart says, as small immutable values, each with the FHIR reference it came from.

`fhir/read.py` makes it, `reasoning` asks it. It holds only what rules can use; nothing here knows JSON, HTTP or a rule.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from service.dates import When
from service.local_codes import SiteCode


class Side(StrEnum):
    """The side of the body, as far as it is known."""

    RIGHT = "right"
    LEFT = "left"
    BILATERAL = "bilateral"
    UNKNOWN = "unknown"
    CONFLICT = "conflict"


class KeyState(StrEnum):
    """What became of one prefetch key."""

    SUPPLIED = "supplied"
    NULL = "null"
    MISSING = "missing"
    ERROR = "error"
    UNREADABLE = "unreadable"
    PARTIAL = "partial"

    @property
    def was_read(self) -> bool:
        """Whether all the data of the key was seen; null is an answer: there is none."""
        return self in (KeyState.SUPPLIED, KeyState.NULL)


@dataclass(frozen=True, slots=True)
class Coding:
    """A code as the chart gave it, with the system's canonical URI."""

    system: str
    code: str
    display: str = ""


@dataclass(frozen=True, slots=True)
class Quantity:
    """A measured number with its unit as written (UCUM code when there is one); `comparator` is "", "<", "<=", ">" or ">="."""

    value: float
    unit: str = ""
    comparator: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One resource of the chart, reduced to what can be reasoned about.

    names      the value sets that hold one of its codes;  said: the phrase lists that its words may speak
    text       the words of its code; `notes`: the other words a clinician wrote in it
    sites      the value sets that hold one of its body sites; `site_text`: those sites in words
    began, finished  the moments of it, where the chart gives a time of day
    doubtful   it may not be this patient's, or may mean something else: it can hold a card back, never bring one about
    undatable  a date was given that nobody can read
    site_codes codes of the site's own that its code map let us read;  by_site: the names that it has by them alone
    """

    reference: str
    key: str = ""
    names: frozenset[str] = frozenset()
    said: frozenset[str] = frozenset()
    codings: tuple[Coding, ...] = ()
    text: str = ""
    notes: tuple[str, ...] = ()
    when: When | None = None
    recorded: When | None = None
    status: str = ""
    side: Side = Side.UNKNOWN
    sites: frozenset[str] = frozenset()
    site_text: str = ""
    encounter: str = ""
    began: datetime | None = None
    finished: datetime | None = None
    doubtful: bool = False
    undatable: bool = False
    site_codes: tuple[SiteCode, ...] = ()
    by_site: frozenset[str] = frozenset()

    @property
    def event(self) -> str:
        """What makes this fact one clinical event: one event, or one code, supports one kind of evidence only."""
        return self.codings[0].code if self.codings else self.reference

    @property
    def dated(self) -> When | None:
        """The best date there is: when it happened, else when it was recorded."""
        return self.when or self.recorded

    @property
    def words(self) -> tuple[str, ...]:
        """Everything that was said in words, the code's text first."""
        return (self.text, *self.notes) if self.text else self.notes


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition(Fact):
    """A problem or diagnosis; `when` is its onset."""

    clinical: str = ""
    verification: str = ""
    categories: frozenset[str] = frozenset()
    ended: bool = False

    @property
    def is_active(self) -> bool:
        """Active, recurring or relapsed; without any clinical status, active unless it is known to have ended."""
        return self.clinical in ("active", "recurrence", "relapse") or (not self.clinical and not self.ended)

    @property
    def is_problem(self) -> bool:
        """On the problem list; an entry without any category is taken for one."""
        return "problem-list-item" in self.categories or not self.categories


@dataclass(frozen=True, slots=True, kw_only=True)
class Procedure(Fact):
    """Something done; `when` is the day or days it was performed."""

    @property
    def event(self) -> str:
        """Operations and injections of one day are one event."""
        return f"procedures of {self.when.first}" if self.when and self.when.first == self.when.last else self.reference


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """A part of an Observation: its code and its value; `said`: the value in words, `flag`: as yes or no."""

    codings: tuple[Coding, ...] = ()
    value_codings: tuple[Coding, ...] = ()
    quantity: Quantity | None = None
    said: str = ""
    flag: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation(Fact):
    """Something seen, asked or measured; words in its value are among its `notes`.

    denied   its answer says that what its code names is not there ("saddle numbness: no")
    part_of  references of what it belongs to
    """

    quantity: Quantity | None = None
    value_codings: tuple[Coding, ...] = ()
    value_names: frozenset[str] = frozenset()
    denied: bool = False
    components: tuple[Component, ...] = ()
    part_of: tuple[str, ...] = ()

    @property
    def event(self) -> str:
        """Two findings written down apart are apart."""
        return self.reference

    @property
    def words(self) -> tuple[str, ...]:
        """The question with its first answer as one sentence, then what else was written; nothing of a question that was denied."""
        if self.denied or not self.notes:
            return () if self.denied else (self.text,)
        return (f"{' '.join(filter(None, (self.text, self.site_text)))}: {self.notes[0]}", *self.notes[1:])


@dataclass(frozen=True, slots=True, kw_only=True)
class Report(Fact):
    """The report on a study.

    notes         its text;  conclusions: the value sets that hold its conclusion codes
    partly_read   some of its text could not be read: what it does not say cannot be known
    """

    conclusions: frozenset[str] = frozenset()
    partly_read: bool = False

    @property
    def event(self) -> str:
        """Every report is its own study."""
        return self.reference


@dataclass(frozen=True, slots=True, kw_only=True)
class Medication(Fact):
    """A prescription (MedicationRequest); `when` is the day it was written."""

    intent: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Allergy(Fact):
    """An allergy or intolerance; the substances of its reactions are among its codings, `severities` are theirs ("" where unsaid)."""

    clinical: str = ""
    verification: str = ""
    criticality: str = ""
    severities: frozenset[str] = frozenset()

    @property
    def is_mild(self) -> bool:
        """Whether all its reactions are known to have been less than severe, and the next one is not feared to be."""
        return bool(self.severities) and self.severities <= {"mild", "moderate"} and self.criticality != "high"


@dataclass(frozen=True, slots=True, kw_only=True)
class Encounter(Fact):
    """A visit; its codings and words are the reasons for it, `setting` its class code ("AMB", "IMP", "EMER")."""

    setting: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order(Fact):
    """A service that was ordered, or is being ordered (ServiceRequest); `when` is the day it was ordered.

    reasons   of a draft: what it says about the patient of today, as problems
    """

    intent: str = ""
    priority: str = ""
    reasons: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Imaging(Fact):
    """An imaging study was made (ImagingStudy); it says nothing of what was seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """Who the chart is about, no more than the rules need."""

    reference: str
    born: When | None = None
    deceased: bool = False
    replaced: bool = False


@dataclass(frozen=True, slots=True)
class Issue:
    """Something in the data that could not be used: where, and what is wrong with it. Never a value from the chart."""

    where: str
    says: str


AnyFact = TypeVar("AnyFact", bound=Fact)


@dataclass(frozen=True, slots=True)
class PatientRecord:
    """All that is known of one patient.

    facts     by kind, in chart order
    named     the same facts by the value set that holds their code;  spoken: by the phrase list that their words may speak
    keys      what became of each prefetch key
    encounter the visit the call is about
    unusable  prefetch keys with an entry that could not be used
    drafts    orders that are being written as the call is made: no part of the chart yet
    entries   how many resources there were;  unknown_codes: those whose codes are all of systems that no value set uses
    """

    patient: Patient | None = None
    facts: Mapping[type[Fact], tuple[Fact, ...]] = field(default_factory=dict)
    named: Mapping[str, tuple[Fact, ...]] = field(default_factory=dict)
    spoken: Mapping[str, tuple[Fact, ...]] = field(default_factory=dict)
    keys: Mapping[str, KeyState] = field(default_factory=dict)
    encounter: Encounter | None = None
    unusable: tuple[str, ...] = ()
    drafts: tuple[Order, ...] = ()
    entries: int = 0
    unknown_codes: int = 0

    def of(self, kind: type[AnyFact]) -> tuple[AnyFact, ...]:
        """Every fact of one kind, in chart order."""
        return self.facts.get(kind, ())  # type: ignore[return-value]

    def coded(self, value_sets: tuple[str, ...]) -> Iterator[Fact]:
        """Every fact whose code is in one of the value sets, each once."""
        yield from {id(fact): fact for name in value_sets for fact in self.named.get(name, ())}.values()

    def was_read(self, key: str) -> bool:
        """Whether the data of a prefetch key was seen completely."""
        return self.keys.get(key, KeyState.MISSING).was_read
