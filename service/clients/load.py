"""The clients file and the files that it names -> immutable Clients, or every problem of all of them in one message."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from cds_hooks.jwks import KeySet, KeysUnavailable, read_key_set
from service.clients.client import Client
from service.clients.code_map import CodeMap
from service.clients.local_row import Concepts
from service.clients.table import Table, UnreadableTable, read_table
from service.errors import ClinicError
from service.local_codes import LocalCodes
from service.speech import LEVELS, MOST, Speech

_NOTHING = Concepts()


class InvalidClients(ClinicError):
    """The clients file does not allow a start.

    Whose fault: the operator's. `problems` has one sentence for each thing to mend.
    """

    exit_code = 2

    def __init__(self, path: Path, problems: Collection[str]):
        many = f"{len(problems)} problems" if len(problems) > 1 else "1 problem"
        super().__init__("\n  ".join((f"{many} in the clients file {path}:", *problems)))
        self.problems = tuple(problems)


def _has_somebody(clients: tuple[Client, ...]) -> tuple[Client, ...]:
    if not clients:
        raise ValueError("is needed, one [[client]] at least, or nobody could call")
    return clients


class _File(Table):
    allow_http_loopback: bool = False
    client: Annotated[tuple[Client, ...], Field(strict=False, validate_default=True), AfterValidator(_has_somebody)] = ()


@dataclass(frozen=True, slots=True)
class KnownClient:
    """A client with what its files held.

    speech  how it is spoken to;  pinned: its keys, None when they are fetched;  local: the codes of its charts, None for no code map
    """

    described: Client
    speech: Speech
    pinned: KeySet | None
    local: LocalCodes | None = None

    @property
    def name(self) -> str:
        """Ours for it."""
        return self.described.name


@dataclass(frozen=True, slots=True)
class Clients:
    """Everybody who may call."""

    known: tuple[KnownClient, ...]
    allow_http_loopback: bool

    @property
    def origins(self) -> tuple[str, ...]:
        """The web origins from which their pages may call."""
        return tuple(sorted({origin for one in self.known for origin in one.described.origins}))


def read_clients(path: Path, *, services: Collection[str], orders: Collection[str], concepts: Concepts = _NOTHING) -> Clients:
    """The clients of a file. Raises InvalidClients.

    services  the ids that are offered;  orders: our codes of the orders that a site may map;  concepts: what its other codes can stand for
    """
    try:
        file = read_table(_read(path), _File)
    except UnreadableTable as failed:
        raise InvalidClients(path, failed.problems) from None
    problems: list[str] = []
    known = []
    for number, client in enumerate(file.client):
        wrong = [*client.problems(loopback=file.allow_http_loopback), *_clashes(client, file.client[:number])]
        wrong += [f"services: {name} is not offered; there are {', '.join(services)}" for name in client.services if name not in services]
        pinned = _keys(path, client, wrong)
        codes = _codes(path, client, orders, concepts, wrong)
        known.append(KnownClient(client, _speech(client, codes), pinned, codes.local_codes(concepts)))
        problems += [f"{client.name}: {one}" for one in wrong]
    if problems:
        raise InvalidClients(path, problems)
    return Clients(tuple(known), file.allow_http_loopback)


def _clashes(client: Client, others: Collection[Client]) -> list[str]:
    """What makes a client one with another: the first would always be taken for the second."""
    found = []
    if any(client.name == other.name for other in others):
        found.append("another client has this name")
    if any(
        client.issuer == other.issuer and (client.subject == other.subject or not (client.subject and other.subject)) for other in others
    ):
        found.append("another client has this issuer; give each of them its own subject")
    return found


def _speech(client: Client, codes: CodeMap) -> Speech:
    return Speech(
        dialect=client.dialect,
        writes=min(client.writes or "full", MOST[client.dialect], key=LEVELS.index),
        combined_attestation=client.combined_attestation,
        order_intent=client.order_intent,
        order_codes=codes.order_codes,
    )


def _keys(path: Path, client: Client, wrong: list[str]) -> KeySet | None:
    """The keys of the file that a client names; None without one. Passed over one by one, but for a set of which none is left."""
    if not client.jwks_file:
        return None
    try:
        found = read_key_set(_read(path.parent / client.jwks_file), rsa=client.rsa)
    except (UnreadableTable, KeysUnavailable) as failed:
        wrong.append(f"jwks_file: {failed}")
        return None
    if not any(key.algorithm in client.algorithms for key in found.keys):
        why = "; ".join(found.passed_over) or f"none is for {' or '.join(client.algorithms)}"
        wrong.append(f"jwks_file: it holds no key with which a call could be proved ({why})")
    return found


def _codes(path: Path, client: Client, orders: Collection[str], concepts: Concepts, wrong: list[str]) -> CodeMap:
    if not client.code_map:
        return CodeMap()
    try:
        found = read_table(_read(path.parent / client.code_map), CodeMap)
    except UnreadableTable as failed:
        wrong += [f"code_map: {problem}" for problem in failed.problems]
        return CodeMap()
    wrong += [f"code_map: {problem}" for problem in found.problems(orders, concepts)]
    return found


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as failed:
        raise UnreadableTable(f"{path.name} cannot be read ({failed.strerror or 'no reason given'})") from None
