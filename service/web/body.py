"""The body picture: the back of the pelvis with the points to press, drawn to a scale of centimetres.

The bones are a scheme (body_shapes.py); where the points lie on it, and every number beside them, comes from the landmarks of the nerves'
files: the superior point on the posterior crest, so far from the midline; the middle one below the PSIS, at the outer edge of the sacrum;
the inferior one at the lower outer edge of the ischial tuberosity. Gives shapes for the template. All is drawn for the right side, and then
mirrored: from behind, the patient's right is on the right.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from service.knowledge.nerve import Landmark
from service.record import Side
from service.web import body_shapes as shapes
from service.web.body_shapes import Spot

# How many units of the drawing a centimetre has; the midline is x = 0, the PSIS is on the height y = 0, y grows downwards.
UNIT = 10.0


@dataclass(frozen=True, slots=True)
class Mark:
    """A nerve to be drawn: its number in the list beside, its name, its landmark, and the sides on record, none while unknown.

    quiet  drawn pale on both sides: nothing is said of it
    """

    number: int
    name: str
    landmark: Landmark
    sides: tuple[Side, ...] = ()
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class Dimension:
    """A distance as a line between two arrows, on the right side: its two ends, the lines that lead to it, and its label with its place."""

    line: str
    leads: str
    label: str
    at: Spot
    anchor: str = "middle"


@dataclass(frozen=True, slots=True)
class Pressed:
    """One nerve on the drawing, in units, for the right side: its territory, its course, where to press, and its number.

    zone   the stretch in which the point lies, a line to be drawn broad;  spot: the point itself;  badge: where its number stands
    strong the sides that are drawn in full: those on record, or both
    """

    number: int
    name: str
    territory: str
    course: tuple[str, ...]
    zone: str
    spot: Spot
    badge: Spot
    strong: tuple[str, ...]
    dimensions: tuple[Dimension, ...]


@dataclass(frozen=True, slots=True)
class Label:
    """A landmark by its name, with a line that leads to it."""

    words: tuple[str, ...]
    at: Spot
    anchor: str
    lead: str


@dataclass(frozen=True, slots=True)
class Body:
    """The drawing. Paths of the right half, by what they are; what is pressed; names of landmarks; the sides on record ("" for none)."""

    view: str
    skin: str
    skin_lines: tuple[str, ...]
    far: tuple[str, ...]
    bones: tuple[str, ...]
    crest: str
    spine: Spot
    holes: tuple[Spot, ...]
    pressed: tuple[Pressed, ...]
    labels: tuple[Label, ...]
    emphasised: tuple[str, ...]


def body_of(marks: Sequence[Mark], *, emphasised: Side) -> Body:
    """The drawing for some nerves; `emphasised`: the side on record, marked at its letter."""
    vertebrae = tuple(
        smooth(moved(shape, level), closed=False) for level in (shapes.L4, shapes.L5) for shape in (shapes.VERTEBRA, shapes.SPINOUS)
    )
    sides = (Side.RIGHT, Side.LEFT) if emphasised is Side.BILATERAL else (emphasised,)
    return Body(
        view="-200 -158 400 392",
        skin=f"M0 {units(shapes.SKIN[0][1])}L{smooth(shapes.SKIN)[1:]}L{smooth(shapes.INNER_THIGH)[1:]}Z",
        skin_lines=(smooth(shapes.SKIN), smooth(shapes.INNER_THIGH), smooth(shapes.GLUTEAL_FOLD), smooth(shapes.BUTTOCK)),
        far=(smooth(shapes.PUBIS, closed=True) + smooth(shapes.FORAMEN, closed=True), smooth(shapes.FEMUR, closed=True)),
        bones=(*vertebrae, smooth(shapes.COCCYX), smooth(shapes.SACRUM), smooth(shapes.HIP_BONE, closed=True)),
        crest=smooth(shapes.CREST),
        spine=placed(shapes.PSIS),
        holes=tuple(placed(spot) for spot in shapes.FORAMINA),
        pressed=tuple(pressed for mark in marks if (pressed := _pressed(mark)) is not None),
        labels=_LABELS,
        emphasised=tuple(side.value for side in sides if side in (Side.RIGHT, Side.LEFT)),
    )


def _pressed(mark: Mark) -> Pressed | None:
    """A nerve at its landmark; None for a landmark that the drawing does not have."""
    drawn = {"midline": _on_the_crest, "PSIS": _below_the_psis, "ischial tuberosity": _at_the_ischium}.get(mark.landmark.from_)
    if drawn is None:
        return None
    zone, spot, badge, course, dimensions = drawn(mark.landmark)
    strong = () if mark.quiet else tuple(side.value for side in mark.sides or (Side.RIGHT, Side.LEFT))
    territory = smooth(shapes.TERRITORY[mark.landmark.from_], closed=True)
    return Pressed(
        mark.number, mark.name, territory, tuple(smooth(line) for line in course), zone, placed(spot), placed(badge), strong, dimensions
    )


_Drawn = tuple[str, Spot, Spot, tuple[tuple[Spot, ...], ...], tuple[Dimension, ...]]


def _on_the_crest(landmark: Landmark) -> _Drawn:
    """On the crest, so far from the midline."""
    nearest, farthest = landmark.range_cm or (7.0, 7.0)
    about = landmark.midline_cm or (nearest + farthest) / 2
    stretch = [nearest, *(x for x, _ in shapes.CREST if nearest < x < farthest), farthest]
    spot = (about, crest_at(about))
    course = (
        ((2.9, -12.0), (4.2, -9.4), (about - 1.1, spot[1] - 1.9), spot, (about + 1.2, spot[1] + 3.0), (about + 1.6, spot[1] + 7.0)),
        (
            (3.3, -12.2),
            (5.5, -9.8),
            (about + 0.5, spot[1] - 2.6),
            (about + 1.8, crest_at(about + 1.8)),
            (about + 3.9, 0.2),
            (about + 4.6, 3.2),
        ),
    )
    high = -13.1
    label = f"{about:g} cm" + (f" ({nearest:g}-{farthest:g})" if landmark.range_cm else "")
    across = Dimension(
        line((0.0, high), (about, high)), line((about, high - 0.4), (about, spot[1] - 0.9)), label, placed((about / 2, high - 0.7))
    )
    return smooth([(x, crest_at(x)) for x in stretch]), spot, (about + 1.35, spot[1] - 1.95), course, (across,)


def _below_the_psis(landmark: Landmark) -> _Drawn:
    """Caudal to the shapes.PSIS, so far from the midline."""
    nearest, farthest = landmark.range_cm or (2.5, 2.5)
    about = landmark.midline_cm or shapes.PSIS[0]
    spot = (about, (nearest + farthest) / 2)
    course = (
        (shapes.FORAMINA[1], (2.5, spot[1] - 0.9), spot, (about + 2.2, spot[1] + 0.9), (about + 3.4, spot[1] + 3.0)),
        (shapes.FORAMINA[2], (2.4, spot[1] + 0.7), (about, farthest), (about + 1.6, farthest + 1.7), (about + 1.7, farthest + 4.0)),
    )
    beside, low = 8.6, farthest + 2.2
    down = Dimension(
        line((beside, nearest), (beside, farthest)),
        line((about + 0.7, nearest), (beside + 0.4, nearest))
        + line((about + 0.7, farthest), (beside + 0.4, farthest))
        + line(shapes.PSIS, (beside + 0.4, 0.0)),
        f"{nearest:g}-{farthest:g} cm",
        placed((beside + 0.6, (nearest + farthest) / 2 + 0.4)),
        "start",
    )
    across = Dimension(
        line((0.0, low), (about, low)), line((about, farthest + 0.6), (about, low + 0.4)), f"{about:g} cm", placed((about / 2, low + 1.5))
    )
    return line((about, nearest), (about, farthest)), spot, (about + 1.75, spot[1]), course, (down, across)


def _at_the_ischium(landmark: Landmark) -> _Drawn:
    """At the lower outer edge of the ischial tuberosity; no distance is published."""
    x, y = shapes.ISCHIUM_EDGE
    course = (
        ((8.6, 6.0), (9.4, 9.4), (9.5, 12.6), (x + 0.2, y + 0.5), (x - 1.8, y + 1.6), (x - 4.2, y + 1.0)),
        ((9.5, 12.2), (9.6, 14.6), (10.4, 15.6), (11.9, 14.0), (12.2, 12.2)),
        ((9.5, 12.6), (9.5, 16.0), (9.2, 19.0), (9.3, 22.6)),
    )
    return smooth([(x + 0.45, y - 1.0), (x, y), (x - 0.8, y + 0.72)]), (x, y), (x + 2.0, y + 0.4), course, ()


def crest_at(x: float) -> float:
    """The height of the crest so far from the midline, between its neighbours on the drawing."""
    for (before, high), (after, low) in pairwise(shapes.CREST):
        if before <= x <= after:
            return high + (low - high) * (x - before) / (after - before)
    return shapes.CREST[0][1] if x < shapes.CREST[0][0] else shapes.CREST[-1][1]


def smooth(spots: Sequence[Spot], *, closed: bool = False) -> str:
    """A path through all spots without a corner (Catmull-Rom, as cubic Bezier curves)."""
    count = len(spots)

    def at(index: int) -> Spot:
        return spots[index % count] if closed else spots[min(max(index, 0), count - 1)]

    parts = [f"M{_pair(at(0))}"]
    for index in range(count if closed else count - 1):
        before, here, there, beyond = (at(index + step) for step in (-1, 0, 1, 2))
        first = (here[0] + (there[0] - before[0]) / 6, here[1] + (there[1] - before[1]) / 6)
        second = (there[0] - (beyond[0] - here[0]) / 6, there[1] - (beyond[1] - here[1]) / 6)
        parts.append(f"C{_pair(first)} {_pair(second)} {_pair(there)}")
    return "".join(parts) + ("Z" if closed else "")


def line(start: Spot, end: Spot) -> str:
    """A straight line."""
    return f"M{_pair(start)}L{_pair(end)}"


def moved(spots: Sequence[Spot], down: float) -> tuple[Spot, ...]:
    """The same spots, further down by so many centimetres."""
    return tuple((x, y + down) for x, y in spots)


def placed(spot: Spot) -> Spot:
    """A spot in units of the drawing."""
    return (units(spot[0]), units(spot[1]))


def units(centimetres: float) -> float:
    """Centimetres in units of the drawing, to a tenth."""
    return round(centimetres * UNIT, 1)


def _pair(spot: Spot) -> str:
    return f"{units(spot[0]):g} {units(spot[1]):g}"


# On the left, where no distances are written.
_LABELS = (
    Label(("iliac crest",), placed((-13.4, -9.6)), "end", line((-13.2, -9.3), (-10.2, -7.2))),
    Label(("PSIS",), placed((-16.6, 0.4)), "end", line((-16.4, 0.0), (-4.3, 0.0))),
    Label(("ischial", "tuberosity"), placed((-17.6, 20.2)), "start", line((-12.2, 19.4), (-7.4, 14.0))),
    Label(("gluteal fold",), placed((-9.8, 22.4)), "start", line((-5.2, 21.1), (-4.6, 17.0))),
    Label(("sacrum",), placed((0.0, -0.2)), "middle", ""),
)
