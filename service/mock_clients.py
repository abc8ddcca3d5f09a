"""The service as it speaks to EHRs that can show less, for the mock EHR: the same corridor, behind doors of their own.

A card is shaped for its client before it is sent, so an Epic-like or Oracle-like drawing of a generic card would show what no such client
ever gets. Each kind of EHR therefore has its own door, /ehr/epic/cds-services and /ehr/oracle/cds-services, with the real services behind
it. The door alone says who calls: no header and no parameter chooses a client, and nobody is believed to be one of the clients file.
The doors are there only where the page is served and no client is asked who it is, so whoever finds one could have asked the open
service itself.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from cds_hooks.discovery import CDSService
from cds_hooks.feedback import FeedbackItem, FeedbackStore
from cds_hooks.request import HookRequest
from cds_hooks.response import CDSResponse
from service.clients.client import Client
from service.clients.load import KnownClient
from service.speech import MOST, Dialect, OrderCode, Speech

# Items of a site's build are the site's own; these are made up, as those of fixtures/clients are.
_EPIC_ITEMS = "urn:com.epic.cdshooks.action.code.system.preference-list-item"


@dataclass(frozen=True, slots=True)
class _OwnFeedback:
    """What is heard at the door of one client, kept as that client's."""

    store: FeedbackStore
    name: str

    async def keep(self, service: str, items: tuple[FeedbackItem, ...], *, client: str = "") -> None:
        """Return when all items are stored; whoever `client` says it is, it is the client of this door."""
        await self.store.keep(service, items, client=self.name)


def mock_clients(order_codes: Iterable[str]) -> tuple[KnownClient, ...]:
    """The made-up clients, one for each other kind of EHR; `order_codes`: ours of the orders that a site has items for."""
    items = tuple(OrderCode(ours, _EPIC_ITEMS, f"mock-{number}") for number, ours in enumerate(order_codes, start=1))
    return (_client("epic", items), _client("oracle", ()))


def _client(dialect: Dialect, items: tuple[OrderCode, ...]) -> KnownClient:
    described = Client(name=f"mock-{dialect}", issuer=f"mock-{dialect}", dialect=dialect)
    return KnownClient(described, Speech(dialect=dialect, writes=MOST[dialect], order_codes=items), None)


def services_for(client: KnownClient, services: Iterable[CDSService]) -> tuple[CDSService, ...]:
    """The services as they answer at the door of this client."""

    def as_asked_by(service: CDSService) -> CDSService:
        async def answer(request: HookRequest) -> CDSResponse:
            return await service.answer(replace(request, client=client.name))

        return replace(service, answer=answer)

    return tuple(map(as_asked_by, services))


def feedback_for(client: KnownClient, store: FeedbackStore | None) -> FeedbackStore | None:
    """The store as it keeps what is heard at the door of this client."""
    return _OwnFeedback(store, client.name) if store else None
