"""The knowledge as others read it at /knowledge: everything that is known, as it stands in the files, with the numbers of the site."""

import asyncio
import json
import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest

from service.app import create_app
from service.knowledge.load import FOLDER, load_knowledge
from service.settings import read_settings
from tests.doors import application

# Keys of a table that name a threshold: what is published is its number.
COUNTED = ("within_days", "less_than_days", "older_than_days", "more_than_days", "pain_after_days", "days", "at_least", "above", "below")

# Tables that stand in a list of their file, and where they are published by which key.
LISTED = {"rule": ("rules", "id"), "threshold": ("thresholds", "id"), "attribute": ("attributes", "number"), "system": ("systems", "uri")}

# What a table says when it does not say it.
UNWRITTEN = {"undated": True, "near": "entry", "part": "seen", "latest": True, "apart": 12, "days": 1}


async def _fetched(app: Any) -> str:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://127.0.0.1:8000") as client:
        return (await client.get("/knowledge")).text


@cache
def told() -> dict[str, Any]:
    """What the real application publishes, as shipped."""
    return json.loads(asyncio.run(_fetched(application())))


@cache
def told_by_a_site() -> dict[str, Any]:
    """What a site publishes that moved two numbers and chose the other policy."""
    settings = {"CLUNEAL_DATABASE_URL": "off", "CLUNEAL_POLICY": "inclusive", "CLUNEAL_THRESHOLDS": "imaging-window=365,relief-good=75"}
    return json.loads(asyncio.run(_fetched(create_app(read_settings(settings)))))


def in_file(path: Path | str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / path).read_text(encoding="utf-8"))


def _told(found: re.Match[str]) -> str:
    value = in_file_of_thresholds()[found[1]]
    return f"{value}" if not found[2] else f"{value // {'days': 1, 'weeks': 7, 'months': 30}[found[2]]} {found[2]}"


@cache
def in_file_of_thresholds() -> dict[str, Any]:
    return {row["id"]: row["value"] for row in in_file("thresholds.toml")["threshold"]}


def with_numbers(value: Any, key: str = "") -> Any:
    """The table of a file with its thresholds by their numbers, in its sentences too."""
    if isinstance(value, dict):
        return {name: with_numbers(inner, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [with_numbers(inner, key) for inner in value]
    if not isinstance(value, str):
        return value
    return in_file_of_thresholds()[value] if key in COUNTED else re.sub(r"<([a-z0-9-]+)(?: in ([a-z]+))?>", _told, value)


def unsaid(written: Any, said: Any, place: str = "") -> list[str]:
    """Where what is published differs from what is written; left out is only what would be so without being written."""
    if isinstance(written, dict) and isinstance(said, dict):
        lost = [f"{place}/{key}" for key in written.keys() - said.keys() if written[key] not in (UNWRITTEN.get(key), False, [], "")]
        return lost + [line for key in written.keys() & said.keys() for line in unsaid(written[key], said[key], f"{place}/{key}")]
    if isinstance(written, list) and isinstance(said, list) and len(written) == len(said):
        pairs = enumerate(zip(written, said, strict=True))
        return [line for number, (one, other) in pairs for line in unsaid(one, other, f"{place}/{number}")]
    return [] if written == said else [place]


@pytest.mark.parametrize("room", ["findings", "nerves", "phrases", "studies", "contexts", "evidence"])
def test_every_file_of_a_folder_is_published(room):
    """Under its name, with everything that a clinician reviews in it."""
    files = {path.stem: in_file(path) for path in (FOLDER / room).glob("*.toml")}

    assert told()[room].keys() == files.keys()
    assert [line for name, file in files.items() for line in unsaid(with_numbers(file), told()[room][name], f"{room}/{name}")] == []


def test_every_rule_is_published():
    """By its id, as it stands in the file of its stage."""
    rows = {row["id"]: row for path in (FOLDER / "rules").glob("*.toml") for row in in_file(path)["rule"]}

    assert told()["rules"].keys() == rows.keys()
    assert [line for name, row in rows.items() for line in unsaid(with_numbers(row), told()["rules"][name], name)] == []


def test_every_threshold_is_published_with_its_bounds_and_source():
    """A committee reads all of them here, as they stand in their file."""
    rows = {row["id"]: row for row in in_file("thresholds.toml")["threshold"]}

    assert told()["thresholds"] == rows


def test_every_value_set_is_published_with_its_codes():
    """The codes that are understood, by their systems."""
    sets = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in (FOLDER / "value_sets").glob("*.json")}
    codes = {
        name: sorted((part["system"], one["code"]) for part in file["compose"]["include"] for one in part["concept"])
        for name, file in sets.items()
    }

    assert {name: [(one["system"], one["code"]) for one in found["codes"]] for name, found in told()["valueSets"].items()} == codes
    assert {name: found["title"] for name, found in told()["valueSets"].items()} == {name: file["title"] for name, file in sets.items()}


@pytest.mark.parametrize(("room", "file"), [("pathway", "pathway.toml"), ("wording", "wording.toml"), ("language", "language.toml")])
def test_the_single_files_are_published(room, file):
    """The tier table, the sentences of the cards, and the little words."""
    written = in_file(file)
    numbers = {"support_needed": load_knowledge().thresholds["support-kinds"].value} if room == "pathway" else {}

    assert unsaid(with_numbers({**written, **numbers}), told()[room], room) == []


def test_the_reading_of_blocks_is_published_with_its_numbers():
    """What rule G counts with, each number in the place of its name."""
    written = in_file("blocks.toml")
    numbers = {key: load_knowledge().thresholds[name].value for key, name in written.pop("numbers").items()}

    assert told()["blocks"]["numbers"] == numbers
    assert unsaid(written, told()["blocks"], "blocks") == []


def test_the_orders_that_are_spoken_of_are_published():
    """At which orders a clinician is asked to press the points first is knowledge like any other."""
    kinds = [kind["label"] for kind in in_file("orders.toml")["kind"]]

    assert [kind["label"] for kind in told().get("orders", {}).get("kind", [])] == kinds


def is_published(path: Path, key: str, value: Any) -> bool:
    """Whether a key at the top of a file can be found in what is published."""
    folder = path.parent.name
    if key in LISTED and (folder == "rules" or path.parent == FOLDER):
        room, name = LISTED[key]
        return {str(row[name]) for row in value} <= told()[room].keys()
    if folder == "rules":
        return value in told()["stages"].values()
    place = told() if path.stem == "version" else told()[path.stem] if path.parent == FOLDER else told()[folder][path.stem]
    return key in place or value in (UNWRITTEN.get(key), False, [], "")


def test_nothing_in_the_folder_is_left_out():
    """Every key at the top of every table and every FHIR resource of ours has its place, whoever adds one."""
    tables = {path: in_file(path) for path in FOLDER.rglob("*.toml")}
    del tables[FOLDER / "attributes.toml"]["strength"]  # Who says the source attributes: always we.
    lost = [f"{path.name} {key}" for path, file in tables.items() for key, value in file.items() if not is_published(path, key, value)]
    resources = {path.relative_to(FOLDER).as_posix(): json.loads(path.read_text(encoding="utf-8")) for path in FOLDER.rglob("*.json")}
    ours = {f"code_systems/{name}.json": system for name, system in told()["codeSystems"].items()}
    sets = {f"value_sets/{name}.json": known["description"] for name, known in told()["valueSets"].items()}

    assert (lost, resources.keys()) == ([], ours.keys() | sets.keys())
    assert {name: resources[name] for name in ours} == ours
    assert {name: resources[name]["description"] for name in sets} == sets
    assert list(told()["systems"].values()) == in_file("systems.toml")["system"]
    assert told()["stages"].keys() == {rule.split("-")[0] for rule in told()["rules"]}


def test_it_says_which_knowledge_it_is():
    """Version, date, what is new, and the fingerprint of the files, as version.toml has them; nothing was adjusted."""
    version = in_file("version.toml")
    before = [{**one, "date": one["date"].isoformat()} for one in version["earlier"]]

    assert {key: told()[key] for key in ("version", "date", "says", "digest", "policy", "adjusted", "earlier")} == {
        **version,
        "date": version["date"].isoformat(),
        "earlier": before,
        "policy": "evidence",
        "adjusted": {},
    }


def test_the_nerves_come_in_their_order():
    """As on a card."""
    assert list(told()["nerves"]) == ["superior", "middle", "inferior"]


def test_the_thirteen_attributes_stand_in_front():
    """In the order of the regulation's numbers, before everything else that is known; each has a name and a value."""
    rows = told()["attributes"]

    assert list(told()).index("attributes") < min(list(told()).index(room) for room in ("nerves", "rules", "findings", "evidence"))
    assert list(rows) == [str(number) for number in range(1, 14)]
    assert [row["number"] for row in rows.values()] == list(range(1, 14))
    assert all(row.keys() == {"number", "name", "value"} and row["name"].strip() and row["value"].strip() for row in rows.values())


def test_version_and_date_are_filled_into_the_attributes():
    """No brace is left where a reader expects a date."""
    values = [row["value"] for row in told()["attributes"].values()]

    assert any(f"Knowledge version {told()['version']} of {told()['date']}" in value for value in values)
    assert not any(re.search(r"[{}]", value) for value in values)


def test_numbers_are_those_that_the_site_counts_with():
    """Where a number was moved it stands moved in every place that counts with it; bounds and the other numbers stay."""
    shipped, site = told(), told_by_a_site()

    assert (site["policy"], site["adjusted"]) == ("inclusive", {"imaging-window": 365, "relief-good": 75})
    assert [site["thresholds"][name]["value"] for name in ("imaging-window", "relief-good", "relief-some")] == [365, 75, 50]
    assert site["studies"]["lumbar-imaging"]["within_days"] == 365
    assert (site["blocks"]["numbers"]["good_relief"], shipped["blocks"]["numbers"]["good_relief"]) == (75, 70)
    assert site["thresholds"]["imaging-window"] == {**shipped["thresholds"]["imaging-window"], "value": 365}


def test_what_the_site_did_not_move_is_the_same():
    """Rules, nerves, evidence, attributes and the fingerprint of the files do not change with the settings."""
    same = ("version", "digest", "attributes", "rules", "nerves", "evidence", "phrases", "valueSets", "language", "wording")

    assert [name for name in same if told()[name] != told_by_a_site()[name]] == []


def test_every_citation_can_be_looked_up():
    """Whatever names a publication here, the publication is here too."""

    def cited(value: Any) -> set[str]:
        if isinstance(value, dict):
            own = set(value.get("evidence", ())) if isinstance(value.get("evidence"), list) else set()
            return own.union(*map(cited, value.values()))
        return set().union(*map(cited, value)) if isinstance(value, list) else set()

    assert len(cited(told())) > 50
    assert cited(told()) <= told()["evidence"].keys()


def test_nothing_of_the_machine_shows():
    """No path, no user, no setting: what is published is the same wherever the service runs."""
    text = json.dumps(told(), ensure_ascii=False)

    assert not [word for word in (str(FOLDER), str(Path.home()), str(Path.cwd()), "/usr/", ".toml'", "CLUNEAL_HOST", "0x") if word in text]


def test_it_is_strict_json():
    """A reader in any language can take it: no NaN, no Infinity, no name twice."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        assert len(dict(pairs)) == len(pairs)
        return dict(pairs)

    def never(constant: str) -> Any:
        raise AssertionError(constant)

    assert json.loads(asyncio.run(_fetched(application())), object_pairs_hook=once, parse_constant=never) == told()
