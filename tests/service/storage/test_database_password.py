"""The password of PostgreSQL in a file of its own: checked at the start, taken anew for each connection, never repeated."""

import pytest
from sqlalchemy import event

from service.database_url import PostgreSQL
from service.settings import InvalidSettings, read_settings
from service.storage.engines import postgresql_engine


def problems(environ: dict[str, str]) -> tuple[str, ...]:
    with pytest.raises(InvalidSettings) as refused:
        read_settings(environ)
    return refused.value.problems


def test_the_password_of_the_database_may_lie_in_a_file(tmp_path):
    """The address has none then; a file that is away, empty or of several lines stops the start, and none of it is repeated."""
    file = tmp_path / "password"
    environ = {"CLUNEAL_DATABASE_URL": "postgresql://cds@db.example/cds", "CLUNEAL_PSEUDONYM_KEY_FILE": "key"}
    environ["CLUNEAL_DATABASE_PASSWORD_FILE"] = str(file)
    missing = problems(environ)
    file.write_text("s3cr3t\nand more\n")
    more = problems(environ)
    file.write_text("s3cr3t\n")

    assert read_settings(environ).place == PostgreSQL("postgresql://cds@db.example/cds", file)
    assert missing == ("CLUNEAL_DATABASE_PASSWORD_FILE: the file cannot be read (No such file or directory)",)
    assert more == ("CLUNEAL_DATABASE_PASSWORD_FILE: the file must hold the password, on one line, and nothing else",)
    assert "only with PostgreSQL" in problems({**environ, "CLUNEAL_DATABASE_URL": "off"})[0]


def test_a_password_from_a_file_is_taken_anew_for_each_connection(tmp_path, server):
    """Changed in the file while the service runs, it is the one that is used; the address has none."""
    file = tmp_path / "password"
    file.write_text("first\n")
    engine = postgresql_engine(PostgreSQL(server.url("postgres"), file))
    used: list[str] = []
    event.listen(engine, "do_connect", lambda _dialect, _record, _arguments, parameters: used.append(parameters["password"]))
    for password in ("first", "second"):
        file.write_text(f"{password}\n")
        with engine.connect():
            pass
        engine.dispose()

    assert used == ["first", "second"]
