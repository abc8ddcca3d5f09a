"""A site as deploy/ describes it: three replicas on one PostgreSQL behind nginx, and an EHR that signs its calls."""

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from service.story import hook_request, read_story
from tests.blackbox.service import Answer, Served, call, free_port, served
from tests.cds_hooks.signing import claims, ec_key, header, key_set, published, token
from tests.deploy.proxy import NAME, Proxy, in_front_of
from tests.postgresql import Server
from tests.service.storage.conftest import upgrade_now

BASE = f"https://{NAME}"
ISSUER = "https://ehr.example"
VIEW = "/cds-services/cluneal-patient-view"
STORY = read_story("right-crest-point-reproduces-pain-after-harvest")


@dataclass(frozen=True)
class Site:
    """What runs: the replicas, the proxy in front of them, and the address of their database."""

    replicas: tuple[Served, ...]
    proxy: Proxy
    database: str
    environ: dict[str, str]

    def raw(self, method: str, path: str, body: bytes = b"", **headers: str) -> bytes:
        """One request to the proxy, as bytes, on a connection that is closed after it."""
        fields = {"Host": NAME, "Connection": "close", "Content-Length": str(len(body)), "Content-Type": "application/json", **headers}
        lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in fields.items())
        return f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode() + body

    def ask(self, body: dict[str, Any], *, path: str = VIEW, jti: str | None = None, **headers: str) -> tuple[int, dict[str, Any]]:
        """The status and the body of the answer to a signed call through the proxy."""
        sent = self.raw("POST", path, json.dumps(body).encode(), Authorization=f"Bearer {signed(path, jti)}", **headers)
        head, _, content = self.proxy.exchanged(sent).partition(b"\r\n\r\n")
        if b"transfer-encoding: chunked" in head.lower():
            content = _dechunked(content)
        return (int(head.split()[1]), json.loads(content or b"{}")) if head else (0, {})


def ask_replica(replica: Served, body: dict[str, Any], *, path: str = VIEW, jti: str | None = None) -> Answer:
    """The answer of one replica to a signed call, past the proxy."""
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {signed(path, jti)}"}
    return call(replica.url, "POST", path, json.dumps(body).encode(), headers)


def question(patient: str = "", *, encounter: str = "visit") -> dict[str, Any]:
    """The story as of now, of a patient of this id."""
    body = hook_request(STORY, hook_instance=str(uuid4()), today=datetime.now(UTC).date())
    context: dict[str, Any] = body["context"]  # type: ignore[assignment]
    text = json.dumps(body).replace(context["patientId"], patient or f"p-{uuid4().hex}")
    found: dict[str, Any] = json.loads(text)
    found["context"]["encounterId"] = encounter
    found["prefetch"].pop("encounter", None)
    return found


def signed(path: str, jti: str | None = None) -> str:
    """A token of the EHR for one call now."""
    now = int(time.time())
    said = claims(aud=f"{BASE}{path}", iss=ISSUER, jti=jti or str(uuid4()), iat=now, exp=now + 300)
    made: str = token(header(jku=None), said)
    return made


def settings(folder: Path, database: str) -> dict[str, str]:
    """The settings of each replica."""
    (folder / "keys.json").write_bytes(key_set(published(ec_key(), "ec")))
    (folder / "clients.toml").write_text(f'[[client]]\nname = "ehr"\nissuer = "{ISSUER}"\njwks_file = "keys.json"\n')
    (folder / "pseudonyms.key").write_text("0123456789abcdef" * 4)
    return {
        "CLUNEAL_CLIENTS_FILE": str(folder / "clients.toml"),
        "CLUNEAL_PUBLIC_BASE_URL": BASE,
        "CLUNEAL_DATABASE_URL": database,
        "CLUNEAL_PSEUDONYM_KEY_FILE": str(folder / "pseudonyms.key"),
        "CLUNEAL_STORE_DEADLINE_S": "10",
        "CLUNEAL_RECEIVE_DEADLINE_S": "3",
    }


@contextmanager
def site(folder: Path, server: Server) -> Iterator[Site]:
    """A site with its files in a folder and its memory in a new database of a server."""
    database = server.new_database()
    upgrade_now(database)
    environ = settings(folder, database)
    with ExitStack() as stack:
        replicas = tuple(stack.enter_context(served(environ, port=free_port())) for _ in range(3))
        (folder / "nginx").mkdir()
        ports = [int(one.url.rpartition(":")[2]) for one in replicas]
        yield Site(replicas, stack.enter_context(in_front_of(ports, folder / "nginx")), database, environ)


def _dechunked(content: bytes) -> bytes:
    found = b""
    while content:
        size, _, content = content.partition(b"\r\n")
        length = int(size, 16)
        if not length:
            break
        found, content = found + content[:length], content[length + 2 :]
    return found
