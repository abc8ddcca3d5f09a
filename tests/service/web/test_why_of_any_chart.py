"""Whatever a chart holds, and however it is damaged: its reasons can be written, read again and shown, and decide as the card did."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.call import Call
from service.knowledge.load import load_knowledge
from service.reasoning.rules import state_of
from service.web.layout import Layout
from service.web.why_basis import STEPS, basis_of
from service.web.why_criteria import rule_state
from service.web.why_link import LONGEST, Seal
from service.web.why_page import why_page
from service.web.why_written import read_basis, written
from tests.generated.damage import ODD, changed
from tests.generated.recipes import recipes
from tests.service.charts import look

KNOWLEDGE, LAYOUT = load_knowledge(), Layout("http://localhost:8000", "2026.9")
SEAL = Seal([b"7" * 32], KNOWLEDGE, minutes=60)
CALL = Call("p", user="Practitioner/1")


def agrees(prefetch: dict) -> None:
    """The reasons of a chart stand the way through a link, onto a page, and say of every rule what the reasoning said."""
    evaluation = look(prefetch)
    basis = basis_of(evaluation, CALL, thorough=True)
    assert (basis is None) is (evaluation.refusal is not None)
    if basis is None:
        return
    again = read_basis(written(basis))
    assert again == basis
    rules = [rule for stage in KNOWLEDGE.rules.values() for rule in stage if rule.asks]
    assert [rule.id for rule in rules if rule_state(rule, again) is not state_of(rule, evaluation.findings)] == []
    least = basis_of(evaluation, CALL, thorough=not evaluation.cards, most=STEPS[-1])
    assert len(SEAL.sealed(written(least), now=0) or "x" * LONGEST) < LONGEST
    assert LAYOUT.page("why.html", at="", why=why_page(again, KNOWLEDGE), minutes=60).status_code == 200


def damaged(prefetch: dict, place: int, odd: object) -> dict:
    """The chart with one element of one resource become something odd, also its id."""
    bundles = [value for value in prefetch.values() if isinstance(value, dict)]
    listed = [entry["resource"] for value in bundles for entry in value.get("entry", ()) if entry.get("resource")]
    if odd is None or not listed:
        return prefetch
    chosen = listed[place % len(listed)]
    names = [name for name in chosen if name != "resourceType"]
    return changed(prefetch, chosen.get("id", ""), lambda found: {**found, names[place % len(names)]: odd})


@pytest.mark.parametrize("times", [1, pytest.param(20, marks=pytest.mark.long)], ids=["few", "many"])
def test_any_chart_has_a_page(times):
    """Generated charts, sound and damaged."""

    @settings(max_examples=60 * times, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(recipe=recipes(), place=st.integers(0, 10_000), odd=st.sampled_from([None, *ODD]))
    def holds(recipe, place, odd):
        agrees(damaged(recipe.prefetch(), place, odd))

    holds()
