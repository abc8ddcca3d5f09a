"""An open FHIR server whose patients the mock EHR shows: read without a token, and what goes wrong is said."""

import json
from contextlib import asynccontextmanager

import pytest

from cds_hooks.egress.allow_list import read_service_base
from cds_hooks.egress.exchange import Egress
from cds_hooks.errors import MalformedRequest
from cds_hooks.fhir_calls import FhirCalls
from cds_hooks.fhir_version import FhirVersions
from service.cds_services import prefetch_templates
from service.fetching import READ_VERSIONS
from service.knowledge.load import load_knowledge
from service.open_server import OpenServer, ServerSilent
from tests.doors_to_fhir import chart_server
from tests.faulty_fhir import bundle, faulty_fhir, resource

PATIENTS = bundle(
    {
        "resourceType": "Patient",
        "id": "p",
        "name": [{"given": ["Ada"], "family": "Example"}],
        "gender": "female",
        "birthDate": "1970-01-01",
    },
    {"resourceType": "Patient", "id": "q"},
    {"resourceType": "OperationOutcome"},
)


@asynccontextmanager
async def reading(answer):
    """A server that gives this answer, as the mock EHR reads it; and what it was asked."""
    async with faulty_fhir(answer) as server:
        base = read_service_base(server.base, loopback_http=True)
        egress = Egress([base])
        calls = FhirCalls(egress, clock=lambda: 0.0, chance=lambda: 0.0)
        versions = FhirVersions(calls, reads=READ_VERSIONS, clock=lambda: 0.0)
        try:
            yield OpenServer(base, calls, versions, prefetch_templates(load_knowledge())), server
        finally:
            await egress.aclose()


async def test_patients_are_listed_by_what_is_known_of_them():
    """Name, sex and birth date where the server has them; no token is sent."""
    async with reading(resource(PATIENTS)) as (server, asked):
        assert await server.patients() == [
            {"id": "p", "name": "Ada Example", "gender": "female", "birthDate": "1970-01-01"},
            {"id": "q", "name": "No name"},
        ]
        assert "authorization" not in {name.lower() for one in asked.asked for name in one.headers}


async def test_a_chart_is_what_a_request_would_bring():
    """Every key that the server gives, as JSON; what it failed to give is named."""
    async with reading(chart_server(AllergyIntolerance=resource({}, 500))) as (server, _):
        chart = await server.chart("p")

    assert json.loads(chart.prefetch["patient"])["id"] == "p"
    assert json.loads(chart.prefetch["conditions"])["resourceType"] == "Bundle"
    assert chart.unread == {"allergies": "It answered 500."}


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (resource({}, 401), "It answered 401. It wants a token, and none is sent from here."),
        (resource({}, 500), "It answered 500."),
        (resource({"resourceType": "Patient", "id": "p"}), "no FHIR in JSON"),
        (resource([]), "no FHIR in JSON"),
    ],
)
async def test_a_server_that_gives_no_list_says_why(answer, says):
    """A sentence for whoever tries it, with a status of its own."""
    async with reading(answer) as (server, _):
        with pytest.raises(ServerSilent) as refused:
            await server.patients()

    assert says in refused.value.diagnostics


@pytest.mark.parametrize("patient", ["../metadata", "p?x=y", "", "p/q", "x" * 65])
async def test_only_a_patient_is_read(patient):
    """What is no id is refused before anybody is asked."""
    async with reading(resource({})) as (server, asked):
        with pytest.raises(MalformedRequest):
            await server.chart(patient)
        assert asked.asked == []
