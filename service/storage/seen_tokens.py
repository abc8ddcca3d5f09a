"""Which tokens of clients were used, in a SQLite file: a token is good for one call, also after a restart."""

import sqlite3
from collections.abc import Callable

from cds_hooks.errors import AuthenticationUnavailable
from service.storage.sqlite import NotWritten, SQLiteFile

_RETRY_AFTER = 5
_TABLE = "CREATE TABLE IF NOT EXISTS seen_token (issuer TEXT NOT NULL, jti TEXT NOT NULL, until REAL NOT NULL, PRIMARY KEY (issuer, jti))"
_INDEX = "CREATE INDEX IF NOT EXISTS seen_token_until ON seen_token (until)"
_INSERT = "INSERT INTO seen_token (issuer, jti, until) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
_FORGET = "DELETE FROM seen_token WHERE until < ?"


class SQLiteTokens:
    """SeenTokens in a SQLite file; `clock` gives seconds since 1970. A token that has expired is forgotten: its age refuses it already."""

    def __init__(self, file: SQLiteFile, *, clock: Callable[[], float]) -> None:
        self._file = file
        self._clock = clock

    async def is_first(self, issuer: str, jti: str, *, until: float) -> bool:
        """Note a token, and say whether it had not been seen. Raises AuthenticationUnavailable."""

        def note(database: sqlite3.Connection) -> bool:
            database.execute(_TABLE)
            database.execute(_INDEX)
            database.execute(_FORGET, (self._clock(),))
            return database.execute(_INSERT, (issuer, jti, until)).rowcount == 1

        try:
            return await self._file.write(note, what="a token")
        except NotWritten:
            raise AuthenticationUnavailable(retry_after=_RETRY_AFTER) from None
