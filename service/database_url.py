"""Where the service remembers: a SQLite file, a PostgreSQL database, or nowhere, as CLUNEAL_DATABASE_URL says it."""

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class SQLiteFile:
    """A file of this machine, written by this service alone. From now on the same one, whatever the working directory becomes."""

    path: Path

    @property
    def key_file(self) -> Path:
        """Where the key of the pseudonyms lies unless a setting names another place."""
        return self.path.with_name(f"{self.path.name}.key")


@dataclass(frozen=True, slots=True)
class PostgreSQL:
    """A database that several replicas share; the address may hold a password, or a file may, which is read for each connection."""

    url: str = field(repr=False)
    password_file: Path | None = None


Place = SQLiteFile | PostgreSQL


def read_database_url(text: str, *, password_file: Path | None = None) -> Place | None:
    """The place that `text` names; None for "off". Raises ValueError with a sentence that repeats nothing of it."""
    if text == "off":
        return None
    if text.startswith("sqlite:///"):
        return SQLiteFile(_file(text.removeprefix("sqlite:///")))
    if text.startswith("postgresql://") and _names_a_database(text):
        return PostgreSQL(text, password_file)
    raise ValueError(
        "sqlite:///FILE (with a fourth slash for an absolute path), postgresql://USER@HOST/DATABASE, or off to remember nothing"
    )


def read_password(path: Path) -> str:
    """The password in a file, which is its one line. Raises ValueError with a sentence that repeats nothing of it."""
    try:
        password = path.read_text(encoding="utf-8").rstrip("\r\n")
    except OSError as failed:
        raise ValueError(f"the file cannot be read ({failed.strerror})") from None
    except UnicodeDecodeError:
        password = ""
    if not password or not password.isprintable():
        raise ValueError("the file must hold the password, on one line, and nothing else")
    return password


def _file(name: str) -> Path:
    path = Path(name)
    try:
        # SQLite takes some names for a database in memory, or for an address; and a query is no part of a name.
        fits = "?" not in name and not path.name.startswith((":", "file:")) and not path.is_dir() and path.parent.is_dir()
    except (OSError, ValueError):
        fits = False
    if not fits:
        raise ValueError("a file, new or our own, in a folder that is there and may be entered")
    return path.absolute()


def _names_a_database(text: str) -> bool:
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return False
    return bool(parts.path.strip("/")) and text.isprintable() and " " not in text
