"""The log: one line for one thing, JSON for programs and words for a terminal, with no field that is not in a list.

What libraries say is told by its place alone: their messages and tracebacks may quote what they worked on.
Source: threat model, rows 15 and 16; https://www.structlog.org.
"""

import json
import logging
import sys
import traceback
import warnings
from collections.abc import Mapping, MutableMapping
from datetime import UTC, datetime
from typing import Any, Literal, TextIO, cast

import structlog

# Every field that a line may have, and nothing else: names of ours, numbers, words of ours. A value from a request is none of them.
FIELDS = frozenset(
    {
        *("at", "level", "logger", "event", "dropped"),
        *("call", "method", "client", "hook", "status", "code", "ms", "parts", "cards", "shown", "silence", "degraded"),
        *("fetched", "unread", "items", "stored"),
        *("failure", "places"),
    }
)
# Loggers whose words are our own. uvicorn tells of its start and stop, and of what is no HTTP, without quoting it; alembic of revisions.
_OURS = ("service", "cds_hooks")
_KNOWN = (*_OURS, "uvicorn", "alembic")
# What these tell of their work has addresses, and an address has the id of a patient.
_QUIET = ("httpx", "httpcore", "sqlalchemy", "uvicorn.access", "asyncio", "aiosqlite", "psycopg", "psycopg.pool")

Event = MutableMapping[str, Any]
Log = structlog.stdlib.BoundLogger
Format = Literal["auto", "json", "text"]


class FieldDropped(UserWarning):
    """Code of ours logged a field that is not in FIELDS. A mistake to mend: the value was left out, and the line says which it was."""


def log_of(name: str) -> Log:
    """The log of one part of the service, by the name of its module."""
    made = structlog.wrap_logger(
        logging.getLogger(name),
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.add_log_level,
            only_fields,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        context_class=dict,
    )
    # Bound here and now: what wrap_logger gives is put together anew with every line.
    return cast(Log, made.bind())


def only_fields(_: object, __: str, event: Event) -> Event:
    """The event without fields that are not in the list, and with their names."""
    unknown = sorted(event.keys() - FIELDS)
    if not unknown:
        return event
    warnings.warn(f"not a field of the log: {', '.join(unknown)}", FieldDropped, stacklevel=2)
    return {**{name: value for name, value in event.items() if name in FIELDS}, "dropped": unknown}


def start_logging(level: str, format_: Format = "auto", *, stream: TextIO | None = None) -> None:
    """Send all logs of the process to standard error: as words where that is a terminal, else as JSON, unless it is said which."""
    out = stream or sys.stderr
    words = format_ == "text" or (format_ == "auto" and out.isatty())
    plain = logging.StreamHandler(out)
    plain.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[
                _in_order,
                _as_words if words else structlog.processors.JSONRenderer(),
            ],
            foreign_pre_chain=[structlog.stdlib.add_logger_name, structlog.stdlib.add_log_level, _foreign],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [plain]
    root.setLevel(level.upper())
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    if level != "debug":
        logging.getLogger("uvicorn").setLevel(logging.WARNING)
    logging.captureWarnings(True)
    # The line says it already.
    warnings.filterwarnings("ignore", category=FieldDropped)
    # A call of the log that is wrong would be shown with what was to be logged.
    logging.raiseExceptions = False


def _foreign(_: object, __: str, event: Event) -> Event:
    """A line that did not come through `log_of`: its words where they are ours or known to quote nothing, else its kind and place."""
    record: logging.LogRecord = event["_record"]
    told: Event = {name: event[name] for name in ("_record", "_from_structlog", "logger", "level") if name in event}
    known = record.name.partition(".")[0] in _KNOWN
    told["event"] = event["event"].strip() if known else f"{record.module}.{record.funcName}, line {record.lineno}"
    failed = record.exc_info[1] if record.exc_info else None
    if failed is not None:
        # The type and the places, never the message.
        frames = traceback.extract_tb(failed.__traceback__)[-5:]
        told["failure"] = type(failed).__name__
        told["places"] = [f"{one.name} ({one.filename}:{one.lineno})" for one in reversed(frames)]
    return told


def _in_order(_: object, __: str, event: Event) -> Event:
    """When, how bad, who and what first; the moment is that of the record."""
    told = {name: value for name, value in event.items() if not name.startswith("_")}
    moment = datetime.fromtimestamp(event["_record"].created, UTC).isoformat(timespec="milliseconds")
    return {"at": moment, "level": told.pop("level", ""), "logger": told.pop("logger", ""), "event": told.pop("event", ""), **told}


def _as_words(_: object, __: str, event: Mapping[str, Any]) -> str:
    """One line for a person. What a line break or a colour would do to a terminal is written out."""
    told = dict(event)
    head = f"{told.pop('at')} {told.pop('level').upper():7} {told.pop('logger')}: {_printable(told.pop('event'))}"
    return " ".join((head, *(f"{name}={_printable(value)}" for name, value in told.items())))


def _printable(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return text if text.isprintable() else json.dumps(text)
