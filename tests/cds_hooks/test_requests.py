"""Bodies from files: ours, good and bad, and those that other projects test their services with, sent to a plain house and to ours."""

import json
from datetime import date
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from cds_hooks.discovery import CDSService
from cds_hooks.hooks import HOOKS
from cds_hooks.response import CDSResponse
from cds_hooks.router import cds_hooks_router, install
from cds_hooks.transport import Limits
from tests.doors import posted

ROOT = Path(__file__).parents[2]
OURS = ROOT / "fixtures" / "requests"
FOREIGN = ROOT.parent / "shared" / "data"
REQUIRED = {"patient", "conditions", "procedures"}


def bodies(folder, pattern="*.json"):
    return [pytest.param(path, id=path.stem) for path in sorted(folder.glob(pattern))]


def foreign_requests():
    """Every file of other projects that is a hook request; without the folder, one skipped case that says so."""
    paths = sorted(FOREIGN.glob("hook-requests-*/*.json"))
    found = [pytest.param(path, id=f"{path.parent.name}-{path.stem}") for path in paths if b'"hookInstance"' in path.read_bytes()]
    return found or [pytest.param(None, marks=pytest.mark.skip("the requests of other projects are not here (../shared/data)"))]


async def silent(request):
    return CDSResponse()


@pytest.fixture
async def house():
    """A service with nothing to say for every hook, its id being the hook's name."""
    app = FastAPI()
    services = [CDSService(id=hook, hook=hook, title=hook, description=hook, answer=silent) for hook in HOOKS]
    app.include_router(cds_hooks_router(services, limits=Limits()))
    install(app)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://house") as client:
        yield client


def hook_of(body):
    return next((hook for hook in HOOKS if hook.encode() in body), "patient-view")


async def send(house, body, hook):
    return await house.post(f"/cds-services/{hook}", content=body, headers={"Content-Type": "application/json"})


@pytest.mark.requirement("H-9", "K-1", "K-2", "K-5", "K-6", "K-7", "214", "R3-26")
@pytest.mark.parametrize("path", bodies(OURS / "good"))
async def test_a_good_request_is_accepted(house, path):
    """Each file shows one thing that real clients do and that must not cost the call."""
    body = path.read_bytes()
    answer = await send(house, body, hook_of(body))

    assert (answer.status_code, answer.json()) == (200, {"cards": []})


@pytest.mark.requirement("H-1", "H-2", "H-3", "H-12", "K-3", "K-4", "R3-14", "R3-26")
@pytest.mark.parametrize("path", bodies(OURS / "bad"))
async def test_a_bad_request_is_refused(house, path):
    """Each file has one thing wrong; it is never our fault, never an empty list of cards, and nothing of it comes back."""
    body = path.read_bytes()
    answer = await send(house, body, hook_of(body))

    assert (answer.status_code, answer.json()["resourceType"]) == (400, "OperationOutcome")
    assert not [value for value in ("p-1", "p-2", "enc-1", "example\n", "d1577c69", "not-a-real-token", "Müller") if value in answer.text]


@pytest.mark.requirement("H-5", "K-1")
@pytest.mark.parametrize("path", foreign_requests())
async def test_requests_of_other_projects_get_what_they_deserve(house, path):
    """A hook that is served here is accepted as sent, odd ids and all; any other is refused, whichever service it is sent to."""
    body = path.read_bytes()
    hook = json.loads(body)["hook"]

    for service in HOOKS:
        assert (await send(house, body, service)).status_code == (200 if hook == service else 400)


def deserved(body, service):
    """Status, and error or reason for silence, that the cluneal service on a hook owes a body: by what the body says of itself."""
    context = body["context"]
    drafts = [entry["resource"] for entry in context.get("draftOrders", {}).get("entry", ())]
    owners = {(draft.get("subject") or draft["patient"])["reference"] for draft in drafts} - {
        f"Patient/{context['patientId'].removeprefix('Patient/')}"
    }
    if body["hook"] != service:
        return 400, "hook-not-served"
    # No project but ours has our keys; what it brings under its own is not looked at.
    assert not REQUIRED & body.get("prefetch", {}).keys()
    if service not in ("order-select", "order-sign"):
        return 412, "not sent: patient, conditions, procedures"
    # Drafts come with the request itself. Of another patient they refuse it; of a drug or a diet there is nothing to say.
    return (412, "foreign-patient") if owners else (200, "O-none")


@pytest.mark.requirement("54", "case-01", "case-14")
@pytest.mark.parametrize("path", foreign_requests())
@pytest.mark.parametrize("service", ["patient-view", "encounter-start", "order-select", "order-sign"])
def test_the_cluneal_services_answer_requests_of_other_projects_by_the_rules(path, service):
    """Never with a card: another hook is a 400, a chart that was not sent or is of another patient a 412, other orders are silence."""
    answer = posted(path.read_bytes(), on=date(2026, 11, 20), hook=service)
    status, why = deserved(json.loads(path.read_bytes()), service)

    assert (answer.status, answer.cards) == (status, [])
    assert why in (answer.silence or answer.complaint)
