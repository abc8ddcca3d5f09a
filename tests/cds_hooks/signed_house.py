"""The toy services behind authentication, with clients of every kind."""

import httpx
from fastapi import FastAPI

from cds_hooks.client_auth import ClientAuthentication, TokenMemory, TrustedClient
from cds_hooks.jwks import PinnedKeys, read_key_set
from cds_hooks.router import cds_hooks_router, install
from cds_hooks.transport import Limits
from tests.cds_hooks.conftest import EHR, TOY_SERVICES
from tests.cds_hooks.signing import BASE, ISSUER, JKU, NOW, SUBJECT, ec_key, key_set, published, rsa_key

SERVICE = "/cds-services/interpreter"
FEEDBACK = f"{SERVICE}/feedback"
OUTCOME = {"card": "c", "outcome": "overridden", "outcomeTimestamp": "2026-11-20T10:00:00Z"}
EVERY_ID = frozenset(service.id for service in TOY_SERVICES)
KEYS = PinnedKeys(read_key_set(key_set(published(ec_key(), "ec"), published(rsa_key(), "rsa"), published(ec_key("P-256"), "p256"))))


class House:
    """The toy services behind authentication, a clock that a test sets, and what was fed back by whom."""

    def __init__(self, *, refused=None):
        self.now, self.kept = float(NOW), []
        clients = (
            TrustedClient("ehr", ISSUER, KEYS, subject=SUBJECT, jku=JKU, services=EVERY_ID),
            TrustedClient("pinned", "https://pinned.example.org", KEYS, services=EVERY_ID),
            TrustedClient("narrow", "https://narrow.example.org", KEYS, services=frozenset({"welcome"})),
            TrustedClient("again", "https://again.example.org", KEYS, services=EVERY_ID, once=False),
            TrustedClient("short", "https://short.example.org", KEYS, services=EVERY_ID, lifetime=60),
            TrustedClient("other", "https://other.example.org", KEYS, services=EVERY_ID, algorithms=frozenset({"ES256"})),
            TrustedClient("one", "https://shared.example.org", KEYS, subject="one", services=EVERY_ID),
            TrustedClient("two", "https://shared.example.org", KEYS, subject="two", services=EVERY_ID),
        )
        seen = TokenMemory(clock=lambda: self.now)
        authentication = ClientAuthentication(clients, base_url=BASE, seen=seen, clock=lambda: self.now)
        self.app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
        limits = Limits(body_bytes=200_000, receive_seconds=0.5)
        self.app.include_router(cds_hooks_router(TOY_SERVICES, limits=limits, feedback=self, clients=authentication, refused=refused))
        install(self.app, origins=[EHR])

    async def keep(self, service, items, *, client=""):
        self.kept += [(client, service, item.card) for item in items]

    async def ask(self, method, path, sent, **how):
        """What a call with this Authorization (or these) is answered."""
        fields = [("Authorization", one) for one in ([sent] if isinstance(sent, str) else sent)]
        how["headers"] = [*how.get("headers", {}).items(), *fields]
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=self.app), base_url="http://inside:8000") as client:
            return await client.request(method, path, **how)

    async def discover(self, a_token):
        return await self.ask("GET", "/cds-services", f"Bearer {a_token}")
