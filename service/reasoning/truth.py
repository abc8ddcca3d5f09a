"""Three-valued truth: what is not recorded is unknown, never absent.

Kleene's strong logic: a conjunction is false as soon as one part is, a disjunction true as soon as one is; otherwise unknown stays unknown.
"""

from collections.abc import Iterable
from enum import StrEnum


class State(StrEnum):
    """Whether a finding is there."""

    PRESENT = "present"
    ABSENT = "absent"
    UNKNOWN = "unknown"


def all_present(states: Iterable[State]) -> State:
    """PRESENT when every state is, ABSENT when one is, else UNKNOWN; PRESENT for none at all."""
    known = set(states)
    if State.ABSENT in known:
        return State.ABSENT
    return State.UNKNOWN if State.UNKNOWN in known else State.PRESENT


def any_present(states: Iterable[State]) -> State:
    """PRESENT when one state is, ABSENT when every state is, else UNKNOWN; ABSENT for none at all."""
    known = set(states)
    if State.PRESENT in known:
        return State.PRESENT
    return State.UNKNOWN if State.UNKNOWN in known else State.ABSENT


def opposite(state: State) -> State:
    """PRESENT for ABSENT and the other way round; UNKNOWN stays UNKNOWN."""
    return {State.PRESENT: State.ABSENT, State.ABSENT: State.PRESENT}.get(state, State.UNKNOWN)


def state_of(answer: bool | None) -> State:
    """The state that a yes, a no or a "cannot be told" (None) stands for."""
    return State.UNKNOWN if answer is None else State.PRESENT if answer else State.ABSENT
