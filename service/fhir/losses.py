"""What the elements that could not be read do to a fact: it says less than it seems to, never more."""

from collections.abc import Sequence
from dataclasses import replace

from service.record import Condition, Fact, Observation, Side

# Elements that say when something was.
_DATES = ("onset", "performed", "occurrence", "effective", "issued", "authoredOn", "recordedDate", "started", "period")
# Elements that can turn the meaning of a resource round; unreadable, they leave it in doubt.
_TURNING = ("status", "clinicalStatus", "verificationStatus", "doNotPerform", "modifierExtension", "intent", "notDone", "notPerformed")


def is_in_doubt(lost: Sequence[str]) -> bool:
    """Whether an element that can turn the meaning round was among them."""
    return any(element.split(".")[0] in _TURNING for element in lost)


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
