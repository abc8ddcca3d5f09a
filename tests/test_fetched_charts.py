"""The same chart by prefetch, by our own reads, or half and half: one answer, from a real FHIR server with small pages.

What an EHR would prefetch is asked of that server with the templates of discovery, page by page, by nobody of this project's code.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.app import create_app
from service.settings import read_settings
from service.story import hook_request, read_story, story_names
from tests.cds_hooks.conftest import served
from tests.real_fhir import MISSING, TOKEN, fhir_server, is_installed, put

if not is_installed():
    pytest.skip(MISSING, allow_module_level=True)

TODAY = datetime.now(UTC).date()
STORIES = {name: hook_request(read_story(name), hook_instance=name, today=TODAY) for name in story_names()}
# Whether each key is prefetched; more than there are keys, so that the templates may grow.
SPLIT = st.lists(st.booleans(), min_size=16, max_size=16)


@dataclass(frozen=True)
class House:
    """The service and the FHIR server that it may ask, and what the EHR would prefetch for each story."""

    service: httpx.Client
    base: str
    prefetch: dict[str, dict[str, Any]]

    def answer(self, name: str, keys: set[str], *, allowed: bool = True) -> httpx.Response:
        """What the service answers to a story of which these keys are prefetched, with leave to fetch the others or without."""
        leave = {"fhirServer": self.base, "fhirAuthorization": {"access_token": TOKEN, "token_type": "Bearer", "expires_in": 300}}
        sent = {key: value for key, value in self.prefetch[name].items() if key in keys}
        body = {**STORIES[name], "prefetch": sent, **(leave if allowed else {"fhirServer": self.base})}
        return self.service.post(f"/cds-services/cluneal-{body['hook']}", json=body)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The real server with the resources of all stories, and our service beside it."""
    with fhir_server(page=2) as base:
        for request in STORIES.values():
            put(base, stored(request["prefetch"]))
        given_settings = {
            "CLUNEAL_OPEN_FHIR_SERVERS": base,
            "CLUNEAL_DEADLINE_S": "20",
            # The link to the reasons tells what was read, and when: at an order of which nothing can be said, nothing is.
            "CLUNEAL_PAGES": "none",
            "CLUNEAL_DATABASE_URL": f"sqlite:///{tmp_path_factory.mktemp('store')}/s.sqlite",
        }
        with (
            served(create_app(read_settings(given_settings)), lifespan="on") as (host, port),
            httpx.Client(base_url=f"http://{host}:{port}", timeout=30) as service,
        ):
            templates = service.get("/cds-services").json()["services"][0]["prefetch"]
            yield House(service, base, {name: prefetched(base, templates, request["context"]) for name, request in STORIES.items()})


def stored(prefetch: dict[str, Any]) -> list[dict[str, Any]]:
    """The resources of a story as a server keeps them: what they point at by the address that it had elsewhere is at home there."""
    entries = [entry for value in prefetch.values() for entry in ((value or {}).get("entry") or [{"resource": value or {}}])]
    kept = [entry for entry in entries if entry.get("resource", {}).get("id") and entry["resource"]["resourceType"] != "OperationOutcome"]
    text = json.dumps([entry["resource"] for entry in kept])
    for entry in kept:
        one = entry["resource"]
        for address in (entry.get("fullUrl", ""), f"urn:uuid:{one['id']}"):
            text = text.replace(f'"{address}"', f'"{one["resourceType"]}/{one["id"]}"') if address else text
    return json.loads(re.sub(r'"reference": "https?://[^"]+/([A-Z][A-Za-z]+/[^"/]+)"', r'"reference": "\1"', text))


def prefetched(base: str, templates: dict[str, str], context: dict[str, Any]) -> dict[str, Any]:
    """What an EHR that resolves every template sends: the resource, or all pages of a search as one Bundle."""
    whole: dict[str, Any] = {}
    with httpx.Client(headers={"Authorization": f"Bearer {TOKEN}"}, timeout=30) as ehr:
        for key, template in templates.items():
            query = template
            for name, value in context.items():
                query = query.replace(f"{{{{context.{name}}}}}", quote(value) if isinstance(value, str) else "")
            if "{{" in query:
                continue
            answer = ehr.get(f"{base}/{query}")
            page = answer.json() if answer.status_code == 200 else None
            whole[key] = page
            while page and (following := [link["url"] for link in page.get("link", ()) if link["relation"] == "next"]):
                page = ehr.get(following[0]).json()
                whole[key]["entry"] += page.get("entry", [])
            if whole[key]:
                whole[key].pop("link", None)
    return whole


def told(answer: httpx.Response) -> tuple[int, Any]:
    """The status, and the whole body of an answer or the codes of a refusal."""
    body = answer.json()
    return answer.status_code, body if answer.status_code == 200 else [issue["details"]["coding"] for issue in body["issue"]]


@pytest.mark.parametrize("name", STORIES)
def test_a_chart_that_is_fetched_gets_the_answer_of_one_that_is_sent(house: House, name: str) -> None:
    """All of it prefetched without leave to fetch, or none of it: word for word the same."""
    sent, fetched = house.answer(name, set(house.prefetch[name]), allowed=False), house.answer(name, set())

    assert told(sent) == told(fetched)


def is_whole(request: dict[str, Any]) -> bool:
    """Whether the EHR of a story could read all of the chart."""
    values = request["prefetch"].values()
    return len(values) == 11 and all(value is not None and value["resourceType"] != "OperationOutcome" for value in values)


@pytest.mark.parametrize("name", [name for name, request in STORIES.items() if is_whole(request)])
def test_a_chart_that_is_fetched_gets_the_answer_of_its_story(house: House, name: str) -> None:
    """The same sentence, resting on the same, from a server as from the EHR of the story."""

    def gist(answer: httpx.Response) -> list[Any]:
        assert answer.status_code == 200
        return [(card["summary"], card["extension"]["org.cluneal-cds.basis"]) for card in answer.json()["cards"]]

    asked = STORIES[name]
    assert gist(house.answer(name, set())) == gist(house.service.post(f"/cds-services/cluneal-{asked['hook']}", json=asked))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from(sorted(STORIES)), split=SPLIT)
def test_any_split_of_the_keys_gives_the_same_answer(house: House, name: str, split: list[bool]) -> None:
    """Some keys sent, the others fetched."""
    every = house.prefetch[name]
    keys = {key for key, sent in zip(every, split, strict=False) if sent}

    assert told(house.answer(name, keys)) == told(house.answer(name, set(every), allowed=False))


@pytest.mark.long
@settings(max_examples=1500, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from(sorted(STORIES)), split=SPLIT)
def test_any_split_gives_the_same_answer_many_times(house: House, name: str, split: list[bool]) -> None:
    """The same, many more of them."""
    every = house.prefetch[name]
    keys = {key for key, sent in zip(every, split, strict=False) if sent}

    assert told(house.answer(name, keys)) == told(house.answer(name, set(every), allowed=False))


def test_a_first_page_is_followed_to_the_last(house: House) -> None:
    """A client that sends the server's own first page, with its next link, gets the answer to all of them."""
    name = "laminectomy-and-iliac-harvest"
    every = house.prefetch[name]
    with httpx.Client(headers={"Authorization": f"Bearer {TOKEN}"}) as ehr:
        first = ehr.get(f"{house.base}/Procedure?patient={STORIES[name]['context']['patientId']}&_count=1").json()
    body = {
        **STORIES[name],
        "prefetch": {**every, "procedures": first},
        "fhirServer": house.base,
        "fhirAuthorization": {"access_token": TOKEN, "token_type": "Bearer"},
    }
    answer = house.service.post("/cds-services/cluneal-patient-view", json=json.loads(json.dumps(body)))

    assert len(first["entry"]) == 1
    assert told(answer) == told(house.answer(name, set(every), allowed=False))


def test_without_leave_nothing_is_fetched(house: House) -> None:
    """No token, or one that the server refuses: the needed keys are named in a 412, with the reason."""
    name = "laminectomy-and-iliac-harvest"
    untold = house.answer(name, set(), allowed=False)
    refused = house.service.post(
        "/cds-services/cluneal-patient-view",
        json={
            **STORIES[name],
            "prefetch": {},
            "fhirServer": house.base,
            "fhirAuthorization": {"access_token": "wrong", "token_type": "Bearer"},
        },
    )

    assert (untold.status_code, refused.status_code) == (412, 412)
    assert (
        "Fetching conditions: The request brings no FHIR server with an authorization for it." in untold.json()["issue"][0]["diagnostics"]
    )
    assert "Fetching conditions: The server answered with another status than 200." in refused.json()["issue"][0]["diagnostics"]
