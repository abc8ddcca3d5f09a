"""The encounter-discharge hook: a user discharges a patient, as a rule from a stay. It may fire at any moment of that work.

Source: https://cds-hooks.hl7.org/hooks/encounter-discharge/ (version 1.0, maturity 1).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from cds_hooks.hooks.context import Hook, Reference, prefetch_tokens, read_id, read_user
from cds_hooks.hooks.schema import context_schema, id_schema, user_schema

USER_TYPES = ("Practitioner", "PractitionerRole")


@dataclass(frozen=True, slots=True)
class EncounterDischarge:
    """Who ends which encounter with whom."""

    user_id: Reference
    patient_id: str
    encounter_id: str

    @classmethod
    def read(cls, context: Mapping[str, object]) -> Self:
        """The context of a request. Raises MalformedRequest with the name of the first field that is wrong."""
        return cls(
            user_id=read_user(context, USER_TYPES),
            patient_id=read_id(context, "patientId", "Patient"),
            encounter_id=read_id(context, "encounterId", "Encounter"),
        )


HOOK = Hook(
    name="encounter-discharge",
    version="1.0",
    context=EncounterDischarge,
    user_types=USER_TYPES,
    tokens=prefetch_tokens(("userId", "patientId", "encounterId"), USER_TYPES),
    schema=context_schema(
        {"userId": user_schema(USER_TYPES), "patientId": id_schema("Patient"), "encounterId": id_schema("Encounter")},
        {},
    ),
    example={"userId": "Practitioner/example", "patientId": "example", "encounterId": "example"},
)
