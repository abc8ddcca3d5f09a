"""The files of the nerves: complete for a reader who knows no Python, nothing invented, nothing that reads as an order."""

import re
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal

import pytest

from service.knowledge.load import FOLDER, load_knowledge
from service.knowledge.nerve import Nerve
from service.knowledge.shape import Sourced

KNOWLEDGE = load_knowledge()
NERVES = KNOWLEDGE.nerves
EACH_NERVE = pytest.mark.parametrize("name", NERVES)
EACH_TREATMENT = pytest.mark.parametrize(
    ("name", "place"), [(name, place) for name, nerve in NERVES.items() for place in range(len(nerve.treatment))]
)
TREATMENTS = [
    "Rehabilitation",
    "Repeated or therapeutic block",
    "Radiofrequency",
    "Cryoneurolysis",
    "Peripheral nerve stimulation",
    "Neurolysis (surgical release)",
    "Neurectomy",
]
DIFFERENTIALS = {
    "superior": ["facet", "l5 radiculopathy", "sacroiliac joint", "middle cluneal"],
    "middle": ["sacroiliac joint", "sacroiliitis", "radiculopathy", "superior cluneal"],
    "inferior": ["hamstring", "ischial bursitis", "piriformis", "pudendal", "pelvic floor"],
}
NUMBER = re.compile(r"\d+(?:\.\d+)?")
NO_COUNT = re.compile(r"\b(?:19|20)\d\d\b|NCT\d+|\b[A-Z]-\d\d[a-z]?\b|\b[LS]\d\b|Medscape \d+|chapter \d+")
SHARE = re.compile(r"\d+(?:\.\d+)?(?: to \d+(?:\.\d+)?)?%|\d+ of \d+")
NAMED = re.compile(r"([A-Z][A-Za-z-]+) ((?:19|20)\d\d)")
TITLES = {"Neurochir": "Acta Neurochir", "Pain": "Clin J Pain"}


def rows(nerve: Nerve) -> Iterator[Sourced]:
    """Everything a nerve's file tells, each with its source."""
    yield from (*nerve.examination, *nerve.block, *nerve.differential, *nerve.treatment)


def words(row: Sourced) -> str:
    """All texts of a row."""
    texts = row.model_dump(exclude={"strength", "note"}).values()
    return " ".join([*(text for text in texts if isinstance(text, str)), row.note])


def reported(row: Sourced, *members: str) -> set[Decimal]:
    """Every number of the publications that a row cites, as far as they were read."""
    said = " ".join(str(getattr(KNOWLEDGE.evidence[key], member)) for key in row.evidence for member in members)
    return {Decimal(number) for number in NUMBER.findall(said)}


def is_reported(number: str, published: set[Decimal]) -> bool:
    """The number is a published one, or one rounded to the decimals it has."""
    said = Decimal(number)
    return said in published or ("." in number and any(one.quantize(said, ROUND_HALF_UP) == said for one in published))


@EACH_NERVE
def test_a_nerve_has_a_territory_and_a_point_to_press(name):
    """Every nerve says where it hurts and where to press, from which landmark, in published centimetres if there are any."""
    nerve, landmark = NERVES[name], NERVES[name].landmark
    nearest, farthest = landmark.range_cm or (1, 1)

    assert nerve.territory
    assert 0 < nearest <= farthest <= 10
    assert landmark.from_
    assert landmark.evidence


@EACH_NERVE
@pytest.mark.parametrize("section", ["examination", "support", "block", "differential", "treatment"])
def test_every_section_is_told(name, section):
    """No section of a nerve's file is missing."""
    assert getattr(NERVES[name], section)


@EACH_NERVE
def test_the_examination_says_the_range_where_to_press(name):
    """The centimetres of the landmark stand in a step that cites who measured; where none were found the step says that."""
    steps = NERVES[name].examination
    distance = NERVES[name].landmark.range_cm
    said = f"{distance[0]:g} to {distance[1]:g} cm" if distance else "No distance in cm was found"

    assert [step for step in steps if said in step.says and step.evidence]


@EACH_NERVE
def test_the_examination_looks_for_a_deficit(name):
    """Every nerve's examination tests power, reflexes, straight leg raise and perineal sensation, and a deficit leaves the pathway."""
    (step,) = [step for step in NERVES[name].examination if "X-02" in step.says]

    assert step.says.startswith("Test power, reflexes, straight leg raise and perineal sensation. Any deficit leaves this pathway")
    assert "acr-2021" in step.evidence


def test_the_hip_knee_flexion_test_is_told_with_its_limits():
    """It is optional, belongs to the superior nerve alone, carries its two figures, and nobody is told how to do it."""
    told = {name: [step.says for step in nerve.examination if "Hip-Knee Flexion" in step.says] for name, nerve in NERVES.items()}
    (step,) = told["superior"]

    assert not told["middle"] + told["inferior"]
    assert step.startswith("Optional")
    assert all(part in step for part in ("41.7%", "88.6%", "one cohort", "does not say how it is done"))


@EACH_NERVE
@pytest.mark.parametrize(
    "part",
    [
        "no study was found that defines an optimal volume",
        "local anaesthetic alone suffices for a diagnostic block",
        "record pain 0-10 before and 15 to 60 minutes after",
        "no study required two blocks",
        "one open block can be positive without the nerve",
    ],
)
def test_the_block_says_what_it_cannot_show_and_what_to_record(name, part):
    """Volume, agent, record and the doubt about one block are told for every nerve."""
    assert [row for row in NERVES[name].block if part in row.says.lower()]


@pytest.mark.parametrize(("name", "label"), [(name, label) for name, labels in DIFFERENTIALS.items() for label in labels])
def test_the_differential_of_a_nerve_is_complete(name, label):
    """Every other source of the pain that belongs to the nerve has its row."""
    assert [row for row in NERVES[name].differential if label in row.label.lower()]


@EACH_NERVE
def test_a_differential_without_a_feature_is_called_our_own_judgement(name):
    """Where nothing was found that tells a source apart, the row says so and claims no publication."""
    unread = [row for row in NERVES[name].differential if row.says.startswith("To be considered")]

    assert all("No distinguishing feature was found" in row.says and row.strength == "expert" and not row.evidence for row in unread)


@EACH_NERVE
def test_treatments_stand_in_one_sequence(name):
    """The same options in the same sequence for every nerve, so that none is ranked by its place."""
    assert [treatment.label for treatment in NERVES[name].treatment] == TREATMENTS


@EACH_TREATMENT
def test_a_treatment_says_how_often_it_fails(name, place):
    """A published figure, or the sentence that none was found."""
    failures = NERVES[name].treatment[place].failures

    assert NUMBER.search(NO_COUNT.sub("", failures)) or failures.startswith("No figure of failure or re")


@EACH_TREATMENT
def test_a_treatment_is_brief_enough_for_a_card(name, place):
    """At most 70 characters."""
    assert len(NERVES[name].treatment[place].brief) <= 70


@EACH_TREATMENT
def test_a_figure_of_a_treatment_is_published(name, place):
    """Every number of what a card shows, and of the failures, stands in the claim or the limits of a publication that the row cites."""
    treatment = NERVES[name].treatment[place]
    published = reported(treatment, "claim", "limits")
    said = NUMBER.findall(NO_COUNT.sub("", f"{treatment.brief} {treatment.failures}"))

    assert [number for number in said if not is_reported(number, published)] == []


@EACH_NERVE
def test_every_figure_that_tells_a_nerve_apart_is_published(name):
    """Every number of the differential and of what is reported of a treatment stands in a publication that its row cites."""
    for row in (*NERVES[name].differential, *NERVES[name].treatment):
        published = reported(row, "claim", "limits", "participants")
        assert [number for number in NUMBER.findall(NO_COUNT.sub("", words(row))) if not is_reported(number, published)] == [], words(row)


@EACH_NERVE
def test_every_share_is_published(name):
    """Every percentage and every "so many of so many" in a row that cites stands in a publication that the row cites."""
    for row in (row for row in rows(NERVES[name]) if row.evidence):
        published = reported(row, "claim", "limits", "participants")
        said = [number for share in SHARE.findall(NO_COUNT.sub("", words(row))) for number in NUMBER.findall(share)]
        assert [number for number in said if not is_reported(number, published)] == [], words(row)


@EACH_NERVE
def test_whoever_is_named_is_cited(name):
    """A name and a year in a text are those of a publication that the row cites, so that no figure hangs on the wrong paper."""
    for row in rows(NERVES[name]):
        cited = [KNOWLEDGE.evidence[key].citation for key in row.evidence]
        for author, year in NAMED.findall(words(row)):
            assert [citation for citation in cited if TITLES.get(author, author) in citation and year in citation], f"{author} {year}"


@EACH_NERVE
@pytest.mark.parametrize(
    "banned",
    [
        r"\bPRP\b|platelet|exosome",
        r"gold standard",
        r"probab|likelihood|odds|predictive",
        r"ASRA|asa-2010",
        r"\d\s*(?:mg|mcg|µg|grams?|units?|IU)\b",
        r"\d\s*%\s*(?:lidocaine|lignocaine|bupivacaine|ropivacaine|prilocaine|dextrose)",
        r"\b(?:use|give|inject|administer|prescribe)\b[^.]*\d\s*(?:mL|ml|cc)\b",
        r"\b(?:we|is|are) (?:recommend|advise)",
        r"\btoes?\b|usually follows|many months",
    ],
)
def test_a_nerve_file_never_says(name, banned):
    """No product without approval, no gold standard, no probability, no dose, no order, no banned claim: comments included."""
    text = re.sub(r"\\\n\s*", "", (FOLDER / "nerves" / f"{name}.toml").read_text(encoding="utf-8"))

    assert not re.search(banned, text, re.IGNORECASE)


@EACH_NERVE
def test_a_volume_is_only_ever_reported(name):
    """Millilitres stand in the section on blocks alone, in a row that begins with "Reported" and cites who published that number."""
    for row in rows(NERVES[name]):
        if volumes := re.findall(r"(\d+(?:\.\d+)?)\s*(?:mL|cc)\b", words(row), re.IGNORECASE):
            assert row in NERVES[name].block
            assert row.model_dump()["says"].startswith("Reported")
            assert all(is_reported(volume, reported(row, "claim")) for volume in volumes)


@EACH_NERVE
def test_the_file_reads_from_top_to_bottom(name):
    """From where it hurts to the treatment, each section stands under its banner, and no line is too long."""
    sections = ["Where it hurts", "Where to press", "Examination", "What supports it", "Block", "Differential", "Treatment"]
    text = (FOLDER / "nerves" / f"{name}.toml").read_text(encoding="utf-8")

    assert re.findall(rf"^# ---- ({'|'.join(sections)})\b", text, re.MULTILINE) == sections
    assert max(map(len, text.splitlines())) <= 150
