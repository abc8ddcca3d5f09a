"""What CDS Hooks asks of a service, and the tests that say they prove it: `tests/requirements.toml`, and the marks in the tests.

A test names what it proves: `@pytest.mark.requirement("83", "case-07")`. As a plugin of pytest this prints the table of all requirements
with what became of their tests: `make requirements`.
"""

import ast
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
_NOT_ROWS = ("untested", "awaiting")
_WORST_FIRST = ("failed", "skipped", "passed")


@dataclass(frozen=True, slots=True)
class Requirement:
    """One thing that is asked of a service.

    level     how strongly: SHALL, SHOULD, MAY ..., or who asks where the specification does not
    excuse    why no test shows it, "" when one has to
    awaits    what has to be built first, "" when nothing has
    """

    id: str
    level: str
    asks: str
    excuse: str = ""
    awaits: str = ""


def requirements(file: Path = TESTS / "requirements.toml") -> dict[str, Requirement]:
    """Every requirement by its id, in the order of the file. Raises ValueError for an id that stands twice, or is excused and unknown."""
    tables = tomllib.loads(file.read_text(encoding="utf-8"))
    rows = [(id_, row) for chapter, table in tables.items() if chapter not in _NOT_ROWS for id_, row in table.items()]
    excuses: Mapping[str, str] = tables["untested"]
    awaited = {id_: what for what, ids in tables["awaiting"].items() for id_ in ids}
    named = Counter([id_ for id_, _ in rows])
    if wrong := [id_ for id_, times in named.items() if times > 1] + sorted((excuses.keys() | awaited.keys()) - named.keys()):
        raise ValueError(f"twice, or not a requirement: {', '.join(wrong)}")
    return {id_: Requirement(id_, level, asks, excuses.get(id_, ""), awaited.get(id_, "")) for id_, (level, asks) in rows}


def marked(folder: Path = TESTS) -> dict[str, set[str]]:
    """The ids that tests name -> the files in which they do, read from the source: also of tests that do not run here."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for path in folder.rglob("*.py"):
        for id_ in _named(ast.parse(path.read_text(encoding="utf-8"))):
            found[id_].add(path.relative_to(folder).as_posix())
    return dict(found)


def _named(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("pytest.mark.requirement", "requirement"):
            yield from (ast.literal_eval(argument) for argument in node.args)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let every report carry what its test proves."""
    for item in items:
        ids = {id_ for mark in item.iter_markers("requirement") for id_ in mark.args}
        item.user_properties += [("requirement", id_) for id_ in sorted(ids)]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the table: id, level, what is asked, how many tests there are, and the worst that became of one."""
    outcomes = _outcomes(report for kind in ("passed", "failed", "error", "skipped") for report in terminalreporter.stats.get(kind, ()))
    terminalreporter.section("requirements of CDS Hooks")
    for one in requirements().values():
        tests = outcomes[one.id]
        result = next((worst for worst in _WORST_FIRST if tests[worst]), _without_a_test(one))
        terminalreporter.write_line(f"{one.id:<8} {one.level:<10} {one.asks:<74} {tests.total():>4}  {result}")


def _outcomes(reports: Iterable[pytest.TestReport]) -> defaultdict[str, Counter[str]]:
    """How often the tests of each id passed, failed or were skipped."""
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for report in reports:
        for name, value in getattr(report, "user_properties", ()):
            if name == "requirement":
                found[str(value)][report.outcome] += 1
    return found


def _without_a_test(one: Requirement) -> str:
    return f"not tested: {one.excuse}" if one.excuse else f"awaits {one.awaits}" if one.awaits else "NO TEST"
