"""The closed set of ways to recognise a finding: the shapes of `[[recognised]]` in findings/*.toml.

Each names itself in `by`; `reasoning/criteria.py` holds the function of the same name that applies it. Days are whole days before today.
"""

from typing import Annotated, Literal

from pydantic import Field

from service.knowledge.shape import Shape
from service.knowledge.thresholds import Days, Number

Resource = Literal[
    "AllergyIntolerance",
    "Condition",
    "DiagnosticReport",
    "Encounter",
    "ImagingStudy",
    "MedicationRequest",
    "Observation",
    "Procedure",
    "ServiceRequest",
]


class EventTerms(Shape):
    """Which entries of the chart count as the event.

    resource        the kinds of entry looked at
    within_days     so long ago or less;  less_than_days: less long ago;  a date that may lie on either side is unknown
    older_than_days so long ago or longer;  more_than_days: longer ago
    undated         whether an entry without any date counts (surgery is remembered without its date; a red flag symptom is not)
    ever            also problems that are resolved or inactive (a past event), not only active ones
    suspected       also provisional and differential diagnoses (red flags)
    pain_after_days pain must be on record so many days or more after the event
    after           later than the newest entry that proves this finding
    context         what must be on record beside a code that does not say it by itself
    by_onset        its onset decides where one is given, not the day on which it was recorded
    this_visit      of encounters, only the one that the call is about
    severe_or_unknown  of allergies, only those that are severe or whose severity is not said
    """

    resource: tuple[Resource, ...]
    within_days: Days | None = None
    less_than_days: Days | None = None
    older_than_days: Days | None = None
    more_than_days: Days | None = None
    undated: bool = True
    ever: bool = False
    suspected: bool = False
    pain_after_days: Days | None = None
    after: str | None = None
    context: str | None = None
    by_onset: bool = False
    this_visit: bool = False
    severe_or_unknown: bool = False


class CodedEvent(EventTerms):
    """An entry whose code is in a value set."""

    by: Literal["coded-event"]
    value_set: tuple[str, ...] = Field(min_length=1)


class WordedEvent(EventTerms):
    """An entry whose words say it: a phrase affirmed, not denied, not doubted, not of somebody else.

    beside    phrases of which one must stand in the same entry (a place beside a kind of pain)
    near      how near: in the same clause, in the same or the next one, or anywhere in the entry
    doubted   a doubtful phrase also counts (a red flag that is suspected)
    uncoded   only entries that no value set of the knowledge has recognised by code
    values    also the words of results, not only the name of the entry
    """

    by: Literal["worded-event"]
    phrases: str
    beside: str | None = None
    near: Literal["clause", "next", "entry"] = "entry"
    doubted: bool = False
    uncoded: bool = False


class SitedEvent(EventTerms):
    """An entry whose code is in one value set and whose body site is in another."""

    by: Literal["sited-event"]
    value_set: tuple[str, ...] = Field(min_length=1)
    site: tuple[str, ...] = Field(min_length=1)


class MeasuredValue(Shape):
    """A measured number on one side of a bound, in one of the units named; another unit is unknown, never assumed.

    reads    the prefetch key whose query asks for these codes
    at_least, above, below   the bound;  any_value: whatever it is, so that a card can quote it
    days     how many of the newest days with a measurement must all agree; 0: one measurement in the window is enough
    units    accepted unit -> factor to the unit of the bound, or factor and what is added ("" is a number without unit)
    """

    by: Literal["measured-value"]
    reads: Literal["surveys", "labs"]
    value_set: tuple[str, ...] = Field(min_length=1)
    at_least: Number | None = None
    above: Number | None = None
    below: Number | None = None
    any_value: bool = False
    units: dict[str, float | tuple[float, float]]
    within_days: Days
    days: Annotated[int, Field(ge=0)] = 1


class ClearStudy(Shape):
    """The latest valid study of a kind says that nothing explains the pain, and says nothing to the contrary.

    clear     what has to be said;  contrary: what must not, anywhere in the report but its history;  unclear: what leaves it open
    """

    by: Literal["clear-study"]
    study: str
    clear: tuple[str, ...] = Field(min_length=1)
    contrary: tuple[str, ...] = Field(min_length=1)
    unclear: tuple[str, ...] = ()
    normal_codes: tuple[str, ...] = ()
    abnormal_codes: tuple[str, ...] = ()


class StudyPhrase(Shape):
    """The report of a study says a phrase: in what was seen (`part = "seen"`; "any": also under a title), in its history, or in
    both.

    latest   only the latest valid study is read; otherwise every study of the kind
    doubted  a doubtful phrase also counts (a red flag that is suspected), and so does a report in doubt that no later one answers
    whatever_was_done  also a report from before the last operation
    """

    by: Literal["study-phrase"]
    doubted: bool = False
    whatever_was_done: bool = False
    study: str
    phrases: str
    part: Literal["seen", "any", "history", "both"] = "seen"
    latest: bool = True
    pain_after_days: Days | None = None


class StudyMade(Shape):
    """A valid study of a kind is on file."""

    by: Literal["study-made"]
    study: str


class CurrentPain(Shape):
    """Pain on record now: an active problem with one dated sign of pain in the window, or any entry dated in it.

    pain    findings that are entries of the pain itself;  sign: findings that are dated signs of it
    """

    by: Literal["current-pain"]
    pain: tuple[str, ...] = Field(min_length=1)
    sign: tuple[str, ...] = ()
    within_days: Days


class LastingPain(Shape):
    """Pain for at least so many days: by its onset, by a code or word that says chronic, by two entries so far apart, or by an
    active problem recorded so long ago. ABSENT when an onset is on record, all of it later than that."""

    by: Literal["lasting-pain"]
    pain: tuple[str, ...] = Field(min_length=1)
    chronic: tuple[str, ...] = ()
    days: Days


class CodedAnswer(Shape):
    """An Observation whose code is in one value set and whose value is in another; two answers of one day and side that differ are unknown.

    reads   the prefetch key whose query asks for these codes
    latest  only the answers of the newest day count
    contradicted  it counts although another answer of that day says otherwise
    """

    by: Literal["coded-answer"]
    latest: bool = False
    contradicted: bool = False
    reads: Literal["exams", "surveys", "labs"]
    value_set: tuple[str, ...] = Field(min_length=1)
    value: tuple[str, ...] = Field(min_length=1)
    within_days: Days | None = None
    less_than_days: Days | None = None
    older_than_days: Days | None = None
    more_than_days: Days | None = None


class Age(Shape):
    """The patient's age in whole years."""

    by: Literal["age"]
    at_least: Number


class Setting(Shape):
    """The class of the encounter this call is about."""

    by: Literal["encounter-setting"]
    settings: tuple[str, ...] = Field(min_length=1)


class Combination(Shape):
    """Other findings taken together: all of `all_of`, one of `any_of`, none of `none_of` (surely absent), none of `unless` present."""

    by: Literal["combination"]
    all_of: tuple[str, ...] = ()
    any_of: tuple[str, ...] = ()
    none_of: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()


Criterion = Annotated[
    CodedEvent
    | WordedEvent
    | SitedEvent
    | MeasuredValue
    | ClearStudy
    | StudyPhrase
    | StudyMade
    | CurrentPain
    | LastingPain
    | CodedAnswer
    | Age
    | Setting
    | Combination,
    Field(discriminator="by"),
]
