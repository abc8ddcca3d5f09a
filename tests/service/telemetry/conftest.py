"""A store for the tests of what is told: a SQLite file."""

import pytest


@pytest.fixture
def environ(tmp_path):
    """The settings of a service with a store of its own."""
    return {"CLUNEAL_DATABASE_URL": f"sqlite:///{tmp_path / 'cluneal.sqlite'}", "CLUNEAL_STORE_DEADLINE_S": "20"}
