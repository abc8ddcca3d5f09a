"""What a FHIR server can say wrong, over a real socket: no FHIR, another answer than to the question, and pages without an end.

The faults of content among F01 to F60 of the threat model; those of the connection are in test_fhir_faults.py.
"""

import json

import pytest

from cds_hooks.fetched import Reason, State
from tests.cds_hooks.fetching import LIMITS, PATIENT_AND_CONDITIONS, fetched, outcome
from tests.faulty_fhir import OUTCOME, bundle, condition, faulty_fhir, hang, in_turn, raw, resource

GOOD = json.dumps(bundle(condition(1))).encode()
SAID = "JOHN SMITH 4711"
PERSON = json.dumps(bundle({"resourceType": "Person", "id": SAID})).encode()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"[" + GOOD + b"]",
        b"true",
        b"5",
        b'"text"',
        b"{}",
        b"{",
        GOOD[:-1],
        GOOD + b"}",
        GOOD + GOOD,
        b"<!DOCTYPE html><html><form>Log in</form></html>",
        b'<Bundle xmlns="http://hl7.org/fhir"/>',
        b'{"resourceType": 5}',
        b'{"resourceType": null}',
        b'{"resourceType": "Bundle", "entry": {}}',
        b'{"resourceType": "Bundle", "entry": "none"}',
        b'{"resourceType": "Bundle", "type": "history"}',
        b'{"resourceType": "Bundle", "type": 7}',
        b'{"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "Condition", "value": NaN}}]}',
        b'{"resourceType": "Bundle", "entry": [Infinity]}',
        b'{"resourceType": "Bundle", "entry": ' + b"[" * 20_000 + b"]" * 20_000 + b"}",
        b'{"resourceType": "Bundle", "text": "\xff"}',
        b'{"resourceType": "Bundle", "text": "\xed\xa0\x80"}',
        GOOD.decode().encode("utf-16"),
    ],
    ids=lambda body: body[:40],
)
async def test_what_is_no_fhir_json_is_an_error(body):
    """Sign-in pages, XML, halves, NaN, endless nesting, other encodings, and Bundles that answer another question."""
    found = await outcome(resource(body))

    assert (found.state, found.record.reason, found.value) == (State.ERROR, Reason.NOT_FHIR, None)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (OUTCOME, Reason.OUTCOME),
        ({"resourceType": "OperationOutcome"}, Reason.OUTCOME),
        ({"resourceType": "Patient", "id": SAID}, Reason.OTHER_TYPE),
        ({"resourceType": "Nonsense"}, Reason.OTHER_TYPE),
        (PERSON, Reason.OTHER_TYPE),
    ],
    ids=str,
)
async def test_another_resource_than_was_asked_for_is_an_error(body, reason):
    """An outcome instead of data, a resource or a Bundle of another type."""
    found = await outcome(resource(body))

    assert (found.state, found.record.reason, found.value) == (State.ERROR, reason, None)
    assert SAID not in repr(found)


@pytest.mark.parametrize("body", [OUTCOME, {"resourceType": "Condition", "id": "c"}, bundle(condition(1)), {}], ids=str)
async def test_a_read_that_gives_another_resource_is_an_error(body):
    """A patient that is no Patient."""
    found = await outcome(resource(body), PATIENT_AND_CONDITIONS, "patient")

    assert (found.state, found.value) == (State.ERROR, None)


@pytest.mark.parametrize(
    "body",
    [
        {"resourceType": "Patient"},
        {"resourceType": "Patient", "id": None},
        {"resourceType": "Patient", "id": ["p-1"]},
        {"resourceType": "Patient", "id": ""},
        {"resourceType": "Patient", "id": "p-2"},
        {"resourceType": "Patient", "id": "P-1"},
        bundle({"resourceType": "Patient", "id": "p-2"}),
        bundle({"resourceType": "Patient", "id": "p-1"}, {"resourceType": "Patient", "id": "p-2"}),
        bundle(),
    ],
    ids=str,
)
async def test_a_read_that_gives_another_patient_is_an_error(body):
    """Without an id, or with another one, it is not the patient that was asked for."""
    found = await outcome(resource(body), PATIENT_AND_CONDITIONS, "patient")

    assert (found.state, found.record.reason, found.value) == (State.ERROR, Reason.OTHER_RESOURCE, None)


@pytest.mark.parametrize(
    "page",
    [
        bundle(condition(1), total=2),
        bundle(total=3),
        bundle(condition(1), condition(1), total=2),
        bundle(condition(1), total="1"),
        bundle(condition(1), OUTCOME),
        bundle(condition(1), {"resourceType": "OperationOutcome", "issue": [{"severity": "warning", "code": "incomplete"}]}),
        bundle(condition(1), {"resourceType": "OperationOutcome", "issue": 7}),
        bundle(condition(1)) | {"entry": [None, {"resource": condition(1)}]},
        bundle(condition(1)) | {"entry": [{"resource": condition(1)}, {}]},
        bundle(condition(1)) | {"entry": [{"resource": condition(1)}, {"resource": None}]},
        bundle(condition(1)) | {"entry": [{"resource": condition(1)}, {"resource": {"resourceType": 7}}]},
        bundle(condition(1)) | {"entry": [{"resource": condition(1)}, 7]},
        bundle(condition(1)) | {"link": [{"relation": "next"}]},
        bundle(condition(1)) | {"link": [{"relation": "NEXT", "url": 7}]},
        bundle(condition(1)) | {"link": {"relation": "next", "url": "?page=2"}},
    ],
    ids=str,
)
@pytest.mark.requirement("case-07", "P-5")
async def test_a_page_that_says_or_shows_that_something_is_missing_is_incomplete(page):
    """Fewer matches than counted, an outcome among them, entries of nothing, a link that cannot be read: what is there is kept."""
    found = await outcome(resource(page))

    assert found.state is State.INCOMPLETE
    assert json.loads(bytes(found.value))["link"] == [{"relation": "next"}]
    assert json.loads(bytes(found.value))["entry"] == page["entry"]


@pytest.mark.parametrize(
    "page",
    [
        {"resourceType": "Bundle"},
        {"resourceType": "Bundle", "entry": None, "link": None, "total": None, "type": None},
        bundle(),
        bundle(total=0),
        bundle(condition(1), total=1),
        bundle(condition(1), total=0),
        bundle(condition(1)) | {"type": "collection"},
        bundle(condition(1)) | {"link": [{"relation": "self", "url": "?page=1"}, {"relation": "last", "url": "?page=9"}]},
        bundle(condition(1)) | {"entry": [{"resource": condition(1)}]},
        bundle(condition(1), condition(2)) | {"entry": [{"resource": condition(1), "search": None}]},
        bundle(condition(1), {"resourceType": "OperationOutcome", "issue": [{"severity": "warning", "code": "processing"}]}),
        bundle(condition(1), {"resourceType": "Nonsense"}),
        condition(1),
    ],
    ids=str,
)
@pytest.mark.requirement("case-11", "case-13", "P-8")
async def test_what_is_odd_and_whole_is_supplied(page):
    """What servers leave out, and a resource where a Bundle was asked for, cost nothing."""
    found = await outcome(resource(page))

    assert (found.state, found.record.reason) == (State.SUPPLIED, None)
    assert "link" not in json.loads(bytes(found.value))


async def test_a_byte_order_mark_is_passed_over():
    """Some servers cannot write UTF-8 without it."""
    assert (await outcome(resource(b"\xef\xbb\xbf" + GOOD))).state is State.SUPPLIED


@pytest.mark.requirement("case-13")
async def test_a_read_that_is_answered_with_a_bundle_gives_the_resource():
    """The service reads what it asked for."""
    found = await outcome(resource(bundle({"resourceType": "Patient", "id": "p-1"})), PATIENT_AND_CONDITIONS, "patient")

    assert json.loads(bytes(found.value)) == {"resourceType": "Patient", "id": "p-1"}


def endless():
    """Always another page."""
    pages = iter(range(1, 1_000))

    async def answer(asked, writer):
        number = next(pages)
        await resource(bundle(condition(number), following=f"?page={number}"))(asked, writer)

    return answer


FIRST = resource(bundle(condition(1), total=2, following="?page=2"))
# While somebody wrote between the two pages: what stood on the first one slid to the second.
FIRST_AGAIN = resource(bundle(condition(1), total=2))


@pytest.mark.parametrize(
    ("answer", "reason", "calls", "resources"),
    [
        (endless(), Reason.MANY_PAGES, 4, 4),
        (in_turn(FIRST, FIRST), Reason.LINK_AGAIN, 2, 2),
        (in_turn(FIRST, resource(OUTCOME, 500)), Reason.STATUS, 2, 1),
        (in_turn(FIRST, resource(OUTCOME, 401)), Reason.STATUS, 2, 1),
        (in_turn(FIRST, resource(OUTCOME)), Reason.OUTCOME, 2, 1),
        (in_turn(FIRST, resource(b"<html>")), Reason.NOT_FHIR, 2, 1),
        (in_turn(FIRST, resource(PERSON)), Reason.OTHER_TYPE, 2, 1),
        # On a connection that was kept: asked for again on a new one, once.
        (in_turn(FIRST, raw(b"nothing\r\n\r\n")), Reason.BROKEN, 3, 1),
        (in_turn(FIRST, resource(b" " * 200_000)), Reason.TOO_LARGE, 2, 1),
        (in_turn(FIRST, resource(bundle(total=2))), Reason.PARTS_MISSING, 2, 1),
        (in_turn(FIRST, FIRST_AGAIN), Reason.PARTS_MISSING, 2, 2),
        (in_turn(FIRST, resource(bundle(condition(1), condition(2)))), None, 2, 3),
        (in_turn(FIRST, hang()), Reason.TIMED_OUT, 2, 1),
        (in_turn(FIRST, resource(bundle(condition(2)))), None, 2, 2),
    ],
    ids=[
        "endless",
        "itself",
        "500",
        "401",
        "outcome",
        "html",
        "other type",
        "garbage",
        "large",
        "short",
        "repeats",
        "repeats one",
        "hangs",
        "good",
    ],
)
async def test_a_later_page_that_fails_leaves_the_first_ones(answer, reason, calls, resources):
    """What was read is kept; that there is more is said."""
    async with faulty_fhir(answer) as server:
        found = await fetched(server, seconds=1.0 if reason is Reason.TIMED_OUT else 5.0, limits=LIMITS)

    assert (found.state, found.record.reason) == (State.INCOMPLETE if reason else State.SUPPLIED, reason)
    assert (len(server.asked), len(json.loads(bytes(found.value))["entry"])) == (calls, resources)
