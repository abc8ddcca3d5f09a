"""What the tests of fetching have in common: a request with an authorization, and the completion of its prefetch."""

import asyncio
import json
import ssl
from contextlib import asynccontextmanager

from cds_hooks.egress.allow_list import read_service_base
from cds_hooks.egress.exchange import Egress
from cds_hooks.fhir_access import complete_prefetch
from cds_hooks.fhir_calls import FhirCalls
from cds_hooks.fhir_search import FetchLimits
from cds_hooks.fhir_version import FhirVersions
from cds_hooks.hooks import HOOKS
from cds_hooks.request import read_request
from tests.faulty_fhir import faulty_fhir

# Making one takes longer than most tests; this one trusts nobody, for our servers speak http.
NO_AUTHORITIES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
TOKEN = "s3cr3t-t0k3n"
PATIENT = "p-1"
LIMITS = FetchLimits(answer_bytes=100_000, call_bytes=300_000, pages=4)
CONDITIONS = {"conditions": "Condition?patient={{context.patientId}}"}
PATIENT_AND_CONDITIONS = {"patient": "Patient/{{context.patientId}}", **CONDITIONS}


def hook_request(fhir_server, *, prefetch=None, context=None, server_only=False, **authorization):
    """A patient-view request as a client sends it, with leave to read from its FHIR server."""
    token = {"access_token": TOKEN, "token_type": "Bearer", "expires_in": 300, "scope": "patient/*.read", "subject": "cds", **authorization}
    body = {
        "hook": "patient-view",
        "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "context": {"userId": "Practitioner/7", "patientId": PATIENT, **(context or {})},
        "fhirServer": fhir_server,
        **({} if server_only else {"fhirAuthorization": {name: value for name, value in token.items() if value is not ...}}),
        **({} if prefetch is None else {"prefetch": prefetch}),
    }
    return read_request(json.dumps(body).encode(), hooks=HOOKS)


def in_seconds(seconds):
    """A deadline."""
    return asyncio.get_running_loop().time() + seconds


@asynccontextmanager
async def access(*bases, clock=lambda: 0.0, bulkhead=None, resolve=None, networks=(), ssl_context=NO_AUTHORITIES, reads=None):
    """Calls to these servers, which may be named by every client; `complete(request, ...)` gives what a service would get.

    reads  the versions of FHIR that the service reads; without them, no server is asked for its own
    """
    allowed = tuple(read_service_base(base, loopback_http=True, networks=networks) for base in bases)
    egress = Egress(allowed, resolve=resolve, ssl_context=ssl_context)
    calls = FhirCalls(egress, clock=clock, chance=lambda: 0.0, bulkhead=bulkhead)
    versions = FhirVersions(calls, reads=frozenset(reads), clock=clock) if reads else None

    async def complete(request, templates=CONDITIONS, *, seconds=5.0, limits=FetchLimits(), needed=None):  # noqa: B008 - a value
        deadline = in_seconds(seconds)
        return await complete_prefetch(
            request, templates, allowed=allowed, calls=calls, deadline=deadline, limits=limits, versions=versions, needed=needed
        )

    try:
        yield complete
    finally:
        await egress.aclose()


async def fetched(server, key="conditions", templates=CONDITIONS, **more):
    """What became of one key at a server that nobody has called before."""
    async with access(server.base) as complete:
        return (await complete(hook_request(server.base), templates, **more)).fetched[key]


async def outcome(answer, templates=CONDITIONS, key="conditions", seconds=5.0):
    """What became of one key at a server that gives this answer."""
    async with faulty_fhir(answer) as server:
        return await fetched(server, key, templates, seconds=seconds, limits=LIMITS)
