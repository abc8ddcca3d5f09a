"""A file that somebody gives to a command: a bare Bundle or a hook request, as a chart and who asks.

What cannot be read is said with the name of the file and, where it is no JSON, with the place; never with what stands there.
"""

import json

from cds_hooks.errors import CDSHooksError, MalformedRequest
from cds_hooks.hooks import HOOKS
from cds_hooks.request import read_request
from service.call import Call
from service.cds_services import asked
from service.errors import UnreadableChart
from service.fhir.chart import Chart, chart_of_bundle, kind_of


class _NoNumber(ValueError):
    """NaN, Infinity or -Infinity, which JSON does not have."""


def opened(body: bytes, *, name: str) -> tuple[Chart, Call]:
    """The chart in a file of that name, and who asks: in a bare Bundle, some practitioner outside any visit. Raises UnreadableChart."""
    try:
        return _read(body)
    except UnreadableChart as unreadable:
        raise UnreadableChart(f"{name}: {place(body) or unreadable}" if body.strip() else f"{name}: it is empty.") from None


def _read(body: bytes) -> tuple[Chart, Call]:
    if kind_of(body) not in ("", "Bundle"):
        raise UnreadableChart("one FHIR resource is no chart: put it into a Bundle, with the Patient and the rest of what is known.")
    if kind_of(body):
        chart = chart_of_bundle(body)
        return chart, Call(chart.patient, user="Practitioner/1")
    try:
        return asked(read_request(body, hooks=HOOKS))
    except CDSHooksError as error:
        raise UnreadableChart(f"no FHIR Bundle, and no CDS Hooks request that can be answered. {said_of(error)}") from None


def said_of(error: CDSHooksError) -> str:
    """What a person is told of a request that cannot be answered, who has heard already that it is none."""
    return error.diagnostics if isinstance(error, MalformedRequest) else f"{error.text} {error.diagnostics}"


def place(body: bytes) -> str:
    """Where the file stops being JSON in UTF-8; nothing when it is."""
    try:
        json.dumps(json.loads(body.decode(), parse_constant=_no_number), ensure_ascii=False).encode()
    except UnicodeDecodeError as wrong:
        return f"no UTF-8 at byte {wrong.start + 1}."
    except json.JSONDecodeError as wrong:
        return f"no JSON at line {wrong.lineno}, column {wrong.colno}."
    except UnicodeEncodeError:
        return "no text that can be read: half of a surrogate pair stands in it."
    except _NoNumber as wrong:
        return f"no JSON: {wrong} is no number there."
    except ValueError:
        return "no JSON that can be read: a number in it has thousands of digits."
    except RecursionError:
        return "no JSON that can be read: it is nested too deep."
    return ""


def _no_number(name: str) -> None:
    raise _NoNumber(name)
