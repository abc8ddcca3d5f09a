"""What a card says for itself: because, cautions, against, not known. Facts with dates; reports are quoted, never judged in our words."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from service.cards.blocks import says_block
from service.cards.wording import listed, month, plain_names, quoted, quoted_whole
from service.knowledge.model import Knowledge
from service.reasoning.findings import Findings, Proof
from service.reasoning.pathway import Outcome
from service.reasoning.rules import Held
from service.reasoning.tiers import Assessment
from service.record import Condition, Side

# With so little room a name would say nothing.
_NAMELESS = 20
_IN_FEW = {"laboratory results": "labs", "existing orders": "orders"}


@dataclass(frozen=True, slots=True)
class Told:
    """The parts of the detail of one card that come from the chart, longest first in what may be left out."""

    because: tuple[str, ...]
    cautions: tuple[str, ...]
    against: tuple[str, ...]
    not_known: tuple[str, ...]
    also: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Room:
    """How much room there is to tell.

    quote     characters of a quotation;  deciding: the same of what was found in a report or on examination, which is never cut inside
    tight     the fact itself says what would else need a section;  brief: cautions in few words
    bare      operations by their short names, and without asides;  plain: nothing that the dates say as well
    """

    quote: int
    deciding: int
    tight: bool
    brief: bool
    bare: bool
    plain: bool


def tell(outcome: Outcome, findings: Findings, room: Room) -> Told:
    """What is told of this patient in the room there is."""
    quote_length, tight, brief = room.quote, room.tight, room.brief
    return Told(
        because=_because(outcome, findings, room),
        cautions=_cautions(outcome, findings, quote_length, brief=brief) if outcome.kind == "block" else (),
        against=_against(outcome, findings, quote_length, tight=tight, brief=brief),
        not_known=_not_known(outcome, findings, bare=room.bare, plain=room.plain),
        also=_also(outcome, findings),
    )


def _because(outcome: Outcome, findings: Findings, room: Room) -> tuple[str, ...]:
    """What pressing brought on, the pain, the newest operation, the report, the operation before; then the rest, each kind once first."""
    quote_length = room.quote
    told: list[str] = [_pressed(one, findings.knowledge, room.deciding) for one in outcome.assessments if one.reproduced]
    if outcome.assessments[0].reasons == "unplaced":
        point = findings[findings.knowledge.pathway.unplaced_point].proof[0]
        told.append(f"{point.words}{month(point.when)}: {quoted(point.quote, quote_length)}")
    before = ", before the surgery" if room.tight and not room.plain and _predates_surgery(outcome, findings) else ""
    told.append(_pain(outcome.assessments[0], findings, quote_length, plain=room.plain, brief=room.brief) + before)
    lines = {kind: _support(kind, outcome, findings, room) for kind in ("S3", "S4", "S5", "S1", "S2", "S6")}
    told += [*lines["S3"][:1], *lines["S4"][:1], *lines["S3"][1:2]]
    told += [kind_lines[0] for kind_lines in lines.values() if kind_lines]
    told += [line for kind_lines in lines.values() for line in kind_lines[1:]]
    return tuple(dict.fromkeys(_quoting_once(dict.fromkeys(told))))


def _quoting_once(lines: Iterable[str]) -> Iterator[str]:
    """The lines, the same words of the chart quoted in the first of them only."""
    shown: set[str] = set()
    for line in lines:
        said, colon, quote = line.partition(': "')
        yield said if colon and quote in shown else line
        shown.add(quote if colon else line[1 : line.find('"', 1) + 1])


def _pressed(assessment: Assessment, knowledge: Knowledge, quote_length: int) -> str:
    """What pressing brought on, in the chart's words when it has any that fit: cut short they would say less than ours."""
    newest = assessment.reproduced[0]
    words = quoted_whole(newest.quote, quote_length) if newest.quote else ""
    said = f": {words}" if words else ""
    day = f" ({newest.when.in_words()})" if newest.when else ""
    adjective, side = knowledge.nerves[assessment.nerve].adjective, assessment.laterality
    does = "reproduces" if assessment.reasons == "reproduced" else "once reproduced"
    if side.side is Side.BILATERAL and side.basis == "exam":
        return f"pressing both {adjective} points {does} the usual pain{day}{said}"
    which = f"{newest.side.value} " if newest.side in (Side.RIGHT, Side.LEFT) else ""
    return f"pressing the {which}{adjective} point {does} the usual pain{day}{said}"


def _pain(assessment: Assessment, findings: Findings, quote_length: int, *, plain: bool, brief: bool) -> str:
    """The entry that says where it hurts, as written, and since when: a problem before a diagnosis, the territory before the low back."""
    facts = {fact.reference: fact for fact in findings.record.of(Condition)}
    generic = [one for found in findings.present(findings.knowledge.pathway.generic_pain) for one in found.proof]
    entries = sorted(
        (one for one in (*assessment.territory, *generic) if one.reference in facts),
        key=lambda one: (not facts[one.reference].is_problem, one not in assessment.territory),
    )
    if not entries:
        other = next(iter((*generic, *assessment.territory)), None)
        return f"{other.words}{month(other.when)}" if other else "pain on record"
    fact, entry = facts[entries[0].reference], entries[0]
    # What a note says of the pain stands there, not in the name of the problem it was written under.
    written = fact.text if fact.text and (not entry.quote or entry.quote in fact.text) else entry.quote
    words = quoted(written, quote_length) if written else entry.words
    if plain and words.endswith(' ..."'):
        words = min(words, entry.words, key=len)
    if entry.side in (Side.RIGHT, Side.LEFT) and entry.side.value not in words.lower():
        words += f" ({entry.side.value})"
    since = f" since {entry.when.month_in_words()}" if entry.when else ""
    kind = ", diagnosis" if not fact.is_problem else "" if brief else ", active" if plain else ", active problem"
    return f"{words}{kind}{since}{', outside record' if entry.outside else ''}"


def _support(kind: str, outcome: Outcome, findings: Findings, room: Room) -> list[str]:
    """The lines of one kind: each finding by its newest dated fact, findings of one month together."""
    names = dict.fromkeys(name for assessment in outcome.assessments for name in assessment.support.asked.get(kind, ()))
    present = findings.present(names)
    facts = [next((one for one in found.proof if one.when is not None), found.proof[0]) for found in present]
    if kind == "S3":
        harvest = findings.knowledge.pathway.harvest if room.bare else ()
        few = [findings.knowledge.findings[found.id].short if found.id in harvest else "" for found in present]
        return _operations([replace(one, words=words or one.words) for one, words in zip(facts, few, strict=True)], bare=room.bare)
    return [_report(one, findings, room) if kind == "S4" else _line(one, room.quote) for one in facts]


def _with_side(one: Proof) -> str:
    """What was done, and on which side where that is known."""
    return f"{one.words}, {one.side.value}" if one.side in (Side.RIGHT, Side.LEFT) else one.words


def _operations(facts: Sequence[Proof], *, bare: bool) -> list[str]:
    """Risk events, newest first, those of one month in one line; the graft is named after the fusion it was taken for."""
    months: dict[str, list[Proof]] = {}
    for one in sorted(facts, key=lambda one: one.when.last.toordinal() if one.when else 0, reverse=True):
        months.setdefault(month(one.when), []).append(one)
    return [
        f"{_together(sorted(map(_with_side, together), key=lambda words: 'graft' in words), bare=bare)}{when}"
        + (", outside record" if any(one.outside for one in together) else "")
        for when, together in months.items()
    ]


def _together(operations: Sequence[str], *, bare: bool) -> str:
    """What was done in one month: "lumbar fusion with a graft"; bare: "lumbar fusion + graft"."""
    return " + ".join(operations) if bare else listed(operations, "with")


def _report(one: Proof, findings: Findings, room: Room) -> str:
    """A study and what its report found: whole, or not at all, so that nobody can complete it wrongly."""
    after = ", after surgery" if not room.plain and findings[findings.knowledge.studies["lumbar-imaging"].after].is_present else ""
    said = (quoted_whole(one.quote, room.deciding) or "its words are too long for this card") if one.quote else "coded as normal"
    return f"{one.words}{month(one.when)}{after}: {said}"


def _line(one: Proof, quote_length: int) -> str:
    """One fact of support: words are quoted, an injection has no outcome that we could know."""
    return f"{one.words}: {quoted(one.quote, quote_length)}" if one.quote else f"{one.words}{month(one.when)}"


def _cautions(outcome: Outcome, findings: Findings, quote_length: int, *, brief: bool) -> tuple[str, ...]:
    """What stops a block, then what to think of before one; "none found" only for data that was read."""
    # Where a block is held back, what to think of before one can wait.
    told = [_held(held, quote_length, brief=brief) for held in (outcome.stops or outcome.cautions)]
    unread = unread_words(findings, ("allergies", "medications"))
    if unread:
        told.append(f"{listed(unread)} not checked, so no order is offered")
    elif not told:
        told.append("no amide anaesthetic allergy, anticoagulant or other caution found in the data sent")
    return tuple(told)


def _held(held: Held, quote_length: int, *, brief: bool) -> str:
    """A caution, with the entries of the chart that call for it: two, the newest one where it is brief, none where there is no room."""
    named = list(dict.fromkeys(one.quote or one.text for one in held.proof if one.quote or one.text))[: 1 if brief else 2]
    said = held.rule.brief or held.rule.says if brief else held.rule.says
    return said + (f" ({listed([quoted(name, min(quote_length, 40)) for name in named])})" if named and quote_length > _NAMELESS else "")


def _against(outcome: Outcome, findings: Findings, quote_length: int, *, tight: bool, brief: bool) -> tuple[str, ...]:
    """What is said against it: rules that say so, and pain that began before the operation. A full card keeps those with a brief form."""
    if brief:
        return tuple(held.rule.brief for held in outcome.against if held.rule.brief)
    weighty = sorted(outcome.against, key=lambda held: not held.rule.brief)
    told = [_weighed(held, quote_length) for held in weighty if held.proof]
    told += [says_block(one, findings.knowledge) for one in outcome.results if one.reading.relief is not None]
    return (*told, "pain began before the surgery") if not tight and _predates_surgery(outcome, findings) else tuple(told)


def _weighed(held: Held, quote_length: int) -> str:
    """What a rule says against it, with the newest entry that it rests on."""
    newest = held.proof[0]
    words = newest.quote or newest.text
    return f"{held.rule.says}{month(newest.when)}" + (f": {quoted(words, quote_length)}" if words else "")


def _predates_surgery(outcome: Outcome, findings: Findings) -> bool:
    """Whether an entry of the pain has an onset before every dated operation."""
    operations = [one.when for assessment in outcome.assessments for one in assessment.support.surgical if one.when is not None]
    pain = findings[findings.knowledge.pathway.pain]
    onsets = [one.when for one in pain.proof if one.when is not None and one.reference.startswith("Condition/")]
    return bool(operations) and any(all(operation.is_after(onset) for operation in operations) for onset in onsets)


def _not_known(outcome: Outcome, findings: Findings, *, bare: bool, plain: bool) -> tuple[str, ...]:
    """What nobody recorded, and what could not be read."""
    first = outcome.assessments[0]
    pathway = findings.knowledge.pathway
    told: list[str] = []
    if first.reasons in ("surgery", "unplaced"):
        told.append("site and side of the pain" if first.laterality.basis in (None, "surgery") else "site of the pain")
    elif first.laterality.side is Side.CONFLICT:
        told.append("the side: tender point and pain are recorded on different sides, verify")
    elif not first.laterality.sides:
        told.append("side of the pain")
    # Before what is merely not recorded, so that it stays on a full card; both are one thing there.
    keys = [key for key in findings.record.keys if key not in ("allergies", "medications", "encounter")]
    unread = [_IN_FEW.get(word, word) if plain else word for word in unread_words(findings, keys)]
    lost = [f"not read: {listed(unread)}"] if unread else []
    lost += [f"entries that could not be used: {listed(findings.record.unusable)}"] if findings.record.unusable else []
    told += ["; ".join(lost)] if lost else []
    harvest = findings.present(pathway.harvest)
    sided = any(one.side in (Side.RIGHT, Side.LEFT, Side.BILATERAL) for found in harvest for one in found.proof)
    graft = ["side of the graft"] if harvest and not sided else []
    examined = [] if findings.any_of(pathway.examined) else [f"whether these points were examined{'' if bare else ' (notes are not read)'}"]
    # On a full card the last ones fall off.
    told += [*examined, *graft] if bare else [*graft, *examined]
    if findings.record.was_read("reports") and not findings[pathway.imaging].is_present:
        told.append("no valid lumbar imaging on file")
    return tuple(told)


def _also(outcome: Outcome, findings: Findings) -> tuple[str, ...]:
    """Facts that the source articles name without numbers: shown, never counted."""
    counted = {one.reference for assessment in outcome.assessments for ones in assessment.support.proof.values() for one in ones}
    nerves = [findings.knowledge.nerves[assessment.nerve] for assessment in outcome.assessments]
    names = [name for nerve in nerves for name in (*nerve.also, *nerve.shown)]
    return tuple(
        f"{one.words}{month(one.when)}"
        for found in findings.present(dict.fromkeys(names))
        for one in found.proof
        if one.reference not in counted
    )


def unread_words(findings: Findings, keys: Iterable[str]) -> list[str]:
    """The keys of the chart that were not read completely, in words."""
    return plain_names([key for key in keys if not findings.record.was_read(key)])
