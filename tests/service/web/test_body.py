"""The body picture and the time line: every number comes from the knowledge, and the points lie where the landmarks say."""

import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from service.knowledge.load import load_knowledge
from service.record import Side
from service.story import read_story
from service.web import layout
from service.web.body import UNIT, Mark, body_of, crest_at
from service.web.layout import Layout
from service.web.timeline import timeline_of
from service.web.why_basis import basis_of
from service.web.why_page import why_page
from tests.service.web.why import evaluated, page_of

KNOWLEDGE = load_knowledge()
ARCHETYPE = "laminectomy-and-iliac-harvest"
NUMBER = re.compile(r"\d+(?:\.\d+)?")


def drawn(**changes):
    """What is pressed, by nerve, with landmarks changed."""
    landmarks = {name: nerve.landmark.model_copy(update=changes.get(name, {})) for name, nerve in KNOWLEDGE.nerves.items()}
    marks = [Mark(number, name, landmark) for number, (name, landmark) in enumerate(landmarks.items(), start=1)]
    return {one.name: one for one in body_of(marks, emphasised=Side.UNKNOWN).pressed}


def test_the_points_lie_where_the_landmarks_say():
    """The superior one on the crest, so far from the midline; the middle one below the PSIS; the inferior one at the ischium."""
    superior, middle, inferior = (drawn()[name].spot for name in ("superior", "middle", "inferior"))
    landmark = KNOWLEDGE.nerves["middle"].landmark

    assert superior[0] == pytest.approx(KNOWLEDGE.nerves["superior"].landmark.midline_cm * UNIT)
    assert superior[1] == pytest.approx(crest_at(superior[0] / UNIT) * UNIT, abs=0.1)
    assert middle[0] == pytest.approx(landmark.midline_cm * UNIT)
    assert landmark.range_cm[0] * UNIT < middle[1] < landmark.range_cm[1] * UNIT
    assert inferior[1] > 10 * UNIT


def test_another_number_in_the_knowledge_moves_the_picture():
    """Point, stretch and label follow the file of the nerve."""
    before, after = drawn(), drawn(superior={"midline_cm": 8.0, "range_cm": (7.0, 9.5)}, middle={"midline_cm": 3.0, "range_cm": (2.0, 5.0)})

    assert after["superior"].spot[0] - before["superior"].spot[0] == pytest.approx(UNIT)
    assert after["superior"].zone != before["superior"].zone
    assert [one.label for one in after["superior"].dimensions] == ["8 cm (7-9.5)"]
    assert [one.label for one in after["middle"].dimensions] == ["2-5 cm", "3 cm"]
    assert after["inferior"] == before["inferior"]


def test_another_number_in_the_knowledge_changes_the_page():
    """Steps, points and picture of the page say what the file says; no number of a landmark stands in a template."""
    superior = KNOWLEDGE.nerves["superior"]
    moved = superior.landmark.model_copy(update={"midline_cm": 5.5, "range_cm": (4.0, 7.7), "says": "posterior iliac crest, about 5.5 cm"})
    other = replace(KNOWLEDGE, nerves={**KNOWLEDGE.nerves, "superior": superior.model_copy(update={"landmark": moved})})
    evaluation, call = evaluated(ARCHETYPE)
    basis = basis_of(evaluation, call, thorough=True)
    page = bytes(Layout("http://localhost:8000", "1").page("why.html", at="", why=why_page(basis, other), minutes=60).body).decode()

    assert "5.5 cm (4-7.7)" in page
    assert "about 5.5 cm" in page
    assert "7 cm (6-9)" not in page


def test_every_distance_on_the_picture_stands_in_the_words_of_the_knowledge():
    """The numbers by which the picture is drawn are those that the cards say."""
    for name, one in drawn().items():
        said = set(NUMBER.findall(KNOWLEDGE.nerves[name].landmark.says))
        assert {number for distance in one.dimensions for number in NUMBER.findall(distance.label)} <= said


def test_no_template_has_a_distance_a_threshold_or_a_share():
    """Of the numbers in the templates of the page none is a medical one."""
    folder = Path(layout.__file__).parent / "templates"
    for file in sorted(folder.glob("why*.html")):
        text = re.sub(r"<svg.*?</svg>|{[%{#].*?[}%#]}|<[^>]*>", " ", file.read_text(encoding="utf-8"), flags=re.DOTALL)
        assert not re.findall(r"\d+(?:\.\d+)?\s*(?:cm|%|weeks|months|days|percent)", text), file.name


@pytest.mark.parametrize(
    ("name", "side", "strong"),
    [
        ("right-crest-point-reproduces-pain-after-harvest", "right", 1),
        ("cyclist-with-left-ischial-point", "left", 1),
        ("both-crest-points-after-fusion", "left and right", 2),
        (ARCHETYPE, "", 6),
    ],
)
def test_the_side_on_record_is_marked(name, side, strong):
    """By its letter, in words, and by the points drawn in full; without a side all points are, on both."""
    page = page_of(name)
    told = re.search(r"Side on record: ([a-z ]+)\.|No side is on record", page)

    assert set((told[1] or "").split(" and ")) == set(side.split(" and "))
    assert page.count('class="side on-record"') == len([word for word in side.split(" and ") if word])
    assert len(re.findall(r'<g class="nerve \w+">\s*<path class="territory"', page)) == strong


def test_the_time_line_has_its_events_at_their_days():
    """Pain, surgery and imaging on their lanes, in the order of their days; the table has the same."""
    evaluation, call = evaluated(ARCHETYPE)
    basis = basis_of(evaluation, call, thorough=True)
    line = timeline_of(basis, KNOWLEDGE)
    lanes = {lane.name: lane for lane in line.lanes}

    assert list(lanes) == ["pain", "surgery", "imaging"]
    assert [event.first for event in line.rows] == sorted((event.first for event in line.rows), reverse=True)
    assert sorted(event.start for event in lanes["surgery"].events) == [
        event.start for event in sorted(lanes["surgery"].events, key=lambda e: e.first)
    ]
    assert all(line.left <= event.start <= event.end <= line.today for lane in line.lanes for event in lane.events)
    assert basis.today == read_story(ARCHETYPE).today
    assert min(event.first for event in line.rows) >= date(int(line.ticks[0][0]), 1, 1)
