"""quiet.toml: every override reason has its pause, every pause its rule, and what is said of it is what is counted with."""

import shutil

import pytest

from service.errors import InvalidKnowledge
from service.knowledge.load import FOLDER, load_knowledge, read_folder
from service.knowledge.thresholds import Adjustments
from tests.readme import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")


def spoilt(tmp_path, file, old, new):
    """The problems of a copy of the knowledge in which one thing was changed."""
    copy = shutil.copytree(FOLDER, tmp_path / "knowledge", ignore=shutil.ignore_patterns("*.py", "__pycache__", "README.md"))
    text = (copy / file).read_text(encoding="utf-8")
    assert text.count(old) == 1
    (copy / file).write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(InvalidKnowledge) as refused:
        read_folder(copy)
    return refused.value.problems


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        (
            "quiet.toml",
            'code  = "cds-not-applicable"',
            'code  = "cds-not-aplicable"',
            'quiet.toml  no override reason named "cds-not-aplicable" (did you mean "cds-not-applicable"?)',
        ),
        (
            "wording.toml",
            'code    = "other-cause-established"',
            'code    = "another-cause-established"',
            'wording.toml  no pause of quiet.toml named "another-cause-established" (did you mean "other-cause-established"?)',
        ),
        ("quiet.toml", 'rule = "D-11"\nsays = "Another', 'rule = "D-13"\nsays = "Another', 'quiet.toml  no rule named "D-13"'),
    ],
)
def test_a_reason_without_a_pause_and_a_pause_without_its_rule_are_refused(tmp_path, file, old, new, says):
    """A card may not offer a reason of which nobody decided what it brings on, and a silence names a rule that there is."""
    assert any(line.startswith(says) for line in spoilt(tmp_path, file, old, new))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("[shown]\n", '[shown]\nbinds = "user"\n'),
        ("[other_card]\n", '[other_card]\ndays = "quiet-after-card"\n'),
        ('binds = "user"\nsays  = "A card at the order', 'binds = "patient"\nsays  = "A card at the order'),
    ],
)
def test_a_pause_says_only_what_is_counted_with(tmp_path, old, new):
    """For whom, and for how long, stands where it can be chosen; a promise that nothing keeps is refused."""
    assert any(line.startswith("quiet.toml") for line in spoilt(tmp_path, "quiet.toml", old, new))


def test_the_pauses_are_as_long_as_the_design_has_them():
    """90 days after a card, 180 when the points were examined, a year where it does not apply; two reasons bind the user alone."""
    quiet = load_knowledge().quiet

    assert {one.code: (one.days, one.binds) for one in quiet.reason} == {
        "action-completed": (180, "patient"),
        "cds-not-applicable": (365, "patient"),
        "cds-suboptimal-context": (90, "user"),
        "recipient-disagrees-evidence": (90, "user"),
        "other-cause-established": (365, "patient"),
    }
    assert [quiet.accepted.days, quiet.dismissed.days, quiet.shown.days, quiet.order_card.days] == [90, 90, 90, 180]
    assert (quiet.encounters, quiet.reach) == (3, 366)


def test_a_pause_that_a_site_made_longer_says_so():
    """The number that is moved is the number in the sentence."""
    quiet = load_knowledge(Adjustments(numbers=(("quiet-after-card", 120), ("quiet-encounters", 2)))).quiet

    assert quiet.accepted.days == 120
    assert "120 days" in quiet.accepted.says
    assert "shown in 2 encounters" in quiet.shown.says


def test_the_readme_has_every_pause_as_it_is():
    """Its table names each reason with its rule, its days and whom it binds, and the other pauses with theirs."""
    knowledge = load_knowledge()
    words = {one.code: one.display for one in knowledge.wording.override}
    section = README.partition("\n## Quiet\n")[2].partition("\n## ")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if line.startswith("| ")]
    told = {what: (who.split()[0].rstrip(","), how_long, rule) for what, who, how_long, rule in rows[1:]}

    for one in knowledge.quiet.reason:
        assert told[f"*{words[one.code]}*"] == ({"patient": "everybody", "user": "this"}[one.binds], f"{one.days} days", one.rule)
    assert told["a suggestion was accepted"][1:] == (f"{knowledge.quiet.accepted.days} days", knowledge.quiet.accepted.rule)
    assert told[f"shown in {knowledge.quiet.encounters:g} encounters"][1] == f"{knowledge.quiet.shown.days} days"
    assert told["any card was shown for this patient, at whatever hook"][1] == f"{knowledge.quiet.order_card.days} days"
