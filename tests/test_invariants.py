"""What holds for every chart: thousands of generated ones, none of them chosen by us.

Each invariant is tried on a fixed set of charts with `make test`, and on twenty times as many with `make test-long`. A chart is a recipe
over a pool of labelled ingredients (`tests/generated`), so that what it plainly says is known without asking the service.
`tests/generated/once_broken.py` holds the smallest charts on which an invariant did not hold once.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from service.reasoning.rules import those_that_hold
from service.record import Side
from tests.generated import once_broken
from tests.generated.answers import everything, is_held_back, told, worth
from tests.generated.damage import IN_DOUBT, MAY_LACK_STATUS, ODD, changed, cut, elements, left_out, shuffled, with_entries, withdrawn
from tests.generated.pool import POOL
from tests.generated.problems import pains
from tests.generated.recipes import BASES, DATES, KEYS, MAYBE_ADULT, NOT_SPOKEN_OF, STATES, Recipe, recipes
from tests.generated.strangers import STRANGERS
from tests.generated.truths import reproduced, sides_named, sides_of_pain, unread
from tests.service.cards.clients import CLIENTS, problems_for
from tests.service.charts import basis, look

CHARTS, WHOLE, PLACES = recipes(), recipes(whole=True), st.integers(0, 9)
# A key that was never answered, or not as a list of what was asked for; null is an answer.
UNREAD = ("missing", *(state for state in STATES if state != "null"))
# The red flags of a report in doubt do not outweigh a newer study that is in none.
HOLDING_BACK = sorted(one.name for one in POOL.values() if one.rule and one.key != "reports")
LABELLED = sorted(one.name for one in POOL.values() if one.rule or one.nerve)


def invariant(examples: int, **charts: st.SearchStrategy[Any]) -> Callable[[Callable[..., None]], Callable[[int], None]]:
    """A test of so many charts, always the same ones, and of twenty times as many among the long tests."""

    def of(holds: Callable[..., None]) -> Callable[[int], None]:
        @pytest.mark.parametrize("times", [1, pytest.param(20, marks=pytest.mark.long)], ids=["few", "many"])
        def test(times: int) -> None:
            few = settings(max_examples=examples * times, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
            few(given(**charts)(holds))()

        test.__name__, test.__doc__ = holds.__name__, holds.__doc__
        return test

    return of


def may_speak(recipe: Recipe, name: str) -> bool:
    """Whether an ingredient that holds back is heard in this chart: its key is read, and no other rule sets it aside."""
    spared = POOL[name].rule == "D-12" and any(part.name == "tinel" for part in recipe.parts)
    return POOL[name].key not in dict(recipe.states) and not spared


@pytest.mark.parametrize("name", LABELLED)
def test_the_pool_is_read_as_it_is_labelled(name):
    """Added to a chart with a card, a labelled point alone offers the block of its side, and a labelled exclusion keeps all of it back."""
    one = POOL[name]
    surgery, with_point = (Recipe().adding(*base, name).prefetch() for base in BASES[:2])
    answer = worth(look(surgery))

    assert not one.rule or is_held_back(with_point, one.rule)
    assert not one.nerve or (answer.kind, answer.orders) == ("block", reproduced(Recipe().adding(name)))


def test_generated_charts_have_every_kind_of_answer():
    """Workups, blocks, orders, refusals and silence by many rules are all common enough for the invariants to mean something."""
    found: Counter[str] = Counter()

    @settings(max_examples=700, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(recipe=CHARTS)
    def count(recipe):
        evaluation = look(recipe.prefetch())
        answer = worth(evaluation)
        found.update([answer.kind, "order" if answer.orders else "", "refusal" if evaluation.refusal else ""])
        found.update([evaluation.silence.rule] if evaluation.silence else [])

    count()
    assert min(found["workup"], found["block"], found["order"]) >= 50
    assert found["refusal"] >= 10
    assert sum("-" in rule for rule in found) >= 12


@invariant(400, recipe=CHARTS, name=st.sampled_from(HOLDING_BACK))
def test_what_holds_back_is_heard_in_every_chart(recipe, name):
    """A plain red flag, reason not to speak, or hard stop keeps back what it has to, whatever else is in the chart."""
    assume(may_speak(recipe, name))

    assert is_held_back(recipe.adding(name).prefetch(), POOL[name].rule)


@invariant(300, recipe=CHARTS)
def test_no_card_under_a_red_flag_and_no_order_under_a_stop(recipe):
    """However a red flag or a stop was found, by code, by word, by number or by report."""
    evaluation = look(recipe.prefetch())
    rules, answer = evaluation.findings.knowledge.rules, worth(evaluation)

    assert not answer.kind or not those_that_hold(rules["X"], evaluation.findings, "silence")
    assert not answer.orders or not those_that_hold(rules["H"], evaluation.findings, "stop-block")


@invariant(200, recipe=CHARTS, patient=st.sampled_from(NOT_SPOKEN_OF))
def test_no_card_for_a_closed_chart_or_for_one_not_known_to_be_adult(recipe, patient):
    """The dead, replaced records and children; of whom nobody can tell whether they are 18, no more than the result of a block."""
    kind = worth(look(replace(recipe, patient=patient).prefetch())).kind

    assert kind in (("", "response") if patient in MAYBE_ADULT else ("",))


@invariant(500, recipe=CHARTS)
def test_no_order_without_a_point_of_that_nerve_and_side(recipe):
    """Every block on offer has in the chart a finished examination of the last 90 days: that point, that side, the usual pain."""
    answer = worth(look(recipe.prefetch()))

    assert answer.orders <= reproduced(recipe)


@invariant(300, recipe=CHARTS, key=st.sampled_from(("allergies", "medications")), state=st.sampled_from(UNREAD))
def test_no_order_where_allergies_or_drugs_were_not_read(recipe, key, state):
    """Missing, failed, cut, incomplete: nobody knows what this patient must not get."""
    unknown = replace(recipe, states=(*((name, old) for name, old in recipe.states if name != key), (key, state)))

    assert unread(unknown, key)
    assert not worth(look(unknown.prefetch())).orders


@invariant(400, chart=recipes(whole=True, bases=BASES[1:2]), pain=st.sampled_from(sorted(one.name for one in pains() if one.side)))
def test_no_order_for_the_side_that_does_not_hurt(chart, pain):
    """Where all of the pain is on one side, the other is only offered beside it, and no nerve with a conflict of sides has any."""
    recipe = chart.adding(pain)
    evaluation = look(recipe.prefetch())
    assessments = getattr(evaluation.outcome, "assessments", ())
    conflicts = [one.nerve for one in assessments if one.laterality.side is Side.CONFLICT]
    hurts = sides_of_pain(recipe)
    beside = {nerve for nerve, side in reproduced(recipe) if side in (hurts or ())}

    for nerve, side in worth(evaluation).orders:
        assert nerve not in conflicts
        assert not hurts or side in hurts or nerve in beside


@invariant(500, recipe=CHARTS)
def test_no_side_is_invented(recipe):
    """A side on a card, or of an order, is named by an entry about the pain, a point or a harvest; with the result of a block, by it."""
    evaluation = look(recipe.prefetch())
    side = basis(evaluation).get("side")
    said = {"right", "left"} if side == "bilateral" else {side} & {"right", "left"}
    answer = worth(evaluation)

    assert said <= sides_named(recipe, of_block=answer.kind == "response")
    assert {side for _, side in answer.orders} <= sides_named(recipe)


@invariant(250, recipe=CHARTS, chance=st.randoms(use_true_random=False))
def test_the_order_of_entries_and_keys_never_matters(recipe, chance):
    """However a server sorts and a client packs, everything that is found and said is the same."""
    prefetch = recipe.prefetch()

    assert everything(look(shuffled(prefetch, chance))) == everything(look(prefetch))


@invariant(250, recipe=CHARTS, names=st.sets(st.sampled_from(sorted(STRANGERS)), min_size=1))
def test_what_is_beside_the_point_changes_nothing(recipe, names):
    """Blood pressure, a flu vaccine, creatinine, a chest X-ray, penicillin, an eye referral, lisinopril: the answer stays as it is."""
    # A key that holds nothing of what was asked for counts as unread until something of it is there.
    assume(all(state != "another kind" for _, state in recipe.states))
    prefetch = recipe.prefetch()
    added = [STRANGERS[name] for name in names]
    more = with_entries(prefetch, lambda key, old: [*old, *({"resource": one} for place, one in added if place == key)])

    assert told(look(more)) == told(look(prefetch))


@invariant(300, recipe=CHARTS, place=PLACES, doubt=st.sampled_from(sorted(IN_DOUBT)))
def test_what_is_in_doubt_brings_nothing_about(recipe, place, doubt):
    """With a resource of unknown owner, status or meaning no more is said, and no other order offered, than without it."""
    one, id_, _ = recipe.part(place)
    assume(doubt != "no status" or one.kind not in MAY_LACK_STATUS)
    prefetch = recipe.prefetch()
    doubtful, without = (worth(look(changed(prefetch, id_, change))) for change in (IN_DOUBT[doubt], left_out))

    assert not doubtful.exceeds(without)


@invariant(400, recipe=WHOLE, name=st.sampled_from(HOLDING_BACK), doubt=st.sampled_from(sorted(IN_DOUBT)))
def test_what_holds_back_still_does_in_doubt(recipe, name, doubt):
    """A red flag, a reason not to speak or a hard stop of unknown owner, status or meaning opens nothing."""
    assume(may_speak(recipe, name))
    prefetch = recipe.adding(name).prefetch()

    assert is_held_back(changed(prefetch, f"{name}.{len(recipe.parts)}", IN_DOUBT[doubt]), POOL[name].rule)


@invariant(200, recipe=WHOLE, name=st.sampled_from([name for name in HOLDING_BACK if POOL[name].kind in DATES]))
def test_what_holds_back_still_does_at_a_time_that_nobody_can_read(recipe, name):
    """A red flag, a reason not to speak or a hard stop whose date is no date may be of today."""
    assume(may_speak(recipe, name))
    prefetch = recipe.adding(name).prefetch()
    undated = dict.fromkeys(DATES[POOL[name].kind], "last spring")

    assert is_held_back(changed(prefetch, f"{name}.{len(recipe.parts)}", lambda found: {**found, **undated}), POOL[name].rule)


@invariant(400, recipe=CHARTS, place=PLACES, element=PLACES, value=st.sampled_from(ODD))
def test_an_odd_element_never_makes_more_of_a_chart(recipe, place, element, value):
    """With an element that nobody can read no more is said than with it as it was, or without its resource; whichever says more."""
    _, id_, resource = recipe.part(place)
    name = elements(resource)[element % len(elements(resource))]
    prefetch = recipe.prefetch()
    others = [worth(look(prefetch)), worth(look(changed(prefetch, id_, left_out)))]

    assert not worth(look(changed(prefetch, id_, lambda found: {**found, name: value}))).exceeds(*others)


@invariant(200, recipe=WHOLE, allergy=st.sampled_from([name for name in HOLDING_BACK if POOL[name].key == "allergies"]), element=PLACES, value=st.sampled_from(ODD))  # fmt: skip  # noqa: E501
def test_an_odd_allergy_opens_no_order(recipe, allergy, element, value):
    """Whatever element of an allergy that stops a block cannot be read, it stops it still."""
    names = [name for name in POOL[allergy].resource if name not in ("resourceType", "id")]
    name = names[element % len(names)]
    prefetch = recipe.adding(allergy).prefetch()

    assert is_held_back(changed(prefetch, f"{allergy}.{len(recipe.parts)}", lambda found: {**found, name: value}), "H-01")


@invariant(200, recipe=WHOLE, key=st.sampled_from(KEYS[:-1]), place=st.floats(0, 1))
def test_a_key_cut_off_never_makes_more_of_a_chart(recipe, key, place):
    """Of text that ends too early nothing counts: no more is said than with all of it, or with none, and no order without allergies."""
    prefetch = recipe.prefetch()
    answer = worth(look(cut(prefetch, key, place)))
    none = worth(look(with_entries(prefetch, lambda name, entries: [] if name == key else entries)))

    assert not answer.exceeds(worth(look(prefetch)), none)
    assert not answer.orders or key not in ("allergies", "medications")
    assert not answer.kind or key not in ("conditions", "procedures")


@invariant(250, recipe=CHARTS)
def test_a_card_keeps_its_limits(recipe):
    """One card at most, of the lengths that were promised, with at most five suggestions, for information, nothing ticked beforehand."""
    (cards, silence, refusal) = told(look(recipe.prefetch()))

    assert [bool(cards), silence is not None, refusal is not None].count(True) == 1
    assert len(cards) <= 1
    for card in cards:
        assert len(card["summary"]) <= 139
        assert len(card["detail"]) <= 950
        assert len(card["detail"].splitlines()) <= 16
        assert len(card.get("suggestions", ())) <= 5
        assert card["indicator"] == "info"
        assert "isRecommended" not in str(card)


@invariant(200, recipe=CHARTS, client=st.sampled_from(sorted(CLIENTS)))
def test_every_client_can_take_the_card(recipe, client):
    """Whatever its dialect, its level and its codes: nothing that it cannot show, would not take, or could take wrongly."""
    assert problems_for(CLIENTS[client], recipe.prefetch()) == []


@invariant(100, recipe=CHARTS)
def test_the_same_chart_has_the_same_answer_twice(recipe):
    """To the last id: the same call is answered in the same words."""
    assert everything(look(recipe.prefetch())) == everything(look(recipe.prefetch()))


@invariant(300, recipe=CHARTS, place=PLACES, all_of_kind=st.booleans())
def test_withdrawn_is_as_never_written(recipe, place, all_of_kind):
    """One resource, or every one of its kind, entered in error or left out: the same answer."""
    one, id_, _ = recipe.part(place)
    taken_back = gone = recipe.prefetch()
    for other, other_id, _ in map(recipe.part, range(len(recipe.parts))):
        if other_id == id_ or (all_of_kind and other.kind == one.kind):
            taken_back, gone = changed(taken_back, other_id, withdrawn), changed(gone, other_id, left_out)

    assert told(look(taken_back)) == told(look(gone))


@pytest.mark.parametrize("name", once_broken.NO_CARD)
def test_what_gave_a_card_once_gives_none(name):
    """Found by the invariants: a chart that must not give a card."""
    assert not worth(look(once_broken.NO_CARD[name])).kind


@pytest.mark.parametrize("name", once_broken.NO_RIGHT_ORDER)
def test_what_offered_the_right_once_does_not(name):
    """Found by the invariants: a chart in which no block of the right may be offered."""
    assert not {side for _, side in worth(look(once_broken.NO_RIGHT_ORDER[name])).orders} & {"right"}


@pytest.mark.parametrize("name", once_broken.SAME)
def test_pairs_that_differed_once_have_the_same_answer(name):
    """Found by the invariants: two charts that mean the same."""
    assert told(look(once_broken.SAME[name][0])) == told(look(once_broken.SAME[name][1]))
