"""Which version of FHIR a server speaks: as it says at {base}/metadata, asked with the token of a call and remembered for an hour.

Gives: a Version, or None where the server does not tell; it is then taken for R4, and asked again sooner.
Sources: "capabilities", https://hl7.org/fhir/R4/http.html#capabilities; the numbers: https://hl7.org/fhir/R5/valueset-FHIR-version.html.
"""

import math
import re
from collections.abc import Callable
from dataclasses import replace
from enum import StrEnum

import msgspec

from cds_hooks.egress.allow_list import ServiceBase
from cds_hooks.fetched import Reason
from cds_hooks.fhir_authorization import FhirGrant
from cds_hooks.fhir_calls import Bounds, FhirCalls

# Seconds for which an answer is remembered, and for which none is.
_KNOWN = 3_600.0
_UNTOLD = 300.0
_NEVER = (None, -math.inf)
# The part of the time left that the question may take. Some servers make the long answer anew each time, and data matters more.
_SHARE = 0.5
_NUMBER = re.compile(r"(\d+\.\d+)(?:\.\d+)?(?:-[\w.]+)?")


class Version(StrEnum):
    """A version of FHIR. R4 stands for R4B too, whose charts have the same elements; OTHER for ballots and for what comes later."""

    DSTU2 = "DSTU2"
    STU3 = "STU3"
    R4 = "R4"
    R5 = "R5"
    OTHER = "other"


_VERSIONS = {"1.0": Version.DSTU2, "3.0": Version.STU3, "4.0": Version.R4, "4.1": Version.R4, "4.3": Version.R4, "5.0": Version.R5}
# Resource types that R4 gave another name.
_TYPES = {Version.STU3: {"ServiceRequest": "ProcedureRequest"}}


class _Statement(msgspec.Struct, gc=False):
    resourceType: str = ""  # noqa: N815
    fhirVersion: str = ""  # noqa: N815


_statement = msgspec.json.Decoder(_Statement)


def read_version(body: bytes) -> Version | None:
    """The version that a CapabilityStatement names (a Conformance in DSTU2); None for what names none."""
    try:
        statement = _statement.decode(body)
    except (msgspec.DecodeError, RecursionError):
        return None
    return version_of(statement.fhirVersion) if statement.resourceType in ("CapabilityStatement", "Conformance") else None


def version_of(number: str) -> Version | None:
    """The version with a number, "4.0.1"; None for what is no number of a version."""
    found = _NUMBER.fullmatch(number)
    return _VERSIONS.get(found[1], Version.OTHER) if found else None


def has_other_name(template: str) -> bool:
    """Whether some version has another name for the resources that a template asks for."""
    return any(_type(template) in types for types in _TYPES.values())


def in_version(template: str, version: Version | None) -> str:
    """The template, asking for the same resources by the name that they have in a version."""
    kind = _type(template)
    return _TYPES.get(version or Version.R4, {}).get(kind, kind) + template.removeprefix(kind)


def _type(template: str) -> str:
    return re.split(r"[/?]", template, maxsplit=1)[0]


class FhirVersions:
    """What the servers speak.

    reads  the versions that the service can read;  clock: seconds that only go forward
    """

    def __init__(self, calls: FhirCalls, *, reads: frozenset[Version], clock: Callable[[], float]) -> None:
        self._calls = calls
        self._reads = reads
        self._clock = clock
        self._told: dict[ServiceBase, tuple[Version | None, float]] = {}

    def are_read(self, version: Version | None) -> bool:
        """Whether the service can read what a server of this version sends."""
        return (version or Version.R4) in self._reads

    def is_refused(self, base: ServiceBase) -> bool:
        """Whether a server is known to speak what the service cannot read."""
        version, until = self._told.get(base, _NEVER)
        return self._clock() < until and not self.are_read(version)

    async def of(self, grant: FhirGrant, bounds: Bounds, *, now: float) -> Version | None:
        """The version of a server; asked for where it is not known. `now` is in the time of the event loop, as the deadline is."""
        version, until = self._told.get(grant.base, _NEVER)
        if self._clock() < until:
            return version
        address = grant.base.address("metadata")
        if address is None:
            return None
        reply = await self._calls.call(grant, address, replace(bounds, deadline=now + (bounds.deadline - now) * _SHARE))
        found = None if isinstance(reply.result, Reason) else read_version(reply.result)
        # A server that does not tell just now speaks what it spoke before.
        self._told[grant.base] = (found or version, self._clock() + (_KNOWN if found else _UNTOLD))
        return found or version
