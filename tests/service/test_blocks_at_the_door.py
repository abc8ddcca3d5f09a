"""Cluneal blocks at the door: what order-select and order-sign answer to a drafted block, and to drafts that only resemble one."""

import pytest

from service.story import read_story
from tests.doors import over_http
from tests.service.charts import CPT, EXAMINATION, HL7, SNOMED, concept
from tests.service.orders import ALLERGIC, ARCHETYPE, BOTH_POINTS, DRUG, EACH_HOOK, FILM, MRI, RIGHT_POINT, add, asked, block, draft, only


@EACH_HOOK
@pytest.mark.parametrize(
    "order",
    [
        block(),
        draft(concept(CPT, "64450", "Superior cluneal nerve block right")),
        draft(concept(text="SCN block right")),
        draft(concept(text="Cluneal nerve injection, right")),
        draft({"coding": [{"system": "urn:oid:2.999.1", "code": "PAIN-17", "display": "Superior cluneal nerve block, right"}]}),
        draft(concept("urn:oid:2.999.1", "PAIN-17", "Right superior cluneal block")),
        draft(concept(text="Lumbar facet injection and right superior cluneal nerve block")),
    ],
    ids=["our code", "64450 and words", "short words", "no nerve named", "local code", "local code and words", "beside another"],
)
def test_a_cluneal_block_meets_the_allergy(hook, order):
    """V24: an active severe lidocaine allergy makes it a warning, however the block is written, at both hooks."""
    found = asked(ALLERGIC, order, hook=hook)

    assert (found.basis["kind"], found.cards[0]["indicator"], found.basis["side"]) == ("order", "warning", "right")
    assert "H-01" in found.basis["rules"]
    assert all(word in found.words for word in ("lidocaine", "allergy", "right", "cluneal block drafted"))
    assert "suggestions" not in found.cards[0]


@EACH_HOOK
@pytest.mark.parametrize(
    "order",
    [
        draft(concept(CPT, "64450")),
        draft(concept(CPT, "64450", "Saphenous nerve block, right")),
        draft(concept(CPT, "64450", "Injection of a peripheral nerve")),
        draft(concept(text="Saphenous block, no superior cluneal nerve block")),
        draft(concept(text="SCN ultrasound, right")),
        draft(concept(EXAMINATION, "focused-cluneal-examination", "Referral to pain medicine for a focused cluneal examination")),
        block(doNotPerform=True),
        {**DRUG},
    ],
    ids=["64450 alone", "another nerve", "any nerve", "denied", "no block", "our referral", "not to be done", "a drug"],
)
def test_what_is_no_cluneal_block_meets_nothing(hook, order):
    """The same patient with the same allergy: 64450 is any nerve, and nothing is said of other orders."""
    assert asked(ALLERGIC, order, hook=hook).silence == "O-none"


def test_a_note_about_a_later_block_makes_no_block_of_an_mri():
    """The order is what its code says; that a block may follow is said beside it, and nothing "is drafted"."""
    noted = {**MRI, "note": [{"text": "To be done before a superior cluneal nerve block"}]}

    assert asked(ARCHETYPE, noted).basis["rules"][-1] == "O-first"
    assert "cluneal block drafted" not in (found.words if (found := asked(ALLERGIC, noted)).cards else "")


@pytest.mark.parametrize(
    ("story", "order", "indicator", "rules"),
    [
        ("right-crest-point-with-unreadable-allergies", block(), "info", ["O-block"]),
        ("new-urinary-retention-and-saddle-numbness", block("LEFT"), "warning", ["O-block", "X-01"]),
        ("left-crest-point-after-decompression-on-apixaban", block("LEFT"), "info", ["O-block", "H-04"]),
        ("pregnant-with-a-right-crest-point", block(), "info", ["O-block", "H-03"]),
        (RIGHT_POINT, block("LEFT"), "warning", ["O-block", "O-side"]),
        ("vertebral-fracture-three-weeks-ago", block(), "info", ["O-block", "X-03", "H-08"]),
    ],
    ids=["unread allergies", "cauda equina", "apixaban", "pregnancy", "wrong side", "another red flag"],
)
def test_what_is_to_be_thought_of_before_a_block(story, order, indicator, rules):
    """A warning for H-01, H-02, X-01 and the wrong side; everything else is told without one."""
    found = asked(story, order)

    assert (found.cards[0]["indicator"], found.basis["rules"]) == (indicator, rules)


def test_an_infection_where_the_needle_goes_in_is_a_warning():
    """H-02: cellulitis of the buttock, as of last week."""
    cellulitis = {
        "resourceType": "Condition",
        "clinicalStatus": concept(f"{HL7}condition-clinical", "active"),
        "verificationStatus": concept(f"{HL7}condition-ver-status", "confirmed"),
        "code": concept(SNOMED, "44428005", "Cellulitis of buttock"),
        "onsetDateTime": "2026-11-13",
    }
    found = asked(RIGHT_POINT, block(), chart=add("conditions", cellulitis))

    assert (found.cards[0]["indicator"], found.basis["rules"]) == ("warning", ["O-block", "H-02"])


def test_an_allergy_that_was_mild_is_told_without_a_warning():
    """A rash is to be clarified (H-01b), not a stop."""
    mild = only("allergies", criticality="low", reaction=[{"manifestation": [concept(text="Rash")], "severity": "mild"}], note=[])
    found = asked(ALLERGIC, block(), chart=mild)

    assert (found.cards[0]["indicator"], found.basis["rules"]) == ("info", ["O-block", "H-01b"])


def test_a_red_flag_that_is_no_warning_is_said_beside_one():
    """Cancer keeps a suspicion back (X-05); at a block that somebody drafts all the same it is told, after the allergy."""
    cancer = read_story("bone-metastases-and-crest-pain").prefetch["conditions"]["entry"][1]["resource"]
    found = asked(ALLERGIC, block(), chart=add("conditions", {name: value for name, value in cancer.items() if name != "subject"}))

    assert found.basis["rules"] == ["O-block", "H-01", "X-05"]


def test_unread_allergies_are_named():
    """Nothing was found because nothing could be looked at: the card says so."""
    found = asked("right-crest-point-with-unreadable-allergies", block())

    assert "allergies not checked" in found.words


@pytest.mark.parametrize(
    ("story", "drafts"),
    [
        (RIGHT_POINT, [block()]),
        ("right-crest-point-and-refuted-lidocaine-allergy", [block()]),
        (BOTH_POINTS, [block("RIGHT"), block("LEFT")]),
        ("laminectomy-patient-in-hospital", [block()]),
        (RIGHT_POINT, [draft(concept(EXAMINATION, "superior-cluneal-block"))]),
    ],
    ids=["nothing on record", "refuted allergy", "a block of each side", "inpatient", "no side"],
)
def test_a_block_that_nothing_speaks_against_is_silent(story, drafts):
    """No card for its own sake; reasons not to speak of a suspicion (D) are none here, in either direction."""
    assert asked(story, *drafts).silence == "O-clear"


def test_of_two_blocks_the_warning_is_told():
    """The block on the right side has a caution, the other one is on the wrong side: the one card is the warning."""
    apixaban = "left-crest-point-after-decompression-on-apixaban"
    for drafts in ([block("LEFT"), block("RIGHT")], [block("RIGHT"), block("LEFT")]):
        found = asked(apixaban, *drafts)
        assert (found.cards[0]["indicator"], found.basis["rules"]) == ("warning", ["O-block", "O-side", "H-04"])


def test_of_two_blocks_the_wrong_side_is_told():
    """Both are drafted, one point is on record: the card is about the other side, whichever was written first."""
    for drafts in ([block("RIGHT"), block("LEFT")], [block("LEFT"), block("RIGHT")]):
        found = asked(RIGHT_POINT, *drafts)
        assert (found.basis["side"], found.cards[0]["indicator"]) == ("left", "warning")
        assert "the right side is on record: verify the side" in found.words


@pytest.mark.parametrize("where", ["bodySite", "orderDetail"])
def test_the_side_of_an_order_is_read_where_our_own_orders_write_it(where):
    """In the body site or in the details of the order, when its name says none."""
    found = asked(RIGHT_POINT, draft(concept(EXAMINATION, "superior-cluneal-block"), **{where: [{"text": "LEFT side"}]}))

    assert found.cards[0]["indicator"] == "warning"


def test_our_own_suggestion_passes_when_it_is_signed():
    """The block that the card of the point drafts is recognised, on the right side, and nothing speaks against it."""
    (drafted,) = over_http(RIGHT_POINT).resources

    assert asked(RIGHT_POINT, {**drafted, "id": "own"}).silence == "O-clear"
    assert "H-01" in asked(ALLERGIC, {**drafted, "id": "own", "subject": None}).basis["rules"]


def test_only_the_selected_draft_is_spoken_of():
    """At order-select a block that lies unselected among the drafts says nothing; when it is selected it does."""
    chosen = asked(ALLERGIC, FILM, block(), hook="order-select", selections=["ServiceRequest/film"])

    assert chosen.silence == "O-none"
    assert asked(ALLERGIC, FILM, block(), hook="order-select", selections=["ServiceRequest/block-RIGHT"]).cards
    assert asked(ALLERGIC, FILM, block(), hook="order-sign", selections=["ServiceRequest/film"]).cards


@EACH_HOOK
@pytest.mark.parametrize(
    "unfinished",
    [
        {"category": {"coding": [{"code": "procedure"}]}},
        {"category": "procedure"},
        {"code": {"coding": [], "text": "Diagnostic superior cluneal nerve block, RIGHT"}},
        {"code": {"coding": [None, {}], "text": "Diagnostic superior cluneal nerve block, RIGHT"}},
        {"subject": None, "status": None, "intent": None, "id": None},
        {"authoredOn": "yesterday", "priority": 3, "reasonCode": {"coding": []}},
    ],
    ids=["category an object", "category a text", "empty coding", "hollow coding", "next to nothing", "wrong throughout"],
)
def test_a_block_that_is_no_valid_resource_yet_is_recognised(hook, unfinished):
    """The allergy is told beside an order as it is being written, also when another, of which nothing can be read, stands before it."""
    hollow = {"resourceType": "MedicationRequest", "id": "request-123", "category": {"coding": []}}

    assert "H-01" in asked(ALLERGIC, hollow, {**block(), **unfinished}, hook=hook).basis["rules"]


@EACH_HOOK
@pytest.mark.parametrize("left_out", ["type", "resourceType"])
def test_a_bundle_that_does_not_say_what_it_is_is_read(hook, left_out):
    """Nor is a stop lost for a Bundle without a type, nor for an entry with nothing in it."""
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [None, {}, {"resource": block()}]}
    del bundle[left_out]

    assert "H-01" in asked(ALLERGIC, hook=hook, draftOrders=bundle).basis["rules"]


@pytest.mark.parametrize("selections", [None, ["ServiceRequest/gone"], ["urn:uuid:block-RIGHT"], ["ProcedureRequest/block-RIGHT"]])
def test_a_selection_that_cannot_be_followed_hides_no_stop(selections):
    """Without one that names a draft, all of the drafts are looked at."""
    assert "H-01" in asked(ALLERGIC, FILM, block(), hook="order-select", selections=selections).basis["rules"]
