"""Cards that were made up and not shown, for physicians who judge them before a client is let out of shadow mode.

The draw is by a digest of each card's uuid: the same seed draws the same cards, and what is decided later takes no place of its own choice.
"""

from collections.abc import Iterator
from datetime import datetime
from hashlib import sha256
from heapq import nsmallest
from typing import Any

from sqlalchemy import Connection, select

from service.storage.schema import card, decision

Line = dict[str, Any]


def drawn(connection: Connection, *, client: str, number: int, seed: str, since: datetime | None = None) -> tuple[int, tuple[Line, ...]]:
    """How many cards of a client were made and not shown, and so many of them, drawn at random by `seed`; the oldest first."""
    of_client = (decision.c.client == client, card.c.shown.is_(False), *((decision.c.decided_at >= since,) if since else ()))
    found = connection.execute(select(card.c.id, card.c.uuid).join_from(card, decision).where(*of_client)).all()
    chosen = [row.id for row in nsmallest(number, found, key=lambda row: (sha256(f"{seed} {row.uuid}".encode()).digest(), row.id))]
    return len(found), tuple(_lines(connection, chosen))


def _lines(connection: Connection, chosen: list[int]) -> Iterator[Line]:
    said = (card.c.uuid, card.c.kind, card.c.nerves, card.c.side, card.c.tier)
    of_call = (decision.c.decided_at, decision.c.hook, decision.c.hook_instance, decision.c.patient, decision.c.rules, decision.c.knowledge)
    rows = select(*said, *of_call).join_from(card, decision).where(card.c.id.in_(chosen)).order_by(card.c.id)
    for row in connection.execute(rows):
        yield {
            "at": row.decided_at.isoformat(),
            "hook": row.hook,
            "hookInstance": row.hook_instance,
            "patient": row.patient,
            "kind": row.kind,
            "nerves": row.nerves,
            "side": row.side,
            "tier": row.tier,
            "rules": row.rules,
            "knowledge": row.knowledge,
            "card": row.uuid,
        }
