"""Transactions that wait for a SQLite file at the same moment: one commit for all, and none suffers from another."""

import asyncio
import threading

import pytest
from sqlalchemy import Engine, event

from service.database_url import SQLiteFile
from service.storage.database import Database, NotStored


@pytest.fixture
def database(tmp_path):
    found = Database(SQLiteFile(tmp_path / "cluneal.sqlite"), wait=20)
    found.prepare()
    yield found
    found.close()


@pytest.fixture
def commits():
    """One entry for each commit of any engine."""
    made: list[object] = []

    def note(connection):
        made.append(connection)

    event.listen(Engine, "commit", note)
    yield made
    event.remove(Engine, "commit", note)


@pytest.fixture
def opened(database):
    """One entry for each connection that is made after the database was prepared."""
    made: list[object] = []

    def note(connection, _):
        made.append(connection)

    event.listen(Engine, "connect", note)
    yield made
    event.remove(Engine, "connect", note)


def adding(name):
    """A transaction that adds a row of this name."""
    return lambda store: store.exec_driver_sql("INSERT INTO seen_token VALUES ('test', ?, 0)", (name,)).rowcount


def kept(database):
    """The names of the rows that are there."""
    return set(database.run_now(lambda store: store.exec_driver_sql("SELECT jti FROM seen_token").scalars().all()))


async def beside(database, *works, waiting=None):
    """What becomes of transactions that all wait while another is carried out, in their order; `waiting` gets their tasks."""
    going, all_wait = threading.Event(), threading.Event()

    def first(store):
        going.set()
        all_wait.wait(20)

    held = asyncio.ensure_future(database.run(first, what="the first"))
    await asyncio.to_thread(going.wait, 20)
    waiting = [] if waiting is None else waiting
    waiting += [asyncio.ensure_future(database.run(work, what="a row")) for work in works]
    await asyncio.sleep(0)
    all_wait.set()
    await held
    return await asyncio.gather(*waiting, return_exceptions=True)


async def test_those_that_wait_share_a_commit(database, commits):
    """Twenty calls that wait for the disk wait for it once, and each gets what its own transaction gave."""
    told = await beside(database, *(adding(str(number)) for number in range(20)))

    assert told == [1] * 20
    assert kept(database) == {str(number) for number in range(20)}
    assert len(commits) == 3  # the one before them, theirs, and that of our look


async def test_one_that_fails_fails_alone(database):
    """What one call does wrong is nobody else's loss."""
    told = await beside(database, adding("a"), lambda store: store.exec_driver_sql("INSERT INTO nowhere VALUES (1)"), adding("b"))

    assert told[0] == told[2] == 1
    assert isinstance(told[1], NotStored)
    assert kept(database) == {"a", "b"}


def failing(name, how):
    """A transaction that adds a row, and then goes wrong."""

    def work(store):
        adding(name)(store)
        how(store)

    return work


def mistake(_):
    raise ValueError("what was given makes no sense")


async def test_what_goes_wrong_by_itself_costs_the_others_nothing(database, commits, opened):
    """One in four fails after it wrote: each is told, nothing of it is kept, and the others have their one commit and the open file."""
    twice = adding("twice")
    works = [failing(f"bad {at}", mistake if at % 8 else twice) if at % 4 == 0 else adding(f"good {at}") for at in range(40)]
    told = await beside(database, twice, *works)

    bad = [one for one in told if one != 1]
    assert [type(one) for one in bad] == [NotStored, ValueError] * 5
    assert kept(database) == {"twice", *(f"good {at}" for at in range(40) if at % 4)}
    assert len(commits) == 3
    assert not opened


async def test_a_transaction_that_ended_behind_our_back_takes_none_with_it(database):
    """As SQLite ends one by itself when a disk is full: what came before it is not lost, what comes after it is not half."""

    def ends_it(store):
        store.exec_driver_sql("ROLLBACK")
        raise ValueError

    told = await beside(database, adding("a"), failing("bad", ends_it), adding("b"))

    assert (told[0], type(told[1]), told[2]) == (1, ValueError, 1)
    assert kept(database) == {"a", "b"}


async def test_one_that_was_given_up_leaves_nothing(database):
    """Who stopped waiting was told that nothing is stored, and so it is; the others are stored."""
    loop, over, waiting = asyncio.get_running_loop(), threading.Event(), []

    def give_up_the_other():
        waiting[0].add_done_callback(lambda _: over.set())
        waiting[0].cancel()

    def adds_while_the_other_gives_up(store):
        loop.call_soon_threadsafe(give_up_the_other)
        over.wait(20)
        return adding("kept")(store)

    told = await beside(database, adding("given up"), adds_while_the_other_gives_up, waiting=waiting)

    assert isinstance(told[0], asyncio.CancelledError)
    assert told[1] == 1
    assert kept(database) == {"kept"}
