"""Drafted orders, as the context of an order hook carries them -> orders of the record.

A draft is no valid FHIR yet: everything of it that can be read is. One of which nobody can tell what is ordered is said to be unusable.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache

from service.fhir import shapes
from service.fhir.elements import Source
from service.fhir.facts import condition, order
from service.fhir.mend import mend
from service.fhir.owner import Owner, Ownership
from service.fhir.terms import terms_of
from service.fhir.versions import in_r4
from service.knowledge.model import Knowledge
from service.local_codes import LocalCodes
from service.record import Condition, Order
from service.speech import OrderCode

KEY = "draftOrders"
# Until STU3 a ServiceRequest was called ProcedureRequest.
_ORDERS = ("ServiceRequest", "ProcedureRequest")
_MOST_REASONS = 20
_NO_WORD = r"[\W_]+"


@dataclass(frozen=True, slots=True)
class DraftOrders:
    """What the drafts gave.

    orders   those of which some rule could speak;  foreign: one is of another patient;  unusable: of one nobody can tell what it orders
    """

    orders: tuple[Order, ...]
    foreign: bool
    unusable: bool


def read_drafts(
    drafts: Iterable[Mapping[str, object]],
    knowledge: Knowledge,
    *,
    patient: str,
    server: str,
    today: date,
    order_codes: tuple[OrderCode, ...] = (),
    local: LocalCodes | None = None,
) -> DraftOrders:
    """The drafted orders of the patient, as far as they can be read; `order_codes` and `local` are the site's own."""
    terms = terms_of(knowledge, order_codes, local)
    owner, foreign, unusable = Owner(patient, server), False, False
    orders: list[Order] = []
    doubts = _doubts(knowledge)
    for number, draft in enumerate(drafts):
        # Whose a draft is matters of every kind; of which rules speak, of one.
        draft = in_r4("ServiceRequest", draft)
        found, lost = mend({name: value for name, value in draft.items() if name != "resourceType"}, shapes.ServiceRequest)
        foreign = foreign or owner.of(found) is Ownership.FOREIGN
        if (kind := draft.get("resourceType")) not in _ORDERS:
            unusable = unusable or not (isinstance(kind, str) and kind)
            continue
        unusable = unusable or any(element.split(".")[0] == "code" for element in lost)
        source = Source(terms, _named(f"{kind}/{found.id or f'draft-{number}'}"), lambda where, says: None)
        if (read := order(found, source)) is not None:
            read = terms.site.marked(read, found) if terms.site else read
            orders.append(replace(read, reasons=tuple(_reasons(draft, source, today, doubts))))
    return DraftOrders(tuple(orders), foreign, unusable)


def _reasons(draft: Mapping[str, object], source: Source, today: date, doubts: re.Pattern[str]) -> Iterator[Condition]:
    """What a draft says about the patient of today, in its reasons and its notes, as problems; what it is to rule out is thought of."""
    reasons, notes = draft.get("reasonCode"), draft.get("note")
    codes = [*(reasons if isinstance(reasons, list) else [reasons])]
    codes += [{"text": note.get("text")} for note in (notes if isinstance(notes, list) else [notes]) if isinstance(note, Mapping)]
    for code in codes[:_MOST_REASONS]:
        if isinstance(code, Mapping) and isinstance(text := code.get("text"), str):
            code = {**code, "text": doubts.sub(" ", text)}
        found, _ = mend({"code": code, "onsetDateTime": today.isoformat()}, shapes.Condition)
        if (read := condition(found, source)) is not None:
            yield read


@lru_cache(maxsize=4)
def _doubts(knowledge: Knowledge) -> re.Pattern[str]:
    words = sorted(knowledge.language.doubt, key=len, reverse=True)
    return re.compile(rf"\b(?:{'|'.join(_NO_WORD.join(map(re.escape, word.split())) for word in words)})\b", re.IGNORECASE)


def _named(reference: str) -> Callable[[Source], bool]:
    def prepare(source: Source) -> bool:
        source.reference, source.key, source.undatable = reference, KEY, False
        return True

    return prepare
