"""Thousands of nearly right requests: whatever is done to one, the service answers, and is never at fault."""

import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
PLACES = [
    *(("hook",), ("hookInstance",), ("context",), ("context", "userId"), ("context", "patientId"), ("context", "encounterId")),
    *(("context", "extension"), ("prefetch",), ("prefetch", "patient"), ("extension",), ("fhirServer",), ("fhirAuthorization",), ("x",)),
]
SETTINGS = settings(max_examples=200, deadline=1000, suppress_health_check=[HealthCheck.function_scoped_fixture])


async def outcome(client, body):
    answer = await client.post("/cds-services/interpreter", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in (200, 400, 412, 413)
    assert ("cards" in answer.json()) == (answer.status_code == 200)


@SETTINGS
@given(places=st.dictionaries(st.sampled_from(PLACES), ANYTHING, min_size=1, max_size=3), server=st.booleans())
async def test_any_value_in_any_place(client, question, places, server):
    """Members replaced by values of any kind: an answer or a refusal."""
    body = json.loads(json.dumps(question)) | ({"fhirServer": "https://ehr.example.org"} if server else {})
    for path, value in places.items():
        inside = body
        for step in path[:-1]:
            inside = inside[step] if isinstance(inside.get(step), dict) else {}
        inside[path[-1]] = value
    await outcome(client, json.dumps(body))


@SETTINGS
@given(data=st.data())
async def test_any_damage_to_the_bytes(client, question, data):
    """Bytes cut out, put in, doubled: an answer or a refusal."""
    body = json.dumps(question, ensure_ascii=False).encode()
    begin, end = sorted(data.draw(st.tuples(*[st.integers(0, len(body))] * 2)))
    middle = data.draw(
        st.sampled_from([b"", body[begin:end] * 2, b'"', b"\\ud800", b"\xff", b"NaN", b"1e999", b"{", b"]" * 50]) | st.binary(max_size=9)
    )
    await outcome(client, body[:begin] + middle + body[end:])
