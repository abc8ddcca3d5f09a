"""The context of patient-view."""

import pytest

from cds_hooks.hooks.context import Reference
from cds_hooks.hooks.patient_view import PatientView

LEAST = {"userId": "Practitioner/u", "patientId": "p"}


@pytest.mark.requirement("K-1", "K-2")
def test_the_encounter_is_optional():
    """A chart may be opened outside of any encounter."""
    assert PatientView.read(LEAST) == PatientView(Reference("Practitioner", "u"), "p", None)
    assert PatientView.read({**LEAST, "encounterId": "e"}).encounter_id == "e"


@pytest.mark.requirement("K-6")
@pytest.mark.parametrize("type_", ["Practitioner", "PractitionerRole", "Patient", "RelatedPerson"])
def test_four_kinds_of_users_may_look(type_):
    """Clinicians, patients and their relatives open charts."""
    assert PatientView.read({**LEAST, "userId": f"{type_}/u"}).user_id == Reference(type_, "u")


@pytest.mark.requirement("K-5")
def test_unknown_fields_are_ignored():
    """A minor version of the hook may add fields."""
    assert PatientView.read({**LEAST, "location": {"a": [1]}}) == PatientView.read(LEAST)
