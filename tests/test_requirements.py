"""Every requirement of CDS Hooks has a test that names it, or a reason why it cannot have one.

The requirements are rows of tests/requirements.toml; a test names what it proves with `@pytest.mark.requirement`.
"""

import csv
import re
import subprocess
import sys

import pytest

from tests.requirements import TESTS, marked, requirements

ROWS = requirements()
MARKED = marked()
LISTS = TESTS.parent.parent / "shared" / "reference" / "cds-hooks-requirements.csv"
LEVELS = {"SHALL", "SHALL NOT", "SHOULD", "SHOULD NOT", "MAY", "DEPRECATED", "client", "ballot", "ours"}


@pytest.mark.parametrize("id_", ROWS)
def test_a_requirement_is_tested_or_says_why_not(id_):
    """A test names the id, or the row says why none can, or what is still to be built; and never two of these."""
    row = ROWS[id_]
    ways = {"a test": id_ in MARKED, "a reason for none": bool(row.excuse), "a wait": bool(row.awaits)}

    assert sum(ways.values()) == 1, f"{row.asks}: {ways}"


def test_tests_name_known_requirements():
    """A mistyped id would leave its requirement without the test."""
    assert {id_: sorted(files) for id_, files in MARKED.items() if id_ not in ROWS} == {}


def test_a_row_is_short_and_has_a_level():
    """What is asked is said in a few words of ours, on a known level."""
    assert {row.level for row in ROWS.values()} <= LEVELS
    assert all(5 < len(row.asks) < 75 for row in ROWS.values())


@pytest.mark.parametrize(
    ("series", "last"), [("case-{:02}", 44), ("R{}", 20), ("R3-{}", 29), ("H-{}", 14), ("P-{}", 12), ("K-{}", 7), ("F-{}", 8), ("J-{}", 13)]
)
def test_a_series_has_no_gap(series, last):
    """What is counted from 1 is there to its end."""
    assert [id_ for number in range(1, last + 1) if (id_ := series.format(number)) not in ROWS] == []


def test_the_published_lists_are_covered():
    """Each row of the lists that concerns a service is a row of ours, on the same level."""
    if not LISTS.exists():
        pytest.skip("the lists of requirements are not here (../shared/reference)")
    with LISTS.open(encoding="utf-8", newline="") as file:
        asked = [row for row in csv.DictReader(file) if re.search("Service|Server", row["actors"])]
    prefixes = {"cds-hooks_2.0": "", "cds-hooks-library_1.0.1": "L-"}
    listed = {prefixes[row["set"]] + row["id"]: row["conformance"] for row in asked}

    assert len(listed) > 100
    assert {id_: ROWS[id_].level for id_ in listed if id_ in ROWS} == listed


def test_the_table_shows_what_became_of_each_requirement(tmp_path):
    """One failed test of several fails the requirement; what has no test says so, and why."""
    (tmp_path / "test_made_up.py").write_text(
        "import pytest\n"
        "@pytest.mark.requirement('83')\n@pytest.mark.parametrize('size', [139, 140])\ndef test_one(size): assert size < 140\n"
        "@pytest.mark.requirement('84', '85')\ndef test_two(): pass\n"
        "@pytest.mark.requirement('87')\ndef test_three(): pytest.skip('not here')\n"
    )
    told = table("--rootdir", str(tmp_path), str(tmp_path))

    assert told["83"].split()[-2:] == ["2", "failed"]
    assert told["84"].split()[-2:] == told["85"].split()[-2:] == ["1", "passed"]
    assert told["87"].split()[-2:] == ["1", "skipped"]
    assert told["168"].endswith("0  not tested: TLS ends at the proxy in front of the service")
    assert told["88"].endswith("0  NO TEST")
    assert set(told) == set(ROWS)


def table(*arguments: str) -> dict[str, str]:
    """The lines of the table by id, as pytest prints it with the plugin."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.requirements", "-c", str(TESTS.parent / "pyproject.toml"), *arguments]
    done = subprocess.run(command, cwd=TESTS.parent, capture_output=True, text=True, timeout=60, check=False)
    _, _, printed = done.stdout.partition("requirements of CDS Hooks")
    rows = (line.split(maxsplit=1)[0] for line in printed.splitlines() if line)
    return {id_: line for id_, line in zip(rows, filter(None, printed.splitlines()), strict=True) if id_ in ROWS}
