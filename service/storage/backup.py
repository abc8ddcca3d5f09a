"""A copy of a SQLite file that is in use: SQLite's own backup, which sees one moment and holds up nobody.

Copying the file by other means misses what still lies in its journal (`-wal`).
Source: https://www.sqlite.org/backup.html
"""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from service.database_url import SQLiteFile
from service.errors import ClinicError

# Pages in one step, and seconds for a writer's turn in between.
_PAGES = 1_000


class NoBackup(ClinicError):
    """A copy could not be made; the message says why."""


def back_up(source: SQLiteFile, copy: Path) -> None:
    """Make a copy, for its owner alone, and check that it is whole. Raises NoBackup; then there is no copy."""
    if not source.path.exists():
        raise NoBackup(f"{source.path} is not there: nothing was remembered yet.")
    try:
        os.close(os.open(copy, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        raise NoBackup(f"{copy} is there already; a backup is never overwritten.") from None
    except OSError as failed:
        raise NoBackup(f"The backup cannot be written to {copy} ({failed.strerror}).") from None
    try:
        with closing(sqlite3.connect(source.path)) as ours, closing(sqlite3.connect(copy)) as theirs:
            ours.backup(theirs, pages=_PAGES)
            # One file, that can be moved: the journal is for a file that is written.
            theirs.execute("PRAGMA journal_mode = DELETE")
            (verdict,) = theirs.execute("PRAGMA integrity_check").fetchone()
    except sqlite3.Error as failed:
        copy.unlink()
        name = getattr(failed, "sqlite_errorname", type(failed).__name__)
        raise NoBackup(f"The backup failed: {name}.") from None
    if verdict != "ok":
        copy.unlink()
        raise NoBackup(f"{source.path} is damaged, SQLite says; restore the last good backup.")
