"""What a reviewer reads of a change of the knowledge: every clinical change, each on one line, and nothing else."""

import json
from pathlib import Path

import pytest

from service.errors import InvalidKnowledge
from service.knowledge.changes import LONGEST, changes, folder_content

RED_FLAGS = """
says = "Red flags."
[[rule]]
id     = "X-01"
says   = "Cauda equina features are on record."
any_of = ["cauda-equina-symptom"]
[[rule]]
id     = "X-02"
says   = "A new deficit is on record."
any_of = ["motor-or-reflex-deficit"]
"""
PAIN = """
label = "Pain for 12 weeks or more"
[[recognised]]
by   = "lasting-pain"
pain = ["low-back-pain", "buttock-pain"]
days = 84
[[recognised]]
by          = "coded-event"
value_set   = ["chronic-pain"]
within_days = 365
[[recognised]]
by          = "coded-event"
value_set   = ["buttock-pain"]
within_days = 365
"""
NO_COMPRESSION = """
label = "No compression"
[[phrase]]
words = [["herniation", "protrusion"]]
[[phrase]]
apart = 6
words = [["compression", "contact"], ["root", "thecal sac"]]
"""
LUMBAR_MRI = {
    "resourceType": "ValueSet",
    "id": "lumbar-mri",
    "version": "2026.1",
    "date": "2026-11-20",
    "title": "Lumbar MRI",
    "compose": {
        "include": [
            {"system": "http://www.ama-assn.org/go/cpt", "concept": [{"code": "72148"}]},
            {"system": "http://loinc.org", "concept": [{"code": "30679-5", "display": "MR Lumbar spine WO contrast"}]},
        ]
    },
}
FILES = {
    "version.toml": 'version = "2026.1"\ndate = 2026-11-20\ndigest = "1"\n',
    "rules/red-flags.toml": RED_FLAGS,
    "nerves/superior.toml": 'label = "Superior"\n[landmark]\nsays = "crest"\nrange_cm = [6, 9]\n',
    "findings/pain-for-12-weeks.toml": PAIN,
    "thresholds.toml": '[[threshold]]\nid = "lasting-pain"\nsays = "How long the pain must have lasted."\nvalue = 84\nunit = "days"\n',
    "pathway.toml": 'support_needed = 2\nharvest = ["a", "b"]\n',
    "phrases/no-compression.toml": NO_COMPRESSION,
    "value_sets/lumbar-mri.json": json.dumps(LUMBAR_MRI),
    "evidence/kiral-2024.toml": 'citation = "Kiral 2024"\nclaim = "Of 200 people 24 had relief."\n',
}


def written(folder: Path, **edits: tuple[str, str]) -> dict:
    """The content of a small knowledge folder; an edit replaces a text in the one file whose name has that word in it."""
    for name, text in FILES.items():
        for word, (old, new) in edits.items():
            if word in name.replace("-", "_"):
                assert old in text
                text = text.replace(old, new, 1)
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder_content(folder)


@pytest.fixture
def diff(tmp_path):
    """The lines between the small folder and the same one with edits."""

    def lines(**edits: tuple[str, str]) -> tuple[str, ...]:
        return changes(written(tmp_path / "before"), written(tmp_path / "after", **edits))

    return lines


def test_the_same_knowledge_has_no_changes(diff):
    """Two folders that hold the same say nothing."""
    assert diff() == ()


@pytest.mark.parametrize(
    ("file", "old", "new", "line"),
    [
        ("thresholds", "value = 84", "value = 90", "thresholds lasting-pain value: 84 -> 90"),
        ("pain_for", "days = 84", "days = 90", "findings  pain-for-12-weeks recognised 1 (lasting-pain) days: 84 -> 90"),
        ("pain_for", "days = 84", 'days = "x"', "findings  pain-for-12-weeks recognised 1 (lasting-pain) days: 84 -> x"),
        ("red_flags", '["cauda-equina-symptom"]', '["cauda-equina-symptom", "fever"]', "rules     X-01 any_of: + fever"),
        ("red_flags", 'any_of = ["cauda-equina-symptom"]', "any_of = []", "rules     X-01 any_of: - cauda-equina-symptom"),
        ("superior", "[6, 9]", "[6, 8]", "nerves    superior landmark.range_cm: [6, 9] -> [6, 8]"),
        ("pathway", "support_needed = 2", "support_needed = 3", "pathway   support_needed: 2 -> 3"),
        ("pathway", "support_needed = 2\n", "", "pathway   support_needed: - 2"),
        ("pathway", '["a", "b"]', '["b", "a"]', "pathway   harvest order: a, b -> b, a"),
        (
            "no_compression",
            '"protrusion"',
            '"protrusion", "hnp"',
            "phrases   no-compression phrase 1 (herniation/protrusion/hnp) words: + hnp",
        ),
        ("no_compression", "apart = 6", "apart = 8", "phrases   no-compression phrase 2 (compression/con…oot/thecal sac) apart: 6 -> 8"),
        (
            "no_compression",
            "[[phrase]]\napart",
            '[[phrase]]\nwords = [["no"], ["stenosis", "narrowing"]]\n[[phrase]]\napart',
            "phrases   no-compression phrase: + no ... stenosis/narrowing",
        ),
        (
            "lumbar_mri",
            '"concept": [{"code": "30679-5"',
            '"concept": [{"code": "24968-0", "display": "MR Lumbar spine"}, {"code": "30679-5"',
            "value_sets lumbar-mri: + http://loinc.org 24968-0 (MR Lumbar spine)",
        ),
        ("lumbar_mri", '{"code": "72148"}', "", "value_sets lumbar-mri: - http://www.ama-assn.org/go/cpt 72148"),
        (
            "lumbar_mri",
            "MR Lumbar spine WO contrast",
            "Lumbar MR",
            "value_sets lumbar-mri http://loinc.org 30679-5 display: MR Lumbar spine WO contrast -> Lumbar MR",
        ),
        ("kiral", "24 had", "25 had", "evidence  kiral-2024 claim: Of 200 people 24 had relief. -> Of 200 people 25 had relief."),
    ],
)
def test_a_change_is_one_line_that_a_reviewer_can_read(diff, file, old, new, line):
    """A number, a member of a list, a phrase, a code or a text that changed is named with its place, before and after."""
    assert diff(**{file: (old, new)}) == (line,)


def test_a_new_version_comes_first(diff):
    """The two versions head the list, and the digest, which follows from the rest, is left out."""
    lines = diff(version=('"2026.1"', '"2026.2"'), red_flags=('["cauda-equina-symptom"]', '["fever"]'), kiral=("24 had", "25 had"))

    assert lines[0] == "knowledge 2026.1 -> 2026.2"
    assert [line.split()[0] for line in lines] == ["knowledge", "rules", "rules", "evidence"]
    assert diff(version=('digest = "1"', 'digest = "2"')) == ()


def test_the_rooms_come_in_the_order_of_reading(tmp_path):
    """Rules, nerves and findings before the rest, evidence last; a room that nobody foresaw is read like any other."""
    after = {
        name: {"label": "New"} for name in ("evidence/x.toml", "phrases/x.toml", "novelties/x.toml", "findings/x.toml", "rules/x.toml")
    }

    assert changes({}, after) == (
        "rules     + x: New",
        "findings  + x: New",
        "novelties + x: New",
        "phrases   + x: New",
        "evidence  + x: New",
    )


def test_a_new_file_and_a_lost_rule_are_named_by_what_they_say(tmp_path):
    """What came or went whole is one line with its label or sentence."""
    before, after = written(tmp_path / "before"), written(tmp_path / "after")
    after["findings/fever.toml"] = {"label": "Fever", "recognised": [{"by": "coded-event"}]}
    after["rules/red-flags.toml"]["rule"].pop()

    assert changes(before, after) == ("rules     - X-02: A new deficit is on record.", "findings  + fever: Fever")


def test_a_rule_that_moves_to_another_file_has_not_changed(tmp_path):
    """Rules are told by their ids, not by where they stand."""
    before, after = written(tmp_path / "before"), written(tmp_path / "after")
    after["rules/others.toml"] = {"rule": [after["rules/red-flags.toml"]["rule"].pop()]}

    assert changes(before, after) == ()


def test_a_way_inserted_before_others_leaves_them_unchanged(diff):
    """One more way to recognise a finding is one line, wherever it is put."""
    lines = diff(
        pain_for=("[[recognised]]\nby   =", '[[recognised]]\nby = "coded-event"\nvalue_set = ["sciatica"]\n[[recognised]]\nby   =')
    )

    assert lines == ("findings  pain-for-12-weeks recognised: + coded-event (value_set [sciatica])",)


def test_a_way_that_only_lists_the_same_in_another_order_is_another_way(tmp_path):
    """The way that stayed as it was is the one that did not change, although a copy in another order stands nearer."""
    before, after = written(tmp_path / "before"), written(tmp_path / "after")
    ways = after["findings/pain-for-12-weeks.toml"]["recognised"]
    ways.insert(0, {**ways[0], "pain": ways[0]["pain"][::-1]})

    (line,) = changes(before, after)
    assert line.startswith("findings  pain-for-12-weeks recognised: + lasting-pain (pain [buttock-pain, low-back-pain]")


def test_a_changed_way_is_told_from_its_neighbours(tmp_path):
    """Of two ways of one kind, the changed one is found although another was taken away before it."""
    before, after = written(tmp_path / "before"), written(tmp_path / "after")
    del after["findings/pain-for-12-weeks.toml"]["recognised"][1]
    after["findings/pain-for-12-weeks.toml"]["recognised"][1]["within_days"] = 180

    assert changes(before, after) == (
        "findings  pain-for-12-weeks recognised: - coded-event (value_set [chronic-pain]; within_days 365)",
        "findings  pain-for-12-weeks recognised 2 (coded-event) within_days: 365 -> 180",
    )


def test_a_phrase_that_gave_way_to_another_one_is_no_change_of_it(diff):
    """Rows that have next to nothing in common went and came; they did not become one another."""
    assert diff(no_compression=('[["herniation", "protrusion"]]', '[["stenosis"]]')) == (
        "phrases   no-compression phrase: - herniation/protrusion",
        "phrases   no-compression phrase: + stenosis",
    )


def test_an_edition_of_a_value_set_is_no_change(diff):
    """Version and date of a FHIR resource follow the knowledge and are left out."""
    assert diff(lumbar_mri=('"version": "2026.1", "date": "2026-11-20"', '"version": "2026.2", "date": "2027-01-01"')) == ()


def test_a_text_that_is_only_broken_anew_is_no_change(diff):
    """Line breaks and spaces inside a sentence are not clinical."""
    assert diff(kiral=('claim = "Of 200 people 24', 'claim = """Of 200\n   people 24'), evidence=('relief."', 'relief."""')) == ()


def test_a_long_text_shows_where_it_differs(tmp_path):
    """Of two long texts the line keeps what differs, and stays short enough to read."""
    start, end = "Of 200 people with chronic low back pain " * 4, " had relief one hour after one block" * 4
    (line,) = changes({"evidence/a.toml": {"claim": f"{start}24{end}"}}, {"evidence/a.toml": {"claim": f"{start}25{end}"}})

    assert line == "evidence  a claim: … low back pain 24 had relief one … -> … low back pain 25 had relief one …"


@pytest.mark.parametrize("new", [{"claim": "long " * 90}, {"claim": ["word " * 80]}, {"claim": "other " * 90, "label": "x" * 400}])
def test_no_line_is_too_long(new):
    """Whatever changes, a line stays short: the middle of a long text goes."""
    lines = changes({"evidence/a.toml": {"claim": "text " * 90}}, {"evidence/a.toml": new})

    assert lines
    assert max(map(len, lines)) <= LONGEST


def test_python_and_readmes_are_no_knowledge(tmp_path):
    """Only TOML and JSON files count."""
    before = written(tmp_path / "before")
    (tmp_path / "before" / "README.md").write_text("new")
    (tmp_path / "before" / "model.py").write_text("new")

    assert folder_content(tmp_path / "before") == before


def test_files_that_cannot_be_read_are_named_together(tmp_path):
    """Every file that is no TOML or JSON stands in one message."""
    written(tmp_path)
    (tmp_path / "pathway.toml").write_text("= 3")
    (tmp_path / "value_sets" / "lumbar-mri.json").write_bytes(b"\xff")

    with pytest.raises(InvalidKnowledge, match=r"pathway.toml  is not TOML(.|\n)*lumbar-mri.json  is not JSON"):
        folder_content(tmp_path)
