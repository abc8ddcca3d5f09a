"""Which entries of a chart count: valid by status, in time, in the right region, with pain after them when that is asked."""

from collections.abc import Iterable, Mapping
from datetime import date

from service.dates import When
from service.knowledge.criteria import CodedAnswer, EventTerms
from service.knowledge.model import Context, PhraseList
from service.reasoning.findings import Findings, Proof
from service.reasoning.mention import Sense
from service.record import Allergy, Condition, Encounter, Fact, Imaging, Medication, Observation, Order, Procedure, Report

KINDS: Mapping[str, type[Fact]] = {
    "AllergyIntolerance": Allergy,
    "Condition": Condition,
    "DiagnosticReport": Report,
    "Encounter": Encounter,
    "ImagingStudy": Imaging,
    "MedicationRequest": Medication,
    "Observation": Observation,
    "Procedure": Procedure,
    "ServiceRequest": Order,
}

# Positive lists: a status that is not named here never counts (entered-in-error, not-done, cancelled, preliminary, unknown, ...).
_STATUSES: Mapping[type[Fact], frozenset[str]] = {
    Procedure: frozenset({"completed"}),
    Observation: frozenset({"final", "amended", "corrected"}),
    Report: frozenset({"final", "amended", "corrected", "appended"}),
    Imaging: frozenset({"available"}),
    Order: frozenset({"active", "on-hold", "completed"}),
    Encounter: frozenset({"arrived", "triaged", "in-progress", "onleave", "finished"}),
}
_TAKING = frozenset({"active"})
_ORDERED = frozenset({"order", "original-order", "reflex-order", "filler-order", "instance-order"})
_TAKEN = frozenset({"active", "completed", "stopped", "on-hold"})
_ESTABLISHED = frozenset({"", "confirmed", "unconfirmed", "provisional"})
_SUSPECTED = _ESTABLISHED | {"differential"}
# What surely did not happen or is no longer so, for findings that hold back: every other status may be so.
_SURELY_NOT = frozenset(
    [
        "entered-in-error",
        "refuted",
        "resolved",
        "inactive",
        "remission",
        "differential",
        "not-done",
        "preparation",
        "planned",
        "cancelled",
        "revoked",
        "draft",
        "stopped",
    ]
)


def is_valid(fact: Fact, *, ever: bool, suspected: bool) -> bool:
    """Whether the entry's own statuses let it count; `ever` lets past problems and stopped drugs count, `suspected` unproven ones."""
    if fact.doubtful:
        return False
    if isinstance(fact, Condition):
        return fact.verification in (_SUSPECTED if suspected else _ESTABLISHED) and (ever or fact.is_active)
    if isinstance(fact, Allergy):
        return fact.clinical in ("", "active") and fact.verification in _ESTABLISHED
    if isinstance(fact, Medication):
        return fact.status in (_TAKEN if ever else _TAKING) and fact.intent in _ORDERED
    return fact.status in _STATUSES[type(fact)]


def may_hold(fact: Fact, *, suspected: bool) -> bool:
    """Whether an entry that is in doubt may be so: none of its statuses says that it surely is not."""
    if isinstance(fact, Medication):
        return fact.status not in (*_SURELY_NOT, "completed")
    statuses = {fact.status}
    if isinstance(fact, (Condition, Allergy)):
        statuses = {fact.verification, fact.clinical} - ({"differential"} if suspected else set())
        if isinstance(fact, Condition) and fact.ended and not fact.clinical:
            return False
    return statuses.isdisjoint(_SURELY_NOT)


def counts(fact: Fact, terms: EventTerms, findings: Findings, *, holds_back: bool) -> bool:
    """Whether the entry meets every term of the criterion; what cannot be told counts only for findings that hold back."""
    if not isinstance(fact, tuple(KINDS[name] for name in terms.resource)):
        return False
    if not is_valid(fact, ever=terms.ever, suspected=terms.suspected) and not (holds_back and may_hold(fact, suspected=terms.suspected)):
        return False
    if terms.severe_or_unknown and isinstance(fact, Allergy) and fact.is_mild:
        return False
    if isinstance(fact, Observation) and fact.denied:
        return False
    if terms.this_visit and fact is not findings.record.encounter:
        return False
    if not ((holds_back and fact.undatable and fact.dated is None) or _is_timely(fact, terms, findings, holds_back=holds_back)):
        return False
    if terms.after is not None and not _is_later(fact.dated, findings[terms.after].proof):
        return False
    if terms.context is not None and not in_context(fact, findings.knowledge.contexts[terms.context], findings):
        return False
    return terms.pain_after_days is None or pain_after(fact.dated, terms.pain_after_days, findings)


def _is_timely(fact: Fact, terms: EventTerms, findings: Findings, *, holds_back: bool) -> bool:
    """Whether the entry lies in the window: by its date, or, for findings that hold back, also by the day it was recorded or its visit."""
    if not holds_back:
        # A date that nobody can read is not the same as none: it may be of yesterday.
        return not (fact.undatable and fact.dated is None) and _in_time(fact.dated, terms, findings, holds_back=False)
    dates = [one for one in (fact.when, fact.recorded) if one is not None]
    if terms.by_onset and fact.when is not None:
        dates = [fact.when]
    visit = findings.record.encounter
    if not dates and visit is not None and fact.encounter == visit.reference:
        return True
    return any(_in_time(one, terms, findings, holds_back=True) for one in dates) if dates else terms.undated


def _is_later(when: When | None, proof: Iterable[Proof]) -> bool:
    return when is not None and all(one.when is None or when.is_after(one.when) is True for one in proof)


def _in_time(when: When | None, terms: EventTerms, findings: Findings, *, holds_back: bool) -> bool:
    """Whether the date lies in the window; a date that may or may not (a month, a year) does for findings that hold back."""
    today = findings.today
    enough = (True, None) if holds_back else (True,)
    if when is None:
        return terms.undated
    if not is_in_window(when, terms, today, enough):
        return False
    return when.ages(today)[1] >= -1  # an entry dated in the future has not happened


def is_in_window(when: When, terms: EventTerms | CodedAnswer, today: date, enough: tuple[bool | None, ...] = (True,)) -> bool:
    """Whether a date keeps every bound that is set; `enough` says which answers of a partial date suffice."""
    answers = (
        None if terms.within_days is None else (when.is_within(terms.within_days, before=today),),
        None if terms.less_than_days is None else (_opposite(when.is_at_least(terms.less_than_days, before=today)),),
        None if terms.older_than_days is None else (when.is_at_least(terms.older_than_days, before=today),),
        None if terms.more_than_days is None else (when.is_at_least(terms.more_than_days + 1, before=today),),
    )
    return all(answer is None or answer[0] in enough for answer in answers)


def _opposite(answer: bool | None) -> bool | None:
    return None if answer is None else not answer


def pain_after(when: When | None, days: int, findings: Findings) -> bool:
    """Whether pain is on record `days` days or more after an event; an event without a date is taken to lie before the pain of today."""
    pain = findings[findings.knowledge.pathway.pain]
    if not pain.is_present:
        return False
    return when is None or any(one.when is not None and one.when.is_after(when, days=days - 1) for one in pain.proof)


def in_context(fact: Fact, context: Context, findings: Findings) -> bool:
    """Whether what is beside the entry's code says what the code does not."""
    phrases = findings.knowledge.phrases
    words = " ; ".join((*fact.words, fact.site_text))
    against = context.never_with is not None and said(words, phrases[context.never_with], findings)
    if against and (context.unless_named is None or not said(words, phrases[context.unless_named], findings)):
        return False
    if any(_same_day(fact, name, findings) for name in context.never_same_day):
        return False
    if context.also_named is not None and not said(words, phrases[context.also_named], findings):
        return False
    if not (context.sites or context.same_day or context.named):
        return True
    if not fact.sites.isdisjoint(context.sites) or any(_same_day(fact, name, findings) for name in context.same_day):
        return True
    return context.named is not None and said(words, phrases[context.named], findings)


def said(text: str, phrases: PhraseList, findings: Findings) -> bool:
    """Whether a text says one of the phrases and means it, of now or of the past."""
    return any(mention.sense in (Sense.AFFIRMED, Sense.PAST) for mention in findings.hearing.mentions(text, phrases))


def _same_day(fact: Fact, value_set: str, findings: Findings) -> bool:
    """Whether a valid procedure of a value set was done on the day of the entry, give or take one; the entry itself counts."""
    return fact.when is not None and any(
        other.when is not None and is_valid(other, ever=True, suspected=False) and other.when.is_same_day(fact.when, give=1)
        for other in findings.record.named.get(value_set, ())
    )
