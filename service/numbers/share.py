"""A part of a whole, with its counts and how sure one can be of the rate."""

from dataclasses import dataclass
from math import sqrt

# The normal quantile of a two-sided interval of 95 %.
_Z = 1.959964


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many."""

    part: int
    whole: int

    @property
    def rate(self) -> float | None:
        """From 0 to 1; None of nothing."""
        return self.part / self.whole if self.whole else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """The score interval of 95 %, which holds for few cases and for none; None of nothing.

        Source: E. B. Wilson, Probable inference, the law of succession, and statistical inference. J Am Stat Assoc 1927;22:209-212.
        """
        if not self.whole:
            return None
        n, p, square = self.whole, self.part / self.whole, _Z * _Z
        middle = (p + square / (2 * n)) / (1 + square / n)
        reach = _Z * sqrt(p * (1 - p) / n + square / (4 * n * n)) / (1 + square / n)
        return max(0.0, middle - reach), min(1.0, middle + reach)
