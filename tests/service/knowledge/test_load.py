"""The loader: it takes the real folder, and of a spoilt copy it says every problem at once, to the author of the file."""

import shutil

import pytest

from service.errors import InvalidKnowledge
from service.fhir.chart import KEYS
from service.knowledge.load import FOLDER, load_knowledge, read_folder
from service.reasoning.review import CHART_KEYS, reviewed


@pytest.fixture
def folder(tmp_path):
    """A copy of the knowledge to spoil."""
    copy = tmp_path / "knowledge"
    shutil.copytree(FOLDER, copy, ignore=shutil.ignore_patterns("*.py", "__pycache__", "README.md"))
    return copy


def change(file, old, new):
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def problems(folder):
    with pytest.raises(InvalidKnowledge) as refused:
        reviewed(read_folder(folder))
    return refused.value.problems


def test_the_real_knowledge_loads():
    """Every stage of the pathway has its rules, and the three nerves stand in their order."""
    knowledge = reviewed(load_knowledge())

    assert list(knowledge.nerves) == ["superior", "middle", "inferior"]
    assert set("XDICHWTBP") <= set(knowledge.rules)
    assert len({rule.id for stage in knowledge.rules.values() for rule in stage}) == sum(map(len, knowledge.rules.values()))


def test_a_copy_loads_as_well(folder):
    """What the following tests spoil was sound before."""
    assert reviewed(read_folder(folder)).findings.keys() == load_knowledge().findings.keys()


def test_it_is_read_once():
    """Everybody gets the same knowledge."""
    assert load_knowledge() is load_knowledge()


@pytest.mark.parametrize(
    ("file", "old", "new", "near"),
    [
        ("findings/fever.toml", "label ", "lable", "label"),
        ("findings/fever.toml", "within_days", "within_day", "within_days"),
        ("rules/exclusions.toml", "any_of ", "anyof", "any_of"),
        ("nerves/superior.toml", "range_cm", "range_mm", "range_cm"),
    ],
)
def test_an_unknown_key_is_named_with_the_one_that_was_meant(folder, file, old, new, near):
    """A typo never switches a rule off in silence, neither at the top of a file nor in a table inside it."""
    change(folder / file, old, f"{new} ")

    assert any(file in line and f'unknown key "{new}" (did you mean "{near}"?)' in line for line in problems(folder))


def test_an_unknown_key_that_is_like_none_lists_the_keys(folder):
    """Where nothing is near, the author sees what there is."""
    change(folder / "version.toml", "says", "zzzz = 1\nsays")

    assert any('unknown key "zzzz"; keys here: date, digest, earlier, says, version' in line for line in problems(folder))


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        ("findings/fever.toml", '["fever"]', '["fevers"]', 'no value set named "fevers" (did you mean "fever"?)'),
        ("findings/compressive-lesion.toml", '"compressive-lesion"', '"compresive-lesion"', 'no phrase list named "compresive-lesion"'),
        ("findings/compressive-lesion.toml", '"lumbar-imaging"', '"lumbar-image"', 'no study named "lumbar-image" (did you mean'),
        ("findings/fever.toml", '"acr-2021"', '"acr-2012"', 'no publication named "acr-2012" (did you mean "acr-2021"?)'),
        ("rules/exclusions.toml", '"night-pain"', '"night-pains"', 'no finding named "night-pains" (did you mean "night-pain"?)'),
        ("nerves/superior.toml", '"superior-point-tender"', '"superior-tender"', 'no finding named "superior-tender"'),
        ("pathway.toml", '"tender-point-unplaced"', '"unplaced"', 'no finding named "unplaced"'),
        ("contexts/lumbar.toml", '"bodysite-low-back"', '"bodysite-back"', 'no value set named "bodysite-back"'),
        ("studies/lumbar-imaging.toml", '"lumbar-surgery"', '"lumbar-operation"', 'no finding named "lumbar-operation"'),
    ],
)
def test_a_name_that_nothing_has_is_found(folder, file, old, new, says):
    """Wherever it stands, with the file it stands in and the name that was probably meant."""
    change(folder / file, old, new)

    assert any(says in line and file.split("/")[0].removesuffix(".toml") in line for line in problems(folder))


def test_a_phrase_that_no_text_can_say_is_found(folder):
    """A phrase of signs alone would be looked for in vain, and nobody would notice."""
    change(folder / "phrases" / "fever.toml", '"febrile"', '"?"')

    assert any("phrases/fever.toml" in line and "phrase.0.words" in line for line in problems(folder))


def test_the_empty_chart_of_the_review_has_every_key():
    """The knowledge is tried on a chart that was read whole; a new prefetch key belongs to it too."""
    assert tuple(KEYS) == CHART_KEYS


def test_a_claim_needs_a_citation_or_the_word_expert(folder):
    """A rule that says "guideline" and names none does not load."""
    change(folder / "rules" / "exclusions.toml", 'evidence = ["acr-2021"]\n', "")

    assert any("rules/exclusions.toml" in line and "cite a publication" in line for line in problems(folder))


def test_a_landmark_needs_a_citation(folder):
    """Centimetres without a source do not load."""
    change(folder / "nerves" / "superior.toml", 'evidence  = ["kuniya-2014", "lu-1998", "iwanaga-2019"]\n', "")

    assert any("nerves/superior.toml" in line and "landmark" in line for line in problems(folder))


def test_a_rule_id_stands_once(folder):
    """Two rules of one id would make every answer ambiguous."""
    change(folder / "rules" / "exclusions.toml", '"X-02"', '"X-01"')

    assert any("X-01" in line and "twice" in line for line in problems(folder))


def test_a_rule_that_is_required_says_what_it_asks_for(folder):
    """Beside its state stands what has to be so; the sentence of what is missing would say the opposite."""
    change(folder / "rules" / "candidacy.toml", 'asks_for = "The patient is <adult-age> or older."\n', "")

    assert any("candidacy.toml" in line and "asks_for" in line for line in problems(folder))


def test_a_finding_that_rests_on_itself_is_found(folder):
    """The way round is told."""
    change(folder / "findings" / "conservative-trial.toml", '"conservative-care"', '"sign-of-current-pain", "conservative-trial"')

    assert any("conservative-trial" in line and "->" in line for line in problems(folder))


def test_a_long_way_round_is_found_too(folder):
    """A circle over several findings is one as well."""
    change(folder / "findings" / "lumbar-surgery.toml", '"lumbar-laminectomy"', '"lumbar-laminectomy", "sign-of-current-pain"')

    assert any("lumbar-surgery -> sign-of-current-pain -> lumbar-surgery" in line for line in problems(folder))


@pytest.mark.parametrize("name", ["version.toml", "pathway.toml", "language.toml", "wording.toml", "systems.toml"])
def test_a_missing_file_is_said(folder, name):
    """Nothing is answered without it."""
    (folder / name).unlink()

    assert any(name in line and "missing" in line for line in problems(folder))


def test_an_empty_folder_is_said(folder):
    """Nerves that were lost on the way are a problem, not silence."""
    shutil.rmtree(folder / "nerves")

    assert any(line.startswith("nerves/") for line in problems(folder))


@pytest.mark.parametrize(
    ("name", "text"), [("findings/fever.toml", "label = "), ("value_sets/fever.json", "{"), ("value_sets/fever.json", '{"id": "fever"}')]
)
def test_a_file_that_cannot_be_read_is_said(folder, name, text):
    """Broken TOML, broken JSON, or a ValueSet without concepts."""
    (folder / name).write_text(text)

    assert any(name in line for line in problems(folder))


def test_a_finding_without_a_way_to_recognise_it_does_not_load(folder):
    """It would be unknown for ever."""
    (folder / "findings" / "fever.toml").write_text('label = "Fever"\nwords = "fever"\nstrength = "expert"\nrecognised = []\n')

    assert any("findings/fever.toml" in line and "recognised" in line for line in problems(folder))


def test_an_unknown_way_to_recognise_does_not_load(folder):
    """The set of criteria is closed."""
    change(folder / "findings" / "fever.toml", '"coded-event"', '"looks-ill"')

    assert any("findings/fever.toml" in line and "looks-ill" in line for line in problems(folder))


def test_all_problems_come_in_one_message(folder):
    """Its author mends everything in one go: the message counts the problems and lists each with its file."""
    change(folder / "findings" / "fever.toml", "label ", "lable ")
    change(folder / "nerves" / "middle.toml", "order ", "ordre ")
    (folder / "version.toml").unlink()

    with pytest.raises(InvalidKnowledge) as refused:
        read_folder(folder)

    message = str(refused.value)
    assert message.startswith(f"{len(refused.value.problems)} problems in service/knowledge:\n")
    assert all(name in message for name in ("findings/fever.toml", "nerves/middle.toml", "version.toml"))
    assert len(refused.value.problems) >= 5


def test_a_finding_that_nobody_asks_for_is_refused(folder):
    """A dead letter is a mistake somewhere else."""
    text = (folder / "findings" / "fever.toml").read_text()
    (folder / "findings" / "feverish.toml").write_text(text)

    assert any("feverish" in line and "asked for by no" in line for line in problems(folder))
