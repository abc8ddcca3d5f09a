"""The pages for people and the knowledge as JSON, put together: those that a site shows, beside the service that they are about."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from fastapi import FastAPI

from cds_hooks.discovery import CDSService
from cds_hooks.transport import Limits
from service.clients.load import Clients, KnownClient
from service.database_url import Place
from service.knowledge.model import Knowledge
from service.large_charts import LargeCharts
from service.open_server import OpenServer
from service.settings import Settings
from service.storage.database import Database
from service.trial.tried import Trial
from service.web.doors import doors_of
from service.web.ehr import MockEHR, add_ehr_routes
from service.web.integrator import Workbench, add_integrator_routes
from service.web.knowledge_json import add_knowledge_routes
from service.web.knowledge_pages import KnowledgePages
from service.web.layout import Layout, add_static_routes
from service.web.numbers_page import Counting, add_numbers_routes
from service.web.why import add_why_routes
from service.web.why_link import Seal

# A report over a year of a large site takes some; whoever looks at the page waits for it.
_REPORT_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Hosted:
    """The service that the pages stand beside.

    mocks     the made-up clients of the mock EHR;  servers: open FHIR servers whose patients it lists
    origins   whose frames may hold a page
    today     the civil date;  now: the moment, in UTC;  clock: seconds since 1970
    """

    settings: Settings
    knowledge: Knowledge
    clients: Clients | None
    services: Sequence[CDSService]
    mocks: Sequence[KnownClient]
    servers: tuple[OpenServer, ...]
    limits: Limits
    origins: tuple[str, ...]
    today: Callable[[], date]
    now: Callable[[], datetime]
    clock: Callable[[], float]


def add_pages(app: FastAPI, hosted: Hosted, seal: Seal | None) -> Database | None:
    """Add what the settings show; `seal` opens the links to reasons. Gives the database that a report is counted from, if there is one."""
    settings, knowledge, remembers = hosted.settings, hosted.knowledge, hosted.settings.place is not None
    pages = tuple(page for page in settings.shown_pages if remembers or page != "numbers")
    layout = Layout(settings.base_url, knowledge.version.version, doors_of(pages, docs=settings.docs), hosted.origins)
    add_knowledge_routes(app, knowledge, KnowledgePages(layout, knowledge) if "knowledge" in pages else None)
    if pages:
        add_static_routes(app, layout)
    if "ehr" in pages:
        add_ehr_routes(app, layout, _mock_ehr(hosted))
    if "integrator" in pages:
        # Of its own: whoever tries charts takes no place from an EHR.
        place = LargeCharts(settings.deadline_s, at_once=1)
        add_integrator_routes(app, layout, Workbench(Trial(knowledge), hosted.today, hosted.limits, place))
    if seal:
        add_why_routes(app, layout, seal, knowledge, clock=hosted.clock)
    if not (settings.place and "numbers" in pages):
        return None
    counting = _counting(hosted, settings.place)
    add_numbers_routes(app, layout, counting)
    return counting.database


def _mock_ehr(hosted: Hosted) -> MockEHR:
    return MockEHR(
        hosted.knowledge,
        clock=hosted.today,
        services={service.hook: service.id for service in hosted.services},
        dialects=tuple(mock.speech.dialect for mock in hosted.mocks),
        guarded=hosted.clients is not None,
        feedback=hosted.settings.place is not None,
        servers=hosted.servers,
    )


def _counting(hosted: Hosted, place: Place) -> Counting:
    settings, names = hosted.settings, tuple(one.name for one in hosted.clients.known) if hosted.clients else ()
    database = Database(place, wait=_REPORT_SECONDS, patient=True, reads=True)
    return Counting(database, hosted.knowledge, hosted.now, settings.time_zone, names, settings.agreed_acceptance)
