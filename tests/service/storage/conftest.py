"""Where the store of a test lies: each test runs on a SQLite file and on a PostgreSQL of its own, unless it asks for one of them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from service.database_url import read_database_url
from service.storage.engines import postgresql_engine
from service.storage.migrate import upgrade
from tests.postgresql import Server


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A PostgreSQL server for all tests of a run."""
    server = Server()
    yield server
    server.remove()


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    """A key of pseudonyms that was made before."""
    path = tmp_path / "pseudonyms.key"
    path.write_text("00112233445566778899aabbccddeeff" * 2)
    return path


@pytest.fixture
def postgresql_url(server: Server) -> str:
    """A database with the tables of this version."""
    url = server.new_database()
    upgrade_now(url)
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a store, as CLUNEAL_DATABASE_URL has it."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'cluneal.sqlite'}"
    found: str = request.getfixturevalue("postgresql_url")
    return found


@pytest.fixture
def environ(url: str, key_file: Path) -> dict[str, str]:
    """The settings of a service with this store."""
    return {
        "CLUNEAL_DATABASE_URL": url,
        "CLUNEAL_PSEUDONYM_KEY_FILE": str(key_file),
        "CLUNEAL_STORE_DEADLINE_S": "20",
    }


def upgrade_now(url: str) -> str:
    """Do what `cluneal-cds db upgrade` does for PostgreSQL."""
    place = read_database_url(url)
    engine = postgresql_engine(place, patient=True)  # type: ignore[arg-type]
    try:
        with engine.begin() as connection:
            return upgrade(connection)
    finally:
        engine.dispose()
