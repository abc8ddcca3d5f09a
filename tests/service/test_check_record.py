"""`cluneal-cds check-record`: what a strict FHIR reader would refuse in a chart, and what becomes of it here."""

import gzip
import json
import subprocess
import sys
from pathlib import Path

import pytest

from service.errors import UnreadableChart
from service.fhir.check import check
from service.fhir.file import opened
from tests.service.charts import (
    allergy,
    archetype,
    bundle,
    concept,
    condition,
    encounter,
    look,
    observation,
    order,
    patient,
    prescription,
    procedure,
    report,
)

COMMAND = Path(sys.executable).parent / "cluneal-cds"
DATA = Path(__file__).parents[3] / "shared" / "data"


def run(body, *words):
    given = body if isinstance(body, bytes) else json.dumps(body).encode()
    return subprocess.run(
        [COMMAND, "check-record", "-", *words], input=given, env={"COLUMNS": "140"}, capture_output=True, timeout=120, check=False
    )


def refused(resource):
    """The places that are refused of one resource, and what becomes of it here."""
    (one,) = check(opened(json.dumps(resource).encode()))
    return {place.path: place.says for place in one.refused}, one.taken.says


def test_a_sound_chart_is_taken_whole():
    """Exit code 0 and one line."""
    done = run(bundle(patient(), condition(), procedure(), report(), encounter(), observation(code=concept(text="a")), allergy(), order(subject={"reference": "Patient/p"})))  # fmt: skip  # noqa: E501

    assert (done.returncode, done.stdout.decode()) == (0, "A Bundle, 8 resources: a strict FHIR R4B reader takes all of it.\n")


@pytest.mark.parametrize(
    ("resource", "path", "says", "here"),
    [
        (condition(onsetDateTime="last spring"), "onsetDateTime", "must be a dateTime", "read but for onsetDateTime"),
        (condition(onsetDateTime="2021-03-04T10:00:00"), "onsetDateTime", "must be a dateTime", "read, nothing is lost"),
        (condition(code={"coding": [{"code": 5}]}), "code.coding[0].code", "must be a text", "read, nothing is lost"),
        (condition(code={"coding": [{"display": ""}]}), "code.coding[0].display", "must not be empty", "read, nothing is lost"),
        (condition(code={"coding": [{"code": "M54.5 "}]}), "code.coding[0].code", "must be a code", "read, nothing is lost"),
        (condition(code="M54.5"), "code", "must be an object", "read, nothing is lost"),
        (condition(note={"text": "a"}), "note", "must be a list", "read, nothing is lost"),
        (condition(subject=None), "subject", "is needed and is not there", "does not say whose it is"),
        (condition(clinicalStatus=7), "clinicalStatus", "must be", "has a status that cannot be read"),
        (condition(severityCode="x"), "severityCode", "is no element that FHIR R4B has here", "read, nothing is lost"),
        (condition(id="a b"), "id", "must be a FHIR id", "read, nothing is lost"),
        (condition(onsetString="x"), "onset[x]", "may be given in one way alone", "read, nothing is lost"),
        (procedure(status=None), "status", "is needed and is not there", "has no status, so it does not count"),
        (prescription(), "medication[x]", "is needed and is not there", "does not let anybody know which substance is meant"),
        (report(presentedForm=[{"contentType": "text/plain", "data": "x"}]), "presentedForm[0].data", "is no base64", "read but for presentedForm[0]"),  # noqa: E501
        (report(code=concept(text="MRI"), contained=[{"resourceType": "Nonsense"}]), "contained", "holds a type of resource", "read, nothing"),  # noqa: E501
        ({"resourceType": "Nonsense"}, "resourceType", "is no type of resource that FHIR R4B has", "not read: no rule asks for its type"),
        ({"resourceType": "CarePlan", "id": "c"}, "subject", "is needed and is not there", "not read: no rule asks for its type"),
    ],
)  # fmt: skip
def test_each_place_is_told_with_what_would_be_right(resource, path, says, here):
    """And beside it what the tolerant reader makes of the same resource."""
    places, taken = refused(resource)

    assert places[path].startswith(says)
    assert taken.startswith(here)


@pytest.mark.parametrize("change", [{"onsetDateTime": "last spring"}, {"code": "Chronic low back pain"}, {"note": {"text": "a"}}, {"clinicalStatus": 7}])  # fmt: skip  # noqa: E501
def test_what_is_said_of_our_reader_is_what_it_does(change):
    """A condition said to be in doubt, or to have lost an element, is so for `evaluate` too; one that lost nothing raises no issue."""
    broken = condition(**change)
    _, taken = refused(broken)
    said = [issue.says for issue in look(archetype(conditions=bundle(broken))).issues]

    assert bool(said) is not taken.startswith("read, nothing is lost")
    assert ("status that cannot be read" in taken) is any("status that cannot be read" in one for one in said)


def test_no_value_of_the_chart_is_repeated():
    """Wherever it stands: in a date, in a code, in an id, in the name of an element."""
    secret = "Jane Doe 19740309"
    broken = condition(
        id=secret, onsetDateTime=secret, code=secret, **{secret: secret}, note=[{"text": secret, secret: 1}], recordedDate=secret
    )
    nameless = {"resourceType": "Jane", "id": "1"}
    words = [(one.stdout + one.stderr).decode() for one in (run(broken), run(broken, "--json"), run(nameless), run(nameless, "--json"))]

    assert "(an odd name)" in words[0]
    assert not [one for one in words if "Jane" in one or "1974" in one]


def test_a_hook_request_and_ndjson_are_checked_like_a_bundle():
    """With the prefetch key, the draft or the line in which a resource without an id stands; null is nothing."""
    broken = {name: value for name, value in condition(subject=None).items() if name != "id"}
    draft = {"resourceType": "ServiceRequest", "intent": "order", "subject": {"reference": "Patient/p"}}
    request = {
        "hook": "order-sign",
        "context": {"draftOrders": bundle(draft)},
        "prefetch": {"patient": patient(), "conditions": bundle(condition(), broken), "encounter": None},
    }
    by_key, by_line = run(request, "--json"), run(b"\n".join(json.dumps(one).encode() for one in (condition(), broken, 7)), "--json")

    assert (by_key.returncode, json.loads(by_key.stdout)["resources"]) == (1, 4)
    assert [one["where"] for one in json.loads(by_key.stdout)["refused"]] == ["a Condition under conditions", "a ServiceRequest under draftOrders"]  # fmt: skip  # noqa: E501
    assert [one["where"] for one in json.loads(by_line.stdout)["refused"]] == ["a Condition under line 2", "a resource under line 3"]


@pytest.mark.parametrize("body", [b"", b"<html>", b"7", b"[]", b"{}", b"\xff", b'{"hook": 7}', b"[" * 100_000])
def test_a_file_that_holds_no_chart_is_told_so(body):
    """With a sentence and exit code 1, whatever it is."""
    with pytest.raises(UnreadableChart, match="neither a FHIR Bundle"):
        opened(body)


def test_a_bundle_that_is_none_is_told_as_such():
    """Its entries are no list: nothing inside can be looked at, and the key is named."""
    (one,) = check(opened(json.dumps({"hook": "patient-view", "prefetch": {"labs": {"resourceType": "Bundle", "entry": {}}}}).encode()))

    assert (one.where, one.refused[0].path) == ("a Bundle under labs", "entry")


def test_of_many_the_kinds_of_problem_are_counted():
    """A chart in which every entry has the same fault is told in one screen."""
    done = run(bundle(*(condition(id=str(number), onsetDateTime="x", recordedDate="y") for number in range(300))))
    lines = [" ".join(line.split()) for line in done.stdout.decode().splitlines()]

    assert lines[0] == "A Bundle, 300 resources: a strict FHIR R4B reader would refuse 300."
    assert "and 280 more, which --json names. Of all of them:" in lines
    assert [line.split(" must")[0] for line in lines[-2:]] == ["300 Condition.onsetDateTime", "300 Condition.recordedDate"]


@pytest.mark.skipif(not DATA.is_dir(), reason="the third-party charts are not on this machine: ../shared/data")
@pytest.mark.parametrize("name", ["Condition", "Procedure", "AllergyIntolerance", "ImagingStudy"])
def test_a_bulk_export_of_a_server_is_taken(name):
    """Resources of a real server, line by line."""
    file = opened(gzip.decompress((DATA / "bulk-export-100" / f"{name}.000.ndjson.gz").read_bytes()))

    assert file.entries
    assert list(check(file)) == []
