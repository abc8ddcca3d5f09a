"""Numbers beside each other, and inside sentences: what a site moves stays in order, and what a card says names a number that is there."""

import shutil

import pytest

from service.errors import InvalidAdjustments, InvalidKnowledge
from service.knowledge.load import FOLDER, read_folder
from service.knowledge.thresholds import Adjustments


def refusals(folder, *numbers):
    with pytest.raises((InvalidKnowledge, InvalidAdjustments)) as refused:
        read_folder(folder, Adjustments(numbers=numbers))
    return tuple(refused.value.problems)


@pytest.mark.parametrize(
    ("wish", "says"),
    [
        (("score-after-best", 15), "score-after-best (15 minutes) may not be less than score-after-from (30)"),
        (("score-after-until", 60), "score-after-until (60 minutes) may not be less than score-after-best (120)"),
        (("after-surgery", 365), "after-fusion (180 days) may not be less than after-surgery (365)"),
    ],
)
def test_numbers_that_need_each_other_keep_their_order(wish, says):
    """Each lies within its bounds, and together they would say "30-15 min after"."""
    beside = {"score-after-best": ("score-after-from", 30), "score-after-until": ("score-after-best", 120)}.get(wish[0])

    assert refusals(FOLDER, wish, *([beside] if beside else [])) == (says,)


def test_a_sentence_that_names_no_threshold_is_refused(tmp_path):
    """It would be told with the name in it; its author learns the file and the name."""
    folder = shutil.copytree(FOLDER, tmp_path / "knowledge", ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    file = folder / "findings" / "age-75.toml"
    file.write_text(file.read_text(encoding="utf-8").replace("<old-age>", "<old-agee>"), encoding="utf-8")

    assert any(line.startswith("findings/age-75.toml") and 'no threshold named "old-agee"' in line for line in refusals(folder))
