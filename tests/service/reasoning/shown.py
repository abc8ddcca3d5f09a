"""Cards that were shown, in one line each: to one user at one client, day by day, of which a test changes one thing."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from service.history import Feedback, Gist, History, Shown, Visit
from service.knowledge.load import load_knowledge
from service.knowledge.model import Knowledge
from service.reasoning.pathway import Silence
from service.reasoning.quiet import quiet

TODAY = date(2026, 11, 20)
HERE = Visit("lakeside", "p", "now", "avery")
FACTS = frozenset({"laminectomy", "clear MRI"})


def gist(*more: str, about: str = "", order: str = "", in_vain: Iterable[str] = ()) -> Gist:
    """What a card says that rests on two facts, and more."""
    kind = "order" if about else "workup"
    return Gist(kind, ("superior",), "unknown", "moderate", about, order, FACTS | {*more}, frozenset(in_vain))  # type: ignore[arg-type]


def shown(ago: int, *feedback: Feedback, what: Gist | None = None, at: int = 12, **visit: str) -> Shown:
    """A card that was shown so many days ago, at an hour, in an encounter of its own unless it is named."""
    day = TODAY - timedelta(ago)
    whose = {"client": HERE.client, "patient": HERE.patient, "user": HERE.user, "encounter": f"{ago} days ago", **visit}
    return Shown(f"{ago}-{at}-{whose}", day, _at(day, at), Visit(**whose), what or gist(), feedback)


def told(ago: int, reason: str | None = None, at: int = 13) -> Feedback:
    """Feedback of so many days ago: accepted, or dismissed with a reason."""
    day = TODAY - timedelta(ago)
    return Feedback("accepted" if reason is None else "overridden", day, _at(day, at), reason or "")


def kept_back(
    *cards: Shown, now: Gist | None = None, visit: Visit = HERE, knowledge: Knowledge | None = None, **history: Any
) -> Silence | None:
    """Why a card of today is kept back after these."""
    return quiet(now or gist(), History(visit, cards, **history), knowledge or load_knowledge(), today=TODAY)


def _at(day: date, hour: int) -> datetime:
    return datetime.combine(day, time(hour), tzinfo=UTC)
