"""The rooms of the knowledge as people walk through them: what each holds, and which columns its list has."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from service.published import EFFECTS, STAGES
from service.web.catalogue import Catalogue, Link, Thing

Cell = Callable[[Thing], Any]


@dataclass(frozen=True, slots=True)
class Room:
    """A kind of thing: what it is called, and what a reader finds there; `file`: where it stands in service/knowledge."""

    name: str
    title: str
    says: str
    one: str
    file: str


@dataclass(frozen=True, slots=True)
class Listing:
    """Things of a room under one heading, "" for all of them: columns, and of each thing its cells."""

    heading: str
    anchor: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


ROOMS: Mapping[str, Room] = {
    room.name: room
    for room in (
        Room("rules", "Rules", "When something is said, and when not.", "Rule", "rules/"),
        Room("nerves", "Nerves", "Where it hurts, where to press, how to examine, what may follow.", "Nerve", "nerves/"),
        Room(
            "findings", "Findings", "What can be present, absent or unknown in a chart, and how it is recognised.", "Finding", "findings/"
        ),
        Room("valueSets", "Value sets", "Which codes are meant.", "Value set", "value_sets/"),
        Room("phrases", "Phrases", "Which words are understood.", "Phrase list", "phrases/"),
        Room("evidence", "Evidence", "Publications, none read in full: what each claims, and its limits.", "Publication", "evidence/"),
        Room(
            "thresholds",
            "Thresholds",
            "Every number that counts, its source, and how far a site may move it.",
            "Threshold",
            "thresholds.toml",
        ),
        Room("attributes", "Source attributes", "What 45 CFR 170.315(b)(11)(iv)(A) asks for.", "Source attribute", "attributes.toml"),
        Room("studies", "Imaging studies", "Which study is valid, and for how long.", "Kind of study", "studies/"),
        Room("contexts", "Contexts", "What must stand beside a code that does not say enough.", "Context", "contexts/"),
        Room("pathway", "Pathway", "What the stages themselves name.", "Of the pathway", "pathway.toml"),
        Room("blocks", "Blocks", "How a block that was done is recognised and read.", "Of the reading of blocks", "blocks.toml"),
        Room("orders", "Orders", "The orders at which the points can be pressed first.", "Of the orders", "orders.toml"),
        Room("quiet", "Quiet", "After which cards and answers the next one stays away.", "Of quiet", "quiet.toml"),
        Room("wording", "Wording", "The sentences that are the same on every card.", "Of the wording", "wording.toml"),
        Room("language", "Language", "The words that deny, doubt, or speak of the past.", "Of the language", "language.toml"),
        Room("codeSystems", "Our own codes", "What no terminology names: what accepted suggestions write.", "Code system", "code_systems/"),
        Room(
            "systems",
            "Code systems",
            "Whose codes these are, and under which other names charts carry them.",
            "Code system",
            "systems.toml",
        ),
    )
}


def listings(catalogue: Catalogue, room: str) -> list[Listing]:
    """The things of a room as tables."""
    things = catalogue.room(room)
    if room != "rules":
        columns = _columns(catalogue, room)
        return [Listing("", "", tuple(columns), _rows(things, columns))]
    stages = {stage: [thing for thing in things if thing.link.name.split("-")[0] == stage] for stage in STAGES}
    columns = _columns(catalogue, room)
    told = catalogue.knowledge.stages
    return [
        Listing(f"{stage}: {told[stage]}", f"stage-{stage}", tuple(columns), _rows(found, columns))
        for stage, found in stages.items()
        if found
    ]


def stands_on(thing: Thing) -> dict[str, Any]:
    """The strength of what is claimed, and the publications it stands on; nothing where a file has no source of its own."""
    return {key: thing.table[key] for key in ("strength", "evidence") if key in thing.table and "strength" in thing.table}


def _rows(things: Iterable[Thing], columns: Mapping[str, Cell]) -> tuple[tuple[Any, ...], ...]:
    return tuple(tuple(cell(thing) for cell in columns.values()) for thing in things)


def _columns(catalogue: Catalogue, room: str) -> Mapping[str, Cell]:
    """The columns of a list: heading -> what stands there of a thing."""

    def name(thing: Thing) -> Link:
        return thing.link

    def told(key: str) -> Cell:
        return lambda thing: thing.table.get(key, "")

    source = {"Stands on": stands_on}
    match room:
        case "rules":
            return {"Rule": name, "Says": told("says"), "What it does": lambda thing: EFFECTS[thing.table["effect"]], **source}
        case "thresholds":
            return {"Threshold": name, "Value": _value_of, "A site may set": _bounds_of, "Says": told("says"), **source}
        case "evidence":
            return {"Publication": name, "Citation": told("citation"), "Kind": told("kind"), "Read": told("read")}
        case "valueSets":
            return {"Value set": name, "Codes": lambda thing: len(thing.table["codes"]), "Of": lambda thing: systems_of(catalogue, thing)}
        case "findings":
            return {"Finding": name, "Recognised by": _ways_of, **source}
        case "phrases":
            return {"Phrase list": name, "Phrases": lambda thing: len(thing.table["phrase"]), **source}
        case "attributes":
            return {"No.": told("number"), "Attribute": name, "Value": told("value")}
        case "nerves":
            return {"Nerve": name, "Where to press": lambda thing: thing.table["landmark"]["says"], **source}
        case "systems":
            return {"Name": told("name"), "URI": told("uri"), "Also known as": told("aliases"), "Terms": told("copyright")}
        case "studies" | "contexts" | "codeSystems":
            return {ROOMS[room].one: name, **source}
    return {"Name": name, "Says": lambda thing: thing.table["value"] if list(thing.table) == ["value"] else thing.table}


def _value_of(thing: Thing) -> str:
    return f"{thing.table['value']:g} {thing.table['unit']}"


def _bounds_of(thing: Thing) -> str:
    least, most = thing.table["least"], thing.table["most"]
    return "nothing else" if least == most else f"{least:g} to {most:g}"


def _ways_of(thing: Thing) -> list[str]:
    return list(dict.fromkeys(way["by"] for way in thing.table["recognised"]))


def systems_of(catalogue: Catalogue, thing: Thing) -> list[str]:
    """The code systems of a value set, by the names that people give them."""
    named = catalogue.published["systems"]
    return list(dict.fromkeys(named[one["system"]]["name"] if one["system"] in named else one["system"] for one in thing.table["codes"]))
