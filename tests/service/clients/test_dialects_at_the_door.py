"""One chart, asked about by three clients of a clients file: each is answered in its own dialect, and every card rests on the same."""

from pathlib import Path

import pytest

from service.app import create_app
from service.settings import read_settings
from tests.service.clients.test_calls_of_clients import ask, client, settings

CODES = Path(__file__).parents[3] / "fixtures" / "clients" / "st-elsewhere-codes.toml"
EVERYBODY, EPIC, ORACLE = (f"https://{name}.example" for name in ("everybody", "epic", "oracle"))


@pytest.fixture
def application(tmp_path):
    """The service with a client of each of three dialects."""
    (tmp_path / "codes.toml").write_bytes(CODES.read_bytes())
    tables = (
        client("everybody", EVERYBODY)
        + client("epic", EPIC, dialect="epic", order_intent="order", code_map="codes.toml")
        + client("oracle", ORACLE, dialect="oracle")
    )
    return create_app(read_settings(settings(tmp_path, tables)))


async def test_each_client_is_answered_in_its_dialect(application):
    """Findings and orders for one, the site's own referral for the next, text for the last."""
    answers = [await ask(application, issuer=issuer, number=number) for number, issuer in enumerate((EVERYBODY, EPIC, ORACLE))]
    cards = [answer.json()["cards"][0] for answer in answers]
    everybody, epic, oracle = cards
    (referral,) = [action["resource"] for one in epic["suggestions"] for action in one["actions"]]

    assert (everybody["selectionBehavior"], epic["selectionBehavior"]) == ("at-most-one", "any")
    assert len(everybody["suggestions"]) == 5
    assert (referral["code"]["coding"][0]["code"], referral["intent"]) == ("10003", "order")
    assert not {"suggestions", "overrideReasons"} & oracle.keys()
    assert ["**Record as**" in card["detail"] for card in cards] == [False, True, True]
    assert everybody["extension"] == epic["extension"] == oracle["extension"]
    assert everybody["uuid"] == epic["uuid"] == oracle["uuid"]
