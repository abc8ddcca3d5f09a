"""Where a connection may lead: the addresses (IP) behind the name of an allow-listed server, checked as the connection is made.

A listed name can come to resolve to the metadata service of a cloud or to a machine next door. There is one look-up, for the check and
for the connection, so nothing can change in between; the certificate is still proved against the name, which TLS does above this.
Source: the registries behind `ipaddress`, https://www.iana.org/assignments/iana-ipv6-special-registry.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv6Address, ip_address, ip_network

import httpcore

from cds_hooks.egress.allow_list import Network

# Name and port -> the addresses behind them.
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
SocketOption = tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]

# Python calls these public, and each of them carries an IPv4 address that need not be: NAT64, 6to4, and IPv4-compatible IPv6.
_CARRIES_ANOTHER = (ip_network("64:ff9b::/96"), ip_network("2002::/16"), ip_network("::/96"))
# Seconds for all addresses of a name but the last: one that swallows packets must not use up the time of the others.
_ONE_OF_SEVERAL = 0.3
_LOOKUPS_AT_ONCE = 4


class AddressRefused(Exception):
    """A connection would have led to a server that is not listed, or to an address that it may not have."""


def may_connect(address: str, networks: Iterable[Network] = ()) -> bool:
    """Whether a connection may go to an IP address: a public one, or one in these networks.

    Never to link-local (where clouds keep their credentials), multicast or unspecified addresses, whatever the networks.
    """
    ip = ip_address(address)
    if isinstance(ip, IPv6Address):
        ip = ip.ipv4_mapped or ip
    if ip.is_link_local or ip.is_multicast or ip.is_unspecified:
        return False
    return any(ip in network for network in networks) or (ip.is_global and not any(ip in network for network in _CARRIES_ANOTHER))


class CheckedNetwork(httpcore.AsyncNetworkBackend):
    """TCP to listed servers alone, at addresses that they may have.

    networks  host and port of each listed server -> where it may lie beside the public internet
    """

    def __init__(self, networks: Mapping[tuple[str, int], Sequence[Network]], resolve: Resolve) -> None:
        self._networks = networks
        self._resolve = resolve
        self._tcp = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the signature is the library's
        local_address: str | None = None,
        socket_options: Iterable[SocketOption] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """A stream to the first address that answers. Raises AddressRefused when one of them is not allowed, whatever the others."""
        if (host, port) not in self._networks:
            raise AddressRefused
        addresses = await self._resolve(host, port)
        if not addresses or not all(may_connect(address, self._networks[host, port]) for address in addresses):
            raise AddressRefused
        for address in addresses[:-1]:
            try:
                return await self._tcp.connect_tcp(address, port, _ONE_OF_SEVERAL, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return await self._tcp.connect_tcp(addresses[-1], port, timeout, local_address, socket_options)


def system_resolve() -> Resolve:
    """The look-up of this machine. In threads of its own: a name server that hangs must not hold those that others wait for."""
    threads = ThreadPoolExecutor(_LOOKUPS_AT_ONCE, thread_name_prefix="resolve")

    def look_up(host: str, port: int) -> Sequence[str]:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        return tuple(dict.fromkeys(str(where[0]) for *_, where in found))

    async def resolve(host: str, port: int) -> Sequence[str]:
        return await asyncio.get_running_loop().run_in_executor(threads, look_up, host, port)

    return resolve
