"""Sequences over weeks: what is said again, what is not, and until when, in every file of fixtures/sequences.

They go through the corridor with a history that grows from step to step.
"""

from datetime import timedelta

import pytest

from tests.sequences import FIRST_DAY, Played, played, resources, sequences

EACH = pytest.mark.parametrize("name", sequences())


def in_words(one: Played) -> str:
    """What a step got: the kind of its card, the rule of its silence with its last day, or the keys of its refusal."""
    if refusal := one.evaluation.refusal:
        return f"refused {' '.join(refusal.keys)}"
    if silence := one.evaluation.silence:
        return f"{silence.rule} until {(silence.until - FIRST_DAY).days}" if silence.until else silence.rule
    return one.evaluation.gist.kind


def expected(one: Played) -> str:
    told = one.step.told
    if "refused" in told:
        return f"refused {' '.join(told['refused'])}"
    return told.get("card") or (f"{told['silence']} until {told['until']}" if "until" in told else told["silence"])


@EACH
def test_every_step_gets_what_it_should(name):
    """Card after card and silence after silence, each with its rule and its last day."""
    steps = played(name)

    assert [in_words(one) for one in steps] == [expected(one) for one in steps]
