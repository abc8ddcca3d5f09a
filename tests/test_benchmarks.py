"""What the benchmarks measure with: payloads that are the same every time, and odd resources of which nothing may be lost."""

import json

import pytest

from benchmarks.payload import BYTES_PER_RESOURCE, ENDS, SIZES, payload
from benchmarks.quirks import lost_facts, quirks
from benchmarks.report import Line, as_json
from service.knowledge.load import load_knowledge


@pytest.mark.parametrize("end", ENDS)
def test_a_payload_is_the_same_every_time(end):
    """Figures of two runs can be compared: the seed alone decides, byte for byte."""
    assert payload("S", end).body == payload("S", end).body
    assert payload("S", end).body != payload("S", end, seed=8).body


@pytest.mark.parametrize("size", ["S", "M"])
@pytest.mark.parametrize("end", ENDS)
def test_a_payload_is_a_chart_like_many(size, end):
    """As many resources as it says, of the usual size, 2 to 8 % of them with a code that the rules know."""
    made = payload(size, end)
    prefetch = json.loads(made.body)["prefetch"]
    resources = [entry["resource"] for value in prefetch.values() for entry in value.get("entry", [{"resource": value}])]
    concepts = [resource.get("code") or resource.get("medicationCodeableConcept") or {} for resource in resources]
    codes = [[(coding["system"], coding["code"]) for coding in concept.get("coding", ())] for concept in concepts]
    known = sum(any(code in load_knowledge().codes for code in several) for several in codes)

    assert len(resources) == made.resources == SIZES[size]
    assert 0.02 <= known / len(resources) <= 0.08
    assert 0.9 <= len(made.body) / len(resources) / BYTES_PER_RESOURCE <= 1.1


def test_no_odd_resource_loses_a_fact():
    """Whatever a tolerant person sees in an odd resource is in the record: alone, among others, and sent twice."""
    assert len(list(quirks())) >= 40
    assert lost_facts() == []


def test_a_missed_target_is_said():
    """A figure above its target fails the line and the whole run; one that just meets it does not."""
    met, missed = Line("1", "x", 0.9, 0.9, "x"), Line("1", "y", 0.91, 0.9, "x")

    assert [row["passed"] for row in json.loads(as_json([met, missed]))["lines"]] == [True, False]
    assert (json.loads(as_json([met]))["passed"], json.loads(as_json([met, missed]))["passed"]) == (True, False)
