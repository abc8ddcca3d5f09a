"""The composition root: settings and knowledge in, the running application out. Here the parts meet, and the clock comes in."""

from datetime import UTC, date, datetime
from time import monotonic, time
from urllib.parse import urlsplit

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from cds_hooks.client_auth import ClientAuthentication, TrustedClient
from cds_hooks.jwks import FetchedKeys, PinnedKeys, fetch_key_set
from cds_hooks.router import cds_hooks_router, install
from cds_hooks.transport import Limits
from service.addresses import is_loopback
from service.cds_services import SERVICE_IDS, offered_services
from service.clients.load import Clients, InvalidClients, KnownClient, read_clients
from service.clients.local_row import Concepts
from service.fhir.write import FOCUSED_EXAMINATION
from service.knowledge.load import load_knowledge
from service.knowledge.model import Knowledge
from service.knowledge.thresholds import Adjustments
from service.reasoning.review import reviewed
from service.settings import Settings
from service.storage.feedback import SQLiteFeedback
from service.storage.seen_tokens import SQLiteTokens
from service.storage.sqlite import SQLiteFile
from service.web.knowledge_json import add_knowledge_routes


def create_app(settings: Settings) -> FastAPI:
    """The application that `settings` describe; raises InvalidKnowledge or InvalidClients when there is nothing sound to answer with."""
    knowledge = reviewed(load_knowledge(adjustments_of(settings)))
    clients = clients_of(settings, knowledge)
    app = FastAPI(title="cluneal-cds", docs_url=None, redoc_url=None, openapi_url=None)
    install(app, origins=sorted({*settings.origins, *(clients.origins if clients else ())}))

    def today() -> date:
        return datetime.now(settings.time_zone).date()

    services = offered_services(knowledge, clock=today, clients=clients.known if clients else ())
    limits = Limits(body_bytes=settings.max_body_mb * 1024 * 1024, receive_seconds=settings.receive_deadline_s)
    file = SQLiteFile(settings.store)
    feedback = SQLiteFeedback(file, clock=lambda: datetime.now(UTC))
    authentication = None if clients is None else _authentication(clients, settings, file)
    app.include_router(cds_hooks_router(services, limits=limits, feedback=feedback, clients=authentication))

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
    clients = read_clients(settings.clients_file, services=SERVICE_IDS, orders=orders, concepts=concepts_of(knowledge))
    base = urlsplit(settings.base_url)
    if base.scheme != "https" and not (clients.allow_http_loopback and is_loopback(base.hostname or "")):
        raise InvalidClients(settings.clients_file, ("clients call over https: CLUNEAL_PUBLIC_BASE_URL must start with https://",))
    return clients


def concepts_of(knowledge: Knowledge) -> Concepts:
    """What the code of a site can stand for: our value sets, the standard codes in them, and the codes of our own."""
    codes = {pair: names for pair, (_, names) in knowledge.codes.items()}
    systems = {alias.lower(): uri for alias, uri in knowledge.systems.items()}
    return Concepts(knowledge.value_sets, {**dict.fromkeys(knowledge.own_codes, frozenset()), **codes}, systems)


def _authentication(clients: Clients, settings: Settings, file: SQLiteFile) -> ClientAuthentication:
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

    return ClientAuthentication(map(trusted, clients.known), base_url=settings.base_url, seen=SQLiteTokens(file, clock=time), clock=time)


def adjustments_of(settings: Settings) -> Adjustments:
    """What the settings decide differently from the knowledge as it is shipped."""
    return Adjustments(settings.policy, settings.thresholds)
