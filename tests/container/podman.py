"""Containers of ours, run by podman without a daemon: read-only, without capabilities, on the loopback."""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.blackbox.service import wait_for

ROOT = Path(__file__).parents[2]
IMAGE = "localhost/cluneal-cds:image-check"
NEEDED = ("podman", "buildah", "mmdebstrap", "runc", "catatonit")
_INSTALL = "apt-get install --no-install-recommends podman buildah mmdebstrap runc catatonit netavark aardvark-dns iptables"
# As little as a container can be given.
HARDENED = ("--read-only", "--read-only-tmpfs=false", "--cap-drop=ALL", "--security-opt=no-new-privileges")
# Some machines may not raise their limits, and have control groups that crun does not take.
_CONFIGURATION = """[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
[engine]
runtime = "runc"
"""


def environment(folder: Path) -> dict[str, str]:
    """The environment of podman and buildah; their configuration is written to a folder."""
    missing = [name for name in NEEDED if shutil.which(name) is None]
    if missing or os.geteuid():
        pytest.fail(f"needed: root and {' '.join(missing or NEEDED)} ({_INSTALL})")
    (folder / "containers.conf").write_text(_CONFIGURATION)
    return {**os.environ, "CONTAINERS_CONF": str(folder / "containers.conf")}


class Podman:
    """The command, with its environment."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = dict(environ)

    def run(self, *words: str, check: bool = True, **more: Any) -> subprocess.CompletedProcess[str]:
        """A finished command."""
        done = subprocess.run(["podman", *words], env=self.environ, capture_output=True, text=True, check=False, timeout=300, **more)
        assert not check or done.returncode == 0, f"podman {' '.join(words)}: {done.stderr}{done.stdout}"
        return done

    def inspect(self, what: str, kind: str = "container") -> dict[str, Any]:
        """What podman knows of a container or an image."""
        found: dict[str, Any] = json.loads(self.run("inspect", "--type", kind, what).stdout)[0]
        return found

    @contextmanager
    def container(self, name: str, *options: str, image: str = IMAGE, command: Sequence[str] = (), port: int = 0) -> Iterator[str]:
        """A container that runs, hardened; with `port` at that of the loopback, once it answers. Its address is given."""
        self.run("rm", "--force", "--ignore", name)
        published = ("--publish", f"127.0.0.1:{port}:8000") if port else ()
        self.run("run", "--detach", "--name", name, *HARDENED, *published, *options, image, *command)
        url = f"http://127.0.0.1:{port}"
        try:
            if port:
                try:
                    wait_for(url)
                except AssertionError:
                    pytest.fail(f"{name} does not answer: {self.run('logs', name, check=False)}")
            yield url
        finally:
            self.run("rm", "--force", "--time", "0", "--volumes", name)

    def wait_until(self, name: str, state: str) -> None:
        """Return when a container is in a state."""
        for _ in range(300):
            if self.inspect(name)["State"]["Status"] == state:
                return
            time.sleep(0.1)
        pytest.fail(f"{name} did not come to be {state}")


def size(podman: Podman, image: str) -> int:
    """The bytes of an image, all of its layers."""
    found: int = podman.inspect(image, "image")["Size"]
    return found
