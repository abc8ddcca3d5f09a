"""The clients file, as the application uses it: whose calls are believed, and how far we may go for each."""

from collections.abc import Callable, Mapping
from functools import partial
from time import monotonic
from urllib.parse import urlsplit

from cds_hooks.client_auth import ClientAuthentication, SeenTokens, TrustedClient
from cds_hooks.egress.allow_list import read_service_base
from cds_hooks.jwks import FetchedKeys, PinnedKeys, fetch_key_set
from service.addresses import is_loopback
from service.call import Call
from service.cards.dialects import level_of, takes_order
from service.cds_services import SERVICE_IDS
from service.clients.load import Clients, InvalidClients, KnownClient, read_clients
from service.clients.local_row import Concepts
from service.fetching import Reach
from service.fhir.write import FOCUSED_EXAMINATION
from service.knowledge.model import Knowledge
from service.record import Side
from service.settings import Settings
from service.speech import Speech

_SIDES = [Side.RIGHT, Side.LEFT]


def clients_of(settings: Settings, knowledge: Knowledge) -> Clients | None:
    """The clients of the clients file; None where there is none and everybody is answered. Raises InvalidClients."""
    if settings.clients_file is None:
        return None
    clients = read_clients(settings.clients_file, services=SERVICE_IDS, orders=orders_of(knowledge), concepts=concepts_of(knowledge))
    for name, addresses in (("CLUNEAL_PUBLIC_BASE_URL", (settings.base_url,)), ("CLUNEAL_OTHER_BASE_URLS", settings.other_base_urls)):
        for base in map(urlsplit, addresses):
            if base.scheme != "https" and not (clients.allow_http_loopback and is_loopback(base.hostname or "")):
                raise InvalidClients(settings.clients_file, (f"clients call over https: {name} must start with https://",))
    return clients


def orders_of(knowledge: Knowledge) -> tuple[str, ...]:
    """Our codes of the orders that a site may map."""
    return (*(nerve.block_code for nerve in knowledge.nerves.values()), FOCUSED_EXAMINATION)


def undrafted(speech: Speech, knowledge: Knowledge) -> tuple[str, ...]:
    """Our orders that a client never gets as a draft, though it takes drafts: its site gave them no code, for one side or for any."""
    call = Call(patient="", speech=speech)
    if level_of(call) == "text":
        return ()
    blocks = {
        nerve.block_code: [side for side in _SIDES if not takes_order(call, nerve.block_code, side)] for nerve in knowledge.nerves.values()
    }
    named = [code if sides == _SIDES else f"{code} {sides[0]}" for code, sides in blocks.items() if sides]
    return (*named, *(() if takes_order(call, FOCUSED_EXAMINATION) else (FOCUSED_EXAMINATION,)))


def concepts_of(knowledge: Knowledge) -> Concepts:
    """What the code of a site can stand for: our value sets, the standard codes in them, and the codes of our own."""
    codes = {pair: names for pair, (_, names) in knowledge.codes.items()}
    systems = {alias.lower(): uri for alias, uri in knowledge.systems.items()}
    return Concepts(knowledge.value_sets, {**dict.fromkeys(knowledge.own_codes, frozenset()), **codes}, systems)


def authentication_of(
    clients: Clients,
    settings: Settings,
    *,
    seen: SeenTokens,
    clock: Callable[[], float],
    told: Callable[[str, bool], None] = lambda *_: None,
) -> ClientAuthentication:
    """Who is asked for a token, and whose are good.

    seen  remembers those that were used;  clock: seconds since 1970;  told: hears whether the keys of a client could be fetched
    """
    trusted = [_trusted(known, partial(told, known.name)) for known in clients.known]
    return ClientAuthentication(trusted, base_url=settings.base_url, also=settings.other_base_urls, seen=seen, clock=clock)


def _trusted(known: KnownClient, told: Callable[[bool], None]) -> TrustedClient:
    client = known.described
    return TrustedClient(
        name=client.name,
        issuer=client.issuer,
        keys=PinnedKeys(known.pinned)
        if known.pinned
        else FetchedKeys(client.jwks_url or "", fetch=fetch_key_set, clock=monotonic, rsa=client.rsa, told=told),
        subject=client.subject or "",
        jku=client.jwks_url or "",
        services=frozenset() if client.mode == "off" else frozenset(client.services or SERVICE_IDS),
        algorithms=frozenset(client.algorithms),
        lifetime=client.lifetime_s,
        once=client.replay == "strict",
    )


def reach_of(settings: Settings, clients: Clients | None) -> Mapping[str, Reach]:
    """How far we may go for each client, by its name; for everybody, "", where clients are not authenticated."""
    if clients is None:
        servers = tuple(read_service_base(server, loopback_http=True) for server in settings.open_fhir_servers)
        return {"": Reach(servers, settings.deadline_s)}
    loopback = clients.allow_http_loopback
    return {
        known.name: Reach(known.described.bases(loopback=loopback), known.described.deadline_s or settings.deadline_s)
        for known in clients.known
    }
