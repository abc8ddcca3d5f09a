"""The order-dispatch hook: somebody is chosen to carry out orders that were signed before.

Read by the names of version 1.1 and by those of 1.0, which knows one order and one task. The hook tells no user and no encounter:
the choice may be made in the back office, or by a machine.
Source: https://cds-hooks.hl7.org/hooks/order-dispatch/ (version 1.1, maturity 0).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Self

from cds_hooks.errors import MalformedRequest
from cds_hooks.hooks.bundle import Resource
from cds_hooks.hooks.context import Hook, Reference, find_reference, prefetch_tokens, read_id
from cds_hooks.hooks.schema import Schema, context_schema, id_schema, reference_schema

# How clients send what they do not have.
_NOTHING: tuple[object, ...] = (None, "", [], {})


@dataclass(frozen=True, slots=True)
class OrderDispatch:
    """Who is to carry out which orders of whom.

    tasks  FHIR resources as the client sent them, valid or not; what is asked of the performer in detail
    """

    patient_id: str
    dispatched_orders: tuple[Reference, ...]
    performer: Reference
    tasks: tuple[Resource, ...] = field(repr=False)

    @property
    def user_id(self) -> None:
        """Not told by this hook."""

    @property
    def encounter_id(self) -> None:
        """Not told by this hook."""

    @classmethod
    def read(cls, context: Mapping[str, object]) -> Self:
        """The context of a request. Raises MalformedRequest with the name of the first field that is wrong."""
        return cls(
            patient_id=read_id(context, "patientId", "Patient"),
            dispatched_orders=_read_orders(context),
            performer=_read_performer(context),
            tasks=_read_tasks(context),
        )


def _read_orders(context: Mapping[str, object]) -> tuple[Reference, ...]:
    sent = _listed(context, ("dispatchedOrders", "dispatched-orders"), once="order")
    orders = [find_reference(one) for one in sent] if isinstance(sent, list) else []
    found = tuple(order for order in orders if order is not None)
    # What is said of a performer has to hold for all of the work: no order may be passed over.
    if not found or len(found) != len(orders):
        raise MalformedRequest("`context.dispatchedOrders` (`order` in version 1.0) must name orders, such as ServiceRequest/123.")
    return found


def _read_performer(context: Mapping[str, object]) -> Reference:
    performer = find_reference(context.get("performer"))
    if performer is None:
        raise MalformedRequest("`context.performer` must be a reference such as Organization/123.")
    return performer


def _read_tasks(context: Mapping[str, object]) -> tuple[Resource, ...]:
    sent = _listed(context, ("fulfillmentTasks", "fulfillment-tasks"), once="task")
    if not isinstance(sent, list) or not all(isinstance(task, dict) for task in sent):
        raise MalformedRequest("`context.fulfillmentTasks` (`task` in version 1.0) must hold FHIR Tasks.")
    return tuple(sent)


def _listed(context: Mapping[str, object], names: Iterable[str], *, once: str) -> object:
    """What is sent under the first of the names that holds something; else the single value of version 1.0, as a list of one.

    names  that of version 1.1, and how the example of its own page spells it
    """
    for name in names:
        if context.get(name) not in _NOTHING:
            return context[name]
    alone = context.get(once)
    return [] if alone in _NOTHING else [alone]


def _listed_schema(names: tuple[str, ...], each: Schema, *, once: str) -> Schema:
    """What `_listed` finds: a full list under the first name that holds something, else the single value of version 1.0."""
    alone: dict[str, object] = {
        "required": [once],
        "properties": {once: {"allOf": [each, {"not": _EMPTY}]}, **dict.fromkeys(names, _EMPTY)},
    }
    lists = [
        {
            "required": [name],
            "properties": {name: {"type": "array", "minItems": 1, "items": each}, **dict.fromkeys(names[:number], _EMPTY)},
        }
        for number, name in enumerate(names)
    ]
    return {"anyOf": [*lists, alone]}


_EMPTY: Schema = {"enum": list(_NOTHING)}
_ORDER = reference_schema(description="An order that was signed before, such as ServiceRequest/123.")
_NO_TASKS: Schema = {"properties": dict.fromkeys(("fulfillmentTasks", "fulfillment-tasks", "task"), _EMPTY)}

HOOK = Hook(
    name="order-dispatch",
    version="1.1",
    context=OrderDispatch,
    user_types=(),
    # The library lets templates name dispatchedOrders too, but "only root-level fields of primitive type" are safe: it is an array.
    tokens=prefetch_tokens(("patientId", "performer"), ()),
    schema={
        **context_schema(
            {"patientId": id_schema("Patient"), "performer": reference_schema(description="Who is to carry the orders out.")},
            {},
        ),
        "allOf": [
            _listed_schema(("dispatchedOrders", "dispatched-orders"), _ORDER, once="order"),
            {"anyOf": [_listed_schema(("fulfillmentTasks", "fulfillment-tasks"), {"type": "object"}, once="task"), _NO_TASKS]},
        ],
    },
    example={"patientId": "example", "dispatchedOrders": ["ServiceRequest/example"], "performer": "Organization/example"},
)
