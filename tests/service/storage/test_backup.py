"""Backup and restore, on both databases: what was acknowledged is there again, recognised and verifiable."""

import asyncio
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.postgresql import Server
from tests.service.storage.calls import ask, question, running, tell
from tests.service.storage.test_memory_commands import command, said


@pytest.fixture
def sqlite(tmp_path: Path, key_file: Path) -> dict[str, str]:
    """Settings with a SQLite file."""
    return {"CLUNEAL_DATABASE_URL": f"sqlite:///{tmp_path / 'cluneal.sqlite'}", "CLUNEAL_PSEUDONYM_KEY_FILE": str(key_file)}


async def _dismissed(environ, instance: str) -> str:
    """A card that is shown and dismissed."""
    async with running(environ) as caller:
        (card,) = (await ask(caller, question(instance=instance))).json()["cards"]
        assert (await tell(caller, card["uuid"])).status_code == 200
    return str(card["uuid"])


def exported(environ) -> set[str]:
    return {json.loads(line)["card"] for line in said(environ, "feedback", "export")}


def test_a_sqlite_file_is_copied_while_it_is_used(sqlite, tmp_path):
    """The copy holds what was acknowledged, also what lies in the journal; restored, patients are recognised and the audit is whole."""

    async def used() -> str:
        async with running(sqlite) as caller:
            (card,) = (await ask(caller, question(instance="1"))).json()["cards"]
            assert (await tell(caller, card["uuid"])).status_code == 200
            done = await asyncio.to_thread(command, sqlite, "db", "backup", str(tmp_path / "copy.sqlite"))
            assert done.returncode == 0, done.stderr
        return str(card["uuid"])

    card = asyncio.run(used())
    for leftover in tmp_path.glob("cluneal.sqlite*"):
        leftover.unlink()
    shutil.copy2(tmp_path / "copy.sqlite", tmp_path / "cluneal.sqlite")

    async def again() -> dict[str, object]:
        async with running({**sqlite, "CLUNEAL_QUIET": "1"}) as caller:
            return (await ask(caller, question(instance="2"))).json()

    assert exported(sqlite) == {card}
    assert "Every record is as it was written." in said(sqlite, "audit", "verify")
    assert asyncio.run(again())["cards"] == []
    assert (tmp_path / "copy.sqlite").stat().st_mode & 0o077 == 0


def test_a_backup_is_never_overwritten_and_never_made_of_nothing(sqlite, tmp_path):
    """Both are sentences, with the exit code 1."""
    nothing = command(sqlite, "db", "backup", str(tmp_path / "copy.sqlite"))
    asyncio.run(_dismissed(sqlite, "1"))
    first, second = (command(sqlite, "db", "backup", str(tmp_path / "copy.sqlite")) for _ in range(2))

    assert [one.returncode for one in (nothing, first, second)] == [1, 0, 1]
    assert "not there" in nothing.stderr
    assert "never overwritten" in second.stderr


def test_a_damaged_file_gives_no_backup(sqlite, tmp_path):
    """It says so, and leaves nothing that looks like one."""
    asyncio.run(_dismissed(sqlite, "1"))
    said(sqlite, "db", "backup", str(tmp_path / "good.sqlite"))
    whole = (tmp_path / "good.sqlite").read_bytes()
    for leftover in tmp_path.glob("cluneal.sqlite*"):
        leftover.unlink()
    (tmp_path / "cluneal.sqlite").write_bytes(whole[:8192] + b"\xff" * 4096 + whole[12288:])
    (tmp_path / "cluneal.sqlite").chmod(0o600)
    done = command(sqlite, "db", "backup", str(tmp_path / "bad.sqlite"))

    assert done.returncode == 1
    assert not (tmp_path / "bad.sqlite").exists()


def test_postgresql_is_copied_by_its_own_programs(server: Server, postgresql_url, key_file, tmp_path):
    """pg_dump while it is used, pg_restore into a new database: feedback is there, the audit is whole, the tables are of this version."""
    environ = {"CLUNEAL_DATABASE_URL": postgresql_url, "CLUNEAL_PSEUDONYM_KEY_FILE": str(key_file)}
    card = asyncio.run(_dismissed(environ, "1"))
    other = {**environ, "CLUNEAL_DATABASE_URL": server.new_database()}
    pg_dump, pg_restore = (server.program(name) for name in ("pg_dump", "pg_restore"))
    subprocess.run([pg_dump, "--format=custom", f"--file={tmp_path / 'dump'}", postgresql_url], check=True, env=os.environ)
    subprocess.run(
        [pg_restore, "--exit-on-error", "--no-owner", f"--dbname={other['CLUNEAL_DATABASE_URL']}", tmp_path / "dump"], check=True
    )

    assert exported(other) == {card}
    assert "Every record is as it was written." in said(other, "audit", "verify")
    assert command(environ, "db", "backup", str(tmp_path / "x")).returncode == 2
