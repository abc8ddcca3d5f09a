"""The service as `make run` starts it, on a port of its own, so that a browser can look at its pages."""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import pytest
import uvicorn

from service.app import create_app
from service.settings import read_settings


@contextmanager
def served(**settings: str) -> Iterator[str]:
    """The address of a running service with these settings (`quiet="1"`); without a memory unless they name one."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    # A busy machine is no store that is down.
    given = {"database_url": "off", "store_deadline_s": "20", **settings, "port": str(port)}
    app = create_app(read_settings({f"CLUNEAL_{name.upper()}": value for name, value in given.items()}))
    how = uvicorn.Config(app, host="127.0.0.1", port=port, access_log=False, log_config=None, lifespan="on", ws="none", proxy_headers=False)
    server = uvicorn.Server(how)
    thread = Thread(target=server.run)
    thread.start()
    try:
        _wait_for(server)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(timeout=30)


def _wait_for(server: uvicorn.Server) -> None:
    for _ in range(300):
        if server.started:
            return
        time.sleep(0.05)
    pytest.fail("the service did not start within 15 s")
