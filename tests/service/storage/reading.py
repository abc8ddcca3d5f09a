"""What lies in a store, read by somebody who is not the service: the drivers alone."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg.rows import dict_row


def rows(url: str, table: str, order: str = "id") -> list[dict[str, Any]]:
    """The rows of a table; moments as ISO 8601, booleans as 0 and 1."""
    query = f"SELECT * FROM {table} ORDER BY {order}"  # noqa: S608 - names that the tests write
    if url.startswith("sqlite:///"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as database:
            database.row_factory = sqlite3.Row
            return [dict(row) for row in database.execute(query)]
    with psycopg.connect(url, row_factory=dict_row) as connection:
        return [{name: _plain(value) for name, value in row.items()} for row in connection.execute(query)]


def execute(url: str, statement: str) -> None:
    """Change something behind the back of the service."""
    if url.startswith("sqlite:///"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)) as database:
            database.execute(statement)
    else:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(statement)


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return int(value) if isinstance(value, bool) else value
