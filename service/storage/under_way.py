"""The transactions that a database is at, and how they are ended before they are done."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from time import sleep
from typing import Any

from sqlalchemy import Connection

# How often a transaction is interrupted, as it may be between two statements, and the seconds from one time to the next.
_TIMES, _PAUSE = 50, 0.02
# Seconds in which PostgreSQL takes the word that a statement is to end.
_CANCEL_SECONDS = 1.0


class UnderWay:
    """What is being done."""

    def __init__(self) -> None:
        self._drivers: set[Any] = set()
        self._over = Event()

    @property
    def over(self) -> bool:
        """Whether it was broken off, so that nothing is to begin any more."""
        return self._over.is_set()

    @contextmanager
    def doing(self, connection: Connection) -> Iterator[None]:
        """Count what happens on a connection among it."""
        driver = connection.connection.driver_connection
        self._drivers.add(driver)
        try:
            yield
        finally:
            self._drivers.discard(driver)

    def break_off(self) -> None:
        """End it, and return when all of it has ended or will not: whoever waits for a statement gets the error of its driver."""
        self._over.set()
        for _ in range(_TIMES):
            if not self._drivers:
                return
            for driver in tuple(self._drivers):
                try:
                    _interrupt(driver)
                except Exception:  # it is done at this very moment, or the database is away
                    self._drivers.discard(driver)
            sleep(_PAUSE)


def _interrupt(driver: Any) -> None:
    if isinstance(driver, sqlite3.Connection):
        driver.interrupt()
    else:
        driver.cancel_safe(timeout=_CANCEL_SECONDS)
