"""The records of the audit, after FHIR's AuditEvent: who did what when, about whom, and how it ended.

Source: https://hl7.org/fhir/R4/auditevent.html; threat model 2. No name, no text, no token: pseudonyms, ids of ours and counts.
"""

from collections.abc import Mapping
from typing import Any

from cds_hooks.fetched import Fetched, Reason, State
from cds_hooks.refused_calls import RefusedCall
from service.storage.decisions import Decision

Record = dict[str, Any]


def of_decision(made: Decision) -> Record:
    """The record of a hook call that was answered."""
    detail = {
        "hook": made.hook,
        "hookInstance": made.hook_instance,
        "inputDigest": made.input_digest,
        "outcome": made.outcome,
        "cards": [one.uuid for one in made.cards if one.shown],
        "notShown": [one.uuid for one in made.cards if not one.shown],
        "unread": sorted(key for key, state in made.data.items() if state not in ("supplied", "null")),
        "milliseconds": made.milliseconds,
    }
    return _event(
        "cds-hook",
        outcome="0",
        client=made.client,
        user=made.caller,
        entities=[
            {"what": f"Patient/{made.patient}"},
            {"what": made.service, "version": made.version, "knowledge": made.knowledge, "detail": detail},
        ],
    )


def of_reads(fetched: Mapping[str, Fetched], *, server: str, client: str, patient: str, user: str, call: str) -> tuple[Record, ...]:
    """The records of what was read from a FHIR server for a call: of each prefetch key one, never its query nor what came.

    server  as it is listed for the client;  patient, user: pseudonyms;  call: the hookInstance
    """
    return tuple(
        _event(
            "fhir-read",
            outcome="0" if one.state is State.SUPPLIED else "4",
            client=client,
            user=user,
            entities=[{"what": f"Patient/{patient}"}, {"what": server, "detail": {"hookInstance": call, "key": key, **_read(one)}}],
            # R: a resource by its id;  E: a search is executed.
            action="E" if "?" in one.record.template else "R",
        )
        for key, one in fetched.items()
        if _was_asked(one)
    )


def _was_asked(one: Fetched) -> bool:
    """Whether a call was made: none is to a server that is known to speak a version that is not read."""
    return one.state is not State.NOT_ASKED and not (one.record.reason is Reason.FHIR_VERSION and one.record.status is None)


def _read(one: Fetched) -> Record:
    record = one.record
    return {
        "type": record.template.partition("?")[0].partition("/")[0],
        "state": one.state.value,
        **({"reason": record.reason.value} if record.reason else {}),
        **({"status": record.status} if record.status is not None else {}),
        "pages": record.pages,
        "resources": record.resources,
        "bytes": record.bytes,
        "milliseconds": record.milliseconds,
    }


def of_feedback(client: str, service: str, *, items: int, stored: int) -> Record:
    """The record of a feedback call: so many items, of which so many were new."""
    entity = {"what": service, "detail": {"items": items, "stored": stored}}
    return _event("cds-feedback", outcome="0", client=client, user="", entities=[entity])


def of_refusal(call: RefusedCall) -> Record:
    """The record of a call that got an error for an answer."""
    kind = "auth-fail" if call.status == 401 else "cds-feedback" if call.address.endswith("/feedback") else "cds-hook"
    entity = {"what": call.address, "detail": {"method": call.method, "status": call.status, "code": call.code}}
    return _event(kind, outcome="8" if call.status >= 500 else "4", client=call.client, user="", entities=[entity])


def _event(kind: str, *, outcome: str, client: str, user: str, entities: list[Record], action: str = "E") -> Record:
    return {
        "type": "rest",
        "subtype": kind,
        "action": action,
        "outcome": outcome,
        "agent": {"who": client, **({"user": user} if user else {})},
        "entity": entities,
    }
