"""The codes of one site: what its catalogue calls the orders that we suggest, and what the codes in its charts stand for."""

from collections.abc import Collection, Iterator
from typing import Annotated, Literal

from pydantic import Field

from service.clients.client import Word
from service.clients.local_row import Concepts, LocalRow
from service.clients.table import Table
from service.local_codes import LocalCodes
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
    local: Annotated[tuple[LocalRow, ...], Field(strict=False)] = ()

    def problems(self, orders: Collection[str], concepts: Concepts) -> Iterator[str]:
        """What is wrong with the rows.

        orders  our own codes that may be mapped;  concepts: what a code of a chart can stand for
        """
        for number, row in enumerate(self.order):
            if row.ours not in orders:
                yield f"{row.ours} is no order of ours; there are {', '.join(sorted(orders))}"
            if any((row.ours, row.side) == (other.ours, other.side) for other in self.order[:number]):
                yield f"{row.ours} stands twice{f' for the {row.side} side' if row.side else ''}"

        yield from self._problems_of_local(concepts)

    def _problems_of_local(self, concepts: Concepts) -> Iterator[str]:
        ordered = {concepts.key(row.system, row.code) for row in self.order}
        seen: dict[tuple[str, str], set[object]] = {}
        for number, row in enumerate(self.local):
            wrong = list(row.problems(concepts))
            key = concepts.key(row.system, row.code)
            if key in ordered:
                wrong.append("is the code of an [[order]] too, which says what it stands for")
            meanings = seen.setdefault(key, set())
            if (row.means, row.same_as) in meanings:
                wrong.append("stands twice")
            elif meanings:
                wrong.append("stands twice, for different things; for both of them in one row, means = [.., ..]")
            meanings.add((row.means, row.same_as))
            yield from (f"local {number + 1} ({row.code}): {one}" for one in wrong)

    def local_codes(self, concepts: Concepts) -> LocalCodes | None:
        """The rows [[local]], as charts are read with them; None without any."""
        return LocalCodes(tuple(row.local_code(concepts) for row in self.local)) if self.local else None

    @property
    def order_codes(self) -> tuple[OrderCode, ...]:
        """The rows, as cards use them."""
        return tuple(OrderCode(row.ours, row.system, row.code, row.display, row.side) for row in self.order)
