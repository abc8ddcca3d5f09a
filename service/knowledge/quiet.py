"""The shape of quiet.toml: after which showings and answers of a card the next one stays away, for how long, and for whom."""

from collections.abc import Iterator
from typing import Literal

from service.knowledge.shape import Shape, Sourced, Words
from service.knowledge.thresholds import Days, Number, Told


class Pause(Shape):
    """Why a card stays away until the visit or the day is over: the rule that the silence names, and its words."""

    rule: Words
    says: Told


class UserPause(Pause):
    """A pause of the day that binds one user, at every patient; the file says so, and nothing else can be said."""

    binds: Literal["user"]


class LongPause(Pause):
    """A pause of so many days, counted from the day of what brought it on."""

    days: Days


class AnswerPause(LongPause):
    """The pause after feedback; it binds everybody who opens the patient's chart, or only the user to whom the card was shown."""

    binds: Literal["patient", "user"] = "patient"


class ReasonPause(AnswerPause):
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
    accepted: AnswerPause
    dismissed: AnswerPause
    shown: LongPause
    other_card: Pause
    order_card: LongPause
    order_today: UserPause
    reason: tuple[ReasonPause, ...]

    @property
    def pauses(self) -> Iterator[Pause]:
        """Every pause, in the order of the file."""
        yield from (self.accepted, self.dismissed, self.shown, self.other_card, self.order_card, self.order_today, *self.reason)

    @property
    def reach(self) -> int:
        """How many times 24 hours back a card or its feedback may still matter: the longest pause, and the day that it began on."""
        return 1 + max(pause.days for pause in self.pauses if isinstance(pause, LongPause))
