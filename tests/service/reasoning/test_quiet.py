"""The pauses after a card was shown, accepted or dismissed: what the sequences over weeks do not try."""

from dataclasses import replace
from datetime import timedelta

import pytest

from service.history import NOTHING
from service.knowledge.load import load_knowledge
from service.knowledge.thresholds import Adjustments
from service.reasoning.quiet import quiet
from tests.service.reasoning.shown import HERE, TODAY, gist, kept_back, shown, told

NOT_NOW, NOT_APPLICABLE, EXAMINED = "cds-suboptimal-context", "cds-not-applicable", "action-completed"


def until(silence):
    """How many days from today the silence lasts."""
    return (silence.until - TODAY).days


def test_without_a_history_everything_is_said():
    """The stateless mode: no card is ever kept back, of whatever kind."""
    for about in ("", "first", "block"):
        assert quiet(gist(about=about), NOTHING, load_knowledge(), today=TODAY) is None


@pytest.mark.parametrize(("first", "second", "days"), [(NOT_APPLICABLE, NOT_NOW, 90), (NOT_NOW, NOT_APPLICABLE, 365), (NOT_NOW, None, 90)])
def test_who_changes_his_mind_is_taken_at_his_last_word(first, second, days):
    """Of several reports on one card the latest counts, in whatever order they came in."""
    reports = (told(10, first, at=13), told(10, second, at=14))

    for order in (reports, reports[::-1]):
        assert until(kept_back(shown(10, *order))) == days - 10


def test_silence_is_counted_from_the_answer_and_not_from_the_card():
    """A card of three weeks ago that was dismissed yesterday."""
    assert until(kept_back(shown(21, told(1, "")))) == 89


def test_an_old_card_that_was_answered_lately_still_counts():
    """Feedback may come late; what it says holds as long as any."""
    assert until(kept_back(shown(400, told(100, NOT_APPLICABLE)))) == 265
    assert kept_back(shown(400, told(366, NOT_APPLICABLE))) is None


def test_an_answer_is_about_the_card_that_was_answered():
    """A new finding brought a card; the earlier one, dismissed after that, says nothing about the finding."""
    earlier = shown(5, told(0, NOT_APPLICABLE), at=9)
    later = shown(3, what=gist("positive point"), encounter="now")

    assert kept_back(earlier, later, now=gist("positive point")) is None
    assert kept_back(earlier, later, now=gist()).rule == "D-02"


def test_what_was_known_before_is_no_news_when_it_could_not_be_read_in_between():
    """A card of a call in which a key was unreadable rests on less; what came back was known to an earlier card."""
    whole, cut = shown(30, what=gist("neuropathic quality")), shown(10, told(10, NOT_APPLICABLE))

    assert kept_back(whole, cut, now=gist("neuropathic quality")).rule == "D-02"
    assert kept_back(cut, now=gist("neuropathic quality")) is None


def test_a_fact_that_is_gone_is_no_news():
    """Withdrawn or too old: the card rests on less than the one that was dismissed."""
    assert kept_back(shown(10, told(10, NOT_APPLICABLE), what=gist("neuropathic quality"))).rule == "D-02"


def test_a_painless_point_leads_on_from_an_accepted_card_alone():
    """Who accepted a card and recorded a point in vain is led to the next one; a dismissal, and three encounters, stand."""
    now = gist(in_vain=["superior right", "superior left"])

    assert kept_back(shown(0, told(0)), now=now) is None
    for reason in ("", NOT_APPLICABLE, EXAMINED, NOT_NOW):
        assert kept_back(shown(0, told(0, reason)), now=now)
    assert kept_back(shown(3), shown(2), shown(1), now=now).rule == "D-11"
    block = replace(gist(), kind="block")
    assert kept_back(shown(0, told(0), what=block), now=replace(now, kind="block"))


def test_several_pauses_name_the_first_rule_and_last_as_long_as_the_longest():
    """A card that was accepted, and one that was dismissed as examined, whichever came first."""
    for first, second in ((None, EXAMINED), (EXAMINED, None)):
        silence = kept_back(shown(9, told(8, first)), shown(8, told(8, second)))

        assert (silence.rule, silence.also, until(silence)) == ("D-02", ("D-03",), 172)


def test_three_encounters_in_one_day_are_three():
    """Encounters count by their name where they have one, not by their day; the visit of today is not the third."""
    three = [shown(0, encounter=name) for name in ("a", "b", "c")]

    assert kept_back(*three).rule == "D-11"
    assert kept_back(*three[:2]) is None
    assert kept_back(*three, visit=replace(HERE, encounter="c")) is None


def test_who_names_no_encounter_is_in_the_visit_of_that_day():
    """A client that names the encounter at one hook and not at the other has one visit with both."""
    first = [shown(20), shown(10), shown(0, encounter="")]

    assert kept_back(*first) is None
    assert kept_back(*first[:2], shown(1, encounter="")).rule == "D-11"


def test_a_pause_that_is_over_begins_the_count_anew():
    """Three encounters a hundred days ago and one since: the next one is the second, not the fifth."""
    assert kept_back(shown(120), shown(110), shown(100), shown(5)) is None
    assert kept_back(shown(120), shown(110), shown(80), shown(5)).rule == "D-11"


def test_a_second_kind_of_card_in_a_visit_is_kept_back():
    """An order card and the card of the chart in one encounter: whichever was first."""
    order = gist(about="first", order="lumbar MRI")

    assert kept_back(shown(0, encounter="now"), now=order).rule == "D-11"
    assert kept_back(shown(0, what=order, encounter="now")).rule == "D-11"
    assert kept_back(shown(0, what=order, encounter="now"), now=order) is None
    assert kept_back(shown(0, what=order, encounter="now"), now=gist("positive point")) is None


def test_what_is_new_may_be_said_at_an_order_too():
    """A card within 180 days keeps the order card back, unless it rests on something newer."""
    order = gist(about="first", order="lumbar MRI")

    assert until(kept_back(shown(170), shown(100), now=order)) == 80
    assert kept_back(shown(100), now=gist("neuropathic quality", about="first", order="lumbar MRI")) is None


def test_what_was_said_before_a_block_is_no_showing():
    """A warning that was dismissed answers nothing but itself, and does not count among the encounters."""
    warning = gist(about="block", order="cluneal block")

    assert kept_back(shown(5), shown(4, told(4, NOT_APPLICABLE), what=warning), shown(3, what=warning)) is None
    assert kept_back(shown(0, what=warning, encounter="now")) is None


def test_one_order_card_a_day_binds_order_cards_alone():
    """A clinician who saw one of another patient today still gets the card of a chart."""
    order = gist(about="first", order="lumbar MRI")

    assert kept_back(now=order, advised=TODAY).rule == "D-11"
    assert kept_back(now=order, advised=TODAY - timedelta(1)) is None
    assert kept_back(advised=TODAY) is None


def test_a_site_that_made_pauses_longer_has_longer_ones():
    """The numbers are those that the site counts with, up to the last day."""
    longer = load_knowledge(Adjustments(numbers=(("quiet-after-card", 120), ("quiet-encounters", 1))))

    assert kept_back(shown(119, told(119)), knowledge=longer).rule == "D-02"
    assert kept_back(shown(121, told(121)), knowledge=longer) is None
    assert kept_back(shown(5), knowledge=longer).rule == "D-11"


def test_a_reason_that_clients_send_as_words_is_understood():
    """The display of a reason stands for its code; any other word is a dismissal without a reason."""
    assert until(kept_back(shown(0, told(0, "Examined, not reproduced")))) == 180
    assert until(kept_back(shown(0, told(0, "examined")))) == 90
