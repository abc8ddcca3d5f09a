"""A client's code map at the door of the real service: its charts are read with it, those of another client are not."""

import json

import pytest

from service.app import create_app
from service.settings import read_settings
from tests.service.charts import SNOMED, archetype, bundle, concept, condition
from tests.service.clients.site import in_local_codes
from tests.service.clients.test_calls_of_clients import QUESTION, ask, client, settings

MAPPED, UNMAPPED = "https://mapped.example", "https://unmapped.example"


@pytest.mark.parametrize(("issuer", "cards"), [(MAPPED, 1), (UNMAPPED, 0)])
async def test_only_the_client_with_the_map_is_answered_by_it(tmp_path, issuer, cards):
    """The pain stands in the chart under a code of the first client's own."""
    prefetch, local = in_local_codes(archetype(conditions=bundle(condition(code=concept(SNOMED, "278860009")))))
    body = {**QUESTION, "context": {"userId": "Practitioner/1", "patientId": "p"}, "prefetch": prefetch}
    rows = [
        f"[[local]]\nsystem = {json.dumps(row.system)}\ncode = {json.dumps(row.code)}\n"
        f"same_as = {{ system = {json.dumps(row.same_as[0])}, code = {json.dumps(row.same_as[1])} }}\n"
        for row in local.rows
    ]
    (tmp_path / "codes.toml").write_text("\n".join(rows))
    tables = client("mapped", MAPPED, code_map="codes.toml") + client("unmapped", UNMAPPED)
    answer = await ask(create_app(read_settings(settings(tmp_path, tables))), issuer=issuer, body=body)

    assert (answer.status_code, len(answer.json()["cards"])) == (200, cards)
