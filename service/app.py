"""The composition root: settings and knowledge in, the running application out. Here the parts meet, and the clock comes in."""

from datetime import UTC, date, datetime
from importlib.metadata import version

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from cds_hooks.openapi import protocol_description
from cds_hooks.router import cds_hooks_router, install
from cds_hooks.transport import Limits
from service.cds_services import offered_services
from service.knowledge.load import load_knowledge
from service.knowledge.thresholds import Adjustments
from service.reasoning.review import reviewed
from service.settings import Settings
from service.storage.feedback import SQLiteFeedback
from service.web.docs import add_docs_routes
from service.web.knowledge_json import add_knowledge_routes
from service.web.openapi import openapi_document


def create_app(settings: Settings) -> FastAPI:
    """The application that `settings` describe; raises InvalidKnowledge when there is nothing sound to answer with."""
    app = FastAPI(title="cluneal-cds", docs_url=None, redoc_url=None, openapi_url=None)
    install(app, origins=settings.origins)

    def today() -> date:
        return datetime.now(settings.time_zone).date()

    knowledge = reviewed(load_knowledge(adjustments_of(settings)))
    services = offered_services(knowledge, clock=today)
    limits = Limits(body_bytes=settings.max_body_mb * 1024 * 1024, receive_seconds=settings.receive_deadline_s)
    feedback = SQLiteFeedback(settings.store, clock=lambda: datetime.now(UTC))
    app.include_router(cds_hooks_router(services, limits=limits, feedback=feedback))

    add_knowledge_routes(app, knowledge)
    if settings.docs:
        protocol = protocol_description(services, limits=limits, feedback=True)
        add_docs_routes(app, openapi_document(protocol, knowledge, version=version("cluneal-cds"), server=settings.base_url))

    async def alive(_: Request) -> Response:
        return Response("alive\n", media_type="text/plain")

    app.add_route("/livez", alive, methods=["GET", "HEAD"], include_in_schema=False)
    return app


def adjustments_of(settings: Settings) -> Adjustments:
    """What the settings decide differently from the knowledge as it is shipped."""
    return Adjustments(settings.policy, settings.thresholds)
