"""What one evaluation rests on, as far as a page shows it: truth and deciding facts by their names, and not a word of the chart.

No name, no birth date, no report text: a fact is its FHIR reference, its date, its code and its side.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from service.call import Call
from service.cards.blocks import reads
from service.cards.suspicion import is_ordered
from service.cards.wording import plain
from service.dates import When
from service.evaluate import Evaluation
from service.knowledge.model import Knowledge
from service.reasoning.findings import Findings, Proof, proof_of
from service.reasoning.orders import OrderAnswer
from service.reasoning.pathway import Outcome, Response
from service.reasoning.truth import State
from service.record import Fact, KeyState, Procedure, Side

TIERS = ("low", "moderate", "high")
_LONGEST_REFERENCE, _LONGEST_CODE = 100, 40
# How many of the newest facts of a finding are kept, from ample to bare: the first that fits into a link is taken.
STEPS = (4, 2, 1, 0)


@dataclass(frozen=True, slots=True)
class Entry:
    """A fact of the chart.

    system, code  its code, as far as the knowledge has it;  by_site: a code of the site's own;  in_words: its words decided, not its code
    outside       without confirmation, from outside the clinic's own record
    """

    reference: str
    when: When | None = None
    side: Side = Side.UNKNOWN
    system: str = ""
    code: str = ""
    outside: bool = False
    by_site: bool = False
    in_words: bool = False


@dataclass(frozen=True, slots=True)
class Seen:
    """A finding: its state (None: nobody looked), the newest facts that decided it, and how many more there are."""

    state: State | None
    entries: tuple[Entry, ...] = ()
    more: int = 0


@dataclass(frozen=True, slots=True)
class Nerved:
    """What was made of one nerve: words as the reasoning has them."""

    nerve: str
    tier: str
    side: Side
    side_basis: str
    reasons: str
    kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """One block that was done: its nerve ("" unknown), side, day, band, how it reads, and from which facts; more: how many more."""

    nerve: str
    side: Side
    when: When
    band: str
    reads: str
    entries: tuple[Entry, ...] = ()
    more: int = 0


@dataclass(frozen=True, slots=True)
class Basis:
    """What one evaluation rests on.

    kind     of the card, "" for silence;  says: its summary, or why nothing is said
    reasons  of a silence the rules, the first of which decided;  until: the last day of a silence that an earlier card brought on
    rules    ids of what held and decided;  stops, cautions, against: ids of what else is said
    unread   prefetch keys that were not read completely;  unusable: those with entries that could not be used
    about    of a card at an order: "block" or "first";  of a block to consider: "ordered" where it is ordered already
    """

    today: date
    kind: str
    says: str
    findings: Mapping[str, Seen]
    reasons: tuple[str, ...] = ()
    until: date | None = None
    nerves: tuple[Nerved, ...] = ()
    rules: tuple[str, ...] = ()
    stops: tuple[str, ...] = ()
    cautions: tuple[str, ...] = ()
    against: tuple[str, ...] = ()
    blocks: tuple[Told, ...] = ()
    unread: tuple[str, ...] = ()
    unusable: tuple[str, ...] = ()
    about: str = ""


def basis_of(evaluation: Evaluation, call: Call, *, thorough: bool, most: int = STEPS[0]) -> Basis | None:
    """What an evaluation rests on; None for a refusal, and for a reader who is no clinician.

    thorough  look also at the findings that nothing asked for;  most: facts that are kept of each finding
    """
    if evaluation.refusal or not call.is_clinician:
        return None
    findings, outcome, silence = evaluation.findings, evaluation.outcome, evaluation.silence
    spoken = outcome.outcome if isinstance(outcome, OrderAnswer) else outcome
    held = (outcome.warnings, outcome.notes) if isinstance(outcome, OrderAnswer) and spoken is None else None
    record = evaluation.record
    seen = _seen(findings, most, thorough=thorough)
    return Basis(
        today=findings.today,
        kind=outcome.kind if outcome else "",
        says=evaluation.cards[0].summary if evaluation.cards else silence.says if silence else "",
        findings=seen,
        reasons=(silence.rule, *silence.also) if silence else (),
        until=silence.until if silence else None,
        nerves=_nerved(outcome),
        rules=tuple(outcome.rules) if outcome else (),
        stops=tuple(one.rule.id for one in (held[0] if held else spoken.stops if spoken else ())),
        cautions=tuple(one.rule.id for one in (held[1] if held else spoken.cautions if spoken else ())),
        against=tuple(one.rule.id for one in (spoken.against if spoken else ())),
        blocks=tuple(_told(spoken, findings, seen, most)),
        unread=tuple(
            key for key, state in record.keys.items() if not state.was_read and (key != "encounter" or state is not KeyState.MISSING)
        ),
        unusable=tuple(dict.fromkeys(record.unusable)),
        about=_about(outcome, findings),
    )


def _about(outcome: Outcome | Response | OrderAnswer | None, findings: Findings) -> str:
    if isinstance(outcome, OrderAnswer):
        return outcome.about
    return "ordered" if isinstance(outcome, Outcome) and outcome.kind == "block" and is_ordered(outcome, findings) else ""


def _nerved(outcome: Outcome | Response | OrderAnswer | None) -> tuple[Nerved, ...]:
    if isinstance(outcome, OrderAnswer) and outcome.outcome is None:
        return (Nerved(outcome.nerve, TIERS[0], outcome.order.side, "", "", ()),) if outcome.nerve else ()
    return tuple(
        Nerved(one.nerve, one.tier.word, one.laterality.side, one.laterality.basis or "", one.reasons, one.support.kinds)
        for one in (outcome.assessments if outcome else ())
    )


def _told(spoken: Outcome | Response | None, findings: Findings, seen: Mapping[str, Seen], most: int) -> Iterator[Told]:
    """The blocks that are spoken of, each with what it was read from: what was done in front of what was measured."""
    facts = {fact.reference: fact for facts in findings.record.facts.values() for fact in facts}
    made = {entry.reference: entry for one in seen.values() for entry in one.entries}
    for one in spoken.results if spoken else ():
        proof = sorted((name for name in one.proof if name in facts), key=lambda name: (not isinstance(facts[name], Procedure), name))
        for name in proof[:most]:
            made.setdefault(name, _entry(proof_of(facts[name], ""), facts[name], findings.knowledge))
        entries = tuple(made[name] for name in proof[:most])
        yield Told(one.nerve, one.side, one.when, one.band, reads(one, findings.knowledge), entries, len(proof[most:]))


def _seen(findings: Findings, most: int, *, thorough: bool) -> dict[str, Seen]:
    """Every finding on which the record bears, as far as somebody looked."""
    facts = {fact.reference: fact for facts in findings.record.facts.values() for fact in facts}
    asked = findings.stirred if thorough else findings.asked
    made: dict[tuple[object, ...], Entry] = {}

    def entries(proofs: Iterable[Proof]) -> tuple[Entry, ...]:
        """Each fact once, however many of its words decide."""
        once: dict[tuple[object, ...], Entry] = {}
        for one in proofs:
            fact = (one.reference, one.when, one.side)
            if fact not in once or once[fact].in_words:
                known = (*fact, not one.quote)
                if known not in made:
                    made[known] = _entry(one, facts.get(one.reference), findings.knowledge)
                once[fact] = made[known]
        return tuple(once.values())

    seen: dict[str, Seen] = {}
    for name in sorted(findings.stirred):
        found = findings[name] if name in asked else None
        proof = entries(found.proof) if found else ()
        # What is not named is unknown, which most findings are.
        if found is None or proof or found.state is not State.UNKNOWN:
            seen[name] = Seen(found.state if found else None, proof[:most], len(proof[most:]))
    return seen


def _entry(proof: Proof, fact: Fact | None, knowledge: Knowledge) -> Entry:
    # What a birth date proves is proved by the patient; the date itself stays in the chart.
    when = None if proof.reference.startswith("Patient/") else proof.when
    system = code = ""
    if proof.site_codes:
        code = proof.site_codes[0].code
    elif fact:
        known = next((one for one in fact.codings if (one.system, one.code) in knowledge.codes), None)
        system, code = (known.system, known.code) if known else ("", "")
    reference = plain(proof.reference, _LONGEST_REFERENCE)
    code = plain(code, _LONGEST_CODE) if code else ""
    return Entry(reference, when, proof.side, system, code, proof.outside, bool(proof.site_codes), bool(proof.quote))
