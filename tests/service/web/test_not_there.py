"""What is answered below /knowledge and /fhir where there is nothing: what stands beside it."""

import pytest

from tests.service.web.wire import asked


@pytest.mark.parametrize(
    ("path", "says"),
    [
        *(
            (path, "/knowledge has version, date, says, digest, policy, adjusted, attributes, nerves, ")
            for path in ("/knowledge/rule", "/knowledge/")
        ),
        *(
            (path, "/knowledge/rules has B-01, B-02, ")
            for path in ("/knowledge/rules/X-99", "/knowledge/rules/", "/knowledge/rules/X-01/says")
        ),
        ("/knowledge/nerves/lateral", "/knowledge/nerves has superior, middle, inferior."),
        *((path, "/fhir/CodeSystem has card-topic, examination.") for path in ("/fhir", "/fhir/metadata", "/fhir/ValueSet/fevers")),
        ("/fhir/ValueSet", "/fhir/ValueSet has abdominal-aortic-aneurysm, "),
    ],
)
async def test_what_is_not_there_is_answered_with_what_is(path, says):
    """Whoever mistypes an address learns what stands beside it: the rooms, or the first names of the room."""
    assert says in (await asked(path)).json["issue"][0]["diagnostics"]


async def test_a_long_room_is_not_listed_whole():
    """The first names and how many there are."""
    room = (await asked("/knowledge/rules")).json
    told = (await asked("/knowledge/rules/X-99")).json["issue"][0]["diagnostics"]

    assert told == f"/knowledge/rules has {', '.join(list(room)[:5])} and {len(room) - 5} more."
