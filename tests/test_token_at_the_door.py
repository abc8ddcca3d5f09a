"""Where the token goes, seen from the EHR: N01 to N05 of the threat model, through the whole service. Canaries count who comes.

The single forms are tried one by one in cds_hooks/test_fhir_elsewhere.py; here all of them go in at the door.
"""

import pytest

from service.app import create_app
from service.settings import read_settings
from tests.cds_hooks.test_fhir_elsewhere import OTHER_SERVER, SAME_SERVER_ELSEWHERE
from tests.doors_to_fhir import TOKEN, chart_server, has_a_card, question, service_for
from tests.faulty_fhir import canary, faulty_fhir, resource
from tests.service.charts import archetype
from tests.service.clients.test_calls_of_clients import ask as signed
from tests.service.clients.test_calls_of_clients import client, settings

LINKS = (
    "http://127.0.0.1:{theirs}/fhir/Procedure?page=2",
    "//127.0.0.1:{theirs}/fhir/Procedure?page=2",
    "http://127.0.0.1:{ours}@127.0.0.1:{theirs}/fhir/Procedure",
    "http://127.0.0.1:{ours}/fhir/../admin?page=2",
    "http://127.0.0.1:{ours}/admin",
    "../admin",
    "file:///etc/passwd",
)
NO_IDS = ("p1&patient=p2", "../Practitioner/1", "..", "p1/../p2", "p1?x=1", "p1#x", "p1%2fp2", "p1 p2", "p1\r\nX: y", "ｐ1", "p1,p2", "")


@pytest.mark.requirement("61", "P-10", "P-12", "case-17", "case-18")
async def test_whatever_server_a_request_names_only_the_listed_one_is_called():
    """N01: sixty ways to write an address, and not one connection; what is needed stays missing, and that is no fault of ours."""
    async with canary() as theirs, faulty_fhir(chart_server()) as ours, service_for(ours.base) as ask:
        named = [form.format(ours=ours.port, theirs=theirs.port) for form in (*OTHER_SERVER, *SAME_SERVER_ELSEWHERE)]
        answers = [await ask(question(server)) for server in named]

    assert theirs.connections == ours.connections == 0
    assert {answer.status_code for answer in answers} <= {400, 412}
    assert not [answer for answer in answers if TOKEN in answer.text]


@pytest.mark.requirement("P-12")
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_leads_nowhere(status):
    """N02: neither a search nor the metadata is looked for elsewhere, with the token or without."""
    async with canary() as theirs:
        moved = resource(b"", status, f"Location: {theirs.base}/Procedure")
        async with faulty_fhir(chart_server(Procedure=moved)) as ours, service_for(ours.base) as ask:
            needed = await ask(question(ours.base))
        async with faulty_fhir(chart_server(metadata=moved)) as ours, service_for(ours.base) as ask:
            unneeded = await ask(question(ours.base))

    assert theirs.connections == 0
    assert needed.status_code == 412
    assert has_a_card(unneeded)


@pytest.mark.requirement("case-09", "P-12")
@pytest.mark.parametrize("link", LINKS)
async def test_a_next_link_leads_nowhere_else(link):
    """N03: whether the server or the client sent the first page; a chart that is cut short gives no card."""
    first = archetype()["procedures"]
    async with canary() as theirs, faulty_fhir(chart_server()) as ours, service_for(ours.base) as ask:
        page = first | {"link": [{"relation": "next", "url": link.format(ours=ours.port, theirs=theirs.port)}]}
        sent = await ask(question(ours.base, prefetch={"procedures": page}))
        async with faulty_fhir(chart_server(Procedure=resource(page))) as paged, service_for(paged.base) as ask_paged:
            fetched = await ask_paged(question(paged.base))

    assert theirs.connections == 0
    assert [one.path for one in (*ours.asked, *paged.asked) if not one.path.startswith("/fhir/")] == []
    assert [answer.status_code for answer in (sent, fetched)] == [412, 412]
    assert all("leads out of the FHIR server" in answer.text for answer in (sent, fetched))


async def test_a_patient_id_that_is_none_is_refused_before_any_call():
    """N04: what would change a query is a 400."""
    async with faulty_fhir(chart_server()) as server, service_for(server.base) as ask:
        answers = [await ask(question(server.base, patientId=id_)) for id_ in NO_IDS]

    assert {answer.status_code for answer in answers} == {400}
    assert server.connections == 0


async def test_proxies_of_the_environment_see_nothing(monkeypatch):
    """N05: the whole chart is read, and not one call goes another way."""
    async with canary() as theirs, faulty_fhir(chart_server()) as ours:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{theirs.port}")
        async with service_for(ours.base) as ask:
            answer = await ask(question(ours.base))

    assert has_a_card(answer)
    assert theirs.connections == 0
    assert {one.headers["authorization"] for one in ours.asked} == {f"Bearer {TOKEN}"}


async def test_a_listed_server_is_called_with_its_own_token_alone():
    """Two servers are listed: each call reads from the one that it names, with what it brought for it."""
    async with faulty_fhir(chart_server()) as one, faulty_fhir(chart_server()) as other, service_for(one.base, other.base) as ask:
        assert has_a_card(await ask(question(one.base, leave={"access_token": "of-one"})))
        assert has_a_card(await ask(question(other.base, leave={"access_token": "of-other"})))

    assert {asked.headers["authorization"] for asked in one.asked} == {"Bearer of-one"}
    assert {asked.headers["authorization"] for asked in other.asked} == {"Bearer of-other"}


@pytest.mark.requirement("61", "P-12")
async def test_the_server_of_one_client_is_none_of_anothers(tmp_path):
    """A client that is known may still not send us to a server that is listed for somebody else."""
    async with faulty_fhir(chart_server()) as ours:
        tables = client(fhir_servers=[ours.base]) + client("other", "https://other.example")
        app = create_app(read_settings(settings(tmp_path, f"allow_http_loopback = true\n{tables}")))
        async with app.router.lifespan_context(app):
            theirs = await signed(app, issuer="https://other.example", number=1, body=question(ours.base))
            connections = ours.connections
            own = await signed(app, number=2, body=question(ours.base))

    assert (theirs.status_code, connections) == (412, 0)
    assert "not among those that this client may name" in theirs.text
    assert has_a_card(own)
