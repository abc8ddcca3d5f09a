"""Names lead to what they name, numbers to their thresholds, and everything tells what uses it."""

from functools import cache

import pytest

from service.knowledge import links
from service.knowledge.load import load_knowledge
from service.web.catalogue import Catalogue, Counted


@cache
def catalogue() -> Catalogue:
    return Catalogue(load_knowledge())


def leads(room: str, name: str) -> set[tuple[str, str]]:
    return {(link.room, link.name) for link in catalogue().things[room, name].leads}


def test_a_rule_leads_to_its_findings_and_its_evidence():
    """Each rule to every finding that it asks for, and to each publication; and each of those back."""
    for rule in (rule for stage in load_knowledge().rules.values() for rule in stage):
        named = {*(("findings", name) for name in links.findings_of_rule(rule)), *(("evidence", name) for name in rule.evidence)}

        assert named <= leads("rules", rule.id)
        assert all(any(user.name == rule.id for user in catalogue().used_by[one]) for one in named)


def test_a_finding_leads_to_all_by_which_it_is_recognised():
    """Value sets, phrase lists, studies, contexts, other findings."""
    for name, finding in load_knowledge().findings.items():
        led = leads("findings", name) | {("findings", name)}
        for way in finding.recognised:
            assert {("valueSets", one) for one in links._value_sets_of(way)} <= led
            assert {("phrases", one) for one in links._phrases_of(way)} <= led
            assert {("studies", one) for one in links._studies_of(way)} <= led
            assert {("findings", one) for one in links._findings_of(way)} <= led
            assert not (context := getattr(way, "context", None)) or ("contexts", context) in led


def test_nerves_and_the_files_of_the_stages_lead_to_their_findings():
    """What no rule names is reached from there."""
    known = load_knowledge()
    for name, nerve in known.nerves.items():
        assert {("findings", one) for one in links.findings_of_nerve(nerve)} <= leads("nerves", name)
        assert {("evidence", one) for one in links.cited_by_nerve(nerve)} <= leads("nerves", name)
    for room, named in (
        ("pathway", links.findings_of_pathway(known.pathway)),
        ("blocks", links.findings_of_blocks(known.blocks)),
        ("orders", links.findings_of_orders(known.orders)),
    ):
        led = set().union(*(leads(room, thing.link.name) for thing in catalogue().room(room)))
        assert {("findings", one) for one in named} <= led


def test_every_threshold_has_a_user():
    """A number counts somewhere, or stands in a sentence; one that reads blocks is used there."""
    used = {name for room, name in catalogue().used_by if room == "thresholds"}

    assert used == set(load_knowledge().thresholds)


def test_a_number_names_its_threshold():
    """With its unit, as the site counts with it."""
    (first, *_) = catalogue().things["findings", "prior-lumbar-laminectomy"].table["recognised"]

    assert isinstance(first["pain_after_days"], Counted)
    assert (first["pain_after_days"].says, first["pain_after_days"].link.name) == ("84 days", "pain-after-event")


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("X-01", "X-01"),
        ("63047", "lumbar-laminectomy"),
        ("kiral 2024", "kiral-2024"),
        ("HEMILAMINECTOMY revisional", "lumbar-laminectomy"),
        ("imaging-window", "imaging-window"),
    ],
)
def test_names_codes_and_texts_are_found(query, first):
    """By any word of it, in whatever capitals; what is called so comes before what only speaks of it."""
    assert first in [thing.link.name for thing in catalogue().found(query)][:3]


@pytest.mark.parametrize("query", ["", "   ", "xyzzy", "laminectomy xyzzy", "<script>"])
def test_nothing_is_found_where_nothing_is(query):
    """No word, or one that stands nowhere beside the others."""
    assert catalogue().found(query) == []
