"""What a release says of itself: its bill of materials, its licences, its version."""

import json
import re
import tomllib
from datetime import UTC, datetime

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from release.licences import PAGE, page
from release.locked import LOCK, ROOT, libraries
from release.sbom import bill

BILL = bill(made=datetime(2026, 11, 20, tzinfo=UTC))
PINNED = dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", LOCK.read_text(encoding="utf-8"), flags=re.MULTILINE))


def test_the_bill_of_materials_is_cyclonedx():
    """It passes the strict schema of CycloneDX 1.6, and a bill with a mistake does not."""
    validator = JsonStrictValidator(SchemaVersion.V1_6)

    assert validator.validate_str(json.dumps(BILL)) is None
    assert validator.validate_str(json.dumps({**BILL, "components": [{"name": "x"}]})) is not None


def test_the_bill_names_what_is_locked_for_linux_with_its_files():
    """Every library of the lock but those of other systems, in its version, with the hash of each file that may be installed."""
    named = {one["name"]: one for one in BILL["components"]}

    assert {name: one["version"] for name, one in named.items()} == {
        name: version for name, version in PINNED.items() if name != "colorama"
    }
    text = LOCK.read_text(encoding="utf-8")
    for one in named.values():
        (distribution,) = one["externalReferences"]
        assert distribution["hashes"]
        assert all(f"sha256:{each['content']}" in text for each in distribution["hashes"])


def test_the_bill_tells_who_needs_what():
    """From ours on, every library is reached; nothing is needed that is not in it."""
    needs = {one["ref"]: one["dependsOn"] for one in BILL["dependencies"]}
    reached, waiting = set(), [BILL["metadata"]["component"]["bom-ref"]]
    while waiting:
        one = waiting.pop()
        if one not in reached:
            reached.add(one)
            waiting += needs[one]

    assert reached == {*needs} == {BILL["metadata"]["component"]["bom-ref"], *(one["purl"] for one in BILL["components"])}


def test_the_bill_of_the_same_lock_is_the_same():
    """Nothing in it changes from one making to the next, and no address tells where somebody downloaded something."""
    assert bill(made=datetime(2026, 11, 20, tzinfo=UTC)) == BILL
    assert not [word for word in re.findall(r"https?://[^\"]+", json.dumps(BILL)) if not word.startswith("http://cyclonedx.org/schema/")]


def test_the_page_of_licences_is_that_of_the_lock():
    """`make licences` would change nothing; psycopg's is named as the one that asks for something."""
    assert PAGE.read_text(encoding="utf-8") == page(libraries())
    assert "| psycopg | LGPL-3.0-only |" in page(libraries())


def test_every_licence_is_one_that_was_looked_at():
    """A library under a licence that is not on this list is a decision for a person."""
    known = {"MIT", "MIT-0", "BSD-2-Clause", "BSD-3-Clause", "BSD License", "Apache-2.0", "ISC", "PSF-2.0", "MPL-2.0", "LGPL-3.0-only"}
    found = {one.name: set(re.split(r" (?:AND|OR) ", one.licence)) for one in libraries()}

    assert {name: licences - known for name, licences in found.items() if licences - known} == {}


def test_the_changelog_tells_of_this_version():
    """The version of the package has its paragraph, the newest first."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    told = re.findall(r"^## (\d+\.\d+\.\d+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), flags=re.MULTILINE)

    assert told[0] == version
    assert told == sorted(told, key=lambda one: [int(part) for part in one.split(".")], reverse=True)


@pytest.mark.parametrize("name", ["SECURITY.md", "CHANGELOG.md", "docs/licences.md"])
def test_every_file_that_these_pages_link_to_exists(name):
    """No link leads nowhere."""
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", (ROOT / name).read_text(encoding="utf-8")):
        assert ((ROOT / name).parent / target).exists(), target
