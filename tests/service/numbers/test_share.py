"""Parts of a whole and their intervals, against published values."""

import pytest

from service.numbers.share import Share


@pytest.mark.parametrize(
    ("part", "whole", "low", "high"), [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)]
)
def test_the_interval_is_the_published_one(part, whole, low, high):
    """The examples of R. G. Newcombe, Stat Med 1998;17:857-872, method 3."""
    assert Share(part, whole).interval == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize(("part", "whole"), [(0, 1), (1, 1), (7, 7), (0, 1_000_000), (1_000_000, 1_000_000)])
def test_the_interval_has_the_rate_in_it(part, whole):
    """Also where all or none are meant; and it never leaves 0 to 1."""
    low, high = Share(part, whole).interval

    assert 0 <= low <= Share(part, whole).rate <= high <= 1


def test_nothing_has_no_rate():
    """A part of nothing is neither 0 nor 1."""
    assert (Share(0, 0).rate, Share(0, 0).interval) == (None, None)
