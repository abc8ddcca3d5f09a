"""The house plan, enforced: who may import whom, which library may be used where, and where the world may leak in.

Reads the source of both packages as text (ast), so that an import inside a function counts like one at the top.
"""

import ast
import sys
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

# Highest first. An import leads to a lower floor, or stays in its room (a file or a folder); rooms of one floor do not see each other.
FLOORS = {
    "service": (
        "cli",
        "commands",
        "doctor",
        "probing",
        "app",
        "pages",
        "web",
        "trial",
        "known_clients replay chart_file prefetch_words mock_clients",
        "cds_services screening story terminal labelled",
        "records open_server",
        "transcript published decision numbers",
        "evaluate fetching large_charts",
        "cards",
        "reasoning fhir",
        "record_index site store",
        "record knowledge storage settings clients",
        "call",
        "telemetry",
        "dates errors speech addresses history database_url local_codes agreed_acceptance shown_pages own_name usage",
    ),
    "cds_hooks": (
        "router openapi",
        "discovery fhir_access transport feedback_schema described_answers",
        "fhir_search fhir_version",
        "fhir_calls prefetch_merge",
        "prefetch feedback fhir_authorization request_schema response_schema",
        "request response client_auth fetched refused_calls",
        "hooks jwks fhir_page",
        "errors egress circuit",
    ),
}

# "folder/" stands for every file in it, "-file" takes one out again. A library that is not listed has no place yet.
THIRD_PARTY = {
    "fastapi starlette": "cds_hooks/router.py service/app.py service/pages.py service/web/",
    "httpx httpcore": "cds_hooks/egress/ cds_hooks/jwks.py service/app.py",
    "msgspec": (
        "cds_hooks/request.py cds_hooks/fetched.py cds_hooks/fhir_page.py cds_hooks/fhir_search.py cds_hooks/fhir_access.py "
        "cds_hooks/fhir_version.py "
        "cds_hooks/prefetch_merge.py service/fhir/ -service/fhir/write.py service/replay.py service/screening/"
    ),
    "pydantic pydantic_core": (
        "cds_hooks/response.py cds_hooks/discovery.py cds_hooks/feedback.py "
        "service/knowledge/ -service/knowledge/links.py -service/knowledge/tables.py service/settings.py service/clients/ "
        "service/fhir/strict.py"
    ),
    "pydantic_settings": "service/settings.py",
    "typer": "service/cli.py service/usage.py service/commands/",
    "uvicorn": "service/commands/serving.py",
    "rich": "service/cli.py service/commands/ service/terminal.py service/probing/drawn.py",
    "jinja2 markdown_it nh3": "service/web/",
    "fhir": "service/fhir/write.py service/fhir/strict.py service/knowledge/load.py",
    "sqlalchemy alembic": "service/storage/",
    "structlog": "service/telemetry/logs.py",
    "prometheus_client": "service/telemetry/",
    "cryptography": "service/web/why_link.py",
    "jwt": "cds_hooks/client_auth.py cds_hooks/jwks.py",
}

# What answers differently each time it is asked; an argument everywhere else.
THE_WORLD = {
    *("datetime.datetime.now", "datetime.datetime.utcnow", "datetime.datetime.today", "datetime.date.today", "time.time", "time.localtime"),
    *("uuid.uuid1", "uuid.uuid4", "os.environ", "os.getenv", "os.urandom", "random", "secrets"),
}
MAY_ASK_THE_WORLD = "service/app.py service/commands/ service/settings.py"

SAYS_NOTHING = {"manager", "handler", "processor", "evaluator", "calculator", "reader", "utils", "util", "helpers", "common", "base"}

FILES = tuple(sorted(path.relative_to(ROOT) for package in FLOORS for path in (ROOT / package).rglob("*.py")))
ALL_FILES = (*FILES, *sorted(path.relative_to(ROOT) for folder in ("tests", "benchmarks") for path in (ROOT / folder).rglob("*.py")))
EACH_FILE = pytest.mark.parametrize("file", FILES, ids=str)


def module_name(file: Path) -> str:
    parts = file.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(file): file for file in FILES}


@cache
def tree(file: Path) -> ast.Module:
    return ast.parse((ROOT / file).read_text(encoding="utf-8"), filename=str(file))


def imported_names(file: Path) -> dict[str, str]:
    """Local name -> full dotted name of everything that the file imports, anywhere in it."""
    names: dict[str, str] = {}
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                names[alias.asname or alias.name] = alias.name
        elif isinstance(node, ast.ImportFrom):
            package = module_name(file).split(".")[: (0 if file.name == "__init__.py" else -1) - node.level + 1 or None]
            start = ".".join((*package, node.module or "")).strip(".") if node.level else str(node.module)
            names |= {alias.asname or alias.name: f"{start}.{alias.name}" for alias in node.names}
    return names


def imported_modules(file: Path) -> set[str]:
    """The modules of our own packages that the file imports."""
    found = set()
    for name in imported_names(file).values():
        while name not in MODULES and "." in name:
            name = name.rpartition(".")[0]
        if name in MODULES:
            found.add(name)
    return found


def floor(module: str) -> tuple[int, str]:
    """How far down the module's room lies, and the room."""
    package, _, rest = module.partition(".")
    room = rest.split(".")[0]
    (level,) = (number for number, rooms in enumerate(FLOORS[package]) if room in rooms.split())
    return level, room


def is_in(file: Path, places: str) -> bool:
    def is_at(place: str) -> bool:
        return file.as_posix().startswith(place) if place.endswith("/") else file.as_posix() == place

    words = places.split()
    return any(is_at(place) for place in words if place[0] != "-") and not any(is_at(place[1:]) for place in words if place[0] == "-")


def uses_of_the_world(file: Path) -> set[str]:
    """Which clocks, ids, dice and environments the file asks, whatever it calls them."""
    names = imported_names(file)
    said = set(names.values())
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.Attribute):
            first, _, rest = ast.unparse(node).partition(".")
            said.add(f"{names.get(first, first)}.{rest}")
    return {name for name in said if any(f"{name}.".startswith(f"{asked}.") for asked in THE_WORLD)}


@EACH_FILE
def test_an_import_leads_down(file):
    """A file imports from lower floors and from its own room only, and every room stands in the plan."""
    if file.parent.name in FLOORS and file.name == "__init__.py":
        assert not imported_modules(file), "a package's own door imports nothing: it would drag every floor to the lowest"
        return
    level, room = floor(module_name(file))
    for module in sorted(imported_modules(file) - set(FLOORS)):
        if module.split(".")[0] == file.parts[0]:
            other_level, other_room = floor(module)
            assert other_room == room or other_level > level, f"{file} must not import {module}"


@EACH_FILE
def test_the_protocol_knows_no_clinic(file):
    """`cds_hooks` never imports `service`; `reasoning` and `record` never import `cds_hooks`."""
    packages = {module.split(".")[0] for module in imported_modules(file)}

    assert "service" not in packages or file.parts[0] == "service"
    if is_in(file, "service/reasoning/ service/record.py"):
        assert "cds_hooks" not in packages


def test_there_are_no_circles():
    """No two files need each other."""
    try:
        tuple(TopologicalSorter({module: imported_modules(file) - {module} for module, file in MODULES.items()}).static_order())
    except CycleError as circle:
        pytest.fail(" -> ".join(circle.args[1]))


@EACH_FILE
def test_a_library_stays_in_its_room(file):
    """Every third-party import is in the table, for this file."""
    libraries = {name.split(".")[0] for name in imported_names(file).values()} - set(sys.stdlib_module_names) - set(FLOORS)
    for library in sorted(libraries):
        places = " ".join(places for names, places in THIRD_PARTY.items() if library in names.split())
        assert is_in(file, places), f"{library} may be imported in: {places or 'no file'}"


@EACH_FILE
def test_the_world_is_an_argument(file):
    """Clock, ids, chance and environment come in at the top and are handed down."""
    assert not uses_of_the_world(file) or is_in(file, MAY_ASK_THE_WORLD), uses_of_the_world(file)


@pytest.mark.parametrize("file", ALL_FILES, ids=str)
def test_a_file_says_what_it_is_and_stays_readable(file):
    """Every file opens with a sentence about itself, has a name that says something, and no more than 300 lines."""
    assert (ast.get_docstring(tree(file)) or "").strip(), "no module docstring"
    assert len((ROOT / file).read_text(encoding="utf-8").splitlines()) <= 300
    assert not SAYS_NOTHING & set(file.stem.split("_"))


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("from datetime import datetime as d\ndef f():\n    return d.now()", {"datetime.datetime.now"}),
        ("import datetime\ndatetime.date.today()", {"datetime.date.today"}),
        ("def f():\n    from uuid import uuid4", {"uuid.uuid4"}),
        ("import os\nos.environ['A']", {"os.environ"}),
        ("import random", {"random"}),
        ("from datetime import date\ndef f(today: date):\n    return today.year, date(2026, 1, 1)", set()),
    ],
)
def test_the_world_is_recognised(source, found, monkeypatch):
    """The look-out for clocks and dice sees them under any name."""
    monkeypatch.setitem(globals(), "tree", lambda file: ast.parse(source))

    assert uses_of_the_world(Path("service/x.py")) == found
