"""The probe in the place of a client of the clients file: its servers, its time, its code map."""

import asyncio
import json

import pytest

from tests.cds_hooks.signing import ec_key, key_set, published
from tests.faulty_fhir import canary, faulty_fhir, resource
from tests.service.probing.trying import ON_THE_DAY, STORY, chart, probe


@pytest.fixture
def clients_file(tmp_path, monkeypatch):
    """Writes the file of one client, "ehr", and lets the settings name it."""

    def write(**rows):
        (tmp_path / "keys.json").write_bytes(key_set(published(ec_key(), "ec")))
        table = {"name": "ehr", "issuer": "https://ehr.example", "jwks_file": "keys.json", **rows}
        lines = ["allow_http_loopback = true", "[[client]]", *(f"{name} = {json.dumps(value)}" for name, value in table.items())]
        (tmp_path / "clients.toml").write_text("\n".join(lines))
        monkeypatch.setenv("CLUNEAL_CLIENTS_FILE", str(tmp_path / "clients.toml"))
        monkeypatch.setenv("CLUNEAL_PUBLIC_BASE_URL", "https://cds.example.org")

    return write


async def test_the_card_is_the_one_that_the_client_would_get(clients_file):
    """As much as it lets a suggestion write, which is nothing here."""
    async with faulty_fhir(chart()) as server:
        clients_file(fhir_servers=[server.base], writes="text")
        printed = await probe(server.base, *ON_THE_DAY, "--user", STORY.user, "--client", "ehr", "--json")
        without = await probe(server.base, *ON_THE_DAY, "--user", STORY.user, "--json")

    (card,), (full,) = (json.loads(one.out)["evaluation"]["cards"] for one in (printed, without))
    assert printed.code == 0
    assert "suggestions" in full
    assert "suggestions" not in card


async def test_the_time_is_that_of_the_client(clients_file, monkeypatch):
    """It has more than the settings say, so a slow answer is still heard."""

    async def slow(asked, writer):
        await asyncio.sleep(0.6)
        await resource(STORY.prefetch["patient"])(asked, writer)

    monkeypatch.setenv("CLUNEAL_DEADLINE_S", "0.4")
    async with faulty_fhir(chart(patient=slow)) as server:
        clients_file(fhir_servers=[server.base], deadline_s=20)
        as_client, as_anybody = [
            json.loads((await probe(server.base, *ON_THE_DAY, *words, "--json")).out)["keys"]["patient"]["reason"]
            for words in (("--client", "ehr"), ())
        ]

    assert (as_client, as_anybody) == (None, "timed-out")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--client", "ehr"), "is not among the fhir_servers of the client"),
        (("--client", "erh"), "there is no client erh; there are ehr"),
        (("--client", "ehr", "--network", "10.0.0.0/8"), "fhir_networks of the client says where"),
    ],
)
async def test_where_the_service_would_not_go_the_probe_does_not_go_in_its_place(clients_file, words, sentence):
    """The server is asked nothing, not even what it is."""
    clients_file(fhir_servers=["https://fhir.example.org/r4"])
    async with canary() as server:
        printed = await probe(server.base, *words)

    assert printed.code == 2
    assert sentence in printed.sentence
    assert server.connections == 0
