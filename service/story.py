"""The stories: made-up patients under fixtures/patients, each told as a hook request whose dates count from today.

A story is written for one fixed day. Told later, every date moves with it, so that "three months ago" stays three months ago.
"""

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from difflib import get_close_matches
from pathlib import Path

from service.errors import ClinicError

# The one that shows a first card.
FIRST_STORY = "laminectomy-and-iliac-harvest"

_HERE = Path(__file__).parent
_DAY = re.compile(r"(?<![\w-])(\d{4}-\d{2}-\d{2})(?![\d-])")
_MONTH_OR_YEAR = re.compile(r"(\d{4})(?:-(\d{2}))?")
# A year alone is a date only where FHIR has one; elsewhere "2019" may be a code or a count.
_DATE_MEMBER = re.compile(r"(?:.*(?:Date|DateTime|Period)|date|start|end|issued|authoredOn|recorded|effectiveInstant)")


class UnknownStory(ClinicError):
    """There is no patient of that name under fixtures/patients."""

    exit_code = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One made-up patient: who opens the chart, on which day, and what the chart holds (prefetch key -> FHIR JSON).

    hook, drafts   at which hook the EHR asks, and the orders that are being written there
    shows          what the service makes of it: the kind of its card, "none" for silence, "error" where it cannot be judged
    """

    name: str
    says: str
    today: date
    user: str
    encounter: str | None
    prefetch: Mapping[str, object]
    hook: str = "patient-view"
    drafts: tuple[object, ...] = ()
    shows: str = "error"


def story_folder() -> Path:
    """Where the stories lie: inside an installed package, or at the top of a checkout."""
    inside = _HERE / "fixtures" / "patients"
    return inside if inside.is_dir() else _HERE.parent / "fixtures" / "patients"


def story_names() -> tuple[str, ...]:
    """The names of all stories, in the order of the alphabet."""
    return tuple(sorted(path.parent.name for path in story_folder().glob("*/expected.toml")))


def read_story(name: str) -> Story:
    """The story of that name; raises UnknownStory when there is none."""
    if name not in story_names():
        near = get_close_matches(name.lower(), story_names(), n=1) or [one for one in story_names() if name and name.lower() in one]
        hint = f"did you mean {near[0]}? " if near else ""
        raise UnknownStory(f'There is no story "{name}"; {hint}`cluneal-cds story --list` names them all.')
    folder = story_folder() / name
    told = tomllib.loads((folder / "expected.toml").read_text(encoding="utf-8"))
    return Story(
        name=name,
        says=" ".join(told["story"].split()),
        today=told["today"],
        user=told["user"],
        encounter=told.get("encounter"),
        prefetch=json.loads((folder.parent / told.get("chart", name) / "prefetch.json").read_text(encoding="utf-8")),
        hook=told.get("hook", "patient-view"),
        drafts=tuple(json.loads((folder / "drafts.json").read_text(encoding="utf-8"))) if "hook" in told else (),
        shows=told["expected"].get("card", "error"),
    )


def hook_request(story: Story, *, hook_instance: str, today: date) -> dict[str, object]:
    """The request that an EHR would send if the story's patient were seen, or their order written, on `today`."""
    patient = story.prefetch.get("patient")
    patient_id = patient.get("id") if isinstance(patient, dict) else None
    context: dict[str, object] = {"userId": story.user, "patientId": patient_id or "example"}
    if story.encounter is not None:
        context["encounterId"] = story.encounter
    if story.drafts:
        entries = [{"resource": moved(draft, by=today - story.today)} for draft in story.drafts]
        context["draftOrders"] = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    return {
        "hook": story.hook,
        "hookInstance": hook_instance,
        "context": context,
        "prefetch": moved(story.prefetch, by=today - story.today),
    }


def moved(value: object, *, by: timedelta, member: str = "") -> object:
    """The same JSON with every date in it moved, also those inside sentences; a partial date keeps its precision."""
    if isinstance(value, Mapping):
        return {key: moved(part, by=by, member=key) for key, part in value.items()}
    if isinstance(value, list):
        return [moved(part, by=by, member=member) for part in value]
    if not isinstance(value, str):
        return value
    if _DATE_MEMBER.fullmatch(member) and (partial := _MONTH_OR_YEAR.fullmatch(value)):
        return _moved_day(f"{partial[1]}-{partial[2] or '01'}-01", by)[: len(value)]
    return _DAY.sub(lambda found: _moved_day(found[1], by), value)


def _moved_day(text: str, by: timedelta) -> str:
    try:
        return (date.fromisoformat(text) + by).isoformat()
    except (ValueError, OverflowError):  # "2021-02-30" is as impossible tomorrow as it is today
        return text
