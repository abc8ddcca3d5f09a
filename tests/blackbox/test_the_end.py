"""The last moment of a service: who was let in is answered."""

import socket
import time
from urllib.parse import urlsplit

from tests.blackbox.service import served


def test_who_was_let_in_before_the_port_closed_is_answered() -> None:
    """A connection that was taken, and on which nothing was said yet, outlives the port by long enough to say it."""
    with served({"CLUNEAL_DATABASE_URL": "off", "CLUNEAL_DRAIN_S": "1"}) as service:
        parts = urlsplit(service.url)
        address = (parts.hostname, parts.port)
        service.process.terminate()
        time.sleep(0.8)
        with socket.create_connection(address, timeout=10) as connection:
            for _ in range(500):
                try:
                    socket.create_connection(address, timeout=1).close()
                except OSError:
                    break
                time.sleep(0.01)
            connection.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
            answer = connection.recv(4096)

    assert answer.startswith(b"HTTP/1.1 200")
