"""What an order says beside its code: the reason it is made for, the site, the details; and how many of them are read."""

import pytest

from tests.other_versions import to_r5, to_stu3
from tests.service.charts import CPT, ICD, concept
from tests.service.orders import ALLERGIC, ARCHETYPE, FILM, MRI, RIGHT_POINT, asked, draft

NERVE_BLOCK = concept(CPT, "64450", "Peripheral nerve block")


@pytest.mark.parametrize(
    ("reason", "rule"),
    [
        ({"reasonCode": [{"text": "New urinary retention and saddle anesthesia"}]}, "X-01"),
        ({"reasonCode": [{"text": "Suspected cauda equina syndrome"}]}, "X-01"),
        ({"reasonCode": [{"text": "Rule out discitis, fever"}]}, "X-04"),
        ({"reasonCode": [{"text": "New foot drop"}]}, "X-02"),
        ({"reasonCode": [{"text": "R/o spinal metastasis"}]}, "X-05"),
        ({"reasonCode": [concept(ICD, "M21.371")]}, "X-02"),
        ({"reason": [{"concept": {"text": "Rule out discitis, fever"}}, {"reference": {"reference": "Condition/1"}}]}, "X-04"),
        ({"note": [{"text": "New saddle anesthesia"}]}, "X-01"),
        ({"note": {"text": "New saddle anesthesia"}}, "X-01"),
    ],
)
def test_an_order_for_a_red_flag_is_no_moment_for_advice(reason, rule):
    """The flag may stand in the order alone, merely suspected; nothing is said beside it."""
    assert asked(ARCHETYPE, {**MRI, **reason}).silence == rule


@pytest.mark.parametrize(
    "reason",
    [
        {"reasonCode": [{"text": "Persistent low back pain after laminectomy"}]},
        {"reasonCode": [{"text": "Back pain, no saddle anesthesia, no fever"}]},
        {"reasonCode": "odd"},
        {"reasonCode": [None, 3, {"coding": "odd"}], "note": ["odd"]},
    ],
)
def test_any_other_reason_changes_nothing(reason):
    """Pain is what the order is for; what cannot be read holds nothing back."""
    assert asked(ARCHETYPE, {**MRI, **reason}).basis["rules"][-1] == "O-first"


def test_a_block_is_recognised_by_its_site():
    """64450 is any nerve: the body site says which, and the allergy is told."""
    found = asked(ALLERGIC, draft(NERVE_BLOCK, bodySite=[{"text": "Right superior cluneal nerve"}]))

    assert (found.cards[0]["indicator"], found.basis["side"]) == ("warning", "right")
    assert asked(ALLERGIC, draft(NERVE_BLOCK, bodySite=[{"text": "Right saphenous nerve"}])).silence == "O-none"


@pytest.mark.parametrize("how", [to_r5, to_stu3])
def test_an_order_of_another_version_is_the_same_order(how):
    """R5 wraps its code; until STU3 it was a ProcedureRequest."""
    order = draft(NERVE_BLOCK, bodySite=[{"text": "Right superior cluneal nerve"}])
    told, other = asked(ALLERGIC, order), asked(ALLERGIC, how(order))

    assert told.cards
    assert (told.words, told.basis, told.reasons) == (other.words, other.basis, other.reasons)


def test_a_block_is_recognised_by_its_details():
    """Nerve and side may stand in the details of the order alone."""
    found = asked(RIGHT_POINT, draft(NERVE_BLOCK, orderDetail=[{"text": "superior cluneal nerve, left"}]))

    assert found.basis["rules"] == ["O-block", "O-side"]


@pytest.mark.parametrize(
    "name",
    ["Lumbar medial branch radiofrequency ablation L4-S1", "Lumbar facet rhizotomy", "Radiofrequency ablation, lumbar facet"],
)
def test_facet_radiofrequency_is_named_as_what_it_is(name):
    """Also the first one, and never as an injection."""
    found = asked(ARCHETYPE, draft(concept(CPT, "64635", name)))

    assert "facet radiofrequency: this does not argue against the order." in found.words


def test_drafts_count_towards_the_most_that_is_read():
    """A hundred thousand drafts are too many, as as many entries of the chart are."""
    found = asked(ARCHETYPE, *[FILM] * 100_000)

    assert found.status == 413
