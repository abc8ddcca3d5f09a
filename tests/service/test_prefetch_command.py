"""`cluneal-cds prefetch`: the templates as an integrator enters them, the words for each key, and what is special about an EHR."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from service.cds_services import prefetch_templates
from service.fhir.chart import KEYS, REQUIRED
from service.knowledge.load import load_knowledge
from service.prefetch_words import EHRS
from tests.service.charts import EXAMINATION, archetype, basis, concept, look

COMMAND = Path(sys.executable).parent / "cluneal-cds"
TEMPLATES = prefetch_templates(load_knowledge())


def run(*words, **settings):
    return subprocess.run(
        [COMMAND, "prefetch", *words], env={"COLUMNS": "60", **settings}, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize("ehr", EHRS)
def test_the_templates_are_those_of_discovery(ehr):
    """For every EHR, each key of them, in text and in JSON, each on one line to be copied."""
    told = json.loads(run("--for", ehr, "--json").stdout)
    lines = run("--for", ehr).stdout.splitlines()

    assert {one["key"]: one["template"] for one in told["keys"]} == TEMPLATES
    assert [line.strip() for line in lines if line.strip() in TEMPLATES.values()] == list(TEMPLATES.values())
    assert all(one["without"] for one in told["keys"])


def test_what_is_needed_is_said_so():
    """Exactly the keys without which the service refuses to answer."""
    needed = [one["key"] for one in json.loads(run("--json").stdout)["keys"] if one["needed"]]

    assert tuple(needed) == REQUIRED
    for key in KEYS:
        refusal = look(archetype(**{key: None})).refusal
        assert (refusal is not None) == (key in needed)


@pytest.mark.parametrize("key", ["allergies", "medications"])
def test_without_allergies_or_medications_no_order_is_suggested(key):
    """As the words for the key say."""
    (words,) = [one["without"] for one in json.loads(run("--json").stdout)["keys"] if one["key"] == key]
    point = {"resourceType": "Observation", "id": "o", "status": "final", "subject": {"reference": "Patient/p"}, "effectiveDateTime": "2026-11-20", "code": concept(EXAMINATION, "superior-point-palpation", "right"), "valueCodeableConcept": concept(EXAMINATION, "reproduces-usual-pain")}  # fmt: skip  # noqa: E501
    evaluation = look(archetype(exams=point, **{key: None}))

    assert words.startswith("no order is suggested")
    assert basis(evaluation)["kind"] == "block"
    assert "ServiceRequest" not in [action.resource["resourceType"] for one in evaluation.cards[0].suggestions for action in one.actions]


def test_each_type_that_is_read_has_its_scope():
    """In both versions of SMART: read by id, or searched too."""
    scopes = json.loads(run("--for", "oracle", "--json").stdout)["scopes"]
    kinds = [template.replace("?", "/").split("/")[0] for template in TEMPLATES.values()]

    assert scopes["v1"] == [f"patient/{kind}.read" for kind in dict.fromkeys(kinds)]
    assert {"patient/Patient.r", "patient/Encounter.r", "patient/Condition.rs", "patient/Observation.rs"} <= set(scopes["v2"])
    assert len(scopes["v1"]) == len(scopes["v2"]) == len(set(kinds))


def test_every_search_for_observations_has_a_category_or_a_code():
    """Epic answers no other."""
    searches = [template for template in TEMPLATES.values() if template.startswith("Observation?")]

    assert "A search for Observations needs a category or a code" in " ".join(run("--for", "epic").stdout.split())
    assert all("&category=" in template or "&code=" in template for template in searches)


def test_scopes_are_printed_where_nothing_is_prefetched():
    """For Oracle, in both versions beside each other; an EHR that is not known is refused with those that are."""
    assert "  patient/Condition.read           patient/Condition.rs" in run("--for", "oracle").stdout
    assert "patient/" not in run("--for", "epic").stdout
    refused = run("--for", "cerner")
    assert refused.returncode == 2
    assert all(ehr in refused.stderr for ehr in EHRS)
