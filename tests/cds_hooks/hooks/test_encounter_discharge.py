"""The context of encounter-discharge."""

import pytest

from cds_hooks.errors import MalformedRequest
from cds_hooks.hooks import HOOKS
from cds_hooks.hooks.context import Reference

FULL = {"userId": "PractitionerRole/u", "patientId": "p", "encounterId": "e"}


def read(**changes):
    return HOOKS["encounter-discharge"].context.read({**FULL, **changes})


@pytest.mark.requirement("K-1")
def test_the_context_is_read():
    """Who discharges whom from which encounter."""
    context = read()

    assert (context.user_id, context.patient_id, context.encounter_id) == (Reference("PractitionerRole", "u"), "p", "e")


@pytest.mark.requirement("K-3")
@pytest.mark.parametrize("sent", [None, ""])
@pytest.mark.parametrize("field", ["userId", "patientId", "encounterId"])
def test_nothing_may_be_left_out(field, sent):
    """A discharge is from an encounter, and the client learns which field is missing."""
    with pytest.raises(MalformedRequest, match=rf"context\.{field}"):
        read(**{field: sent})


@pytest.mark.parametrize("type_", ["Patient", "RelatedPerson"])
def test_only_staff_discharges(type_):
    """Patients and relatives are no users of this hook."""
    with pytest.raises(MalformedRequest, match=r"context\.userId"):
        read(userId=f"{type_}/u")
