"""The pages of a service for this machine alone go by its names: no web page reads them by letting its own name lead here."""

import asyncio

import pytest

from service.app import create_app
from service.settings import read_settings
from tests.service.web.wire import asked

HERE = {"CLUNEAL_DATABASE_URL": "off"}
NAMED = {**HERE, "CLUNEAL_PUBLIC_BASE_URL": "https://cds.example.org/cluneal"}
EVERYBODY = {**HERE, "CLUNEAL_OPEN": "1", "CLUNEAL_HOST": "0.0.0.0", "CLUNEAL_PAGES": "all"}


def status(settings: dict[str, str], host: str, path: str = "/integrator", **headers: str) -> int:
    return asyncio.run(asked(path, app=create_app(read_settings(settings)), **{"host": host, **headers})).status


@pytest.mark.parametrize(
    ("settings", "host", "answer"),
    [
        (HERE, "localhost:8000", 200),
        (HERE, "127.0.0.1:8000", 200),
        (HERE, "[::1]:8000", 200),
        (HERE, "192.168.1.5", 200),
        (HERE, "cds", 200),
        (HERE, "ehr.localhost:8000", 200),
        (HERE, "evil.example", 421),
        (HERE, "evil.example.:8000", 421),
        (HERE, "EVIL.example:8000", 421),
        (HERE, "127.0.0.1.evil.example", 421),
        (HERE, "[", 421),
        (NAMED, "cds.example.org", 200),
        (NAMED, "evil.example", 421),
        (EVERYBODY, "any.example", 200),
    ],
)
def test_a_name_that_is_not_ours_is_refused_where_only_this_machine_is_served(settings, host, answer):
    """Addresses, names without a dot and the name of the settings are ours; who serves everybody goes by any name."""
    assert status(settings, host) == answer


@pytest.mark.parametrize(
    "path", ["/numbers", "/numbers.csv", "/integrator", "/ehr/stories", "/ehr/servers/0/patients", "/ehr/epic/cds-services"]
)
def test_no_page_is_read_under_a_name_of_somebody_else(path):
    """Whatever is served, and whatever its page says of itself."""
    assert status(HERE, "evil.example:8000", path, origin="http://evil.example:8000", sec_fetch_site="same-origin") == 421


def test_a_call_to_a_service_may_come_under_any_name():
    """It brings its own data, and a proxy may call us as it likes."""
    assert status(HERE, "cds.example.org", "/cds-services") == 200
