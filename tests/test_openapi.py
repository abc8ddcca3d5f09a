"""The OpenAPI document is what is served: schemathesis finds nothing, in either direction, and it would find what does not fit."""

import asyncio
import copy
import itertools
import json
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from service.app import create_app
from service.settings import read_settings
from tests.cds_hooks.signing import ISSUER, claims, ec_key, header, key_set, published, token
from tests.described import tried

HTTPS = "https://cds.example.org"

SERVICES = ("patient-view", "encounter-start", "order-select", "order-sign")
CHECKS = {
    *("not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance"),
    *("response_schema_conformance", "negative_data_rejection", "positive_data_acceptance", "missing_required_header"),
    *("unsupported_method", "allow_header_conformance"),
}


def documented(app) -> dict[str, Any]:
    """The document that an application serves."""

    async def get() -> Any:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://127.0.0.1:8000") as client:
            return (await client.get("/openapi.json")).json()

    return asyncio.run(get())


@pytest.fixture
def app(tmp_path):
    """The whole application, with its document and a store of its own."""
    return create_app(read_settings({"CLUNEAL_DOCS": "1", **stored(tmp_path)}))


def stored(folder: Path) -> dict[str, str]:
    """A store of its own, which a busy machine may take its time with."""
    return {"CLUNEAL_DATABASE_URL": f"sqlite:///{folder}/cluneal.sqlite", "CLUNEAL_STORE_DEADLINE_S": "30"}


@pytest.fixture
def document(app):
    return documented(app)


def test_schemathesis_finds_nothing(app, document):
    """What the document allows is answered, what it does not allow is refused, and every answer is one that it describes."""
    positive = tried(document, app, mode="positive", examples=12, coverage=False)
    negative = tried(document, app, mode="negative", examples=12, coverage=False)

    assert not positive.findings, positive.told()
    assert not negative.findings, negative.told()
    assert positive.answers.total() + negative.answers.total() >= 300
    assert positive.checks >= CHECKS
    for hook in SERVICES:
        assert 200 in positive.statuses(f"POST /cds-services/cluneal-{hook}", "positive")
        assert 400 in negative.statuses(f"POST /cds-services/cluneal-{hook}", "negative")


@pytest.mark.long
@pytest.mark.parametrize("mode", ["positive", "negative"])
def test_schemathesis_finds_nothing_in_thousands_of_cases(app, document, mode):
    """Every schema at its edges, every other method, and a hundred cases of chance for each operation."""
    found = tried(document, app, mode=mode, examples=100, coverage=True)

    assert not found.findings, found.told()
    assert found.answers.total() >= 2_000


@pytest.mark.parametrize(("mode", "status", "examples"), [("positive", 200, 3), pytest.param("negative", 400, 40, marks=pytest.mark.long)])
def test_schemathesis_finds_nothing_where_clients_sign(tmp_path, mode, status, examples):
    """With a clients file the document says so: signed calls are answered, and all others, with a wrong token or none, are 401."""
    (tmp_path / "keys.json").write_bytes(key_set(published(ec_key(), "ec")))
    (tmp_path / "clients.toml").write_text(f'[[client]]\nname = "ehr"\nissuer = "{ISSUER}"\njwks_file = "keys.json"\n')
    settings = {
        "CLUNEAL_DOCS": "1",
        "CLUNEAL_CLIENTS_FILE": f"{tmp_path}/clients.toml",
        "CLUNEAL_PUBLIC_BASE_URL": HTTPS,
        **stored(tmp_path),
    }
    app = create_app(read_settings(settings))
    number = itertools.count()

    def sign(path: str) -> str:
        now = int(time.time())
        return f"Bearer {token(header(jku=None), claims(aud=HTTPS + path, iat=now, exp=now + 60, jti=f'j-{next(number)}'))}"

    found = tried(documented(app), app, mode=mode, examples=examples, coverage=mode == "negative", sign=sign)
    assert not found.findings, found.told()
    assert found.statuses("POST /cds-services/cluneal-patient-view", mode) >= {status, 401}
    assert "ignored_auth" in found.checks


@pytest.mark.parametrize(
    ("spoil", "finding"),
    [
        (lambda post: post["responses"].pop("412"), "UndefinedStatusCode"),
        (lambda post: post["responses"]["200"].update(content={"application/fhir+json": {}}), "UndefinedContentType"),
        (lambda post: post["responses"]["200"]["headers"]["Cache-Control"]["schema"].update(const="no-cache"), "JsonSchemaError"),
        (
            lambda post: post["responses"]["200"]["content"]["application/json"].update(schema={"required": ["systemActions"]}),
            "JsonSchemaError",
        ),
        (lambda post: post["requestBody"]["content"].update({"text/plain": {"schema": {"const": "x"}}}), "RejectedPositiveData"),
    ],
    ids=["a status", "a media type", "a header", "a body", "another body"],
)
def test_what_does_not_fit_would_be_found(app, document, spoil, finding):
    """A document with one thing wrong at one address is found out by a few cases."""
    path = "/cds-services/cluneal-patient-view"
    wrong = copy.deepcopy({**document, "paths": {path: document["paths"][path]}})
    spoil(wrong["paths"][path]["post"])

    assert (f"POST {path}", finding) in tried(wrong, app, mode="positive", examples=30, coverage=False).findings


async def test_every_example_is_answered(app, document):
    """Whoever copies an example of the document gets a 200."""
    posts = {path: item["post"]["requestBody"]["content"] for path, item in document["paths"].items() if "post" in item}

    assert len(posts) == 2 * len(SERVICES)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://127.0.0.1:8000") as client:
        for path, content in posts.items():
            for media_type, body in content.items():
                for example in body["examples"].values():
                    answer = await client.post(path, content=json.dumps(example["value"]), headers={"Content-Type": media_type})
                    assert answer.status_code == 200, (path, answer.text)
