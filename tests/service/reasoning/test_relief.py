"""A relief as somebody wrote it: exact, between two bounds, or nothing that can be read."""

from fractions import Fraction

import pytest

from service.reasoning.relief import bounded, relief_in


def told(text: str) -> str | None:
    """The relief in a sentence, in percent: "80", "60-80", "0-50"."""
    found = relief_in(text)
    if found is None:
        return None
    bounds = [f"{float(part * 100):g}" for part in (found.least, found.most)]
    return bounds[0] if found.is_exact else "-".join(bounds)


@pytest.mark.parametrize(
    ("text", "relief"),
    [
        ("80% relief", "80"),
        ("relief of 80 %", "80"),
        ("80 percent relief", "80"),
        ("72.5% relief", "72.5"),
        ("80,0% relief", "80"),
        ("pain reduced by 70%", "70"),
        ("100% relief", "100"),
        ("60-80% relief", "60-80"),
        ("60\u201380% relief", "60-80"),
        ("70%-80% relief", "70-80"),
        ("70 to 80 percent relief", "70-80"),
        ("between 60 and 80% relief", "60-80"),
        ("at least 70% relief", "70-100"),
        ("more than 50% relief", "50-100"),
        (">70% relief", "70-100"),
        ("\u2265 70% relief", "70-100"),
        ("up to 80% relief", "0-80"),
        ("\u226450% relief", "0-50"),
    ],
)
def test_a_percentage_is_read_with_its_words(text, relief):
    """A plain figure is exact, a range has both its ends, and words of more or less leave the other end open."""
    assert told(text) == relief


@pytest.mark.parametrize("words", ["less than", "under", "below", "nearly", "almost", "<"])
def test_what_is_less_than_a_figure_is_below_it(words):
    """Less than 50% is no 50%."""
    found = relief_in(f"{words} 50% relief")

    assert found.least == 0
    assert Fraction(49, 100) < found.most < Fraction(1, 2)


@pytest.mark.parametrize(
    "text",
    [
        "complete relief",
        "pain reduced to 20%",
        "30% relief at first, 80% later",
        "80 relief",
        "0.5% relief",
        "relief of 120%",
        "80-60% relief",
        "200% relief",
    ],
)
def test_what_may_mean_something_else_is_no_relief(text):
    """What was left of the pain, several figures, a figure that cannot be, or none: nothing is read."""
    assert told(text) is None


@pytest.mark.parametrize(("value", "comparator", "most"), [("0.8", "", None), ("1.2", "<", None)])
def test_a_quantity_that_cannot_be_a_percentage_is_none(value, comparator, most):
    """A fraction labelled as percent, or more than all of the pain."""
    assert bounded(Fraction(value) / 100 if float(value) < 1 else Fraction(value), comparator) is most
