"""The rows [[local]] of a code map: what may stand in them, and how every mistake is told before the service starts."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from service.clients.load import InvalidClients, read_clients
from service.clients.local_row import DENYING, OPPOSED
from service.knowledge.load import load_knowledge
from service.known_clients import clients_of, concepts_of
from service.local_codes import LocalCode
from service.settings import read_settings
from service.story import hook_request, read_story
from tests.service.charts import CPT, RXNORM, SNOMED
from tests.service.clients.test_load import ORDERS, SERVICES, SOUND, written

CLIENTS = Path(__file__).parents[3] / "fixtures" / "clients" / "clients.toml"
COMMAND = Path(sys.executable).parent / "cluneal-cds"
OID = "urn:oid:1.2.3.4711"
ROW = {"system": OID, "code": "7", "means": "lumbar-laminectomy"}
LIDOCAINE = {"system": RXNORM, "code": "6387"}


def told(row):
    """A row as it is written in the file."""
    values = {key: json.dumps(value) for key, value in row.items() if value is not None and not isinstance(value, dict)}
    tables = {key: f"{{ {', '.join(f'{name} = {json.dumps(one)}' for name, one in value.items())} }}" for key, value in row.items() if isinstance(value, dict)}  # fmt: skip  # noqa: E501
    return "\n".join(("[[local]]", *(f"{key} = {value}" for key, value in {**values, **tables}.items())))


def loaded(folder, *rows, more=""):
    path = written(folder, {**SOUND, "code_map": "codes.toml"}, codes_toml="\n\n".join((more, *map(told, rows))))
    return read_clients(path, services=SERVICES, orders=ORDERS, concepts=concepts_of(load_knowledge())).known[0].local


def problems(folder, *rows, more=""):
    with pytest.raises(InvalidClients) as refused:
        loaded(folder, *rows, more=more)
    return [one.removeprefix("ehr: code_map: ") for one in refused.value.problems]


def test_a_row_names_value_sets_or_a_standard_coding(tmp_path):
    """One value set, several, a coding, or both; systems go by the name that charts are searched for."""
    rows = loaded(
        tmp_path,
        ROW,
        {**ROW, "code": "8", "means": ["posterior-lumbar-fusion", "side-left-in-code"]},
        {"system": f"{OID}/", "code": "9", "same_as": LIDOCAINE},
    ).rows

    assert rows == (
        LocalCode(OID, "7", ("lumbar-laminectomy",)),
        LocalCode(OID, "8", ("posterior-lumbar-fusion", "side-left-in-code")),
        LocalCode(OID, "9", (), (RXNORM, "6387")),
    )


def test_a_client_without_rows_has_no_map(tmp_path):
    """Nothing is prepared for it, and nothing looked up."""
    assert loaded(tmp_path) is None


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"means": None}, "local 1 (7): says nothing of what it stands for"),
        ({"means": "laminectomy"}, 'local 1 (7): laminectomy is no value set (did you mean "lumbar-laminectomy"?)'),
        ({"means": "xyzzy"}, "local 1 (7): xyzzy is no value set; cluneal-cds knowledge list value-sets"),
        ({"means": 7}, "local 1: means must be a list"),
        ({"means": ["a", 7]}, "local 1: means 2 must be a text"),
        ({"same_as": {"system": SNOMED, "code": "1"}}, f"local 1 (7): same_as: no value set holds 1 of {SNOMED}"),
        ({"same_as": {"system": SNOMED}}, "local 1: same_as: code is missing"),
        ({"code": 7}, "local 1: code must be a text"),
        ({"system": ""}, "local 1: system must be a text on one line"),
        ({"system": CPT, "code": "63047"}, "local 1 (63047): is a standard code that is read already, as lumbar-laminectomy"),
        ({"system": "HTTP://SNOMED.info/sct|2026", "code": "387731002"}, "local 1 (387731002): is a standard code that is read already"),
        ({"means": "answer-negative"}, "local 1 (7): answer-negative only says that something is not so"),
        ({"means": ["exam-reproduces", "exam-not-tender"]}, "local 1 (7): exam-not-tender, exam-reproduces contradict each other"),
        ({"means": ["side-left", "side-right-in-code"]}, "local 1 (7): side-left, side-right-in-code contradict each other"),
        ({"side": "left"}, "local 1: side is not known here"),
    ],
)
def test_a_mistake_in_a_row_is_told(tmp_path, changes, says):
    """With the row, its code, and what would be right."""
    (problem,) = problems(tmp_path, {**ROW, **changes})

    assert problem.startswith(says)


@pytest.mark.parametrize("name", sorted(DENYING))
def test_no_code_of_a_site_denies(tmp_path, name):
    """Neither by the value set nor by a standard code of it: a map adds to a chart and takes nothing back."""
    system, code = min(load_knowledge().value_sets[name].codes)
    (by_name,) = problems(tmp_path, {**ROW, "means": name})
    by_code = problems(tmp_path, {"system": OID, "code": "7", "same_as": {"system": system, "code": code}})

    assert by_name.endswith(
        f"{name} only says that something is not so, and may not be mapped: a map adds to a chart and takes nothing back"
    )
    assert by_name in by_code


def test_what_may_not_be_mapped_is_in_the_knowledge():
    """A value set that has another name one day would slip through."""
    assert (DENYING | {name for pair in OPPOSED for names in pair for name in names}) <= load_knowledge().value_sets.keys()


def test_a_code_stands_once(tmp_path):
    """Twice the same is a slip; twice for different things nobody could follow; nor is it the code of an order too."""
    order = f'[[order]]\nours = "superior-cluneal-block"\nsystem = "{OID}"\ncode = "7"'

    assert problems(tmp_path, ROW, ROW) == ["local 2 (7): stands twice"]
    assert problems(tmp_path, ROW, {**ROW, "system": f"{OID}|1", "means": "low-back-pain"}) == [
        "local 2 (7): stands twice, for different things; for both of them in one row, means = [.., ..]"
    ]
    assert problems(tmp_path, ROW, more=order) == ["local 1 (7): is the code of an [[order]] too, which says what it stands for"]


def test_all_rows_are_told_of_at_once(tmp_path):
    """Whoever writes a map of hundreds of rows mends it in one go."""
    assert len(problems(tmp_path, {**ROW, "means": "a"}, {**ROW, "code": "8", "means": "b"}, {**ROW, "code": "9", "means": "c"})) == 3


def test_the_map_of_one_client_is_nothing_to_another(tmp_path):
    """Two clients of the example: the first has a map, the second none."""
    settings = read_settings({"CLUNEAL_CLIENTS_FILE": str(CLIENTS), "CLUNEAL_PUBLIC_BASE_URL": "https://cds.example.org"})
    epic, riverside = clients_of(settings, load_knowledge()).known

    assert (len(epic.local.rows), riverside.local) == (5, None)


def evaluated(folder, *words):
    """What `evaluate` says of the archetype whose laminectomy is the site's OR-4410."""
    story = read_story("laminectomy-and-iliac-harvest")
    request = hook_request(story, hook_instance="1", today=story.today)
    (entry,) = [one for one in request["prefetch"]["procedures"]["entry"] if "aminectomy" in json.dumps(one)]
    entry["resource"]["code"] = {"coding": [{"system": "urn:oid:2.999.1.1", "code": "OR-4410"}]}
    (folder / "request.json").write_text(json.dumps(request))
    return subprocess.run(
        [COMMAND, "evaluate", folder / "request.json", "--today", str(story.today), *words],
        env={"CLUNEAL_CLIENTS_FILE": str(CLIENTS), "CLUNEAL_PUBLIC_BASE_URL": "https://cds.example.org", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_evaluate_reads_and_answers_as_for_a_client(tmp_path):
    """With its codes, named in the proof, and in its dialect; without the client the code says nothing."""
    anybody, epic = evaluated(tmp_path), evaluated(tmp_path, "--client", "st-elsewhere")

    assert "by the site's code OR-4410 (lumbar-laminectomy)" in epic.stdout
    assert ["Record as" in one.stdout for one in (anybody, epic)] == [False, True]
    assert "OR-4410" not in anybody.stdout
    assert "prior-lumbar-laminectomy" not in anybody.stdout.split("Unknown, that is")[0]


def test_a_client_that_is_not_in_the_file_is_refused(tmp_path):
    """With those that are."""
    refused = evaluated(tmp_path, "--client", "elsewhere")

    assert refused.returncode == 2
    assert "there are st-elsewhere, riverside" in refused.stderr
