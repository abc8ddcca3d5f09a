"""A basis in few letters, and back: JSON with dates as days before today, what is said often once, and what is usual not at all."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from service.dates import When
from service.reasoning.truth import State
from service.record import Side
from service.web.why_basis import TIERS, Basis, Entry, Nerved, Seen, Told

_STATES = (State.UNKNOWN, State.PRESENT, State.ABSENT)
_SIDES = (Side.UNKNOWN, Side.RIGHT, Side.LEFT, Side.BILATERAL, Side.CONFLICT)
_NOT_LOOKED_AT = len(_STATES)
# The members of an entry that are written always: its reference and its day.
_DATED = 2
_UNWRITTEN: tuple[Any, ...] = ("", None, 0, "", 0, 0)


def written(basis: Basis) -> bytes:
    """The basis in few letters: dates as days before today, what is said often once, what is usual not at all."""
    # Many findings share one fact; one object stands for it wherever it was made.
    holding: tuple[Seen | Told, ...] = (*basis.findings.values(), *basis.blocks)
    entries = list({id(entry): entry for one in holding for entry in one.entries}.values())
    place = {id(entry): number for number, entry in enumerate(entries)}
    systems = list(dict.fromkeys(entry.system for entry in entries))
    found = {
        name: [_NOT_LOOKED_AT if seen.state is None else _STATES.index(seen.state), *_kept(seen, place)]
        for name, seen in basis.findings.items()
    }
    rest: Mapping[str, object] = {
        "k": basis.kind,
        "s": basis.says,
        "q": basis.reasons,
        "u": (basis.until - basis.today).days if basis.until else None,
        "n": [[one.nerve, TIERS.index(one.tier), _SIDES.index(one.side), one.side_basis, one.reasons, *one.kinds] for one in basis.nerves],
        "r": basis.rules,
        "t": basis.stops,
        "c": basis.cautions,
        "g": basis.against,
        "b": [
            [one.nerve, _SIDES.index(one.side), _days(one.when, basis.today), one.band, one.reads, *_kept(one, place)]
            for one in basis.blocks
        ],
        "m": basis.unread,
        "x": basis.unusable,
        "o": basis.about,
    }
    whole = {
        "d": basis.today.toordinal(),
        **{name: value for name, value in rest.items() if value not in (None, "", (), [])},
        "y": systems,
        "e": [_short(one, systems, basis.today) for one in entries],
        "f": found,
    }
    return json.dumps(whole, separators=(",", ":"), ensure_ascii=False).encode()


def _kept(one: Seen | Told, place: Mapping[int, int]) -> list[int]:
    """The places of its facts, and below zero how many more there are."""
    return [*(place[id(entry)] for entry in one.entries), *([-one.more] if one.more else [])]


def _short(entry: Entry, systems: Sequence[str], today: date) -> list[object]:
    flags = entry.outside + 2 * entry.by_site + 4 * entry.in_words
    row: list[object] = [
        entry.reference,
        _days(entry.when, today),
        _SIDES.index(entry.side),
        entry.code,
        systems.index(entry.system),
        flags,
    ]
    # A day of 0 is today, and stays.
    while row[-1] in (0, "") and len(row) > _DATED:
        row.pop()
    return row[:1] if row[1:] == [None] else row


def _days(when: When | None, today: date) -> object:
    """A day as the number of days before today, a longer time as two; null for none."""
    if when is None:
        return None
    first, last = (today - when.first).days, (today - when.last).days
    return first if first == last else [first, last]


def read_basis(content: bytes) -> Basis:
    """The basis that was written so."""
    whole: dict[str, Any] = json.loads(content)
    today = date.fromordinal(whole["d"])
    entries = [_entry_of(row, whole["y"], today) for row in whole["e"]]
    return Basis(
        today=today,
        kind=whole.get("k", ""),
        says=whole.get("s", ""),
        findings={name: _seen_of(row, entries) for name, row in whole["f"].items()},
        reasons=_names(whole, "q"),
        until=today + timedelta(days=whole["u"]) if "u" in whole else None,
        nerves=tuple(Nerved(row[0], TIERS[row[1]], _SIDES[row[2]], row[3], row[4], tuple(row[5:])) for row in whole.get("n", ())),
        rules=_names(whole, "r"),
        stops=_names(whole, "t"),
        cautions=_names(whole, "c"),
        against=_names(whole, "g"),
        blocks=tuple(
            Told(row[0], _SIDES[row[1]], _when_given(row[2], today), row[3], row[4], *_kept_of(row[5:], entries))
            for row in whole.get("b", ())
        ),
        unread=_names(whole, "m"),
        unusable=_names(whole, "x"),
        about=whole.get("o", ""),
    )


def _names(whole: Mapping[str, Iterable[str]], name: str) -> tuple[str, ...]:
    return tuple(whole.get(name, ()))


def _seen_of(row: Sequence[int], entries: Sequence[Entry]) -> Seen:
    state = None if row[0] == _NOT_LOOKED_AT else _STATES[row[0]]
    return Seen(state, *_kept_of(row[1:], entries))


def _kept_of(places: Sequence[int], entries: Sequence[Entry]) -> tuple[tuple[Entry, ...], int]:
    more = -places[-1] if places and places[-1] < 0 else 0
    return tuple(entries[place] for place in places if place >= 0), more


def _entry_of(row: Sequence[Any], systems: Sequence[str], today: date) -> Entry:
    reference, days, side, code, system, flags = [*row, *_UNWRITTEN[len(row) :]]
    when = None if days is None else _when_given(days, today)
    return Entry(reference, when, _SIDES[side], systems[system] if code else "", code, bool(flags & 1), bool(flags & 2), bool(flags & 4))


def _when_given(days: Any, today: date) -> When:
    first, last = (days, days) if isinstance(days, int) else days
    return When(today - timedelta(days=first), today - timedelta(days=last))
