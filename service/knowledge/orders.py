"""The shape of orders.toml: the orders at which a clinician may be asked to press the points first (order card a)."""

from pydantic import Field

from service.knowledge.shape import Shape, Sourced, Words


class OrderKind(Shape):
    """One kind of order.

    label     as a card names it;  value_set: its codes;  phrases: its words, where the order has no code that we know
    repeats   findings of which one must be present: only a repetition is spoken of;  empty: the first one already is
    """

    label: Words
    value_set: tuple[str, ...] = Field(min_length=1)
    phrases: tuple[str, ...] = ()
    repeats: tuple[str, ...] = ()


class Orders(Sourced):
    """All kinds of order; `urgent`: priorities that are no occasion; `any_block`: phrases of a cluneal block whose nerve is not named."""

    urgent: tuple[str, ...]
    any_block: tuple[str, ...]
    kind: tuple[OrderKind, ...] = Field(min_length=1)

    @property
    def listened_for(self) -> tuple[tuple[str, str], ...]:
        """(resource type, phrase list) of everything that is listened for here."""
        names = [*self.any_block, *(name for kind in self.kind for name in kind.phrases)]
        return tuple(("ServiceRequest", name) for name in names)
