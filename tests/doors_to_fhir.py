"""The door of a client whose FHIR server may be read: the real application, a server on the loopback, and what a call gets.

The chart is the archetype's, which gets one card when all of it is read; the clock stands at its day.
"""

from contextlib import asynccontextmanager
from datetime import UTC, datetime, time
from urllib.parse import unquote

import httpx
import time_machine

from cds_hooks.prefetch import filled
from service.app import create_app
from service.cds_services import prefetch_templates
from service.knowledge.load import load_knowledge
from service.settings import read_settings
from tests.faulty_fhir import bundle, resource
from tests.other_versions import each_resource, to_r5, to_stu3
from tests.service.charts import TODAY, archetype, encounter

TOKEN = "s3cr3t-t0k3n"
SERVICE = "/cds-services/cluneal-patient-view"
VALUES = {"context.patientId": "p", "context.encounterId": "visit"}
EVERYTHING = {"encounter": encounter(), **archetype()}
HOW = {"3.0.2": to_stu3, "5.0.0": to_r5}


def question(server="", *, prefetch=None, leave=None, **context):
    """A patient-view request with leave to read from a server, and with what of the chart came along."""
    token = {"access_token": TOKEN, "token_type": "Bearer", "expires_in": 300, "scope": "patient/*.read", "subject": "cds", **(leave or {})}
    return {
        "hook": "patient-view",
        "hookInstance": "1",
        "context": {"userId": "Practitioner/1", "patientId": "p", "encounterId": "visit", **context},
        **({"fhirServer": server, "fhirAuthorization": token} if server else {}),
        **({"prefetch": prefetch} if prefetch is not None else {}),
    }


def chart_server(*, number="4.0.1", **faults):
    """A server of this version that has the archetype's chart, and for some resource types (or for "metadata") another answer."""
    how = HOW.get(number, dict)
    statement = {"resourceType": "CapabilityStatement", "status": "active", "fhirVersion": number}
    known = {key: each_resource(value, how) for key, value in EVERYTHING.items()}
    answers = {_query(template, number): known.get(key, bundle()) for key, template in prefetch_templates(load_knowledge()).items()}

    async def answer(asked, writer):
        kind = asked.path.split("/")[2]
        query = unquote(asked.body.decode() or asked.target.removeprefix("/fhir/")).replace("&_count=200", "")
        given = resource(statement) if kind == "metadata" else resource(answers.get(query, {}), 200 if query in answers else 404)
        await faults.get(kind, given)(asked, writer)

    return answer


def _query(template, number):
    """What is asked for by a template; an STU3 server knows no ServiceRequest."""
    query = filled(template, VALUES)
    return query.replace("ServiceRequest", "ProcedureRequest") if number.startswith("3.") else query


@asynccontextmanager
async def service_for(*servers, **settings):
    """The application that may read from these servers; `ask(body)` gives what it answers at noon of the chart's day."""
    given = {
        "CLUNEAL_OPEN_FHIR_SERVERS": ",".join(servers),
        "CLUNEAL_DATABASE_URL": "off",
        **{f"CLUNEAL_{name.upper()}": str(value) for name, value in settings.items()},
    }
    app = create_app(read_settings(given))
    inside = httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://127.0.0.1:8000", timeout=30)
    async with inside, app.router.lifespan_context(app):

        async def ask(body):
            return await inside.post(SERVICE, json=body)

        with time_machine.travel(datetime.combine(TODAY, time(12), tzinfo=UTC)):
            yield ask


def has_a_card(answer):
    """Whether an answer is one card that was made from the whole chart."""
    return answer.status_code == 200 and len(answer.json()["cards"]) == 1 and "not read:" not in answer.text.lower()
