"""The patients of an open FHIR server, such as a sandbox, as the mock EHR lists and opens them: without a token, from listed servers alone.

Gives: names and charts, or ServerSilent with a sentence that says what became of the reading.
"""

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from cds_hooks.egress.allow_list import ServiceBase
from cds_hooks.egress.exchange import Allowance
from cds_hooks.errors import CDSHooksError
from cds_hooks.fetched import Fetched, Reason
from cds_hooks.fhir_access import complete_prefetch
from cds_hooks.fhir_authorization import FhirGrant
from cds_hooks.fhir_calls import Bounds, FhirCalls
from cds_hooks.fhir_search import FetchLimits
from cds_hooks.fhir_version import FhirVersions
from cds_hooks.hooks.patient_view import HOOK, PatientView
from cds_hooks.request import HookRequest

# A person waits for it, no EHR does.
_SECONDS = 8.0
_MOST = 50
_LIMITS = FetchLimits()


class ServerSilent(CDSHooksError):
    """A FHIR server that is listed for trying the service gave no answer of use."""

    code = "server-silent"
    status_hint = 502
    issue_code = "transient"
    text = "The FHIR server could not be read."


@dataclass(frozen=True, slots=True)
class OpenChart:
    """A chart as a hook request would bring it: prefetch key -> JSON text, and in words what could not be read."""

    prefetch: Mapping[str, str]
    unread: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class OpenServer:
    """One server that may be read by everybody; `templates`: what of a chart is wanted, by prefetch key."""

    base: ServiceBase
    calls: FhirCalls
    versions: FhirVersions
    templates: Mapping[str, str]

    async def patients(self) -> list[dict[str, str]]:
        """Id, name, sex and birth date of the first patients, as the server sorts them. Raises ServerSilent."""
        address = self.base.address(f"Patient?_count={_MOST}")
        if address is None:  # A base takes every plain word below it.
            raise RuntimeError("a base without patients")
        deadline = asyncio.get_running_loop().time() + _SECONDS
        reply = await self.calls.call(self._leave, address, Bounds(deadline, _LIMITS.answer_bytes, Allowance(_LIMITS.answer_bytes)))
        if isinstance(reply.result, Reason):
            raise ServerSilent(_why(reply.result, reply.status))
        try:
            bundle = json.loads(reply.result)
            return [_in_short(one) for one in _patients_in(bundle)]
        except (ValueError, RecursionError):
            raise ServerSilent("What it answered is no FHIR in JSON. Is this the base of a FHIR server?") from None

    async def chart(self, patient: str) -> OpenChart:
        """The chart of a patient. Raises MalformedRequest for what is no id, and ServerSilent."""
        context = PatientView.read({"patientId": patient, "userId": HOOK.example["userId"]})
        request = HookRequest("patient-view", "mock-ehr", context, {}, str(self.base), None)
        deadline = asyncio.get_running_loop().time() + _SECONDS
        done = await complete_prefetch(
            request, self.templates, allowed=(), calls=self.calls, deadline=deadline, versions=self.versions, leave=self._leave
        )
        failed = done.fetched["patient"]
        if failed.record.reason:
            raise ServerSilent(f"The patient was not read. {_why(failed.record.reason, failed.record.status)}")
        prefetch = {key: bytes(memoryview(value)).decode() if value is not None else "null" for key, value in done.prefetch.items()}
        return OpenChart(prefetch, dict(_unread(done.fetched)))

    @property
    def _leave(self) -> FhirGrant:
        return FhirGrant(self.base, None, None)


def _unread(fetched: Mapping[str, Fetched]) -> Iterator[tuple[str, str]]:
    for key, one in fetched.items():
        if one.record.reason and one.record.reason is not Reason.NO_VALUE:
            yield key, _why(one.record.reason, one.record.status)


def _why(reason: Reason, status: int | None) -> str:
    if reason is not Reason.STATUS:
        return reason.says
    wanted = " It wants a token, and none is sent from here." if status in (401, 403) else ""
    return f"It answered {status}.{wanted}"


def _patients_in(bundle: object) -> Sequence[Mapping[str, object]]:
    entries = bundle.get("entry", []) if isinstance(bundle, Mapping) and bundle.get("resourceType") == "Bundle" else None
    if not isinstance(entries, list):
        raise ValueError("no Bundle")
    resources = [entry.get("resource") for entry in entries if isinstance(entry, Mapping)]
    return [
        one for one in resources if isinstance(one, Mapping) and one.get("resourceType") == "Patient" and isinstance(one.get("id"), str)
    ]


def _in_short(patient: Mapping[str, object]) -> dict[str, str]:
    names = patient.get("name")
    first = names[0] if isinstance(names, list) and names and isinstance(names[0], Mapping) else {}
    given = first.get("given")
    words = [*(given if isinstance(given, list) else ()), first.get("family")]
    name = first.get("text") or " ".join(word for word in words if isinstance(word, str))
    told = {"id": patient["id"], "name": name or "No name", "gender": patient.get("gender"), "birthDate": patient.get("birthDate")}
    return {key: value for key, value in told.items() if isinstance(value, str)}
