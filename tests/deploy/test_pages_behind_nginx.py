"""Which pages are reached through the proxy: what a clinician needs and, where the site says so, what people of the site read."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.blackbox.service import Served, call, served
from tests.deploy.proxy import NAME, Proxy, in_front_of, nginx
from tests.deploy.test_nginx import VIEW, posted, statuses, story

FOR_CLINICIANS = {
    "/cds-services": b"application/json",
    "/why": b"text/html",
    "/knowledge": b"text/html",
    "/knowledge/rules/X-01": b"text/html",
    "/knowledge/search?q=graft": b"text/html",
    "/fhir/ValueSet/lumbar-laminectomy": b"application/fhir+json",
    "/static/pages.css": b"text/css",
}
FOR_THE_SITE = (
    "/",
    "/ehr/stories/laminectomy-and-iliac-harvest",
    "/ehr/epic/cds-services",
    "/integrator",
    "/numbers",
    "/numbers.csv",
    "/docs",
    "/openapi.json",
)
FOR_OPERATORS = ("/pages", "/livez", "/readyz")
# Other ways to write an address that is not there.
DISGUISED = (
    "/why/../numbers",
    "/why/%2e%2e/numbers",
    "/why/..%2fnumbers",
    "//numbers",
    "/./numbers",
    "/%6eumbers",
    "/numbers?/why/",
    "/numbers/why",
    f"https://{NAME}/numbers",
    "/cds-servicesnumbers",
    "/whynot",
)


@contextmanager
def site(folder: Path, opened_to: str = "") -> Iterator[tuple[Served, Proxy]]:
    """A service with every page switched on, and the proxy in front of it."""
    nginx()
    (folder / "nginx").mkdir()
    environ = {
        "CLUNEAL_DATABASE_URL": f"sqlite:///{folder}/cluneal.sqlite",
        "CLUNEAL_PUBLIC_BASE_URL": f"https://{NAME}",
        "CLUNEAL_PAGES": "all",
        "CLUNEAL_DOCS": "1",
        "CLUNEAL_DRAIN_S": "0",
    }
    with served(environ) as replica, in_front_of([int(replica.url.rpartition(":")[2])], folder / "nginx", opened_to=opened_to) as proxy:
        yield replica, proxy


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, Proxy]]:
    with site(tmp_path_factory.mktemp("site")) as found:
        yield found


def got(proxy: Proxy, address: str) -> tuple[int, bytes]:
    """The status and the whole answer to a GET."""
    answer = proxy.exchanged(f"GET {address} HTTP/1.1\r\nHost: {NAME}\r\nAccept: text/html\r\nConnection: close\r\n\r\n".encode())
    (status,) = statuses(answer)
    return status, answer


def test_what_a_clinician_needs_comes_through(here: tuple[Served, Proxy]) -> None:
    """Discovery, reasons, knowledge and what draws them, and the very page that a card links to."""
    _, proxy = here
    body = story()
    answer = proxy.exchanged(posted(f"Content-Length: {len(body)}\r\n", body, line=f"POST {VIEW} HTTP/1.0"))
    (link,) = json.loads(answer.partition(b"\r\n\r\n")[2])["cards"][0]["links"]
    status, page = got(proxy, link["url"].removeprefix(f"https://{NAME}"))

    for address, media_type in FOR_CLINICIANS.items():
        found, answer = got(proxy, address)
        assert (found, media_type in answer) == (200, True), address
    assert (status, b"<h1" in page) == (200, True)


def test_nothing_else_does(here: tuple[Served, Proxy]) -> None:
    """Pages that are switched on are read past the proxy; through it they are a 404 in our words, however the address is written."""
    replica, proxy = here

    for address in (*FOR_THE_SITE, *FOR_OPERATORS):
        assert call(replica.url, "GET", address).status == 200, address
    for address in (*FOR_THE_SITE, *FOR_OPERATORS, *DISGUISED):
        status, answer = got(proxy, address)
        assert (status, b"Nothing is served at this address." in answer) == (404, True), address


@pytest.mark.long
def test_a_site_opens_what_it_wants_to_its_own_network(tmp_path: Path) -> None:
    """With the commented lines taken in: everything for those who come from there, and nothing more for anybody else."""
    (tmp_path / "us").mkdir()
    (tmp_path / "them").mkdir()
    with site(tmp_path / "us", opened_to="127.0.0.0/8") as (_, ours), site(tmp_path / "them", opened_to="10.0.0.0/8") as (_, theirs):
        for address in FOR_THE_SITE:
            assert got(ours, address)[0] == 200, address
        for address in (*FOR_THE_SITE, *FOR_OPERATORS):
            status, answer = got(theirs, address)
            assert (status, b"Nothing is served at this address." in answer) == (404, True), address
        for address in FOR_OPERATORS:
            assert got(ours, address)[0] == 404, address
        for address in FOR_CLINICIANS:
            assert (got(ours, address)[0], got(theirs, address)[0]) == (200, 200), address
