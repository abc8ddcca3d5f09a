"""The codes of one site: what its catalogue calls the orders that we suggest."""

from collections.abc import Collection, Iterator
from typing import Annotated, Literal

from pydantic import Field

from service.clients.client import Word
from service.clients.table import Table
from service.speech import OrderCode


class OrderRow(Table):
    """One table [[order]]: the site's code for one of our orders, on either side or on one."""

    ours: Word
    side: Literal["", "left", "right"] = ""
    system: Word
    code: Word
    display: str = ""


class CodeMap(Table):
    """The whole file."""

    order: Annotated[tuple[OrderRow, ...], Field(strict=False)] = ()

    def problems(self, orders: Collection[str]) -> Iterator[str]:
        """What is wrong with the rows; `orders`: our own codes that may be mapped."""
        for number, row in enumerate(self.order):
            if row.ours not in orders:
                yield f"{row.ours} is no order of ours; there are {', '.join(sorted(orders))}"
            if any((row.ours, row.side) == (other.ours, other.side) for other in self.order[:number]):
                yield f"{row.ours} stands twice{f' for the {row.side} side' if row.side else ''}"

    @property
    def order_codes(self) -> tuple[OrderCode, ...]:
        """The rows, as cards use them."""
        return tuple(OrderCode(row.ours, row.system, row.code, row.display, row.side) for row in self.order)
