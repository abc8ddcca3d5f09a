"""Stores that can be counted by hand: decisions and feedback that differ from an ordinary one in what a test says."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import insert

from service.agreed_acceptance import AgreedAcceptance
from service.history import Gist
from service.knowledge.load import load_knowledge
from service.numbers.report import Frame, Report
from service.numbers.taken import take_report
from service.storage.database import Database
from service.storage.decisions import DecidedCard, Decision, keep_decision
from service.storage.schema import feedback

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
WORKUP = Gist("workup", ("superior", "middle"), "unknown", "moderate")
BLOCK = Gist("block", ("middle",), "right", "high")
KEYS = ("patient", "conditions", "procedures")
_SILENT = Decision(
    decided_at=NOON,
    today="2026-11-20",
    client="ehr",
    service="cluneal-patient-view",
    hook="patient-view",
    hook_instance="i",
    patient="patient-1",
    encounter="visit-1",
    caller="user",
    version="1",
    knowledge="1",
    input_digest="d",
    data=dict.fromkeys(KEYS, "supplied"),
    findings={},
    rules=(),
    outcome="silence",
    silence={"rule": "T-LOW", "also": []},
    milliseconds=10.0,
    shown=True,
    entries=10,
    unknown_codes=0,
    facts=5,
    undated=0,
    unrecorded=0,
)
_numbers = count()


def silent(days: float = 0, **other: Any) -> Decision:
    """A call `days` before noon of 2026-11-20 that was answered without a card."""
    at = NOON - timedelta(days=days)
    return replace(_SILENT, **{"decided_at": at, "today": at.date().isoformat(), **other})


def carded(
    uuid: str, gist: Gist = WORKUP, days: float = 0, *, shown: bool = True, rules: tuple[str, ...] = ("I-01", "S3"), **other: Any
) -> Decision:
    """A call that gave a card."""
    made = {"outcome": gist.kind, "silence": {}, "rules": rules, "shown": shown, "cards": (DecidedCard(uuid, shown, "T", gist),)}
    return silent(days, **{**made, **other})


def remember(database: Database, *decisions: Decision) -> None:
    """Put them into the store, in this order."""
    for one in decisions:
        database.run_now(lambda store, one=one: keep_decision(store, one))  # type: ignore[misc]


def hear(database: Database, card: str, outcome: str = "accepted", days: float = 0, **other: Any) -> None:
    """Put an answer to a card into the store; `days` before noon of 2026-11-20."""
    at = NOON - timedelta(days=days)
    row = {
        "digest": f"digest-{next(_numbers)}",
        "received_at": at,
        "client": "ehr",
        "service": "cluneal-patient-view",
        "card": card,
        "card_known": True,
        "outcome": outcome,
        "outcome_timestamp": at,
        "accepted_suggestions": [],
        **other,
    }
    database.run_now(lambda store: store.execute(insert(feedback), [row]))


def taken(database: Database, *, since: str = "2026-10-01", until: str = "2026-11-20", **other: Any) -> Report:
    """The report of the store, as it is at noon of 2026-11-20."""
    zone = ZoneInfo(other.pop("zone", "UTC"))
    asked = {"client": None, "ignored_after": 14, "agreed": AgreedAcceptance(), **other}
    frame = Frame(date.fromisoformat(since), date.fromisoformat(until), **asked)
    return database.run_now(
        lambda store: take_report(store, frame, load_knowledge(), now=NOON, zone=ZoneInfo(zone) if isinstance(zone, str) else zone)
    )
