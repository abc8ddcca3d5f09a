"""Sequences over weeks: what is said again, what is not, and until when, in every file of fixtures/sequences.

They go through the corridor with a history that grows from step to step; read `fixtures/sequences/README.md` for their grammar.
"""

import pytest

from service.transcript import on_the_wire, transcribed_silence
from tests.sequences import FOLDER, Played, played, resources, sequences, silence_in_words

EACH = pytest.mark.parametrize("name", sequences())
BASIS = "org.cluneal-cds.basis"


def in_words(one: Played) -> str:
    """What a step got: the kind of its card, the rule of its silence with its last day, or the keys of its refusal."""
    if refusal := one.evaluation.refusal:
        return f"refused {' '.join(refusal.keys)}"
    if silence := transcribed_silence(one.evaluation):
        return silence_in_words(silence)
    return one.card["extension"][BASIS]["kind"]


@EACH
def test_every_step_gets_what_it_should(name):
    """Card after card and silence after silence, each with its rule and its last day."""
    assert [in_words(one) for one in played(name)] == [one.step.expected for one in played(name)]


@EACH
def test_every_card_is_the_one_that_was_meant(name):
    """Nerves, side, indicator and words are as the step has them, where it has them."""
    for one in (one for one in played(name) if one.card):
        told, basis = one.step.told, one.card["extension"][BASIS]
        words = f"{one.card['summary']}\n{one.card['detail']}"

        assert basis["nerves"] == told.get("nerves", basis["nerves"])
        assert basis["side"] == told.get("side", basis["side"])
        assert one.card["indicator"] == told.get("indicator", "info")
        assert [word for word in told.get("says", ()) if word not in words] == []


@pytest.mark.parametrize(
    ("name", "number"), [(name, place) for name, told in sequences().items() for place, one in enumerate(told["step"]) if "same_as" in one]
)
def test_the_same_encounter_gets_the_same_card(name, number):
    """V31: word for word, with the same suggestions; only its uuid is another, which names one showing of it."""
    again = played(name)[number]
    first = played(name)[again.step.told["same_as"] - 1]

    assert again.card["uuid"] != first.card["uuid"]
    for member in ("summary", "detail", "indicator", "source", "extension"):
        assert again.card[member] == first.card[member]
    assert [one["label"] for one in again.card.get("suggestions", ())] == [one["label"] for one in first.card.get("suggestions", ())]


@EACH
def test_a_memory_only_ever_keeps_a_card_back(name):
    """At each step the answer is the one that a service without a memory would give, or a silence in place of its card."""
    for one in played(name):
        if one.evaluation.silence != one.forgetful.silence:
            assert one.forgetful.cards
            assert one.evaluation.gist is None
        else:
            assert on_the_wire(one.evaluation) == on_the_wire(one.forgetful)
            assert one.evaluation.refusal == one.forgetful.refusal


def test_the_sequences_try_every_rule_of_quiet_and_every_reason():
    """D-02, D-03 and D-11 each keep a card back somewhere, and each override reason of the cards is given."""
    silent = {one.evaluation.silence.rule for name in sequences() for one in played(name) if one.evaluation.silence and one.forgetful.cards}
    given = {step["dismisses"] for told in sequences().values() for step in told["step"] if "dismisses" in step}
    card = next(one.card for one in played("not-applicable") if one.card)

    assert silent == {"D-02", "D-03", "D-11"}
    assert [one for one in card["overrideReasons"] if not {one["code"], one["display"]} & given] == []


def test_the_readme_tells_every_sequence_and_every_resource():
    """The tables of fixtures/sequences/README.md are the files."""
    rows = [line for line in (FOLDER / "README.md").read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    told = [f"| {name} | {one.get('vignette', '')} | {one['story']} |" for name, one in sequences().items()]
    told += [f"| `{name}` | {one['says']} |" for name, one in resources().items()]

    assert [row for row in told if row not in rows] == []
    assert len([row for row in rows if row.split(" | ")[0].strip("| `") in {*sequences(), *resources()}]) == len(told)
