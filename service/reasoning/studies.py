"""Imaging studies: which of them is valid, and what their reports say. Reports and codes only, never pictures."""

from collections.abc import Sequence
from dataclasses import replace

from service.knowledge.criteria import ClearStudy, StudyMade, StudyPhrase
from service.knowledge.model import FindingDefinition, Study
from service.reasoning.events import is_valid, pain_after, said
from service.reasoning.findings import Answer, Findings, Proof, proof_of
from service.reasoning.language import Mention, Sense
from service.reasoning.truth import State
from service.record import Fact, Observation, Report

_NOTHING: Answer = (State.UNKNOWN, ())


def studies_of(study: Study, findings: Findings) -> list[Fact]:
    """Every report (or Observation) of such a study, newest first; one whose code names no region must name it in words."""
    coded = [fact for fact in findings.record.coded(study.value_set) if isinstance(fact, (Report, Observation))]
    known = {fact.reference for fact in coded}
    named = findings.knowledge.phrases[study.named]
    maybe = [*findings.record.coded(study.region_free), *findings.record.spoken.get(study.named, ())]
    for fact in maybe:
        uncoded = not fact.names or not fact.names.isdisjoint(study.region_free)
        if isinstance(fact, Report) and fact.reference not in known and uncoded and said(fact.text, named, findings):
            coded.append(fact)
            known.add(fact.reference)
    return sorted(coded, key=lambda fact: (fact.when.last.toordinal() if fact.when else 0, fact.reference), reverse=True)


def latest_valid(study: Study, findings: Findings) -> Fact | None:
    """The newest study of the kind, when it is final, in the window, and surely made after the last operation; else None.

    Only the newest is asked: an older one says nothing about a spine that has been looked at again since.
    """
    found = studies_of(study, findings)
    if not found or found[0].when is None:
        return None
    newest, when = found[0], found[0].when
    if not is_valid(newest, ever=False, suspected=False) or when.is_within(study.within_days, before=findings.today) is not True:
        return None
    operations = [one.when for one in findings[study.after].proof if one.when is not None]
    return newest if all(when.is_after(operation) is True for operation in operations) else None


def study_made(criterion: StudyMade, definition: FindingDefinition, findings: Findings) -> Answer:
    """PRESENT when a valid study of the kind is on file; never ABSENT."""
    newest = latest_valid(findings.knowledge.studies[criterion.study], findings)
    return (State.PRESENT, (proof_of(newest, definition.words),)) if newest else _NOTHING


def clear_study(criterion: ClearStudy, definition: FindingDefinition, findings: Findings) -> Answer:
    """PRESENT when the latest valid study says in words or by code that nothing explains the pain, and says nothing to the contrary.

    ABSENT when it affirms a lesion. A doubt, a conflict of text and code, or no explicit sentence: UNKNOWN.
    """
    newest = latest_valid(findings.knowledge.studies[criterion.study], findings)
    if newest is None:
        return _NOTHING
    contrary = _mentions(part_of(newest, "any", findings), criterion.contrary, findings)
    if any(mention.sense is Sense.AFFIRMED for mention in contrary):
        return State.ABSENT, (proof_of(newest, definition.words),)
    codes = (newest.conclusions if isinstance(newest, Report) else frozenset()) | (
        newest.value_names if isinstance(newest, Observation) else frozenset()
    )
    open_ = [*contrary, *_mentions(part_of(newest, "any", findings), criterion.unclear, findings)]
    if any(mention.sense in (Sense.AFFIRMED, Sense.DOUBTED) for mention in open_) or not codes.isdisjoint(criterion.abnormal_codes):
        return _NOTHING
    if isinstance(newest, Report) and newest.partly_read:
        return _NOTHING
    clear = next(iter(_meant(part_of(newest, "seen", findings), criterion.clear, findings)), None)
    if clear is None and codes.isdisjoint(criterion.normal_codes):
        return _NOTHING
    return State.PRESENT, (proof_of(newest, definition.words, quote=clear.clause if clear else ""),)


def study_phrase(criterion: StudyPhrase, definition: FindingDefinition, findings: Findings) -> Answer:
    """PRESENT when the report says one of the phrases and means it; ABSENT when the latest one denies it, doubt stays UNKNOWN."""
    study = findings.knowledge.studies[criterion.study]
    newest = latest_valid(study, findings) if criterion.latest else None
    reports = (
        ([newest] if newest else [])
        if criterion.latest
        else [fact for fact in studies_of(study, findings) if is_valid(fact, ever=False, suspected=False)]
    )
    proof: list[Proof] = []
    for fact in reports:
        text = part_of(fact, criterion.part, findings)
        mention = next(iter(_meant(text, (criterion.phrases,), findings, doubted=criterion.doubted)), None)
        if mention is not None and (criterion.pain_after_days is None or pain_after(None, criterion.pain_after_days, findings)):
            proof.append(_proof(fact, criterion, definition, mention, findings))
    if proof:
        return State.PRESENT, tuple(proof)
    return _NOTHING


def _proof(fact: Fact, criterion: StudyPhrase, definition: FindingDefinition, mention: Mention, findings: Findings) -> Proof:
    """What the report says; an operation that it only tells of is another event than the study, and its date is not known."""
    seen = proof_of(fact, definition.words, quote=mention.clause, side=findings.hearing.side(mention.clause))
    if criterion.part == "seen":
        return seen
    told = f"{definition.words}, named in a report" + (f" of {fact.when.month_in_words()}" if fact.when else "")
    return replace(seen, words=told, when=None, event=f"told in {fact.reference}: {criterion.phrases}")


def part_of(fact: Fact, part: str, findings: Findings) -> str:
    """What was seen (text without a heading is), the history, both, or anything that may have been seen, also under a title."""
    wanted = {
        "seen": ("seen",),
        "history": ("history",),
        "both": ("seen", "history"),
        "any": ("seen", "title"),
    }[part]
    return " . ".join(text for note in fact.notes for kind, text in findings.hearing.ear.headings.sections(note) if kind in wanted)


def _mentions(text: str, lists: Sequence[str], findings: Findings) -> list[Mention]:
    return [mention for name in lists for mention in findings.hearing.mentions(text, findings.knowledge.phrases[name])]


def _meant(text: str, lists: Sequence[str], findings: Findings, *, doubted: bool = False) -> list[Mention]:
    """The mentions that say what their list means: affirmed, or denied for a list of denials; doubtful ones when they count too."""
    kept = []
    for name in lists:
        phrases = findings.knowledge.phrases[name]
        wanted = {Sense.DENIED} if phrases.denied else {Sense.AFFIRMED} | ({Sense.DOUBTED} if doubted else set())
        kept += [mention for mention in findings.hearing.mentions(text, phrases) if mention.sense in wanted]
    return kept
