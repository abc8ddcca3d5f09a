"""The back of the pelvis as a scheme in centimetres: our own drawing, for the right side, to be mirrored.

x is the distance from the midline, y grows downwards from the height of the PSIS. The bones are of a middle-sized adult; nothing is
measured on them: where a point lies is said by the landmarks of the nerves' files, in their own distances.
"""

Spot = tuple[float, float]


def _spots(written: str) -> tuple[Spot, ...]:
    """Pairs of numbers, x and y."""
    numbers = [float(number) for number in written.split()]
    return tuple(zip(numbers[::2], numbers[1::2], strict=True))


PSIS: Spot = (4.0, 0.0)
# The crest, from the PSIS outwards.
CREST: tuple[Spot, ...] = _spots("4 0  4.6 -1.9  5.7 -3.6  7.2 -5.1  9 -6.35  11 -7  12.8 -6.6  14.1 -5.1  14.8 -2.9")
# The lower outer edge of the ischial tuberosity.
ISCHIUM_EDGE: Spot = (8.35, 13.55)
# From the end of the crest down the outer side, round the tuberosity and up by the notches.
HIP_BONE: tuple[Spot, ...] = CREST + _spots(
    """
    14.5 -0.7  13.5 1.3  13.1 3.1  13.4 4.9  13 7.4  11.6 9  10 10.2  9.1 11.8  8.35 13.55  7.2 14.35  5.7 13.9  5 12.5
    5.6 11.1  6.2 10.1  5.2 8.8  6.2 7.4  7.2 5.6  6.5 4.1  4.9 3.3  4.2 1.7
    """
)
PUBIS: tuple[Spot, ...] = _spots("11.2 8.4  7.4 8.3  3.6 8.9  1 9.9  0.45 11  0.5 12.7  2.2 13.1  4.4 14  6.4 14.2  9 12")
FORAMEN: tuple[Spot, ...] = _spots("2.6 11.1  4.6 9.9  7.4 9.7  8.3 10.8  6.6 12.4  4.4 12.8")
FEMUR: tuple[Spot, ...] = _spots(
    """
    12 6.2  13.2 5  14.6 5.6  15.6 6.6  16.4 6.3  16.8 7.6  16.5 9.6  15.9 12.2  15.3 16  15 23.5  12.6 23.5  12.9 16
    13 12.4  12.6 11  13.1 10  12.6 9
    """
)
SACRUM: tuple[Spot, ...] = _spots("0 -3.3  2 -3.9  3.9 -3.1  4.6 -1.4  4.2 1  3.6 3.4  2.7 5.7  1.3 7.2  0 7.6")
COCCYX: tuple[Spot, ...] = _spots("0 7.6  0.95 7.7  0.75 9  0.25 10.1  0 10.2")
FORAMINA: tuple[Spot, ...] = _spots("1.75 -1.7  1.65 0.5  1.5 2.5  1.3 4.3")
SKIN: tuple[Spot, ...] = _spots(
    "12.9 -15.8  12.6 -12.2  13 -8.6  14.4 -5.2  16.2 -1.2  17.4 2.8  18 6.8  17.9 10.6  17.4 14.4  16.9 18.4  16.4 23.5"
)
INNER_THIGH: tuple[Spot, ...] = _spots("1.3 23.5  1.15 20  0.8 17  0 14.9")
GLUTEAL_FOLD: tuple[Spot, ...] = _spots("0.9 15.3  3.4 16.5  6.6 16.75  9.8 16.1  12.2 14.9")
BUTTOCK: tuple[Spot, ...] = _spots("0.3 5.2  1.2 8.2  1.2 12  0.9 15.3")
VERTEBRA: tuple[Spot, ...] = _spots("0 -1.5  1.7 -1.5  2 -0.9  4.3 -1.1  4.5 -0.5  2.2 0.1  2 1.4  0 1.55")
SPINOUS: tuple[Spot, ...] = _spots("0 -0.9  0.42 -0.2  0.5 1.2  0 1.75")
# The heights of two lumbar vertebrae.
L4, L5 = -9.5, -5.9
# Where it hurts, by the landmark, about: skin is supplied with much overlap, so the fields are soft and nothing is measured on their edge.
TERRITORY = {
    "midline": _spots("5.2 -3.4  7.4 -5.6  10.6 -7.2  13.4 -6.4  15.4 -2.6  15.6 2  13.4 5.8  10.2 6.4  7.6 4  6 0.4"),
    "PSIS": _spots("1 -1.2  3 -1.8  4.9 -0.4  6.8 2.4  7.4 5.6  6.4 8.6  4 9.6  1.7 8.4  0.9 4.4"),
    "ischial tuberosity": _spots("2 12.2  4.6 10.8  8.4 10.6  11.8 11.6  13.4 14.2  11.4 17.6  7.6 18.8  3.8 18.2  1.8 15.4"),
}
