"""What holds of quiet for every history: thousands of generated ones, none of them chosen by us."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.call import Call
from service.evaluate import evaluate
from service.history import Gist, History, Shown, Visit
from service.knowledge.load import load_knowledge
from service.reasoning.quiet import quiet
from service.transcript import transcribe
from tests.generated.recipes import recipes
from tests.service.charts import allergy, archetype, bundle, chart, look, pressed
from tests.service.orders import block
from tests.service.reasoning.shown import HERE, TODAY, shown, told

KNOWN = tuple("abcde")
ORDERS = [("", ""), ("first", "lumbar MRI"), ("first", "facet radiofrequency"), ("block", "cluneal block")]
REASONS = [None, "", *(one.code for one in load_knowledge().wording.override)]


def holds(examples: int = 200, **of: st.SearchStrategy[Any]) -> Callable[[Callable[..., None]], Callable[[int], None]]:
    """A test of so many examples, always the same ones, and of twenty times as many among the long tests."""

    def made(what: Callable[..., None]) -> Callable[[int], None]:
        @pytest.mark.parametrize("times", [1, pytest.param(20, marks=pytest.mark.long)], ids=["few", "many"])
        def test(times: int) -> None:
            settings(max_examples=examples * times, deadline=None, derandomize=True)(given(**of)(what))()

        test.__name__, test.__doc__ = what.__name__, what.__doc__
        return test

    return made


def gists(facts: tuple[str, ...] = KNOWN, orders: list[tuple[str, str]] = ORDERS) -> st.SearchStrategy[Gist]:
    return st.builds(
        lambda order, rests, in_vain: Gist("order" if order[0] else "workup", ("superior",), "", "moderate", *order, rests, in_vain),
        st.sampled_from(orders),
        st.frozensets(st.sampled_from(facts), min_size=1),
        st.frozensets(st.sampled_from("xy")),
    )


@st.composite
def cards(draw: st.DrawFn, facts: tuple[str, ...] = KNOWN) -> Shown:
    """A card of the last four hundred days, with what became of it, for whomever."""
    ago = draw(st.integers(0, 400))
    feedback = [told(draw(st.integers(0, ago)), draw(st.sampled_from(REASONS)), at) for at in range(draw(st.integers(0, 2)))]
    encounter = draw(st.sampled_from(["", "now", "one", "two", "three"]))
    return shown(
        ago,
        *feedback,
        what=draw(gists(facts)),
        at=draw(st.integers(0, 23)),
        encounter=encounter,
        user=draw(st.sampled_from(["avery", "blake"])),
    )


HISTORIES = st.lists(cards(), max_size=5)
OF_OTHERS = st.lists(
    st.builds(
        lambda card, client, patient: replace(card, visit=replace(card.visit, client=client, patient=patient)),
        cards(),
        st.sampled_from(["lakeside", "harbor"]),
        st.sampled_from(["q", "r"]),
    )
    | st.builds(lambda card: replace(card, visit=replace(card.visit, client="harbor")), cards()),
    max_size=5,
)


def judged(gist: Gist, seen: list[Shown], *, visit: Visit = HERE, today: date = TODAY, advised: date | None = None) -> Any:
    return quiet(gist, History(visit, tuple(seen), advised), load_knowledge(), today=today)


@holds(150, recipe=recipes())
def test_an_empty_history_changes_nothing(recipe):
    """For whatever chart: with a memory that holds nothing, all is as without one, to the last id."""
    sent, call = chart(recipe.prefetch()), Call("p", "1", "Practitioner/1")
    without = evaluate(sent, load_knowledge(), today=TODAY, call=call)
    empty = evaluate(sent, load_knowledge(), today=TODAY, call=call, history=History(HERE, (), TODAY, b"salt"))

    assert transcribe(empty) == transcribe(without)


@holds(gist=gists(), seen=HISTORIES, others=OF_OTHERS, place=st.integers(0, 5))
def test_another_client_or_patient_never_matters(gist, seen, others, place):
    """Whatever was shown or answered elsewhere, the answer is the same."""
    assert judged(gist, [*seen[:place], *others, *seen[place:]]) == judged(gist, seen)


@holds(gist=gists(), seen=HISTORIES, chance=st.randoms(use_true_random=False))
def test_the_order_in_which_a_store_gives_cards_never_matters(gist, seen, chance):
    """Cards are told apart by their moment."""
    mixed = list(seen)
    chance.shuffle(mixed)

    assert judged(gist, mixed) == judged(gist, seen)


@holds(gist=gists(), seen=HISTORIES)
def test_what_is_new_is_said(gist, seen):
    """A fact that no card rested on before ends every pause at once; only one order card a day stays so."""
    news = replace(gist, facts=gist.facts | {"new"})

    assert judged(news, seen) is None
    assert (judged(news, seen, advised=TODAY) is None) == (gist.about != "first")


@holds(gist=gists(orders=[("", ""), ("first", "lumbar MRI")]), seen=HISTORIES)
def test_the_same_visit_gets_the_same_card_again(gist, seen):
    """While nobody answered any card, what was shown in this visit is shown again."""
    unanswered = [replace(one, feedback=()) for one in seen]

    assert judged(gist, [*unanswered, shown(0, what=gist, encounter="now")], advised=TODAY) is None


@holds(gist=gists(), seen=HISTORIES)
def test_every_silence_names_its_rule_and_comes_to_an_end(gist, seen):
    """It lasts until today at least and for a year at most; a year after the last card and answer nothing is left of any."""
    silence = judged(gist, seen)
    if silence is not None:
        assert {silence.rule, *silence.also} <= {"D-02", "D-03", "D-11"}
        assert silence.until is None or TODAY <= silence.until <= TODAY + timedelta(365)

    assert judged(gist, seen, visit=replace(HERE, encounter="much later"), today=TODAY + timedelta(366)) is None


POINT = archetype(exams=bundle(pressed()), allergies=bundle(allergy()))
# What that patient's card rests on, so that a history knows all of it.
RESTS = tuple(sorted(look(POINT).gist.facts))
SIGNED = replace(chart(POINT), drafts=({"subject": {"reference": "Patient/p"}, **block()},))
UNREADABLE = chart(POINT | {"procedures": {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "exception"}]}})


@pytest.mark.parametrize(("sent", "hook"), [(SIGNED, "order-sign"), (SIGNED, "order-select"), (UNREADABLE, "patient-view")])
def test_a_warning_before_a_block_and_a_refusal_are_never_quiet(sent, hook):
    """Whatever was shown, accepted or dismissed before, a hard stop is said, and a chart that cannot be judged is a 412."""
    call = Call("p", "1", "Practitioner/1", "now", hook)
    without = evaluate(sent, load_knowledge(), today=TODAY, call=call)
    assert without.refusal or without.cards[0].indicator == "warning"

    @settings(max_examples=100, deadline=None, derandomize=True)
    @given(seen=st.lists(cards(RESTS), min_size=1, max_size=6))
    def holds_for(seen: list[Shown]) -> None:
        after = evaluate(sent, load_knowledge(), today=TODAY, call=call, history=History(HERE, tuple(seen), TODAY))
        assert transcribe(after) == transcribe(without)

    holds_for()
