"""Addresses: of this machine, told from those of a network, and those under which clients call."""

from ipaddress import ip_address
from urllib.parse import urlsplit


def is_loopback(host: str) -> bool:
    """Whether a host is this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def read_base(text: str) -> str:
    """The address below which a service is called, without a slash at its end. Raises ValueError with a sentence."""
    if not _is_web_address(text):
        raise ValueError("an address that starts with http:// or https:// and has no user, query or fragment")
    if text.rstrip("/").endswith("/cds-services"):
        raise ValueError("the address before /cds-services: clients add it, and tokens are made for the whole of it")
    return text.rstrip("/")


def _is_web_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return False
    well_made = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.username is None
    return well_made and not (parts.query or parts.fragment) and text.isprintable() and " " not in text
