"""Pages of a search, read and put together. What servers get wrong about them is in test_fhir_answers.py."""

import json

import msgspec
import pytest

from cds_hooks.fhir_page import counted, only_resource, page_of, read_json, read_page, resource_type, whole
from tests.faulty_fhir import OUTCOME, bundle, condition

PRACTITIONER = {"resourceType": "Practitioner", "id": "7"}


def raw(value):
    return msgspec.Raw(json.dumps(value).encode())


@pytest.mark.requirement("case-12", "P-5")
def test_matches_are_counted_without_what_is_only_included():
    """An included resource and a remark of the server are no results of the search."""
    page = bundle(condition(1), total=1)
    page["entry"] += [{"resource": PRACTITIONER, "search": {"mode": "include"}}, {"resource": OUTCOME, "search": {"mode": "outcome"}}]
    read = read_page(raw(page))

    assert (read.matches, read.kinds, read.total, len(read.entries)) == (1, {"Condition"}, 1, 3)


def test_pages_become_one_bundle():
    """All entries in their order, byte for byte; no links, and no total that a reader could miscount."""
    entry = b'{ "fullUrl":"urn:x", "resource":{"resourceType":"Condition","onsetAge":{"value":5.40}} }'
    first = read_page(msgspec.Raw(b'{"resourceType":"Bundle","total":2,"entry":[' + entry + b"]}"))
    second = read_page(raw(bundle(condition(2), total=2)))
    together = bytes(whole([first, second], is_cut=False))

    assert entry in together
    assert json.loads(together).keys() == {"resourceType", "type", "entry"}
    assert [entry["resource"].get("id") for entry in json.loads(together)["entry"]] == [None, "c2"]
    assert counted([first, second]) == (2, 2)


def test_a_bundle_that_is_cut_says_so():
    """A reader of Bundles sees the link, and nobody can follow it."""
    assert json.loads(bytes(whole([], is_cut=True))) == {
        "resourceType": "Bundle",
        "type": "searchset",
        "link": [{"relation": "next"}],
        "entry": [],
    }


def test_a_page_of_one_resource_gives_it_back():
    """As it was, byte for byte."""
    resource = msgspec.Raw(b'{"resourceType": "Patient",  "id": "p"}')

    assert only_resource(page_of(resource)) == resource
    assert only_resource(read_page(raw(bundle(condition(1), condition(2))))) is None
    assert only_resource(read_page(raw(bundle()))) is None


@pytest.mark.parametrize(
    ("value", "type_"),
    [({"resourceType": "Patient"}, "Patient"), ({"id": "x"}, ""), ([], None), ("Patient", None), ({"resourceType": None}, None)],
)
def test_a_resource_says_its_type(value, type_):
    """Or not, or it is no resource at all."""
    assert resource_type(raw(value)) == type_


def test_only_utf_8_is_json():
    """Bytes that mean nothing would pass inside of members that nobody reads."""
    assert read_json(b'{"a": "\xff"}') is None
    assert bytes(read_json('{"a": "ü"}'.encode())) == '{"a": "ü"}'.encode()


@pytest.mark.parametrize("entry", ["0", "{}", '{"resource":{"resourceType":"Condition"}}'])
def test_a_page_of_far_too_many_entries_is_none(entry):
    """Nobody asked for ten thousand results at once, and reading millions would hold up everybody."""
    assert read_page(msgspec.Raw(f'{{"resourceType":"Bundle","entry":[{",".join([entry] * 10_001)}]}}'.encode())) is None
    assert read_page(msgspec.Raw(f'{{"resourceType":"Bundle","text":[{",".join([entry] * 600_000)}]}}'.encode())) is None


def test_far_too_many_links_lead_nowhere():
    """They are not looked through; that one of them may be the next is remembered."""
    links = [{"relation": "self"}] * 101
    assert read_page(raw(bundle() | {"link": links})).following is None
    assert read_page(raw(bundle() | {"link": [*links, {"relation": "next", "url": "?page=2"}]})).following == ""
