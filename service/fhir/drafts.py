"""Drafted orders, as the context of an order hook carries them -> orders of the record.

A draft is no valid FHIR yet: everything of it that can be read is, what cannot be read is left out.
"""

from collections.abc import Callable, Iterable, Mapping

from service.fhir import shapes
from service.fhir.elements import Source
from service.fhir.facts import order
from service.fhir.mend import mend
from service.fhir.owner import Owner, Ownership
from service.fhir.terms import terms_of
from service.knowledge.model import Knowledge
from service.record import Order

KEY = "draftOrders"


def read_drafts(
    drafts: Iterable[Mapping[str, object]], knowledge: Knowledge, *, patient: str, server: str
) -> tuple[tuple[Order, ...], bool]:
    """The service requests among the drafts of which some rule could speak, and whether a draft is of another patient."""
    owner, foreign = Owner(patient, server), False
    orders: list[Order] = []
    for number, draft in enumerate(drafts):
        # Whose a draft is matters of every kind; of which rules speak, of one.
        found, _ = mend({name: value for name, value in draft.items() if name != "resourceType"}, shapes.ServiceRequest)
        foreign = foreign or owner.of(found) is Ownership.FOREIGN
        if draft.get("resourceType") != "ServiceRequest":
            continue
        source = Source(terms_of(knowledge), _named(f"ServiceRequest/{found.id or f'draft-{number}'}"), lambda where, says: None)
        if (read := order(found, source)) is not None:
            orders.append(read)
    return tuple(orders), foreign


def _named(reference: str) -> Callable[[Source], bool]:
    def prepare(source: Source) -> bool:
        source.reference, source.key, source.undatable = reference, KEY, False
        return True

    return prepare
