"""The knowledge as things that lead to one another: a name in a table is a link to what it names, a number to its threshold.

Made from what is published and from the files beside it, where a number still has the name of its threshold and a code its display.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from service.knowledge.changes import folder_content
from service.knowledge.load import FOLDER
from service.knowledge.model import Knowledge
from service.published import published

# Which room a name is looked for in, by the key under which it stands.
_ROOM_OF_KEYS: Mapping[str, str] = {
    "evidence": "evidence",
    "findings": (
        "all_of any_of none_of unless opposite after pain sign chronic territory located reproduced reproduced_before denied surgical also "
        "shown block_ordered block_done treated S1 S2 S3 S4 S5 S6 generic_pain side_of_pain harvest competing unplaced_point imaging "
        "examined any_block other_injection sedatives repeats"
    ),
    "valueSets": "value_set site value normal_codes abnormal_codes same_day sites never_same_day region_free score unnamed_block",
    "phrases": (
        "phrases beside named also_named never_with unless_named clear contrary unclear relief_said no_relief other_site sedated "
        "with_steroid any_block"
    ),
    "studies": "study",
    "contexts": "context",
    "rules": "rule silent_tier",
    "nerves": "examine_also",
    "thresholds": "not_below",
}
_ROOMS_OF = {
    key: tuple(room for room, keys in _ROOM_OF_KEYS.items() if key in keys.split()) for key in " ".join(_ROOM_OF_KEYS.values()).split()
}
# Where the words of phrase lists stand; the same keys are names elsewhere.
_WORDS_ONLY = {"phrases": ("never_with",), "attributes": ("value",)}
_IN_A_SENTENCE = re.compile(r"<([a-z0-9-]+)(?: in (?:days|weeks|months))?>")
_TITLES = ("label", "title", "citation", "says", "name")
_OWN_FILES = {"nerves", "findings", "evidence", "studies", "contexts", "phrases"}
_FHIR = {"valueSets": "value_sets", "codeSystems": "code_systems"}


@dataclass(frozen=True, slots=True)
class Link:
    """What a name leads to; `title`: what it is called in words."""

    room: str
    name: str
    title: str


@dataclass(frozen=True, slots=True)
class Counted:
    """A number with its unit, and the threshold it comes from."""

    says: str
    link: Link


@dataclass(frozen=True, slots=True)
class Thing:
    """One thing that is known.

    file   where it stands in service/knowledge;  table: what is said of it, names and numbers as links
    leads  what it names, each once;  words: all of its words and codes in lower case, to be searched
    """

    link: Link
    file: str
    table: Mapping[str, Any]
    leads: tuple[Link, ...]
    words: str


class Catalogue:
    """Every thing by its room and name, and what it is used by."""

    def __init__(self, knowledge: Knowledge):
        self.knowledge = knowledge
        self.published = published(knowledge)
        raw = _by_place()
        self._links = {
            (room, name): Link(room, name, _title(room, name, table))
            for room, things in self.published.items()
            if isinstance(things, dict)
            for name, table in things.items()
        }
        self.things: dict[tuple[str, str], Thing] = {}
        for (room, name), link in self._links.items():
            file, written = raw.get((room, name), (f"{room}.toml", {}))
            woven = self._woven(self.published[room][name], written, room, name)
            table = woven if isinstance(woven, dict) else {"value": woven}
            led = dict.fromkeys((*_links_in(woven), *self._told_in(written)))
            words = " ".join((name, link.title, *_words_in(self.published[room][name]), *(_words_in(written) if room in _FHIR else ())))
            self.things[room, name] = Thing(link, file, table, tuple(one for one in led if one != link), words.lower())
        self.used_by: dict[tuple[str, str], list[Link]] = {}
        for thing in self.things.values():
            for one in thing.leads:
                self.used_by.setdefault((one.room, one.name), []).append(thing.link)

    def room(self, room: str) -> list[Thing]:
        """The things of a room, in their order."""
        return [thing for (place, _), thing in self.things.items() if place == room]

    def codes(self, thing: Thing) -> list[tuple[str, list[tuple[str, str, str]]]]:
        """The codes of a value set or code system by their systems: (code, display, definition) each."""
        _, written = _by_place().get((thing.link.room, thing.link.name), ("", {}))
        named = self.published["systems"]
        if thing.link.room == "codeSystems":
            parts = [(written["url"], written["concept"])]
        elif thing.link.room == "valueSets":
            parts = [(part["system"], part["concept"]) for part in written["compose"]["include"]]
        else:
            return []
        return [
            (
                named[system]["name"] if system in named else system,
                [(one["code"], one.get("display", ""), one.get("definition", "")) for one in concepts],
            )
            for system, concepts in parts
        ]

    def found(self, query: str, *, most: int = 200) -> list[Thing]:
        """The things in which every word of the query stands: those with one of them in their name or title first."""
        asked = query.lower().split()[:12]
        if not asked:
            return []
        hits = [thing for thing in self.things.values() if all(word in thing.words for word in asked)]

        def rank(thing: Thing) -> tuple[bool, bool]:
            named = f"{thing.link.name} {thing.link.title}".lower()
            return thing.link.name.lower() != query.strip().lower(), not all(word in named for word in asked)

        return sorted(hits, key=rank)[:most]

    def _woven(self, value: Any, written: Any, room: str, key: str) -> Any:
        """A value with its names and numbers as links; `written`: the same as it stands in its file."""
        if isinstance(value, dict):
            inside = written if isinstance(written, dict) else {}
            return {name: self._woven(part, inside.get(name), room, name) for name, part in value.items()}
        if isinstance(value, list):
            rows = written if isinstance(written, list) and len(written) == len(value) else [None] * len(value)
            return [self._woven(part, row, room, key) for part, row in zip(value, rows, strict=True)]
        if isinstance(value, str) and key not in _WORDS_ONLY.get(room, ()):
            rooms = (link for place in _ROOMS_OF.get(key, ()) if (link := self._links.get((place, value))))
            return next(rooms, value)
        if isinstance(written, str) and (link := self._links.get(("thresholds", written))):
            return Counted(f"{value:g} {self.knowledge.thresholds[written].unit}", link)
        return value

    def _told_in(self, written: Any) -> Iterator[Link]:
        """The thresholds whose numbers stand in the sentences of a table."""
        for text in _words_in(written):
            for name in _IN_A_SENTENCE.findall(text):
                if link := self._links.get(("thresholds", name)):
                    yield link


@cache
def _by_place() -> Mapping[tuple[str, str], tuple[str, Any]]:
    """(room, name) -> the file it stands in, and its table as it is written there."""
    found: dict[tuple[str, str], tuple[str, Any]] = {}
    fhir = {folder: room for room, folder in _FHIR.items()}
    listed = {"threshold": ("thresholds", "id"), "attribute": ("attributes", "number"), "system": ("systems", "uri")}
    for file, held in folder_content(FOLDER).items():
        folder, _, rest = file.rpartition("/")
        stem = rest.rpartition(".")[0]
        if folder == "rules":
            found |= {("rules", row["id"]): (file, row) for row in held["rule"]}
            found |= {("stages", row["id"].split("-")[0]): (file, held["says"]) for row in held["rule"]}
        elif folder in _OWN_FILES:
            found[folder, stem] = (file, held)
        elif folder in fhir:
            found[fhir[folder], stem] = (file, held)
        else:
            rows = next((key for key in listed if key in held), "")
            room, identity = listed.get(rows, (stem, ""))
            things = {str(row[identity]): row for row in held[rows]} if rows else held
            found |= {(room, name): (file, row) for name, row in things.items()}
    return found


def _title(room: str, name: str, table: Any) -> str:
    if room in ("stages", "pathway", "blocks", "orders", "quiet", "wording", "language") or not isinstance(table, dict):
        return table if room == "stages" else name.replace("_", " ")
    return next((" ".join(str(table[key]).split()) for key in _TITLES if table.get(key)), name)


def _links_in(value: Any) -> Iterator[Link]:
    match value:
        case Link():
            yield value
        case Counted():
            yield value.link
        case dict():
            yield from (link for part in value.values() for link in _links_in(part))
        case list():
            yield from (link for part in value for link in _links_in(part))


def _words_in(value: Any) -> Iterator[str]:
    """Every text and number of a value."""
    if isinstance(value, str | int | float):
        yield str(value)
    elif isinstance(value, Mapping):
        yield from (text for part in value.values() for text in _words_in(part))
    elif isinstance(value, Sequence):
        yield from (text for part in value for text in _words_in(part))
