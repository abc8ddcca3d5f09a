"""The servers that may be called, and which addresses (URLs) are theirs.

A request names the server that is to be read with a token, so whoever sends one chooses where the token goes. Only servers that the
operator listed are called, and what is compared is the parsed URL that is sent, part by part: `https://ehr/fhir/../admin` begins with
`https://ehr/fhir/` and leads elsewhere.
Source: FHIR R4, "Service Base URL", https://hl7.org/fhir/R4/http.html#general; OWASP API7:2023, server side request forgery.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urljoin

import httpx

# A URL that was parsed, which is compared and sent as it is and never turned back into text in between.
Address = httpx.URL
Network = IPv4Network | IPv6Network

_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_SERVICE_BASE = re.compile(
    rf"[Hh][Tt][Tt][Pp][Ss]?://(?:{_LABEL}(?:\.{_LABEL})*|\[[0-9A-Fa-f:.]+\])(?::[0-9]{{1,5}})?((?:/[A-Za-z0-9._~-]+)*)/?"
)
_LONGEST_BASE = 2_000
_LAST_PORT = 65_535
# What may stand before the question mark of an address below a base, and after it. No percent sign in a path: what one program takes for
# %2e%2e, the next takes for "..". No backslash either, which some programs take for a slash.
_BEFORE_QUERY = re.compile(r"[A-Za-z0-9._~:/\[\]@!$&'()*+,;=-]*")
_QUERY = re.compile(r"[!-~]*")
# Not allowed in a URL, and sent as they are by browsers, by httpx and by servers in their links; some servers answer with a 400.
_TO_ENCODE = re.compile(r"[|^`{}\\]")
_DOTS = frozenset({".", ".."})
_LOOPBACK: tuple[Network, ...] = (ip_network("127.0.0.0/8"), ip_network("::1/128"))


@dataclass(frozen=True, slots=True)
class ServiceBase:
    """A FHIR server that may be called, by its base URL. `str()` gives it in normal form, without a slash at the end.

    networks  where its host may lie beside the public internet
    """

    url: Address
    networks: tuple[Network, ...] = ()
    _text: str = field(init=False, repr=False, compare=False)
    _place: tuple[str, str, int | None] = field(init=False, repr=False, compare=False)
    _segments: list[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Take the base apart once: every call compares its URL with it, several times over."""
        object.__setattr__(self, "_text", str(self.url).rstrip("/"))
        object.__setattr__(self, "_place", _place(self.url))
        object.__setattr__(self, "_segments", _segments(self.url))

    def __str__(self) -> str:
        return self._text

    def __hash__(self) -> int:
        return hash(self._text)

    def is_at(self, other: "ServiceBase") -> bool:
        """Whether both are the same place."""
        return (self._place, self._segments) == (other._place, other._segments)

    def address(self, relative: str) -> Address | None:
        """The URL of a read or search below the base ("Patient/1", "Condition?patient=1"); None when that leads out of it."""
        return self._checked(f"{self}/{relative}", relative)

    def linked(self, link: str) -> Address | None:
        """The URL of a link that the server gave, absolute or relative to the base; None when it leads elsewhere."""
        try:
            return self._checked(urljoin(f"{self}/", link), link) if link else None
        except ValueError:
            return None

    def holds(self, url: Address) -> bool:
        """Whether this very URL lies at or below the base: same scheme, host and port, and the same segments of the path first."""
        segments = _segments(url)
        inside = _place(url) == self._place and segments[: len(self._segments)] == self._segments
        return inside and not url.userinfo and not url.fragment and not _has_dots(segments)

    def _checked(self, text: str, said: str) -> Address | None:
        """The URL of a text, made of what was `said`; the dots are looked for in there, before anybody resolves them."""
        path, _, query = said.partition("?")
        if not _BEFORE_QUERY.fullmatch(path) or _has_dots(path.split("/")) or not _QUERY.fullmatch(query):
            return None
        try:
            url = httpx.URL(_TO_ENCODE.sub(lambda found: f"%{ord(found[0]):02X}", text))
        except httpx.InvalidURL:
            return None
        return url if self.holds(url) else None


def read_service_base(text: str, *, networks: Iterable[str] = (), loopback_http: bool = False) -> ServiceBase:
    """The base that an operator writes into the allow-list. Raises ValueError with what is wrong.

    networks       CIDR blocks in which a server on the premises may lie; an address that stands in the URL itself needs none
    loopback_http  whether http may be spoken with this very machine, for development and tests
    """
    path = _SERVICE_BASE.fullmatch(text) if len(text) <= _LONGEST_BASE else None
    if path is None or _has_dots(path[1].split("/")):
        raise ValueError("not a FHIR base URL: https://host[:port][/path], without user, query, fragment, %, // and dot segments")
    scheme, _, rest = text.rstrip("/").partition("://")
    try:
        url = httpx.URL(f"{scheme.lower()}://{rest}")
    except httpx.InvalidURL:
        raise ValueError("not a FHIR base URL: no server has such a host") from None
    if url.port is not None and not 1 <= url.port <= _LAST_PORT:
        raise ValueError("not a FHIR base URL: no server has such a port")
    literal = _literal_address(url.host)
    is_loopback = url.host == "localhost" or (literal is not None and literal.is_loopback)
    if url.scheme != "https" and not (loopback_http and is_loopback):
        raise ValueError("not a FHIR base URL over https; http is for this machine alone, where that is allowed")
    named: tuple[Network, ...] = _LOOPBACK if url.host == "localhost" else (ip_network(literal),) if literal else ()
    return ServiceBase(url, (*named, *(ip_network(network) for network in networks)))


def find_service_base(text: str, allowed: Iterable[ServiceBase]) -> ServiceBase | None:
    """The allow-listed base that a client's `fhirServer` names; None for every other text. What is called is the base, never the text."""
    try:
        named = read_service_base(text, loopback_http=True)
    except ValueError:
        return None
    return next((base for base in allowed if base.is_at(named)), None)


def _place(url: Address) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


def _segments(url: Address) -> list[str]:
    return url.path.rstrip("/").split("/")


def _has_dots(segments: Iterable[str]) -> bool:
    """Whether one of them is "." or "..". What follows a semicolon is a parameter to some servers, which take it off first."""
    return any(segment.partition(";")[0] in _DOTS for segment in segments)


def _literal_address(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None
