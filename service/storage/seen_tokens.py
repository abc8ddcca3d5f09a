"""Which tokens of clients were used: a token is good for one call, also after a restart, and at whichever replica."""

from collections.abc import Callable

from sqlalchemy import Connection, delete

from cds_hooks.client_auth import LONGEST_LIFE
from cds_hooks.errors import AuthenticationUnavailable
from service.storage.database import Database, NotStored
from service.storage.once import insert_once
from service.storage.schema import seen_token

_RETRY_AFTER = 5


class StoredTokens:
    """SeenTokens in the database; `clock` gives seconds since 1970. One that expired an hour ago is forgotten."""

    def __init__(self, database: Database, *, clock: Callable[[], float]) -> None:
        self._database = database
        self._clock = clock

    async def is_first(self, issuer: str, jti: str, *, until: float) -> bool:
        """Note a token, and say whether it had not been seen. Raises AuthenticationUnavailable."""

        def note(connection: Connection) -> bool:
            connection.execute(delete(seen_token).where(seen_token.c.until < self._clock() - LONGEST_LIFE))
            return insert_once(connection, seen_token, {"issuer": issuer, "jti": jti, "until": until}, key=("issuer", "jti"))

        try:
            return await self._database.run(note, what="a token")
        except NotStored:
            raise AuthenticationUnavailable(retry_after=_RETRY_AFTER) from None
