"""The stories as the patient list of the mock EHR shows them: who it is, what the chart shows, and what becomes of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache

from service.story import Story, read_story, story_names

FIRST = "laminectomy-and-iliac-harvest"
# What the service makes of a story -> the group that it stands in.
_GROUPS = {
    "workup": "Gets a card",
    "block": "Gets a card",
    "response": "Gets a card",
    "order": "At an order",
    "none": "Stays silent",
    "error": "Cannot be judged",
}
_KINDS = {
    "workup": "examine",
    "block": "block",
    "response": "result of a block",
    "order": "order",
    "none": "silence",
    "error": "error",
}
_INTRODUCED = "The patient this service was made for."


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of the patient list.

    title  the folder in words;  who: name, age on the day of the story and sex;  says: what the chart shows;  kind: what comes of it
    """

    name: str
    title: str
    who: str
    says: str
    kind: str


@cache
def groups() -> Mapping[str, tuple[Listed, ...]]:
    """The stories by what becomes of them; the first patient stands by herself and not in here."""
    named: dict[str, list[Listed]] = {title: [] for title in _GROUPS.values()}
    for name in story_names():
        if name != FIRST:
            story = read_story(name)
            named[_group(story)].append(_listed(story))
    return {title: tuple(ones) for title, ones in named.items()}


@cache
def first() -> Listed:
    """The patient with whom everybody begins."""
    return _listed(read_story(FIRST))


def _group(story: Story) -> str:
    return _GROUPS["order" if story.drafts else story.shows]


def _listed(story: Story) -> Listed:
    patient = story.prefetch.get("patient")
    known = patient if isinstance(patient, dict) else {}
    says = story.says.removesuffix(_INTRODUCED).strip()
    title = story.name.replace("-", " ")
    return Listed(
        story.name,
        f"{title[0].upper()}{title[1:]}".replace(" mri", " MRI").replace(" psis", " PSIS"),
        _who(known, story.today),
        says,
        _KINDS[story.shows],
    )


def _who(patient: Mapping[str, object], today: date) -> str:
    name = _name(patient.get("name"))
    told = [name or "No name", *_age(patient.get("birthDate"), today), *filter(None, [_text(patient.get("gender"))])]
    return ", ".join(told)


def _name(names: object) -> str:
    first_name = names[0] if isinstance(names, list) and names and isinstance(names[0], dict) else {}
    given = first_name.get("given")
    words = [*(given if isinstance(given, list) else ()), first_name.get("family")]
    return _text(first_name.get("text")) or " ".join(filter(None, map(_text, words)))


def _age(born: object, today: date) -> Iterable[str]:
    try:
        day = date.fromisoformat(_text(born))
    except ValueError:
        return
    yield str(today.year - day.year - ((today.month, today.day) < (day.month, day.day)))


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
