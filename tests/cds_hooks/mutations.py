"""Nearly right bodies: valid requests for every hook, and feedback, with one to three things done to them.

Everything that a client could have meant as a name, an id or a note holds one word, so that a test can see whether it comes back.
"""

import copy
import json
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

from tests.service.charts import archetype, bundle, pressed
from tests.service.orders import MRI, block

WORD = "zyzzyva"
STAFF = {"userId": f"Practitioner/{WORD}", "patientId": WORD, "encounterId": f"{WORD}-2"}
DRAFTS = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": MRI}, {"resource": block(note=[{"text": WORD}])}]}
CONTEXTS: dict[str, dict[str, Any]] = {
    "patient-view": STAFF,
    "encounter-start": STAFF,
    "encounter-discharge": STAFF,
    "order-select": {**STAFF, "selections": ["ServiceRequest/mri"], "draftOrders": DRAFTS},
    "order-sign": {**STAFF, "draftOrders": DRAFTS},
    "order-dispatch": {
        "patientId": WORD,
        "dispatchedOrders": [f"ServiceRequest/{WORD}"],
        "performer": f"Organization/{WORD}",
        "fulfillmentTasks": [{"resourceType": "Task", "description": WORD}],
    },
    "problem-list-item-create": {**STAFF, "conditions": {"resourceType": "Bundle", "entry": [{"resource": {"note": WORD}}]}},
    "appointment-book": {**STAFF, "appointments": {"resourceType": "Bundle", "entry": [{"resource": {"comment": WORD}}]}},
}
CHART = json.loads(
    json.dumps(archetype(exams=bundle(pressed())))
    .replace("Patient/p", f"Patient/{WORD}")
    .replace('"id": "p"', f'"id": "{WORD}"')
    .replace("Chronic low back pain", f"{WORD} chronic low back pain")
)
FEEDBACK = {
    "feedback": [
        {
            "card": f"{WORD}-1",
            "outcome": "accepted",
            "outcomeTimestamp": "2026-11-20T10:05:31Z",
            "acceptedSuggestions": [{"id": WORD}],
        },
        {
            "card": f"{WORD}-2",
            "outcome": "overridden",
            "outcomeTimestamp": "2026-11-20T10:05:31.5+01:00",
            "overrideReason": {"reason": {"code": WORD, "system": "urn:x", "display": WORD}, "userComment": WORD},
        },
    ]
}

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just(WORD),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text() | st.just(WORD), inner, max_size=3),
    max_leaves=8,
)
# What programs read differently, or choke on.
ODD_BYTES = [b"", b'"', b"{", b"]" * 50, b"[" * 5_000, b"\\ud800", b"\xff", b"\x00", b"NaN", b"1e999", b"\xef\xbb\xbf", WORD.encode()]


def question(hook: str) -> dict[str, Any]:
    """A request with everything that a client of this hook may send."""
    token = {"access_token": WORD, "token_type": "Bearer", "expires_in": 300, "scope": "patient/*.rs", "subject": WORD, "patient": WORD}
    return {
        "hook": hook,
        "hookInstance": f"{WORD}-instance",
        "context": CONTEXTS[hook],
        "prefetch": CHART,
        "fhirServer": f"https://{WORD}.example.org/fhir",
        "fhirAuthorization": token,
        "extension": {"com.example.x": WORD},
    }


def places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The path of every member and element of a body, the outer ones first."""
    for step, part in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield (*path, step)
        yield from places(part, (*path, step))


@st.composite
def damaged(draw: st.DrawFn, whole: dict[str, Any]) -> bytes:
    """The body with members replaced, left out or put into a list, at any depth; now and then with damage to its bytes as well."""
    body = copy.deepcopy(whole)
    for _ in range(draw(st.integers(0, 3))):
        everywhere = list(places(body))
        # Half of the time near the top, where the protocol lies; a chart has a hundred places for each of its own.
        near = [path for path in everywhere if len(path) <= 3]
        *outer, last = draw(st.sampled_from(near if draw(st.booleans()) else everywhere))
        inside: Any = body
        for step in outer:
            inside = inside[step]
        match draw(st.sampled_from(["replace", "replace", "leave out", "wrap"])):
            case "replace":
                inside[last] = draw(ANYTHING)
            case "wrap":
                inside[last] = [inside[last]]
            case _:
                del inside[last]
        if not body:
            break
    raw = json.dumps(body, ensure_ascii=draw(st.booleans())).encode()
    return draw(_cut(raw)) if draw(st.integers(0, 3)) == 0 else raw


@st.composite
def _cut(draw: st.DrawFn, raw: bytes) -> bytes:
    """The bytes with a piece cut out, doubled, or replaced by something odd."""
    begin, end = sorted(draw(st.tuples(*[st.integers(0, len(raw))] * 2)))
    return raw[:begin] + draw(st.sampled_from([raw[begin:end] * 2, *ODD_BYTES]) | st.binary(max_size=9)) + raw[end:]
