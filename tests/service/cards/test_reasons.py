"""What a card says for itself: the drug, the side, the order that is already there, and no sentence twice."""

import pytest

from tests.service.charts import CPT, ago, archetype, bundle, concept, condition, look, order, prescription, pressed, procedure

POINT = bundle(pressed())


def card(**keys):
    (one,) = look(archetype(**keys)).cards
    return one


def section(detail, title):
    return next((part for part in detail.split("\n\n") if part.startswith(f"**{title}")), "")


def test_a_caution_names_its_drug_in_full_while_there_is_room():
    """Which drug it is matters more than a published number, which gives way first."""
    detail = card(exams=POINT, procedures=bundle(procedure()), medications=bundle(prescription("Warfarin 5 mg tablet"))).detail

    assert "discuss with the prescriber" in section(detail, "Cautions")
    assert '"Warfarin 5 mg tablet"' in section(detail, "Cautions")


def test_the_side_of_a_graft_is_told():
    """A harvest with a side says it where the operation is named, and it is no longer among what is not known."""
    graft = procedure("graft", code=concept(CPT, "20937", "Iliac crest bone graft, left"), performedDateTime=ago(730))
    detail = card(procedures=bundle(procedure("fusion", code=concept(CPT, "22612"), performedDateTime=ago(730)), graft)).detail

    assert ", left (" in section(detail, "Because")
    assert "side of the graft" not in section(detail, "Not known")


def test_a_sentence_is_quoted_once():
    """One entry that says where it hurts, how, and when worse is quoted for the first and named for the others."""
    said = "Right upper buttock pain, burning, chronic, worse on bending"
    detail = card(conditions=bundle(condition(code=concept(text=said)))).detail

    assert detail.count(said) == 1
    assert "neuropathic quality" in section(detail, "Because")


@pytest.mark.parametrize(
    ("ordered", "ends"),
    [
        ("SCN block, right", "block already ordered"),
        ("Superior cluneal nerve block, left", "consider a diagnostic block"),
    ],
)
def test_the_summary_does_not_ask_for_what_is_ordered(ordered, ends):
    """A block of that nerve on that side is said to be there; one on the other side changes nothing."""
    one = card(exams=POINT, orders=bundle(order(code=concept(text=ordered), status="active", authoredOn=ago(3))))

    assert one.summary.endswith(ends)
    assert bool(one.suggestions) is (ends == "consider a diagnostic block")
