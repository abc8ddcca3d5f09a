"""Charts as SVG: bars and time lines, with their axis, their unit, a title and a description for those who do not see them.

Each value stands beside its bar, and colours carry nothing that is not said in words. A page styles the classes (static/numbers.css); a
chart that stands alone brings a style of its own. Built as a tree, so whatever text comes in stays text.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from math import ceil, log10
from xml.etree import ElementTree as Xml

WIDTH = 380
_LEFT, _RIGHT, _TOP = 2, 14, 30
_ROW, _BAR = 38, 12
_AXIS = 36
_PLOT = 150
_TEXT_LENGTH = 50
# Light and dark, as the pages have them; none of the colours stands for anything by itself.
_STYLE = (
    "svg{color-scheme:light dark;--ink:#16202b;--quiet:#4c5a68;--grid:#c9d1d9;--mark:#0b5cad;background:#fff;font:12px sans-serif}"
    "@media (prefers-color-scheme:dark){svg{--ink:#e8edf2;--quiet:#a9b5c1;--grid:#36414c;--mark:#7cb8f5;background:#12171d}}"
    ".heading,.label,.value{fill:var(--ink)}.tick,.unit{fill:var(--quiet)}.grid{stroke:var(--grid)}.point{fill:var(--mark)}"
    ".bar{fill:var(--mark);fill-opacity:.35;stroke:var(--mark)}"
    ".whisker,.agreed{stroke:var(--ink)}.agreed{stroke-dasharray:4 3}.line{fill:none;stroke:var(--mark);stroke-width:2}"
    ".heading,.value{font-weight:600}text{paint-order:stroke;stroke:Canvas;stroke-width:4px}"
)


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: its label, its value (None for nothing to show), the value in words, and its interval where it has one."""

    label: str
    value: float | None
    words: str
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawn chart: `name` for files and ids, the section to which it belongs, and its SVG."""

    name: str
    section: str
    svg: str


def bars(name: str, section: str, *, title: str, unit: str, rows: Sequence[Bar], mark: float | None = None) -> Chart:
    """Bars from the left, each below its label; `mark`: a value at which a dashed line stands."""
    shown = [value for row in rows for value in (row.value, row.high) if value is not None]
    ticks = _ticks(max((*shown, *(() if mark is None else (mark,))), default=0))
    height = _TOP + _ROW * len(rows) + _AXIS
    root = _root(name, title, f"{title}, {unit}: " + "; ".join(f"{row.label}: {row.words}" for row in rows) + ".", height)
    scale = (WIDTH - _LEFT - _RIGHT) / ticks[-1]
    bottom = height - _AXIS
    for tick in ticks:
        _line(root, "grid", _LEFT + tick * scale, _TOP, _LEFT + tick * scale, bottom)
    for number, row in enumerate(rows):
        top = _TOP + number * _ROW
        _text(root, "label", _LEFT, top + 13, _short(row.label))
        _text(root, "value", WIDTH - _RIGHT, top + 13, row.words, "end")
        if row.value is not None:
            Xml.SubElement(root, "rect", _at(x=_LEFT, y=top + 18, width=max(row.value * scale, 0.5), height=_BAR) | {"class": "bar"})
        if row.low is not None and row.high is not None:
            _line(root, "whisker", _LEFT + row.low * scale, top + 24, _LEFT + row.high * scale, top + 24)
            for end in (row.low, row.high):
                _line(root, "whisker", _LEFT + end * scale, top + 20, _LEFT + end * scale, top + 28)
    if mark is not None:
        unit = f"{unit}; dashed: {mark:g}, as agreed"
        _line(root, "agreed", _LEFT + mark * scale, _TOP, _LEFT + mark * scale, bottom)
    _across(root, ticks, scale, bottom, unit)
    return _chart(name, section, root)


def time_line(name: str, section: str, *, title: str, unit: str, points: Sequence[tuple[date, float, str]]) -> Chart:
    """A line over days, with the value of the first, the last and the highest point in words."""
    ticks = _ticks(max((value for _, value, _ in points), default=0), whole=all(float(value).is_integer() for _, value, _ in points))
    height = _TOP + 14 + _PLOT + _AXIS
    said = "; ".join(f"{day.isoformat()}: {words}" for day, _, words in points)
    root = _root(name, title, f"{title}, {unit}: {said}.", height)
    left, bottom = _LEFT + 8 * max(len(f"{tick:g}") for tick in ticks) + 6, height - _AXIS
    scale = _PLOT / ticks[-1]
    for tick in ticks:
        _line(root, "grid", left, bottom - tick * scale, WIDTH - _RIGHT, bottom - tick * scale)
        _text(root, "tick", left - 5, bottom - tick * scale + 4, f"{tick:g}", "end")
    first, last = points[0][0], points[-1][0]
    days = max((last - first).days, 1)
    across = (WIDTH - _RIGHT - left - 12) / days
    places = [(left + 6 + (day - first).days * across, bottom - value * scale) for day, value, _ in points]
    Xml.SubElement(root, "polyline", {"class": "line", "points": " ".join(f"{x:.1f},{y:.1f}" for x, y in places)})
    for x, y in places:
        Xml.SubElement(root, "circle", _at(cx=x, cy=y, r=2.5) | {"class": "point"})
    highest = max(range(len(points)), key=lambda one: points[one][1])
    for number in sorted({0, highest, len(points) - 1}):
        x, y = places[number]
        anchor = "start" if number == 0 else "end" if number == len(points) - 1 else "middle"
        _text(root, "value", x, y - 6, points[number][2], anchor)
    _text(root, "tick", left, bottom + 16, first.isoformat())
    if last != first:
        _text(root, "tick", WIDTH - _RIGHT, bottom + 16, last.isoformat(), "end")
    _text(root, "unit", WIDTH - _RIGHT, bottom + 31, unit, "end")
    return _chart(name, section, root)


def standalone(chart: Chart) -> str:
    """The chart as a file of its own."""
    return chart.svg.replace(">", f"><style>{_STYLE}</style>", 1) + "\n"


def _root(name: str, title: str, says: str, height: float) -> Xml.Element:
    ids = f"{name}-title", f"{name}-says"
    root = Xml.Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "viewBox": f"0 0 {WIDTH} {height:g}",
            "class": "chart",
            "role": "img",
            "aria-labelledby": " ".join(ids),
        },
    )
    Xml.SubElement(root, "title", {"id": ids[0]}).text = title
    Xml.SubElement(root, "desc", {"id": ids[1]}).text = says
    _text(root, "heading", _LEFT, 14, title)
    return root


def _chart(name: str, section: str, root: Xml.Element) -> Chart:
    return Chart(name, section, Xml.tostring(root, encoding="unicode"))


def _across(root: Xml.Element, ticks: Sequence[float], scale: float, bottom: float, unit: str) -> None:
    for tick in ticks:
        anchor = "start" if tick == ticks[0] else "end" if tick == ticks[-1] else "middle"
        _text(root, "tick", _LEFT + tick * scale, bottom + 16, f"{tick:g}", anchor)
    _text(root, "unit", WIDTH - _RIGHT, bottom + 31, unit, "end")


def _ticks(most: float, *, whole: bool = False) -> tuple[float, ...]:
    """From nothing to at least `most`, in steps of 1, 2 or 5 times a power of ten; of what is counted in whole steps."""
    if most <= 0:
        return (0.0, 1.0)
    power = 10.0 ** ceil(log10(most / 4) - 1)
    step = next(power * one for one in (1, 2, 5, 10, 20) if power * one * 4 >= most)
    step = max(step, 1.0) if whole else step
    return tuple(round(step * number, 10) for number in range(ceil(most / step - 1e-9) + 1))


def _short(label: str) -> str:
    return label if len(label) <= _TEXT_LENGTH else f"{label[: _TEXT_LENGTH - 1]}…"


def _at(**places: float) -> dict[str, str]:
    return {name: f"{value:.1f}".removesuffix(".0") for name, value in places.items()}


def _line(root: Xml.Element, kind: str, x1: float, y1: float, x2: float, y2: float) -> None:
    Xml.SubElement(root, "line", _at(x1=x1, y1=y1, x2=x2, y2=y2) | {"class": kind})


def _text(root: Xml.Element, kind: str, x: float, y: float, words: str, anchor: str = "start") -> None:
    Xml.SubElement(root, "text", _at(x=x, y=y) | {"class": kind, "text-anchor": anchor}).text = words
