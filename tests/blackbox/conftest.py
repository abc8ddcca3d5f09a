"""The service as a stranger meets it: an address, and nothing else of it.

`CLUNEAL_URL=http://host:port pytest tests/blackbox` asks a service that runs already, in a container or behind a proxy: one without
a clients file, with a memory. Without the variable one is started here, as `cluneal-cds serve`.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.blackbox.service import served


@pytest.fixture(scope="session")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the service that is tried."""
    if named := os.environ.get("CLUNEAL_URL"):
        yield named.rstrip("/")
        return
    folder: Path = tmp_path_factory.mktemp("served")
    with served({"CLUNEAL_DATABASE_URL": f"sqlite:///{folder / 'cluneal.sqlite'}"}) as service:
        yield service.url
