"""The ways to recognise a finding, as functions: one for each shape of `knowledge/criteria.py`, under the name it gives in `by`.

Each answers (state, proof). A record that does not mention a thing does not rule it out: most of them never answer ABSENT.
"""

from collections.abc import Iterable, Mapping

from service.dates import When, whole_years
from service.knowledge.criteria import (
    Age,
    CodedAnswer,
    CodedEvent,
    Combination,
    CurrentPain,
    LastingPain,
    MeasuredValue,
    Setting,
    SitedEvent,
    WordedEvent,
)
from service.knowledge.model import FindingDefinition, PhraseList
from service.reasoning.events import counts, is_in_window, is_valid, may_hold
from service.reasoning.findings import Answer, Criteria, Finding, Findings, Proof, proof_of
from service.reasoning.mention import Mention, Sense
from service.reasoning.studies import clear_study, study_made, study_phrase
from service.reasoning.truth import State, all_present, any_present, opposite
from service.record import Condition, Fact, Observation, Side

NOTHING: Answer = (State.UNKNOWN, ())


def _found(proof: Iterable[Proof]) -> Answer:
    """PRESENT with proof, UNKNOWN without."""
    proofs = tuple(proof)
    return (State.PRESENT, proofs) if proofs else NOTHING


def coded_event(criterion: CodedEvent, definition: FindingDefinition, findings: Findings) -> Answer:
    """PRESENT when an entry that counts carries a code of a value set; never ABSENT."""
    events = findings.record.coded(criterion.value_set)
    return _found(
        proof_of(fact, definition.words) for fact in events if counts(fact, criterion, findings, holds_back=definition.holds_back)
    )


def sited_event(criterion: SitedEvent, definition: FindingDefinition, findings: Findings) -> Answer:
    """PRESENT when an entry that counts carries such a code at such a body site; never ABSENT."""
    events = (fact for fact in findings.record.coded(criterion.value_set) if not fact.sites.isdisjoint(criterion.site))
    return _found(
        proof_of(fact, definition.words) for fact in events if counts(fact, criterion, findings, holds_back=definition.holds_back)
    )


def worded_event(criterion: WordedEvent, definition: FindingDefinition, findings: Findings) -> Answer:
    """PRESENT when an entry that counts says a phrase and means it; ABSENT is never concluded from words about something else."""
    phrases = findings.knowledge.phrases[criterion.phrases]
    proof = []
    for fact in findings.record.spoken.get(criterion.phrases, ()):
        if (criterion.uncoded and fact.names - fact.by_site) or not counts(fact, criterion, findings, holds_back=definition.holds_back):
            continue
        words = " . ".join(fact.words)
        heard = meant(words, phrases, findings, wary=definition.holds_back, doubted=criterion.doubted)
        meetings = [(one, other) for one in heard for other in _beside(one, words, criterion, findings)]
        sides = [findings.hearing.side_of(one, other) for one, other in meetings]
        told = [(one, side) for (one, _), side in zip(meetings, sides, strict=True) if side is not Side.CONFLICT]
        if told:
            side = _side(fact, {side for _, side in told})
            proof.append(proof_of(fact, definition.words, quote=told[0][0].clause, side=side))
    return _found(proof)


def meant(text: str, phrases: PhraseList, findings: Findings, *, wary: bool = False, doubted: bool = False) -> tuple[Mention, ...]:
    """The mentions that make the phrase list true of the text: affirmed, or denied where a denial is what is looked for.

    A clause that both affirms and denies a phrase says neither, but to the `wary` it says what it affirms: "breast cancer, no metastases".
    To them a suspicion is enough: "?discitis".
    doubted   doubtful mentions count as well
    """
    wanted, against = (Sense.DENIED, Sense.AFFIRMED) if phrases.denied else (Sense.AFFIRMED, Sense.DENIED)
    mentions = findings.hearing.mentions(text, phrases)
    muddled = set() if wary else {mention.place for mention in mentions if mention.sense is against}
    senses = {wanted, *((Sense.DOUBTED, Sense.SUSPECTED) if doubted else (Sense.SUSPECTED,) if wary and not phrases.denied else ())}
    return tuple(mention for mention in mentions if mention.sense in senses and mention.place not in muddled)


def _beside(mention: Mention, words: str, criterion: WordedEvent, findings: Findings) -> Iterable[Mention]:
    """The mentions of the second phrase that the criterion asks for, near enough; the mention itself where it asks for none."""
    if criterion.beside is None:
        return (mention,)
    reach = {"clause": 0, "next": 1, "entry": len(words)}[criterion.near]
    others = meant(words, findings.knowledge.phrases[criterion.beside], findings)
    return [other for other in others if 0 <= other.place - mention.place <= reach or criterion.near == "entry"]


def _side(fact: Fact, named: set[Side]) -> Side:
    """The side that the clauses themselves name, else that of the whole entry."""
    named = named - {Side.UNKNOWN}
    if not named or fact.side is Side.CONFLICT:
        return fact.side
    return named.pop() if len(named) == 1 else Side.BILATERAL


def measured_value(criterion: MeasuredValue, definition: FindingDefinition, findings: Findings) -> Answer:
    """PRESENT or ABSENT by the newest measurements in the window (or by any); UNKNOWN without one in a unit that is accepted, or when the
    newest lie on fewer days than are asked for."""
    window = [
        fact
        for fact in findings.record.coded(criterion.value_set)
        if isinstance(fact, Observation)
        and fact.quantity is not None
        and is_valid(fact, ever=False, suspected=False)
        and fact.when is not None
        and fact.when.is_within(criterion.within_days, before=findings.today)
    ]
    days = sorted({fact.when.last for fact in window if fact.when}, reverse=True)[: criterion.days or None]
    if len(days) < criterion.days:
        return NOTHING
    ranked = sorted(window, key=lambda fact: (fact.when.last if fact.when else findings.today, fact.reference), reverse=True)
    judged = [(fact, _meets(fact, criterion)) for fact in ranked if fact.when and fact.when.last in days]
    proof = tuple(proof_of(fact, definition.words, quote=_figure(fact)) for fact, met in judged if met)
    # Any one of many is enough, and any doubt for what holds back; else every measurement of the newest days must say so.
    if proof and (not criterion.days or definition.holds_back or len(proof) == len(judged)):
        return State.PRESENT, proof
    absent = bool(judged) and all(met is False for _, met in judged)
    return (State.ABSENT, tuple(proof_of(fact, definition.words) for fact, _ in judged)) if absent else NOTHING


def _meets(fact: Observation, criterion: MeasuredValue) -> bool | None:
    """Whether a value lies on the side asked for; None when its unit or its comparator leaves it open."""
    quantity = fact.quantity
    if quantity is None or quantity.unit not in criterion.units:
        return None
    conversion = criterion.units[quantity.unit]
    factor, added = conversion if isinstance(conversion, tuple) else (conversion, 0.0)
    value = quantity.value * factor + added
    if criterion.any_value:
        return True
    if quantity.comparator and not _comparator_decides(quantity.comparator, value, criterion):
        return None
    return (
        (criterion.at_least is None or value >= criterion.at_least)
        and (criterion.above is None or value > criterion.above or (value == criterion.above and quantity.comparator == ">"))
        and (criterion.below is None or value < criterion.below or (value == criterion.below and quantity.comparator == "<"))
    )


def _comparator_decides(comparator: str, value: float, criterion: MeasuredValue) -> bool:
    """Whether "less than x" or "more than x" settles the question."""
    low = criterion.at_least if criterion.at_least is not None else criterion.above
    if comparator in ("<", "<="):
        return (criterion.below is not None and value <= criterion.below) or (low is not None and value <= low)
    return (low is not None and value >= low) or (criterion.below is not None and value >= criterion.below)


def _figure(fact: Observation) -> str:
    quantity = fact.quantity
    if quantity is None:
        return ""
    # "1" and "{INR}" are how UCUM writes a bare number.
    unit = "" if quantity.unit == "1" or quantity.unit.startswith("{") else quantity.unit
    return f"{quantity.comparator}{quantity.value:g} {unit}".strip()


def current_pain(criterion: CurrentPain, definition: FindingDefinition, findings: Findings) -> Answer:
    """PRESENT when an entry of the pain is dated in the window, or an active problem has a dated sign in it; proof: entries, then signs."""
    problems = {fact.reference: fact for fact in findings.record.of(Condition)}
    entries = [one for found in findings.present(criterion.pain) for one in found.proof]

    def is_recent(one: Proof) -> bool:
        """By its date, or by the day it was recorded, which may be later than its onset."""
        recorded = problems[one.reference].recorded if one.reference in problems else None
        return any(
            date is not None and date.is_within(criterion.within_days, before=findings.today) is True for date in (one.when, recorded)
        )

    in_window = {one.reference for one in entries if is_recent(one)}
    signs = [one for found in findings.present(criterion.sign) for one in found.proof if is_recent(one)]
    listed = {fact.reference for fact in problems.values() if fact.is_problem and fact.is_active} if signs or in_window else set()
    kept = [one for one in entries if one.reference in in_window | listed]
    return _found([*kept, *(signs if kept else ())])


def lasting_pain(criterion: LastingPain, definition: FindingDefinition, findings: Findings) -> Answer:
    """PRESENT by onset, a word or code that says chronic, two entries far apart, or an active problem recorded long ago;
    ABSENT when every entry has an onset and all of them are later than that."""
    today, days = findings.today, criterion.days
    chronic = findings.present(criterion.chronic)
    entries = [one for found in findings.present(criterion.pain) for one in found.proof]
    facts = {fact.reference: fact for fact in findings.record.of(Condition)}
    dates = [(one, date) for one in entries for date in _dates(one, facts)]
    old = [one for one in entries if any(date.is_at_least(days, before=today) for date in _since(one, facts))]
    earliest = min((date for _, date in dates), key=lambda date: date.last, default=None)
    apart = [one for one, date in dates if earliest is not None and date.is_after(earliest, days=days - 1)]
    if chronic or old or apart:
        return State.PRESENT, (*(one for found in chronic for one in found.proof), *old, *apart)
    onsets = [fact.when for one in entries if (fact := facts.get(one.reference)) is not None]
    known = bool(onsets) and all(onset is not None and onset.is_at_least(days, before=today) is False for onset in onsets)
    return (State.ABSENT, tuple(entries)) if known else NOTHING


def _dates(one: Proof, facts: Mapping[str, Condition]) -> Iterable[When]:
    """Every date on which the pain is documented: its onset and its recording, or the date of a visit."""
    fact = facts.get(one.reference)
    dates = (one.when,) if fact is None else (fact.when, fact.recorded)
    return tuple(date for date in dates if date is not None)


def _since(one: Proof, facts: Mapping[str, Condition]) -> Iterable[When]:
    """Dates since which the pain lasts: an onset, and the recording of an active problem; a visit long ago was a visit."""
    fact = facts.get(one.reference)
    if fact is None:
        return ()
    dates = (fact.when, fact.recorded if fact.is_problem and fact.is_active else None)
    return tuple(date for date in dates if date is not None)


def coded_answer(criterion: CodedAnswer, definition: FindingDefinition, findings: Findings) -> Answer:
    """PRESENT when an Observation of such a code has such a value; contradicting answers of one day and side prove nothing."""
    points = [
        fact
        for fact in findings.record.coded(criterion.value_set)
        if isinstance(fact, Observation)
        and (is_valid(fact, ever=False, suspected=False) or (definition.holds_back and may_hold(fact, suspected=False)))
    ]
    # An answer whose date nobody can read may be of today.
    today = [fact for fact in points if fact.when is None and fact.undatable and definition.holds_back]
    if criterion.latest:
        newest = max((fact.when.last for fact in points if fact.when), default=None)
        points = [fact for fact in points if (fact.when and fact.when.last == newest) or fact in today]
    answers: dict[tuple[object, Side], set[bool]] = {}
    for fact in points:
        # An answer in doubt contradicts none, nor does one that nobody can read.
        if fact.value_names and is_valid(fact, ever=False, suspected=False):
            answers.setdefault((fact.when, fact.side), set()).add(not fact.value_names.isdisjoint(criterion.value))
    enough = (True, None) if definition.holds_back else (True,)
    return _found(
        proof_of(fact, definition.words)
        for fact in points
        if not fact.value_names.isdisjoint(criterion.value)
        and (criterion.contradicted or answers.get((fact.when, fact.side), {True}) == {True})
        and (fact in today or (fact.when is not None and is_in_window(fact.when, criterion, findings.today, enough)))
    )


def age(criterion: Age, definition: FindingDefinition, findings: Findings) -> Answer:
    """PRESENT or ABSENT by the birth date; UNKNOWN without one."""
    patient = findings.record.patient
    if patient is None or patient.born is None:
        return NOTHING
    least, most = whole_years(patient.born, findings.today), whole_years(When(patient.born.first, patient.born.first), findings.today)
    proof = Proof(patient.reference, f"age {least}", None, Side.UNKNOWN, patient.reference)
    # Of a birth date without its day or month only the least age is sure.
    return (State.PRESENT if least >= criterion.at_least else State.ABSENT if most < criterion.at_least else State.UNKNOWN), (proof,)


def encounter_setting(criterion: Setting, definition: FindingDefinition, findings: Findings) -> Answer:
    """PRESENT or ABSENT by the class of the current encounter; UNKNOWN when it was not read."""
    visit = findings.record.encounter
    if visit is None or not visit.setting:
        return NOTHING
    return (State.PRESENT if visit.setting in criterion.settings else State.ABSENT), (proof_of(visit, definition.words),)


def combination(criterion: Combination, definition: FindingDefinition, findings: Findings) -> Answer:
    """Other findings taken together; the proof is theirs."""
    if findings.any_of(criterion.unless):
        return State.ABSENT, ()
    every = [findings[name] for name in criterion.all_of]
    some = [findings[name] for name in criterion.any_of]
    none = [findings[name] for name in criterion.none_of]
    parts = [*(found.state for found in every), *(opposite(found.state) for found in none)]
    state = all_present([*parts, any_present(found.state for found in some)] if some else parts)
    return state, tuple(one for found in _holding([*every, *some]) for one in found.proof)


def _holding(found: Iterable[Finding]) -> Iterable[Finding]:
    return (one for one in found if one.is_present)


CRITERIA: Criteria = {
    "coded-event": coded_event,
    "worded-event": worded_event,
    "sited-event": sited_event,
    "measured-value": measured_value,
    "clear-study": clear_study,
    "study-phrase": study_phrase,
    "study-made": study_made,
    "current-pain": current_pain,
    "lasting-pain": lasting_pain,
    "coded-answer": coded_answer,
    "age": age,
    "encounter-setting": encounter_setting,
    "combination": combination,
}
