"""The code map of a site: a chart in its codes is read like one in standard codes, and no map takes anything back."""

import json
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from hypothesis import strategies as st

from service.call import Call
from service.evaluate import Evaluation, evaluate
from service.fhir.chart import chart_of_prefetch
from service.knowledge.load import load_knowledge
from service.local_codes import LocalCode, LocalCodes
from service.reasoning.rules import those_that_hold
from service.record import Side
from service.story import hook_request, read_story, story_names
from service.transcript import on_the_wire, transcribe
from tests.generated.answers import worth
from tests.generated.pool import POOL
from tests.generated.recipes import Part, recipes
from tests.service.blocks import done, response
from tests.service.charts import (
    EXAMINATION,
    LOINC,
    RXNORM,
    SNOMED,
    ago,
    allergy,
    archetype,
    basis,
    bundle,
    concept,
    condition,
    look,
    observation,
    pressed,
    procedure,
)
from tests.service.clients.site import MAPPABLE, SITE, in_local_codes
from tests.test_invariants import invariant

PAIN = bundle(condition(code=concept(SNOMED, "278860009")))
POINT = bundle(pressed())
BLOCK = done(text="", code=concept(EXAMINATION, "superior-cluneal-block"))
CHARTS = {
    "operations and a graft": archetype(conditions=PAIN),
    "a point that was pressed": archetype(conditions=PAIN, exams=POINT),
    "an allergy": archetype(conditions=PAIN, exams=POINT, allergies=bundle(allergy(code=concept(RXNORM, "6387")))),
    "a block and its response": archetype(conditions=PAIN, procedures=bundle(BLOCK), exams=bundle(response())),
}


def told(evaluation: Evaluation) -> Any:
    """The answer as the EHR gets it."""
    return on_the_wire(evaluation), evaluation.silence


@pytest.mark.parametrize("by", ["same_as", "means"])
@pytest.mark.parametrize("name", story_names())
def test_every_story_in_the_codes_of_a_site_is_answered_alike(name, by):
    """To the letter of the card, whether the map names standard codes or value sets."""
    story = read_story(name)
    patient = hook_request(story, hook_instance="1", today=story.today)["context"]["patientId"]

    def answer(prefetch, drafts, local):
        raw = {key: msgspec.Raw(json.dumps(value).encode()) for key, value in prefetch.items()}
        call = Call(patient, "1", story.user, story.encounter or "", story.hook, local=local)
        chart = chart_of_prefetch(raw, patient=patient, server=None, drafts=drafts)
        return told(evaluate(chart, load_knowledge(), today=story.today, call=call))

    (prefetch, drafts), local = in_local_codes([story.prefetch, list(story.drafts)], by=by)

    assert answer(prefetch, drafts, local) == answer(story.prefetch, story.drafts, None)


@pytest.mark.parametrize("name", CHARTS)
def test_codes_that_nobody_has_mapped_say_nothing(name):
    """Of codes alone, without a word, no card comes; with the map it is the card of the standard codes."""
    chart, local = in_local_codes(CHARTS[name], words=False)

    assert basis(look(chart, local=local)) == basis(look(CHARTS[name])) != {}
    assert not look(chart).cards


def test_a_stop_by_the_sites_code_stops():
    """The allergy that only the site's code names keeps the block back like any other."""
    chart, local = in_local_codes(CHARTS["an allergy"], words=False)

    assert worth(look(CHARTS["a point that was pressed"])).orders == {("superior", "right")}
    assert not worth(look(chart, local=local)).orders


def test_the_proof_names_the_code_of_the_site():
    """Whoever reads an evaluation sees which entry was known by which code, and what it was taken for."""
    local = LocalCodes((LocalCode(SITE, "OR-17", ("lumbar-laminectomy",)),))
    evaluation = look(archetype(procedures=bundle(procedure(code=concept(SITE, "OR-17")))), local=local)
    (found,) = [one for one in transcribe(evaluation)["findings"] if one["id"] == "prior-lumbar-laminectomy"]

    assert found["siteCodes"] == [{"reference": "Procedure/laminectomy", "system": SITE, "code": "OR-17", "readAs": ["lumbar-laminectomy"]}]
    assert "siteCodes" not in json.dumps(transcribe(look(archetype())))


@pytest.mark.parametrize("written", [("urn:oid:1.2.3.4711|2026", "OR-17"), ("urn:oid:1.2.3.4711/", " OR-17 "), (SITE, "or-17")])
def test_a_code_is_found_however_the_chart_writes_it(written):
    """With a version, a slash, spaces, in small letters: as for every standard code."""
    local = LocalCodes((LocalCode(SITE, "OR-17", ("lumbar-laminectomy",)),))

    assert look(archetype(procedures=bundle(procedure(code=concept(*written)))), local=local).findings["lumbar-laminectomy"].is_present


def test_a_number_for_a_code_is_found():
    """Catalogues have numbers, and some EHRs send them as numbers."""
    local = LocalCodes((LocalCode(SITE, "4711", ("lumbar-laminectomy",)),))

    assert look(archetype(procedures=bundle(procedure(code=concept(SITE, 4711)))), local=local).findings["lumbar-laminectomy"].is_present


def test_a_mapped_entry_keeps_its_words():
    """What an entry says in words is heard also where the map takes its code for something else."""
    local = LocalCodes((LocalCode(SITE, "OR-17", ("hip-or-pelvic-surgery",)),))
    chart = archetype(procedures=bundle(procedure(code=concept(SITE, "OR-17", "Lumbar laminectomy L4-5"))))

    assert look(chart, local=local).findings["lumbar-laminectomy"].is_present


def test_a_drafted_block_is_looked_at_whatever_its_code_is_mapped_to():
    """A site's code for an order of imaging does not hide the block that stands in its notes, nor the caution before it."""
    draft = {"resourceType": "ServiceRequest", "id": "d", "code": concept(SITE, "7", "Procedure"), "note": [{"text": "superior cluneal nerve block"}]}  # fmt: skip  # noqa: E501
    local = LocalCodes((LocalCode(SITE, "7", ("imaging-order-lumbar-mri",)),))
    without, with_map = (look(archetype(allergies=bundle(allergy())), drafts=(draft,), local=one) for one in (None, local))

    assert "amide anaesthetic allergy" in without.cards[0].summary
    assert told(with_map) == told(without)


def test_the_other_side_of_an_order_is_told_whatever_the_map_adds():
    """The pain on record is on the right and the block drafted on the left; a left pain that only the map knows makes that no better."""
    right = condition("right", code=concept(SNOMED, "278860009", "Chronic low back pain, right"))
    left = condition("left", code=concept(SITE, "7", "left side"))
    draft = {"resourceType": "ServiceRequest", "id": "d", "code": concept(text="Left superior cluneal nerve block")}
    local = LocalCodes((LocalCode(SITE, "7", ("low-back-pain",)),))
    without, with_map = (look(archetype(conditions=bundle(right, left)), drafts=(draft,), local=one) for one in (None, local))

    assert without.outcome.other_side is with_map.outcome.other_side is Side.RIGHT


def test_a_newer_score_of_the_site_does_not_take_a_silence_back():
    """Two low scores in standard codes keep the card back (D-09), whatever the site's own newer score says."""
    low = [observation(f"low-{days}", code=concept(LOINC, "72514-3"), valueQuantity={"value": 1, "unit": "{score}"}, effectiveDateTime=ago(days)) for days in (20, 30)]  # fmt: skip  # noqa: E501
    high = observation("high", code=concept(SITE, "PAIN"), valueQuantity={"value": 8, "unit": "{score}"})
    local = LocalCodes((LocalCode(SITE, "PAIN", ("pain-severity-score",)),))

    kept_back = look(archetype(surveys=bundle(*low, high)), local=local)

    assert kept_back.silence.rule == "D-09"
    assert transcribe(kept_back)["presentWithoutCodeMap"] == ["two-low-pain-scores"]
    assert look(archetype(surveys=bundle(high)), local=local).cards


def test_a_newer_examination_of_the_site_does_not_open_a_nerve_again():
    """A point that was pressed in vain, in our own code, stays so for the map (D-03)."""
    denied = [pressed(nerve, side, "not-tender", id=f"{nerve}-{side}-no", effectiveDateTime=ago(20)) for nerve in ("superior", "middle", "inferior") for side in ("right", "left")]  # fmt: skip  # noqa: E501
    (again,), local = in_local_codes([pressed()])

    assert look(archetype(exams=bundle(*denied, pressed()))).cards
    assert look(archetype(exams=bundle(*denied, again)), local=local).silence.rule == "D-03"


HELD = st.sampled_from([name for name, one in POOL.items() if one.rule])
# Scores that keep a card back while they are the newest, and one that is newer.
SCORES = st.sets(st.sampled_from([Part("score-zero", ago(20)), Part("score-two", ago(30)), Part("score-seven", ago(0))]))
MAPS = st.lists(st.lists(st.sampled_from(MAPPABLE), min_size=1, max_size=2), min_size=40, max_size=40)


@invariant(150, recipe=recipes(), scores=SCORES, held=st.none() | HELD, chance=st.randoms(use_true_random=False), wrong=st.none() | MAPS)
def test_no_map_takes_a_silence_a_stop_or_a_caution_back(recipe, scores, held, chance, wrong):
    """Some codes of the chart are the site's: with its map, also with one that is all wrong, whatever spoke against a card still does."""
    recipe = replace(recipe, parts=(*recipe.parts, *sorted(scores, key=str))).adding(*([held] if held else []))
    chart, local = in_local_codes(recipe.prefetch(), which=lambda: chance.random() < 0.5)
    if wrong:
        local = LocalCodes(tuple(LocalCode(row.system, row.code, tuple(names)) for row, names in zip(local.rows, wrong, strict=False)))
    before, after = look(chart), look(chart, local=local)
    held = those_that_hold(before.findings.knowledge.rules["H"], before.findings, "stop-block")

    assert not is_excluded(before) or worth(after).kind in ("", "response")
    assert not held or not worth(after).orders
    assert said_against(before) <= said_against(after) or worth(after).kind in ("", "response")


def is_excluded(evaluation: Evaluation) -> bool:
    """Whether a red flag or a reason not to speak silences it, and not merely what nobody knows."""
    return evaluation.silence is not None and evaluation.silence.rule.startswith(("X-", "D-", "P-"))


def said_against(evaluation: Evaluation) -> set[str]:
    """The stops, the cautions and what speaks against it, of a card that may suggest a block or an examination."""
    if worth(evaluation).kind not in ("workup", "block"):
        return set()
    details = (evaluation.cards[0].extension or {})["org.cluneal-cds.details"]
    return {*details.get("cautions", ()), *details.get("against", ())}
