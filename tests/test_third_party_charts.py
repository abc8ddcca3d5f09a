"""Patients and requests that nobody of this project wrote: no failure, no card without evidence, and a reason for every silence.

The data lies beside the checkout (`../shared/data`, third-party, not ours to copy); without it there is nothing to test here.
What the requests get as they were sent is told in tests/cds_hooks/test_requests.py.
"""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from service.call import Call
from service.evaluate import evaluate
from service.fhir.chart import KEYS, chart_of_bundle
from service.knowledge.load import load_knowledge
from tests.doors import Answer, posted

DATA = Path(__file__).parent.parent.parent / "shared" / "data"
if not DATA.is_dir():
    pytest.skip("no third-party data in ../shared/data", allow_module_level=True)

TODAY = date(2026, 11, 20)
# Conditions under which a chart is refused or silent, by the stage that the rule belongs to.
REASONS = ("X-", "D-", "I-", "T-", "P-")
AHRQ = DATA / "ahrq-pain-r4" / "brenda_jackson.json"
SYNTHEA = tuple(sorted((DATA / "synthea-r4").glob("*.json")))
DIRTY = tuple(sorted((DATA / "cumulus-etl-dirty").glob("*.json")))


def bodies() -> Iterator[Path]:
    """The files that are hook requests, and not fragments of one."""
    for path in sorted(DATA.glob("hook-requests-*/*.json")):
        content = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(content, dict) and "hook" in content:
            yield path


BODIES = tuple(bodies())


def named(path: Path) -> str:
    return path.stem.split("_")[0] if path.parent.name == "synthea-r4" else path.stem


def resources(value: Any) -> Iterator[dict[str, Any]]:
    """Every resource in a body, wherever it lies; Bundles are opened."""
    if isinstance(value, list):
        for part in value:
            yield from resources(part)
    elif isinstance(value, dict):
        if "resourceType" in value and value["resourceType"] != "Bundle":
            yield value
        else:
            for part in value.values():
                yield from resources(part)


def entries(bundle: dict[str, Any]) -> list[dict[str, Any]]:
    return [{name: entry[name] for name in ("fullUrl", "resource") if name in entry} for entry in bundle["entry"]]


def by_key(found: list[dict[str, Any]]) -> dict[str, Any]:
    """The entries under our prefetch keys, by their type; an Observation lies under all keys that hold Observations."""
    return {
        key: {"resourceType": "Bundle", "type": "searchset", "entry": [one for one in found if one["resource"]["resourceType"] in kinds]}
        for key, kinds in KEYS.items()
        if key != "encounter"
    }


def asked(patient: str, prefetch: dict[str, Any], *, user: str = "Practitioner/1") -> Answer:
    context = {"userId": user, "patientId": patient}
    return posted({"hook": "patient-view", "hookInstance": "1", "context": context, "prefetch": prefetch}, on=TODAY)


def ours(resource: dict[str, Any]) -> dict[str, Any]:
    """The resource as if it were about the patient of our call."""
    about = {name: {"reference": "Patient/p"} for name in ("subject", "patient") if name in resource}
    return {**resource, **about, **({"id": "p"} if resource["resourceType"] == "Patient" else {})}


def check(answer: Answer) -> None:
    """Silence for a reason, or a refusal that says so."""
    assert answer.status in (200, 400, 412)
    assert answer.cards == []
    if answer.status == 200:
        assert answer.silence
        assert answer.silence.startswith(REASONS)
    else:
        assert "OperationOutcome" in answer.complaint


def test_the_ahrq_patient_is_silent():
    """A post-laminectomy code and old pain scores are one kind of support without a sign of pain this year (V25)."""
    bundle = json.loads(AHRQ.read_text(encoding="utf-8"))
    (patient,) = [one["resource"]["id"] for one in bundle["entry"] if one["resource"]["resourceType"] == "Patient"]
    answer = asked(patient, by_key(entries(bundle)))

    assert (answer.status, answer.cards) == (200, [])
    assert answer.silence in ("T-LOW", "I-02")


def test_the_ahrq_patient_is_silent_through_the_corridor():
    """The same Bundle as a file gets the same reason."""
    chart = chart_of_bundle(AHRQ.read_bytes())
    found = evaluate(chart, load_knowledge(), today=TODAY, call=Call(chart.patient, "1", "Practitioner/1"))

    assert found.cards == ()
    assert found.silence.rule in ("T-LOW", "I-02")


@pytest.mark.parametrize("path", SYNTHEA, ids=named)
def test_a_synthetic_patient_is_silent(path):
    """None of them has lumbar surgery or a lumbar MRI: no card, whatever else they have."""
    bundle = json.loads(path.read_text(encoding="utf-8"))
    (patient,) = [one["resource"]["id"] for one in bundle["entry"] if one["resource"]["resourceType"] == "Patient"]
    answer = asked(patient, by_key(entries(bundle)))

    assert answer.status == 200
    check(answer)


@pytest.mark.parametrize("path", SYNTHEA, ids=named)
def test_a_synthetic_bundle_is_read_whole(path):
    """As a file, with urn:uuid references: nothing is foreign, nothing is unreadable."""
    chart = chart_of_bundle(path.read_bytes())
    found = evaluate(chart, load_knowledge(), today=TODAY, call=Call(chart.patient, "1", "Practitioner/1"))

    assert (found.cards, found.refusal) == ((), None)
    assert found.silence.rule.startswith(REASONS)
    assert not any("no valid JSON" in issue.says for issue in found.issues)


@pytest.mark.parametrize("path", BODIES, ids=named)
def test_the_resources_of_a_foreign_request_are_read(path):
    """Moved under our own keys by their type, with the request's own patient: silence or a refusal."""
    body = json.loads(path.read_text(encoding="utf-8"))
    patient = body["context"]["patientId"].removeprefix("Patient/")
    check(asked(patient, by_key([{"resource": one} for one in resources(body)])))


@pytest.mark.parametrize("path", BODIES, ids=named)
def test_the_resources_of_a_foreign_request_are_read_as_if_they_were_ours(path):
    """The same with every subject turned to the patient of the call, so that each of them is really read."""
    body = json.loads(path.read_text(encoding="utf-8"))
    answer = asked("p", by_key([{"resource": ours(one)} for one in resources(body)]))

    assert answer.status == 200
    check(answer)


@pytest.mark.parametrize("path", DIRTY, ids=named)
def test_an_odd_resource_is_read(path):
    """Unknown and modifier extensions, contained resources, odd dates: each alone in a chart that is otherwise empty."""
    odd = json.loads(path.read_text(encoding="utf-8"))
    answer = asked("p", by_key([{"resource": ours(odd)}]))

    assert answer.status == 200
    check(answer)
