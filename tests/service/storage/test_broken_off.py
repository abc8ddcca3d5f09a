"""A reading that is broken off: whoever waits for it is told, and nothing is read any more."""

import asyncio
from threading import Event

import pytest
from sqlalchemy import text

from service.database_url import read_database_url
from service.storage.database import Database, NotStored

# Never done on SQLite, and on PostgreSQL only after the test has failed.
_ENDLESS = {
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n",
    "postgresql": "SELECT pg_sleep(100)",
}


@pytest.fixture
def database(url):
    database = Database(read_database_url(url), wait=90, patient=True, reads=True)
    yield database
    database.close()


@pytest.mark.parametrize("statements", [1, 2], ids=["in a statement", "between two"])
async def test_whoever_waits_for_it_is_told(database, statements):
    """At once, and so is whoever comes later; the threads are free, so that the database can be closed."""
    begun, interrupted = Event(), Event()

    def read(store):
        begun.set()
        if statements == 2:
            interrupted.wait(30)
        return store.execute(text(_ENDLESS[store.dialect.name])).scalar()

    waiting = asyncio.create_task(database.run(read, what="a report"))
    await asyncio.to_thread(begun.wait, 30)
    breaking = asyncio.create_task(asyncio.to_thread(database.break_off))
    await asyncio.sleep(0.1)
    interrupted.set()

    with pytest.raises(NotStored):
        await waiting
    await breaking
    with pytest.raises(NotStored):
        await database.run(lambda store: store.execute(text("SELECT 1")).scalar(), what="another report")
