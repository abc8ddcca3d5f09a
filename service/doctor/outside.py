"""Whom the service has to reach: the addresses of clients' keys, and the FHIR servers that their calls may name."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from time import monotonic

from cds_hooks.egress.addresses import Resolve, may_connect
from cds_hooks.egress.allow_list import ServiceBase
from cds_hooks.egress.exchange import Allowance, Egress
from cds_hooks.fhir_authorization import FhirGrant
from cds_hooks.fhir_calls import Bounds, FhirCalls
from cds_hooks.jwks import KeysUnavailable, fetch_key_set, read_key_set
from service.clients.client import Client
from service.clients.describe import in_words
from service.clients.load import Clients
from service.doctor.verdict import Verdict, mind, well, wrong
from service.fetching import Reach
from service.probing.server import ProbeFailed, Server, read_server

_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
_METADATA_BYTES = 5_000_000
_SECONDS = 5.0


def of_environment(environ: Mapping[str, str], *, calls: bool) -> list[Verdict]:
    """A proxy that the environment names, and that the service will not use."""
    named = sorted({name for name in environ if name.upper() in _PROXIES and environ[name]})
    says = f"{' and '.join(named)}: a proxy of the environment is never used, a token would go through it."
    return [mind("proxy", says, "FHIR servers and the addresses of keys have to be reached directly.")] if named and calls else []


async def of_keys(clients: Clients | None) -> AsyncIterator[Verdict]:
    """Whether the keys of each client can be had now, and one of them used."""
    for known in clients.known if clients else ():
        about, client = f"keys of {known.name}", known.described
        if known.pinned:
            good = any(key.algorithm in client.algorithms for key in known.pinned.keys)
            says = f"In {client.jwks_file}: {in_words(known.pinned)}."
            yield well(about, says) if good else wrong(about, says, "None of them can prove a call of this client.")
        else:
            yield await _fetched(about, client)


async def _fetched(about: str, client: Client) -> Verdict:
    try:
        found = read_key_set(await fetch_key_set(client.jwks_url or ""), rsa=client.rsa)
    except KeysUnavailable as failed:
        help_ = "Calls of this client are refused until they come. Or hand the keys over: jwks_file."
        return wrong(about, f"None came from {client.jwks_url}: {failed}.", help_)
    says = f"From {client.jwks_url}: {in_words(found)}."
    if not any(key.algorithm in client.algorithms for key in found.keys):
        return wrong(about, says, "None of them can prove a call of this client.")
    return well(about, says)


async def of_servers(reach: Mapping[str, Reach], resolve: Resolve, *, random: Callable[[], float]) -> AsyncIterator[Verdict]:
    """For each FHIR server that may be called: where its name leads, whether we may go there, and what it says of itself."""
    bases = list(dict.fromkeys(base for one in reach.values() for base in one.servers))
    if not bases:
        yield mind("FHIR servers", "None is listed: what a call does not bring is not known.")
    egress = Egress(bases, resolve=resolve)
    try:
        for base in bases:
            yield await _server(base, egress, resolve, random)
    finally:
        await egress.aclose()


async def _server(base: ServiceBase, egress: Egress, resolve: Resolve, random: Callable[[], float]) -> Verdict:
    about = "FHIR server"
    host, port = base.url.raw_host.decode("ascii").strip("[]"), base.url.port or (443 if base.url.scheme == "https" else 80)
    try:
        async with asyncio.timeout(_SECONDS):
            addresses = await resolve(host, port)
    except (OSError, TimeoutError):
        return wrong(about, f"{base}: no address is known for {host}.", "Is the name right, and can this machine look it up?")
    refused = [address for address in addresses if not may_connect(address, base.networks)]
    if refused:
        says = f"{base}: {host} is {', '.join(refused)}, where we may not go, for it is not the public internet."
        return wrong(about, says, "Name the network of the hospital as a CIDR block in fhir_networks of the client.")
    grant = FhirGrant(base, None, None)
    bounds = Bounds(asyncio.get_running_loop().time() + _SECONDS, _METADATA_BYTES, Allowance(_METADATA_BYTES))
    calls = FhirCalls(egress, clock=monotonic, chance=random)
    metadata = base.address("metadata")
    if metadata and (await calls.call(grant, metadata, bounds)).status in (401, 403):
        says = f"{base} answers, and shows nothing to those without a token."
        return mind(about, says, "cluneal-cds probe tries it with one.")
    try:
        server = await read_server(grant, calls, bounds)
    except ProbeFailed as failed:
        return wrong(about, str(failed))
    return _told(about, server)


def _told(about: str, server: Server) -> Verdict:
    says = f"{server.base}: {server.named} {server.software}".strip() + "."
    return well(about, says) if server.is_read else wrong(about, f"{server.base}: {server.refusal}")
