"""What changed between two states of the knowledge folder, one line per change, for whoever reviews it.

Compares what stands in the files, not what they load to, so that a state in an older grammar can be compared too. Any TOML or JSON file
counts, in whatever room; what a file says of its own edition (`$schema`, a digest, version and date of a FHIR resource) does not.
"""

import json
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from service.errors import InvalidKnowledge

LONGEST = 158
# Rooms in the order of reading; all others stand between the two, by name.
_FIRST = ("version", "rules", "nerves", "findings")
_LAST = ("phrases", "contexts", "studies", "value_sets", "code_systems", "evidence")
_EDITION = {".toml": frozenset({"$schema"}), ".json": frozenset({"$schema", "version", "date"})}
# What tells one row of a list from another: the first of these that all rows have, each its own.
_IDENTITY = (("id",), ("uri",), ("system", "code"), ("code",), ("number",), ("url",))
_HEADLINE = ("says", "label", "title", "citation", "name", "display", "text")
_FOREMOST = ("by", "words", "label", "says")
# Rows without an identity are one row, changed, when this much of them is the same.
_ALIKE = 0.3

Table = Mapping[str, Any]


class Change(NamedTuple):
    """One change at one place; without `before` something came, without `after` it went."""

    place: str
    before: str | None
    after: str | None


def folder_content(folder: Path) -> dict[str, Any]:
    """Every TOML and JSON file below the folder, parsed, by its name from there; raises InvalidKnowledge."""
    paths = [path for path in folder.rglob("*.*") if path.suffix in _EDITION and path.is_file()]
    return content({path.relative_to(folder).as_posix(): path.read_bytes() for path in paths})


def content(files: Mapping[str, bytes], *, at: str = "") -> dict[str, Any]:
    """The TOML and JSON among the files, parsed; raises InvalidKnowledge naming each that is neither. `at`: the state they are of."""
    parsed: dict[str, Any] = {}
    problems = []
    for name, body in sorted(files.items()):
        if (kind := Path(name).suffix) in _EDITION:
            try:
                parsed[name] = tomllib.loads(body.decode()) if kind == ".toml" else json.loads(body)
            except (ValueError, RecursionError) as error:
                problems.append(f"{name}  {f'at {at} ' if at else ''}is not {kind[1:].upper()}: {error}")
    if problems:
        raise InvalidKnowledge(problems)
    return parsed


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[str, ...]:
    """Every change from one state to another, {file name: what it holds}, in the order in which a reviewer reads."""
    old, new = _rooms(before), _rooms(after)
    lines = [line for room in sorted({*old, *new}, key=_order) for line in _room(room, old.get(room, {}), new.get(room, {}))]
    was, now = (str(state.get("version.toml", {}).get("version", "without a version")) for state in (before, after))
    return (f"knowledge {was} -> {now}", *lines) if was != now else tuple(lines)


def _order(room: str) -> tuple[int, int, str]:
    if room in _FIRST:
        return 0, _FIRST.index(room), room
    return (2, _LAST.index(room), room) if room in _LAST else (1, 0, room)


def _rooms(state: Mapping[str, Any]) -> dict[str, dict[str, Table]]:
    """Room -> subject -> what is said of it: a row with an id, in whichever file of its room it stands, and what else a file holds."""
    rooms: dict[str, dict[str, Table]] = {}
    for name, held in sorted(state.items()):
        path = Path(name)
        room, _, subject = path.with_suffix("").as_posix().partition("/")
        said = {key: part for key, part in _flat(held).items() if key not in _EDITION[path.suffix]}
        if room == "version":
            said = {key: part for key, part in said.items() if key not in ("version", "digest", "earlier")}
        subjects = rooms.setdefault(room, {})
        of_rows = [key for key, part in said.items() if _all_are(dict, part) and all(isinstance(row.get("id"), str) for row in part)]
        for row in (row for key in of_rows for row in said.pop(key)):
            subjects[row["id"] if row["id"] not in subjects else f"{row['id']} ({subject or room})"] = row
        if said or not of_rows:
            subjects[subject] = said
    return rooms


def _flat(held: Any) -> dict[str, Any]:
    """The table that a file holds; the explicit codes of a FHIR ValueSet as one list, under no name."""
    if not isinstance(held, dict):
        return {"content": held}
    compose = held.get("compose")
    include: Any = compose.get("include") if isinstance(compose, dict) else None
    if not isinstance(compose, dict) or not _all_are(dict, include):
        return dict(held)
    explicit = [part for part in include if part.get("concept") == [] or _all_are(dict, part.get("concept"))]
    codes = [{"system": part.get("system"), **concept} for part in explicit for concept in part["concept"]]
    kept = [{key: value for key, value in part.items() if part not in explicit or key not in ("system", "concept")} for part in include]
    rest = {**compose, "include": [part for part in kept if part]}
    return {**held, "compose": {key: value for key, value in rest.items() if value}, "": codes}


def _room(room: str, old: Mapping[str, Table], new: Mapping[str, Table]) -> Iterator[str]:
    """The changes of one room, by subject; a file that is a room of its own has one subject, without a name."""
    for subject in sorted({*old, *new}):
        was, now = old.get(subject), new.get(subject)
        if subject and was is None:
            yield _line(f"{room:<9} + {subject}: ", None, _headline(now or {}) or "without a label")
        elif subject and now is None:
            yield _line(f"{room:<9} - {subject}: ", _headline(was or {}) or "without a label", None)
        else:
            for place, before, after in _of_tables("", was or {}, now or {}):
                sign = "+ " if before is None else "- " if after is None else ""
                yield _line(f"{room:<9} {' '.join(part for part in (subject, place) if part)}: {sign}", before, after)


def _of_tables(place: str, old: Table, new: Table) -> Iterator[Change]:
    """The changes from one table to another, key by key, in the order in which they are written now."""
    for key in dict.fromkeys((*new, *old)):
        dot = "." if place and not place.endswith(" ") else ""
        yield from _of_values(f"{place}{dot}{key}", old.get(key), new.get(key))


def _of_values(place: str, old: Any, new: Any) -> Iterator[Change]:
    """The changes from one value to another; None is none."""
    there = [value for value in (old, new) if value is not None]
    lists = all(isinstance(value, list) for value in there)
    members = [member for value in there for member in value] if lists else []
    if all(isinstance(value, dict) for value in there):
        yield from _of_tables(place, old or {}, new or {})
    elif _all_are(str, members):
        yield from _of_members(place, old or [], new or [])
    elif _all_are(dict, members):
        yield from _of_rows(place, old or [], new or [])
    elif _all_are(list, members) and len(there) == 2 and len(old) == len(new):
        for number, (was, now) in enumerate(zip(old, new, strict=True), start=1):
            yield from _of_values(f"{place} {number}" if len(new) > 1 else place, was, now)
    elif old is None or new is None:
        yield Change(place, None if old is None else _words(old), None if new is None else _words(new))
    elif old != new or isinstance(old, bool) != isinstance(new, bool):
        if (was := _words(old)) != (now := _words(new)):
            yield Change(place, was, now)
        elif type(old) is not type(new):
            yield Change(place, json.dumps(old, default=str), json.dumps(new, default=str))


def _of_members(place: str, old: Sequence[str], new: Sequence[str]) -> Iterator[Change]:
    """What left a list of words, what joined it, and whether the rest changed places."""
    was, now = [_words(member) for member in old], [_words(member) for member in new]
    yield from (Change(place, member, None) for member in (Counter(was) - Counter(now)).elements())
    yield from (Change(place, None, member) for member in (Counter(now) - Counter(was)).elements())
    stayed = Counter(was) & Counter(now)
    order_was, order_now = ([member for member in members if member in stayed] for members in (was, now))
    if sorted(order_was) == sorted(order_now) and order_was != order_now:
        yield Change(f"{place} order", ", ".join(order_was), ", ".join(order_now))


def _of_rows(place: str, old: Sequence[Table], new: Sequence[Table]) -> Iterator[Change]:
    """The changes of a list of tables: by what tells its rows apart, or else by what is most alike once equal rows are set aside."""
    if identity := next((keys for keys in _IDENTITY if _tell_apart(keys, old) and _tell_apart(keys, new)), None):
        was, now = ({" ".join(str(row[key]) for key in identity): row for row in rows} for rows in (old, new))
        yield from (Change(place, _named(name, row), None) for name, row in was.items() if name not in now)
        for name, row in now.items():
            if name in was:
                yield from _of_tables(f"{place} {name} ".lstrip(), was[name], row)
            else:
                yield Change(place, None, _named(name, row))
        order_was, order_now = [name for name in was if name in now], [name for name in now if name in was]
        if place and order_was != order_now:
            yield Change(f"{place} order", ", ".join(order_was), ", ".join(order_now))
        return
    pairs = _pairs(old, new)
    paired = set(pairs.values())
    yield from (Change(place, _words(row), None) for number, row in enumerate(old) if number not in paired)
    for number, row in enumerate(new):
        if number in pairs:
            name = row.get("by") or _shortened(_words(row["words"]) if "words" in row else _headline(row), 30)
            yield from _of_tables(f"{place} {number + 1} ({name}) " if name else f"{place} {number + 1} ", old[pairs[number]], row)
        else:
            yield Change(place, None, _words(row))


def _pairs(old: Sequence[Table], new: Sequence[Table]) -> dict[int, int]:
    """Which new row is which old one: equal rows first, then those recognised in the same way or much alike, the most alike first."""
    couples = [
        (row != other, -_likeness(other, row), abs(now - was), now, was)
        for now, row in enumerate(new)
        for was, other in enumerate(old)
        if other.get("by") == row.get("by")
    ]
    pairs: dict[int, int] = {}
    for _, unlike, _, now, was in sorted(couples):
        if now not in pairs and was not in pairs.values() and (-unlike >= _ALIKE or "by" in new[now]):
            pairs[now] = was
    return pairs


def _likeness(one: Table, other: Table) -> float:
    """How much of two rows is the same, from 0 to 1."""
    ours, theirs = set(_leaves(one)), set(_leaves(other))
    return 2 * len(ours & theirs) / (len(ours) + len(theirs) or 1)


def _leaves(value: Any, place: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        yield from (leaf for key, part in value.items() for leaf in _leaves(part, f"{place}.{key}"))
    elif isinstance(value, list):
        yield from (leaf for part in value for leaf in _leaves(part, place))
    else:
        yield place, str(value)


def _tell_apart(keys: Sequence[str], rows: Sequence[Table]) -> bool:
    """Whether each row has all of the keys, and no two rows the same values."""
    values = [tuple(str(row[key]) for key in keys) for row in rows if all(isinstance(row.get(key), str | int) for key in keys)]
    return len(values) == len(rows) == len(set(values))


def _all_are(kind: type, members: Any) -> bool:
    """Whether this is a list of such things, and of at least one."""
    return isinstance(members, list) and bool(members) and all(isinstance(member, kind) for member in members)


def _named(name: str, row: Table) -> str:
    headline = _headline(row)
    return f"{name} ({headline})" if headline and headline != name else name


def _headline(row: Table) -> str:
    """What a row or file is about, in its own words; a number with its unit."""
    words = next((" ".join(row[key].split()) for key in _HEADLINE if isinstance(row.get(key), str)), "")
    number = _words(row["value"]) if isinstance(row.get("value"), int | float) else ""
    return " ".join(part for part in (words, f"({number} {row.get('unit', '')}".rstrip() + ")" if number else "") if part)


def _words(value: Any) -> str:
    """A value as a reader sees it, on one line."""
    if isinstance(value, str):
        return " ".join(value.split()) or '""'
    if isinstance(value, bool):
        return str(value).lower()
    if _all_are(list, value):
        return " ... ".join("/".join(map(_words, part)) for part in value)
    if isinstance(value, list):
        return f"[{', '.join(map(_words, value))}]"
    if isinstance(value, dict):
        first = next((key for key in _FOREMOST if key in value), None)
        rest = "; ".join(f"{key} {_words(part)}" for key, part in value.items() if key != first)
        return rest if first is None else f"{_words(value[first])} ({rest})" if rest else _words(value[first])
    return str(value)


def _line(place: str, before: str | None, after: str | None) -> str:
    """One line of at most LONGEST signs; long texts lose what they have in common, then their middle."""
    space = max(LONGEST - len(place) - len(" -> "), 40)
    if before is None or after is None:
        return _shortened(f"{place}{_shortened(before or after or '', space)}", LONGEST)
    if len(before) + len(after) > space:
        before, after = _differing(before.split(" "), after.split(" "))
    half = space // 2
    said = _shortened(before, max(half, space - len(after))), _shortened(after, max(half, space - len(before)))
    return _shortened(f"{place}{said[0]} -> {said[1]}", LONGEST)


def _differing(before: Sequence[str], after: Sequence[str], around: int = 3) -> tuple[str, str]:
    """Two texts without what they begin and end with alike, but for a few words around the difference."""
    least = min(len(before), len(after))
    head = next((n for n in range(least) if before[n] != after[n]), least)
    tail = next((n for n in range(least - head) if before[-1 - n] != after[-1 - n]), least - head)
    start, end = max(0, head - around), max(0, tail - around)
    texts = (" ".join(words[start : len(words) - end]) for words in (before, after))
    one, other = (f"{'… ' if start else ''}{text}{' …' if end else ''}" for text in texts)
    return one, other


def _shortened(text: str, longest: int) -> str:
    """The text, without its middle where it is too long."""
    half = (longest - 1) // 2
    return text if len(text) <= longest else f"{text[: longest - 1 - half].rstrip()}…{text[-half:].lstrip()}"
