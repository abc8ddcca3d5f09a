"""How long a report takes on a large store: `python -m benchmarks.counting [URL] [--decisions N]`; by itself, not part of `make bench`.

The store is made up: decisions of five clients over a year, one card in forty, of which a third is answered; each row is as long as that of
an ordinary chart. PostgreSQL gets its tables from `cluneal-cds db upgrade` first.
"""

import argparse
import json
import random
import tempfile
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Any

from sqlalchemy import insert

from service.agreed_acceptance import AgreedAcceptance
from service.database_url import read_database_url
from service.knowledge.load import load_knowledge
from service.numbers.report import Frame
from service.numbers.taken import take_report
from service.storage.database import Database, Store
from service.storage.schema import card, decision, feedback

_NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
_KEYS = ("patient", "conditions", "procedures", "encounter", "reports", "exams", "surveys", "labs", "medications", "allergies", "orders")
_SILENT = ("T-LOW", "I-02", "I-03", "D-08", "D-04", "X-05")
_RULES = ("I-01", "I-02", "I-03", "I-04", "C-01", "N-none", "E-SCN", "E-MCN", "E-ICN", "E-ALL", "S3", "S4")
_ONE_IN = 40
_BATCH = 20_000


def main() -> None:
    """Fill a store, take the report of the whole year and of one month, and print how long each took."""
    options = argparse.ArgumentParser(prog="python -m benchmarks.counting", description=__doc__)
    options.add_argument("url", nargs="?", default="")
    options.add_argument("--decisions", type=int, default=1_000_000)
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = read_database_url(given.url or f"sqlite:///{Path(folder) / 'many.sqlite'}")
        assert place is not None
        database = Database(place, wait=600, patient=True)
        began = perf_counter()
        for first in range(0, given.decisions, _BATCH):
            rows = list(_decisions(first, min(_BATCH, given.decisions - first), given.decisions))
            database.run_now(lambda store, rows=rows: _fill(store, rows))  # type: ignore[misc]
        print(f"{given.decisions:,} decisions made up in {perf_counter() - began:.0f} s")
        knowledge = load_knowledge()
        for days in (365, 30):
            frame = Frame(date(2026, 11, 20) - timedelta(days), date(2026, 11, 20), None, 14, AgreedAcceptance())
            began = perf_counter()
            report = database.run_now(lambda store, frame=frame: take_report(store, frame, knowledge, now=_NOW, zone=UTC))  # type: ignore[misc]
            print(f"{days} days, {report.calls:,} calls, {report.live.fate.cards:,} cards: {perf_counter() - began:.1f} s")
        database.close()


def _fill(store: Store, rows: list[dict[str, Any]]) -> None:
    store.execute(insert(decision), rows)
    cards = [row for row in rows if row["outcome"] == "workup"]
    store.execute(insert(card), [_card(row) for row in cards])
    store.execute(insert(feedback), [_answer(row) for row in cards if row["id"] % 3 == 0])


def _decisions(first: int, count: int, of: int) -> Iterator[dict[str, Any]]:
    dice = random.Random(first)
    findings = {f"{name}-{number}": dice.choice(("present", "absent")) for number in range(3) for name in _KEYS}
    for number in range(first, first + count):
        at = _NOW - timedelta(days=365 * (1 - number / of))
        carded = number % _ONE_IN == 0
        states = {key: "supplied" if dice.random() < 0.97 else dice.choice(("null", "missing", "error")) for key in _KEYS}
        yield {
            "id": number + 1,
            "decided_at": at,
            "today": at.date().isoformat(),
            "client": f"client-{number % 5}",
            "service": "cluneal-patient-view",
            "hook": "patient-view" if dice.random() < 0.8 else "order-sign",
            "hook_instance": f"{dice.getrandbits(128):032x}",
            "patient": f"{number % 5}{dice.randrange(200_000):063x}",
            "encounter": f"{dice.randrange(500_000):064x}",
            "caller": f"{dice.randrange(500):064x}",
            "version": "0",
            "knowledge": "2026.7",
            "input_digest": f"{dice.getrandbits(256):064x}",
            "data": states,
            "findings": findings,
            "rules": _RULES if carded else (),
            "outcome": "workup" if carded else "silence",
            "silence": {} if carded else {"rule": dice.choice(_SILENT), "also": []},
            "milliseconds": round(dice.lognormvariate(2.3, 0.5), 3),
            "shown": number % 5 != 4,
            "entries": 40,
            "unknown_codes": number % 7,
            "facts": 12,
            "undated": number % 3,
            "unrecorded": 0,
        }


def _card(row: dict[str, Any]) -> dict[str, Any]:
    what = {"topic": "CLUNEALNEUROPATHY", "kind": "workup", "nerves": ["superior"], "side": "unknown", "tier": "moderate"}
    rest = {"about": "", "ordered": "", "facts": ["0" * 16] * 8, "in_vain": []}
    return {"decision": row["id"], "client": row["client"], "uuid": _uuid(row), "shown": row["shown"], **what, **rest}


def _answer(row: dict[str, Any]) -> dict[str, Any]:
    accepted = row["id"] % 2 == 0
    return {
        "digest": json.dumps(row["id"]),
        "received_at": row["decided_at"],
        "client": row["client"],
        "service": row["service"],
        "card": _uuid(row),
        "card_known": True,
        "outcome": "accepted" if accepted else "overridden",
        "outcome_timestamp": row["decided_at"],
        "accepted_suggestions": [],
        "reason_code": None if accepted else "cds-not-applicable",
    }


def _uuid(row: dict[str, Any]) -> str:
    return f"00000000-0000-4000-8000-{row['id']:012x}"


if __name__ == "__main__":
    main()
