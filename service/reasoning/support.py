"""Support kinds S1..S6 of one nerve: each counts once, and one clinical event or one code supports one kind only.

What the pain is like, what brings it on and what a test shows are no events: one note tells of several ("burning, worse on standing").
"""

from collections.abc import Mapping
from dataclasses import dataclass

from service.knowledge.nerve import Nerve
from service.knowledge.thresholds import Policy
from service.reasoning.findings import Findings, Proof

# Quality, aggravation and the Hip-Knee Flexion Test, where words tell of them.
_TOLD = ("S1", "S2", "S6")


@dataclass(frozen=True, slots=True)
class Support:
    """What supports a nerve.

    kinds     the kinds that count, in their order;  proof: kind -> all of its facts, also of kinds that lent their only event to another
    surgical  facts of S3 that are surgery;  asked: kind, and "surgical", -> the findings that were asked for
    """

    kinds: tuple[str, ...]
    proof: Mapping[str, tuple[Proof, ...]]
    surgical: tuple[Proof, ...]
    asked: Mapping[str, tuple[str, ...]]


def support_of(nerve: Nerve, findings: Findings, policy: Policy) -> Support:
    """The support that is on record for a nerve; under the policy "inclusive" what the articles merely name is a risk event (S3) too."""
    asked: dict[str, tuple[str, ...]] = {str(kind): names for kind, names in nerve.support.items()}
    if policy == "inclusive":
        asked["S3"] = (*asked.get("S3", ()), *nerve.also)
    proof: dict[str, tuple[Proof, ...]] = {
        kind: tuple(one for found in findings.present(names) for one in found.proof) for kind, names in sorted(asked.items())
    }
    present = {kind: ones for kind, ones in proof.items() if ones}
    surgical = tuple(one for found in findings.present(nerve.surgical) for one in found.proof)
    return Support(_counted(present), present, surgical, {**asked, "surgical": nerve.surgical})


def _counted(present: Mapping[str, tuple[Proof, ...]]) -> tuple[str, ...]:
    """The greatest number of kinds that can each have an event of their own; surgery (S3) is served first."""
    owner: dict[str, str] = {}

    def serve(kind: str, tried: set[str]) -> bool:
        for event in dict.fromkeys(_event(kind, one) for one in present[kind]):
            if event not in tried:
                tried.add(event)
                if event not in owner or serve(owner[event], tried):
                    owner[event] = kind
                    return True
        return False

    for kind in sorted(present, key=lambda kind: (kind != "S3", kind)):
        serve(kind, set())
    return tuple(sorted(owner.values()))


def _event(kind: str, one: Proof) -> str:
    """What may support one kind only: the event or the code, but of words in a note each thing they tell."""
    return f"{kind} told in {one.event}" if kind in _TOLD and one.quote else one.event
