"""Addresses beside the public one under which clients call: a token is made for exactly one of them."""

import pytest
from fastapi import FastAPI

from cds_hooks.client_auth import ClientAuthentication, TokenMemory, TrustedClient
from cds_hooks.router import cds_hooks_router, install
from cds_hooks.transport import Limits
from tests.cds_hooks.conftest import TOY_SERVICES
from tests.cds_hooks.signed_house import EVERY_ID, KEYS, SERVICE, House
from tests.cds_hooks.signing import BASE, ISSUER, JKU, NOW, claims, header, token


@pytest.fixture
def house():
    return House()


@pytest.mark.parametrize(
    ("audience", "status"),
    [
        (f"{BASE}{SERVICE}", 200),
        (f"https://cds.inside.example:8443{SERVICE}", 200),
        ([f"https://cds.inside.example:8443{SERVICE}", "https://elsewhere.example"], 200),
        ("https://cds.inside.example:8443/cds-services", 401),
        (f"https://cds.inside.example:8443/{SERVICE}", 401),
        (f"https://cds.inside.example{SERVICE}", 401),
        (f"http://cds.inside.example:8443{SERVICE}", 401),
        (f"https://CDS.inside.example:8443{SERVICE}", 401),
        (f"https://cds.inside.example:8443/cluneal{SERVICE}", 401),
        (f"https://evil.example{SERVICE}", 401),
    ],
)
async def test_a_token_may_be_made_for_another_address_of_ours(house, question, audience, status):
    """For exactly one that was given, to the letter, with the path that is called; whatever the call says of its host."""
    calling_at(house, "https://cds.inside.example:8443/")
    sent = token(header(), claims(SERVICE, aud=audience))

    assert (await house.ask("POST", SERVICE, f"Bearer {sent}", json=question)).status_code == status


async def test_a_token_is_used_once_at_all_addresses(house, question):
    """What was used under one name is no token under the other."""
    calling_at(house, "https://cds.inside.example:8443")
    answers = [
        await house.ask("POST", SERVICE, f"Bearer {token(header(), claims(SERVICE, aud=f'{base}{SERVICE}'))}", json=question)
        for base in (BASE, "https://cds.inside.example:8443")
    ]

    assert [answer.status_code for answer in answers] == [200, 401]


def calling_at(house, *also):
    """The house, with other addresses beside its own."""
    client = TrustedClient("ehr", ISSUER, KEYS, jku=JKU, services=EVERY_ID)
    seen = TokenMemory(clock=lambda: NOW)
    authentication = ClientAuthentication([client], base_url=BASE, also=also, seen=seen, clock=lambda: NOW)
    house.app = FastAPI()
    house.app.include_router(cds_hooks_router(TOY_SERVICES, limits=Limits(), clients=authentication))
    install(house.app)
