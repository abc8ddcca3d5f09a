"""Two replicas of the service on one PostgreSQL: what one was told or has shown, the other knows."""

import asyncio

import time_machine

from tests.service.storage.calls import NOON, ask, clients, question, running, signed, tell
from tests.service.storage.reading import rows

PATIENT = {"CLUNEAL_STORE_DEADLINE_S": "20"}


async def test_a_token_that_one_has_seen_the_other_refuses(postgresql_url, key_file, tmp_path):
    """Also when both get it at the same moment: of twenty uses one passes."""
    environ = {"CLUNEAL_DATABASE_URL": postgresql_url, "CLUNEAL_PSEUDONYM_KEY_FILE": str(key_file), **PATIENT, **clients(tmp_path, "ehr")}
    with time_machine.travel(NOON, tick=False):
        async with running(environ) as first, running(environ) as second:
            assert [(await ask(one, **signed("1"))).status_code for one in (first, second)] == [200, 401]
            together = await asyncio.gather(*(ask(one, **signed("2")) for _ in range(10) for one in (first, second)))

    assert sorted(answer.status_code for answer in together) == [200, *[401] * 19]


async def test_what_was_dismissed_at_one_is_quiet_at_the_other(postgresql_url, key_file):
    """The card, "not now", and the next call at the other replica is silence with its reason."""
    environ = {"CLUNEAL_DATABASE_URL": postgresql_url, "CLUNEAL_PSEUDONYM_KEY_FILE": str(key_file), **PATIENT}
    with time_machine.travel(NOON, tick=False) as clock:
        async with running(environ) as first, running(environ) as second:
            (card,) = (await ask(first)).json()["cards"]
            assert (await tell(first, card["uuid"])).status_code == 200
            clock.shift(60)
            answer = (await ask(second, question(instance="i-2"))).json()

    assert answer["cards"] == []
    assert answer["extension"]["org.cluneal-cds.silence"]["rule"] == "D-02"


async def test_the_chain_of_the_audit_has_no_fork(postgresql_url, key_file):
    """Forty calls at once at two replicas make one chain, with a record for each that was told to be recorded."""
    environ = {"CLUNEAL_DATABASE_URL": postgresql_url, "CLUNEAL_PSEUDONYM_KEY_FILE": str(key_file), **PATIENT}
    async with running(environ) as first, running(environ) as second:
        sent = [ask(one, question(instance=f"i-{number}")) for number in range(20) for one in (first, second)]
        answers = [answer.json() for answer in await asyncio.gather(*sent)]

    recorded = [answer for answer in answers if "org.cluneal-cds.degraded" not in answer.get("extension", {})]
    numbers = [row["number"] for row in rows(postgresql_url, "audit", "number")]
    assert numbers == list(range(1, len(numbers) + 1))
    # On a slow machine a commit may come through just after nobody waited for it any more.
    assert 0 < len(recorded) <= len(numbers) == len(rows(postgresql_url, "decision"))
