"""How one client is spoken to: what its screen can show and what its chart can take. It shapes a card and never decides about one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Dialect = Literal["generic", "v3", "epic", "oracle", "sandbox"]
Writes = Literal["full", "orders", "text"]
OrderIntent = Literal["proposal", "plan", "order"]
# The kinds of cards, as committees judge them: consider and examine, a block to consider, what a block means, and the two at orders.
CardKind = Literal["workup", "block", "response", "before-block", "points-first"]

# From the least to the most.
LEVELS: tuple[Writes, ...] = ("text", "orders", "full")
# The most that an accepted suggestion can write in an EHR of the dialect.
MOST: Mapping[Dialect, Writes] = {"generic": "full", "v3": "full", "epic": "orders", "oracle": "text", "sandbox": "full"}


@dataclass(frozen=True, slots=True)
class OrderCode:
    """The code of a site for an order that we suggest.

    ours  the code in our own CodeSystem, "superior-cluneal-block";  side: "right" or "left", "" for either
    """

    ours: str
    system: str
    code: str
    display: str = ""
    side: str = ""


@dataclass(frozen=True, slots=True)
class Speech:
    """How a client is spoken to; without a clients file, everybody like this.

    writes                what an accepted suggestion may write: findings and orders, orders alone, or nothing
    combined_attestation  one click may record a point that reproduces the pain and draft the block of it
    order_intent          the `intent` of the orders that are drafted
    order_codes           the site's own codes for our orders
    """

    dialect: Dialect = "generic"
    writes: Writes = "full"
    combined_attestation: bool = False
    order_intent: OrderIntent = "proposal"
    order_codes: tuple[OrderCode, ...] = ()
