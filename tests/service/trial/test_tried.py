"""A chart that somebody hands over, in whatever wrapping: the same chart, the same answer."""

import json
from datetime import date
from functools import cache

import pytest

from service.knowledge.load import load_knowledge
from service.story import hook_request, read_story
from service.trial.checked import MOST_CHECKED, MOST_PLACES
from service.trial.tried import Trial, Tried
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


def test_a_resource_of_many_small_parts_is_not_held_against_a_strict_reader():
    """Nor is one that is very large; how many were is told, and all of them are read."""
    small, crumbs, large = ({**RESOURCES[0], "extension": extension} for extension in ([], [{"a": 1}] * 4_000, [{"url": "x" * 250_000}]))
    found = tried("\n".join(map(json.dumps, (small, crumbs, large))))

    assert (found.resources, found.checked) == (3, 1)
    assert found.evaluation is not None


def test_the_places_that_are_refused_have_an_end():
    """In a resource with thousands of them the first are told, and how many more there are."""
    crumbs = {**next(one for one in RESOURCES if one["resourceType"] == "Patient"), "name": [{"a": 1}] * 1_000}
    (refused,) = tried(json.dumps(crumbs)).refused

    assert len(refused.refused) == MOST_PLACES + 1
    assert refused.refused[-1].says == "is refused in 800 more places"


def test_many_resources_of_small_parts_are_checked_in_part():
    """Together they would hold the process as long as one of their size."""
    crumbs = {**RESOURCES[0], "extension": [{"a": 1}] * 1_000}
    found = tried(json.dumps([crumbs] * 200, separators=(",", ":")))

    assert found.resources == 200
    assert 0 < found.checked < 100
    assert sum(len(one.refused) for one in found.refused) < 25_000


def test_of_crumbs_nothing_is_made():
    """Neither resources nor a place of a mistake."""
    for crumbs in ("[" + "[]," * 200_000 + "[]]", "[" + "[]," * 200_000):
        found = tried(crumbs)

        assert (found.what, found.resources) == ("", 0)
        assert "more parts than a chart can have" in found.problem


def test_in_a_large_file_no_place_is_looked_for():
    """It is told what the file is not; where a smaller one breaks off is told too."""
    broken = '{"resourceType": "Bundle", "id": "' + "x" * 1_000_000

    assert tried(broken[:1_000]).problem.startswith("No JSON at line 1")
    assert tried(broken).problem.startswith("This file is neither")
