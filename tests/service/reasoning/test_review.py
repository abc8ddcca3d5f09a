"""The review of what loads: sources that nobody read, codes that nothing defines, and what would be said of nobody in particular."""

import json
import re

import pytest

from service.errors import InvalidKnowledge
from service.knowledge.load import load_knowledge, read_folder
from service.reasoning.review import reviewed
from tests.service.reasoning.spoilt import EXCLUSIONS, add_rule, change, problems

# It is on file as it was reported by others; nobody here read it.
SECOND_HAND = "wikimsk-scn"
ALWAYS = 'label = "X"\nwords = "x"\nstrength = "expert"\n\n[[recognised]]\nby = "combination"\n'
EMPTY = "present in an empty record"


# A file, what it cites at some place (nothing: the file as a whole), and how the review names the place.
CITED = [
    (EXCLUSIONS, '["acr-2021"]', "rules  X-01:"),
    ("rules/block-response.toml", '["wu-2023"]', "rules  G-scoliosis:"),
    ("findings/fever.toml", "", "findings/fever.toml"),
    ("phrases/fever.toml", "", "phrases/fever.toml"),
    ("studies/lumbar-imaging.toml", "", "studies/lumbar-imaging.toml"),
    ("contexts/lumbar.toml", "", "contexts/lumbar.toml"),
    ("thresholds.toml", '["shin-2020"]', "thresholds.toml  hba1c-high:"),
    ("nerves/superior.toml", "", "nerves/superior.toml"),
    ("nerves/superior.toml", '["kuniya-2014", "lu-1998", "iwanaga-2019"]', "nerves/superior.toml"),
    ("nerves/superior.toml", '["tubbs-2010"]', "nerves/superior.toml"),
    ("nerves/middle.toml", '["rftc-mcn", "zheng-2019"]', "nerves/middle.toml"),
    ("blocks.toml", "", "blocks.toml"),
    ("wording.toml", "", "wording.toml"),
    ("pathway.toml", "", "pathway.toml"),
    ("orders.toml", "", "orders.toml"),
    ("quiet.toml", "", "quiet.toml"),
    ("language.toml", "", "language.toml"),
    ("attributes.toml", "", "attributes.toml"),
]
EACH_PLACE = pytest.mark.parametrize(
    ("file", "place", "where"),
    CITED,
    ids=[
        *("rule", "last stage", "finding", "phrases", "study", "context", "threshold", "nerve", "landmark", "examination", "treatment"),
        *("blocks", "wording", "pathway", "orders", "quiet", "language", "attributes"),
    ],
)


def cite(folder, file, place, name):
    """Let a place of a file, or its head, cite one publication and no other."""
    if place:
        return change(folder, file, f"= {place}", f'= ["{name}"]')
    text = re.sub(r"(?m)\Aevidence *=.*\n|(?<=\n)evidence *= .*\n", "", (folder / file).read_text(encoding="utf-8"), count=1)
    cited = re.sub(r"(?m)^(strength *=)", rf'evidence = ["{name}"]\n\1', text, count=1)
    (folder / file).write_text(cited, encoding="utf-8")
    return None


@EACH_PLACE
def test_what_nobody_read_is_cited_nowhere(folder, file, place, where):
    """A publication that was seen only as reported by others proves nothing, wherever it is named."""
    cite(folder, file, place, SECOND_HAND)
    told = [" ".join(line.split()) for line in problems(folder)]

    assert told == [f'{" ".join(where.split())} cites "{SECOND_HAND}", which was seen only as reported by others']


@EACH_PLACE
def test_what_is_not_on_file_is_cited_nowhere(folder, file, place, where):
    """A citation is the name of a file of evidence/."""
    cite(folder, file, place, "nobody-2099")

    assert any(line.startswith(where) and 'no publication named "nobody-2099"' in line for line in problems(folder))


def test_publications_that_nobody_read_are_on_file_as_such():
    """They may be listed, so that a reader learns that they are known; no rule, finding or number rests on them."""
    assert SECOND_HAND in {name for name, one in load_knowledge().evidence.items() if one.read == "secondary"}


@pytest.mark.parametrize(
    ("file", "old"),
    [
        (EXCLUSIONS, 'evidence = ["acr-2021"]\n'),
        ("findings/fever.toml", 'evidence = ["acr-2021"]\n'),
        ("thresholds.toml", 'evidence = ["shin-2020"]\n'),
        ("blocks.toml", 'evidence    = ["kiral-2024", "kuniya-2014", "gautam-2022"]\n'),
        ("nerves/superior.toml", 'evidence = ["tubbs-2010"]\n'),
    ],
)
def test_what_cites_nothing_says_that_it_is_expert_opinion(folder, file, old):
    """A rule or number that claims more strength than that, and names nobody, does not load."""
    change(folder, file, old, "")
    told = [line for line in problems(folder) if "cite a publication" in line]

    assert told
    assert all(line.startswith(f"{file}  ") for line in told)
    assert told[0].endswith('evidence empty and strength not "expert"; cite a publication or say it is expert opinion')


@pytest.mark.parametrize(
    ("file", "code"),
    [
        ("nerves/superior.toml", "superior-point-palpation"),
        ("nerves/middle.toml", "middle-cluneal-block"),
        ("nerves/inferior.toml", "inferior-cluneal-nerve"),
        ("blocks.toml", "block-response"),
        ("blocks.toml", "minutes-after"),
    ],
)
def test_a_code_of_ours_that_the_code_system_lacks_is_refused(folder, file, code):
    """What an accepted suggestion writes has to be defined where its system points; the author learns the file and the code."""
    change(folder, "code_systems/examination.json", f'"code": "{code}"', '"code": "something-else"')
    told = f'names the code "{code}", which code_systems/examination.json does not define'

    assert f"{file}  {told}" in problems(folder)


@pytest.mark.parametrize(
    ("file", "code"),
    [("value_sets/exam-not-tender.json", "not-tender"), ("wording.toml", "other-cause-established")],
    ids=["value set", "reason"],
)
def test_no_file_uses_a_code_of_ours_that_is_not_defined(folder, file, code):
    """Neither a value set, which would wait for an answer that nobody can give, nor a reason that a clinician sends back."""
    change(folder, file, f'"{code}"', '"something-else"')

    assert any(file in line and '"something-else"' in line for line in problems(folder))


def test_the_service_does_not_start_without_its_codes(folder):
    """A CodeSystem that cannot be read is a problem of its own."""
    (folder / "code_systems" / "examination.json").write_text(json.dumps({"resourceType": "CodeSystem"}))

    assert any(line.startswith("code_systems/examination.json  is no CodeSystem with concepts") for line in problems(folder))


def test_a_finding_that_everybody_has_is_refused(folder):
    """It says something of a patient of whom nothing is known; so does every rule that asks for nothing else."""
    (folder / "findings" / "always.toml").write_text(ALWAYS)
    add_rule(folder, 'all_of = ["always"]')
    add_rule(folder, 'any_of = ["always", "fever"]', file="rules/weighs-against.toml", id_="W-90", effect="against")
    add_rule(folder, 'all_of = ["always", "fever"]', file="rules/do-not-fire.toml", id_="D-90")

    assert problems(folder) == [
        f"findings/always.toml  is {EMPTY}",
        *(f"rules  {id_}: holds for an empty record" for id_ in ("W-90", "X-90")),
    ]


def test_a_pathway_that_speaks_about_nobody_is_refused(folder):
    """With candidacy and a point out of thin air a card would show on an empty chart."""
    (folder / "findings" / "always.toml").write_text(ALWAYS)
    candidacy = (
        '[[rule]]\nid = "I-01"\nsays = "Everybody."\nasks_for = "Anybody."\nstrength = "expert"\neffect = "required"\nall_of = ["always"]\n'
    )
    (folder / "rules" / "candidacy.toml").write_text(f'says = "Without this nobody is a candidate."\n\n{candidacy}')
    change(folder, "pathway.toml", '"tender-point-unplaced"', '"always"')
    told = problems(folder)

    assert "pathway.toml  would show a card for an empty record" in told
    assert "rules  I-01: holds for an empty record" in told


def test_all_problems_of_all_kinds_come_at_once(folder):
    """Whoever changed the knowledge mends everything in one go: the list is in one order, and the version is in it."""
    cite(folder, *CITED[0][:2], SECOND_HAND)
    change(folder, "code_systems/examination.json", '"code": "sedation"', '"code": "something-else"')
    add_rule(folder, 'all_of = ["fever"]', 'none_of = ["fever"]')
    with pytest.raises(InvalidKnowledge) as refused:
        reviewed(read_folder(folder))

    assert [line.split("  ")[0] for line in refused.value.problems] == ["blocks.toml", "rules", "rules", "version.toml"]
    assert str(refused.value).startswith("4 problems in service/knowledge:\n  blocks.toml  names the code")
