"""One card, many clients: each gets what it can show and take, and all of them the same decision."""

import json
import re

import pytest

from cds_hooks.response import CDSResponse, to_wire
from service.cards.conformance import problems_of
from service.cards.in_words import finding_in_words
from service.record import Side
from service.speech import OrderCode, Speech
from tests.service.cards.clients import BLOCKS, BUILT, CLIENTS, KNOWLEDGE, SITE, cards_of, with_a_card
from tests.service.charts import EVERYBODY, archetype, bundle, look, pressed

ORACLE, EPIC, SANDBOX = Speech("oracle"), Speech("epic"), Speech("sandbox")
BUILT_EPIC = Speech("epic", order_codes=BUILT)
EACH_ANSWER = pytest.mark.parametrize("name", with_a_card())
BOTH_POINTS = bundle(pressed(), pressed(side="left"))
POINT = bundle(pressed())
TWO_NERVES = bundle(pressed(), pressed("middle", "left"))


def card(speech=EVERYBODY, **keys):
    (one,) = look(archetype(**keys), speech=speech).cards
    return one


def wire(one):
    (found,) = json.loads(to_wire(CDSResponse(cards=(one,))))["cards"]
    return found


def descriptions(one):
    return [action.description for suggestion in one.suggestions for action in suggestion.actions]


def resources(one):
    return [action.resource for suggestion in one.suggestions for action in suggestion.actions]


def at_an_order():
    """A card of a suspicion, at the order of another study."""
    return with_a_card()["laminectomy-and-a-lumbar-mri-is-ordered"]


@EACH_ANSWER
def test_every_client_can_show_and_take_every_card(name):
    """All stories and all rule cases, in every dialect, at every level, whatever the site has set up."""
    seen = with_a_card()[name]

    assert {client: problems_of(card, seen.call(CLIENTS[client])) for client, card in cards_of(name).items()} == dict.fromkeys(CLIENTS, ())


@EACH_ANSWER
def test_the_decision_is_the_same_for_every_client(name):
    """What a card rests on, its other details, its indicator and its identity do not depend on who asks."""
    plain = cards_of(name)["generic full"]

    for one in cards_of(name).values():
        assert (one.extension, one.indicator, one.uuid, one.source) == (plain.extension, plain.indicator, plain.uuid, plain.source)


@EACH_ANSWER
def test_feedback_finds_what_was_accepted(name):
    """The same call gets the same uuids, all different, and a suggestion that several clients get has the same one for all of them."""
    plain = {one.label: one.uuid for one in cards_of(name)["generic full"].suggestions}

    for client, one in cards_of(name).items():
        uuids = [one.uuid, *(suggestion.uuid for suggestion in one.suggestions)]
        assert with_a_card()[name].card(CLIENTS[client]) == one
        assert len(set(uuids)) == len(uuids)
        assert all(plain.get(suggestion.label, suggestion.uuid) == suggestion.uuid for suggestion in one.suggestions)


@EACH_ANSWER
def test_nothing_is_empty_and_nothing_is_done_unasked(name):
    """As it goes over the wire: no null, no empty text, list or object, a summary of one short line, and no action of the system's own."""
    for client, card in cards_of(name).items():
        response = json.loads(to_wire(CDSResponse(cards=(card,))))

        assert list(empty_places(response)) == [], client
        assert list(response) == ["cards"]
        assert len(response["cards"][0]["summary"]) < 140
        assert len(response["cards"][0]["summary"].splitlines()) == 1


def empty_places(value, place="response"):
    if value in (None, "", [], {}):
        yield place
    for name, part in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from empty_places(part, f"{place}.{name}")


@EACH_ANSWER
def test_every_card_keeps_its_last_words(name):
    """However little room is left: what the rules are worth, and which knowledge spoke."""
    for card in cards_of(name).values():
        assert KNOWLEDGE.wording.limits in card.detail
        assert card.detail.endswith(f"Knowledge {KNOWLEDGE.version.version}.")


def test_a_client_of_the_ballot_gets_the_same_card():
    """Nothing that 3.0 forbids a service that does not know its client, and nothing that it would need in addition."""
    assert wire(card(Speech("v3"))) == wire(card())
    assert "actionSelectionBehavior" not in json.dumps(wire(card(Speech("v3"))))


@pytest.mark.parametrize("exams", [None, BOTH_POINTS], ids=["workup", "block"])
def test_oracle_gets_a_text_that_stands_alone(exams):
    """No suggestion, no reason for overriding, and nothing that goes with them."""
    one = wire(card(ORACLE, **({"exams": exams} if exams else {})))

    assert not {"suggestions", "selectionBehavior", "overrideReasons"} & one.keys()
    assert re.search(r"\*\*(Record|Order) as\*\* ", one["detail"])


def test_a_narrow_column_gets_a_short_card():
    """The summary loses its aside, the detail its long quotations and what is only worth knowing."""
    pain = {"exams": TWO_NERVES}

    assert card(ORACLE, **pain).summary == "Superior and middle cluneal points reproduce the usual pain: consider a diagnostic block"
    assert len(card(ORACLE).detail) <= len(card(Speech(writes="text")).detail)
    assert "before the surgery" in card(ORACLE, exams=POINT).detail


@pytest.mark.parametrize("speech", [EPIC, BUILT_EPIC, ORACLE, Speech(writes="text")], ids=lambda speech: speech.dialect)
@pytest.mark.parametrize("half", [{}, {"surveys": None, "labs": None, "orders": None}], ids=["whole chart", "half of the chart"])
def test_a_short_card_keeps_what_decides(speech, half):
    """Both operations, the report's finding in words that nobody can complete wrongly, and that nobody may have examined the points."""
    told = card(speech, **half).detail

    assert re.search(r"lumbar fusion .*graft.*\(Nov 2024\)", told)
    assert "laminectomy (Feb 2024)" in told
    assert '"No residual stenosis or disc herniation"' in told
    assert "whether these points were examined" in told
    assert all(title in told for title in ("site and side of the pain", "**Evidence**"))


@EACH_ANSWER
def test_no_report_and_no_examination_is_cut_inside(name):
    """On no client's card does what was found end in "...": cut short it could be completed to anything, or would say nothing."""
    found = re.compile(r'(?:lumbar imaging|usual pain) \([^)]*\)[^:;]*: "([^"]*)"')

    assert not [words for one in cards_of(name).values() for words in found.findall(one.detail) if words.endswith("...")]


def test_a_short_summary_stays_as_it_is():
    """What fits into the column is not shortened."""
    assert card(ORACLE).summary == card().summary


def test_epic_can_only_choose_any():
    """The one selection behaviour it has, also for a card of which elsewhere one suggestion may be chosen."""
    assert (card(Speech(writes="orders", order_codes=BUILT)).selection_behavior, card(BUILT_EPIC).selection_behavior) == (
        "at-most-one",
        "any",
    )


def test_epic_is_offered_no_finding_whatever_it_is_set_to():
    """It creates no Observation, so a workup offers the referral alone and says how a finding is recorded."""
    for writes in ("full", "orders"):
        one = card(Speech("epic", writes, combined_attestation=True, order_codes=BUILT))
        assert [resource["resourceType"] for resource in resources(one)] == ["ServiceRequest"]
        assert finding_in_words(KNOWLEDGE.nerves["superior"]) in one.detail


def test_epic_is_offered_the_orders_that_its_site_has_built():
    """An order is found by the site's code; for one without there is a line to write, and no click that would find nothing."""
    built, unbuilt, half = (card(Speech("epic", order_codes=codes), exams=TWO_NERVES) for codes in (BUILT, (), BLOCKS[:2]))

    assert [resource["code"]["coding"][0]["code"] for resource in resources(built)] == ["superior-right", "middle-left"]
    assert "Order as" not in built.detail
    assert not unbuilt.suggestions
    assert '**Order as** "Diagnostic superior cluneal nerve block, RIGHT"; likewise middle LEFT.' in unbuilt.detail
    assert [resource["code"]["coding"][0]["code"] for resource in resources(half)] == ["superior-right"]
    assert '**Order as** "Diagnostic middle cluneal nerve block, LEFT".' in half.detail


def test_epic_shows_nerve_and_side_where_its_users_read():
    """In the description of the action, for the label is not shown."""
    assert descriptions(card(BUILT_EPIC, exams=BOTH_POINTS)) == [
        "Draft order: diagnostic superior cluneal nerve block, RIGHT side",
        "Draft order: diagnostic superior cluneal nerve block, LEFT side",
    ]


def test_epic_users_enter_the_side_that_the_sites_order_lacks():
    """An order built for either side takes its details from the site's item, so the user is told to enter the side."""
    either = Speech("epic", order_codes=(OrderCode("superior-cluneal-block", SITE, "either"),))

    assert descriptions(card(either, exams=BOTH_POINTS))[0].endswith("RIGHT side (enter the side in the order)")


def test_the_sandbox_gets_no_suggestion_at_an_order():
    """Its order screens cannot take one that is not about their own order; when a chart is opened it shows them all."""
    at_order = at_an_order()

    assert at_order.card(EVERYBODY).suggestions
    assert not at_order.card(SANDBOX).suggestions
    assert "**Record as**" in at_order.card(SANDBOX).detail
    assert wire(card(SANDBOX)) == wire(card())


@pytest.mark.parametrize(
    ("writes", "workup", "block"),
    [("full", ["Observation"] * 6 + ["ServiceRequest"], 2), ("orders", ["ServiceRequest"], 2), ("text", [], 0)],
)
def test_a_level_is_what_a_click_may_write(writes, workup, block):
    """Findings and orders, orders alone, or nothing."""
    speech = Speech(writes=writes)

    assert [resource["resourceType"] for resource in resources(card(speech))] == workup
    assert len(card(speech, exams=BOTH_POINTS).suggestions) == block


def test_a_card_that_loses_no_suggestion_says_nothing_instead():
    """Words stand for a click only where there is none; a block that is held back is neither offered nor written."""
    words = ("Record as", "Order as")
    unread = card(ORACLE, exams=BOTH_POINTS, allergies=None)

    assert not any(word in card().detail or word in card(exams=BOTH_POINTS).detail or word in unread.detail for word in words)


def test_no_side_is_said_for_the_clinician():
    """The line to record a finding leaves side and finding blank, whatever is on record about the side."""
    lines = [finding_in_words(nerve) for nerve in KNOWLEDGE.nerves.values()]

    assert not any(side.value in line for line in lines for side in (Side.RIGHT, Side.LEFT, Side.BILATERAL))
    assert all(line.count("___") == 2 for line in lines)


@pytest.mark.parametrize(
    ("story", "published"),
    [
        ("left-superior-block-relieved-half", ("Kiral 2024", "Gautam 2022")),
        ("left-middle-block-relieved-little", ("Kiral 2024", "Gautam 2022")),
        ("two-right-superior-blocks-relieved-three-quarters", ("Clin J Pain 1995", "Kuniya 2014", "Visnjevac 2022", "Najjar 2023")),
    ],
)
def test_the_card_of_a_blocks_result_names_what_is_published(story, published):
    """For every client: that there are case series and no guideline, with author and year, and of each option how often it failed."""
    for one in cards_of(story).values():
        assert "**Evidence** case series; no guideline." in one.detail.replace("Evidence:**", "Evidence**")
        assert all(words in one.detail for words in published)


@pytest.mark.parametrize("story", ["right-psis-pain-with-middle-point"])
def test_the_numbers_of_the_middle_nerve_say_what_was_counted(story):
    """Patients in whom the entrapment was diagnosed: not blocks that were positive, of which the sentence before speaks."""
    assert "; middle entrapment was diagnosed in 50 of 383 patients" in cards_of(story)["generic full"].detail


@EACH_ANSWER
def test_a_card_reads_right_where_its_bold_is_lost(name):
    """No label runs into its text to say something else: "Not known nothing ...", "Consider no block ...", "Consider Options ..."."""
    for one in cards_of(name).values():
        assert not re.search(r"Not known nothing|Consider (no |[A-Z])", one.detail.replace("*", ""))
