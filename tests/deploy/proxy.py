"""The nginx of deploy/nginx in front of replicas, on the loopback: the same file, with other ports and a certificate of its own."""

import os
import re
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.blackbox.service import free_port

ROOT = Path(__file__).parents[2]
CONFIGURATION = ROOT / "deploy" / "nginx" / "cluneal.conf"
NAME = "cds.hospital.example"
MISSING = "no nginx here (apt-get install nginx-light): THE PROXY AND THE SERVICE WERE NOT TRIED TOGETHER"


@dataclass(frozen=True)
class Proxy:
    """A running proxy: its port, and the context of a client that trusts it."""

    port: int
    tls: ssl.SSLContext

    def connect(self, *, name: str = NAME, seconds: float = 10) -> ssl.SSLSocket:
        """A connection after its handshake."""
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=seconds)
        return self.tls.wrap_socket(plain, server_hostname=name)

    def exchanged(self, raw: bytes, *, seconds: float = 15) -> bytes:
        """Everything that comes back to these bytes until the other side closes, or nothing more comes."""
        with self.connect(seconds=seconds) as connection:
            connection.sendall(raw)
            return received(connection).came


@dataclass(frozen=True)
class Received:
    """What came, and whether the other side closed the connection."""

    came: bytes
    closed: bool


def received(connection: socket.socket) -> Received:
    """What comes until the other side closes, or for as long as the connection waits."""
    found = b""
    try:
        while part := connection.recv(65536):
            found += part
    except TimeoutError:
        return Received(found, closed=False)
    except OSError:
        pass
    return Received(found, closed=True)


def nginx() -> str:
    """The program; without it the test is left out with a loud line, and fails in CI."""
    found = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if found is None:
        if os.environ.get("CI") == "true":
            pytest.fail(MISSING)
        pytest.skip(MISSING)
    return found


@contextmanager
def in_front_of(ports: Sequence[int], folder: Path, *, opened_to: str = "") -> Iterator[Proxy]:
    """A proxy in front of replicas at these ports, with its files in a folder.

    opened_to  a network, as 10.1.0.0/16, for which the places are opened that stand in the file as a comment
    """
    port = free_port()
    _certificate(folder)
    text = CONFIGURATION.read_text(encoding="utf-8")
    servers = re.findall(r"^    server 127\.0\.0\.1:\d+ (.*;)$", text, flags=re.MULTILINE)
    assert len(servers) == 3, "the configuration is for three replicas"
    upstream = "\n".join(f"    server 127.0.0.1:{one} {servers[0]}" for one in ports)
    text = re.sub(r"(?:^    server 127\.0\.0\.1:\d+ .*;\n)+", f"{upstream}\n", text, flags=re.MULTILINE)
    if opened_to:
        text, lines = re.subn(r"^    #location (.*) allow \S+; (.*)$", rf"    location \1 allow {opened_to}; \2", text, flags=re.MULTILINE)
        assert lines, "no place stands in the file as a comment"
    text = text.replace("listen 443", f"listen 127.0.0.1:{port}")
    text = text.replace("/etc/cluneal/tls/", f"{folder}/").replace("/var/log/nginx/", f"{folder}/")
    (folder / "cluneal.conf").write_text(text)
    for name in ("body", "proxy", "fastcgi", "uwsgi", "scgi"):
        (folder / name).mkdir()
    user = "user root;" if os.geteuid() == 0 else ""
    paths = "".join(f"{directive} {folder}/{name};" for directive, name in _TEMPORARY.items())
    (folder / "nginx.conf").write_text(
        f"{user} worker_processes 1; pid {folder}/pid; error_log {folder}/error.log; daemon off;"
        f"events {{ worker_connections 2048; }} http {{ access_log off; {paths} include {folder}/cluneal.conf; }}"
    )
    command = [nginx(), "-p", str(folder), "-c", str(folder / "nginx.conf")]
    checked = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(port)
        yield Proxy(port, ssl.create_default_context(cafile=str(folder / "fullchain.pem")))
    finally:
        process.terminate()
        process.wait(timeout=20)


_TEMPORARY = {
    "client_body_temp_path": "body",
    "proxy_temp_path": "proxy",
    "fastcgi_temp_path": "fastcgi",
    "uwsgi_temp_path": "uwsgi",
    "scgi_temp_path": "scgi",
}


def _wait_for(port: int) -> None:
    until = time.monotonic() + 20
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            assert time.monotonic() < until, "nginx does not listen"
            time.sleep(0.05)


def _certificate(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    today = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "fullchain.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
