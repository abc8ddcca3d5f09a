"""The review: what loads may still be unsafe; each refusal with the sentence that its author reads, shown on a copy with one change."""

import re

import pytest

from tests.service.reasoning.spoilt import EXCLUSIONS, add_rule, change, problems

I_04 = '"prior-spine-intervention", "conservative-trial", "post-laminectomy-syndrome"'
EVERYBODY = "whoever is a candidate would be kept silent"


def test_the_knowledge_as_it_is_has_no_problem(folder):
    """What the tests below spoil was sound before: an expert's rule on a finding that says nothing else passes."""
    add_rule(folder, 'any_of = ["fever", "night-pain"]', 'unless = ["fever"]')

    assert problems(folder) == []


@pytest.mark.parametrize(
    ("file", "id_", "effect", "stage"),
    [
        (EXCLUSIONS, "X-90", "caution", "X"),
        (EXCLUSIONS, "X-90", "against", "X"),
        ("rules/do-not-fire.toml", "D-90", "stop-block", "D"),
        ("rules/block-cautions.toml", "H-90", "silence", "H"),
        ("rules/candidacy.toml", "I-90", "against", "I"),
        ("rules/weighs-against.toml", "W-90", "cap-low", "W"),
        ("rules/tiers.toml", "T-90", "silence", "T"),
        (EXCLUSIONS, "Q-01", "silence", "Q"),
    ],
)
def test_an_effect_that_nobody_reads_there_is_refused(folder, file, id_, effect, stage):
    """The stage decides what a rule of it can do; a stage that the pathway does not have reads nothing."""
    add_rule(folder, 'any_of = ["fever"]', file=file, id_=id_, effect=effect)

    assert problems(folder) == [f"rules  {id_}: can never fire: nothing reads the effect {effect} in stage {stage}"]


@pytest.mark.parametrize(
    ("file", "id_", "effect"),
    [
        ("rules/tiers.toml", "T-HIGH", "tier"),
        ("rules/tiers.toml", "P-04", "tier"),
        ("rules/block-response.toml", "G-5", "band"),
        ("rules/do-not-fire.toml", "D-13", "silence-nerve"),
        ("rules/do-not-fire.toml", "D-14", "quiet"),
        ("rules/nerves.toml", "N-XYZ", "tier"),
        ("rules/orders.toml", "O-last", "tier"),
    ],
)
def test_a_rule_that_only_code_could_decide_has_to_be_known_there(folder, file, id_, effect):
    """It names no finding, and nothing in the pathway has its id."""
    add_rule(folder, file=file, id_=id_, effect=effect)

    assert problems(folder) == [f"rules  {id_}: can never fire: it names no finding, and the pathway does not name it"]


@pytest.mark.parametrize(
    ("file", "id_"),
    [
        ("rules/tiers.toml", "P-02"),
        ("rules/tiers.toml", "T-LOW"),
        ("rules/do-not-fire.toml", "D-02"),
        ("rules/do-not-fire.toml", "D-11"),
        ("rules/block-response.toml", "G-3"),
        ("rules/orders.toml", "O-none"),
    ],
)
def test_a_rule_that_the_pathway_names_has_to_be_there(folder, file, id_):
    """Without its row the first chart that comes to it would end in a fault, not in a sentence."""
    rows = re.split(r"(?m)^(?=\[\[rule\]\])", (folder / file).read_text(encoding="utf-8"))
    (folder / file).write_text("".join(row for row in rows if f'"{id_}"' not in row), encoding="utf-8")

    assert any(id_ in line for line in problems(folder))


@pytest.mark.parametrize(
    ("terms", "why"),
    [
        (('all_of = ["fever"]', 'none_of = ["fever"]'), "it asks for fever and for its absence"),
        (('all_of = ["night-pain", "fever"]', 'unless = ["fever"]'), "it asks for fever and for its absence"),
        (('any_of = ["fever", "night-pain"]', 'unless = ["night-pain", "fever"]'), "none of any_of can be present while it holds"),
        (
            ('any_of = ["fever", "night-pain"]', 'none_of = ["fever"]', 'unless = ["night-pain"]'),
            "none of any_of can be present while it holds",
        ),
    ],
)
def test_conditions_that_exclude_each_other_are_refused(folder, terms, why):
    """No chart can hold what the rule asks for."""
    add_rule(folder, *terms)

    assert problems(folder) == [f"rules  X-90: can never fire: {why}"]


NONE = "none of any_of can be present while it holds"
SCORES = "D-09: can never fire: two-low-pain-scores can never be present"
TINEL = "C-05: can never fire: tinel-like-after-harvest can never be present"


@pytest.mark.parametrize(
    ("finding", "before", "bounds", "says"),
    [
        ("palliative-care", "within_days", ['more_than_days = "serious-disease-window"'], f"D-07: can never fire: {NONE}"),
        (
            "palliative-care",
            "within_days",
            ['less_than_days = "lasting-pain"', 'older_than_days = "lasting-pain"'],
            f"D-07: can never fire: {NONE}",
        ),
        ("motor-or-reflex-deficit-long-standing", "more_than_days", ['within_days = "new-symptom"'], f"W-02: can never fire: {NONE}"),
        ("two-low-pain-scores", "below", ['above = "pain-score"'], SCORES),
        ("two-low-pain-scores", "below", ['at_least = "pain-score"'], SCORES),
        ("tinel-like-after-harvest", "all_of", ['unless = ["tinel-like-finding"]'], TINEL),
        ("tinel-like-after-harvest", "all_of", ['none_of = ["harvest-6-to-12-weeks-ago"]'], TINEL),
        ("harvest-6-to-12-weeks-ago", "older_than_days", ['more_than_days = "lasting-pain"'], TINEL),
    ],
    ids=["window", "of other bounds", "long ago and new", "number", "least number", "combination", "and its contrary", "what it rests on"],
)
def test_a_finding_that_can_never_be_present_is_refused(folder, finding, before, bounds, says):
    """An empty window, bounds that leave no number, a combination that excludes itself, or one that rests on such a finding."""
    file = folder / "findings" / f"{finding}.toml"
    added = "".join(f"{bound}\n" for bound in bounds)
    file.write_text(re.sub(rf"(?m)^(?={before} )", added, file.read_text(encoding="utf-8")), encoding="utf-8")

    assert problems(folder) == [f"rules  {says}"]


def test_a_window_of_one_day_is_a_window(folder):
    """Within 365 days and 365 or more ago: one day is left."""
    same = 'older_than_days = "serious-disease-window"\nwithin_days'
    change(folder, "findings/palliative-care.toml", "within_days", same)

    assert problems(folder) == []


@pytest.mark.parametrize("term", ['all_of = ["compressive-lesion"]', 'any_of = ["compressive-lesion"]'])
def test_two_rules_that_contradict_are_refused(folder, term):
    """The same finding cannot speak for the suspicion in one rule and hold it back in another."""
    add_rule(folder, term, file="rules/imaging.toml", id_="C-90", effect="support")
    told = problems(folder)

    assert [line for line in told if line.startswith("rules  ") and ": contradict: the same findings bring about " in line] == told
    assert all("C-90" in line and "support" in line and ("C-03" in line or "W-05" in line) for line in told)
    assert told


@pytest.mark.parametrize(
    "term",
    [
        'all_of = ["adult"]',
        'all_of = ["current-pain", "adult"]',
        'any_of = ["current-pain"]',
        'any_of = ["current-pain", "fever"]',
        f"any_of = [{I_04}]",
        f'any_of = [{I_04}, "fever"]',
        'any_of = ["pain-for-12-weeks", "tinel-like-after-harvest", "fever"]',
    ],
)
def test_a_silence_that_every_candidate_would_meet_is_refused(folder, term):
    """What is required for a card must not keep it back; also not where one of several is required."""
    add_rule(folder, term)

    assert any("X-90" in line and (EVERYBODY in line or "contradict" in line) for line in problems(folder))


def test_such_a_silence_is_told_in_these_words(folder):
    """The author reads which rule and why."""
    add_rule(folder, 'all_of = ["current-pain", "adult"]')

    assert problems(folder) == [f"rules  X-90: contradicts the required rules: {EVERYBODY}"]


def test_a_silence_that_asks_for_more_than_a_candidate_is_none(folder):
    """An adult with pain and a fever is not every candidate."""
    add_rule(folder, 'all_of = ["current-pain", "fever"]')

    assert problems(folder) == []


@pytest.mark.parametrize(
    ("file", "id_", "effect", "finding", "nerves"),
    [
        (EXCLUSIONS, "X-90", "silence", "parkinson-disease", ["superior"]),
        ("rules/do-not-fire.toml", "D-90", "silence", "normal-electrodiagnostic-study", ["middle", "superior"]),
        ("rules/weighs-against.toml", "W-90", "against", "hip-knee-flexion-test-positive", ["superior"]),
    ],
)
def test_a_finding_cannot_support_a_nerve_and_speak_against_it(folder, file, id_, effect, finding, nerves):
    """The author reads which nerve's file says the contrary."""
    add_rule(folder, f'any_of = ["{finding}"]', file=file, id_=id_, effect=effect)
    told = problems(folder)

    assert {f"rules  {id_}: contradicts nerves/{nerve}.toml, where {finding} supports the nerve" for nerve in nerves} <= set(told)


def test_one_of_several_is_enough_to_contradict(folder):
    """A silence by Parkinson disease or fever is a silence by Parkinson disease, which supports the superior nerve."""
    add_rule(folder, 'any_of = ["fever", "parkinson-disease"]')

    assert "rules  X-90: contradicts nerves/superior.toml, where parkinson-disease supports the nerve" in problems(folder)


@pytest.mark.parametrize(
    ("finding", "old", "new", "shared", "opposite"),
    [
        ("non-explanatory-imaging", '["no-compression"', '["compressive-lesion", "no-compression"', "phrases compressive-lesion", None),
        ("superior-point-not-reproducing", '["exam-tender"', '["exam-reproduces", "exam-tender"', "value set exam-reproduces", "superior"),
        ("middle-point-not-reproducing", '["exam-tender"', '["exam-reproduces", "exam-tender"', "value set exam-reproduces", "middle"),
    ],
)
def test_a_finding_shares_nothing_with_its_opposite(folder, finding, old, new, shared, opposite):
    """One sentence or one code cannot mean a thing and its contrary."""
    change(folder, f"findings/{finding}.toml", old, new)
    contrary = f"{opposite}-point-reproduces-pain" if opposite else "compressive-lesion"

    assert problems(folder) == [f"findings/{finding}.toml  shares {shared} with its opposite {contrary}"]


def test_the_same_words_beside_the_same_words_mean_the_same(folder):
    """Where a phrase counts beside another, that other is what tells a finding from its opposite."""
    change(
        folder,
        "findings/superior-point-not-reproducing.toml",
        'phrases     = "superior-point-painless"',
        'phrases     = "pressing-superior-point"\nbeside      = "reproduces-usual-pain"\nnear        = "clause"',
    )

    assert any("superior-point-not-reproducing" in line and "superior-point-reproduces-pain" in line for line in problems(folder))
