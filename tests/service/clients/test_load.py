"""The clients file: what may stand in it, and how every mistake is told before the service starts."""

import json
from pathlib import Path

import pytest

from service.clients.load import InvalidClients, read_clients
from service.knowledge.load import load_knowledge
from service.known_clients import concepts_of
from service.speech import OrderCode, Speech
from tests.cds_hooks.signing import ec_key, key_set, published, rsa_key

FIXTURE = Path(__file__).parents[3] / "fixtures" / "clients" / "clients.toml"
SERVICES, ORDERS = ("cluneal-patient-view", "cluneal-order-sign"), ("superior-cluneal-block", "focused-cluneal-examination")
SOUND = {"name": "ehr", "issuer": "https://ehr.example", "jwks_url": "https://ehr.example/jwks.json"}


def written(folder, *clients, top="", **files):
    """A clients file with these tables, and the files beside it."""
    for name, content in files.items():
        (folder / name.replace("_", ".")).write_bytes(content if isinstance(content, bytes) else content.encode())
    rows = ["\n".join(("[[client]]", *(f"{key} = {json.dumps(value)}" for key, value in client.items()))) for client in clients]
    (folder / "clients.toml").write_text("\n\n".join((top, *rows)))
    return folder / "clients.toml"


def loaded(path):
    return read_clients(path, services=SERVICES, orders=ORDERS, concepts=concepts_of(load_knowledge()))


def problems(folder, *clients, top="", **files):
    with pytest.raises(InvalidClients) as refused:
        loaded(written(folder, *clients, top=top, **files))
    return refused.value.problems


def test_a_client_needs_a_name_an_issuer_and_keys(tmp_path):
    """Everything else has a default, the careful one."""
    (known,) = loaded(written(tmp_path, SOUND)).known
    client = known.described

    assert (client.subject, client.services, client.fhir_servers, client.origins, client.mode) == (None, (), (), (), "on")
    assert (client.algorithms, client.replay, client.lifetime_s) == (("ES384", "RS384"), "strict", 3600)
    assert (known.speech, known.pinned) == (Speech(), None)


def test_the_example_of_the_repository_is_sound():
    """Two hospitals: keys at an address and in a file, the codes of a site, a client that is only being watched."""
    epic, riverside = loaded(FIXTURE).known

    assert (epic.speech.dialect, epic.speech.writes) == ("epic", "orders")
    assert epic.speech.order_codes[0] == OrderCode(
        "superior-cluneal-block",
        "urn:com.epic.cdshooks.action.code.system.preference-list-item",
        "10001",
        "Superior cluneal nerve block, right",
        "right",
    )
    assert (riverside.described.mode, [key.kid for key in riverside.pinned.keys]) == ("shadow", ["riverside-2026"])
    assert loaded(FIXTURE).origins == ("https://ehr.riverside.example",)


@pytest.mark.parametrize(
    ("dialect", "writes"), [("generic", "full"), ("v3", "full"), ("epic", "orders"), ("oracle", "text"), ("sandbox", "full")]
)
def test_what_may_be_written_follows_the_dialect_and_what_the_site_wants(tmp_path, dialect, writes):
    """A site may ask for less; an EHR is never asked for more than it can take."""
    (known,) = loaded(written(tmp_path, {**SOUND, "dialect": dialect})).known
    (less,) = loaded(written(tmp_path, {**SOUND, "dialect": dialect, "writes": "text"})).known
    (more,) = loaded(written(tmp_path, {**SOUND, "dialect": dialect, "writes": "full"})).known

    assert (known.speech.writes, less.speech.writes, more.speech.writes) == (writes, "text", writes)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"name": None}, "client 1: name is missing"),
        ({"name": ""}, "client 1: name must be made of"),
        ({"name": "a b"}, "client 1: name must be made of"),
        ({"name": 7}, "client 1: name must be a text"),
        ({"issuer": None}, "client 1: issuer is missing"),
        ({"issuer": " x"}, "client 1: issuer must be a text on one line"),
        ({"issuer": "a\nb"}, "client 1: issuer must be a text on one line"),
        ({"isuer": "x"}, "client 1: isuer is not known here (did you mean issuer?)"),
        ({"jwks_url": None}, "ehr: jwks_url or jwks_file is needed"),
        ({"jwks_url": "http://ehr.example/jwks.json"}, "ehr: jwks_url must be https"),
        ({"jwks_url": "https://x@ehr.example/jwks.json"}, "ehr: jwks_url must be https"),
        ({"jwks_url": "https://ehr.example/jwks.json?x=1"}, "ehr: jwks_url must be https"),
        ({"jwks_url": "file:///etc/passwd"}, "ehr: jwks_url must be https"),
        ({"fhir_servers": "https://ehr.example"}, "client 1: fhir_servers must be a list"),
        ({"fhir_servers": ["https://ehr.example/r4#x"]}, "ehr: fhir_servers 1 is not a FHIR base URL"),
        ({"fhir_servers": ["https://ehr.example/a/../b"]}, "ehr: fhir_servers 1 is not a FHIR base URL"),
        ({"fhir_servers": ["http://127.0.0.1/r4"]}, "ehr: fhir_servers 1 is not a FHIR base URL over https"),
        ({"fhir_servers": ["https://[::1/r4"]}, "ehr: fhir_servers 1 is not a FHIR base URL"),
        ({"fhir_networks": ["10.20.0.1/16"]}, "client 1: fhir_networks 1 must be a CIDR block such as 10.20.0.0/16"),
        ({"deadline_s": 0}, "client 1: deadline_s must be at least 0.2"),
        ({"services": ["cluneal"]}, "ehr: services: cluneal is not offered; there are cluneal-patient-view, cluneal-order-sign"),
        ({"dialect": "cerner"}, "client 1: dialect must be 'generic', 'v3', 'epic', 'oracle' or 'sandbox'"),
        ({"shadow_cards": ["orders"]}, "client 1: shadow_cards 1 must be 'workup', 'block', 'response', 'before-block' or 'points-first'"),
        ({"mode": True}, "client 1: mode must be 'on', 'shadow' or 'off'"),
        ({"writes": "some"}, "client 1: writes must be 'full', 'orders' or 'text'"),
        ({"origins": ["*"]}, "client 1: origins 1 must be an origin"),
        ({"origins": ["https://ehr.example/"]}, "client 1: origins 1 must be an origin"),
        ({"origins": ["https://EHR.example"]}, "client 1: origins 1 must be an origin"),
        ({"origins": ["https://ehr_test.example"]}, "client 1: origins 1 must be an origin"),
        ({"origins": ["https://ehr.example:123456"]}, "client 1: origins 1 must be an origin"),
        ({"jwks_url": "https://sandbox.cds-hooks.org/.well-known/jwks.json"}, "ehr: anybody can sign as https://sandbox.cds-hooks.org"),
        ({"combined_attestation": "yes"}, "client 1: combined_attestation must be true or false"),
        ({"order_intent": "directive"}, "client 1: order_intent must be 'proposal', 'plan' or 'order'"),
        ({"replay": "lax"}, "client 1: replay must be 'strict' or 'off'"),
        ({"lifetime_s": 7200}, "client 1: lifetime_s must be at most 3600"),
        ({"lifetime_s": 1}, "client 1: lifetime_s must be at least 30"),
        ({"lifetime_s": "300"}, "client 1: lifetime_s must be a whole number"),
        ({"algorithms": ["HS256"]}, "client 1: algorithms 1 must be 'ES384'"),
        ({"algorithms": []}, "client 1: algorithms needs at least one entry"),
        ({"jwks_file": "nowhere.json"}, "ehr: jwks_file: nowhere.json cannot be read (No such file or directory)"),
        ({"code_map": "nowhere.toml"}, "ehr: code_map: nowhere.toml cannot be read (No such file or directory)"),
        ({"issuer": "https://sandbox.cds-hooks.org"}, "ehr: anybody can sign as https://sandbox.cds-hooks.org"),
    ],
    ids=lambda part: next(iter(part.items())) if isinstance(part, dict) else "",
)
def test_a_mistake_is_told_in_its_place(tmp_path, changes, says):
    """One sentence with the client, the key, and what would be right."""
    client = {key: value for key, value in {**SOUND, **changes}.items() if value is not None}
    (problem,) = problems(tmp_path, client)

    assert problem.startswith(says)


def test_no_value_is_repeated(tmp_path):
    """What was typed into the wrong place may be a secret."""
    assert not [
        one for one in problems(tmp_path, {**SOUND, "mode": "hunter2", "name": "hunter2 ", "subject": ["hunter2"]}) if "hunter2" in one
    ]


def test_all_problems_of_all_files_come_at_once(tmp_path):
    """Whoever sets up the service mends everything in one go."""
    found = problems(
        tmp_path,
        {**SOUND, "jwks_file": "keys.json", "jwks_url": "http://ehr.example"},
        {**SOUND, "code_map": "codes.toml", "services": ["x"]},
        keys_json="{}",
        codes_toml='[[order]]\nours = "x"\nsystem = "urn:x"\ncode = "1"\n',
    )

    assert [one.split(":")[1].strip().split(",")[0] for one in found] == [
        "jwks_url must be https",
        "jwks_file",
        "another client has this name",
        "another client has this issuer; give each of them its own subject",
        "services",
        "code_map",
    ]


@pytest.mark.parametrize(
    ("top", "says"),
    [("", "client is needed, one [[client]]"), ("x = ", "it is no TOML"), ("client = []", "client is needed, one [[client]]")],
)
def test_a_file_without_clients_is_no_clients_file(tmp_path, top, says):
    """Nobody could call; that was hardly meant."""
    assert problems(tmp_path, top=top)[0].startswith(says)


def test_a_file_that_is_not_there_is_named():
    """With the reason of the system."""
    with pytest.raises(InvalidClients, match=r"nowhere.toml cannot be read \(No such file"):
        loaded(Path("nowhere.toml"))


def test_plain_http_is_for_this_machine_alone(tmp_path):
    """With a switch that says so, and for tests."""
    top = "allow_http_loopback = true"
    here = {
        **SOUND,
        "jwks_url": "http://127.0.0.1:9/jwks.json",
        "fhir_servers": ["http://localhost:8090/fhir"],
        "issuer": "https://sandbox.cds-hooks.org",
    }

    assert loaded(written(tmp_path, here, top=top)).allow_http_loopback
    assert problems(tmp_path, {**SOUND, "jwks_url": "http://192.0.2.7/jwks.json"}, top=top)[0].startswith("ehr: jwks_url must be https")


def test_two_clients_of_one_issuer_are_told_apart_by_their_subjects(tmp_path):
    """One of them without a subject would be taken for the other."""
    one, two = {**SOUND, "subject": "1"}, {**SOUND, "name": "second", "subject": "2"}

    assert len(loaded(written(tmp_path, one, two)).known) == 2
    for wrong in ({**two, "subject": "1"}, {key: value for key, value in two.items() if key != "subject"}):
        assert problems(tmp_path, one, wrong) == ("second: another client has this issuer; give each of them its own subject",)


def test_a_key_that_does_not_say_is_for_what_its_client_signs_with(tmp_path):
    """RS384 as the specification recommends, or the one RSA algorithm that the client may use."""
    keys = key_set(published(rsa_key(), "k"))
    found = [
        loaded(written(tmp_path, {**SOUND, "jwks_file": "keys.json", **more}, keys_json=keys)).known[0].pinned.keys[0].algorithm
        for more in ({}, {"algorithms": ["RS256"]}, {"algorithms": ["ES384", "PS384"]})
    ]

    assert found == ["RS384", "RS256", "PS384"]


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        (b"<html>", "it is no JSON"),
        (b"{}", "it is no JWK Set"),
        (key_set(), "it holds no key with which a call could be proved (none is for ES384 or RS384)"),
        (key_set(published(ec_key("P-256"), "k")), "it holds no key with which a call could be proved (none is for ES384 or RS384)"),
        (key_set({"kty": "oct", "k": "c2VjcmV0", "kid": "k"}), "it holds no key with which a call could be proved (key 1: it is secret"),
    ],
)
def test_a_key_file_has_to_hold_a_key_that_can_be_used(tmp_path, keys, says):
    """Otherwise each call would be refused, and nobody would know why."""
    (problem,) = problems(tmp_path, {**SOUND, "jwks_file": "keys.json"}, keys_json=keys)

    assert problem.startswith(f"ehr: jwks_file: {says}")


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([{"ours": "superior-cluneal-block", "system": "urn:x"}], "order 1: code is missing"),
        ([{"ours": "superior-cluneal-block", "system": "urn:x", "code": 7}], "order 1: code must be a text"),
        (
            [{"ours": "superior-cluneal-block", "system": "urn:x", "code": "7", "side": "both"}],
            "order 1: side must be '', 'left' or 'right'",
        ),
        (
            [{"ours": "facet-block", "system": "urn:x", "code": "7"}],
            "facet-block is no order of ours; there are focused-cluneal-examination, superior",
        ),
        ([{"ours": "superior-cluneal-block", "system": "urn:x", "code": "7"}] * 2, "superior-cluneal-block stands twice"),
    ],
)
def test_a_mistake_in_the_codes_of_a_site_is_told(tmp_path, rows, says):
    """A code that nobody would use, or of which two are given, is not passed over."""
    text = "\n".join("\n".join(("[[order]]", *(f"{key} = {json.dumps(value)}" for key, value in row.items()))) for row in rows)
    (problem,) = problems(tmp_path, {**SOUND, "code_map": "codes.toml"}, codes_toml=text)

    assert problem.startswith(f"ehr: code_map: {says}")
