"""Nearly right bodies by the thousand, to the real application and to a house with every hook: an answer or a refusal, never our fault.

1,000 of them with `make test`, always the same ones; 20,000 others with `make test-long`.
"""

from datetime import timedelta
from functools import cache

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cds_hooks.discovery import CDSService
from cds_hooks.hooks import HOOKS
from cds_hooks.response import CDSResponse
from cds_hooks.router import cds_hooks_router, install
from cds_hooks.transport import Limits
from service.app import create_app
from service.settings import read_settings
from tests.cds_hooks.conftest import suggest_interpretation
from tests.cds_hooks.mutations import FEEDBACK, WORD, damaged, question
from tests.doors import called
from tests.service.charts import TODAY

OURS = ("patient-view", "encounter-start", "order-select", "order-sign")
TIMES = pytest.mark.parametrize("times", [1, pytest.param(20, marks=pytest.mark.long)], ids=["few", "many"])
EACH_HOUSE = pytest.mark.parametrize("house", ["ours", "every hook"])
MEDIA = {"Content-Type": "application/json"}


class Shelf:
    """A store that keeps nothing."""

    async def keep(self, service, items, *, client=""):
        pass


async def silent(request):
    return CDSResponse()


@cache
def every_hook() -> FastAPI:
    """A service for each hook, its id being the hook's name; the one on patient-view reads the patient."""
    answers = {"patient-view": suggest_interpretation}
    services = [CDSService(id=hook, hook=hook, title=hook, description=hook, answer=answers.get(hook, silent)) for hook in HOOKS]
    app = FastAPI()
    app.include_router(cds_hooks_router(services, limits=Limits(), feedback=Shelf()))
    install(app)
    return app


@pytest.fixture
def app(house, tmp_path):
    return create_app(read_settings({"CLUNEAL_DATABASE_URL": f"sqlite:///{tmp_path}/cluneal.sqlite"})) if house == "ours" else every_hook()


def address(house: str, hook: str) -> str:
    return f"/cds-services/{'cluneal-' if house == 'ours' else ''}{hook}"


def tried(examples: int) -> settings:
    """So many examples; a single one that takes ten seconds counts as one that hangs."""
    is_few = examples < 1000
    return settings(max_examples=examples, deadline=timedelta(seconds=10), derandomize=is_few, suppress_health_check=list(HealthCheck))


def check(answer: httpx.Response) -> None:
    """An answer with cards, or a refusal as an OperationOutcome that repeats nothing of what was sent."""
    assert answer.status_code in (200, 400, 412, 413)
    if answer.status_code != 200:
        assert [issue["severity"] for issue in answer.json()["issue"]] == ["error"]
        assert (answer.json()["resourceType"], WORD in answer.text) == ("OperationOutcome", False)


@pytest.mark.requirement("H-2", "H-3", "H-12", "K-4", "R3-14")
@TIMES
@EACH_HOUSE
def test_whatever_is_done_to_a_request_it_is_answered_or_refused(house, times, app):
    """Members of any kind in any place, members left out, broken bytes: cards or a refusal, which is never an empty list of cards."""

    @tried(400 * times)
    @given(data=st.data(), hook=st.sampled_from(OURS if house == "ours" else tuple(HOOKS)))
    def holds(data, hook):
        answer = called("POST", address(house, hook), on=TODAY, app=app, content=data.draw(damaged(question(hook))), headers=MEDIA)

        check(answer)
        assert ("cards" in answer.json()) == (answer.status_code == 200)

    holds()


@pytest.mark.requirement("F-6", "H-12", "R3-14")
@TIMES
@EACH_HOUSE
def test_whatever_is_done_to_feedback_it_is_kept_or_refused(house, times, app):
    """The same for feedback: nothing but 200 says that it is stored."""

    @tried(100 * times)
    @given(body=damaged(FEEDBACK))
    def holds(body):
        answer = called("POST", f"{address(house, 'patient-view')}/feedback", on=TODAY, app=app, content=body, headers=MEDIA)

        check(answer)
        assert (answer.json() == {}) == (answer.status_code == 200)

    holds()


def test_what_is_done_to_requests_is_of_every_kind():
    """Of the same examples many are answered and many refused, for more than one reason: the test above tries something."""
    answers = []

    # Which examples are drawn depends on the modules that are loaded.
    @tried(300)
    @given(data=st.data(), hook=st.sampled_from(tuple(HOOKS)))
    def count(data, hook):
        body = data.draw(damaged(question(hook)))
        answers.append(called("POST", f"/cds-services/{hook}", on=TODAY, app=every_hook(), content=body, headers=MEDIA))

    count()
    statuses = [answer.status_code for answer in answers]
    reasons = {issue["diagnostics"] for answer in answers for issue in answer.json().get("issue", ())}
    assert min(statuses.count(200), statuses.count(400)) > 20
    assert len(reasons) > 5
