"""The order-sign hook: a user is about to sign one or more orders.

Source: https://cds-hooks.hl7.org/hooks/order-sign/ (version 1.0, maturity 5).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from cds_hooks.hooks.bundle import Resource, read_bundle
from cds_hooks.hooks.context import Hook, Reference, prefetch_tokens, read_id, read_optional_id, read_user
from cds_hooks.hooks.schema import BUNDLE, NO_ENTRIES, context_schema, id_schema, optional_id_schema, user_schema

USER_TYPES = ("Practitioner", "PractitionerRole")


@dataclass(frozen=True, slots=True)
class OrderSign:
    """Who signs which drafted orders for whom.

    drafts  FHIR resources as the client sent them, valid or not
    """

    user_id: Reference
    patient_id: str
    encounter_id: str | None
    drafts: tuple[Resource, ...] = field(repr=False)

    @classmethod
    def read(cls, context: Mapping[str, object]) -> Self:
        """The context of a request. Raises MalformedRequest with the name of the first field that is wrong."""
        return cls(
            user_id=read_user(context, USER_TYPES),
            patient_id=read_id(context, "patientId", "Patient"),
            encounter_id=read_optional_id(context, "encounterId", "Encounter"),
            drafts=read_bundle(context, "draftOrders"),
        )


HOOK = Hook(
    name="order-sign",
    version="1.0",
    context=OrderSign,
    user_types=USER_TYPES,
    tokens=prefetch_tokens(("userId", "patientId", "encounterId"), USER_TYPES),
    schema=context_schema(
        {"userId": user_schema(USER_TYPES), "patientId": id_schema("Patient"), "draftOrders": BUNDLE},
        {"encounterId": optional_id_schema("Encounter")},
    ),
    example={"userId": "Practitioner/example", "patientId": "example", "draftOrders": NO_ENTRIES},
)
