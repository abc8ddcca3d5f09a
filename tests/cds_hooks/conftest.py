"""A second service, of another trade, built on `cds_hooks` alone; and ways to call it: in process, and over a real socket.

What it can do without any help from `service/` is what the protocol package promises.
"""

import asyncio
import socket
import threading
from contextlib import contextmanager

import httpx
import msgspec
import pytest
import uvicorn
from fastapi import FastAPI

from cds_hooks.discovery import CDSService
from cds_hooks.errors import PrefetchUnavailable
from cds_hooks.response import Action, Card, CDSResponse, Source, Suggestion
from cds_hooks.router import cds_hooks_router, install
from cds_hooks.transport import Limits

EHR = "https://ehr.example.org"
DESK = Source(label="The front desk")
LANGUAGES = {"pt": "Portuguese", "vi": "Vietnamese"}


class Coding(msgspec.Struct):
    code: str = ""


class Language(msgspec.Struct):
    coding: list[Coding] = []


class Communication(msgspec.Struct):
    language: Language
    preferred: bool = False


class Patient(msgspec.Struct, tag="Patient", tag_field="resourceType"):
    communication: list[Communication] = []


async def suggest_interpretation(request):
    """A card for a patient who prefers another language than the house; its words are ours, never the chart's."""
    if "patient" not in request.prefetch:
        raise PrefetchUnavailable(["patient"])
    if (sent := request.prefetch["patient"]) is None:
        return CDSResponse()
    try:
        patient = msgspec.json.decode(sent, type=Patient)
    except (msgspec.DecodeError, RecursionError):
        raise PrefetchUnavailable([], unreadable=["patient"]) from None
    codes = [coding.code for spoken in patient.communication if spoken.preferred for coding in spoken.language.coding]
    names = [LANGUAGES[code] for code in codes if code in LANGUAGES]
    return CDSResponse(cards=tuple(Card(summary=f"Book an interpreter: {name}", indicator="info", source=DESK) for name in names))


async def welcome(request):
    """A card with a task to accept, for every encounter that begins."""
    patient = f"Patient/{request.context.patient_id}"
    task = {"resourceType": "Task", "status": "requested", "intent": "proposal", "for": {"reference": patient}}
    suggestion = Suggestion(label="Leaflet", actions=(Action(type="create", description="Hand out the leaflet", resource=task),))
    summary = f"Welcome, on behalf of {request.context.user_id}"
    return CDSResponse(cards=(Card(summary=summary, indicator="info", source=DESK, suggestions=(suggestion,), selection_behavior="any"),))


async def fail(request):
    """A service with a mistake in it; the message says what must not get out."""
    raise KeyError(f"JOHN SMITH, {request.context.patient_id}")


TOY_SERVICES = (
    CDSService(
        id="interpreter",
        hook="patient-view",
        title="Interpreter",
        description="Suggests an interpreter.",
        prefetch={"patient": "Patient/{{context.patientId}}"},
        usage_requirements="Prefetch is needed.",
        answer=suggest_interpretation,
    ),
    CDSService(id="welcome", hook="encounter-start", title="Welcome", description="Greets.", answer=welcome),
    CDSService(id="broken", hook="patient-view", title="Broken", description="Fails.", answer=fail),
)


@pytest.fixture
def toy():
    """The application: what a composition root has to do, in three lines."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.include_router(cds_hooks_router(TOY_SERVICES, limits=Limits(body_bytes=200_000, receive_seconds=0.5)))
    install(app, origins=[EHR])
    return app


@pytest.fixture
async def client(toy):
    """Calls to the toy in this process."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=toy), base_url="http://toy") as client:
        yield client


@pytest.fixture
def question():
    """A fresh patient-view request that the interpreter service answers with one card."""
    patient = {
        "resourceType": "Patient",
        "id": "p-1",
        "communication": [{"language": {"coding": [{"code": "pt"}], "text": "Português"}, "preferred": True}],
    }
    return {
        "hook": "patient-view",
        "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "context": {"userId": "Practitioner/example", "patientId": "p-1"},
        "prefetch": {"patient": patient},
    }


@contextmanager
def served(app, *, lifespan="off"):
    """The address of `app` on a free port of the loopback, as long as the block runs."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, lifespan=lifespan, ws="none", log_level="error", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=asyncio.run, args=(server.serve(sockets=[listening]),))
    thread.start()
    try:
        yield listening.getsockname()
    finally:
        server.should_exit = True
        thread.join()
        listening.close()


@pytest.fixture
def address(toy):
    """Host and port of the toy behind a real server."""
    with served(toy) as address:
        yield address
