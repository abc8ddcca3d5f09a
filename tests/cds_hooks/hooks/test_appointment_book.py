"""The context of appointment-book."""

import pytest

from cds_hooks.errors import MalformedRequest
from cds_hooks.hooks import HOOKS
from cds_hooks.hooks.context import Reference

SLEEP = {"resourceType": "Appointment", "id": "sleep", "status": "proposed"}
CHECK = {"resourceType": "Appointment", "id": "check", "reason": {"coding": {"code": ""}}}
LEAST = {"userId": "Practitioner/u", "patientId": "p", "appointments": {"entry": [{"resource": SLEEP}, {"resource": CHECK}]}}


def read(**changes):
    return HOOKS["appointment-book"].context.read({**LEAST, **changes})


@pytest.mark.requirement("K-1")
def test_the_context_is_read():
    """Who books which appointments for whom, in which encounter when there is one; the appointments as they were sent."""
    context = read(encounterId="e")

    assert (context.user_id, context.patient_id, context.encounter_id) == (Reference("Practitioner", "u"), "p", "e")
    assert context.appointments == (SLEEP, CHECK)


@pytest.mark.requirement("K-2")
@pytest.mark.parametrize("sent", [None, ""])
def test_the_encounter_is_optional(sent):
    """Appointments are also booked by telephone."""
    assert read(encounterId=sent).encounter_id is None


@pytest.mark.requirement("K-6")
@pytest.mark.parametrize("type_", ["Practitioner", "PractitionerRole", "Patient", "RelatedPerson"])
def test_patients_and_relatives_book_too(type_):
    """All four kinds of users may."""
    assert read(userId=f"{type_}/u").user_id == Reference(type_, "u")


@pytest.mark.parametrize(("sent", "kept"), [([SLEEP, CHECK], (SLEEP, CHECK)), ([SLEEP, None, "x"], (SLEEP, {})), ([], ())])
def test_a_plain_array_is_understood(sent, kept):
    """The table of the library asks for a Bundle, its examples show an array: clients are built after either."""
    assert read(appointments=sent).appointments == kept


@pytest.mark.requirement("K-3", "K-4")
@pytest.mark.parametrize("sent", [None, "", 7, SLEEP])
def test_the_appointments_are_required(sent):
    """Without any form of list the client learns which field is wrong."""
    with pytest.raises(MalformedRequest, match=r"`context\.appointments` must be a FHIR Bundle\."):
        read(appointments=sent)


@pytest.mark.requirement("57", "L-32")
def test_no_template_may_name_the_appointments():
    """They are no primitive field; the library forbids them as a prefetch token."""
    assert "context.appointments" not in HOOKS["appointment-book"].tokens


def test_no_appointment_shows_in_a_log():
    """Appointments are about a patient: the context does not print them."""
    assert "sleep" not in repr(read())
