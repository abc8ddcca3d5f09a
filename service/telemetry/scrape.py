"""The port of the metrics: one address, on a port of its own that nobody but the monitoring needs to reach."""

import socket
import threading
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import CONTENT_TYPE_LATEST

from service.addresses import is_loopback
from service.errors import ClinicError
from service.own_name import is_own
from service.telemetry.metrics import Metrics


class MetricsPortTaken(ClinicError):
    """Nothing can listen at the address of the metrics."""


class _Unlogged(WSGIRequestHandler):
    timeout = 5

    def log_message(self, *_: object) -> None:
        """Who reads the metrics is no line of the log."""


@contextmanager
def metrics_at(host: str, port: int | None, metrics: Metrics, *, names: Collection[str] = ()) -> Iterator[None]:
    """The metrics are read at http://host:port/metrics until the block ends; nowhere when there is no port. Raises MetricsPortTaken.

    names  under which this machine may ask for them, beside addresses and names without a dot; asked from a network, they go by any
    """
    if port is None:
        yield
        return
    try:
        server = make_server(host, port, _pages(metrics, names if is_loopback(host) else None), _server_class(host), _Unlogged)
    except OSError as failed:
        raise MetricsPortTaken(
            f"Nothing can listen for metrics on {host} port {port} ({failed.strerror}); "
            "set CLUNEAL_METRICS_PORT to another, one for each process, or CLUNEAL_METRICS_HOST to an address of this machine."
        ) from None
    thread = threading.Thread(target=server.serve_forever, name="metrics", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _pages(metrics: Metrics, names: Collection[str] | None) -> Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]:
    def page(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        media = "text/plain; charset=utf-8"
        if names is not None and not is_own(environ.get("HTTP_HOST", ""), names):
            status, body = "421 Misdirected Request", b"Ask for the metrics as localhost or by an address of this machine.\n"
        elif environ["PATH_INFO"] != "/metrics" or environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            status, body = "404 Not Found", b"The metrics are at /metrics.\n"
        else:
            status, media, body = "200 OK", CONTENT_TYPE_LATEST, metrics.exposition()
        start(status, [("Content-Type", media), ("Content-Length", str(len(body))), ("Cache-Control", "no-store")])
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]

    return page


def _server_class(host: str) -> type[WSGIServer]:
    class Server(ThreadingMixIn, WSGIServer):
        address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        daemon_threads = True

    return Server
