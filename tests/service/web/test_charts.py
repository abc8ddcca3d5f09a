"""Charts as SVG: well-formed, described in words, with an axis that reaches the highest value, and no text that is more than text."""

from datetime import date
from xml.etree import ElementTree as Xml

import pytest

from service.web.charts import Bar, bars, standalone, time_line

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = "<script>alert(1)</script>\"'&"


def drawn(*rows, **more):
    return Xml.fromstring(bars("b", "s", title="Acceptance", unit="%", rows=rows, **more).svg)  # noqa: S314 - our own


def words(root):
    return [text.text for text in root.iter(f"{SVG}text")]


def test_a_chart_is_told_to_those_who_do_not_see_it():
    """A title and a description with every value, named by the image."""
    root = drawn(Bar("S3", 25.0, "25 % (1 of 4)"), Bar("S4", None, "nothing"))
    told = {element.get("id"): element.text for element in root if element.tag in (f"{SVG}title", f"{SVG}desc")}

    assert root.get("role") == "img"
    assert root.get("aria-labelledby").split() == list(told)
    assert list(told.values()) == ["Acceptance", "Acceptance, %: S3: 25 % (1 of 4); S4: nothing."]


def test_each_value_stands_beside_its_bar():
    """Colour and length carry nothing alone: label, value and unit are words."""
    root = drawn(Bar("S3", 25.0, "25 % (1 of 4)", 4.6, 69.9))

    assert {"S3", "25 % (1 of 4)", "%", "0"} <= set(words(root))
    assert len([line for line in root.iter(f"{SVG}line") if line.get("class") == "whisker"]) == 3


@pytest.mark.parametrize("most", [0.0, 0.003, 0.4, 1, 4.0, 7.3, 99.9, 100, 1234567.0])
def test_the_axis_reaches_the_highest_value(most):
    """In round steps, few of them, and no bar leaves the drawing."""
    root = drawn(Bar("a", most, "x"), Bar("b", most / 3, "y"))
    ticks = [float(text.text) for text in root.iter(f"{SVG}text") if text.get("class") == "tick"]

    assert ticks[0] == 0
    assert ticks[-1] >= most
    assert 2 <= len(ticks) <= 6
    assert all(float(bar.get("x")) + float(bar.get("width")) <= 380 for bar in root.iter(f"{SVG}rect"))


def test_what_was_agreed_is_a_line_with_a_word():
    """Dashed, and the unit says what it is, also where it lies beyond every bar."""
    root = drawn(Bar("a", 10.0, "x"), mark=80)

    assert [line.get("class") for line in root.iter(f"{SVG}line")].count("agreed") == 1
    assert "%; dashed: 80, as agreed" in words(root)


@pytest.mark.parametrize("days", [[1], [1, 1 + 27], [1, 5, 9, 20]])
def test_a_time_line_names_its_ends(days):
    """The first and the last day, and the value of the highest point; one day alone is a line too."""
    points = [(date(2026, 11, day), float(day), f"{day} calls") for day in days]
    root = Xml.fromstring(time_line("t", "s", title="Calls", unit="calls", points=points).svg)  # noqa: S314 - our own

    assert {"2026-11-01", f"2026-11-{days[-1]:02}", f"{days[-1]} calls", "calls"} <= set(words(root))
    assert len(list(root.iter(f"{SVG}circle"))) == len(days)


def test_text_stays_text():
    """A client's name or a reason cannot become markup, in the page or in a file."""
    chart = bars("b", "s", title=HOSTILE, unit=HOSTILE, rows=[Bar(HOSTILE, 1.0, HOSTILE)])

    for text in (chart.svg, standalone(chart)):
        assert "<script" not in text
        assert HOSTILE in words(Xml.fromstring(text))  # noqa: S314 - our own


@pytest.mark.parametrize(
    ("value", "ticks"), [(2.0, ["0", "1", "2"]), (2.5, ["0", "1", "2", "3"]), (0.4, ["0", "0.1", "0.2", "0.3", "0.4"])]
)
def test_a_time_line_of_counts_has_whole_steps_and_room_for_each(value, ticks):
    """Half a call is none; and no number of the axis begins outside of the picture."""
    root = Xml.fromstring(time_line("t", "s", title="Calls", unit="calls", points=[(date(2026, 11, 20), value, "so many")]).svg)  # noqa: S314 - our own
    axis = [text for text in root.iter(f"{SVG}text") if text.get("class") == "tick" and text.get("text-anchor") == "end"]

    assert [text.text for text in axis] == ticks
    assert all(float(text.get("x")) >= 7 * len(text.text) for text in axis)
