"""The FHIR server that is tried: which it is, and in sentences why it did not answer and what would help."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass

from cds_hooks.egress.addresses import Resolve
from cds_hooks.egress.allow_list import ServiceBase
from cds_hooks.fetched import Reason
from cds_hooks.fhir_authorization import FhirGrant
from cds_hooks.fhir_calls import Bounds, FhirCalls, Reply
from cds_hooks.fhir_version import Version, version_of
from service.errors import ClinicError
from service.fetching import READ_VERSIONS

# FHIR R4, "FHIRVersion", https://hl7.org/fhir/R4/valueset-FHIR-version.html, by the first two numbers; R4B and R5 by their own pages.
_NAMES = {"1.0": "DSTU2", "3.0": "STU3", "4.0": "R4", "4.3": "R4B", "5.0": "R5"}
_PORTS = {"https": 443, "http": 80}
_LOOK_UP = 10

_HELP = {
    Reason.UNREACHABLE: "Is it running, are host and port right, and does this machine trust its certificate?",
    Reason.ADDRESS: "A private network is named with its CIDR block, such as 10.20.0.0/16: --network, or fhir_networks of a client.",
    Reason.TIMED_OUT: "--deadline gives it more time than the service would.",
    Reason.NOT_FHIR: "Is this the base of a FHIR server, and can it answer in JSON?",
    Reason.UNUSABLE_TOKEN: "The file holds the access token and nothing else, without the word Bearer.",
}
_ILL = "It has too much to do, or is ill: try again later."


class ProbeFailed(ClinicError):
    """A FHIR server did not let itself be tried; the message says what would help."""


@dataclass(frozen=True, slots=True)
class Server:
    """What a server says of itself.

    version   of FHIR, "4.0.1";  software: its name and version, "" where it does not tell
    """

    base: ServiceBase
    version: str
    software: str

    @property
    def release(self) -> str:
        """The release of FHIR, "R4"; "" for a version that has none."""
        return _NAMES.get(".".join(self.version.split(".")[:2]), "")

    @property
    def spoken(self) -> Version:
        """The version as the service tells them apart; R4 where the server does not say."""
        return version_of(self.version) or Version.R4

    @property
    def is_read(self) -> bool:
        """Whether the service reads this version."""
        return self.spoken in READ_VERSIONS

    @property
    def named(self) -> str:
        """The version as people say it: "FHIR R4 (4.0.1)"."""
        return f"FHIR {self.release} ({self.version})" if self.release else f"FHIR {self.version}"

    @property
    def refusal(self) -> str:
        """Why a server of another release is not read."""
        return f"The server speaks {self.named}; the service reads FHIR STU3, R4, R4B and R5. Many servers have a base for each."


async def find_address(base: ServiceBase, resolve: Resolve) -> None:
    """Nothing, when the host of the server has an address; raises ProbeFailed when it has none."""
    host = base.url.raw_host.decode("ascii")
    try:
        async with asyncio.timeout(_LOOK_UP):
            await resolve(host, base.url.port or _PORTS[base.url.scheme])
    except (OSError, TimeoutError):
        raise ProbeFailed(f"No address is known for the host {host}. Is the name right, and can this machine look it up?") from None


async def read_server(grant: FhirGrant, calls: FhirCalls, bounds: Bounds) -> Server:
    """What the server says of itself under /metadata. Raises ProbeFailed."""
    base = grant.base
    address = base.address("metadata")
    if address is None:  # A base takes every plain word below it.
        raise RuntimeError("a base without metadata")
    reply = await calls.call(grant, address, bounds)
    if reply.result is Reason.TIMED_OUT:
        raise ProbeFailed(f"{base} did not answer. Can it be reached from this machine, and are host and port right?")
    if isinstance(reply.result, Reason):
        nothing_there = " Is it the whole base, such as https://host/fhir/R4?" if reply.status in (404, 410) else ""
        raise ProbeFailed(f"{base}/metadata was not read. {why(reply.result, reply.status, grant)}{nothing_there}")
    return _server(base, reply)


def _server(base: ServiceBase, reply: Reply) -> Server:
    try:
        said = json.loads(reply.result) if isinstance(reply.result, bytes) else None
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, Mapping) or said.get("resourceType") not in ("CapabilityStatement", "Conformance"):
        raise ProbeFailed(f"What answers at {base}/metadata is no FHIR server, or does not speak JSON. Is it the base of one?")
    software = said.get("software")
    named = [software.get(member) for member in ("name", "version")] if isinstance(software, Mapping) else []
    return Server(base, str(said.get("fhirVersion") or "unknown"), " ".join(word for word in named if isinstance(word, str)))


def why(reason: Reason, status: int | None, grant: FhirGrant) -> str:
    """Why something was not read, or not wholly, and what would help where somebody can."""
    if reason is Reason.NO_VALUE:
        return "No encounter was named: --encounter."
    if reason is not Reason.STATUS or status is None:
        return " ".join(part for part in (reason.says, _HELP.get(reason, "")) if part)
    return " ".join(part for part in (f"The server answered {status}.", _help_with(status, is_open=grant.access_token is None)) if part)


def why_no_patient(reason: Reason, status: int | None, grant: FhirGrant) -> str:
    """Why the patient could not be read, without whom there is no chart."""
    if reason is Reason.STATUS and status in (404, 410):
        return "The server has no such patient. Is this the id of the resource, not a medical record number, and may you see it?"
    return f"The patient was not read. {why(reason, status, grant)}"


def _help_with(status: int, *, is_open: bool) -> str:
    if status in (401, 403) and is_open:
        return "It wants a token: --token-file."
    if status == 401:
        return "It refuses the token, which may have expired or be meant for another server: fetch a new one."
    if status == 403:
        return "It takes the token, which does not allow this: its scopes have to."
    if 300 <= status < 400:
        return "Redirects are not followed: give the base to which it leads."
    return _ILL if status == 429 or status >= 500 else ""
