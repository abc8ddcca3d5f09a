"""Which side: of the tender point, else of the pain, else (presumed) of the bone harvest. Never guessed, never a default.

Source: evidence dossier 4d, "Side".
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from service.knowledge.criteria import CodedAnswer, WordedEvent
from service.knowledge.nerve import Nerve
from service.reasoning.findings import Findings, Proof
from service.record import Observation, Side

Basis = Literal["exam", "pain", "surgery"]


@dataclass(frozen=True, slots=True)
class Laterality:
    """A side and what it rests on; no basis for a side that is unknown or in conflict."""

    side: Side
    basis: Basis | None = None

    @property
    def sides(self) -> tuple[Side, ...]:
        """The single sides in it, right first."""
        return (Side.RIGHT, Side.LEFT) if self.side is Side.BILATERAL else (self.side,) if self.side in (Side.RIGHT, Side.LEFT) else ()


def laterality_of(nerve: Nerve, findings: Findings) -> Laterality:
    """The side for one nerve: (1) its tender point, (2) the pain, (3) the harvest when no pain has a side; 1 against 2 is a conflict."""
    pressed = still_so(findings.proof_of(nerve.reproduced), nerve, findings)
    # What was found long ago tells the side only while nothing newer does.
    exam = _together(one.side for one in pressed or still_so(findings.proof_of(nerve.reproduced_before), nerve, findings))
    pain = side_of_pain(findings)
    if Side.CONFLICT in (exam, pain) or {exam, pain} == {Side.RIGHT, Side.LEFT}:
        return Laterality(Side.CONFLICT)
    if exam is not Side.UNKNOWN:
        return Laterality(exam, "exam")
    if pain is not Side.UNKNOWN:
        return Laterality(pain, "pain")
    harvest = _together(one.side for found in findings.present(findings.knowledge.pathway.harvest) for one in found.proof)
    return Laterality(harvest, "surgery") if harvest in (Side.RIGHT, Side.LEFT, Side.BILATERAL) else Laterality(Side.UNKNOWN)


def side_of_pain(findings: Findings) -> Side:
    """The side of the pain as documented; BILATERAL when both sides are. What pressing found is the examination's."""
    exam = _pressed(findings)
    pain = findings.present(findings.knowledge.pathway.side_of_pain)
    return _together(one.side for found in pain for one in found.proof if one.reference not in exam)


def _pressed(findings: Findings) -> set[str]:
    """The references of what pressing found; of an examination also when its day is in doubt, so that no finding is proved by it."""
    knowledge, record = findings.knowledge, findings.record
    found = {name for nerve in knowledge.nerves.values() for name in (*nerve.located, *nerve.reproduced, *nerve.reproduced_before)}
    ways = [criterion for name in found for criterion in knowledge.findings[name].recognised]
    coded = (record.coded(way.value_set) for way in ways if isinstance(way, CodedAnswer))
    worded = (record.spoken.get(way.phrases, ()) for way in ways if isinstance(way, WordedEvent))
    told = (fact.reference for facts in (*coded, *worded) for fact in facts if isinstance(fact, Observation))
    return {*told, *(one.reference for one in findings.proof_of(found))}


def still_so(proof: tuple[Proof, ...], nerve: Nerve, findings: Findings) -> tuple[Proof, ...]:
    """What pressing brought on and no later examination of that side denies; one of the same day that names no side leaves both open."""
    denials = findings.proof_of(nerve.denied)
    return tuple(one for one in proof if not any(_denies(no, one) for no in denials))


def _denies(no: Proof, one: Proof) -> bool:
    """Whether a denial takes back what was found: later, or on the same day where one of the two does not say the side."""
    if one.when is None or no.when is None or sides_of((one,)).isdisjoint(sides_of((no,))):
        return False
    unsaid = not {one.side, no.side} <= {Side.RIGHT, Side.LEFT}
    return no.when.is_after(one.when) is True or (unsaid and no.when.is_same_day(one.when))


def sides_of(proof: Iterable[Proof]) -> frozenset[Side]:
    """The single sides that proof speaks of: both for bilateral, both for a side that was not said."""
    both = {Side.RIGHT, Side.LEFT}
    return frozenset(side for one in proof for side in ({one.side} if one.side in both else both))


def _together(sides: Iterable[Side]) -> Side:
    """Sides of several entries taken together: two different ones make both."""
    known = {side for side in sides if side is not Side.UNKNOWN}
    if Side.CONFLICT in known:
        return Side.CONFLICT
    return Side.BILATERAL if len(known) > 1 else known.pop() if known else Side.UNKNOWN
