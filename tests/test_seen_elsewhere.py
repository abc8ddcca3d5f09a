"""What other CDS Hooks services were seen to get wrong, R1 to R20: none of it happens here. Over HTTP, to the real application.

The numbers are those of tests/requirements.toml. R8, R13 and R16 are shown by tests/cds_hooks/test_router.py, tests/test_docs.py and
tests/test_package.py.
"""

import json
import logging
from base64 import urlsafe_b64encode
from dataclasses import replace
from typing import Any

import httpx
import pytest

from service.app import create_app
from service.errors import InvalidAdjustments
from service.settings import read_settings
from service.story import hook_request, read_story
from tests.cds_hooks.conftest import served
from tests.doors import application, called, nobody_calls, posted
from tests.service.charts import TODAY, archetype, bundle

requirement = pytest.mark.requirement

VIEW = "/cds-services/cluneal-patient-view"
QUESTION = {"hook": "patient-view", "hookInstance": "1", "context": {"userId": "Practitioner/1", "patientId": "p"}}
FAILED = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "exception"}]}
TOKEN = "eyJhbGciOiJub25lIn0.open-sesame"


def services() -> list[dict[str, Any]]:
    return list(called("GET", "/cds-services", on=TODAY).json()["services"])


@requirement("R1", "R2")
@pytest.mark.parametrize("sent", [{}, {"prefetch": None}, {"prefetch": {"patient": None}}, {"prefetch": {**archetype(), "patient": None}}])
def test_the_process_outlives_a_legal_request(sent):
    """No prefetch, a patient that is null: an answer from a real server, and the next call gets its own."""
    with served(application()) as (host, port):
        url = f"http://{host}:{port}{VIEW}"

        assert httpx.post(url, json={**QUESTION, **sent}).status_code in (200, 412)
        assert httpx.post(url, json={**QUESTION, "prefetch": archetype()}).status_code == 200


@requirement("R3", "54")
def test_some_keys_are_not_taken_for_all():
    """Patient and conditions came, procedures did not, and there is no server to read them from: 412 for those alone."""
    answer = posted({**QUESTION, "prefetch": {key: archetype()[key] for key in ("patient", "conditions")}}, on=TODAY)

    assert answer.status == 412
    assert "not sent: procedures." in answer.complaint


@requirement("R4", "52")
def test_a_failed_read_is_not_no_findings():
    """Where the client could not read the procedures the answer is another one than where there are none."""
    failed, none = (posted({**QUESTION, "prefetch": {**archetype(), "procedures": one}}, on=TODAY) for one in (FAILED, bundle()))

    assert (failed.status, none.status) == (412, 200)


@requirement("R4", "52", "P-6")
@pytest.mark.parametrize("failed", [FAILED, {**bundle(), "link": [{"relation": "next", "url": "https://ehr.example.org/2"}]}, "<html>"])
def test_silence_names_what_could_not_be_read(failed):
    """Reports that the client failed to read, or sent in part, are named beside the reason; those that there are none of are not."""
    silences = [
        called("POST", VIEW, on=TODAY, json={**QUESTION, "prefetch": {**archetype(), "reports": one, "conditions": bundle()}}).json()
        for one in (failed, bundle(), None)
    ]

    assert [one["extension"]["org.cluneal-cds.silence"].get("unusable", []) for one in silences] == [["reports"], [], []]


@requirement("R6", "4", "5", "13")
def test_discovery_is_where_clients_look():
    """At /cds-services below the base and nowhere else, and every listed service answers at its address."""
    assert called("GET", "/cds-services", on=TODAY).status_code == 200
    assert called("GET", "/cds/cds-services", on=TODAY).status_code == 404
    assert {called("POST", f"/cds-services/{one['id']}", on=TODAY, json={}).status_code for one in services()} == {400}


@requirement("R7", "H-9")
def test_the_extensions_of_a_vendor_cost_nothing():
    """Objects at the top and in the context, as a large vendor sends them with every call."""
    vendors = {"com.epic.cdshooks.request.bpa-trigger-action": "60", "com.example": {"a": [1, None]}}
    body = {**QUESTION, "prefetch": archetype(), "extension": vendors, "context": {**QUESTION["context"], "extension": vendors}}

    assert posted(body, on=TODAY).status == 200


@requirement("R11", "148")
def test_every_service_takes_feedback(tmp_path):
    """There is an address for it beside each service; an empty list is enough to see it."""
    app = create_app(read_settings({"CLUNEAL_DATABASE_URL": f"sqlite:///{tmp_path}/store.sqlite"}))
    answers = [called("POST", f"/cds-services/{one['id']}/feedback", on=TODAY, app=app, json={"feedback": []}) for one in services()]

    assert [answer.status_code for answer in answers] == [200] * 4


@requirement("R12", "R20")
def test_an_encounter_that_starts_can_be_tried_without_an_ehr():
    """A story asked at encounter-start gets the card that it gets when its chart is opened."""
    story = read_story("laminectomy-and-iliac-harvest")
    opened, started = (
        posted(hook_request(replace(story, hook=hook), hook_instance="1", today=story.today), on=story.today)
        for hook in ("patient-view", "encounter-start")
    )

    assert [card["summary"] for card in started.cards] == [card["summary"] for card in opened.cards] != []


@requirement("R14", "3", "54")
@pytest.mark.parametrize(
    "prefetch", [None, {**archetype(), "patient": None}, {**archetype(), "patient": FAILED}], ids=["no", "null", "failed"]
)
def test_silence_without_data_has_a_reason_and_no_nulls(prefetch):
    """Missing and failed are a 412; null is an answer, and the silence after it says why."""
    answer = called("POST", VIEW, on=TODAY, json={**QUESTION, "prefetch": prefetch})

    assert answer.status_code == 412 or answer.json()["extension"]["org.cluneal-cds.silence"]["rule"]
    assert "null" not in answer.text


@requirement("R17")
def test_the_rules_are_ready_before_the_first_patient():
    """What is wrong with the knowledge or with a site's thresholds stops the start: it was all read by then."""
    with pytest.raises(InvalidAdjustments, match="no-such-threshold"):
        create_app(read_settings({"CLUNEAL_THRESHOLDS": "no-such-threshold=1"}))


@requirement("R18", "H-14")
@pytest.mark.parametrize("path", [VIEW, "/cds-services", f"{VIEW}/feedback"])
def test_no_key_is_fetched_from_where_a_token_says(path):
    """Whoever can write a token could name any address in it."""
    with nobody_calls() as elsewhere:
        header = json.dumps({"alg": "ES384", "kid": "1", "jku": f"{elsewhere}/jwks.json"}).encode()
        token = f"{urlsafe_b64encode(header).decode().rstrip('=')}.e30.c2ln"
        called("GET" if path == "/cds-services" else "POST", path, on=TODAY, headers={"Authorization": f"Bearer {token}"}, json=QUESTION)


@requirement("R19", "H-14")
@pytest.mark.parametrize(
    "change", [{}, {"prefetch": {}}, {"hook": "order-sign"}, {"context": {"patientId": "SECRET p"}}, {"prefetch": "SECRET"}]
)
def test_neither_a_patient_nor_a_token_is_logged(change, caplog):
    """At the chattiest level, whatever becomes of the call; nor does the answer repeat the token."""
    caplog.set_level(logging.DEBUG)
    authorization = {"access_token": TOKEN, "token_type": "Bearer", "expires_in": 300, "scope": "SECRET", "subject": "SECRET"}
    chart = json.loads(json.dumps(archetype()).replace("Chronic low back pain", "SECRET chronic low back pain"))
    body = {**QUESTION, "fhirServer": "https://secret.example.org/fhir", "fhirAuthorization": authorization, "prefetch": chart, **change}
    answer = called("POST", VIEW, on=TODAY, json=body, headers={"Authorization": f"Bearer {TOKEN}"})

    assert not [word for word in (TOKEN, "SECRET", "secret", "Practitioner/1", "2026-11-20", "63047") if word in caplog.text]
    assert TOKEN not in answer.text
