"""What the elements that could not be read do to a fact: it says less than it seems to, never more."""

from collections.abc import Sequence
from dataclasses import replace

from service.record import Condition, Fact, Observation, Side

# Elements that say when something was.
_DATES = ("onset", "performed", "occurrence", "effective", "issued", "authoredOn", "recordedDate", "started", "period")


def loses_its_date(lost: Sequence[str]) -> bool:
    """Whether an element that says when was among them: a date was given, and nobody can read it."""
    return any(element.startswith(_DATES) for element in lost)


def after_loss(fact: Fact, lost: Sequence[str]) -> Fact:
    """The fact without what it might owe to an element that could not be read."""
    parts = {element.split(".")[0] for element in lost}
    if isinstance(fact, Condition) and "category" in parts:
        # An entry without a category is taken for a problem; one whose category nobody can read is not.
        fact = replace(fact, categories=frozenset({"unreadable"}))
    if isinstance(fact, Observation) and not parts.isdisjoint({"component", "bodySite"}):
        # One of them may have named the side.
        fact = replace(fact, side=Side.CONFLICT)
    return fact
