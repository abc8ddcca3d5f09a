"""What came of a probe as plain JSON: what `cluneal-cds probe --json` prints."""

from cds_hooks.fhir_authorization import FhirGrant
from service.probing.probe import Probed
from service.probing.server import Server, why
from service.transcript import Json, transcribe, transcribed_code


def transcribed(server: Server, grant: FhirGrant, probed: Probed, *, show_query: bool) -> Json:
    """One object: the server, each prefetch key, all codes that no value set holds, and the evaluation as `evaluate --json` has it.

    show_query  whether the requests as they were sent are in it, which name the patient
    """
    return {
        "server": {"base": str(server.base), "fhirVersion": server.version, "software": server.software},
        "keys": {key: _key(key, grant, probed, show_query=show_query) for key in probed.fetched},
        "unknownCodes": [transcribed_code(one) for one in probed.unknown],
        "evaluation": transcribe(probed.evaluation),
    }


def _key(key: str, grant: FhirGrant, probed: Probed, *, show_query: bool) -> Json:
    found = probed.fetched[key]
    record = found.record
    return {
        "query": record.template,
        **({"sent": list(probed.sent[key])} if show_query else {}),
        "state": found.state.value,
        "reason": record.reason and record.reason.value,
        "says": record.reason and why(record.reason, record.status, grant),
        "status": record.status,
        "milliseconds": record.milliseconds,
        "pages": record.pages,
        "resources": record.resources,
        "unreadable": [{"where": issue.where, "says": issue.says} for issue in probed.issues.get(key, ())],
    }
