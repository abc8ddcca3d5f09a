"""Feedback from the door to the disk: the whole application on each database, what it stored read back by somebody else."""

import asyncio
from datetime import UTC, datetime

import httpx
import pytest
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.app import create_app
from service.settings import read_settings
from service.storage.feedback import MOST_OF_A_CARD
from tests.service.storage.reading import execute, rows

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
COMMENT = "JOHN SMITH said it hurts; 'DROP TABLE feedback; --"
OVERRIDDEN = {
    "card": "card-1",
    "outcome": "overridden",
    "outcomeTimestamp": "2026-11-20T10:05:31Z",
    "overrideReason": {"reason": {"code": "not-now", "system": "urn:x", "display": "Not now"}, "userComment": COMMENT},
}
ACCEPTED = {"card": "card-2", "outcome": "accepted", "outcomeTimestamp": "2026-11-20T10:05:31Z", "acceptedSuggestions": [{"id": "s-1"}]}


def application(environ):
    return httpx.ASGITransport(app=create_app(read_settings(environ)))


@pytest.fixture
async def service(environ):
    async with httpx.AsyncClient(transport=application(environ), base_url="http://127.0.0.1:8000") as client:
        yield client


async def send(service, *items, to="cluneal-patient-view"):
    return await service.post(f"/cds-services/{to}/feedback", json={"feedback": items})


async def test_feedback_is_stored_as_it_was_said(service, url):
    """Each item is a row: what was said, under which service, when it came, and that the card is none of ours."""
    with time_machine.travel(NOW, tick=False):
        assert (await send(service, OVERRIDDEN, ACCEPTED)).status_code == 200

    overridden, accepted = rows(url, "feedback")
    assert len(overridden.pop("digest")) == 64
    assert overridden == {
        "id": 1,
        "received_at": "2026-11-20T12:00:00+00:00",
        "service": "cluneal-patient-view",
        "card": "card-1",
        "card_known": 0,
        "outcome": "overridden",
        "outcome_timestamp": "2026-11-20T10:05:31+00:00",
        "accepted_suggestions": "[]",
        "reason_code": "not-now",
        "reason_system": "urn:x",
        "reason_display": "Not now",
        "user_comment": COMMENT,
        "client": "",
    }
    assert (accepted["outcome"], accepted["accepted_suggestions"], accepted["user_comment"]) == ("accepted", '["s-1"]', None)


@pytest.mark.parametrize("hook", ["patient-view", "encounter-start", "order-select", "order-sign"])
async def test_every_service_takes_feedback(service, url, hook):
    """F-5: each of the services has its address, whichever service the card came from, known or not; no other has one."""
    assert (await send(service, ACCEPTED, to=f"cluneal-{hook}")).status_code == 200
    assert [row["service"] for row in rows(url, "feedback")] == [f"cluneal-{hook}"]
    assert (await send(service, ACCEPTED, to="cluneal-nothing")).status_code == 404


async def test_the_same_item_is_stored_once(service, url):
    """Sent twice in a call, again later, or with the moment in another zone: one row, and a 200 each time."""
    elsewhere = {**ACCEPTED, "outcomeTimestamp": "2026-11-20T11:05:31.000+01:00"}
    assert [(await send(service, *items)).status_code for items in ([ACCEPTED, ACCEPTED], [ACCEPTED], [elsewhere])] == [200, 200, 200]
    assert len(rows(url, "feedback")) == 1


async def test_what_is_said_anew_about_a_card_is_added(service, url):
    """F-4: another moment, another suggestion, another outcome or another service: a row of its own, and none is overwritten."""
    later = {**ACCEPTED, "outcomeTimestamp": "2026-11-20T10:05:32Z"}
    await send(service, ACCEPTED, later, {**ACCEPTED, "acceptedSuggestions": [{"id": "s-2"}]}, {**OVERRIDDEN, "card": "card-2"})
    await send(service, ACCEPTED, to="cluneal-order-sign")

    assert [row["card"] for row in rows(url, "feedback")] == ["card-2"] * 5


async def test_a_body_with_one_wrong_item_stores_nothing(service, url):
    """The sound items of a refused body are not stored."""
    answer = await send(service, ACCEPTED, {**ACCEPTED, "outcome": "no"})

    assert answer.status_code == 400
    assert "feedback[1].outcome" in answer.text
    assert rows(url, "feedback") == []


async def test_an_empty_list_is_fine(service, url):
    """Nothing to keep is a 200, and nothing is kept."""
    assert (await send(service)).status_code == 200
    assert rows(url, "feedback") == []


async def test_a_second_application_adds_to_the_store(service, environ, url):
    """After a restart, and beside another worker, the store goes on; what the first stored counts as stored."""
    await send(service, ACCEPTED)
    async with httpx.AsyncClient(transport=application(environ), base_url="http://127.0.0.1:8000") as second:
        sent = (send(one, ACCEPTED, {**ACCEPTED, "card": f"c-{n}"}) for n in range(20) for one in (service, second))
        assert {answer.status_code for answer in await asyncio.gather(*sent)} == {200}

    assert len(rows(url, "feedback")) == 21


async def test_items_are_stored_all_or_none(service, url):
    """When the last of three rows cannot be written, the first two are not there either."""
    await send(service, OVERRIDDEN)
    execute(url, "CREATE UNIQUE INDEX one_of_these ON feedback (service) WHERE card IN ('first', 'third')")

    answer = await send(service, *({**ACCEPTED, "card": card} for card in ("first", "second", "third")))
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")
    assert [row["card"] for row in rows(url, "feedback")] == ["card-1"]


async def test_one_card_takes_so_much_feedback_and_no_more(service, url):
    """F-4 has an end: whoever says fifty different things about a card is refused the next, and what was said can be sent again."""
    said = [{**ACCEPTED, "acceptedSuggestions": [{"id": f"s-{n}"}]} for n in range(MOST_OF_A_CARD + 1)]

    assert (await send(service, *said[:-1])).status_code == 200
    refused = await send(service, {**ACCEPTED, "card": "another"}, said[-1])
    assert (refused.status_code, refused.json()["issue"][0]["details"]["coding"]) == (429, [{"code": "too-much-feedback"}])
    assert (await send(service, *said[:-1])).status_code == 200
    assert len(rows(url, "feedback")) == MOST_OF_A_CARD


async def test_feedback_faster_than_people_click_has_to_wait(service, url):
    """A thousand items in a minute are kept; the next hear when to come again, and are kept then."""
    with time_machine.travel(NOW, tick=False) as clock:
        for n in range(10):
            assert (await send(service, *({**ACCEPTED, "card": f"{n}-{m}"} for m in range(100)))).status_code == 200
        refused = await send(service, OVERRIDDEN)
        again = await send(service, {**ACCEPTED, "card": "0-0"})
        clock.shift(60)
        later = await send(service, OVERRIDDEN)

    assert (refused.status_code, refused.headers["retry-after"]) == (429, "60")
    assert (again.status_code, later.status_code) == (200, 200)
    assert len(rows(url, "feedback")) == 1001


async def test_a_character_that_one_database_does_not_take_is_replaced_in_both(service, url):
    """PostgreSQL has no NUL in a text: it is stored as the sign for an unreadable character, everything else letter for letter."""
    await send(service, {**OVERRIDDEN, "overrideReason": {"userComment": "na\u00efve \u0000 \U0001f600"}})

    assert [row["user_comment"] for row in rows(url, "feedback")] == ["na\u00efve \ufffd \U0001f600"]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(card=st.text(max_size=20), said=st.text(), code=st.text(max_size=20), when=st.datetimes(timezones=st.timezones()))
async def test_any_text_is_stored_whole_or_refused(service, url, card, said, code, when):
    """Whatever the letters, what was answered with 200 is read back as it was sent."""
    item = {
        **OVERRIDDEN,
        "card": card,
        "outcomeTimestamp": when.isoformat(),
        "overrideReason": {"reason": {"code": code}, "userComment": said},
    }
    answer = await send(service, item)

    assert answer.status_code in (200, 400, 429)
    if answer.status_code == 200:
        sent = tuple(text.replace("\x00", "\ufffd") or None for text in (card, code, said))
        assert sent in [(row["card"], row["reason_code"], row["user_comment"]) for row in rows(url, "feedback")]
