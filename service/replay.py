"""A stored request, decided once more and held against the record of the first time."""

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from datetime import date, timedelta, tzinfo
from functools import partial
from typing import Any

from cds_hooks.request import HookRequest
from service.cds_services import evaluation_of
from service.decision import decision_of, instance_of, salt_of, visit_of
from service.history import NOTHING
from service.knowledge.model import Knowledge
from service.storage.database import Database
from service.storage.decisions import Decision, decisions_of
from service.storage.pseudonyms import Pseudonyms
from service.storage.recall import recall

# How long it took and what is only counted is not decided; who decides now is said by the command.
_NOT_COMPARED = {"milliseconds", "decided_at", "shown", "entries", "unknown_codes", "facts", "undated", "unrecorded"}


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that was recorded otherwise."""

    what: str
    recorded: Any
    now: Any


def replay(
    request: HookRequest, database: Database, pseudonyms: Pseudonyms, knowledge: Knowledge, *, version: str, zone: tzinfo, quiet: bool
) -> Iterator[tuple[Decision, tuple[Difference, ...]]]:
    """Each recorded decision of this request, oldest first, with what would be recorded otherwise by this version of the service.

    quiet  whether what was shown before can keep a card back, as the setting says now
    """
    for recorded in database.run_now(lambda store: decisions_of(store, instance_of(request))):
        asked = replace(request, client=recorded.client)
        visit, salt = visit_of(asked, pseudonyms), salt_of(asked, pseudonyms)
        if visit.patient != recorded.patient:
            continue
        # As it was when the call came in: what it left itself was not there yet.
        before = recorded.decided_at - timedelta(microseconds=1)
        history = (
            NOTHING
            if not quiet
            else database.run_now(partial(recall, visit=visit, salt=salt, now=before, reach=knowledge.quiet.reach, zone=zone))
        )
        today = date.fromisoformat(recorded.today)
        again = decision_of(
            asked,
            evaluation_of(asked, knowledge, today=today, history=history),
            pseudonyms,
            service=recorded.service,
            version=version,
            at=recorded.decided_at,
            today=today,
            shown=all(card.shown for card in recorded.cards),
            milliseconds=0,
        )
        yield recorded, tuple(_differences(recorded, again))


def _differences(recorded: Decision, again: Decision) -> Iterator[Difference]:
    for field in fields(Decision):
        before, now = getattr(recorded, field.name), getattr(again, field.name)
        # What was stored as JSON comes back as lists.
        if field.name not in _NOT_COMPARED and _plain(before) != _plain(now):
            yield Difference(field.name, before, now)


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
