"""Clients of a clients file at the door of the real service: signed calls, keys over HTTP, modes, and what is stored of whom."""

import json
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import get_args

import httpx
import pytest
import time_machine

from service.app import create_app
from service.clients.load import InvalidClients
from service.settings import read_settings
from service.speech import CardKind
from service.story import hook_request, read_story
from tests.cds_hooks.signing import ISSUER, NOW, claims, ec_key, header, key_set, published, token

ROOT = Path(__file__).parents[3]
BASE = "https://cds.example.org"
SERVICE = "/cds-services/cluneal-patient-view"
STORY = read_story("laminectomy-and-iliac-harvest")
QUESTION = hook_request(STORY, hook_instance="i-1", today=STORY.today)
OUTCOME = {"card": "c", "outcome": "overridden", "outcomeTimestamp": "2026-11-20T10:00:00Z"}


def settings(folder, tables, *, base=BASE):
    """Settings with a clients file of these lines beside the keys of one EHR."""
    (folder / "keys.json").write_bytes(key_set(published(ec_key(), "ec")))
    (folder / "clients.toml").write_text(tables)
    return {
        "CLUNEAL_CLIENTS_FILE": str(folder / "clients.toml"),
        "CLUNEAL_PUBLIC_BASE_URL": base,
        "CLUNEAL_DATABASE_URL": f"sqlite:///{folder / 'store.sqlite'}",
        "CLUNEAL_HOST": "0.0.0.0",
    }


def client(name="ehr", issuer=ISSUER, **more):
    rows = {"name": name, "issuer": issuer, "jwks_file": "keys.json", **more}
    return "\n".join(("[[client]]", *(f"{key} = {json.dumps(value)}" for key, value in rows.items() if value is not None), ""))


async def ask(application, path=SERVICE, *, method="POST", number=1, issuer=ISSUER, base=BASE, body=QUESTION, **how):
    """What a signed call is answered at the moment for which tokens are made."""
    signed = token(header(jku=None), claims(aud=base + path, iss=issuer, jti=f"j-{number}"))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=application), base_url="http://inside") as caller:
        with time_machine.travel(NOW, tick=False):
            return await caller.request(method, path, headers={"Authorization": f"Bearer {signed}"}, json=body, **how)


@pytest.fixture
def application(tmp_path):
    """The service with one client of each mode."""
    tables = client() + client("watched", "https://watched.example", mode="shadow") + client("out", "https://out.example", mode="off")
    return create_app(read_settings(settings(tmp_path, tables)))


async def test_a_signed_call_gets_its_card(application):
    """And one that is not signed, nothing, also not the list of services."""
    signed = await ask(application)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=application), base_url=BASE) as anybody:
        unsigned = [
            await anybody.post(SERVICE, json=QUESTION),
            await anybody.get("/cds-services"),
            await anybody.post(f"{SERVICE}/feedback", json={}),
        ]

    assert (signed.status_code, len(signed.json()["cards"])) == (200, 1)
    assert [answer.status_code for answer in unsigned] == [401, 401, 401]


async def test_a_client_in_shadow_mode_is_answered_without_cards(application):
    """The silence says so; a chart that cannot be judged is still an error."""
    answer = await ask(application, issuer="https://watched.example")
    unreadable = await ask(application, issuer="https://watched.example", number=2, body={**QUESTION, "prefetch": {}})

    assert (answer.status_code, answer.json()["cards"]) == (200, [])
    assert answer.json()["extension"]["org.cluneal-cds.silence"]["rule"] == "shadow"
    assert unreadable.status_code == 412


@pytest.mark.parametrize(
    ("story", "kind"),
    [
        ("laminectomy-and-iliac-harvest", "workup"),
        ("laminectomy-and-right-point-recorded-today", "block"),
        ("left-superior-block-relieved-half", "response"),
        ("right-crest-point-lidocaine-allergy-and-a-block-is-ordered", "before-block"),
        ("laminectomy-and-a-lumbar-mri-is-ordered", "points-first"),
    ],
)
async def test_one_kind_of_card_can_be_in_shadow_mode(tmp_path, story, kind):
    """A committee that stops one kind of card stops that one: the answer says so, and every other kind is shown as before."""
    others = [one for one in get_args(CardKind) if one != kind]
    tables = client(shadow_cards=[kind]) + client("others", "https://others.example", shadow_cards=others)
    application = create_app(read_settings(settings(tmp_path, tables)))
    body = hook_request(read_story(story), hook_instance="i-1", today=datetime.fromtimestamp(NOW, UTC).date())
    path = f"/cds-services/cluneal-{body['hook']}"
    hidden = (await ask(application, path, body=body)).json()
    shown = (await ask(application, path, body=body, issuer="https://others.example", number=2)).json()

    assert (hidden["cards"], len(shown["cards"])) == ([], 1)
    silence = hidden["extension"]["org.cluneal-cds.silence"]
    assert (silence["rule"], f"cards of the kind {kind} are in shadow mode" in silence["says"]) == ("shadow", True)


async def test_a_client_that_is_off_is_refused(application):
    """Not answered with "nothing to say": 403, and nothing is listed for it."""
    answer = await ask(application, issuer="https://out.example")
    listed = await ask(application, "/cds-services", method="GET", issuer="https://out.example", number=2, body=None)

    assert (answer.status_code, answer.json()["issue"][0]["details"]["coding"][0]["code"]) == (403, "not-entitled")
    assert listed.json() == {"services": []}


async def test_a_token_that_was_used_is_refused_after_a_restart_and_by_a_second_process(tmp_path):
    """What was seen lies in the store, not in the memory of one process."""
    given = read_settings(settings(tmp_path, client()))
    first, second = create_app(given), create_app(given)

    assert [(await ask(one)).status_code for one in (first, second, first)] == [200, 401, 401]
    assert (await ask(second, number=2)).status_code == 200


async def test_without_its_store_a_service_lets_no_token_pass(tmp_path):
    """Whether one was used before nobody can tell: 503, and a call with a new token as soon as the store is back."""
    application = create_app(read_settings(settings(tmp_path, client())))
    for path in tmp_path.glob("store.sqlite*"):
        path.unlink()
    (tmp_path / "store.sqlite").mkdir()
    refused = await ask(application)
    (tmp_path / "store.sqlite").rmdir()

    assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
    assert refused.json()["issue"][0]["details"]["coding"] == [{"code": "authentication-unavailable"}]
    assert (await ask(application, number=2)).status_code == 200


async def test_tokens_that_have_expired_are_forgotten(tmp_path):
    """The store does not grow with every call that there ever was."""
    application = create_app(read_settings(settings(tmp_path, client())))
    await ask(application, number=1)
    with time_machine.travel(NOW + 9000, tick=False):
        later = token(header(jku=None), claims(aud=BASE + SERVICE, iat=NOW + 9000, exp=NOW + 9100, jti="later"))
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=application), base_url=BASE) as caller:
            await caller.post(SERVICE, headers={"Authorization": f"Bearer {later}"}, json=QUESTION)

    with closing(sqlite3.connect(tmp_path / "store.sqlite")) as database:
        assert database.execute("SELECT jti FROM seen_token").fetchall() == [("later",)]


async def test_feedback_is_stored_under_its_client(tmp_path):
    """The same card of two clients is two cards."""
    application = create_app(read_settings(settings(tmp_path, client() + client("second", "https://second.example"))))
    for issuer in (ISSUER, "https://second.example"):
        answer = await ask(application, f"{SERVICE}/feedback", issuer=issuer, body={"feedback": [OUTCOME]})
        assert answer.status_code == 200

    with closing(sqlite3.connect(tmp_path / "store.sqlite")) as database:
        assert database.execute("SELECT client FROM feedback ORDER BY id").fetchall() == [("ehr",), ("second",)]


async def test_the_pages_of_a_client_may_call(tmp_path):
    """Its origins are those of the file, beside those of the settings."""
    given = settings(tmp_path, client(origins=["https://pages.example"])) | {"CLUNEAL_ORIGINS": "https://more.example"}
    application = create_app(read_settings(given))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=application), base_url=BASE) as browser:
        allowed = [
            (await browser.options(SERVICE, headers={"Origin": origin, "Access-Control-Request-Method": "POST"})).headers.get(
                "access-control-allow-origin"
            )
            for origin in ("https://pages.example", "https://more.example", "https://evil.example")
        ]

    assert allowed == ["https://pages.example", "https://more.example", None]


def test_clients_call_over_https(tmp_path):
    """A public address without it stops the start, but for tests on this machine."""
    with pytest.raises(InvalidClients, match="must start with https"):
        create_app(read_settings(settings(tmp_path, client(), base="http://cds.example.org")))
    with pytest.raises(InvalidClients, match="must start with https"):
        create_app(read_settings(settings(tmp_path, client(), base="http://127.0.0.1:8000")))

    assert create_app(read_settings(settings(tmp_path, "allow_http_loopback = true\n" + client(), base="http://127.0.0.1:8000")))


@contextmanager
def key_server():
    """An EHR that publishes its keys on this machine: (address, what it answers, the paths it was asked for)."""
    answers, asked = {"keys": key_set(published(ec_key(), "ec"))}, []

    class Page(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Length", str(len(answers["keys"])))
            self.end_headers()
            self.wfile.write(answers["keys"])

        def log_message(self, *_):
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/jwks.json", answers, asked
        server.shutdown()


async def test_keys_are_fetched_from_the_configured_address(tmp_path):
    """Once for many calls; the address of a token's own jku is never asked."""
    with key_server() as (url, _, asked), key_server() as (evil, _, never):
        tables = "allow_http_loopback = true\n" + client(jwks_file=None, jwks_url=url)
        application = create_app(read_settings(settings(tmp_path, tables)))
        answers = [(await ask(application, number=number)).status_code for number in range(5)]
        forged = token(header(jku=evil), claims(aud=BASE + SERVICE, jti="x"))
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=application), base_url=BASE) as caller:
            with time_machine.travel(NOW, tick=False):
                refused = await caller.post(SERVICE, headers={"Authorization": f"Bearer {forged}"}, json=QUESTION)

    assert (answers, asked) == ([200] * 5, ["/jwks.json"])
    assert (refused.status_code, never) == (401, [])


def command(*words, **given):
    return subprocess.run(
        [Path(sys.executable).parent / "cluneal-cds", "clients", "check", *words],
        env={"COLUMNS": "100", "PATH": "/usr/bin", **given},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_clients_file_is_told_in_words():
    """Who may call, how that is proved, what each is shown; the example of the repository."""
    told = command(str(ROOT / "fixtures/clients/clients.toml"), CLUNEAL_PUBLIC_BASE_URL=BASE)

    assert told.returncode == 0
    assert told.stdout.startswith(f"2 clients of {BASE}\n\nst-elsewhere\n")
    for words in (
        "keys in riverside-keys.json: riverside-2026 (ES384)",
        "shadow: charts are read, no card is shown",
        "superior-cluneal-block right is 10001",
        "without a code, and so never drafted: middle-cluneal-block, inferior-cluneal-block",
    ):
        assert words in " ".join(told.stdout.split())


def test_how_far_we_may_go_for_a_client_is_told(tmp_path):
    """Its servers, the network in which they lie, and its time."""
    more = {"fhir_servers": ["https://fhir.inside.example/r4"], "fhir_networks": ["10.20.0.0/16"], "deadline_s": 2.5}
    told = " ".join(command(**settings(tmp_path, client(**more))).stdout.split())

    for words in ("https://fhir.inside.example/r4", "which may lie in the networks 10.20.0.0/16", "a call may take 2.5 s"):
        assert words in told


@pytest.mark.parametrize(
    ("words", "given", "says"),
    [
        ((), {}, "name the file, or set CLUNEAL_CLIENTS_FILE"),
        (("README.md",), {"CLUNEAL_PUBLIC_BASE_URL": BASE}, "1 problem in the clients file README.md:\n  it is no TOML"),
        (("README.md",), {}, "set CLUNEAL_PUBLIC_BASE_URL too"),
        (("nowhere.toml",), {"CLUNEAL_PUBLIC_BASE_URL": BASE}, "nowhere.toml cannot be read"),
    ],
)
def test_what_is_wrong_is_a_sentence(words, given, says):
    """With exit code 2, and without a traceback."""
    told = command(*words, **given)

    assert (told.returncode, says in " ".join(told.stderr.split("│")).replace("  ", " ") or says in told.stderr) == (2, True)
    assert "Traceback" not in told.stderr


def test_the_check_can_fetch_the_keys(tmp_path):
    """What the address answers now, and an exit code for scripts."""
    with key_server() as (url, answers, _):
        given = settings(tmp_path, "allow_http_loopback = true\n" + client(jwks_file=None, jwks_url=url))
        good = command("--fetch", **given)
        answers["keys"] = b"<html>"
        bad = command("--fetch", **given)

    assert (good.returncode, "fetched now: ec (ES384)" in good.stdout) == (0, True)
    assert (bad.returncode, "no keys came: it is no JSON" in bad.stdout) == (1, True)
