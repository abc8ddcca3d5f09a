"""A relief of pain as somebody put it: exactly so much, or between two bounds. Never rounded up, never guessed.

Source: clinical design 3d ("a percentage tied to the block").
"""

import re
from dataclasses import dataclass
from fractions import Fraction

_ALL = Fraction(1)
_ONE_PERCENT = Fraction(1, 100)
_JUST_BELOW = Fraction(1, 10**6)
_NUMBER = r"(\d{1,3}(?:[.,]\d+)?)"
_WORDS = "<=|>=|<|>|\u2264|\u2265|less than|more than|greater than|at least|up to|at most|nearly|almost|under|below|over|above|by|to"
_PERCENT = "(?:%|percent|per cent)"
_DASH = "(?:-|\u2010|\u2011|\u2012|\u2013|\u2014|to|and)"
_PERCENTAGE = re.compile(rf"(?P<words>{_WORDS})?\s*(?<![\d.,]){_NUMBER}\s*{_PERCENT}?\s*(?:{_DASH}\s*{_NUMBER}\s*)?{_PERCENT}")
_THOUSANDS = re.compile(r"\d,\d{3}(?!\d)")
_BELOW = ("<", "less than", "under", "below", "nearly", "almost")
_AT_MOST = ("<=", "\u2264", "up to", "at most")
_FROM = (">", ">=", "\u2265", "more than", "greater than", "at least", "over", "above")


@dataclass(frozen=True, slots=True)
class Relief:
    """The part of the pain that was gone: between `least` and `most`, both fractions of one and included; the same when it is exact."""

    least: Fraction
    most: Fraction

    @property
    def is_exact(self) -> bool:
        """Whether it is one figure."""
        return self.least == self.most


def exactly(part: Fraction) -> Relief:
    """A relief of exactly so much."""
    return Relief(part, part)


def bounded(figure: Fraction, words: str) -> Relief | None:
    """The relief that a figure (1 is all of it) means after "less than", "<=", "at least" or nothing; None when it cannot be a relief."""
    # A part of one percent is a fraction that somebody labelled as percent, or the strength of a solution.
    if not 0 <= figure <= 1 or 0 < figure < _ONE_PERCENT:
        return None
    if words in _BELOW:
        return Relief(Fraction(0), max(Fraction(0), figure - _JUST_BELOW))
    if words in _AT_MOST:
        return Relief(Fraction(0), figure)
    if words in _FROM:
        return Relief(figure, _ALL)
    return exactly(figure) if words in ("", "by") else None


def relief_in(clause: str) -> Relief | None:
    """The one percentage of a clause as a relief; None without one, with several, or with what was left of the pain ("reduced to 20%")."""
    found = list(_PERCENTAGE.finditer(clause.lower()))
    if len(found) != 1:
        return None
    words, low, high = (
        found[0]["words"] or "",
        *(Fraction(part.replace(",", ".")) / 100 if part else None for part in found[0].groups()[1:]),
    )
    # A bound before a range says nothing that can be read; "1,000" is no one.
    if words == "to" or low is None or (high is not None and words not in ("", "by")) or _THOUSANDS.search(clause):
        return None
    if high is None:
        return bounded(low, words)
    return Relief(low, high) if _ONE_PERCENT <= low <= high <= 1 else None
