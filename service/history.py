"""What is remembered of one patient at one client: the cards that were shown lately, and what became of them. An argument of the corridor.

Who keeps it is no matter here, and nobody in it has a name: client, patient, encounter and user are pseudonyms of whoever keeps it.
`reasoning/quiet.py` judges it. Without a memory it is NOTHING, and nothing is ever quiet.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal


@dataclass(frozen=True, slots=True)
class Gist:
    """What a card said and what it rested on: all of a card that the next call needs, and no word of the chart.

    kind      as in the card's basis;  nerves: in order of suspicion;  side, tier: "" where the card has none
    about     of an order card: "first", press the points before another try, or "block", think of this before the drafted block
    order     of an order card: what is ordered, as the card names it
    facts     digests of the facts that it rested on;  in_vain: of points that were pressed and do not bring on the pain
    """

    kind: Literal["workup", "block", "response", "order"]
    nerves: tuple[str, ...]
    side: str = ""
    tier: str = ""
    about: Literal["", "first", "block"] = ""
    order: str = ""
    facts: frozenset[str] = frozenset()
    in_vain: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Visit:
    """Whose call it is, in pseudonyms; encounter and user are "" where the call names none."""

    client: str = ""
    patient: str = ""
    encounter: str = ""
    user: str = ""


@dataclass(frozen=True, slots=True)
class Feedback:
    """What became of a card, as the client reported it: by the user to whom it was shown.

    day     the civil day on which it was done: not before the card was shown, not after the report came in
    moment  in UTC, to tell which of two came later
    reason  the code of the override reason, or its display where the client sent no code; "" for none
    """

    outcome: Literal["accepted", "overridden"]
    day: date
    moment: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """One showing of a card: its uuid, when (the civil day at the patient's, and the moment in UTC), in which visit, what it said, and what
    became of it. A card that was made up and not shown (shadow mode) is none."""

    uuid: str
    day: date
    moment: datetime
    visit: Visit
    gist: Gist
    feedback: tuple[Feedback, ...] = ()


@dataclass(frozen=True, slots=True)
class History:
    """What is remembered when a call comes in.

    visit    whose call it is, in the pseudonyms of `shown`
    shown    the showings for this client and patient, in any order, that lie, or whose feedback lies, in the last
             `knowledge.quiet.reach` times 24 hours; of others none counts, nor of those without feedback that were alike in one encounter
             on one day any but the first and the newest
    advised  the latest day on which this client showed this user an order card (`about` "first") of another patient
    salt     what digests of facts are keyed with, 64 bytes at most: secret, the same for a client and patient each time, and kept
             nowhere beside them
    """

    visit: Visit = Visit()
    shown: tuple[Shown, ...] = ()
    advised: date | None = None
    salt: bytes = b""


NOTHING = History()
