"""The patient-view hook: a user has opened a patient's record.

Source: https://cds-hooks.hl7.org/hooks/patient-view/ (version 1.0, maturity 5).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from cds_hooks.hooks.context import Hook, Reference, prefetch_tokens, read_id, read_optional_id, read_user
from cds_hooks.hooks.schema import context_schema, id_schema, optional_id_schema, user_schema

USER_TYPES = ("Practitioner", "PractitionerRole", "Patient", "RelatedPerson")


@dataclass(frozen=True, slots=True)
class PatientView:
    """Who looks at whom, and in which encounter when there is one."""

    user_id: Reference
    patient_id: str
    encounter_id: str | None

    @classmethod
    def read(cls, context: Mapping[str, object]) -> Self:
        """The context of a request. Raises MalformedRequest with the name of the first field that is wrong."""
        return cls(
            user_id=read_user(context, USER_TYPES),
            patient_id=read_id(context, "patientId", "Patient"),
            encounter_id=read_optional_id(context, "encounterId", "Encounter"),
        )


HOOK = Hook(
    name="patient-view",
    version="1.0",
    context=PatientView,
    user_types=USER_TYPES,
    tokens=prefetch_tokens(("userId", "patientId", "encounterId"), USER_TYPES),
    schema=context_schema(
        {"userId": user_schema(USER_TYPES), "patientId": id_schema("Patient")},
        {"encounterId": optional_id_schema("Encounter")},
    ),
    example={"userId": "Practitioner/example", "patientId": "example"},
)
