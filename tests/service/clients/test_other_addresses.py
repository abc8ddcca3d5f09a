"""A service with more than one name: which addresses it takes from its settings, and what becomes of calls under each."""

import pytest

from service.app import create_app
from service.clients.load import InvalidClients
from service.settings import InvalidSettings, read_settings
from tests.service.clients.test_calls_of_clients import BASE, ask, client, command, settings


def problems(environ):
    with pytest.raises(InvalidSettings) as refused:
        read_settings(environ)
    return refused.value.problems


async def test_clients_may_call_under_another_address(tmp_path):
    """Of the settings, over https alone, and said by the check of the clients; links still lead to the public one."""
    inside = "https://cds.inside.example:8443"
    given = {**settings(tmp_path, client()), "CLUNEAL_OTHER_BASE_URLS": inside}
    application = create_app(read_settings(given))
    answers = [await ask(application, number=number, base=base) for number, base in enumerate((BASE, inside, "https://evil.example"))]

    assert [answer.status_code for answer in answers] == [200, 200, 401]
    assert answers[1].json()["cards"][0]["links"][0]["url"].startswith(f"{BASE}/why/")
    assert f"Tokens may also be made for {inside}\n" in command(**given).stdout
    with pytest.raises(InvalidClients, match="CLUNEAL_OTHER_BASE_URLS must start with https"):
        create_app(read_settings({**given, "CLUNEAL_OTHER_BASE_URLS": "http://cds.inside.example"}))


def test_clients_may_call_under_several_addresses():
    """Each is written as the public one is; without clients there are no tokens that could name them."""
    clients = {"CLUNEAL_CLIENTS_FILE": "clients.toml", "CLUNEAL_PUBLIC_BASE_URL": "https://cds.example"}
    others = "https://cds.inside.example:8443/, https://10.1.2.3/cluneal"

    found = read_settings({**clients, "CLUNEAL_OTHER_BASE_URLS": others}).other_base_urls
    (alone,) = problems({"CLUNEAL_OTHER_BASE_URLS": others})
    (wrong,) = problems({**clients, "CLUNEAL_OTHER_BASE_URLS": f"{others}, cds.inside.example"})
    (longer,) = problems({**clients, "CLUNEAL_OTHER_BASE_URLS": "https://cds.inside.example/cds-services"})

    assert found == ("https://cds.inside.example:8443", "https://10.1.2.3/cluneal")
    assert alone.startswith("CLUNEAL_OTHER_BASE_URLS: only with CLUNEAL_CLIENTS_FILE")
    assert wrong.startswith("CLUNEAL_OTHER_BASE_URLS: an address that starts with http:// or https://")
    assert longer.startswith("CLUNEAL_OTHER_BASE_URLS: the address before /cds-services")
