"""Thresholds: every number has a name, a source and bounds; what a site moves within them changes the answer, and the card says so."""

import shutil
import tomllib

import pytest

from service.call import Call
from service.errors import InvalidAdjustments, InvalidKnowledge
from service.evaluate import evaluate
from service.knowledge.load import FOLDER, load_knowledge, read_folder
from service.knowledge.thresholds import Adjustments
from tests.service.charts import (
    CPT,
    EXAMINATION,
    ICD,
    TODAY,
    ago,
    archetype,
    bundle,
    chart,
    concept,
    condition,
    observation,
    patient,
    pressed,
    procedure,
    report,
)

COUNTED = [*FOLDER.glob("findings/*.toml"), *FOLDER.glob("studies/*.toml"), FOLDER / "pathway.toml", FOLDER / "blocks.toml"]
INJECTION = procedure("injection", code=concept(CPT, "62323", "Lumbar epidural steroid injection"), performedDateTime=ago(500))
UNUSED = """
[[threshold]]
id       = "never-asked"
says     = "A number of nothing."
value    = 21
unit     = "years"
least    = 18
most     = 25
strength = "expert"

"""


@pytest.fixture
def folder(tmp_path):
    """A copy of the knowledge to spoil."""
    return shutil.copytree(FOLDER, tmp_path / "knowledge", ignore=shutil.ignore_patterns("*.py", "__pycache__", "README.md"))


def change(file, old, new):
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def refusals(folder=FOLDER, *numbers):
    with pytest.raises((InvalidKnowledge, InvalidAdjustments)) as refused:
        read_folder(folder, Adjustments(numbers=numbers))
    return refused.value.problems


def seen(prefetch, *numbers, policy="evidence"):
    """What a site with these thresholds and this policy makes of a chart."""
    knowledge = load_knowledge(Adjustments(policy, numbers))
    return evaluate(chart(prefetch), knowledge, today=TODAY, call=Call("p", "1", "Practitioner/1"))


def part(evaluation, name):
    (card,) = evaluation.cards
    return card.extension[f"org.cluneal-cds.{name}"]


def short(evaluation):
    """The answer in two words: kind and tier, kind and band, or silence and its rule."""
    if not evaluation.cards:
        return f"silent {evaluation.silence.rule}"
    basis, details = part(evaluation, "basis"), part(evaluation, "details")
    return f"{basis['kind']} {basis.get('tier') or details['band']}"


def bare_numbers(value, place=()):
    if isinstance(value, dict):
        return [one for key, inner in value.items() for one in bare_numbers(inner, (*place, key))]
    if isinstance(value, list):
        return [one for inner in value for one in bare_numbers(inner, place)]
    return [place] if isinstance(value, (int, float)) and not isinstance(value, bool) else []


def test_every_number_is_named():
    """What is counted with stands in thresholds.toml; the files hold no number but factors of units and how many days of scores agree."""
    places = {(file.name, place) for file in COUNTED for place in bare_numbers(tomllib.loads(file.read_text(encoding="utf-8")))}

    assert len(COUNTED) > 100
    assert {(name, place) for name, place in places if "units" not in place and place[-1] != "days"} == set()


@pytest.mark.parametrize(
    ("file", "key", "name"),
    [
        ("findings/fever.toml", "within_days", "new-symptom"),
        ("findings/adult.toml", "at_least", "adult-age"),
        ("findings/hba1c-above-7.toml", "above", "hba1c-high"),
        ("studies/lumbar-imaging.toml", "within_days", "imaging-window"),
        ("pathway.toml", "support_needed", "support-kinds"),
        ("blocks.toml", "good_relief", "relief-good"),
    ],
)
def test_a_bare_number_is_refused(folder, file, key, name):
    """It would have no source and no bounds; its author learns the file, the key and where it belongs."""
    for number in ("90", "6.5", "true", f'["{name}"]'):
        shutil.copy(FOLDER / file, folder / file)
        change(folder / file, f'"{name}"', number)
        says = [line for line in refusals(folder) if line.startswith(f"{file}  ") and key in line]

        assert says
        assert says[0].endswith("a number without a source: put it into thresholds.toml and name it here")


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("findings/fever.toml", "new-symptom"),
        ("studies/lumbar-imaging.toml", "imaging-window"),
        ("pathway.toml", "support-kinds"),
        ("blocks.toml", "relief-good"),
    ],
)
def test_a_name_that_is_no_threshold_is_refused(folder, file, name):
    """Also a number written as text; the author learns the file and the name."""
    for wrong in ("imaging-windows", "90", ""):
        shutil.copy(FOLDER / file, folder / file)
        change(folder / file, f'"{name}"', f'"{wrong}"')

        assert any(line.startswith(f"{file}  ") and f'no threshold named "{wrong}"' in line for line in refusals(folder))


def test_a_threshold_that_nothing_counts_with_is_refused(folder):
    """A number that decides nothing would be moved by a site in vain."""
    change(folder / "thresholds.toml", "# Pain\n", UNUSED)

    assert refusals(folder) == ("thresholds.toml  never-asked: nothing counts with it",)


def test_a_threshold_stands_once(folder):
    """Of two numbers under one name nobody knows which decides."""
    change(folder / "thresholds.toml", "# Pain\n", UNUSED.replace("never-asked", "adult-age"))

    assert any("thresholds.toml" in line and "adult-age" in line and "twice" in line for line in refusals(folder))


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("least    = 18", "least    = 19", "adult-age: 18 lies outside its own bounds 19 to 25"),
        ("most     = 25", "most     = 17", "adult-age: 18 lies outside its own bounds 18 to 17"),
        ("value    = 18", "value    = nan", "adult-age: nan lies outside its own bounds"),
        ("least    = 18\n", "", "least: missing"),
        ('strength = "expert"', 'strength = "cohort"', "cite a publication or say it is expert opinion"),
        ('unit     = "years"', 'unit     = "moons"', "unit"),
        ('"adult-age"', '"Adult Age"', "id"),
    ],
)
def test_a_threshold_has_bounds_a_unit_and_a_source(folder, old, new, says):
    """Its own number lies within its bounds, and somebody answers for it."""
    change(folder / "thresholds.toml", old, new)

    assert any(line.startswith("thresholds.toml  threshold.0") and says in line for line in refusals(folder))


@pytest.mark.parametrize("end", ["least", "most"])
def test_a_site_may_go_to_the_end_of_every_bound(end):
    """The bounds themselves are allowed, all of them together."""
    wanted = {name: getattr(one, end) for name, one in load_knowledge().thresholds.items()}
    found = read_folder(FOLDER, Adjustments(numbers=tuple(wanted.items())))

    assert {name: one.value for name, one in found.thresholds.items()} == wanted


def test_all_wishes_that_cannot_be_met_come_at_once():
    """Beyond either bound, without a number, or of a threshold that is not there: one sentence each, with the bounds and the unit."""
    wishes = (("imaging-window", 179), ("relief-good", 80.5), ("score-before", float("nan")), ("imaging-widow", 365), ("lasting-pain", 90))

    assert refusals(FOLDER, *wishes) == (
        "imaging-window may be 180 to 730 days, not 179",
        "relief-good may be 70 to 80 percent, not 80.5",
        "score-before may be 3 to 6 points, not nan",
        'there is no threshold "imaging-widow" to adjust; did you mean imaging-window?',
    )


def test_a_wish_never_hides_a_broken_file(folder):
    """The author of the files and the operator are two people: the files are mended first, and what they lack is not put on the setting."""
    change(folder / "findings" / "fever.toml", '"new-symptom"', "90")

    with pytest.raises(InvalidKnowledge) as refused:
        read_folder(folder, Adjustments(numbers=(("imaging-window", 10),)))
    assert any(line.startswith("findings/fever.toml") for line in refused.value.problems)


def test_half_a_day_is_the_sites_mistake():
    """Where only whole days are counted a fraction is refused in the words of the setting, not as a broken file of the knowledge."""
    (problem,) = refusals(FOLDER, ("imaging-window", 365.5))

    assert problem.startswith("imaging-window ")


@pytest.mark.parametrize("numbers", [(), (("imaging-window", 365),), (("relief-good", 75.0), ("imaging-window", 365.0))])
def test_equal_settings_share_one_knowledge(numbers):
    """It is read once per process, also when nothing was adjusted."""
    first = load_knowledge(Adjustments("evidence", numbers)) if numbers else load_knowledge()

    assert load_knowledge(Adjustments("evidence", tuple((name, float(value)) for name, value in numbers))) is first


BLOCK = procedure(
    "block",
    code={**concept(EXAMINATION, "superior-cluneal-block"), "text": "Right superior cluneal nerve block"},
    performedDateTime=ago(12),
    encounter={"reference": "Encounter/b"},
)
OLDER_BLOCK = {**BLOCK, "performedDateTime": ago(31)}
RELIEF = observation("relief", code=concept(text="Response"), valueString="72% relief of pain", partOf=[{"reference": "Procedure/block"}])
YOUNG_PAIN = condition("pain", code=concept(ICD, "M54.50"), onsetDateTime=ago(120), recordedDate=ago(30))


@pytest.mark.parametrize(
    ("number", "keys", "shipped", "adjusted"),
    [
        (("relief-good", 75), {"procedures": bundle(procedure(), BLOCK), "exams": bundle(RELIEF)}, "response G-3", "response G-2"),
        (("relief-good", 72), {"procedures": bundle(procedure(), BLOCK), "exams": bundle(RELIEF)}, "response G-3", "response G-3"),
        (("block-read", 30), {"procedures": bundle(procedure(), OLDER_BLOCK)}, "response G-0", "workup moderate"),
        (("block-read", 31), {"procedures": bundle(procedure(), OLDER_BLOCK)}, "response G-0", "response G-0"),
        (("examination-window", 30), {"exams": bundle(pressed(effectiveDateTime=ago(31)))}, "block high", "workup moderate"),
        (("examination-window", 30), {"exams": bundle(pressed(effectiveDateTime=ago(30)))}, "block high", "block high"),
        (("examination-window", 180), {"exams": bundle(pressed(effectiveDateTime=ago(180)))}, "workup moderate", "block high"),
        (("imaging-window", 180), {}, "workup moderate", "silent T-LOW"),
        (("imaging-window", 210), {}, "workup moderate", "workup moderate"),
        (("support-kinds", 3), {}, "workup moderate", "silent T-LOW"),
        (("lasting-pain", 121), {"conditions": bundle(YOUNG_PAIN)}, "workup moderate", "silent D-04"),
        (("lasting-pain", 120), {"conditions": bundle(YOUNG_PAIN)}, "workup moderate", "workup moderate"),
        (("after-fusion", 730), {}, "workup moderate", "workup moderate"),
        (("adult-age", 20), {"patient": patient(birthDate="2007-11-20")}, "workup moderate", "silent D-06"),
    ],
)
def test_a_site_moves_the_answer(number, keys, shipped, adjusted):
    """The number decides at its new place, to the day and to the percent."""
    assert (short(seen(archetype(**keys))), short(seen(archetype(**keys), number))) == (shipped, adjusted)


def test_a_narrower_window_takes_the_imaging_from_a_card():
    """An MRI of 400 days ago supports the card as shipped; for a site that asks for one within a year there is none on file."""
    later = condition("later", code=concept(ICD, "M54.50"), onsetDateTime=ago(30), recordedDate=ago(30))
    prefetch = archetype(
        procedures=bundle(procedure(), INJECTION),
        conditions=bundle(condition(), later),
        reports=bundle(report(effectiveDateTime=ago(400))),
    )
    shipped, adjusted = seen(prefetch), seen(prefetch, ("imaging-window", 365))

    assert {"S3", "S4", "S5", "C-01"} <= set(part(shipped, "basis")["rules"])
    assert not {"S4", "C-01"} & set(part(adjusted, "basis")["rules"])
    assert "no valid lumbar imaging on file" in adjusted.cards[0].detail


def test_the_card_says_that_the_site_decided():
    """In words for the clinician, in numbers for machines; as shipped it says neither."""
    shipped, adjusted = seen(archetype()), seen(archetype(), ("imaging-window", 365), ("relief-good", 75))

    assert adjusted.cards[0].detail.endswith(" (adjusted by this site).")
    assert part(adjusted, "details")["adjusted"] == {"imaging-window": 365, "relief-good": 75}
    assert "adjusted" not in shipped.cards[0].detail
    assert "adjusted" not in part(shipped, "details")


@pytest.mark.parametrize(
    ("number", "keys", "untrue"),
    [
        (("old-age", 65), {"patient": patient(birthDate="1956-01-01")}, "age 75"),
        (("steroid-window", 365), {"procedures": bundle(procedure(), {**INJECTION, "performedDateTime": ago(200)})}, "last 90 days"),
    ],
)
def test_a_card_never_states_the_number_that_was_moved(number, keys, untrue):
    """A woman of 70 is not told to be "75 or more" because her site asked for the caution from 65 on."""
    card = seen(archetype(exams=bundle(pressed()), **keys), number).cards[0]

    assert "**Cautions**" in card.detail
    assert untrue not in card.detail
