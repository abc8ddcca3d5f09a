"""The probe where something is wrong: one sentence that says what would help, and exit code 1; 2 for a command that is wrong."""

import asyncio
import os
import socket

import pytest

from cds_hooks.egress.allow_list import read_service_base
from cds_hooks.egress.exchange import Allowance, Egress
from cds_hooks.fhir_authorization import FhirGrant
from cds_hooks.fhir_calls import Bounds, FhirCalls
from service.probing.server import ProbeFailed, find_address, read_server
from tests.cds_hooks.fetching import NO_AUTHORITIES, in_seconds
from tests.faulty_fhir import OUTCOME, canary, faulty_fhir, hang, raw, resource
from tests.service.probing.trying import METADATA, ON_THE_DAY, chart, probe

TOKEN = "s3cr3t-t0k3n"


@pytest.fixture
def token_file(tmp_path):
    """A file with a token that its owner alone can read."""
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n")
    file.chmod(0o600)
    return file


def only_with_token(answer):
    """Answers who brings the token, and nobody else."""

    async def checked(asked, writer):
        good = asked.headers.get("authorization") == f"Bearer {TOKEN}"
        await (answer if good else resource(OUTCOME, 401))(asked, writer)

    return checked


@pytest.mark.parametrize(
    ("metadata", "sentence"),
    [
        (resource(OUTCOME, 404), "Is it the whole base"),
        (resource(OUTCOME, 401), "It wants a token: --token-file."),
        (resource(OUTCOME, 302), "Redirects are not followed"),
        (resource(OUTCOME, 503), "try again later"),
        (resource(b"<html>welcome</html>"), "no FHIR server, or does not speak JSON"),
        (resource({"resourceType": "Patient"}), "no FHIR server, or does not speak JSON"),
        (resource(b"[" * 100_000), "no FHIR server, or does not speak JSON"),
        (raw(b"\x16\x03\x01"), "not HTTP"),
        (
            resource({**METADATA, "fhirVersion": "1.0.2"}),
            "The server speaks FHIR DSTU2 (1.0.2); the service reads FHIR STU3, R4",
        ),
        (resource({**METADATA, "fhirVersion": "6.0.0"}), "The server speaks FHIR 6.0.0; the service reads FHIR STU3, R4"),
    ],
    ids=["404", "401", "redirect", "503", "html", "other-resource", "nested", "no-http", "R5", "STU3"],
)
async def test_a_server_that_cannot_be_tried_is_asked_nothing_else(metadata, sentence):
    """What the server says of itself comes first; no question about a patient follows where it does not fit."""
    async with faulty_fhir(chart(metadata=metadata)) as server:
        printed = await probe(server.base, *ON_THE_DAY)

    assert printed.code == 1
    assert sentence in printed.sentence
    assert "Traceback" not in printed.err
    assert "JOHN" not in printed.err + printed.out
    assert {asked.target for asked in server.asked} == {"/fhir/metadata"}


@pytest.mark.parametrize(("version", "name"), [("4.0.1", "R4 (4.0.1)"), ("4.3.0", "R4B (4.3.0)"), ("5.0.0", "R5 (5.0.0)"), ("9.9", "9.9")])
async def test_the_version_is_named_whatever_follows(version, name):
    """Also that of a server which is then not read."""
    async with faulty_fhir(chart(metadata=resource({"resourceType": "CapabilityStatement", "fhirVersion": version}))) as server:
        printed = await probe(server.base, *ON_THE_DAY)

    assert printed.out.startswith(f"FHIR {name} at {server.base}\n")


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (resource(OUTCOME, 404), "The server has no such patient. Is this the id of the resource, not a medical record number"),
        (resource(OUTCOME, 403), "The patient was not read. The server answered 403. It wants a token: --token-file."),
        (resource(OUTCOME, 500), "The patient was not read. The server answered 500."),
        (resource(b"<html>"), "The patient was not read. The answer was no FHIR resource"),
    ],
    ids=["404", "403", "500", "html"],
)
async def test_without_the_patient_there_is_no_chart(answer, sentence):
    """Each key is shown all the same, the evaluation is not; the sentence does not name the patient."""
    async with faulty_fhir(chart("p-9", patient=answer)) as server:
        printed = await probe(server.base, *ON_THE_DAY, patient="p-9")

    assert printed.code == 1
    assert sentence in printed.sentence
    assert "conditions" in printed.out
    assert "Findings" not in printed.out
    assert "p-9" not in printed.out + printed.err


async def test_a_server_that_hangs_is_given_up_in_time():
    """With the advice to give it more; the service would not wait longer."""
    async with faulty_fhir(chart(patient=hang())) as server:
        printed = await asyncio.wait_for(probe(server.base, *ON_THE_DAY, "--deadline", "0.4"), 10)

    assert printed.code == 1
    assert "did not answer in time. --deadline gives it more time" in printed.sentence


async def test_needed_data_that_is_not_had_ends_with_1():
    """As with `evaluate`: the refusal is shown, and the other keys are said to be read."""
    async with faulty_fhir(chart(conditions=resource(OUTCOME, 500))) as server:
        printed = await probe(server.base, *ON_THE_DAY)

    assert printed.code == 1
    assert "No answer (412)" in printed.words
    assert "The server answered 500." in printed.words


async def test_a_server_that_is_away_is_said_to_be():
    """Nobody listens at the port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        printed = await probe(f"http://127.0.0.1:{free.getsockname()[1]}/fhir")

    assert printed.code == 1
    assert "No connection to the server could be made. Is it running, are host and port right" in printed.sentence


async def test_a_host_without_an_address_is_named():
    """The look-up fails, whatever this machine's name server says."""

    async def nowhere(host, port):
        raise socket.gaierror

    with pytest.raises(ProbeFailed, match="No address is known for the host"):
        await find_address(read_service_base("https://fhir.example.org/r4"), nowhere)


async def test_a_host_on_a_private_network_wants_it_named():
    """The look-up leads there, and nothing is sent."""

    async def next_door(host, port):
        return ["10.1.2.3"]

    base = read_service_base("https://fhir.example.org/r4")
    egress = Egress([base], resolve=next_door, ssl_context=NO_AUTHORITIES)
    calls = FhirCalls(egress, clock=lambda: 0.0, chance=lambda: 0.0)
    with pytest.raises(ProbeFailed, match="--network, or fhir_networks of a client"):
        await read_server(FhirGrant(base, None, None), calls, Bounds(in_seconds(5), 10_000, Allowance(10_000)))
    await egress.aclose()


async def test_the_token_opens_the_server_and_is_never_printed(token_file):
    """Sent with every request, shown nowhere."""
    async with faulty_fhir(only_with_token(chart())) as server:
        without = await probe(server.base, *ON_THE_DAY)
        printed = await probe(server.base, *ON_THE_DAY, "--token-file", token_file, "--show-query")
        as_json = await probe(server.base, *ON_THE_DAY, "--token-file", token_file, "--show-query", "--json")

    assert (without.code, printed.code, as_json.code) == (1, 0, 0)
    assert "It wants a token: --token-file." in without.sentence
    assert TOKEN not in printed.out + printed.err + as_json.out + as_json.err
    assert printed.err.strip() == ""


async def test_without_a_token_file_no_token_is_sent():
    """An open server is read as anybody would read it."""
    async with faulty_fhir(chart()) as server:
        assert (await probe(server.base, *ON_THE_DAY)).code == 0

    assert server.asked
    assert not any("authorization" in asked.headers for asked in server.asked)


async def test_a_token_that_is_refused_is_not_blamed_on_the_server(token_file):
    """It may have expired; it is not repeated."""
    token_file.write_text("another-t0k3n")
    async with faulty_fhir(only_with_token(chart())) as server:
        printed = await probe(server.base, *ON_THE_DAY, "--token-file", token_file)

    assert printed.code == 1
    assert "It refuses the token, which may have expired" in printed.sentence
    assert "another-t0k3n" not in printed.out + printed.err


@pytest.mark.parametrize(("mode", "warned"), [(0o600, False), (0o640, True), (0o604, True)])
async def test_a_token_that_others_can_read_is_warned_of(token_file, mode, warned):
    """It is used all the same: by now it may have been read."""
    token_file.chmod(mode)
    async with faulty_fhir(chart()) as server:
        printed = await probe(server.base, *ON_THE_DAY, "--token-file", token_file)

    assert printed.code == 0
    assert ("Others on this machine can read" in printed.sentence) is warned


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--user", "Bob"), "must be a reference such as Practitioner/123"),
        (("--encounter", "a b"), "`context.encounterId` must be the id"),
        (("--network", "10.0.0.1/8"), "must be a CIDR block such as 10.20.0.0/16"),
        (("--deadline", "0"), "--deadline"),
        (("--client", "ehr"), "CLUNEAL_CLIENTS_FILE is not set"),
        (("--token-file", "no-such-file"), "no-such-file cannot be read"),
        (("--token-file", os.devnull), "The file holds the access token and nothing else"),
    ],
)
async def test_a_command_that_is_wrong_asks_nobody(words, sentence):
    """Exit code 2, and the option that is meant."""
    async with canary() as server:
        printed = await probe(server.base, *words)

    assert printed.code == 2
    assert sentence in printed.sentence
    assert server.connections == 0


@pytest.mark.parametrize(
    "base", ["http://fhir.example.org/r4", "fhir.example.org", "https://user@fhir.example.org/r4", "https://h/fhir?x=1"]
)
async def test_a_base_that_may_not_be_called_is_refused_unasked(base):
    """Plain http is for this machine alone."""
    printed = await probe(base)

    assert printed.code == 2
    assert "FHIR base URL" in printed.sentence
