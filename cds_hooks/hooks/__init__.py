"""The hooks that can be served, by name: one module each, one row here."""

from collections.abc import Mapping
from types import MappingProxyType

from cds_hooks.hooks import (
    appointment_book,
    encounter_discharge,
    encounter_start,
    order_dispatch,
    order_select,
    order_sign,
    patient_view,
    problem_list_item_create,
)
from cds_hooks.hooks.context import Hook

_IN_ORDER = (
    patient_view.HOOK,
    encounter_start.HOOK,
    encounter_discharge.HOOK,
    order_select.HOOK,
    order_sign.HOOK,
    order_dispatch.HOOK,
    problem_list_item_create.HOOK,
    appointment_book.HOOK,
)
HOOKS: Mapping[str, Hook] = MappingProxyType({hook.name: hook for hook in _IN_ORDER})
