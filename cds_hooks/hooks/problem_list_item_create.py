"""The problem-list-item-create hook: a user has added one or more problems to the problem list of a patient.

Source: https://cds-hooks.hl7.org/hooks/problem-list-item-create/ (version 0.1.0, maturity 1).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from cds_hooks.hooks.bundle import Resource, read_bundle
from cds_hooks.hooks.context import Hook, Reference, prefetch_tokens, read_id, read_optional_id, read_user
from cds_hooks.hooks.schema import BUNDLE, NO_ENTRIES, context_schema, id_schema, optional_id_schema, user_schema

USER_TYPES = ("Practitioner", "PractitionerRole")


@dataclass(frozen=True, slots=True)
class ProblemListItemCreate:
    """Who noted which problems of whom.

    conditions  FHIR resources as the client sent them, valid or not
    """

    user_id: Reference
    patient_id: str
    encounter_id: str | None
    conditions: tuple[Resource, ...] = field(repr=False)

    @classmethod
    def read(cls, context: Mapping[str, object]) -> Self:
        """The context of a request. Raises MalformedRequest with the name of the first field that is wrong."""
        return cls(
            user_id=read_user(context, USER_TYPES),
            patient_id=read_id(context, "patientId", "Patient"),
            encounter_id=read_optional_id(context, "encounterId", "Encounter"),
            conditions=read_bundle(context, "conditions"),
        )


HOOK = Hook(
    name="problem-list-item-create",
    version="0.1.0",
    context=ProblemListItemCreate,
    user_types=USER_TYPES,
    tokens=prefetch_tokens(("userId", "patientId", "encounterId"), USER_TYPES),
    schema=context_schema(
        {"userId": user_schema(USER_TYPES), "patientId": id_schema("Patient"), "conditions": BUNDLE},
        {"encounterId": optional_id_schema("Encounter")},
    ),
    example={"userId": "Practitioner/example", "patientId": "example", "conditions": NO_ENTRIES},
)
