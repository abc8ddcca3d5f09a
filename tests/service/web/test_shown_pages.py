"""Which pages for people are shown, where."""

import pytest

from service.settings import read_settings


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ({}, ("ehr", "why", "knowledge", "numbers", "integrator")),
        ({"CLUNEAL_HOST": "0.0.0.0", "CLUNEAL_OPEN": "1"}, ("why", "knowledge")),
        ({"CLUNEAL_CLIENTS_FILE": "clients.toml", "CLUNEAL_PUBLIC_BASE_URL": "https://cds.example"}, ("why", "knowledge")),
        ({"CLUNEAL_HOST": "0.0.0.0", "CLUNEAL_OPEN": "1", "CLUNEAL_PAGES": "all"}, ("ehr", "why", "knowledge", "numbers", "integrator")),
        ({"CLUNEAL_PAGES": "none"}, ()),
        ({"CLUNEAL_PAGES": "numbers,why"}, ("why", "numbers")),
    ],
)
def test_the_pages_for_trying_out_are_shown_on_this_machine_alone(given, shown):
    """Unless they are asked for by name: a site that serves clients, or everybody, shows no mock EHR."""
    assert read_settings(given).shown_pages == shown
