"""A row that may be there already, as both databases say it."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from sqlalchemy import Connection, Table


def insert_once(connection: Connection, table: Table, row: Mapping[str, Any], *, key: tuple[str, ...]) -> bool:
    """Whether the row was new; one with the same `key` stays as it is. A row that breaks another rule of the table is a failure."""
    # The word of the database that is connected; the other one is not taken in.
    dialect = import_module(f"sqlalchemy.dialects.{connection.dialect.name}")
    insert = dialect.insert(table).values(**row).on_conflict_do_nothing(index_elements=key)
    # Only UPDATE and DELETE are counted without being asked.
    return connection.execute(insert, execution_options={"preserve_rowcount": True}).rowcount == 1
