"""A stored request, decided once more and held against the record of the first time.

What the service read from a FHIR server is not kept, only what became of each key: whoever replays such a call brings it along.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, timedelta, tzinfo
from functools import partial
from typing import Any

import msgspec

from cds_hooks.request import HookRequest
from service.cds_services import evaluation_of
from service.clients.load import KnownClient
from service.decision import decision_of, instance_of, salt_of, visit_of
from service.fhir.chart import KEYS, Chart, chart_of_prefetch
from service.history import History
from service.knowledge.model import Knowledge
from service.record import KeyState
from service.storage.database import Database
from service.storage.decisions import Decision, decisions_of
from service.storage.pseudonyms import Pseudonyms
from service.storage.recall import recall

# How long it took and what is only counted is not decided; who decides now is said by the command.
_NOT_COMPARED = {"milliseconds", "decided_at", "shown", "entries", "unknown_codes", "facts", "undated", "unrecorded"}
_OUTCOME = msgspec.Raw(b'{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"exception"}]}')


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that was recorded otherwise."""

    what: str
    recorded: Any
    now: Any


@dataclass(frozen=True, slots=True)
class Replayed:
    """A recorded decision, and what would be recorded otherwise now.

    wanting  prefetch keys that were read from a FHIR server and that nobody gave: nothing was compared
    given    those that the chart gave; the digest of the input, which covers the bytes of the server, was not compared
    """

    recorded: Decision
    differences: tuple[Difference, ...] = ()
    wanting: tuple[str, ...] = ()
    given: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Then:
    """How the service decides: what it knows, for whom, in which zone, and whether what was shown before can keep a card back."""

    knowledge: Knowledge
    clients: Mapping[str, KnownClient]
    version: str
    zone: tzinfo
    quiet: bool


def replay(request: HookRequest, chart: Chart | None, database: Database, pseudonyms: Pseudonyms, then: Then) -> Iterator[Replayed]:
    """Each recorded decision of this request, oldest first, held against what this version of the service decides.

    chart  what a FHIR server gave for the call; None for nothing
    """
    for recorded in database.run_now(lambda store: decisions_of(store, instance_of(request))):
        asked = replace(request, client=recorded.client)
        if visit_of(asked, pseudonyms).patient != recorded.patient:
            continue
        fetched = _fetched(asked, recorded)
        if fetched and chart is None:
            yield Replayed(recorded, wanting=fetched)
            continue
        if chart is not None:
            asked = replace(asked, prefetch={**asked.prefetch, **dict(_values(fetched, chart, recorded))})
        again = _decided_again(asked, recorded, database, pseudonyms, then)
        left_out = _NOT_COMPARED | ({"input_digest"} if fetched else set())
        yield Replayed(recorded, tuple(_differences(recorded, again, left_out)), given=fetched)


def _decided_again(asked: HookRequest, recorded: Decision, database: Database, pseudonyms: Pseudonyms, then: Then) -> Decision:
    visit, salt = visit_of(asked, pseudonyms), salt_of(asked, pseudonyms)
    history = History(visit, salt=salt)
    if then.quiet:
        # As it was when the call came in: what it left itself was not there yet.
        before = recorded.decided_at - timedelta(microseconds=1)
        history = database.run_now(partial(recall, visit=visit, salt=salt, now=before, reach=then.knowledge.quiet.reach, zone=then.zone))
    today = date.fromisoformat(recorded.today)
    return decision_of(
        asked,
        evaluation_of(asked, then.knowledge, today=today, client=then.clients.get(recorded.client), history=history),
        pseudonyms,
        service=recorded.service,
        version=then.version,
        at=recorded.decided_at,
        today=today,
        shown=all(card.shown for card in recorded.cards),
        milliseconds=0,
    )


def _fetched(asked: HookRequest, recorded: Decision) -> tuple[str, ...]:
    """The keys of which the record knows more than the request holds: they were read from a FHIR server, all or some of their pages."""
    sent = chart_of_prefetch(asked.prefetch, patient=asked.context.patient_id, server=asked.fhir_server).keys

    def is_more(key: str, state: str) -> bool:
        # A site may well have taken the token out of what it stored.
        return sent[key] is KeyState.MISSING or (bool(asked.fhir_server) and state != sent[key] is KeyState.PARTIAL)

    known = {key: recorded.data.get(key, KeyState.MISSING) for key in sent}
    return tuple(key for key, state in known.items() if state != KeyState.MISSING and is_more(key, state))


def _values(keys: tuple[str, ...], chart: Chart, recorded: Decision) -> Iterator[tuple[str, msgspec.Raw]]:
    """The keys with the resources of their types; each resource lies in one of them."""
    taken: set[str] = set()
    for key in keys:
        kinds = set(KEYS[key]) - taken
        taken |= kinds
        entries = b",".join(b'{"resource":' + bytes(one.raw) + b"}" for one in chart.entries if one.kind in kinds)
        found = msgspec.Raw(b'{"resourceType":"Bundle","type":"searchset","entry":[' + entries + b"]}")
        yield key, _OUTCOME if recorded.data[key] == KeyState.ERROR else found


def _differences(recorded: Decision, again: Decision, left_out: set[str]) -> Iterator[Difference]:
    for field in fields(Decision):
        before, now = getattr(recorded, field.name), getattr(again, field.name)
        # What was stored as JSON comes back as lists.
        if field.name not in left_out and _plain(before) != _plain(now):
            yield Difference(field.name, before, now)


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
