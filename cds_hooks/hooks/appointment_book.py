"""The appointment-book hook: a user, who may be the patient or a relative, is about to book one or more appointments.

Source: https://cds-hooks.hl7.org/hooks/appointment-book/ (version 1.0, maturity 1).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from cds_hooks.hooks.bundle import Resource, read_bundle
from cds_hooks.hooks.context import Hook, Reference, prefetch_tokens, read_id, read_optional_id, read_user
from cds_hooks.hooks.schema import BUNDLE, NO_ENTRIES, context_schema, id_schema, optional_id_schema, user_schema

USER_TYPES = ("Practitioner", "PractitionerRole", "Patient", "RelatedPerson")


@dataclass(frozen=True, slots=True)
class AppointmentBook:
    """Who books which proposed appointments for whom.

    appointments  FHIR resources as the client sent them, valid or not
    """

    user_id: Reference
    patient_id: str
    encounter_id: str | None
    appointments: tuple[Resource, ...] = field(repr=False)

    @classmethod
    def read(cls, context: Mapping[str, object]) -> Self:
        """The context of a request. Raises MalformedRequest with the name of the first field that is wrong."""
        return cls(
            user_id=read_user(context, USER_TYPES),
            patient_id=read_id(context, "patientId", "Patient"),
            encounter_id=read_optional_id(context, "encounterId", "Encounter"),
            appointments=_read_appointments(context),
        )


def _read_appointments(context: Mapping[str, object]) -> tuple[Resource, ...]:
    """The resources of the Bundle, or of the plain array that the examples of the library show in its stead."""
    sent = context.get("appointments")
    if not isinstance(sent, list):
        return read_bundle(context, "appointments")
    return read_bundle({"appointments": {"entry": [{"resource": one} for one in sent]}}, "appointments")


HOOK = Hook(
    name="appointment-book",
    version="1.0",
    context=AppointmentBook,
    user_types=USER_TYPES,
    tokens=prefetch_tokens(("userId", "patientId", "encounterId"), USER_TYPES),
    schema=context_schema(
        {"userId": user_schema(USER_TYPES), "patientId": id_schema("Patient"), "appointments": {"anyOf": [BUNDLE, {"type": "array"}]}},
        {"encounterId": optional_id_schema("Encounter")},
    ),
    example={"userId": "Practitioner/example", "patientId": "example", "appointments": NO_ENTRIES},
)
