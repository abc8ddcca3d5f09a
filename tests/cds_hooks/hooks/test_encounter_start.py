"""The context of encounter-start."""

import pytest

from cds_hooks.errors import MalformedRequest
from cds_hooks.hooks.context import Reference
from cds_hooks.hooks.encounter_start import EncounterStart

FULL = {"userId": "PractitionerRole/u", "patientId": "p", "encounterId": "e"}


@pytest.mark.requirement("K-1")
def test_the_context_is_read():
    """Who begins which encounter with whom."""
    assert EncounterStart.read(FULL) == EncounterStart(Reference("PractitionerRole", "u"), "p", "e")


@pytest.mark.requirement("K-3")
@pytest.mark.parametrize("sent", [None, ""])
def test_the_encounter_is_required(sent):
    """An encounter that begins has an id."""
    with pytest.raises(MalformedRequest, match=r"context\.encounterId"):
        EncounterStart.read({**FULL, "encounterId": sent})


@pytest.mark.parametrize("type_", ["Patient", "RelatedPerson"])
def test_only_staff_begins_encounters(type_):
    """Patients and relatives are no users of this hook."""
    with pytest.raises(MalformedRequest, match=r"context\.userId"):
        EncounterStart.read({**FULL, "userId": f"{type_}/u"})
