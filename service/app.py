"""The composition root: settings and knowledge in, the running application out. Here the parts meet, and the clock comes in."""

import logging
from datetime import UTC, date, datetime
from importlib.metadata import version
from secrets import token_bytes
from socket import gethostname
from time import monotonic, perf_counter, time
from urllib.parse import urlsplit

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from cds_hooks.client_auth import ClientAuthentication, TokenMemory, TrustedClient
from cds_hooks.jwks import FetchedKeys, PinnedKeys, fetch_key_set
from cds_hooks.router import cds_hooks_router, install
from cds_hooks.transport import Limits
from service.addresses import is_loopback
from service.cds_services import SERVICE_IDS, offered_services
from service.clients.load import Clients, InvalidClients, KnownClient, read_clients
from service.fhir.write import FOCUSED_EXAMINATION
from service.knowledge.load import load_knowledge
from service.knowledge.model import Knowledge
from service.knowledge.thresholds import Adjustments
from service.reasoning.review import reviewed
from service.records import Keeping, Records
from service.settings import Settings
from service.storage.audit import AuditTrail
from service.storage.database import Database, StoreUnusable
from service.storage.feedback import StoredFeedback
from service.storage.pseudonyms import KeyUnusable, Pseudonyms, read_key, read_or_make_key
from service.storage.seen_tokens import StoredTokens
from service.web.knowledge_json import add_knowledge_routes

# What a call may wait for its store; a client gives up after a few seconds.
_STORE_SECONDS = 1.0

_log = logging.getLogger(__name__)


def create_app(settings: Settings) -> FastAPI:
    """The application that `settings` describe; raises InvalidKnowledge or InvalidClients when there is nothing sound to answer with."""
    knowledge = reviewed(load_knowledge(adjustments_of(settings)))
    clients = clients_of(settings, knowledge)
    app = FastAPI(title="cluneal-cds", docs_url=None, redoc_url=None, openapi_url=None)
    install(app, origins=sorted({*settings.origins, *(clients.origins if clients else ())}))

    def today() -> date:
        return datetime.now(settings.time_zone).date()

    limits = Limits(body_bytes=settings.max_body_mb * 1024 * 1024, receive_seconds=settings.receive_deadline_s)
    database = database_of(settings)
    feedback, records = _memory(database, settings, knowledge) if database else (None, None)
    services = offered_services(knowledge, clock=today, ticks=perf_counter, clients=clients.known if clients else (), records=records)
    authentication = None if clients is None else _authentication(clients, settings, database)
    app.include_router(cds_hooks_router(services, limits=limits, feedback=feedback, clients=authentication, refused=records))

    add_knowledge_routes(app, knowledge)

    async def alive(_: Request) -> Response:
        return Response("alive\n", media_type="text/plain")

    app.add_route("/livez", alive, methods=["GET", "HEAD"], include_in_schema=False)
    return app


def clients_of(settings: Settings, knowledge: Knowledge) -> Clients | None:
    """The clients of the clients file; None where there is none and everybody is answered. Raises InvalidClients."""
    if settings.clients_file is None:
        return None
    orders = [*(nerve.block_code for nerve in knowledge.nerves.values()), FOCUSED_EXAMINATION]
    clients = read_clients(settings.clients_file, services=SERVICE_IDS, orders=orders)
    base = urlsplit(settings.base_url)
    if base.scheme != "https" and not (clients.allow_http_loopback and is_loopback(base.hostname or "")):
        raise InvalidClients(settings.clients_file, ("clients call over https: CLUNEAL_PUBLIC_BASE_URL must start with https://",))
    return clients


def _memory(database: Database, settings: Settings, knowledge: Knowledge) -> tuple[StoredFeedback, Records]:
    def now() -> datetime:
        return datetime.now(UTC)

    pseudonyms = pseudonyms_of(settings)
    audit = AuditTrail(pseudonyms, source=gethostname())
    how = Keeping(
        clock=now,
        zone=settings.time_zone,
        reach=knowledge.quiet.reach,
        version=version("cluneal-cds"),
        must_record=settings.when_store_is_down == "refuse",
    )
    return StoredFeedback(database, audit, clock=now), Records(database, pseudonyms, audit, how)


def pseudonyms_of(settings: Settings) -> Pseudonyms:
    """What the key of the settings makes of patients; the key beside a SQLite file is made when there is none. Raises KeyUnusable."""
    if settings.key_file is None:
        raise KeyUnusable("A service that remembers nothing (CLUNEAL_DATABASE_URL=off) has no key of pseudonyms.")
    if settings.pseudonym_key_file is None:
        return Pseudonyms(read_or_make_key(settings.key_file, chance=token_bytes))
    return Pseudonyms(read_key(settings.key_file))


def database_of(settings: Settings) -> Database | None:
    """The database of the settings, ready for use; None for a service that remembers nothing. Raises WrongSchema.

    One that cannot be reached is met again with each call, and so is no reason not to start.
    """
    if settings.place is None:
        return None
    database = Database(settings.place, wait=_STORE_SECONDS)
    try:
        database.prepare()
    except StoreUnusable as failed:
        _log.error("%s", failed)
    return database


def _authentication(clients: Clients, settings: Settings, database: Database | None) -> ClientAuthentication:
    def trusted(known: KnownClient) -> TrustedClient:
        client = known.described
        return TrustedClient(
            name=client.name,
            issuer=client.issuer,
            keys=PinnedKeys(known.pinned) if known.pinned else FetchedKeys(client.jwks_url or "", fetch=fetch_key_set, clock=monotonic),
            subject=client.subject or "",
            jku=client.jwks_url or "",
            services=frozenset() if client.mode == "off" else frozenset(client.services or SERVICE_IDS),
            algorithms=frozenset(client.algorithms),
            lifetime=client.lifetime_s,
            once=client.replay == "strict",
        )

    seen = StoredTokens(database, clock=time) if database else TokenMemory(clock=time)
    return ClientAuthentication(map(trusted, clients.known), base_url=settings.base_url, seen=seen, clock=time)


def adjustments_of(settings: Settings) -> Adjustments:
    """What the settings decide differently from the knowledge as it is shipped."""
    return Adjustments(settings.policy, settings.thresholds)
