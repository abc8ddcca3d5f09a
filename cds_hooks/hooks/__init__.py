"""The hooks that can be served, by name: one module each, one row here."""

from collections.abc import Mapping
from types import MappingProxyType

from cds_hooks.hooks import encounter_start, order_select, order_sign, patient_view
from cds_hooks.hooks.context import Hook

HOOKS: Mapping[str, Hook] = MappingProxyType(
    {hook.name: hook for hook in (patient_view.HOOK, encounter_start.HOOK, order_select.HOOK, order_sign.HOOK)}
)
