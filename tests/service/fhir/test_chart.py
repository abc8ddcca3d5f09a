"""The chart as it came: every form a prefetch value can have, told apart once."""

import json

import pytest

from service.errors import UnreadableChart
from service.fhir.chart import KEYS, REQUIRED, chart_of_bundle, chart_of_prefetch, kind_of
from service.record import KeyState
from tests.service.charts import archetype, bundle, chart, condition, look, patient, procedure

OUTCOME = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "processing"}]}


def state(value, key="conditions"):
    return chart({key: value}).keys[key]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (bundle(condition()), KeyState.SUPPLIED),
        (bundle(), KeyState.SUPPLIED),
        ({"resourceType": "Bundle", "type": "searchset", "total": 0}, KeyState.SUPPLIED),
        ({"resourceType": "Bundle", "entry": None}, KeyState.SUPPLIED),
        (bundle(entry=[None, {"resource": condition()}]), KeyState.PARTIAL),
        (bundle(entry=[{}, {"resource": condition()}]), KeyState.PARTIAL),
        (bundle(condition(), total=1), KeyState.SUPPLIED),
        (bundle(condition(), total=2), KeyState.PARTIAL),
        (bundle(condition(), total="2"), KeyState.PARTIAL),
        (bundle(total=2, entry=[{"resource": condition(), "search": {"mode": ["match"]}}]), KeyState.PARTIAL),
        (bundle(entry=[{"fullUrl": "https://ehr.example/fhir/Condition/1"}]), KeyState.PARTIAL),
        (condition(), KeyState.SUPPLIED),
        (None, KeyState.NULL),
        (b" null ", KeyState.NULL),
        (OUTCOME, KeyState.ERROR),
        (procedure(), KeyState.UNREADABLE),
        ("<html>Gateway timeout</html>", KeyState.UNREADABLE),
        ([condition()], KeyState.UNREADABLE),
        ({}, KeyState.UNREADABLE),
        (5, KeyState.UNREADABLE),
        ({"resourceType": "Bundle", "entry": {"resource": condition()}}, KeyState.UNREADABLE),
    ],
)
def test_each_form_of_a_value_has_its_state(value, expected):
    """A Bundle or a fitting resource was supplied, null is an answer, an OperationOutcome an error, anything else unreadable."""
    assert state(value) is expected


def test_a_key_that_was_not_sent_is_missing():
    """Every key we ask for has a state, also one that the request does not have."""
    assert set(chart({}).keys.values()) == {KeyState.MISSING}


def test_a_key_that_we_did_not_ask_for_is_not_looked_at():
    """Other services' prefetch is none of our business."""
    found = chart({"conditions": bundle(), "medicationDispenses": bundle(condition())})

    assert (set(found.keys), found.entries) == (set(KEYS), ())


@pytest.mark.parametrize(
    "change",
    [
        {"link": [{"relation": "self", "url": "x"}, {"relation": "next", "url": "https://ehr.example/next"}]},
        {"total": 2},
        {"entry": [{"resource": condition()}, {"resource": OUTCOME, "search": {"mode": "outcome"}}]},
        {
            "entry": [
                {
                    "resource": {"resourceType": "OperationOutcome", "issue": [{"severity": "warning", "code": "incomplete"}]},
                    "search": {"mode": "outcome"},
                }
            ]
        },
    ],
    ids=["another page", "fewer than counted", "a failed part", "said to be incomplete"],
)
def test_a_bundle_that_is_not_all_there_is_is_partial(change):
    """More pages, fewer matches than counted, or a failed part: what is missing could be what matters."""
    assert state(bundle(condition(), **change)) is KeyState.PARTIAL


@pytest.mark.parametrize(
    "change",
    [
        {"total": 1},
        {"type": "collection", "total": 7},
        {"link": [{"relation": "self", "url": "x"}, None]},
        {
            "entry": [
                {"resource": condition(), "search": {"mode": "match"}},
                {
                    "resource": {"resourceType": "OperationOutcome", "issue": [{"severity": "information", "code": "informational"}]},
                    "search": {"mode": "outcome"},
                },
            ],
            "total": 1,
        },
    ],
    ids=["as many as counted", "no search", "only this page", "a mere remark"],
)
def test_a_whole_bundle_is_supplied(change):
    """A count that is met, a Bundle that no search made, or an informational outcome loses nothing."""
    assert state(bundle(condition(), **change)) is KeyState.SUPPLIED


def test_included_resources_are_not_counted_as_matches():
    """Of two matches and one included Medication one match is missing when the total is three."""
    entries = [{"resource": condition(str(number)), "search": {"mode": "match"}} for number in range(2)]
    included = {"resource": {"resourceType": "Medication", "id": "m"}, "search": {"mode": "include"}}

    assert state(bundle(entry=[*entries, included], total=3)) is KeyState.PARTIAL
    assert state(bundle(entry=[*entries, included], total=2)) is KeyState.SUPPLIED


@pytest.mark.parametrize("key", REQUIRED)
@pytest.mark.parametrize("value", [OUTCOME, "garbage", None], ids=["error", "garbage", "not sent"])
def test_needed_data_that_cannot_be_read_refuses(key, value):
    """Patient, conditions and procedures must be readable; the refusal names the key, and whether it was sent."""
    refusal = look(archetype(**{key: value})).refusal

    assert refusal is not None
    assert (refusal.reason, refusal.keys) == ("unread", (key,))
    assert refusal.missing == (() if value else (key,))


@pytest.mark.parametrize("key", sorted(set(KEYS) - set(REQUIRED)))
def test_other_data_that_cannot_be_read_does_not_refuse(key):
    """Any other key may fail; then a card says less, or nothing."""
    assert look(archetype(**{key: OUTCOME})).refusal is None


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (b'{"resourceType":"Patient"}', "Patient"),
        (b'{"resourceType" : "Patient"}', "Patient"),
        (b'{"id": "1", "x": {"resourceType": "Group"}, "resourceType": "Patient"}', "Patient"),
        (b'\n {"resourceType":"Patient"}', "Patient"),
        (b'{"resourceType":7}', ""),
        (b'{"resourceType":null}', ""),
        (b"[1]", ""),
        (b"nonsense", ""),
        (b"", ""),
    ],
)
def test_the_kind_of_a_resource_is_its_resource_type(raw, kind):
    """Wherever it stands at the top level; nothing else has a kind."""
    assert kind_of(raw) == kind


def test_a_bare_bundle_is_a_chart_of_its_patient():
    """All keys count as supplied, and the Patient in it says whose chart it is."""
    found = chart_of_bundle(json.dumps(bundle(patient(id="x"), condition(), type="collection")).encode())

    assert (found.patient, set(found.keys.values()), len(found.entries)) == ("x", {KeyState.SUPPLIED}, 2)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[]",
        json.dumps(patient()).encode(),
        json.dumps(bundle(condition())).encode(),
        json.dumps(bundle(patient(), patient(id="other"))).encode(),
        json.dumps(bundle(patient(id=None))).encode(),
        b'{"resourceType":"Bundle","entry":"x"}',
    ],
    ids=["empty", "object", "array", "no Bundle", "no Patient", "two Patients", "Patient without id", "entries no list"],
)
def test_a_file_that_is_no_chart_is_refused_in_words(body):
    """Without exactly one patient nobody can tell whose chart it is."""
    with pytest.raises(UnreadableChart, match=r"\w+ .*\."):
        chart_of_bundle(body)


def test_nothing_is_read_of_an_empty_prefetch():
    """No keys, no entries, and the server is unknown."""
    found = chart_of_prefetch({}, patient="p", server=None)

    assert (found.entries, found.server) == ((), "")
