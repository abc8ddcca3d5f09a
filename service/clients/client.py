"""One client as the operator describes it: an EHR that may call, how its calls are proved, and how it is spoken to."""

from collections.abc import Iterator
from ipaddress import ip_network
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from cds_hooks.egress.allow_list import ServiceBase, read_service_base
from cds_hooks.jwks import RSA
from cds_hooks.transport import is_origin
from service.addresses import is_loopback
from service.clients.table import Table, not_empty
from service.speech import CardKind, Dialect, OrderIntent, Writes

# Its private key lies in a public repository: whoever wants to can sign as this issuer.
PUBLIC_SANDBOX = "https://sandbox.cds-hooks.org"

Algorithm = Literal["ES384", "RS384", "ES256", "RS256", "PS384"]


def _word(text: str) -> str:
    if not 0 < len(text) <= 500 or text != text.strip() or not text.isprintable():
        raise ValueError("must be a text on one line, without spaces around it")
    return text


def _name(text: str) -> str:
    if not 0 < len(text) <= 64 or not text.isascii() or not text.replace("-", "").replace("_", "").replace(".", "").isalnum():
        raise ValueError("must be made of letters, digits, dots, hyphens and underscores")
    return text


def _origin(text: str) -> str:
    if not is_origin(text):
        raise ValueError(
            "must be an origin as browsers send it, https://ehr.example or https://ehr.example:8443, in lower case; no wildcard"
        )
    return text


def _network(text: str) -> str:
    try:
        ip_network(text)
    except ValueError:
        raise ValueError("must be a CIDR block such as 10.20.0.0/16") from None
    return text


Word = Annotated[str, AfterValidator(_word)]
Words = Annotated[tuple[Word, ...], Field(strict=False)]


class Client(Table):
    """One table [[client]] of the file.

    issuer, subject   what its tokens say in `iss` and, unless it is left out, in `sub`
    jwks_url          where its keys are, and what a `jku` in its tokens must be
    jwks_file         its keys, handed over; with both, the keys of the file count
    algorithms        those with which it may sign
    fhir_servers      the bases that its calls may name
    fhir_networks     CIDR blocks of a network of its own in which these servers lie; a public address needs none
    deadline_s        how long a call may take, what is fetched included; as long as the setting says, when left out
    services          the ids that it may call; all of them when left out
    mode              on; shadow: everything is worked out and nothing shown; off: refused
    shadow_cards      the kinds of cards that are worked out and not shown, as all of them are in the mode shadow
    writes            what an accepted suggestion may write; as much as the dialect can, when left out
    code_map          a file with the codes of the site: of its orders, and of what stands in its charts
    replay            strict: a token is good for one call; off: as long as it lasts
    lifetime_s        how long a token may last
    """

    name: Annotated[str, AfterValidator(_name)]
    issuer: Word
    subject: Word | None = None
    jwks_url: Word | None = None
    jwks_file: Word | None = None
    algorithms: Annotated[tuple[Algorithm, ...], Field(strict=False), AfterValidator(not_empty)] = ("ES384", "RS384")
    fhir_servers: Words = ()
    fhir_networks: Annotated[tuple[Annotated[str, AfterValidator(_network)], ...], Field(strict=False)] = ()
    deadline_s: Annotated[float, Field(ge=0.2, le=30)] | None = None
    services: Words = ()
    dialect: Dialect = "generic"
    mode: Literal["on", "shadow", "off"] = "on"
    shadow_cards: Annotated[tuple[CardKind, ...], Field(strict=False)] = ()
    origins: Annotated[tuple[Annotated[str, AfterValidator(_origin)], ...], Field(strict=False)] = ()
    writes: Writes | None = None
    combined_attestation: bool = False
    order_intent: OrderIntent = "proposal"
    code_map: Word | None = None
    replay: Literal["strict", "off"] = "strict"
    lifetime_s: Annotated[int, Field(ge=30, le=3600)] = 3600

    @property
    def rsa(self) -> str:
        """The algorithm of an RSA key of its that names none: the first of those with which it may sign."""
        return next((one for one in self.algorithms if one.startswith(("RS", "PS"))), RSA)

    def problems(self, *, loopback: bool) -> Iterator[str]:
        """What is wrong with the client beyond the shape of its values; `loopback`: plain http to this machine is allowed."""
        if not (self.jwks_url or self.jwks_file):
            yield "jwks_url or jwks_file is needed, or nobody could tell whether a call is its own"
        named = (self.issuer.rstrip("/"), "/".join((self.jwks_url or "").split("/")[:3]))
        if PUBLIC_SANDBOX in named and not loopback:
            yield f"anybody can sign as {PUBLIC_SANDBOX}, whose private key is public; to try it out, set allow_http_loopback = true"
        of_http = "" if loopback else " (allow_http_loopback = true, for tests)"
        permission = "" if loopback else "; http to this machine alone needs allow_http_loopback = true, and is for tests"
        if self.jwks_url and not _is_address(self.jwks_url, loopback=loopback):
            yield f"jwks_url must be https, without user, query or fragment{permission}"
        for number, server in enumerate(self.fhir_servers, start=1):
            try:
                read_service_base(server, loopback_http=loopback)
            except ValueError as wrong:
                yield f"fhir_servers {number} is {wrong}{of_http if server.startswith('http://') else ''}"

    def bases(self, *, loopback: bool) -> tuple[ServiceBase, ...]:
        """The FHIR servers, as they may be called."""
        return tuple(read_service_base(server, networks=self.fhir_networks, loopback_http=loopback) for server in self.fhir_servers)


def _is_address(text: str, *, loopback: bool) -> bool:
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return False
    host = parts.hostname or ""
    plain = bool(host) and not set("@?#\\ ") & set(text) and not {".", ".."} & set(parts.path.split("/"))
    return plain and (parts.scheme == "https" or (parts.scheme == "http" and loopback and is_loopback(host)))
