"""Stories: a made-up patient told as a request of today."""

from datetime import date, timedelta

import pytest

from service.story import UnknownStory, hook_request, moved, read_story, story_names

A_WEEK = timedelta(days=7)


@pytest.mark.parametrize(
    ("member", "before", "after"),
    [
        ("onsetDateTime", "2026-11-20", "2026-11-27"),
        ("performedDateTime", "2025-12-29T08:00:00Z", "2026-01-05T08:00:00Z"),
        ("birthDate", "1970-02-22", "1970-03-01"),
        ("conclusion", "Compared with 2024-05-01, unchanged.", "Compared with 2024-05-08, unchanged."),
        ("onsetDateTime", "2025-12", "2025-12"),
        ("onsetDateTime", "2024", "2024"),
        ("code", "2024", "2024"),
        ("code", "63047", "63047"),
        ("onsetDateTime", "2021-02-30", "2021-02-30"),
        ("onsetString", "three years ago", "three years ago"),
        ("id", "8f14e45f-2024-4201-9f31-1234567890ab", "8f14e45f-2024-4201-9f31-1234567890ab"),
        ("code", "72148-8", "72148-8"),
    ],
)
def test_every_date_moves_and_nothing_else(member, before, after):
    """A chart told a week later has every date a week later, in its own precision, and all its other words as they were."""
    assert moved({member: before}, by=A_WEEK) == {member: after}


def test_a_month_or_a_year_moves_when_the_story_is_much_older():
    """Partial dates move as well, by whole months and years."""
    assert moved([{"start": "2024"}, {"onsetDateTime": "2024-11"}], by=timedelta(days=400)) == [
        {"start": "2025"},
        {"onsetDateTime": "2025-12"},
    ]


def test_numbers_and_nothing_stay_as_they_are():
    """What is no text is not touched."""
    assert moved({"value": 2024, "active": True, "none": None}, by=A_WEEK) == {"value": 2024, "active": True, "none": None}


@pytest.mark.parametrize("name", story_names())
def test_every_story_can_be_told_today(name):
    """Each folder makes a request that names its user and its patient, and on its own day the chart is as written."""
    story = read_story(name)
    request = hook_request(story, hook_instance="1", today=story.today)

    assert request["prefetch"] == story.prefetch
    assert request["context"]["userId"] == story.user
    assert request["context"]["patientId"]
    assert story.says


def test_an_unknown_story_is_refused_with_the_way_to_the_list():
    """A mistyped name tells how to see all of them."""
    with pytest.raises(UnknownStory, match="story --list"):
        read_story("../../service")


def test_a_request_carries_the_encounter_only_when_there_is_one():
    """A story outside a visit has no encounterId, as an EHR would leave it out."""
    for name in story_names():
        story = read_story(name)
        context = hook_request(story, hook_instance="1", today=date(2027, 1, 1))["context"]
        assert context.get("encounterId") == story.encounter
