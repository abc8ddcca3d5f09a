"""What was decided at each call, and the cards that came of it; no name, no word of a chart."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from service.history import Gist
from service.storage.schema import card, decision


@dataclass(frozen=True, slots=True)
class DecidedCard:
    """A card of a decision; `shown` is false where it was made up and not sent, and `topic` the code of what it is about."""

    uuid: str
    shown: bool
    topic: str
    gist: Gist


@dataclass(frozen=True, slots=True)
class Decision:
    """One chart that was judged.

    today                       the civil day for which it was, as ISO 8601
    patient, encounter, caller  pseudonyms; "" for none
    version, knowledge          of the service and of what it knows
    input_digest                keyed, of what the call brought; the same bytes give the same one
    data                        what became of each prefetch key; `unusable` of those with an entry that could not be used
    findings                    those that a rule asked for, and their states
    outcome                     workup, block, response or order as on the card, silence, or refused
    silence                     of silence and refusal: the rule and others that hold, or the keys that were not read
    shown                       whether the client gets what was worked out: neither it nor the kind of its card is in shadow mode
    entries, unknown_codes      of the chart: how many, and those whose codes are all of systems that no value set uses
    facts, undated              how many of the entries a rule could use, and those of them without any date
    unrecorded                  calls of this client since its last decision that left no record, for the store was down

    The last six are None where an earlier version decided.
    """

    decided_at: datetime
    today: str
    client: str
    service: str
    hook: str
    hook_instance: str
    patient: str
    encounter: str
    caller: str
    version: str
    knowledge: str
    input_digest: str
    data: Mapping[str, str]
    findings: Mapping[str, str]
    rules: tuple[str, ...]
    outcome: str
    silence: Mapping[str, Any]
    milliseconds: float
    shown: bool | None = None
    entries: int | None = None
    unknown_codes: int | None = None
    facts: int | None = None
    undated: int | None = None
    unrecorded: int | None = None
    cards: tuple[DecidedCard, ...] = ()


_ADD_DECISION, _ADD_CARD = insert(decision), insert(card)
_COLUMNS = tuple(field.name for field in fields(Decision) if field.name != "cards")


def keep_decision(connection: Connection, made: Decision) -> None:
    """Add a decision and its cards."""
    values = {name: getattr(made, name) for name in _COLUMNS}
    (number,) = connection.execute(_ADD_DECISION, values).inserted_primary_key or (None,)
    if made.cards:
        connection.execute(_ADD_CARD, [_card(number, made.client, one) for one in made.cards])


def decisions_of(connection: Connection, hook_instance: str) -> tuple[Decision, ...]:
    """What was decided at the calls of a hookInstance, oldest first."""
    found = connection.execute(select(decision).where(decision.c.hook_instance == hook_instance).order_by(decision.c.id)).all()
    return tuple(_decision(connection, row) for row in found)


def gist_of_row(row: Row[Any]) -> Gist:
    """The gist in a row with the columns of a card."""
    return Gist(row.kind, tuple(row.nerves), row.side, row.tier, row.about, row.ordered, frozenset(row.facts), frozenset(row.in_vain))


def _card(number: int | None, client: str, one: DecidedCard) -> dict[str, Any]:
    said = asdict(one.gist)
    return {
        "decision": number,
        "client": client,
        "uuid": one.uuid.lower(),
        "shown": one.shown,
        "topic": one.topic,
        "ordered": said.pop("order"),
        **{name: sorted(value) if isinstance(value, frozenset) else value for name, value in said.items()},
    }


def _decision(connection: Connection, row: Row[Any]) -> Decision:
    found = connection.execute(select(card).where(card.c.decision == row.id).order_by(card.c.id))
    cards = tuple(DecidedCard(one.uuid, one.shown, one.topic, gist_of_row(one)) for one in found)
    return Decision(**{name: row._mapping[name] for name in _COLUMNS}, cards=cards)
