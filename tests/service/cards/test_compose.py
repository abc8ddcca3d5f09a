"""The card as a clinician reads it: within its limits, in its order, in the chart's words, never saying more than was read."""

import json
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cds_hooks.response import CDSResponse, to_wire
from service.knowledge.load import load_knowledge
from service.speech import Speech
from tests.service.charts import (
    EVERYBODY,
    LOINC,
    NO_STENOSIS,
    ago,
    allergy,
    archetype,
    bundle,
    concept,
    condition,
    look,
    observation,
    patient,
    prescription,
    pressed,
    procedure,
    report,
)

POINT = bundle(pressed())
SECTIONS = ("Examine", "Consider", "Because", "Cautions", "Against", "Not known", "Also on record", "Evidence")


def card(speech=EVERYBODY, **keys):
    (one,) = look(archetype(**keys), speech=speech).cards
    return one


def headings(detail):
    return [part.split("**")[1].split(" (")[0] for part in detail.split("\n\n") if part.startswith("**")]


def section(detail, title):
    return next((part for part in detail.split("\n\n") if part.startswith(f"**{title}")), "")


def check_limits(one):
    assert len(one.summary) <= 139
    assert len(one.summary.splitlines()) == 1
    assert len(one.detail) <= 950
    assert len(one.detail.splitlines()) <= 16
    assert to_wire(CDSResponse(cards=(one,)))


@pytest.mark.parametrize(
    "keys", [{}, {"exams": POINT}, {"exams": bundle(pressed(), pressed("middle", "left"))}], ids=["workup", "block", "two nerves"]
)
def test_the_sections_stand_in_their_order(keys):
    """Examine or Consider first, Evidence last, Not known always there."""
    found = headings(card(**keys).detail)

    assert found == [title for title in SECTIONS if title in found]
    assert {"Because", "Not known", "Evidence"} <= set(found)


def test_the_archetypes_card():
    """The standard for wording: summary, places to press, facts with their months, the quotation, what is not known, the evidence."""
    one = card()

    assert one.summary == "Consider cluneal nerve pain: press the iliac crest (persists after lumbar fusion + graft)"
    for words in (
        "1. Superior: posterior iliac crest, about 7 cm from midline (6-9)",
        "2. Middle: 1.5-4 cm below the PSIS, about 3.5 cm from midline",
        "3. Inferior: lower outer edge of the ischial tuberosity",
        "Check power, reflexes, perineal sensation.",
        "(Nov 2024)",
        "laminectomy (Feb 2024)",
        '"No residual stenosis or disc herniation"',
        "site and side of the pain",
        "side of the graft",
        "notes are not read",
        "case series; no guideline",
        "Kiral 2024",
        "expert-derived, unvalidated",
        f"Knowledge {load_knowledge().version.version}",
    ):
        assert words in one.detail


def test_the_summary_of_a_block_names_side_point_and_day():
    """The message stands within the first 90 characters."""
    assert card(exams=POINT).summary == "Right superior cluneal point reproduces the usual pain (20 Nov): consider a diagnostic block"


@pytest.mark.parametrize(
    "word", ["probability", "%", "mg", "gold standard", "always", "sciatica", "PRP", "exosome", "failed", "diagnosed", "normal"]
)
def test_a_workup_never_says(word):
    """No probability, no dose, no promise, no diagnosis in our name."""
    one = card()

    assert word.lower() not in f"{one.summary} {one.detail}".lower()


def test_the_card_says_for_machines_what_it_rests_on():
    """Kind, tier, nerves, side and its basis, rules, version: these keys and no others; cautions and the site's choices beside them."""
    found = json.loads(to_wire(CDSResponse(cards=(card(exams=POINT),))))["cards"][0]["extension"]

    assert set(found) == {"org.cluneal-cds.basis", "org.cluneal-cds.details"}
    assert found["org.cluneal-cds.details"] == {"policy": "evidence"}
    assert {"kind", "tier", "nerves", "side", "sideBasis", "rules", "knowledgeVersion"} == set(found["org.cluneal-cds.basis"])


def test_the_reasons_not_to_follow_are_coded():
    """Five override reasons, each with a system, a code and words."""
    reasons = [(one.code, bool(one.system and one.display)) for one in card().override_reasons]

    assert reasons == [
        ("action-completed", True),
        ("cds-not-applicable", True),
        ("cds-suboptimal-context", True),
        ("recipient-disagrees-evidence", True),
        ("other-cause-established", True),
    ]


def test_the_source_has_a_topic_and_no_address():
    """There is no page yet that a link could lead to."""
    source = card().source

    assert (source.url, source.topic.code) == (None, "CLUNEALNEUROPATHY")
    assert source.label.endswith(f"knowledge {load_knowledge().version.version}")


def test_no_caution_found_is_said_only_of_what_was_read():
    """Read and nothing there, or not checked: never one for the other."""
    read, unread = (section(card(exams=POINT, **keys).detail, "Cautions") for keys in ({}, {"allergies": None}))

    assert "found in the data sent" in read
    assert "allergies not checked" in unread
    assert "found in the data sent" not in unread


@pytest.mark.parametrize(("keys", "words"), [({"surveys": None}, "pain scores"), ({"orders": None}, "existing orders")])
def test_what_was_not_read_is_not_known(keys, words):
    """A key that was not sent is named under Not known."""
    assert words in section(card(**keys).detail, "Not known")


def test_a_stop_is_told_and_the_block_is_held_back():
    """The card stays, says why, and its summary promises no block."""
    one = card(exams=POINT, allergies=bundle(allergy("Lidocaine")))

    assert "consider a diagnostic block" not in one.summary
    assert "allergy to an amide local anaesthetic" in section(one.detail, "Cautions")
    assert '"Lidocaine"' in one.detail


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"medications": bundle(prescription("Warfarin 5 mg"))}, "anticoagulant"),
        ({"medications": bundle(prescription("Insulin glargine"))}, "diabetes"),
        ({"patient": patient(birthDate="1950-01-01")}, "age 75"),
        ({"conditions": bundle(condition(), condition("dm", code=concept(text="Type 2 diabetes mellitus")))}, "diabetes"),
    ],
)
def test_a_caution_is_told(keys, words):
    """What to think of before a block."""
    assert words in section(card(exams=POINT, **keys).detail, "Cautions")


def test_a_patient_with_every_caution_still_gets_the_card():
    """Old, diabetic, on insulin and warfarin: the patient in whom it matters most that the card arrives."""
    one = card(
        exams=POINT,
        patient=patient(birthDate="1944-01-01"),
        medications=bundle(
            prescription("Warfarin 5 mg oral tablet once daily"), prescription("Insulin glargine 100 units/mL pen injector", "d2")
        ),
        conditions=bundle(condition(), condition("dm", code=concept(text="Type 2 diabetes mellitus with neuropathy"))),
    )

    check_limits(one)
    assert "anticoagulant" in one.detail


LONG = " a name, as some sites write names: *with* [signs] and _more_ signs"
CAUTIONS = ("Type 2 diabetes mellitus", "Hemophilia A", "Spinal cord stimulator in place")
AGAINST = ("Urinary retention", "Foot drop", "Sacroiliac joint pain", "Piriformis syndrome", "Trochanteric bursitis")


@pytest.mark.parametrize("speech", [EVERYBODY, Speech(writes="text"), Speech("oracle")], ids=["all", "text", "narrow"])
@pytest.mark.parametrize("sides", [("right",), ("right", "left")], ids=len)
@pytest.mark.parametrize("nerves", [("superior",), ("superior", "middle", "inferior")], ids=len)
@pytest.mark.parametrize("drugs", [("Warfarin", "Insulin"), None], ids=["drugs", "drugs not read"])
def test_a_card_with_every_section_full_keeps_its_limits(sides, nerves, drugs, speech):
    """Every caution, all that speaks against it, long names with signs to escape, keys that were not read: it still is one short card."""
    names = [condition(f"n{number}", code=concept(text=f"{name}{LONG}")) for number, name in enumerate((*CAUTIONS, *AGAINST))]
    platelets = observation(code=concept(LOINC, "777-3"), valueQuantity={"value": 40, "unit": "10*3/uL", "code": "10*3/uL"})
    one = card(
        exams=bundle(*(pressed(nerve, side) for nerve in nerves for side in sides)),
        patient=patient(birthDate="1944-01-01"),
        conditions=bundle(condition(code=concept(text=f"Chronic low back pain{LONG}"), verificationStatus=None), *names),
        medications=bundle(*(prescription(f"{drug}{LONG}", drug) for drug in drugs)) if drugs else None,
        reports=bundle(report(f"{NO_STENOSIS} Mild degenerative change.{LONG}")),
        labs=bundle(platelets),
        surveys=None,
        orders=None,
        allergies=None,
        speech=speech,
    )

    check_limits(one)
    assert {"Consider", "Because", "Cautions", "Not known", "Evidence"} <= set(headings(one.detail))
    assert one.detail.endswith(f"Knowledge {load_knowledge().version.version}.")


@pytest.mark.parametrize("speech", [Speech(writes="text"), Speech("oracle"), Speech("epic")], ids=lambda speech: speech.dialect)
def test_a_full_card_has_room_for_orders_in_words(speech):
    """Six blocks to write, every caution, names without an end: it is one short card that keeps its last words."""
    names = [condition(f"n{number}", code=concept(text=f"{name}{LONG}")) for number, name in enumerate((*CAUTIONS[::2], *AGAINST))]
    one = card(
        speech,
        exams=bundle(*(pressed(nerve, side) for nerve in ("superior", "middle", "inferior") for side in ("right", "left"))),
        patient=patient(birthDate="1944-01-01"),
        conditions=bundle(condition(code=concept(text=f"Chronic low back pain{LONG}"), verificationStatus=None), *names),
        medications=bundle(*(prescription(f"{drug}{LONG}", drug) for drug in ("Warfarin", "Insulin"))),
        reports=bundle(report(f"{NO_STENOSIS} Mild degenerative change.{LONG}")),
        surveys=None,
        orders=None,
    )

    check_limits(one)
    assert "likewise superior LEFT, middle RIGHT/LEFT, inferior RIGHT/LEFT." in one.detail
    assert one.detail.endswith(f"Knowledge {load_knowledge().version.version}.")


def test_pain_that_began_before_the_operation_is_told():
    """It counts, and it is said."""
    assert "before the surgery" in card().detail
    assert "before the surgery" not in card(conditions=bundle(condition(onsetDateTime=ago(300), recordedDate=ago(300)))).detail


def test_a_pain_that_nobody_confirmed_is_marked():
    """ "Outside record" where the verification is missing."""
    assert "outside record" in card(conditions=bundle(condition(verificationStatus=None))).detail
    assert "outside record" not in card().detail


def test_a_conflict_of_sides_is_said():
    """The summary asks for both sides, and Not known says what conflicts."""
    one = card(conditions=bundle(condition(code=concept(text="Left upper buttock pain, chronic"))), exams=POINT)

    assert "conflict" in one.summary
    assert "verify" in section(one.detail, "Not known")


@pytest.mark.parametrize(
    "hostile", ["<img src=x onerror=alert(1)>", "[x](https://evil.example)", "**Cautions** all", "\u202egnik", "a\n\n**Evidence** all"]
)
def test_the_words_of_a_chart_stay_words(hostile):
    """Escaped and on one line: no tag, no link and no heading of ours can come from a chart."""
    one = card(conditions=bundle(condition(code=concept(text=f"Chronic low back pain {hostile}"))))

    assert not re.search(r"(?<!\\)[<\]]", one.detail)
    assert "\u202e" not in one.detail
    assert headings(one.detail) == headings(card().detail)


WORDS = st.text(alphabet=st.sampled_from("ab *_<>[]()!`\\|&\"'\n,.;#@é\u202e"), max_size=400)

LONG_NAMES = st.text(alphabet="abcdefgh *_", min_size=15, max_size=60)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(WORDS, LONG_NAMES, st.integers(0, 6), st.integers(0, 3), st.booleans(), st.booleans())
def test_every_card_keeps_its_limits(pain, drug, operations, drugs, examined, old):
    """However long, odd or many the entries of a chart are, a card comes and is short enough."""
    prefetch = archetype(
        patient=patient(birthDate="1940-01-01" if old else "1974-01-01"),
        conditions=bundle(condition(code=concept(text=f"Chronic low back pain {pain}"), note=[{"text": pain}])),
        procedures=bundle(
            procedure(), *(procedure(f"p{number}", performedDateTime=ago(400 + 40 * number)) for number in range(operations))
        ),
        medications=bundle(*(prescription(f"Warfarin {drug}", f"d{number}") for number in range(drugs))),
        reports=bundle(report(f"{NO_STENOSIS} {pain}")),
        exams=bundle(*([pressed(), pressed("middle", "left")] if examined else [])),
    )

    for one in look(prefetch).cards:
        check_limits(one)
