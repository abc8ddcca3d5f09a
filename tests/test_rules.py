"""Every rule has a patient for whom it decides, and a near miss for whom it must not (fixtures/rules); each goes through both doors."""

import pytest

from service.knowledge.load import load_knowledge
from tests.cases import FOLDER, Case, by_corridor, by_http, cases, ids_in

RULES = {rule.id: rule for stage in load_knowledge().rules.values() for rule in stage}
# They need a memory: fixtures/sequences has their patients.
REMEMBERED = {rule.id for rule in RULES.values() if rule.effect == "quiet"}
# The X rules read the same reports before it, so that it is never the first reason.
SECOND = {"C-04"}
EACH_DOOR = pytest.mark.parametrize("door", [by_corridor, by_http], ids=["corridor", "http"])
EACH_CASE = pytest.mark.parametrize("case", cases(), ids=lambda case: f"{case.rule}-{case.side}")


def test_every_rule_has_both():
    """No rule of the knowledge is without its two patients, and no file speaks of a rule that is not there."""
    told = {path.stem for path in FOLDER.glob("*.json")}

    assert sorted(RULES.keys() - told) == sorted(REMEMBERED)
    assert sorted(told - RULES.keys()) == []


@EACH_DOOR
@EACH_CASE
def test_a_rule_decides_for_its_patient_and_not_for_the_near_miss(case: Case, door):
    """The answer names the rule exactly when the case says so; a rule of silence is the first reason given."""
    answer = door(case)

    assert answer.status == 200, answer.complaint
    if case.side == "near_miss":
        # A rule that is required for a card is named on every card: where it holds there is one, or another reason for silence.
        assert case.rule not in (answer.reasons if RULES[case.rule].effect == "required" else ids_in(answer))
    elif (RULES[case.rule].effect in ("silence", "required") or case.rule[0] in "PT") and case.rule not in SECOND:
        assert answer.silence == case.rule
    else:
        assert case.rule in ids_in(answer)


@EACH_CASE
def test_a_near_miss_says_what_it_misses_by(case: Case):
    """Each patient is told in a sentence, and the two of one rule are different patients."""
    assert case.says.endswith(".")
    others = [other for other in cases() if other.rule == case.rule and other.side != case.side]
    assert all(other.told != case.told for other in others)
