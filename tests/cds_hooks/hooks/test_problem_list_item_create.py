"""The context of problem-list-item-create."""

import pytest

from cds_hooks.errors import MalformedRequest
from cds_hooks.hooks import HOOKS
from cds_hooks.hooks.context import Reference

# As the example of the library has it: no type, and a category that is a text.
PAIN = {"resourceType": "Condition", "id": "pain", "category": "problem-list-item"}
LEAST = {"userId": "Practitioner/u", "patientId": "p", "conditions": {"resourceType": "Bundle", "entry": [{"resource": PAIN}]}}


def read(**changes):
    return HOOKS["problem-list-item-create"].context.read({**LEAST, **changes})


@pytest.mark.requirement("K-1")
def test_the_context_is_read():
    """Who noted which problems of whom, in which encounter when there is one; the problems as they were sent."""
    context = read(encounterId="e")

    assert (context.user_id, context.patient_id, context.encounter_id) == (Reference("Practitioner", "u"), "p", "e")
    assert context.conditions == (PAIN,)


@pytest.mark.requirement("K-2")
@pytest.mark.parametrize("sent", [None, ""])
def test_the_encounter_is_optional(sent):
    """Problems are also noted between visits."""
    assert read(encounterId=sent).encounter_id is None


@pytest.mark.requirement("K-3", "K-4")
@pytest.mark.parametrize("sent", [None, "", [PAIN], PAIN])
def test_the_problems_are_required(sent):
    """Without a Bundle of them the client learns which field is wrong."""
    with pytest.raises(MalformedRequest, match=r"`context\.conditions` must be a FHIR Bundle\."):
        read(conditions=sent)


@pytest.mark.parametrize("type_", ["Patient", "RelatedPerson"])
def test_only_staff_notes_problems(type_):
    """Patients and relatives are no users of this hook."""
    with pytest.raises(MalformedRequest, match=r"context\.userId"):
        read(userId=f"{type_}/u")


def test_no_template_may_name_the_problems():
    """They are no primitive field."""
    assert "context.conditions" not in HOOKS["problem-list-item-create"].tokens


def test_no_problem_shows_in_a_log():
    """Problems are about a patient: the context does not print them."""
    assert "pain" not in repr(read())
