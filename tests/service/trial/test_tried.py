"""A chart that somebody hands over, in whatever wrapping: the same chart, the same answer."""

import json
from datetime import date
from functools import cache

import pytest

from service.knowledge.load import load_knowledge
from service.story import hook_request, read_story
from service.trial.tried import MOST_CHECKED, Trial, Tried
from service.trial.wanted import Wanted

STORY = read_story("laminectomy-and-iliac-harvest")
RESOURCES = [one["resource"] for value in STORY.prefetch.values() for one in value.get("entry", [{"resource": value}])]
BUNDLE = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": one} for one in RESOURCES]}
WRAPPED = {
    "CDS Hooks request": json.dumps(hook_request(STORY, hook_instance="1", today=STORY.today)),
    "Bundle": json.dumps(BUNDLE, indent=2),
    "list of resources": json.dumps(RESOURCES, indent=2),
    "file of NDJSON": "\r\n".join(json.dumps(one) for one in RESOURCES),
}


@cache
def trial() -> Trial:
    return Trial(load_knowledge())


def tried(text: str, **wishes: str) -> Tried:
    return trial().tried(text.encode(), Wanted(STORY.today, **wishes))


@pytest.mark.parametrize("what", WRAPPED)
def test_a_chart_is_the_same_in_every_wrapping(what):
    """What it is told as, how many resources it has, and the card that comes of it."""
    found = tried(WRAPPED[what])

    assert (found.what, found.resources, found.problem) == (what, len(RESOURCES), "")
    assert found.evaluation is not None
    assert [card.summary for card in found.evaluation.cards] == [card.summary for card in tried(WRAPPED["Bundle"]).evaluation.cards]
    assert found.evaluation.cards


def test_a_line_that_breaks_off_costs_itself_alone():
    """Its neighbours are read, and it is told with its number."""
    lines = WRAPPED["file of NDJSON"].split("\r\n")
    found = tried("\n".join([*lines, '{"resourceType": "Condition", "id": "x"']))

    assert found.evaluation is not None
    assert found.evaluation.cards
    assert [one.where for one in found.refused] == [f"a Condition under line {len(lines) + 1}"]


def test_a_bundle_that_breaks_off_is_no_ndjson():
    """The place where it breaks off is told, though its first line names a type."""
    cut = WRAPPED["Bundle"][:200]

    assert tried(cut).problem.startswith(f"No JSON at line {cut.count(chr(10)) + 1}, column ")


def test_whose_chart_it_is_can_be_said():
    """Where there are two patients; what belongs to the other is then refused."""
    two = json.dumps([{"resourceType": "Patient", "id": "other"}, *RESOURCES])
    (mine,) = [one["id"] for one in RESOURCES if one["resourceType"] == "Patient"]

    assert "2 Patient resources" in tried(two).problem
    assert tried(two, patient=mine).evaluation.refusal.reason == "foreign"
    assert tried(WRAPPED["list of resources"], patient=mine).evaluation.cards


def test_a_large_file_is_checked_in_part():
    """As many resources as a strict reader takes in a moment; the number is told."""
    many = [{"resourceType": "Condition", "id": f"c{number}", "status": "x"} for number in range(MOST_CHECKED + 5)]
    found = trial().tried(json.dumps(many).encode(), Wanted(date(2026, 11, 20)))

    assert (found.resources, found.checked) == (MOST_CHECKED + 5, MOST_CHECKED)
    assert len(found.refused) == MOST_CHECKED
