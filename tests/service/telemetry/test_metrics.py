"""The metrics: what is counted of calls, from sets that are closed, on a port of their own."""

import urllib.error
import urllib.request

import httpx
import pytest
import time_machine
from prometheus_client.parser import text_string_to_metric_families

from service.app import create_app
from service.own_name import names_of
from service.settings import read_settings
from service.telemetry.metrics import Metrics
from service.telemetry.scrape import MetricsPortTaken, metrics_at
from tests.blackbox.service import call, free_port
from tests.doors_to_fhir import EVERYTHING, chart_server
from tests.doors_to_fhir import question as fetching_question
from tests.faulty_fhir import OUTCOME, faulty_fhir, resource
from tests.service.storage.calls import NOON, SILENT, ask, clients, question, signed, tell


def of(app):
    """Name and labels -> value, of everything that was counted."""
    families = text_string_to_metric_families(app.state.metrics.exposition().decode())
    return {(one.name, tuple(sorted(one.labels.items()))): one.value for family in families for one in family.samples}


def value(app, name, **labels):
    return of(app).get((name, tuple(sorted(labels.items()))))


def calling(app):
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="https://cds.example.org")


async def test_calls_cards_and_silences_are_counted(environ):
    """By hook, client, status and outcome; cards by kind, nerve and tier; silences by their rule; feedback by its outcome."""
    app = create_app(read_settings({**environ, "CLUNEAL_QUIET": "0"}))
    async with calling(app) as caller:
        (card,) = (await ask(caller)).json()["cards"]
        silence = (await ask(caller, question(SILENT, instance="i-2"))).json()["extension"]["org.cluneal-cds.silence"]["rule"]
        await ask(caller, {**question(), "prefetch": {}})
        await tell(caller, card["uuid"])

    hook = {"call": "hook", "hook": "patient-view", "client": "open"}
    assert value(app, "cluneal_calls_total", **hook, status="200", outcome="card") == 1
    assert value(app, "cluneal_calls_total", **hook, status="200", outcome="silence") == 1
    assert value(app, "cluneal_calls_total", **hook, status="412", outcome="refused") == 1
    assert value(app, "cluneal_refusals_total", **hook, code="prefetch-unavailable") == 1
    assert value(app, "cluneal_cards_total", kind="block", nerve="superior", tier="high", shown="yes") == 1
    assert value(app, "cluneal_silences_total", rule=silence) == 1
    assert value(app, "cluneal_keys_not_read_total", key="procedures", state="missing") == 1
    assert value(app, "cluneal_feedback_items_total", client="open", outcome="overridden") == 1
    assert value(app, "cluneal_call_seconds_count", call="hook", hook="patient-view") == 3
    assert value(app, "cluneal_call_part_seconds_count", part="store") == 3


async def test_clients_are_named_as_in_their_file(environ, tmp_path):
    """And whoever is not known is nobody, whatever the token says."""
    app = create_app(read_settings({**environ, **clients(tmp_path, "ehr", mode="shadow")}))
    async with calling(app) as caller:
        with time_machine.travel(NOON, tick=False):
            await ask(caller, **signed("1"))
            await ask(caller, **signed("1"))
            await ask(caller, **signed("2", issuer="https://JOHN.example"))

    hook = {"call": "hook", "hook": "patient-view"}
    assert value(app, "cluneal_calls_total", **hook, client="ehr", status="200", outcome="shadow") == 1
    assert value(app, "cluneal_calls_total", **hook, client="unknown", status="401", outcome="refused") == 2
    assert value(app, "cluneal_cards_total", kind="block", nerve="superior", tier="high", shown="no") == 1


async def test_no_caller_makes_the_metrics_grow():
    """Methods, addresses, hooks, keys and tokens of a caller's own invention add no label."""
    app = create_app(read_settings({"CLUNEAL_DATABASE_URL": "off"}))
    async with calling(app) as caller:
        sizes = []
        for name in ("JOHN", "SMITH", "x" * 200):
            await caller.get(f"/{name}/{name}")
            await caller.request(name[:20], "/cds-services/cluneal-patient-view")
            await caller.post(f"/cds-services/{name}", json={})
            await ask(caller, {**question(), "prefetch": {**question()["prefetch"], name: {"resourceType": name}}})
            await caller.post("/cds-services/cluneal-patient-view", json={**question(), "hook": name})
            sizes.append(len(of(app)))

    assert len(set(sizes)) == 1
    assert not {word for name in of(app) for word in ("JOHN", "SMITH", "xxx") if word in str(name)}


async def test_reads_and_servers_at_rest_are_counted():
    """By prefetch key and outcome; a server that failed too often is told by its address in the settings."""
    faults = {"DiagnosticReport": resource(OUTCOME, 503)}
    async with faulty_fhir(chart_server(**faults)) as server, faulty_fhir(resource(OUTCOME, 500)) as ill:
        servers = f"{server.base},{ill.base}"
        app = create_app(read_settings({"CLUNEAL_DATABASE_URL": "off", "CLUNEAL_OPEN_FHIR_SERVERS": servers, "CLUNEAL_DEADLINE_S": "20"}))
        async with calling(app) as caller, app.router.lifespan_context(app):
            await ask(caller, fetching_question(server.base))
            await ask(caller, fetching_question(ill.base, prefetch=EVERYTHING | {"patient": EVERYTHING["patient"]}))
            await ask(caller, fetching_question(ill.base))
        bases = server.base, ill.base

    assert value(app, "cluneal_fhir_reads_total", key="procedures", outcome="supplied") == 1
    assert value(app, "cluneal_fhir_reads_total", key="reports", outcome="status") >= 1
    assert [value(app, "cluneal_fhir_server_at_rest", server=base) for base in bases] == [0, 1]


async def test_a_store_that_fails_is_counted(tmp_path):
    """By what was to be stored, and the calls that were answered without it."""
    folder = tmp_path / "store"
    folder.mkdir()
    app = create_app(read_settings({"CLUNEAL_DATABASE_URL": f"sqlite:///{folder / 'x.sqlite'}"}))
    folder.rename(tmp_path / "away")
    async with calling(app) as caller:
        assert (await ask(caller)).status_code == 200

    assert value(app, "cluneal_store_failures_total", what="the memory of a patient") == 1
    assert value(app, "cluneal_degraded_total") == 1


async def test_the_service_itself_serves_no_metrics():
    """Closed unless a port is named: nobody who may call learns how many others do."""
    app = create_app(read_settings({"CLUNEAL_DATABASE_URL": "off"}))
    async with calling(app) as caller:
        assert (await caller.get("/metrics")).status_code == 404


def test_the_metrics_have_a_port_of_their_own():
    """One address, for GET and HEAD; nothing else is there, and nothing once the service ended."""
    port = free_port()
    metrics = Metrics(version="1", knowledge="2026.7")
    with metrics_at("127.0.0.1", port, metrics):
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
            assert answer.headers["Content-Type"].startswith("text/plain; version=")
            assert b'cluneal_service{knowledge="2026.7",version="1"} 1.0' in answer.read()
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5)
        with pytest.raises(MetricsPortTaken, match="set CLUNEAL_METRICS_PORT to another"), metrics_at("127.0.0.1", port, metrics):
            pass
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5)


def asked_as(port, *hosts):
    """What readers hear who ask under these names."""
    return [call(f"http://127.0.0.1:{port}", "GET", "/metrics", headers={"Host": host}).status for host in hosts]


def test_a_web_page_does_not_read_them_by_a_name_that_leads_here():
    """Where this machine alone is listened to its names count, as for the pages; a network may call us as it likes."""
    ours = ("127.0.0.1:9464", "localhost:9464", "[::1]:9464", "cds.example.org")
    theirs = ("evil.example:9464", "EVIL.example.", "127.0.0.1.evil.example", "[")
    metrics, names, port, wide = (
        Metrics(version="1", knowledge="2026.7"),
        names_of("https://cds.example.org/cluneal"),
        free_port(),
        free_port(),
    )

    with metrics_at("127.0.0.1", port, metrics, names=names), metrics_at("0.0.0.0", wide, metrics, names=names):
        assert asked_as(port, *ours) == [200] * 4
        assert asked_as(port, *theirs) == [421] * 4
        assert b"cluneal_" not in call(f"http://127.0.0.1:{port}", "GET", "/metrics", headers={"Host": theirs[0]}).body
        assert asked_as(wide, *ours, *theirs) == [200] * 8
