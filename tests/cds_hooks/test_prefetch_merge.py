"""What of a prefetch is wanted, and what the prefetch and the fetched are together."""

import json

import msgspec
import pytest

from cds_hooks.fetched import Fetched, FetchRecord, State
from cds_hooks.prefetch_merge import Want, merged, missing, wanted
from tests.faulty_fhir import OUTCOME, bundle, condition

TEMPLATES = {"patient": "Patient/{{context.patientId}}", "conditions": "Condition?patient={{context.patientId}}"}


def raw(value):
    return msgspec.Raw(json.dumps(value).encode())


def test_what_was_not_sent_is_wanted():
    """By its template, from the beginning."""
    assert [(key, want.template, want.page) for key, want in wanted({"patient": None}, TEMPLATES).items()] == [
        ("conditions", TEMPLATES["conditions"], None)
    ]
    assert wanted({}, TEMPLATES) == missing({}, TEMPLATES)
    assert list(missing({}, TEMPLATES)) == ["patient", "conditions"]


def test_of_a_first_page_the_following_ones_are_wanted():
    """The link stands in the page that the client sent."""
    want = wanted({"patient": None, "conditions": raw(bundle(condition(1), following="?page=2"))}, TEMPLATES)["conditions"]

    assert (want.page.following, want.page.matches) == ("?page=2", 1)


@pytest.mark.parametrize(
    "value",
    [
        None,
        OUTCOME,
        bundle(),
        bundle(condition(1)),
        bundle(condition(1), total=1),
        bundle(condition(1), total=0),
        bundle(condition(1)) | {"link": [{"relation": "self", "url": "?next"}, {"relation": "previous", "url": "?page=0"}]},
        bundle(condition(1) | {"note": [{"text": "the next visit", "relation": "next"}]}),
        condition(1) | {"link": [{"relation": "next", "url": "?page=2"}]},
        {"id": "c1", "resourceType": "Condition"},
        {"resourceType": "Nonsense"},
        {"resourceType": "Bundle", "type": "batch-response", "link": [{"relation": "next", "url": "?page=2"}]},
    ],
    ids=str,
)
def test_every_other_value_is_an_answer(value):
    """Data, null, an error or what the service cannot use: nobody asks again."""
    assert wanted({"patient": None, "conditions": None if value is None else raw(value)}, TEMPLATES) == {}


@pytest.mark.parametrize(
    "value",
    ["<html>Log in</html>", "next", {}, [], [OUTCOME], 7, True, {"id": "c1"}, {"resourceType": None}, {"resourceType": ""}],
    ids=str,
)
def test_what_is_no_fhir_is_wanted_whole(value):
    """A sign-in page in the place of a resource is no answer, also where one page is enough."""
    one_page = {"conditions": "Condition?patient=1&_count=5"}

    assert list(wanted({"patient": None, "conditions": raw(value)}, TEMPLATES).values()) == [Want(TEMPLATES["conditions"])]
    assert list(wanted({"conditions": raw(value)}, one_page)) == ["conditions"]


@pytest.mark.parametrize(
    "value", [bundle(total=3), bundle(condition(1), total=2), bundle(condition(1), condition(1), total=2)], ids=["none", "one", "twice"]
)
def test_a_bundle_that_is_cut_without_a_link_is_wanted_whole(value):
    """It counts more than it has, and does not say where the rest is; with a `_count`, that was asked for."""
    assert wanted({"patient": None, "conditions": raw(value)}, TEMPLATES) == {"conditions": Want(TEMPLATES["conditions"])}
    assert wanted({"conditions": raw(value)}, {"conditions": "Condition?patient=1&_count=5"}) == {}


def test_a_key_that_nobody_asked_for_is_not_wanted():
    """What a client sends beside the templates is not looked into."""
    assert wanted({"patient": None, "conditions": None, "other": raw(bundle(following="?page=2"))}, TEMPLATES) == {}


@pytest.mark.parametrize("template", ["Condition?patient=1&_count=5", "Condition?_count=5&patient=1"])
def test_a_template_with_a_count_wants_one_page(template):
    """A link to more is what was asked for."""
    assert wanted({"conditions": raw(bundle(condition(1), following="?page=2"))}, {"conditions": template}) == {}


FOUND = raw(bundle(condition(1), condition(2)))


@pytest.mark.parametrize(
    ("sent", "state", "value", "expected"),
    [
        ({}, State.SUPPLIED, FOUND, FOUND),
        ({}, State.INCOMPLETE, FOUND, FOUND),
        ({}, State.ERROR, None, "exception"),
        ({}, State.TIMED_OUT, None, "timeout"),
        ({}, State.NOT_ASKED, None, ...),
        ({"conditions": raw(bundle())}, State.SUPPLIED, FOUND, FOUND),
        ({"conditions": FOUND}, State.ERROR, None, FOUND),
        ({"conditions": FOUND}, State.NOT_ASKED, None, FOUND),
    ],
)
def test_both_are_one_prefetch(sent, state, value, expected):
    """What was fetched stands where the client would have put it; what failed is an error, what nobody asked for is missing."""
    together = merged({"other": None, **sent}, {"conditions": Fetched(state, value, FetchRecord("Condition?"))})

    assert together["other"] is None
    if isinstance(expected, str):
        assert json.loads(bytes(together["conditions"])) == {
            "resourceType": "OperationOutcome",
            "issue": [{"severity": "error", "code": expected}],
        }
    else:
        assert together.get("conditions", ...) is expected
