"""The pages that lead to one another, in the order of their links: where each stands, and what its link says."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Door:
    """A page that the others lead to: where it is, counted from the base address, and what its link says."""

    path: str
    title: str


# By their names in CLUNEAL_PAGES. The page `why` has no door of its own: a card leads to it.
_DOORS = {
    "ehr": Door("/", "Mock EHR"),
    "knowledge": Door("/knowledge", "Knowledge"),
    "numbers": Door("/numbers", "Numbers"),
    "integrator": Door("/integrator", "For integrators"),
}
_DESCRIPTION = Door("/docs", "API")


def doors_of(pages: Iterable[str], *, docs: bool) -> tuple[Door, ...]:
    """The doors of these pages, and of the description of the interface where that is served."""
    return (*(_DOORS[page] for page in pages if page in _DOORS), *((_DESCRIPTION,) if docs else ()))
