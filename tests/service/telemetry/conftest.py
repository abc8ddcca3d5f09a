"""What the tests of what is told have in common: a store in a SQLite file, and the log of the process as `serve` starts it."""

import io
import logging
import warnings

import pytest

from service.telemetry.logs import start_logging


@pytest.fixture
def environ(tmp_path):
    """The settings of a service with a store of its own."""
    return {"CLUNEAL_DATABASE_URL": f"sqlite:///{tmp_path / 'cluneal.sqlite'}", "CLUNEAL_STORE_DEADLINE_S": "20"}


@pytest.fixture
def started():
    """Starts the log of the process as `serve` does, into a text; afterwards it is as it was."""
    root, names = logging.getLogger(), ("uvicorn", "alembic", "httpx", "httpcore", "sqlalchemy", "asyncio")
    before = root.handlers[:], root.level, {name: logging.getLogger(name).level for name in names}, logging.raiseExceptions

    def start(level="info", format_="json"):
        stream = io.StringIO()
        start_logging(level, format_, stream=stream)
        return stream

    with warnings.catch_warnings():
        yield start
    logging.captureWarnings(False)
    root.handlers[:], levels = before[0], before[2]
    root.setLevel(before[1])
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)
    logging.raiseExceptions = before[3]
