"""A memory of cards and feedback for tests, as small as one can be: what a store must give the corridor, kept in a list."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime

from service.history import Feedback, Gist, History, Shown, Visit


@dataclass
class Journal:
    """Everything that was shown, to whomever, by every client."""

    shown: list[Shown] = field(default_factory=list)

    def history(self, visit: Visit) -> History:
        """What is remembered when a call of this visit comes in."""
        own = [one for one in self.shown if (one.visit.client, one.visit.patient) == (visit.client, visit.patient)]
        advice = (
            one.day
            for one in self.shown
            if one.gist.about == "first"
            and (one.visit.client, one.visit.user) == (visit.client, visit.user)
            and one.visit.patient != visit.patient
        )
        return History(visit, tuple(own), max(advice, default=None), salt=f"{visit.client} {visit.patient}".encode())

    def keep(self, uuid: str, day: date, moment: datetime, visit: Visit, gist: Gist) -> None:
        """A card was shown."""
        self.shown.append(Shown(uuid, day, moment, visit, gist))

    def tell(self, uuid: str, feedback: Feedback) -> None:
        """Feedback on a card came in."""
        self.shown = [replace(one, feedback=(*one.feedback, feedback)) if one.uuid == uuid else one for one in self.shown]
