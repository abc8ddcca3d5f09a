"""Sentences of charts, labelled by hand (fixtures/texts), are read as labelled; where one is not, the row says how it is read instead."""

import json
import re
from typing import Any

import pytest

from service.knowledge.load import load_knowledge
from service.labelled import LABELS, Sentence, UnreadableTexts, defects, read, read_sentences, text_folder

KNOWLEDGE = load_knowledge()
SENTENCES = read_sentences(text_folder(), KNOWLEDGE)
LINES = [line for kind in LABELS for line in (text_folder() / f"{kind}.jsonl").read_text(encoding="utf-8").splitlines()]
ROWS = [
    pytest.param(sentence, json.loads(line).get("reads_as", {}), id=sentence.text[:60])
    for sentence, line in zip(SENTENCES, LINES, strict=True)
]


def read_in(kind: str, text: str) -> Any:
    """What the service reads in these words."""
    return read(Sentence(kind, "here", text, {}), KNOWLEDGE).read


@pytest.mark.parametrize(("sentence", "reads_as"), ROWS)
def test_a_sentence_is_read_as_its_row_says(sentence, reads_as):
    """Every label of the row comes out; a label in `reads_as` says what comes out instead of it, so that it is seen when that changes."""
    expected = {**sentence.labels, **reads_as}
    reading = read(sentence, KNOWLEDGE).read

    assert {name: reading[name] for name in expected} == expected


def test_no_misread_sentence_is_dangerous():
    """Misreadings err to silence: no red flag is missed or made up, nothing is normal, reproduced or on the problem list that is not."""
    for reading in (read(sentence, KNOWLEDGE) for sentence in SENTENCES):
        said, heard = reading.topics.get(("problem findings", ""), (frozenset(), frozenset()))

        assert defects(reading) == (), reading.sentence.text
        assert heard <= said, reading.sentence.text


@pytest.mark.parametrize(
    ("written", "flags"),
    [
        ("Discitis L3-4, abscess not seen. No stenosis.", ["spinal-or-systemic-infection"]),
        ("Multiple metastases, fracture not seen. No stenosis.", ["active-malignancy"]),
        ("Acute fracture of L1, retropulsion not present. No stenosis.", ["unhealed-fracture"]),
        ("Acute L1 fracture, old T12 fracture healed. No stenosis.", ["unhealed-fracture"]),
        ("HISTORY: There are metastases. No stenosis.", ["active-malignancy"]),
    ],
)
def test_a_denial_of_one_thing_leaves_another_standing(written, flags):
    """What is denied past a comma, or healed, is not what was affirmed before it; what stands under the wrong heading still warns."""
    reading = read_in("reports", written)

    assert (reading["red_flags"], reading["imaging"]) == (flags, "unknown")


@pytest.mark.parametrize("written", ["Fever, chills and night sweats denied", "Fevers, chills: denied.", "Denies fever, chills, weakness."])
def test_a_denial_of_a_whole_list_denies_all_of_it(written):
    """The answer at the end of a list, or the denial before it, is meant for each of its items."""
    assert read_in("exams", written)["red_flags"] == []


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("no json", "line 1"),
        ('{"imaging": "clear"}', "no object with a text"),
        ('{"text": "x"}', "no label"),
        ('{"text": "x", "red_flag": []}', 'unknown label "red_flag"; labels here: imaging, red_flags, surgery'),
        ('{"text": "x", "imaging": "normal"}', "imaging names normal; known: clear, lesion, unknown"),
        ('{"text": "x", "red_flags": ["cancer"]}', "red_flags names cancer; known: active-malignancy"),
        ('{"text": "x", "red_flags": "fever"}', "red_flags has not the form"),
        ('{"text": "x", "imaging": "clear", "recorded_days_ago": "3"}', "recorded_days_ago"),
    ],
)
def test_a_line_that_is_no_labelled_sentence_is_named(tmp_path, line, says):
    """A label that would count nothing is refused, with its file and line and what is known instead; all such lines at once."""
    (tmp_path / "reports.jsonl").write_text(f"{line}\n")
    (tmp_path / "exams.jsonl").write_text('\n{"text": "x", "reproduces": {"superior": "up"}}\n')

    with pytest.raises(UnreadableTexts) as refused:
        read_sentences(tmp_path, KNOWLEDGE)
    assert re.search(f"reports.jsonl line 1: .*{re.escape(says)}", str(refused.value))
    assert "exams.jsonl line 2: reproduces names superior up" in str(refused.value)
