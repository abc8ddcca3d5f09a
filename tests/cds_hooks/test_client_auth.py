"""Who calls: tokens that are good, and every way in which one is not, as a client meets them over HTTP."""

import asyncio
import logging
from dataclasses import replace

import pytest
from fastapi import FastAPI

from cds_hooks.client_auth import ClientAuthentication, TokenMemory, TrustedClient
from cds_hooks.router import cds_hooks_router, install
from cds_hooks.transport import Limits
from tests.cds_hooks.conftest import EHR, TOY_SERVICES
from tests.cds_hooks.signed_house import EVERY_ID, FEEDBACK, KEYS, OUTCOME, SERVICE, House
from tests.cds_hooks.signing import BASE, ISSUER, JKU, LATER, NOW, claims, ec_key, header, token
from tests.cds_hooks.tokens import GOOD, HOSTILE, twin


@pytest.fixture
def house():
    return House()


def for_path(path, number=1, **changes):
    return token(body=claims(path, jti=f"token-{number}", **changes))


@pytest.mark.requirement("176", "J-2", "J-3", "J-11", "193", "205", "200")
@pytest.mark.parametrize("sent", GOOD.values(), ids=GOOD)
async def test_a_good_token_opens(house, sent):
    """Whatever a client may leave out or add."""
    answer = await house.discover(sent)

    assert (answer.status_code, len(answer.json()["services"])) == (200, len(TOY_SERVICES))


@pytest.mark.requirement("case-43", "195", "201", "203", "207", "J-4", "J-5", "J-6", "J-7", "J-8", "J-9", "J-12")
@pytest.mark.requirement("182", "183", "189", "190", "192", "196")
@pytest.mark.parametrize("sent", HOSTILE.values(), ids=HOSTILE)
async def test_every_other_token_meets_the_same_refusal(house, sent):
    """One status, one body, one header, whatever was wrong: a token that fails teaches nothing. An honest one still opens."""
    answer = await house.discover(sent)
    plain = await house.ask("GET", "/cds-services", [])

    assert (answer.status_code, answer.headers["www-authenticate"], answer.content) == (401, "Bearer", plain.content)
    assert answer.json()["issue"][0]["details"]["coding"] == [{"code": "not-authenticated"}]
    assert (await house.discover(token())).status_code == 200


@pytest.mark.requirement("176", "177", "J-1", "J-12")
@pytest.mark.parametrize(
    "sent",
    [
        [],
        ["Basic dXNlcjpwYXNz"],
        [token()],
        [f"Token {token()}"],
        [f"Bearer{token()}"],
        [f"Bearer {token()}", f"Bearer {token(body=claims(jti='2'))}"],
        [f"Bearer {token()}, Bearer {token()}"],
        ["Bearer"],
        ["Bearer null"],
    ],
    ids=["none", "Basic", "bare", "other scheme", "no space", "twice", "a list", "no token", "null"],
)
async def test_a_call_carries_one_bearer_token(house, sent):
    """No other way to say who one is."""
    assert (await house.ask("GET", "/cds-services", sent)).status_code == 401


@pytest.mark.requirement("J-13")
@pytest.mark.parametrize("scheme", ["Bearer ", "bearer ", "BEARER ", "Bearer   "])
async def test_the_scheme_is_read_in_any_case(house, scheme):
    """As RFC 9110 has it."""
    assert (await house.ask("GET", "/cds-services", scheme + token())).status_code == 200


@pytest.mark.requirement("189", "196", "J-2", "J-6")
async def test_a_token_is_for_one_address(house, question):
    """Discovery, each service and its feedback have their own; what is made for one opens none of the others."""
    calls = {
        "/cds-services": ("GET", {}),
        SERVICE: ("POST", {"json": question}),
        "/cds-services/welcome": ("POST", {"json": question}),
        FEEDBACK: ("POST", {"json": {"feedback": [OUTCOME]}}),
    }
    for path, (method, how) in calls.items():
        opened = [
            other
            for number, other in enumerate(calls)
            if (await house.ask(method, path, f"Bearer {for_path(other, f'{path}{number}')}", **how)).status_code != 401
        ]
        assert opened == [path]


@pytest.mark.requirement("196")
async def test_no_field_of_the_request_decides_about_the_address(house):
    """A token for the address that Host and the fields of proxies claim opens nothing."""
    claimed = {
        "Host": "evil.example.org",
        "X-Forwarded-Host": "evil.example.org",
        "X-Forwarded-Proto": "https",
        "Forwarded": "host=evil.example.org;proto=https",
    }
    evil = token(body=claims(aud="https://evil.example.org/cds-services"))

    assert (await house.ask("GET", "/cds-services", f"Bearer {evil}", headers=claimed)).status_code == 401
    assert (await house.ask("GET", "/cds-services", f"Bearer {token()}", headers=claimed)).status_code == 200


@pytest.mark.requirement("192", "J-10")
async def test_a_token_opens_once(house):
    """Sent again, one after the other or twenty at once, also as the twin that anybody can make of its signature, it is refused."""
    first = token()
    answers = await asyncio.gather(*(house.discover(first) for _ in range(20)))

    assert sorted(answer.status_code for answer in answers) == [200] + [401] * 19
    assert (await house.discover(twin(first))).status_code == 401


async def test_the_twin_of_a_signature_is_as_good_as_it(house):
    """Which is why the name of a token is remembered and not its letters."""
    assert (await house.discover(twin(token()))).status_code == 200


async def test_a_name_of_a_token_is_its_issuers_own(house):
    """Two clients may choose the same one."""
    other = token(header(jku=None), claims(iss="https://pinned.example.org"))

    assert [(await house.discover(one)).status_code for one in (token(), other)] == [200, 200]


@pytest.mark.requirement("J-10", "190")
async def test_a_client_may_be_allowed_to_send_a_token_again(house):
    """Some test kits do; the token is still good for its time and its address alone."""
    again = token(header(jku=None), claims(iss="https://again.example.org"))

    assert [(await house.discover(again)).status_code for _ in range(3)] == [200, 200, 200]
    house.now += LATER + 60
    assert (await house.discover(again)).status_code == 401


async def test_a_forged_token_uses_up_no_name(house):
    """Whoever guesses the name of the next token cannot make it useless."""
    await house.discover(token(key=ec_key(number=2)))
    await house.discover(token(body=claims(aud="https://elsewhere.example.org")))

    assert (await house.discover(token())).status_code == 200


async def test_what_was_seen_is_forgotten_when_it_is_of_no_use(house):
    """The memory follows the calls of an hour, not of a year; a token that has expired is refused for that."""
    memory = TokenMemory(clock=lambda: house.now)
    for number in range(5000):
        assert await memory.is_first("i", str(number), until=house.now + 10)
        house.now += 10

    assert len(memory._until) < 1100
    assert not await memory.is_first("i", "4999", until=house.now + 10)


async def test_a_clock_that_was_set_does_not_make_tokens_new(house):
    """Ten minutes ahead for one call, and back: what was used is still known, though it had expired in between."""
    assert (await house.discover(token())).status_code == 200
    house.now += 600
    assert (await house.discover(token(body=claims(jti="later", iat=NOW + 600, exp=NOW + 700)))).status_code == 200
    house.now -= 600
    assert (await house.discover(token())).status_code == 401


async def test_the_subject_tells_clients_of_one_issuer_apart(house):
    """A hospital group with one issuer may have several EHRs."""
    for number, subject in enumerate(("one", "two")):
        sent = token(header(jku=None), claims(FEEDBACK, iss="https://shared.example.org", sub=subject, jti=str(number)))
        await house.ask("POST", FEEDBACK, f"Bearer {sent}", json={"feedback": [OUTCOME]})

    assert [client for client, _, _ in house.kept] == ["one", "two"]


async def test_a_client_sees_and_calls_its_own_services_alone(house, question):
    """The others are not listed for it and are refused by a 403; feedback too."""
    sent = {
        path: token(header(jku=None), claims(path, iss="https://narrow.example.org", jti=path))
        for path in ("/cds-services", SERVICE, FEEDBACK)
    }

    listed = (await house.discover(sent["/cds-services"])).json()["services"]
    refused = await house.ask("POST", SERVICE, f"Bearer {sent[SERVICE]}", json=question)
    unkept = await house.ask("POST", FEEDBACK, f"Bearer {sent[FEEDBACK]}", json={"feedback": [OUTCOME]})

    assert [service["id"] for service in listed] == ["welcome"]
    assert [answer.json()["issue"][0]["details"]["coding"][0]["code"] for answer in (refused, unkept)] == ["not-entitled"] * 2
    assert (refused.status_code, unkept.status_code, house.kept) == (403, 403, [])


@pytest.mark.requirement("177", "case-02")
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
async def test_who_is_not_known_cannot_tell_which_addresses_there_are(house, method):
    """Hosted or not, right method or wrong, the same 401."""
    answers = [
        await house.ask(method, path, [])
        for path in (SERVICE, FEEDBACK, "/cds-services/nobody", "/cds-services/nobody/feedback", "/cds-services/a/b/c")
    ]

    assert {(answer.status_code, answer.content) for answer in answers} == {(401, answers[0].content)}


async def test_who_is_known_is_told_what_is_wrong(house):
    """A wrong method is a 405, an id that is not hosted a 404, in this order after the token."""
    wrong = await house.ask("PUT", SERVICE, f"Bearer {for_path(SERVICE)}")
    nobody = await house.ask("POST", "/cds-services/nobody", f"Bearer {for_path('/cds-services/nobody', 2)}", json={})

    assert (wrong.status_code, wrong.headers["allow"]) == (405, "OPTIONS, POST")
    assert nobody.status_code == 404


@pytest.mark.requirement("208", "case-37")
@pytest.mark.parametrize("path", ["/cds-services", SERVICE, FEEDBACK, "/cds-services/nobody", "/elsewhere"])
async def test_a_preflight_needs_no_token(house, path):
    """A browser sends none; the refusal itself can be read by the page of a known origin."""
    asked = {"Origin": EHR, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization, content-type"}
    preflight = await house.ask("OPTIONS", path, [], headers=asked)
    refusal = await house.ask("POST", SERVICE, [], headers={"Origin": EHR}, json={})

    assert (preflight.status_code, preflight.headers["access-control-allow-origin"]) == (204, EHR)
    assert "authorization" in preflight.headers["access-control-allow-headers"].lower()
    assert (refusal.status_code, refusal.headers["access-control-allow-origin"]) == (401, EHR)


async def test_the_token_is_looked_at_before_the_request(house):
    """A body that is wrong, huge or of another type is a 401 as long as nobody knows who sent it."""
    for how in ({"content": b"x" * 300_000}, {"json": []}, {"content": b"{}", "headers": {"Content-Type": "text/plain"}}):
        assert (await house.ask("POST", SERVICE, [], **how)).status_code == 401


async def test_the_discovery_of_a_client_is_kept_by_no_cache(house):
    """It may differ from client to client."""
    assert (await house.discover(token())).headers["cache-control"] == "no-store"


@pytest.mark.requirement("J-12")
async def test_the_log_tells_the_operator_why_and_never_the_token(house, caplog):
    """One line with the client and what was expected; no letter of a token, and no line of the caller's own."""
    caplog.set_level(logging.INFO)
    sent = [
        token(body=claims("/cds-services/x\nERROR forged line")),
        token(header(kid="nobody")),
        token(key=ec_key(number=2)),
        token(body=claims(iat=1, exp=9)),
    ]
    for one in sent:
        await house.discover(one)
    told = [record.getMessage() for record in caplog.records if "was refused" in record.getMessage()]

    assert ["aud is" in told[0], 'no key "nobody"' in told[1], "the signature" in told[2], "expired" in told[3]] == [True] * 4
    assert all("ehr" in line and "\n" not in line for line in told)
    assert not [part for one in sent for part in one.split(".") if part in caplog.text]


async def test_a_service_learns_which_client_asks(house, question):
    """By our own name for it."""
    asked = []

    async def answer(request):
        asked.append(request.client)
        return await TOY_SERVICES[0].answer(request)

    service = replace(TOY_SERVICES[0], answer=answer)
    seen = TokenMemory(clock=lambda: NOW)
    client = TrustedClient("ehr", ISSUER, KEYS, jku=JKU, services=EVERY_ID)
    house.app = FastAPI()
    authentication = ClientAuthentication([client], base_url=BASE, seen=seen, clock=lambda: NOW)
    house.app.include_router(cds_hooks_router([service], limits=Limits(), clients=authentication))
    install(house.app)
    await house.ask("POST", SERVICE, f"Bearer {for_path(SERVICE)}", json=question)

    assert asked == ["ehr"]
