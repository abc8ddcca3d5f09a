"""What a service shows this machine alone is called by this machine's names: what a visitor has open reaches it by no other.

A page of elsewhere may let its own name lead to 127.0.0.1 once it is loaded, and its scripts then read what is served here as if it were
theirs. The browser still sends the name. One without a dot is nobody's who could do that.
Source: DNS rebinding, https://capec.mitre.org/data/definitions/275.html.
"""

from collections.abc import Collection
from ipaddress import ip_address
from urllib.parse import urlsplit

from cds_hooks.errors import ClientError
from cds_hooks.transport import Application, Receive, Scope, Send


class Misdirected(ClientError):
    """The call came under a name that is not this service's."""

    code = "misdirected"
    status_hint = 421
    issue_code = "forbidden"
    text = "The pages of this service do not go by the name under which they were called."

    def __init__(self) -> None:
        super().__init__("Call them as localhost or by an address of this machine, or set CLUNEAL_PUBLIC_BASE_URL to the name that it has.")


def refuse_other_names(app: Application, *, names: Collection[str], places: tuple[str, ...]) -> Application:
    """The application, with these places deaf to calls whose Host is a domain of somebody else.

    names  its own, beside addresses and names without a dot;  places: how the paths begin that are nobody else's
    """

    async def called(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(places):
            hosts = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
            if not all(is_own(host, names) for host in hosts):
                raise Misdirected
        await app(scope, receive, send)

    return called


def names_of(base_url: str) -> frozenset[str]:
    """The name in the address under which the service is called."""
    return frozenset({urlsplit(base_url).hostname or ""})


def is_own(host: str, names: Collection[str]) -> bool:
    """Whether a Host is an address, a name without a dot, or one of `names`."""
    try:
        name = (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:
        return False
    if "." not in name or name in names or name.endswith(".localhost"):
        return True
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
