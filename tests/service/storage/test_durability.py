"""What is acknowledged is on the disk: read from the living connections of the service, whatever the machine's defaults are."""

from contextlib import closing

import pytest
from sqlalchemy import text

from service.database_url import read_database_url
from service.storage.database import Database
from tests.syncs import Seen, read_trace


def setting(url, statement):
    """What the connection that the service writes with says of itself."""
    with closing(Database(read_database_url(url), wait=20)) as database:
        return database.run_now(lambda connection: connection.execute(text(statement)).scalar())


@pytest.mark.parametrize(("pragma", "value"), [("synchronous", 2), ("journal_mode", "wal"), ("foreign_keys", 1)])
def test_sqlite_syncs_before_a_commit_ends(tmp_path, pragma, value):
    """synchronous = FULL (2): one sync of the log for each commit, not one now and then."""
    assert setting(f"sqlite:///{tmp_path / 'x.sqlite'}", f"PRAGMA {pragma}") == value


@pytest.mark.parametrize(("name", "value"), [("synchronous_commit", "on"), ("fsync", "on")])
def test_postgresql_syncs_before_a_commit_ends(postgresql_url, name, value):
    """The service asks for it with each connection: this server is set not to."""
    assert setting(postgresql_url, f"SHOW {name}") == value


def test_an_answer_without_a_sync_is_seen():
    """Two answers, of which the second came without anything having been synced in between."""
    sync = "12 fdatasync(9</x/memory.sqlite-wal>) = 0\n"
    answer = '11 writev(14<TCP:[1]>, [{iov_base="HTTP/1.1 200 OK\\r\\ndate: Fri"...}], 1) = 200\n'

    assert read_trace(sync + answer + sync + answer) == Seen(2, 2, 0)
    assert read_trace(sync + answer + answer) == Seen(2, 1, 1)
    assert read_trace(sync.replace("memory", "other") + answer) == Seen(1, 0, 1)
