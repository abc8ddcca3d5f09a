"""The composition root: settings and knowledge in, the running application out. Here the parts meet, and the clock comes in."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from importlib.metadata import version
from random import random
from secrets import token_bytes
from socket import gethostname
from time import monotonic, perf_counter, time

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from cds_hooks.client_auth import TokenMemory
from cds_hooks.egress.exchange import Egress
from cds_hooks.fhir_calls import FhirCalls
from cds_hooks.fhir_version import FhirVersions
from cds_hooks.openapi import protocol_description
from cds_hooks.router import cds_hooks_router, install
from cds_hooks.transport import Limits
from service.addresses import is_loopback
from service.cds_services import offered_services, prefetch_templates
from service.clients.load import Clients, KnownClient
from service.fetching import READ_VERSIONS, Fetching
from service.fhir.write import FOCUSED_EXAMINATION
from service.knowledge.load import load_knowledge
from service.knowledge.model import Knowledge
from service.known_clients import authentication_of, clients_of, reach_of
from service.large_charts import LargeCharts
from service.mock_clients import feedback_for, mock_clients, services_for
from service.open_server import OpenServer
from service.own_name import names_of, refuse_other_names
from service.pages import Hosted, add_pages
from service.reasoning.review import reviewed
from service.records import Keeping, Records
from service.settings import Settings
from service.site import adjustments_of
from service.storage.audit import AuditTrail
from service.storage.database import Database
from service.storage.feedback import StoredFeedback
from service.storage.seen_tokens import StoredTokens
from service.store import database_of, pseudonyms_of
from service.telemetry.calls import addresses_of, watch_calls
from service.telemetry.metrics import Metrics
from service.telemetry.readiness import Readiness
from service.web.docs import add_docs_routes
from service.web.openapi import openapi_document
from service.web.why import WhyLinks
from service.web.why_link import Seal, read_link_keys

# Pages that show what is kept here or can be reached from here; a call to a service brings its own data.
_PLACES = ("/ehr", "/integrator", "/numbers")


def create_app(settings: Settings) -> FastAPI:
    """The application that `settings` describe; raises InvalidKnowledge or InvalidClients when there is nothing sound to answer with."""
    knowledge = reviewed(load_knowledge(adjustments_of(settings)))
    clients = clients_of(settings, knowledge)
    reach = reach_of(settings, clients)
    egress = Egress(server for one in reach.values() for server in one.servers)
    metrics = Metrics(version=version("cluneal-cds"), knowledge=knowledge.version.version, draining=lambda: readiness.draining)
    database = database_of(settings, failed=metrics.add_store_failure)
    readiness = _readiness(settings, knowledge, clients, database)
    feedback, records = _memory(database, settings, knowledge) if database else (None, None)
    calls = FhirCalls(egress, clock=monotonic, chance=random)
    versions = FhirVersions(calls, reads=READ_VERSIONS, clock=monotonic)
    limits = Limits(body_bytes=settings.max_body_mb * 1024 * 1024, receive_seconds=settings.receive_deadline_s)
    templates = prefetch_templates(knowledge)
    mocks = _mocks_of(settings, knowledge)
    seal, links = _links(settings, knowledge) or (None, None)
    metrics.watch_servers(lambda: ((str(base), rests) for base, rests in calls.at_rest().items()))

    def today() -> date:
        return datetime.now(settings.time_zone).date()

    services = offered_services(
        knowledge,
        clock=today,
        ticks=perf_counter,
        clients=clients.known if clients else mocks,
        fetching=Fetching(calls, reach=reach, templates=templates, versions=versions),
        records=records,
        quiet=settings.quiet,
        large=LargeCharts(settings.deadline_s),
        why=links.put_on if links else None,
        about=f"{settings.base_url.rstrip('/')}/knowledge" if settings.public_base_url or is_loopback(settings.host) else None,
    )
    frames = tuple(sorted({*settings.origins, *(clients.origins if clients else ())}))
    servers = tuple(OpenServer(base, calls, versions, templates) for base in (reach[""].servers if clients is None else ()))
    hosted = Hosted(settings, knowledge, clients, services, mocks, servers, limits, frames, today, _now, time)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await egress.aclose()
        await asyncio.to_thread(break_off)
        for store in (database, counted):
            if store:
                await asyncio.to_thread(store.close)

    app = FastAPI(title="cluneal-cds", docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    if clients is None and is_loopback(settings.host):
        # Added before the layer that answers errors, and so within it.
        app.add_middleware(refuse_other_names, names=names_of(settings.base_url), places=_PLACES)
    install(app, origins=frames)
    seen = StoredTokens(database, clock=time) if database else TokenMemory(clock=time)
    authentication = None if clients is None else authentication_of(clients, settings, seen=seen, clock=time, told=metrics.add_key_set)
    app.include_router(cds_hooks_router(services, limits=limits, feedback=feedback, clients=authentication, refused=records))
    for mock in mocks:
        theirs = feedback_for(mock, feedback)
        router = cds_hooks_router(services_for(mock, services), limits=limits, feedback=theirs, refused=records)
        app.include_router(router, prefix=f"/ehr/{mock.speech.dialect}")
    counted = add_pages(app, hosted, seal)
    if settings.docs:
        protocol = protocol_description(services, limits=limits, feedback=database is not None, authenticated=clients is not None)
        add_docs_routes(app, openapi_document(protocol, knowledge, version=version("cluneal-cds"), server=settings.base_url))
    _add_probes(app, readiness)
    # Added last, so that it sees every answer as the client does.
    app.add_middleware(
        watch_calls,
        addresses=addresses_of({service.id: service.hook for service in services}),
        metrics=metrics,
        ticks=perf_counter,
        draining=lambda: readiness.draining,
        authenticated=clients is not None,
    )

    def break_off() -> None:
        if counted:
            counted.break_off()

    app.state.metrics, app.state.readiness, app.state.break_off = metrics, readiness, break_off
    return app


def _add_probes(app: FastAPI, readiness: Readiness) -> None:
    """Add /livez and /readyz: whether the process lives, and whether calls should come here."""

    async def alive(_: Request) -> Response:
        return Response("alive\n", media_type="text/plain")

    async def ready(_: Request) -> Response:
        found = await readiness.verdict()
        return Response(found.text, status_code=200 if found.ready else 503, media_type="text/plain")

    app.add_route("/livez", alive, methods=["GET", "HEAD"], include_in_schema=False)
    app.add_route("/readyz", ready, methods=["GET", "HEAD"], include_in_schema=False)


def _now() -> datetime:
    return datetime.now(UTC)


def _mocks_of(settings: Settings, knowledge: Knowledge) -> tuple[KnownClient, ...]:
    """The made-up clients of the mock EHR, where that is served and everybody is answered anyway."""
    if "ehr" not in settings.shown_pages or settings.clients_file is not None:
        return ()
    return mock_clients([*(nerve.block_code for nerve in knowledge.nerves.values()), FOCUSED_EXAMINATION])


def _readiness(settings: Settings, knowledge: Knowledge, clients: Clients | None, database: Database | None) -> Readiness:
    return Readiness(
        knowledge=knowledge.version.version,
        clients=len(clients.known) if clients else None,
        store=database.answers if database else None,
        must_record=settings.when_store_is_down == "refuse",
        one_use=any(one.described.replay == "strict" for one in clients.known) if clients else False,
        ticks=monotonic,
    )


def _memory(database: Database, settings: Settings, knowledge: Knowledge) -> tuple[StoredFeedback, Records]:
    pseudonyms = pseudonyms_of(settings, chance=token_bytes)
    audit = AuditTrail(pseudonyms, source=gethostname())
    how = Keeping(
        clock=_now,
        zone=settings.time_zone,
        reach=knowledge.quiet.reach,
        version=version("cluneal-cds"),
        must_record=settings.when_store_is_down == "refuse",
    )
    return StoredFeedback(database, audit, clock=_now), Records(database, pseudonyms, audit, how)


def _links(settings: Settings, knowledge: Knowledge) -> tuple[Seal, WhyLinks] | None:
    """What seals the links to the page of reasons, and what puts them on answers; None where that page is not shown."""
    if "why" not in settings.shown_pages:
        return None
    if settings.link_key_file:
        keys = read_link_keys(settings.link_key_file)
    else:
        # Replicas share the key of their pseudonyms, so that any of them opens the links of the others.
        keys = (pseudonyms_of(settings, chance=token_bytes).of_links() if settings.key_file else token_bytes(32),)
    seal = Seal(keys, knowledge, minutes=settings.why_minutes)
    # Where charts are tried out, people also want to see why there is no card.
    tried = bool({"ehr", "integrator"} & {*settings.shown_pages})
    return seal, WhyLinks(seal, base=settings.base_url, clock=time, silences=tried)
