"""A service with a store, and the calls of an EHR: stories on their day, feedback, signed or not."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from service.app import create_app
from service.settings import read_settings
from service.story import hook_request, read_story
from tests.cds_hooks.signing import ISSUER, claims, ec_key, header, key_set, published, token

BASE = "https://cds.example.org"
STORY = read_story("right-crest-point-reproduces-pain-after-harvest")
SILENT = read_story("low-back-pain-and-a-normal-mri")
ORDERING = read_story("laminectomy-and-a-lumbar-mri-is-ordered")
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
FEEDBACK = {"outcome": "overridden", "outcomeTimestamp": "2026-11-20T12:00:00Z", "overrideReason": {"reason": {"code": "not-now"}}}


@asynccontextmanager
async def running(environ: Mapping[str, str]) -> AsyncIterator[httpx.AsyncClient]:
    """A caller of the whole application with these settings."""
    transport = httpx.ASGITransport(app=create_app(read_settings(environ)))
    async with httpx.AsyncClient(transport=transport, base_url=BASE) as caller:
        yield caller


def question(story: Any = STORY, *, instance: str = "i-1", **context: str) -> dict[str, Any]:
    """The story as a request of this day, whichever it is, with parts of its context in other words."""
    asked = hook_request(story, hook_instance=instance, today=datetime.now(UTC).date())
    return {**asked, "context": {**asked["context"], **context}}


async def ask(caller: httpx.AsyncClient, body: dict[str, Any] | None = None, **how: Any) -> httpx.Response:
    """What the service answers to a request, to the story unless another is given."""
    sent = question() if body is None else body
    return await caller.post(f"/cds-services/cluneal-{sent['hook']}", json=sent, **how)


async def tell(caller: httpx.AsyncClient, card: str, **how: Any) -> httpx.Response:
    """What the service answers when a card is dismissed with "not now"."""
    items = {"feedback": [{"card": card, **FEEDBACK}]}
    return await caller.post("/cds-services/cluneal-patient-view/feedback", json=items, **how)


def clients(folder: Path, *names: str, **more: str) -> dict[str, str]:
    """Settings with clients that sign: the first with the issuer of `signed`, each other with an issuer of its name."""
    (folder / "keys.json").write_bytes(key_set(published(ec_key(), "ec")))
    issuers = {name: ISSUER if name == names[0] else f"https://{name}.example" for name in names}
    rows = [{"name": name, "issuer": issuer, "jwks_file": "keys.json", **more} for name, issuer in issuers.items()]
    tables = ["\n".join(("[[client]]", *(f'{key} = "{value}"' for key, value in row.items()))) for row in rows]
    (folder / "clients.toml").write_text("\n".join(tables))
    return {"CLUNEAL_CLIENTS_FILE": str(folder / "clients.toml"), "CLUNEAL_PUBLIC_BASE_URL": BASE}


def signed(jti: str, *, issuer: str = ISSUER, path: str = "/cds-services/cluneal-patient-view", at: datetime = NOON) -> dict[str, Any]:
    """What makes a call one of a client."""
    now = int(at.timestamp())
    said = token(header(jku=None), claims(aud=BASE + path, iss=issuer, jti=jti, iat=now, exp=now + 300))
    return {"headers": {"Authorization": f"Bearer {said}"}}
