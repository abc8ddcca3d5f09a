"""The composition root: settings and knowledge in, the running application out. Here the parts meet, and the clock comes in."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from importlib.metadata import version
from random import random
from time import monotonic, time

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from cds_hooks.egress.exchange import Egress
from cds_hooks.fhir_calls import FhirCalls
from cds_hooks.fhir_version import FhirVersions
from cds_hooks.openapi import protocol_description
from cds_hooks.router import cds_hooks_router, install
from cds_hooks.transport import Limits
from service.cds_services import offered_services, prefetch_templates
from service.fetching import READ_VERSIONS, Fetching
from service.knowledge.load import load_knowledge
from service.knowledge.thresholds import Adjustments, adjusted
from service.known_clients import authentication_of, clients_of, reach_of
from service.reasoning.review import reviewed
from service.settings import Settings, Thresholds, read_settings
from service.storage.feedback import SQLiteFeedback
from service.storage.seen_tokens import SQLiteTokens
from service.storage.sqlite import SQLiteFile
from service.web.docs import add_docs_routes
from service.web.knowledge_json import add_knowledge_routes
from service.web.openapi import openapi_document


def create_app(settings: Settings) -> FastAPI:
    """The application that `settings` describe; raises InvalidKnowledge or InvalidClients when there is nothing sound to answer with."""
    knowledge = reviewed(load_knowledge(adjustments_of(settings)))
    clients = clients_of(settings, knowledge)
    reach = reach_of(settings, clients)
    egress = Egress(server for one in reach.values() for server in one.servers)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await egress.aclose()

    app = FastAPI(title="cluneal-cds", docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    install(app, origins=sorted({*settings.origins, *(clients.origins if clients else ())}))

    def today() -> date:
        return datetime.now(settings.time_zone).date()

    calls = FhirCalls(egress, clock=monotonic, chance=random)
    versions = FhirVersions(calls, reads=READ_VERSIONS, clock=monotonic)
    fetching = Fetching(calls, reach=reach, templates=prefetch_templates(knowledge), versions=versions)
    services = offered_services(knowledge, clock=today, clients=clients.known if clients else (), fetching=fetching)
    limits = Limits(body_bytes=settings.max_body_mb * 1024 * 1024, receive_seconds=settings.receive_deadline_s)
    file = SQLiteFile(settings.store)
    feedback = SQLiteFeedback(file, clock=lambda: datetime.now(UTC))
    authentication = None if clients is None else authentication_of(clients, settings, seen=SQLiteTokens(file, clock=time), clock=time)
    app.include_router(cds_hooks_router(services, limits=limits, feedback=feedback, clients=authentication))

    add_knowledge_routes(app, knowledge)
    if settings.docs:
        protocol = protocol_description(services, limits=limits, feedback=True, authenticated=clients is not None)
        add_docs_routes(app, openapi_document(protocol, knowledge, version=version("cluneal-cds"), server=settings.base_url))

    async def alive(_: Request) -> Response:
        return Response("alive\n", media_type="text/plain")

    app.add_route("/livez", alive, methods=["GET", "HEAD"], include_in_schema=False)
    return app


def settings_of(environ: Mapping[str, str]) -> Settings:
    """The settings that `environ` describes, where the knowledge allows them. Raises InvalidSettings with every problem of both."""

    def refused(thresholds: Thresholds) -> list[str]:
        return adjusted(load_knowledge().thresholds, Adjustments(numbers=thresholds))[1]

    return read_settings(environ, refused=refused)


def adjustments_of(settings: Settings) -> Adjustments:
    """What the settings decide differently from the knowledge as it is shipped."""
    return Adjustments(settings.policy, settings.thresholds)
