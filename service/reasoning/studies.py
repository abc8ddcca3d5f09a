"""Imaging studies: which of them is valid, and what their reports say. Reports and codes only, never pictures."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache

from service.knowledge.criteria import ClearStudy, StudyMade, StudyPhrase
from service.knowledge.model import FindingDefinition, Knowledge, Study
from service.knowledge.tables import STUDY
from service.reasoning.events import is_valid, pain_after, said
from service.reasoning.findings import Answer, Findings, Proof, proof_of
from service.reasoning.mention import Mention, Sense
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


def latest_valid(study: Study, findings: Findings) -> tuple[Fact, ...]:
    """The newest study of the kind, with every report of that day, when all are final, in the window and surely after the last operation.

    Only the newest day is asked: an older study says nothing about a spine that was looked at again since. Withdrawn reports never were.
    """
    found = [fact for fact in studies_of(study, findings) if fact.status not in ("entered-in-error", "cancelled") and not fact.doubtful]
    if not found or found[0].when is None:
        return ()
    when = found[0].when
    newest = tuple(fact for fact in found if fact.when is not None and fact.when.last == when.last)
    if when.is_within(study.within_days, before=findings.today) is not True:
        return ()
    if not all(is_valid(fact, ever=False, suspected=False) for fact in newest):
        return ()
    operations = [one.when for one in findings[study.after].proof if one.when is not None]
    return newest if all(when.is_after(operation) is True for operation in operations) else ()


def unanswered(study: Study, findings: Findings, *, whatever_was_done: bool) -> list[Fact]:
    """Every report of such a study that may alarm: the newest valid one that says anything of the spine, and whatever is newer, undated or
    of that day, also in doubt. A report that only says "pending", or one that was never signed, hides none before it."""
    found = [fact for fact in studies_of(study, findings) if fact.status not in ("entered-in-error", "cancelled")]
    in_time = [fact for fact in found if fact.when is None or fact.when.is_within(study.within_days, before=findings.today) is not False]
    operations = [one.when for one in findings[study.after].proof if one.when is not None] if not whatever_was_done else []
    kept = [fact for fact in in_time if fact.when is None or all(fact.when.is_after(one) is not False for one in operations)]
    opinions = _opinions(findings.knowledge)
    telling = [
        fact.when for fact in kept if fact.when and is_valid(fact, ever=False, suspected=False) and not fact.said.isdisjoint(opinions)
    ]
    newest = max(telling, key=lambda when: when.last, default=None)
    return [fact for fact in kept if fact.when is None or newest is None or fact.when.last >= newest.last]


@lru_cache(maxsize=4)
def _opinions(knowledge: Knowledge) -> frozenset[str]:
    """The phrase lists by which a report says something of what was seen."""
    return frozenset(name for openings in knowledge.lexicon[STUDY].values() for name, _ in openings)


def study_made(criterion: StudyMade, definition: FindingDefinition, findings: Findings) -> Answer:
    """PRESENT when a valid study of the kind is on file; never ABSENT."""
    newest = latest_valid(findings.knowledge.studies[criterion.study], findings)
    return (State.PRESENT, tuple(proof_of(fact, definition.words) for fact in newest)) if newest else _NOTHING


def clear_study(criterion: ClearStudy, definition: FindingDefinition, findings: Findings) -> Answer:
    """PRESENT when the latest valid study says in words or by code that nothing explains the pain, and says nothing to the contrary.

    ABSENT when it affirms a lesion. A doubt, a conflict of text and code, text not read to its end, or no explicit sentence: UNKNOWN.
    """
    newest = latest_valid(findings.knowledge.studies[criterion.study], findings)
    anything = " . ".join(part_of(fact, "any", findings) for fact in newest)
    # A phrase whose words stand in no report of the day need not be listened for.
    heard = frozenset().union(*(fact.said for fact in newest))
    contrary = _mentions(anything, heard.intersection(criterion.contrary), findings)
    if any(mention.sense is Sense.AFFIRMED for mention in contrary):
        return State.ABSENT, tuple(proof_of(fact, definition.words) for fact in newest)
    codes = frozenset().union(*(_codes(fact) for fact in newest))
    left_open = [*contrary, *_mentions(anything, heard.intersection(criterion.unclear), findings)]
    if any(mention.sense in (Sense.AFFIRMED, Sense.DOUBTED, Sense.SUSPECTED) for mention in left_open) or not codes.isdisjoint(
        criterion.abnormal_codes
    ):
        return _NOTHING
    if any(isinstance(fact, Report) and fact.partly_read for fact in newest):
        return _NOTHING
    proof = []
    for fact in newest:
        said_so = next(iter(_meant(part_of(fact, "seen", findings), criterion.clear, findings)), None)
        if said_so is not None or not _codes(fact).isdisjoint(criterion.normal_codes):
            proof.append(proof_of(fact, definition.words, quote=said_so.clause if said_so else ""))
    return (State.PRESENT, tuple(proof)) if proof else _NOTHING


def _codes(fact: Fact) -> frozenset[str]:
    """The value sets that hold the conclusion of a study."""
    return fact.conclusions if isinstance(fact, Report) else fact.value_names if isinstance(fact, Observation) else frozenset()


def study_phrase(criterion: StudyPhrase, definition: FindingDefinition, findings: Findings) -> Answer:
    """PRESENT when a report says one of the phrases and means it; never ABSENT."""
    study = findings.knowledge.studies[criterion.study]
    reports: Sequence[Fact]
    if definition.holds_back and criterion.doubted:
        reports = unanswered(study, findings, whatever_was_done=criterion.whatever_was_done)
    elif criterion.latest:
        reports = latest_valid(study, findings)
    else:
        reports = [fact for fact in studies_of(study, findings) if is_valid(fact, ever=False, suspected=False)]
    if criterion.pain_after_days is not None and not pain_after(None, criterion.pain_after_days, findings):
        return _NOTHING
    proof: list[Proof] = []
    for fact in reports:
        if criterion.phrases not in fact.said:
            continue
        text = part_of(fact, criterion.part, findings)
        mention = next(iter(_meant(text, (criterion.phrases,), findings, doubted=criterion.doubted)), None)
        if mention is not None:
            proof.append(_proof(fact, criterion, definition, mention, findings))
    return (State.PRESENT, tuple(proof)) if proof else _NOTHING


def _proof(fact: Fact, criterion: StudyPhrase, definition: FindingDefinition, mention: Mention, findings: Findings) -> Proof:
    """What the report says; an operation that it only tells of is another event than the study, and its date is not known."""
    seen = proof_of(fact, definition.words, quote=mention.clause, side=findings.hearing.side(mention.clause))
    if criterion.part in ("seen", "any"):
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
    return " . ".join(text for note in fact.notes for kind, text in findings.hearing.sections(note) if kind in wanted)


def _mentions(text: str, lists: Iterable[str], findings: Findings) -> list[Mention]:
    return [mention for name in lists for mention in findings.hearing.mentions(text, findings.knowledge.phrases[name])]


def _meant(text: str, lists: Sequence[str], findings: Findings, *, doubted: bool = False) -> list[Mention]:
    """The mentions that say what their list means: affirmed, or denied for a list of denials; doubtful ones when they count too."""
    kept = []
    for name in lists:
        phrases = findings.knowledge.phrases[name]
        wanted = {Sense.DENIED} if phrases.denied else {Sense.AFFIRMED} | ({Sense.DOUBTED, Sense.SUSPECTED} if doubted else set())
        kept += [mention for mention in findings.hearing.mentions(text, phrases) if mention.sense in wanted]
    return kept
