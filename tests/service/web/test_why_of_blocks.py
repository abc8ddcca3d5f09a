"""The page of reasons after a block: what the block showed, with its side, and the entries of the chart from which it was read."""

import re

import pytest

from service.knowledge.load import load_knowledge
from service.story import hook_request, read_story
from tests.service.web.why import answered, evaluated, link_of, opened, page_of, words_of
from tests.test_patients import EXPECTED, WITH_CARD

KNOWLEDGE = load_knowledge()


@pytest.mark.parametrize("name", [name for name in WITH_CARD if EXPECTED[name]["expected"]["card"] == "response"])
def test_a_block_is_shown_with_its_side_and_the_facts_it_was_read_from(name):
    """Behind the card, in the time line and beside the criterion that it met: nerve, side, day, and the entries of the chart."""
    page, (evaluation, _) = page_of(name), evaluated(name)
    (told,) = evaluation.outcome.results
    named = f"{KNOWLEDGE.nerves[told.nerve].adjective.capitalize()} cluneal block, {told.side.value}"
    done, day = next(one for one in told.proof if one.startswith("Procedure/")), told.when.in_words()
    behind = re.search(rf'<tr data-testid="why-fact"><th scope="row">{named}, {day}</th>(.*?)</tr>', page, re.DOTALL)[1]
    line = re.findall(rf"<tr><td>{day}</td><td>([^<]*block[^<]*)</td><td>(.*?)</td></tr>", page)
    criterion = re.search(rf'<tr id="rule-{told.band}"(.*?)</tr>', page, re.DOTALL)[1]

    assert all(f"<code>{reference}</code>" in behind for reference in told.proof)
    assert [says.startswith(f"{named}: ") and f"<code>{done}</code>" in entry for says, entry in line] == [True]
    assert f"{named}, {day}" in criterion
    assert f"<code>{done}</code>" in criterion


def test_another_injection_of_the_day_of_a_block_stays_in_the_time_line():
    """What a block was read from stands there once; what else was injected on that day stands beside it."""
    name = "two-right-superior-blocks-relieved-three-quarters"
    story = read_story(name)
    body = hook_request(story, hook_instance="1", today=story.today)
    done = body["prefetch"]["procedures"]["entry"]
    (told,) = evaluated(name)[0].outcome.results
    newest = next(one["resource"] for one in done if f"Procedure/{one['resource']['id']}" in told.proof)
    facet = {**newest, "id": "facet-of-that-day", "code": {"coding": [{"system": "http://www.ama-assn.org/go/cpt", "code": "64493"}]}}
    facet.pop("bodySite", None)
    done.append({"resource": facet})
    page = opened(link_of(answered(story, body)), story).text
    rows = re.findall(r"<tr><td>27 Oct 2026</td><td>[^<]*</td><td>[^<]*<code>(Procedure/[^<]+)</code></td></tr>", page)

    assert sorted(rows) == sorted([f"Procedure/{newest['id']}", "Procedure/facet-of-that-day"])


@pytest.mark.parametrize("name", [name for name in WITH_CARD if EXPECTED[name]["expected"]["card"] == "response"])
def test_what_is_published_of_a_result_is_what_its_card_says(name):
    """Of two blocks that agree something else is known than of one."""
    (card,), page = answered(read_story(name))["cards"], words_of(page_of(name))
    published = re.search(r"\*\*Evidence:?\*\* (.*?) Rules expert-derived", card["detail"])[1]

    assert f"{published[0].upper()}{published[1:]}" in page
    assert ("borrowed from facet joints" in page) == (EXPECTED[name]["expected"].get("band") == "G-4")
