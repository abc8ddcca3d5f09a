"""The time line: pain, surgery, imaging, injections and blocks, examination, as a drawing and as a table."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from service.dates import When
from service.knowledge.criteria import CodedEvent, WordedEvent
from service.knowledge.model import Knowledge
from service.reasoning.truth import State
from service.web.why_basis import Basis, Entry
from service.web.why_criteria import block_of, in_words

# In units of the drawing: its width, where the scale begins and ends, the height of a lane, and of what stands above the lanes.
_WIDTH, _LEFT, _RIGHT, _LANE, _HEAD = 400.0, 88.0, 388.0, 30.0, 10.0
_MOST_TICKS = 6
_STEPS = (1, 2, 5, 10, 20, 50)
_SMALLEST = 7.0


@dataclass(frozen=True, slots=True)
class Event:
    """A dated fact on its lane: from `start` to `end` on the scale, in units; `says` and the rest for the table."""

    lane: str
    says: str
    when: str
    code: str
    reference: str
    start: float
    end: float
    first: date


@dataclass(frozen=True, slots=True)
class Lane:
    """One row of the drawing."""

    name: str
    title: str
    y: float
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Timeline:
    """The drawing: its lanes, the years and today at their places; `rows`: the same for the table, the newest first."""

    lanes: tuple[Lane, ...]
    ticks: tuple[tuple[str, float], ...]
    today: float
    left: float
    width: float
    height: float
    rows: tuple[Event, ...]


_TITLES = {"pain": "Pain", "surgery": "Surgery", "imaging": "Imaging", "block": "Injections", "examination": "Examined"}


def timeline_of(basis: Basis, knowledge: Knowledge) -> Timeline:
    """The dated facts of the basis by their lanes; without any, a drawing without lanes."""
    found = list(_facts(basis, knowledge))
    firsts = [when.first for _, _, when, *_ in found]
    begin = date(min(firsts, default=basis.today).year, 1, 1)
    days = max((basis.today - begin).days, 365)

    def place(day: date) -> float:
        part = min(max((day - begin).days / days, 0.0), 1.0)
        return round(_LEFT + part * (_RIGHT - _LEFT), 1)

    events = [
        Event(
            lane,
            says,
            when.in_words(),
            in_words(entry) if entry else "",
            entry.reference if entry else "",
            place(when.first),
            place(when.last),
            when.first,
        )
        for lane, says, when, entry in found
    ]
    lanes = tuple(name for name in _TITLES if any(event.lane == name for event in events))
    rows = tuple(sorted(events, key=lambda event: (-event.first.toordinal(), event.lane, event.says, event.reference)))
    return Timeline(
        lanes=tuple(
            Lane(name, _TITLES[name], _HEAD + _LANE * (number + 0.5), tuple(event for event in events if event.lane == name))
            for number, name in enumerate(lanes)
        ),
        ticks=tuple((str(year), place(date(year, 1, 1))) for year in _years(begin.year, basis.today.year)),
        today=place(basis.today),
        left=_LEFT,
        width=_WIDTH,
        height=_HEAD + _LANE * len(lanes) + 38,
        rows=rows,
    )


def _years(first: int, last: int) -> Iterable[int]:
    """The years that are written on the scale: not more than have room."""
    step = next((step for step in _STEPS if (last - first) / step <= _MOST_TICKS), _STEPS[-1])
    return range(first, last + 1, step)


def _facts(basis: Basis, knowledge: Knowledge) -> Iterator[tuple[str, str, When, Entry | None]]:
    """Each dated fact once, on the first lane that asks for it, under the plainest finding that it proves."""
    known: set[tuple[str, str]] = set()
    for one in basis.blocks:
        known |= {(entry.reference, "block") for entry in one.entries}
        yield "block", f"{block_of(one, knowledge).named}: {one.reads}", one.when, one.entries[0] if one.entries else None
    for lane, names in _lanes(knowledge):
        for name in names:
            seen = basis.findings.get(name)
            if seen is None or seen.state is not State.PRESENT:
                continue
            for entry in seen.entries:
                if entry.when is None or (entry.reference, lane) in known or entry.reference.startswith("Patient/"):
                    continue
                known.add((entry.reference, lane))
                yield lane, _with_side(knowledge.findings[name].words, entry), entry.when, entry


def _with_side(words: str, entry: Entry) -> str:
    return f"{words}, {entry.side.value}" if entry.side.value in ("right", "left") else words


def _lanes(knowledge: Knowledge) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The findings of each lane, as the knowledge names them."""
    nerves, pathway = tuple(knowledge.nerves.values()), knowledge.pathway
    placed = tuple(name for nerve in nerves for name in nerve.territory)
    yield "pain", (*placed, *pathway.generic_pain)
    surgical = tuple(dict.fromkeys(name for nerve in nerves for name in (*nerve.surgical, *pathway.harvest)))
    risks = tuple(dict.fromkeys(name for nerve in nerves for name in nerve.support.get("S3", ()) if _is_done(name, knowledge)))
    yield "surgery", (*surgical, *risks)
    imaging = (*(name for rule in knowledge.rules["C"] for name in (*rule.all_of, *rule.any_of)), pathway.imaging)
    yield "imaging", tuple(name for name in imaging if any("stud" in one.by for one in knowledge.findings[name].recognised))
    injected = tuple(name for nerve in nerves for name in (*nerve.block_done, *nerve.treated, *nerve.support.get("S5", ())))
    yield "block", injected
    yield "examination", pathway.examined


def _is_done(name: str, knowledge: Knowledge) -> bool:
    """Whether a finding is recognised by something that was done."""
    return any(isinstance(one, (CodedEvent, WordedEvent)) and "Procedure" in one.resource for one in knowledge.findings[name].recognised)
