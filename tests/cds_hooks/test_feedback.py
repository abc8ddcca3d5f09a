"""Feedback as a client sends it: what is taken, what is refused and by which place. Over HTTP, to a second service that keeps a list."""

import json
import logging

import httpx
import pytest
from fastapi import FastAPI

from cds_hooks.feedback import LONGEST_COMMENT, MOST_BYTES, MOST_ITEMS
from cds_hooks.router import cds_hooks_router, install
from cds_hooks.transport import Limits
from tests.cds_hooks.conftest import EHR, TOY_SERVICES

CARD = "4e0a3a1e-3699-4f3c-8d3a-0d6c3a7b3a51"
WHEN = "2026-11-20T10:05:31.123Z"
ACCEPTED = {"card": CARD, "outcome": "accepted", "outcomeTimestamp": WHEN, "acceptedSuggestions": [{"id": "s-1"}]}
OVERRIDDEN = {"card": CARD, "outcome": "overridden", "outcomeTimestamp": WHEN}
SECRET = "JOHN SMITH, born 1950"


class Shelf:
    """A store of a host's own: everything that came, in its order."""

    def __init__(self):
        self.kept = []

    async def keep(self, service, items, *, client=""):
        self.kept += [(service, item) for item in items]


@pytest.fixture
def shelf():
    return Shelf()


@pytest.fixture
async def desk(shelf):
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.include_router(cds_hooks_router(TOY_SERVICES, limits=Limits(), feedback=shelf))
    install(app, origins=[EHR])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://toy") as client:
        yield client


async def post(desk, body, *, service="welcome", media="application/json"):
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return await desk.post(f"/cds-services/{service}/feedback", content=content, headers={"Content-Type": media})


def refusal(answer):
    assert answer.status_code == 400, answer.text
    (issue,) = answer.json()["issue"]
    return issue["diagnostics"]


def overridden(**reason):
    return {"feedback": [{**OVERRIDDEN, "overrideReason": reason}]}


@pytest.mark.requirement("148", "F-1")
async def test_an_accepted_suggestion_is_kept(desk, shelf):
    """F-1: accepted with the uuid of the suggestion is a 200 with a JSON object, under the service that was called."""
    answer = await post(desk, {"feedback": [ACCEPTED]})

    assert (answer.status_code, answer.json()) == (200, {})
    ((service, item),) = shelf.kept
    assert (service, item.card, item.outcome, [one.id for one in item.accepted_suggestions]) == ("welcome", CARD, "accepted", ["s-1"])
    assert item.outcome_timestamp.isoformat() == "2026-11-20T10:05:31.123000+00:00"


@pytest.mark.requirement("F-2")
@pytest.mark.parametrize(
    ("sent", "reason", "comment"),
    [
        (None, None, ""),
        ({}, None, ""),
        ({"reason": None, "userComment": None}, None, ""),
        ({"reason": {}}, None, ""),
        ({"userComment": "not today"}, None, "not today"),
        ({"reason": {"code": "r-1"}}, ("r-1", "", ""), ""),
        ({"reason": {"code": "r-1", "system": "urn:x", "display": "R"}, "userComment": "n"}, ("r-1", "urn:x", "R"), "n"),
        ({"reason": {"display": "Other"}}, ("", "", "Other"), ""),
        ({"reason": "r-1"}, ("r-1", "", ""), ""),
        ({"reason": {"coding": [{"code": "r-1"}], "text": "R"}}, ("r-1", "", "R"), ""),
        ({"reason": {"coding": [], "text": "R"}}, ("", "", "R"), ""),
        ({"reason": {"coding": [{"display": None}], "text": "R"}}, ("", "", "R"), ""),
        ({"reason": {"coding": [{"code": "r-1", "display": ""}], "text": "R"}}, ("r-1", "", "R"), ""),
        ({"code": "r-1", "userComment": "n"}, ("r-1", "", ""), "n"),
        ("r-1", ("r-1", "", ""), ""),
    ],
)
async def test_why_a_card_was_overridden_is_read_as_clients_write_it(desk, shelf, sent, reason, comment):
    """F-2: no reason, a reason, a comment, both; a Coding with or without display, a code, a CodeableConcept."""
    assert (await post(desk, {"feedback": [{**OVERRIDDEN, "overrideReason": sent}]})).status_code == 200

    ((_, item),) = shelf.kept
    told = item.override_reason
    found = told.reason if told else None
    assert (found and (found.code, found.system, found.display)) == reason
    assert (told.user_comment if told else "") == comment


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("2026-11-20T10:05:31Z", "2026-11-20T10:05:31+00:00"),
        ("2026-11-20t10:05:31.5z", "2026-11-20T10:05:31.500000+00:00"),
        ("2026-11-20T10:05:31.123456789+01:00", "2026-11-20T09:05:31.123456+00:00"),
        ("2026-11-20T10:05:31", "2026-11-20T10:05:31+00:00"),
    ],
)
async def test_a_moment_is_read_in_utc(desk, shelf, sent, read):
    """Any zone and any fraction; without a zone it is the UTC that the specification asks for."""
    assert (await post(desk, {"feedback": [{**OVERRIDDEN, "outcomeTimestamp": sent}]})).status_code == 200
    assert shelf.kept[0][1].outcome_timestamp.isoformat() == read


@pytest.mark.requirement("F-3")
async def test_many_items_come_in_their_order(desk, shelf):
    """F-3: several cards in one call; an empty list is nothing to keep and no error."""
    assert (await post(desk, {"feedback": [{**ACCEPTED, "card": f"c-{n}"} for n in range(MOST_ITEMS)]})).status_code == 200
    assert [item.card for _, item in shelf.kept] == [f"c-{n}" for n in range(MOST_ITEMS)]
    assert (await post(desk, {"feedback": []})).status_code == 200
    assert len(shelf.kept) == MOST_ITEMS


@pytest.mark.requirement("F-8")
async def test_extensions_and_unknown_members_cost_nothing(desk, shelf):
    """F-8: objects that others agreed on, on every level."""
    more = {"extension": {"org.example": [SECRET]}, "vendor": 1}
    item = {**OVERRIDDEN, **more, "overrideReason": {"reason": {"code": "r", **more}, **more}}

    assert (await post(desk, {"feedback": [item], **more})).status_code == 200
    assert len(shelf.kept) == 1


@pytest.mark.requirement("F-6", "R3-24")
@pytest.mark.parametrize(
    ("item", "place"),
    [
        ({**ACCEPTED, "card": None}, "`feedback[1].card` is missing"),
        ({**ACCEPTED, "card": ""}, "`feedback[1].card` is empty"),
        ({**ACCEPTED, "card": 7}, "`feedback[1].card` must be a string"),
        ({**ACCEPTED, "card": "c" * 501}, "`feedback[1].card` is too long (at most 500 characters)"),
        ({**ACCEPTED, "outcome": "ignored"}, "`feedback[1].outcome` must be accepted or overridden"),
        ({**ACCEPTED, "acceptedSuggestions": []}, "`feedback[1].acceptedSuggestions` must name what was accepted"),
        ({**OVERRIDDEN, "outcome": "accepted"}, "`feedback[1].acceptedSuggestions` must name what was accepted"),
        ({**ACCEPTED, "acceptedSuggestions": {"id": "s"}}, "`feedback[1].acceptedSuggestions` must be an array"),
        ({**ACCEPTED, "acceptedSuggestions": [{"id": "s"}, {}]}, "`feedback[1].acceptedSuggestions[1].id` is missing"),
        ({**ACCEPTED, "acceptedSuggestions": [{"id": "s"}] * 21}, "`feedback[1].acceptedSuggestions` has too many entries (at most 20)"),
        ({**ACCEPTED, "outcome": "overridden"}, "`feedback[1].acceptedSuggestions` must not stand with the outcome overridden"),
        ({**ACCEPTED, "overrideReason": {"userComment": "x"}}, "`feedback[1].overrideReason` must not stand with the outcome accepted"),
        ({**OVERRIDDEN, "overrideReason": 7}, "`feedback[1].overrideReason` must be a JSON object"),
        ({**OVERRIDDEN, "overrideReason": {"reason": 7}}, "`feedback[1].overrideReason.reason` must be a JSON object"),
        ({**OVERRIDDEN, "overrideReason": {"reason": {"system": "x"}}}, "`feedback[1].overrideReason.reason` has neither code nor display"),
        ({**OVERRIDDEN, "extension": []}, "`feedback[1].extension` must be a JSON object"),
        (SECRET, "`feedback[1]` must be a JSON object"),
        *(
            ({**OVERRIDDEN, "outcomeTimestamp": wrong}, "`feedback[1].outcomeTimestamp` must be a date and time as of RFC 3339")
            for wrong in (
                SECRET,
                "2026-11-20",
                "2026-13-20T10:00:00Z",
                1763633131,
                "9999-12-31T23:59:59-14:00",
                "2026-11-20T10:00:00+99:00",
            )
        ),
    ],
)
async def test_a_wrong_item_is_named_by_its_place(desk, shelf, item, place):
    """F-6: a 400 that says where and what; the sound item before it is not kept either."""
    assert refusal(await post(desk, {"feedback": [ACCEPTED, item]})) == f"Nothing was stored. {place}."
    assert shelf.kept == []


async def test_every_problem_is_told_at_once(desk):
    """One refusal names what is wrong in all items, and in all members of one."""
    told = refusal(await post(desk, {"feedback": [{}, {**OVERRIDDEN, "outcome": "no"}, {"outcome": "accepted", "card": 1}]}))

    for place in (
        "[0].card",
        "[0].outcome",
        "[0].outcomeTimestamp",
        "[1].outcome",
        "[2].card",
        "[2].outcomeTimestamp",
        "[2].acceptedSuggestions",
    ):
        assert f"`feedback{place}`" in told


@pytest.mark.requirement("F-6")
@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({}, "`feedback` is missing"),
        ({"feedback": ACCEPTED}, "`feedback` must be an array"),
        ([ACCEPTED], "The body must be a JSON object"),
        (b"", "RFC 8259"),
        (b"\xef\xbb\xbf{}", "RFC 8259"),
        (b'{"feedback": NaN}', "RFC 8259"),
        (b'{"feedback": [], "x": 1e999}', "RFC 8259"),
        (b'{"feedback": [], "x": "\\ud800"}', "RFC 8259"),
        (b'{"feedback": [], "x": "\xff"}', "RFC 8259"),
        (b'{"feedback": ' + b"[" * 100_000, "RFC 8259"),
        (b'{"feedback": [], "x": ' + b"9" * 5000 + b"}", "RFC 8259"),
        (b'{"feedback": [{"outcome": "accepted", "outcome": "overridden"}]}', "two members of the same name"),
    ],
)
async def test_a_body_that_is_no_feedback_is_refused(desk, body, told):
    """F-6: what is no JSON object with a list of feedback is a 400."""
    assert told in refusal(await post(desk, body))


async def test_sizes_are_bounded(desk, shelf):
    """A comment, the number of items and the body have an end; what reaches it is kept, what passes it is refused whole."""
    assert (await post(desk, overridden(userComment="é" * LONGEST_COMMENT))).status_code == 200
    assert "userComment` is too long" in refusal(await post(desk, overridden(userComment="é" * (LONGEST_COMMENT + 1))))
    assert (await post(desk, {"feedback": [ACCEPTED] * (MOST_ITEMS + 1)})).status_code == 413
    assert (await post(desk, {"feedback": [], "x": "x" * MOST_BYTES})).status_code == 413
    assert len(shelf.kept) == 1


async def test_what_somebody_wrote_is_neither_echoed_nor_logged(desk, caplog):
    """A refusal and the log speak in our words alone, and so does an item that is printed."""
    caplog.set_level(logging.DEBUG)
    wrong = overridden(userComment=SECRET, reason={"code": 7, "display": SECRET})
    wrong["feedback"].append({SECRET: SECRET, "card": [SECRET], "outcome": SECRET, "outcomeTimestamp": SECRET})

    assert SECRET not in (await post(desk, wrong)).text
    assert SECRET not in caplog.text


async def test_an_item_that_is_printed_keeps_the_comment_to_itself(desk, shelf):
    """Whoever logs an item by mistake logs no comment."""
    await post(desk, overridden(userComment=SECRET, reason={"code": "r", "display": SECRET}))

    assert SECRET not in repr(shelf.kept)
    assert SECRET not in repr(shelf.kept[0][1].override_reason)


@pytest.mark.requirement("F-7")
async def test_only_hosted_services_have_feedback(desk, client):
    """F-7: an unknown service is a 404, and so is the address where nobody keeps feedback; GET is a 405, text/plain a 415."""
    assert (await post(desk, {"feedback": []}, service="nobody")).status_code == 404
    assert (await post(client, {"feedback": []})).status_code == 404
    assert (await desk.get("/cds-services/welcome/feedback")).headers["allow"] == "OPTIONS, POST"
    assert (await post(desk, {"feedback": []}, media="text/plain")).status_code == 415


@pytest.mark.requirement("208")
async def test_a_page_of_a_known_origin_may_send_feedback(desk):
    """208: the preflight for feedback is answered, and its answer can be read."""
    asked = {"Origin": EHR, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization, content-type"}
    preflight = await desk.options("/cds-services/welcome/feedback", headers=asked)

    assert (preflight.status_code, preflight.headers["access-control-allow-origin"]) == (204, EHR)
