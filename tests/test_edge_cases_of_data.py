"""Edge cases 3 to 19: data that comes in an odd form, in part, not at all, or of somebody else, to a service that may read no FHIR server.

What such a server changes is in test_edge_cases_of_fetching.py. Over HTTP, to the real application. The numbers are those of
tests/requirements.toml. The chart is the archetype's; whole, it gets one card.
"""

from typing import Any

import pytest

from tests.doors import Answer, called, nobody_calls, posted
from tests.service.charts import TODAY, archetype, bundle, condition, encounter, patient, pressed, report

requirement = pytest.mark.requirement

NEEDED = ("patient", "conditions", "procedures")
SEARCHES = ("reports", "exams", "surveys", "labs", "medications", "allergies", "orders")
NEXT = [{"relation": "next", "url": "https://ehr.example.org/fhir?page=2"}]
TOKEN = {"access_token": "open-sesame", "token_type": "Bearer", "expires_in": 300, "scope": "patient/*.rs", "subject": "us"}


def asked(prefetch: Any, **more: Any) -> Answer:
    """What a patient-view request with this prefetch gets."""
    body = {"hook": "patient-view", "hookInstance": "1", "context": {"userId": "Practitioner/1", "patientId": "p"}, "prefetch": prefetch}
    return posted({**body, **more}, on=TODAY)


def outcome(severity: str) -> dict[str, Any]:
    return {"resourceType": "OperationOutcome", "issue": [{"severity": severity, "code": "informational"}]}


def has_a_card(answer: Answer) -> bool:
    return (answer.status, len(answer.cards)) == (200, 1)


def is_refused_for(answer: Answer, key: str, why: str) -> bool:
    return answer.status == 412 and "prefetch-unavailable" in answer.complaint and f"{why}: {key}" in answer.complaint


@requirement("28", "P-1")
def test_with_all_keys_there_is_a_card():
    """Everything by prefetch: no server is needed."""
    assert has_a_card(asked(archetype()))


@requirement("case-03", "P-2", "P-3", "R3-13")
@pytest.mark.parametrize("key", [*NEEDED[1:], *SEARCHES])
def test_null_is_read_like_an_empty_search(key):
    """Both say that there is none; neither is refused, and both get the same answer."""
    null, empty = asked({**archetype(), key: None}), asked(archetype(**{key: bundle()}))

    assert null == empty
    assert null.status == 200


@requirement("case-03", "P-2")
def test_a_patient_who_is_null_gets_no_card():
    """Of whom nothing is on file nothing can be said, and the reason is given."""
    answer = asked({**archetype(), "patient": None})

    assert (answer.status, answer.cards) == (200, [])
    assert answer.silence


@requirement("case-04", "P-4", "54")
@pytest.mark.parametrize("key", NEEDED)
def test_a_needed_key_that_was_not_sent_is_a_412(key):
    """The key is named, for the integrator who left it out."""
    assert is_refused_for(asked(archetype(**{key: None})), key, "not sent")


@requirement("case-04", "P-4", "52")
@pytest.mark.parametrize("key", ["exams", "surveys", "labs", "orders"])
@pytest.mark.parametrize("unread", [None, outcome("error")], ids=["absent", "outcome"])
def test_another_key_that_was_not_read_is_named_on_the_card(key, unread):
    """There is an answer without it, and it does not pass for an empty one."""
    whole, answer = asked(archetype()), asked(archetype(**{key: unread}))

    assert has_a_card(answer)
    assert "not read:" in answer.words
    assert "not read:" not in whole.words


@requirement("case-04", "case-06")
@pytest.mark.parametrize("key", ["allergies", "medications"])
@pytest.mark.parametrize("unread", [None, outcome("error")], ids=["absent", "outcome"])
def test_no_block_is_offered_where_allergies_or_drugs_were_not_read(key, unread):
    """What must not be given is unknown then."""
    whole, without = asked(archetype(exams=bundle(pressed()))), asked(archetype(exams=bundle(pressed()), **{key: unread}))

    assert "ServiceRequest" in [resource["resourceType"] for resource in whole.resources]
    assert has_a_card(without)
    assert without.resources == []


@requirement("case-05", "R1", "54")
@pytest.mark.parametrize("prefetch", [{}, None, "absent"])
def test_without_any_prefetch_all_needed_keys_are_named(prefetch):
    """Absent, null and {} mean that no key was sent."""
    body = {"hook": "patient-view", "hookInstance": "1", "context": {"userId": "Practitioner/1", "patientId": "p"}}
    answer = posted(body if prefetch == "absent" else {**body, "prefetch": prefetch}, on=TODAY)

    assert is_refused_for(answer, "patient, conditions, procedures", "not sent")


@requirement("case-06", "52", "R4")
@pytest.mark.parametrize("key", NEEDED)
def test_a_needed_key_that_the_client_could_not_read_is_a_412(key):
    """A failed read is told apart from one that found nothing, and from one that was not tried."""
    assert is_refused_for(asked(archetype(**{key: outcome("error")})), key, "sent but not readable")


@requirement("case-07", "P-5")
@pytest.mark.parametrize(("severity", "is_whole"), [("information", True), ("warning", True), ("error", False), ("fatal", False)])
def test_an_outcome_in_a_bundle_is_no_data(severity, is_whole):
    """What was merely noticed changes nothing; an error says that results are missing."""
    noted = {"resource": outcome(severity), "search": {"mode": "outcome"}}
    found = archetype()["procedures"]
    answer = asked(archetype(procedures={**found, "total": len(found["entry"]), "entry": [*found["entry"], noted]}))

    assert has_a_card(answer) if is_whole else is_refused_for(answer, "procedures", "sent in part")


@requirement("case-08", "P-6", "R3-12")
def test_the_first_page_of_many_is_not_taken_for_all():
    """Where nobody may fetch the rest: of needed data that is a 412; of other data the card says that it was not read whole."""
    needed, other = (asked(archetype(**{key: {**archetype()[key], "link": NEXT}})) for key in ("procedures", "reports"))

    assert is_refused_for(needed, "procedures", "sent in part")
    assert "not read: reports" in other.words


@requirement("case-09", "P-12")
def test_a_next_page_elsewhere_is_not_fetched():
    """Nobody is called at an address that stands in the data, least of all with the token."""
    with nobody_calls() as elsewhere:
        paged = {**archetype()["conditions"], "link": [{"relation": "next", "url": f"{elsewhere}/Condition?page=2"}]}
        answer = asked(archetype(conditions=paged), fhirServer="https://ehr.example.org/fhir", fhirAuthorization=TOKEN)

    assert is_refused_for(answer, "conditions", "sent in part")


@requirement("case-10")
def test_no_template_asks_for_a_short_page():
    """So every page with a next one, or with fewer entries than counted, is incomplete."""
    services = called("GET", "/cds-services", on=TODAY).json()["services"]
    counted = asked(archetype(procedures={**archetype()["procedures"], "total": 9}))

    assert not [template for one in services for template in one["prefetch"].values() if "_count" in template]
    assert is_refused_for(counted, "procedures", "sent in part")


@requirement("case-11", "P-3", "P-8")
@pytest.mark.parametrize("empty", [{}, {"entry": []}, {"type": "collection"}, {"total": 0}, {"entry": None}])
def test_a_bundle_without_entries_found_nothing(empty):
    """However it is written."""
    assert asked(archetype(orders={"resourceType": "Bundle", **empty})) == asked(archetype())


@requirement("case-12", "P-5")
def test_included_resources_are_no_matches():
    """Three procedures were counted and the visit beside them is no fourth one; counted as four they would be one short."""
    found = archetype()["procedures"]
    entries = [*found["entry"], {"resource": encounter(), "search": {"mode": "include"}}]

    assert has_a_card(asked(archetype(procedures={**found, "total": 3, "entry": entries})))
    assert asked(archetype(procedures={**found, "total": 4, "entry": entries})).status == 412


@requirement("case-13")
def test_a_read_and_a_search_may_be_answered_in_each_others_form():
    """A patient in a Bundle, a condition without one: the same card."""
    assert asked(archetype(patient=bundle(patient()), conditions=condition())) == asked(archetype())


@requirement("case-13")
@pytest.mark.parametrize("wrong", [patient(), [condition()], "<html>Tomcat</html>", 7, {"entry": [{"resource": condition()}]}])
def test_what_answers_another_question_is_a_412(wrong):
    """Another type of resource, a list, a page of HTML, a number: nothing is guessed, and nothing breaks."""
    assert is_refused_for(asked(archetype(conditions=wrong)), "conditions", "sent but not readable")


@requirement("case-14", "P-11")
def test_another_patient_is_refused():
    """Two charts are never mixed; a Patient that does not say its id is the one that was asked for."""
    foreign = asked(archetype(patient=patient(id="p-2")))

    assert (foreign.status, foreign.cards) == (412, [])
    assert "foreign-patient" in foreign.complaint
    assert "p-2" not in foreign.complaint
    assert has_a_card(asked(archetype(patient=patient(id=None))))


@requirement("case-15", "P-11")
@pytest.mark.parametrize("key", ["conditions", "reports"])
def test_one_resource_of_another_patient_refuses_all(key):
    """Among many of the right one, whether the key is needed or not; keys that nobody asked for are not looked at."""
    strange = {"conditions": condition("x"), "reports": report(id_="x")}[key] | {"subject": {"reference": "Patient/p-2"}}
    found = archetype()[key]
    answer = asked(archetype(**{key: {**found, "entry": [*found["entry"], {"resource": strange}]}}))

    assert answer.status == 412
    assert "foreign-patient" in answer.complaint
    assert has_a_card(asked({**archetype(), "notes": bundle(strange)}))


SERVER = "https://ehr.example.org/fhir"
URN = "urn:uuid:0f3c6f6e-0000-4000-8000-000000000001"


@requirement("case-16", "case-17", "P-10")
@pytest.mark.parametrize("server", [SERVER, f"{SERVER}/"])
@pytest.mark.parametrize(
    ("reference", "is_ours"),
    [
        ("Patient/p", True),
        ("Patient/p/_history/3", True),
        (f"{SERVER}/Patient/p", True),
        (f"{SERVER}/Patient/p/_history/3", True),
        (URN, True),
        ("Patient/p-2", False),
        (f"{SERVER}/Patient/p-2", False),
        ("https://elsewhere.example.org/fhir/Patient/p", False),
        (URN.replace("1", "2"), False),
        ("#p", False),
    ],
)
def test_whose_a_resource_is_does_not_depend_on_how_it_is_written(reference, is_ours, server):
    """Relative, absolute, with a version, by the address in a Bundle; a contained patient is nobody we can name."""
    pain = condition(subject={"reference": reference}, contained=[patient()] if reference == "#p" else None)
    wrapped = {"resourceType": "Bundle", "entry": [{"fullUrl": URN, "resource": patient()}]}
    answer = asked(archetype(patient=wrapped, conditions=bundle(pain)), fhirServer=server)

    assert has_a_card(answer) if is_ours else "foreign-patient" in answer.complaint


WITHOUT_PROCEDURES = archetype(procedures=None)


@requirement("case-17", "case-18", "P-9", "P-12", "61")
@pytest.mark.parametrize("end", ["", "/", "/r4/?tenant=1", "#top"])
def test_a_server_that_nobody_allowed_is_not_called(end):
    """Any program can claim to be the client's FHIR server: missing data stays missing."""
    with nobody_calls() as server:
        answer = asked(WITHOUT_PROCEDURES, fhirServer=f"{server}{end}", fhirAuthorization=TOKEN)

    assert is_refused_for(answer, "procedures", "not sent")


@requirement("case-18")
@pytest.mark.parametrize(
    "server", ["http://169.254.169.254/latest", "file:///etc/passwd", "ftp://127.0.0.1/", "https://u:p@127.0.0.1/fhir", "x"]
)
def test_an_odd_server_is_no_server(server):
    """What is no address of a FHIR server costs nothing where all data came, and helps nobody where some is missing."""
    assert has_a_card(asked(archetype(), fhirServer=server, fhirAuthorization=TOKEN))
    assert is_refused_for(asked(WITHOUT_PROCEDURES, fhirServer=server, fhirAuthorization=TOKEN), "procedures", "not sent")


@requirement("case-19")
@pytest.mark.parametrize("authorization", [TOKEN, {}, "open-sesame", 7])
def test_an_authorization_for_no_server_is_ignored(authorization):
    """It opens nothing, so it is not looked at."""
    assert has_a_card(asked(archetype(), fhirAuthorization=authorization))
