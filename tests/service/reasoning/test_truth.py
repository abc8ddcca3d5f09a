"""Three-valued truth, held against Kleene's tables."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.reasoning.truth import State, all_present, any_present, opposite, state_of

P, A, U = State.PRESENT, State.ABSENT, State.UNKNOWN
STATES = st.lists(st.sampled_from(State), max_size=5)


@pytest.mark.parametrize(
    ("states", "both", "one"), [((P, P), P, P), ((P, A), A, P), ((P, U), U, P), ((A, A), A, A), ((A, U), A, U), ((U, U), U, U)]
)
def test_two_states_together(states, both, one):
    """ "And" is absent as soon as one is, "or" present as soon as one is; the order does not matter."""
    assert {all_present(states), all_present(states[::-1])} == {both}
    assert {any_present(states), any_present(states[::-1])} == {one}


def test_nothing_asked_is_nothing_missing():
    """All of none are present, one of none is not."""
    assert (all_present([]), any_present([])) == (P, A)


@given(STATES)
def test_and_and_or_mirror_each_other(states):
    """ "All present" is the opposite of "one of the opposites present"."""
    assert all_present(states) is opposite(any_present(map(opposite, states)))


@given(STATES)
def test_what_is_unknown_never_decides_against_the_truth(states):
    """However the unknown parts turn out, an answer that was certain stays."""
    outcomes = [all_present(settled) for settled in product(*([P, A] if state is U else [state] for state in states))]

    assert all_present(states) is (outcomes[0] if len(set(outcomes)) == 1 else U)


def test_the_opposite_of_unknown_is_unknown():
    """Not to know a thing is not to know its contrary either."""
    assert [opposite(state) for state in (P, A, U)] == [A, P, U]


@pytest.mark.parametrize(("answer", "state"), [(True, P), (False, A), (None, U)])
def test_yes_no_and_cannot_be_told(answer, state):
    """An open answer is unknown, never absent."""
    assert state_of(answer) is state
