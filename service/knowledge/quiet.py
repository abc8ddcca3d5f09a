"""The shape of quiet.toml: after which showings and answers of a card the next one stays away, for how long, and for whom."""

from collections.abc import Iterator
from typing import Literal

from service.knowledge.shape import Shape, Sourced, Words
from service.knowledge.thresholds import Days, Number, Told


class Pause(Shape):
    """Why a card stays away for a while.

    rule, says  what the silence names;  days: how long, counted from the day of what brought it on; none where that day or visit ends it
    binds       the patient's chart, whoever opens it, or only the user to whom the card was shown
    """

    rule: Words
    says: Told
    days: Days | None = None
    binds: Literal["patient", "user"] = "patient"


class ReasonPause(Pause):
    """The pause that an override reason brings on; `code` is that of the reason in wording.toml."""

    code: Words


class Quiet(Sourced):
    """All pauses.

    accepted     a suggestion of the card was taken up;  dismissed: the card was overridden without a reason, or with one that has no row
    shown        it was shown in so many `encounters`
    other_card   another card was shown in this visit
    order_card   of an order card: a card was shown to this patient, at whatever hook
    order_today  of an order card: this user saw one of another patient
    """

    encounters: Number
    accepted: Pause
    dismissed: Pause
    shown: Pause
    other_card: Pause
    order_card: Pause
    order_today: Pause
    reason: tuple[ReasonPause, ...]

    @property
    def pauses(self) -> Iterator[Pause]:
        """Every pause, in the order of the file."""
        yield from (self.accepted, self.dismissed, self.shown, self.other_card, self.order_card, self.order_today, *self.reason)

    @property
    def reach(self) -> int:
        """How many days back a card or its feedback may still matter."""
        return max(pause.days or 0 for pause in self.pauses)
