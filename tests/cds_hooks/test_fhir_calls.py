"""A server that is ill is left alone, and one that hangs holds up nobody else's calls."""

import asyncio

import pytest

from cds_hooks.circuit import FIRST_REST, Bulkhead
from cds_hooks.fetched import Reason, State
from cds_hooks.fhir_calls import Reply
from tests.cds_hooks.fetching import CONDITIONS, access, hook_request
from tests.faulty_fhir import OUTCOME, bundle, by_type, faulty_fhir, hang, reset, resource

ELEVEN = {str(number): CONDITIONS["conditions"] for number in range(11)}


class Clock:
    """A clock that stands still until somebody turns it."""

    now = 100.0

    def __call__(self):
        return self.now


class Switch:
    """An answer that can be exchanged."""

    def __init__(self, answer):
        self.answer = answer

    async def __call__(self, asked, writer):
        await self.answer(asked, writer)


@pytest.mark.parametrize(
    "fault", [resource(OUTCOME, 500), resource(OUTCOME, 503), resource(OUTCOME, 429), reset()], ids=["500", "503", "429", "reset"]
)
async def test_a_server_that_fails_is_left_alone_and_tried_again(fault):
    """After five failures there is no call for a while; then one, and after its success all."""
    clock, switch = Clock(), Switch(fault)
    async with faulty_fhir(switch) as server, access(server.base, clock=clock) as complete:

        async def reason():
            return (await complete(hook_request(server.base))).fetched["conditions"].record.reason

        failed = [await reason() for _ in range(5)]
        assert len(server.asked) == 5
        at_rest = (await complete(hook_request(server.base))).fetched["conditions"]
        assert (at_rest.state, at_rest.record.reason, len(server.asked)) == (State.NOT_ASKED, Reason.SERVER_AT_REST, 5)
        assert set(failed) <= {Reason.STATUS, Reason.BROKEN}

        clock.now += FIRST_REST
        assert await reason() in (Reason.STATUS, Reason.BROKEN)
        assert await reason() is Reason.SERVER_AT_REST

        clock.now += 2 * FIRST_REST
        switch.answer = resource(bundle())
        assert [await reason() for _ in range(3)] == [None, None, None]


async def test_a_server_that_hangs_is_found_out_within_one_call():
    """The first hook call waits until its deadline; the next does not wait at all."""
    async with faulty_fhir(hang()) as server, access(server.base, clock=Clock()) as complete:
        first = await complete(hook_request(server.base), ELEVEN, seconds=1.0)
        asked = len(server.asked)
        second = await complete(hook_request(server.base), ELEVEN, seconds=30.0)

    assert {found.state for found in first.fetched.values()} <= {State.TIMED_OUT, State.NOT_ASKED}
    assert {found.record.reason for found in second.fetched.values()} == {Reason.SERVER_AT_REST}
    assert len(server.asked) == asked == 11


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 501])
async def test_a_server_that_refuses_is_well(status):
    """Who has no right to something is not locked out of the rest, and neither is anybody else."""
    async with faulty_fhir(resource(OUTCOME, status)) as server, access(server.base) as complete:
        await complete(hook_request(server.base), ELEVEN)

    assert len(server.asked) == 11


async def test_a_deadline_that_leaves_no_time_is_not_the_fault_of_the_server():
    """A late page of a long search that is cut off says nothing about who sent it."""
    async with faulty_fhir(hang()) as server, access(server.base) as complete:
        for _ in range(3):
            completed = await complete(hook_request(server.base), ELEVEN, seconds=0.05)
            assert {found.record.reason for found in completed.fetched.values()} == {Reason.TIMED_OUT}


async def test_a_server_that_asks_to_be_left_alone_is():
    """`Retry-After` counts at its first word."""
    clock = Clock()
    async with faulty_fhir(resource(OUTCOME, 503, "Retry-After: 20")) as server, access(server.base, clock=clock) as complete:
        await complete(hook_request(server.base))
        clock.now += 19.9
        await complete(hook_request(server.base))
        assert len(server.asked) == 1
        clock.now += 0.2
        await complete(hook_request(server.base))

    assert len(server.asked) == 2


async def test_a_probe_that_gets_lost_does_not_lock_the_server_out():
    """When the call after the rest is given up by its caller, another one is made after another rest."""
    clock, switch = Clock(), Switch(resource(OUTCOME, 500))
    async with faulty_fhir(switch) as server, access(server.base, clock=clock) as complete:
        for _ in range(5):
            await complete(hook_request(server.base))
        clock.now += FIRST_REST
        switch.answer = hang()
        server.was_asked.clear()
        probe = asyncio.create_task(complete(hook_request(server.base)))
        await server.was_asked.wait()
        probe.cancel()
        await asyncio.gather(probe, return_exceptions=True)
        switch.answer = resource(bundle())
        clock.now += 2 * FIRST_REST
        found = (await complete(hook_request(server.base))).fetched["conditions"]

    assert found.state is State.SUPPLIED


async def test_a_server_that_hangs_holds_up_nobody_else():
    """F60: 60 hook calls wait for one server; those to another server are answered meanwhile."""
    async with (
        faulty_fhir(hang()) as ill,
        faulty_fhir(resource(bundle())) as well,
        access(ill.base, well.base, bulkhead=Bulkhead(per_server=8)) as complete,
    ):
        waiting = [asyncio.create_task(complete(hook_request(ill.base), seconds=20.0)) for _ in range(60)]
        await ill.was_asked.wait()
        answered = [await complete(hook_request(well.base)) for _ in range(40)]
        still = [task for task in waiting if not task.done()]
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)

    assert {completed.fetched["conditions"].state for completed in answered} == {State.SUPPLIED}
    assert len(still) == 60
    assert len(ill.asked) == 8


async def test_who_gets_no_place_in_time_was_not_asked_for():
    """Keys that waited for their turn until the deadline say so, and the server is not blamed for them."""
    async with faulty_fhir(hang()) as server, access(server.base, bulkhead=Bulkhead(per_server=1)) as complete:
        completed = await complete(hook_request(server.base), ELEVEN, seconds=0.35)
        told = [(found.state, found.record.reason) for found in completed.fetched.values()]
        assert told == [(State.TIMED_OUT, Reason.TIMED_OUT), *[(State.NOT_ASKED, Reason.NO_PLACE)] * 10]
        assert len(server.asked) == 1

        completed = await complete(hook_request(server.base), seconds=0.35)
        assert completed.fetched["conditions"].record.reason is Reason.TIMED_OUT


async def test_needed_keys_go_before_the_others():
    """With one place, the key that was cut short and is needed is asked for first, wherever it stands among the templates."""
    templates = {"other": "Procedure?patient={{context.patientId}}", **CONDITIONS}
    async with (
        faulty_fhir(hang()) as server,
        access(server.base, bulkhead=Bulkhead(per_server=1)) as complete,
    ):
        first = bundle(following="Condition?page=2")
        completed = await complete(
            hook_request(server.base, prefetch={"conditions": first}), templates, seconds=0.35, needed=["conditions"]
        )

    assert [asked.target for asked in server.asked] == ["/fhir/Condition?page=2"]
    assert completed.fetched["other"].record.reason is Reason.NO_PLACE


async def test_the_needed_keys_of_sixteen_charts_find_a_place_at_once():
    """Sixteen charts of eleven keys wait for a server that hangs; it is asked for every needed one, and for as many others as fit."""
    needed, asked_enough = ["0", "1", "2"], asyncio.Barrier(97)

    async def count(asked, writer):
        await asked_enough.wait()
        await hang()(asked, writer)

    templates = {key: f"{'Condition' if key in needed else 'Observation'}?patient={{{{context.patientId}}}}" for key in ELEVEN}
    async with faulty_fhir(count) as server, access(server.base) as complete:
        ask = hook_request(server.base)
        waiting = [asyncio.create_task(complete(ask, templates, seconds=30.0, needed=needed)) for _ in range(16)]
        async with asyncio.timeout(20):
            await asked_enough.wait()
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)

    types = [asked.path.rpartition("/")[2] for asked in server.asked]
    assert (types.count("Condition"), types.count("Observation")) == (48, 48)


async def test_keys_that_can_wait_leave_room_for_needed_ones():
    """A server that hangs at what is not needed is still asked for what is."""
    async with faulty_fhir(by_type(Observation=hang(), Condition=resource(bundle()))) as server, access(server.base) as complete:
        ask = hook_request(server.base)
        many = {str(number): "Observation?patient={{context.patientId}}" for number in range(100)}
        waiting = asyncio.create_task(complete(ask, many, seconds=20.0, needed=["conditions"]))
        async with asyncio.timeout(10):
            await server.was_asked.wait()
        completed = await complete(ask, needed=["conditions"])
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)

    assert completed.fetched["conditions"].state is State.SUPPLIED


async def test_places_are_given_back():
    """After a hundred calls of every kind there is still a place."""
    switch = Switch(resource(bundle()))
    async with faulty_fhir(switch) as server, access(server.base, bulkhead=Bulkhead(per_server=2, in_all=2), clock=Clock()) as complete:
        for answer in (resource(OUTCOME, 404), resource(b"nothing"), resource(b"", 302)) * 4:
            switch.answer = answer
            await complete(hook_request(server.base), ELEVEN)
        switch.answer = resource(bundle())
        completed = await complete(hook_request(server.base), ELEVEN)

    assert {found.state for found in completed.fetched.values()} == {State.SUPPLIED}


def test_a_reply_does_not_show_its_body():
    """Not even where a programmer prints it."""
    assert "SMITH" not in repr(Reply(b"JOHN SMITH", 200))
