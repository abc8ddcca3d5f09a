"""An order that carries the site's own code is known to be ours: placed it is not offered again, drafted it is looked at."""

import pytest

from service.speech import OrderCode, Speech
from tests.service.cards.clients import BUILT, SITE
from tests.service.charts import CPT, EVERYBODY, allergy, archetype, basis, bundle, concept, look, order, pressed

EPIC = Speech("epic", order_codes=BUILT)
BOTH_POINTS = bundle(pressed(), pressed(side="left"))


def placed(code, system=SITE):
    """An order of last week as an EHR makes it from its own item: its code and its name, no side of ours."""
    return bundle(order(code=concept(system, code, "Nerve block, image guided")))


def offered(orders, speech=EPIC):
    (card,) = look(archetype(exams=BOTH_POINTS, orders=orders), speech=speech).cards
    return [action.description.split()[-2] for one in card.suggestions for action in one.actions]


def test_a_block_that_was_ordered_by_the_sites_code_is_not_offered_again():
    """Nor is its other side kept back, for the code says the side."""
    assert offered(bundle()) == ["RIGHT", "LEFT"]
    assert offered(placed("superior-right")) == ["LEFT"]
    assert offered(placed("middle-right")) == ["RIGHT", "LEFT"]


def test_a_code_for_either_side_counts_for_both():
    """Where neither code nor text says the side, another order of the same block waits."""
    either = Speech(order_codes=(OrderCode("superior-cluneal-block", SITE, "either"),))

    assert offered(placed("either"), either) == []


def test_the_codes_of_one_site_are_nothing_to_another():
    """They are read for the client that has them, and for nobody else."""
    assert offered(placed("superior-right"), EVERYBODY) == ["RIGHT", "LEFT"]


@pytest.mark.parametrize(
    ("codes", "order_code"),
    [
        ((OrderCode("superior-cluneal-block", CPT, "64450"),), (CPT, "64450")),
        (
            (OrderCode("superior-cluneal-block", SITE, "block"), OrderCode("middle-cluneal-block", SITE, "block")),
            (SITE, "block"),
        ),
    ],
    ids=["a code with a meaning", "one code for several"],
)
def test_a_code_of_any_block_is_read_as_none(codes, order_code):
    """64450 stays any nerve, and so does an item that the site uses for several blocks: an order by it says nothing of this nerve."""
    system, code = order_code

    assert offered(placed(code, system), Speech(order_codes=codes)) == ["RIGHT", "LEFT"]


def test_a_draft_by_the_sites_code_is_looked_at():
    """The card at an order comes for the site's own block as for ours, and names nerve and side."""
    draft = {"resourceType": "ServiceRequest", "id": "d", "code": concept(SITE, "superior-right", "Nerve block, image guided")}
    ours, others = (
        look(archetype(allergies=bundle(allergy()), exams=BOTH_POINTS), drafts=(draft,), speech=speech) for speech in (EPIC, EVERYBODY)
    )

    assert ours.cards[0].summary.startswith("Right superior cluneal block drafted: amide anaesthetic allergy")
    assert basis(ours)["side"] == "right"
    assert not others.cards
