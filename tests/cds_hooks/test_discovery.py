"""Describing services, and the document that lists them."""

import pytest

from cds_hooks.discovery import SPECIFICATION_VERSION, CDSService, by_address, discovery_document
from cds_hooks.errors import InvalidService
from cds_hooks.response import CDSResponse


async def silent(request):
    return CDSResponse()


def service(**changes):
    return CDSService(**{"id": "a", "hook": "patient-view", "title": "A", "description": "B", "answer": silent} | changes)


@pytest.mark.requirement("7", "8", "9", "10", "11", "12", "36", "R3-1", "R3-2", "R3-3")
def test_a_service_is_listed_with_all_it_has():
    """Names as in the specification, the version of the specification, and the version of the hook."""
    listed = service(prefetch={"patient": "Patient/{{context.patientId}}"}, usage_requirements="Prefetch")

    assert discovery_document([listed]) == {
        "services": [
            {
                "hook": "patient-view",
                "title": "A",
                "description": "B",
                "id": "a",
                "version": SPECIFICATION_VERSION,
                "hookVersion": "1.0",
                "prefetch": {"patient": "Patient/{{context.patientId}}"},
                "usageRequirements": "Prefetch",
            }
        ]
    }


@pytest.mark.requirement("3", "11", "12")
def test_what_a_service_does_not_have_is_left_out():
    """No empty object, no null."""
    (entry,) = discovery_document([service()])["services"]

    assert set(entry) == {"hook", "title", "description", "id", "version", "hookVersion"}


@pytest.mark.requirement("3", "6")
def test_an_empty_house_lists_no_services():
    """Hosting nothing is legal."""
    assert discovery_document([]) == {"services": []}


@pytest.mark.requirement("10")
@pytest.mark.parametrize("id_", ["", "a/b", "a b", "a?b", "a#b", "a%b", "..", ".", "-a", "é", "{a}", "a\n"])
def test_an_id_is_part_of_an_address(id_):
    """What an address gives a meaning to cannot be in an id."""
    with pytest.raises(InvalidService, match="id: letters"):
        service(id=id_)


def test_every_problem_of_a_service_is_told_at_once():
    """One message, for the author, with all there is to mend."""
    with pytest.raises(InvalidService) as refused:
        service(title=" ", description="", usage_requirements="", prefetch={"": "Patient/1", "b": "Patient"})

    assert [problem.split(":")[0] for problem in refused.value.problems] == [
        "title",
        "description",
        "usage_requirements",
        "prefetch",
        'prefetch "b"',
    ]


def test_a_hook_has_to_be_known():
    """A service for a hook that no module reads could never be called."""
    with pytest.raises(InvalidService, match="hook: not one of patient-view, encounter-start"):
        service(hook="patient-views")


def test_templates_cannot_be_changed_behind_the_check():
    """What was proved is what is advertised."""
    templates = {"patient": "Patient/1"}
    described = service(prefetch=templates)
    templates["patient"] = "nonsense"

    assert described.prefetch == {"patient": "Patient/1"}
    with pytest.raises(TypeError):
        described.prefetch["patient"] = "nonsense"


@pytest.mark.requirement("211")
def test_an_id_may_be_shared_on_different_hooks():
    """Such services replace each other's cards; each answers its own hook."""
    one, other = service(), service(hook="encounter-start")

    assert by_address([one, other]) == {"a": {"patient-view": one, "encounter-start": other}}


@pytest.mark.requirement("211", "R8")
@pytest.mark.parametrize("services", [(service(), service(title="Other")), (service(),) * 2], ids=["another", "the same"])
def test_an_id_cannot_be_claimed_twice_on_a_hook(services):
    """Neither of two services silently wins, and none is listed twice."""
    with pytest.raises(InvalidService, match="another service has this id"):
        by_address(services)
