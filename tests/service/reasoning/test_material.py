"""What of a chart is material: what a later entry must say to be news, and what a digest of it gives away."""

from datetime import timedelta

import pytest

from service.call import Call
from service.evaluate import evaluate
from service.history import Gist, History
from service.knowledge.load import load_knowledge
from service.knowledge.thresholds import Adjustments
from tests.service import blocks
from tests.service.charts import (
    CPT,
    HL7,
    ICD,
    LOINC,
    SNOMED,
    TODAY,
    ago,
    allergy,
    archetype,
    bundle,
    chart,
    concept,
    condition,
    look,
    observation,
    pressed,
    procedure,
    report,
)

FUSION = (
    procedure("fusion", code=concept(CPT, "22612"), performedDateTime=ago(730)),
    procedure("graft", code=concept(CPT, "20937", "Iliac crest bone graft"), performedDateTime=ago(730)),
)


def facts(prefetch) -> frozenset[str]:
    """The material facts of the card of a chart."""
    return look(prefetch).gist.facts


def with_more(key, *resources):
    """The archetype's chart with more under one key."""
    usual = {"conditions": (condition(),), "procedures": (procedure(), *FUSION), "reports": (report(),)}
    return archetype(**{key: bundle(*usual.get(key, ()), *resources)})


def note(text):
    """What an examination of today says in words."""
    return observation("note", category=[concept(f"{HL7}observation-category", "exam")], code=concept(text="Back exam"), valueString=text)


NEWS = {
    "a positive point": ("exams", pressed()),
    "the place of the pain": ("conditions", condition("place", code=concept(text="Right upper buttock pain"))),
    "an operation": ("procedures", procedure("discectomy", code=concept(CPT, "63030"), performedDateTime=ago(2000))),
    "the same operation on another day": ("procedures", procedure("again", performedDateTime=ago(500))),
    "an injection with pain after it": ("procedures", procedure("facet", code=concept(CPT, "64493"), performedDateTime=ago(300))),
    "a tender point": ("exams", note("Tender over the right iliac crest 7 cm from the midline, not the usual pain")),
    "a point without a landmark": ("exams", note("Trigger point in the left buttock, pressing it reproduces her usual pain")),
    "a neuropathic quality": ("conditions", condition("burning", code=concept(text="Burning pain of the lower back"))),
}
NO_NEWS = {
    "the same diagnosis once more": ("conditions", condition("once-more", recordedDate=ago(0))),
    "the same operation in another entry": ("procedures", procedure("copy")),
    "another MRI like the one before": ("reports", report(id_="another", effectiveDateTime=ago(3))),
    "a pain score": ("surveys", observation(code=concept(LOINC, "72514-3"), valueQuantity={"value": 6, "unit": "{score}"})),
    "a painless point": ("exams", pressed(answer="not-tender")),
    "an allergy": ("allergies", allergy("Latex")),
}


@pytest.mark.parametrize(("key", "resource"), NEWS.values(), ids=NEWS)
def test_what_the_assessments_rest_on_is_news(key, resource):
    """A newly recorded finding is a new fact, and nothing that was known is lost by it."""
    news = facts(with_more(key, resource)) - facts(archetype())

    assert news
    assert facts(archetype()) <= facts(with_more(key, resource))


@pytest.mark.parametrize(("key", "resource"), NO_NEWS.values(), ids=NO_NEWS)
def test_what_is_written_down_again_is_no_news(key, resource):
    """However often it is recorded, and whatever else is, the facts stay those they were."""
    assert facts(with_more(key, resource)) == facts(archetype())


def test_pressing_a_point_again_is_news_of_its_day():
    """A point that reproduces the pain on another day, or on the other side."""
    first = facts(with_more("exams", pressed(effectiveDateTime=ago(30))))
    again = facts(with_more("exams", pressed(effectiveDateTime=ago(30)), pressed(id="again")))
    other = facts(with_more("exams", pressed(effectiveDateTime=ago(30)), pressed(side="left", effectiveDateTime=ago(30))))

    assert first < again
    assert first < other


def test_a_point_pressed_in_vain_is_told_apart_by_its_side_alone():
    """It is no fact of the card; pressed in vain on another day it is the same, on the other side another."""
    once = look(with_more("exams", pressed(answer="not-tender", effectiveDateTime=ago(30)))).gist
    again = look(with_more("exams", pressed(answer="not-tender", effectiveDateTime=ago(3)))).gist
    other = look(with_more("exams", pressed(side="left", answer="not-tender", effectiveDateTime=ago(3)))).gist

    assert once.facts == facts(archetype())
    assert once.in_vain == again.in_vain != other.in_vain


def test_a_point_pressed_long_ago_does_not_become_news():
    """When the days are over in which it stands for a block, it is the fact that it was."""
    prefetch = with_more("exams", pressed(effectiveDateTime=ago(90)))
    last, after = (evaluate(chart(prefetch), load_knowledge(), today=today, call=Call("p")).gist for today in (TODAY, TODAY + timedelta(1)))

    assert (last.kind, after.kind) == ("block", "workup")
    assert after.facts < last.facts


def test_a_block_that_may_now_be_considered_is_news_without_a_new_entry():
    """What capped the tier is gone: the point was known, that a block may follow from it was not."""
    left = condition("left", code=concept(text="Left low back pain"))
    conflict = look(with_more("exams", pressed()) | {"conditions": bundle(condition(), left)})
    free = look(with_more("exams", pressed()))

    assert (conflict.gist.kind, free.gist.kind) == ("workup", "block")
    assert free.gist.facts - conflict.gist.facts


def test_an_operation_that_is_told_again_as_a_diagnosis_is_no_news():
    """A postlaminectomy syndrome is a fact; on which day somebody wrote it down is none."""
    once = condition("status", code=concept(ICD, "M96.1"), onsetDateTime=None, recordedDate=ago(200))
    again = condition("status-again", code=concept(ICD, "M96.1"), onsetDateTime=None, recordedDate=ago(2))

    assert facts(archetype()) < facts(with_more("conditions", once)) == facts(with_more("conditions", once, again))


@pytest.mark.parametrize("policy", ["evidence", "inclusive"])
def test_what_a_site_counts_is_material_there(policy):
    """What the articles merely name is a fact under the policy "inclusive" alone."""
    fall = condition("fall", code=concept(text="Contusion of lower back after a fall"), onsetDateTime=ago(800), recordedDate=ago(800))
    knowledge = load_knowledge(Adjustments(policy))
    plain, more = (
        evaluate(chart(prefetch), knowledge, today=TODAY, call=Call("p")).gist.facts
        for prefetch in (archetype(), with_more("conditions", fall))
    )

    assert (plain < more) == (policy == "inclusive")


def test_the_result_of_a_block_is_news():
    """The block was known; that it can be read is not, nor is another block."""
    unread = facts(blocks.prefetch(scores=()))

    assert facts(blocks.prefetch()) - unread
    assert facts(blocks.prefetch(blocks.done(), blocks.done(id_="second", day="2026-11-15"))) - unread


def test_a_gist_says_what_the_card_says():
    """Kind, nerves, side and tier are those of the card's basis."""
    seen = look(with_more("exams", pressed(), pressed(side="left")))
    basis = seen.cards[0].extension["org.cluneal-cds.basis"]

    assert (seen.gist.kind, list(seen.gist.nerves), seen.gist.side, seen.gist.tier) == (
        basis["kind"], basis["nerves"], basis["side"], basis["tier"],
    )  # fmt: skip


def test_silence_has_no_gist():
    """There is nothing to remember where nothing was shown."""
    assert look(archetype(procedures=bundle())).gist is None


def test_a_digest_is_of_its_salt_and_names_nothing():
    """With another salt every digest is another; none holds a reference, a code or a word of the chart."""
    here, there = (
        evaluate(chart(archetype()), load_knowledge(), today=TODAY, call=Call("p"), history=History(salt=salt)).gist
        for salt in (b"lakeside p", b"harbor p")
    )

    assert isinstance(here, Gist)
    assert len(here.facts) == len(there.facts)
    assert not here.facts & there.facts
    assert all(len(one) == 16 and set(one) <= set("0123456789abcdef") for one in here.facts)


def test_the_other_side_is_another_fact():
    """Right upper buttock pain is known; left upper buttock pain is news."""
    right = condition("right", code=concept(text="Right upper buttock pain"), bodySite=[concept(SNOMED, "24028007")])
    left = condition("left", code=concept(text="Left upper buttock pain"))

    assert facts(with_more("conditions", right)) < facts(with_more("conditions", right, left))
