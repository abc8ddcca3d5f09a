"""What a chart plainly says, told from its recipe and the labels of its parts: the measure of the invariants, not asked of the service."""

from collections.abc import Iterable
from datetime import date, timedelta

from tests.generated.events import blocks
from tests.generated.ingredients import SIDES
from tests.generated.problems import pains
from tests.generated.recipes import Part, Recipe
from tests.service.charts import TODAY

_SEEN = ("final", "amended", "corrected")
_WITHDRAWN = ("entered-in-error", "refuted", "not-done", "preliminary", "registered", "cancelled", "preparation")
_FACTS = ("conditions", "procedures", "exams", "encounter")
_BLOCKS = {one.name for one in blocks()}
_PAINS = {one.name for one in pains()} | {"for-pain"}


def is_plain(part: Part) -> bool:
    """Whether the part is as the pool has it, of its own date and status."""
    return part.when is None and part.status is None


def sides_of(parts: Iterable[Part]) -> frozenset[str]:
    """Every single side that the parts name."""
    return frozenset(side for part in parts for side in SIDES[part.ingredient.side])


def sides_named(recipe: Recipe, *, of_block: bool = False) -> frozenset[str]:
    """Every side that an entry about the pain, a point or a bone harvest names, or about a block, unless its status takes it back."""
    named = (part for part in recipe.parts if part.ingredient.key in _FACTS and (of_block or part.name not in _BLOCKS))
    return sides_of(part for part in named if not part.status or part.status[1] not in _WITHDRAWN)


def sides_of_pain(recipe: Recipe) -> frozenset[str] | None:
    """Every side of the pain; None where some entry of it is of another date or status than the pool has it, and may not count."""
    entries = [part for part in recipe.parts if part.name in _PAINS]
    return sides_of(entries) if all(map(is_plain, entries)) else None


def _earliest(part: Part) -> date | None:
    """The earliest day that an examination may mean; None for a date that says nothing."""
    written = str(part.resource(0).get("effectiveDateTime", ""))
    try:
        return date.fromisoformat({4: f"{written}-01-01", 7: f"{written}-01"}.get(len(written), written))
    except ValueError:
        return None


def reproduced(recipe: Recipe, *, days: int = 90) -> set[tuple[str, str]]:
    """Nerve and side of every point that, as a finished examination of the last days says, brings on the usual pain."""
    found = set()
    for part in recipe.parts:
        first = _earliest(part) if part.ingredient.nerve else None
        recent = first is not None and TODAY - timedelta(days=days) <= first <= TODAY + timedelta(days=1)
        if recent and part.resource(0).get("status") in _SEEN:
            found |= {(part.ingredient.nerve, side) for side in sides_of([part])}
    return found


def unread(recipe: Recipe, *keys: str) -> set[str]:
    """Which of the keys were not read to their end; null is an answer."""
    return {key for key, state in recipe.states if key in keys and state != "null"}
