"""Whoever looks for a patient or a token in what the service tells of itself finds none: every string of every call is marked.

Marked are names, ids, texts, tokens, comments, answers and errors of FHIR servers, unknown members, addresses; not the hookInstance, by
which a site finds its request again, nor issuer, key id and audience of a token, by which an operator finds who is set up wrongly.
"""

import json
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

import httpx
import time_machine

from service.app import create_app
from service.settings import read_settings
from service.story import hook_request, read_story
from tests.cds_hooks.signing import ISSUER, claims, ec_key, header, token
from tests.faulty_fhir import bundle, faulty_fhir, raw, resource
from tests.service.storage.calls import BASE, NOON, clients
from tests.service.telemetry.test_logs import lines

MARK = "ZQ7"
# What a token and a comment are marked with, too: the store knows the id of a token, and what somebody wrote into a comment.
JTI, COMMENT = "ZQ7jti", "ZQ7comment"
PATH = "/cds-services/cluneal-patient-view"
# Words of FHIR that a chart cannot do without.
SPOKEN = {
    *("resourceType", "system", "code", "status", "type", "mode", "use", "gender", "unit", "url", "versionId", "severity", "birthDate"),
    "intent",
}
STORY = read_story("right-crest-point-reproduces-pain-after-harvest")


def marked(value, name=""):
    """A JSON value whose strings carry the mark, but for words of FHIR, dates and numbers."""
    if isinstance(value, dict):
        return {key: marked(member, key) for key, member in value.items()}
    if isinstance(value, list):
        return [marked(one, name) for one in value]
    if not isinstance(value, str) or name in SPOKEN or value[:4].isdigit() or value.startswith("http"):
        return value
    return f"{value}{MARK}" if name in ("id", "reference", "userId", "patientId", "encounterId") else f"{value} {MARK}"


def asked(number, **more):
    """The story as a marked request."""
    request = hook_request(STORY, hook_instance=f"i-{number}", today=STORY.today)
    authorization = {"access_token": f"{MARK}token", "token_type": "Bearer", "expires_in": 300, "scope": "patient/*.read", "subject": MARK}
    return {
        **request,
        "context": marked(request["context"]),
        "prefetch": {**marked(request["prefetch"]), f"{MARK}key": {"resourceType": MARK}},
        "fhirServer": f"https://{MARK}.example/fhir",
        "fhirAuthorization": authorization,
        "extension": {MARK: MARK},
        MARK: MARK,
        **more,
    }


def without(request, *keys):
    return {**request, "prefetch": {key: value for key, value in request["prefetch"].items() if key not in keys}}


@dataclass
class Told:
    """What was said to the client in errors, and what is found elsewhere."""

    errors: list[str] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)


@asynccontextmanager
async def ehr(environ, told):
    """`send(method, path, ...)` calls with a good token, which is marked; errors are kept."""
    app = create_app(read_settings(environ))
    sent = iter(range(10_000))

    async def send(path=PATH, method="POST", authorization=None, **how):
        now = int(NOON.timestamp())
        said = claims(aud=BASE + path, iat=now, exp=now + 300, jti=f"{JTI}{next(sent)}", iss=ISSUER, sub=MARK, name=MARK, fhirUser=MARK)
        headers = {"Authorization": authorization or f"Bearer {token(header(jku=None, x=MARK), said)}", **how.pop("headers", {})}
        answer = await inside.request(method, path, headers=headers, **how)
        told.statuses.append(answer.status_code)
        if answer.status_code != 200:
            told.errors.append(f"{answer.text} {dict(answer.headers)}")
        return answer

    inside = httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=BASE, timeout=30)
    async with inside, app.router.lifespan_context(app):
        yield app, send


async def all_paths(send, servers, monkeypatch):
    """A good call, and everything that can go wrong."""
    (card,) = (await send(json=asked(1))).json()["cards"]
    item = {"card": card["uuid"], "outcome": "overridden", "outcomeTimestamp": "2026-11-20T12:00:00Z"}
    reason = {"reason": {"code": "not-now"}, "userComment": f"{COMMENT} about him"}
    assert (await send(f"{PATH}/feedback", json={"feedback": [{**item, "overrideReason": reason}], MARK: MARK})).status_code == 200
    await send(f"{PATH}/feedback", json={"feedback": [{**item, "outcome": MARK, MARK: MARK}]})
    await send(f"{PATH}/feedback", content=f"{{{MARK}".encode(), headers={"Content-Type": "application/json"})
    for body in ({**asked(2), "hook": MARK}, {**asked(2), "context": {"userId": MARK}}, {**asked(2), "context": MARK}, MARK):
        await send(json=body)
    await send(content=MARK, headers={"Content-Type": MARK})
    await send(content=b'{"hook": "' + MARK.encode() + b"\xff", headers={"Content-Type": "application/json"})
    await send(json=without(asked(3), "procedures"))
    await send(json={**asked(3), "context": {**asked(3)["context"], "patientId": f"another{MARK}"}})
    await send(json={**asked(3), "prefetch": {"patient": {"resourceType": "Patient", "id": f"x{MARK}", "birthDate": MARK}}})
    await send(f"/cds-services/{MARK}", json={})
    await send(f"/{MARK}?patient={MARK}", method="GET")
    await send(method="PATCH", json=asked(3))
    await send(authorization=f"Bearer {MARK}")
    await send(authorization=f"Basic {MARK}")
    await send(
        authorization=f"Bearer {token(header(jku=None), claims(aud=BASE + PATH, iss=ISSUER, jti=MARK, sub=MARK), key=ec_key(number=2))}"
    )
    for number, server in enumerate(servers):
        bare = without(asked(10 + number, fhirServer=server.base), "conditions", "reports", "allergies")
        await send(json=bare)

    def breaks(*_, **__):
        raise KeyError(MARK)

    with monkeypatch.context() as patched:
        patched.setattr("service.cds_services.evaluate", breaks)
        assert (await send(json=asked(20))).status_code == 500


@asynccontextmanager
async def ill_servers():
    """FHIR servers that answer with marks in every way."""
    error = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "x", "diagnostics": MARK}]}
    found = {"resourceType": "Condition", "id": MARK, "subject": {"reference": f"Patient/{MARK}"}, "code": {"text": MARK}}
    answers = (
        resource(error, 500, f"X-Patient: {MARK}"),
        resource(error),
        resource(f"<html>{MARK}".encode()),
        raw(f"HTTP/1.1 404 {MARK}\r\nContent-Length: 0\r\nLocation: /{MARK}\r\n\r\n".encode()),
        raw(f"{MARK} is no HTTP\r\n\r\n".encode()),
        resource(bundle(found, following=f"https://{MARK}.example/next")),
    )
    async with AsyncExitStack() as servers:
        yield [await servers.enter_async_context(faulty_fhir(answer)) for answer in answers]


async def test_no_mark_is_told_anywhere(started, tmp_path, monkeypatch, capfd):
    """Neither in a line of the log at any level, nor in metrics, readiness, errors, audit or store, on any path."""
    stream, told, folder = started("debug"), Told(), tmp_path / "store"
    folder.mkdir()
    async with ill_servers() as servers:
        settings = {
            **clients(tmp_path, "ehr"),
            "CLUNEAL_DATABASE_URL": f"sqlite:///{folder / 'memory.sqlite'}",
            "CLUNEAL_STORE_DEADLINE_S": "20",
            "CLUNEAL_DEADLINE_S": "3",
        }
        file, bases = tmp_path / "clients.toml", [server.base for server in servers]
        file.write_text(f"allow_http_loopback = true\n{file.read_text()}\nfhir_servers = {json.dumps(bases)}\n")
        with time_machine.travel(NOON):
            async with ehr(settings, told) as (app, send):
                await all_paths(send, servers, monkeypatch)
                stored = b"".join(path.read_bytes() for path in folder.iterdir())
                ready = (await send("/readyz", method="GET")).text
                folder.rename(tmp_path / "away")
                down = [await send(json=asked(30)), await send(f"{PATH}/feedback", json={"feedback": []})]
                ready += (await send("/readyz", method="GET")).text
                metrics = app.state.metrics.exposition().decode()
        assert all(server.asked for server in servers)

    # It did go through all of them.
    assert {200, 400, 401, 404, 405, 412, 415, 500} <= set(told.statuses)
    assert [answer.status_code for answer in down] == [503, 503]
    assert {one["status"] for one in lines(stream) if one["event"] == "call"} >= {200, 400, 401, 405, 412, 415, 500, 503}
    assert "bytes" in stored.decode(errors="replace")
    assert COMMENT.encode() in stored
    output = capfd.readouterr()
    for name, text in {"log": stream.getvalue(), "metrics": metrics, "ready": ready, "output": output.out + output.err}.items():
        assert MARK not in text, name
    assert [text for text in told.errors if MARK in text] == []
    for allowed in (COMMENT, JTI):
        stored = stored.replace(allowed.encode(), b"")
    assert MARK.encode() not in stored
