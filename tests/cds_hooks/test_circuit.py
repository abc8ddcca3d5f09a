"""When a server that fails is left alone and tried again, and who waits for whom. The clock is a number."""

import asyncio

from cds_hooks.circuit import FIRST_REST, LONGEST_REST, Bulkhead, Circuit


def after(circuit, outcomes, start=0.0, apart=0.1):
    """The circuit after calls that went well (True) or failed, one after the other; and the time then."""
    now = start
    for went_well in outcomes:
        begun, now = now, now + apart
        circuit = circuit.succeeded(now, begun=begun) if went_well else circuit.failed(now, begun=begun, chance=0.0)
    return circuit, now


def test_a_new_circuit_admits_calls():
    """Nobody is suspected beforehand."""
    assert Circuit().admits(0.0)


def test_five_failures_in_a_row_open_it():
    """Four do not."""
    four, now = after(Circuit(), [False] * 4)
    assert four.admits(now)
    five, now = after(Circuit(), [False] * 5)
    assert not five.admits(now)
    assert not five.admits(now + FIRST_REST - 0.01)
    assert five.admits(now + FIRST_REST)


def test_a_success_in_between_starts_the_count_anew():
    """What works now and then is not cut off at once."""
    circuit, now = after(Circuit(), [False] * 4 + [True] + [False] * 4)
    assert circuit.admits(now)


def test_half_of_twenty_failures_open_it():
    """A server that fails every second time is ill, though never five times in a row."""
    nineteen, now = after(Circuit(), [False, True] * 9 + [False])
    assert nineteen.admits(now)
    twenty, now = after(Circuit(), [True, False] * 10)
    assert not twenty.admits(now)


def test_failures_of_long_ago_are_forgotten():
    """Five failures over a minute are ordinary life."""
    circuit, now = after(Circuit(), [False] * 10, apart=3.0)
    assert circuit.admits(now)


def test_after_a_rest_there_is_one_call():
    """While it is under way the others wait, but not for ever: should it get lost, there is another after a rest."""
    circuit, now = after(Circuit(), [False] * 5)
    back = now + FIRST_REST
    tried = circuit.called(back)
    assert not tried.admits(back)
    assert tried.admits(back + 10 * FIRST_REST)


def test_a_success_after_the_rest_closes_it():
    """The server is well again, and what was before does not count."""
    circuit, now = after(Circuit(), [False] * 5)
    well = circuit.called(now + FIRST_REST).succeeded(now + FIRST_REST + 1, begun=now + FIRST_REST)
    again, later = after(well, [False] * 4, start=now + FIRST_REST + 1)
    assert well.admits(now + FIRST_REST + 1)
    assert again.admits(later)


def test_each_failure_after_a_rest_doubles_it():
    """Up to a minute."""
    circuit, now = after(Circuit(), [False] * 5)
    rests = []
    for _ in range(6):
        now = circuit.until
        circuit = circuit.called(now).failed(now, begun=now, chance=0.0)
        rests.append(circuit.until - now)
    assert rests == [10.0, 20.0, 40.0, LONGEST_REST, LONGEST_REST, LONGEST_REST]


def test_what_was_under_way_when_it_opened_says_nothing_new():
    """Eight calls that hang at once are one illness, not a rest of minutes."""
    five, now = after(Circuit(), [False] * 5)
    eight, _ = after(five, [False] * 3, start=now)
    assert eight == five


def test_a_late_success_does_not_end_the_rest():
    """A call from before the rest says nothing, whether it ends during the rest or while another finds out how the server is."""
    circuit, now = after(Circuit(), [False] * 5)
    assert circuit.succeeded(now + 1, begun=now - 1) == circuit
    tried = circuit.called(now + FIRST_REST)
    assert tried.succeeded(now + FIRST_REST + 1, begun=now - 1) == tried
    assert tried.failed(now + FIRST_REST + 1, begun=now - 1, chance=0.0) == tried


def test_chance_spreads_the_return():
    """Processes that failed together do not come back together."""
    four, now = after(Circuit(), [False] * 4)
    assert four.failed(now, begun=now, chance=0.0).until == now + FIRST_REST
    assert four.failed(now, begun=now, chance=1.0).until == now + 1.25 * FIRST_REST


def test_a_server_that_begs_off_is_left_alone_as_long_as_it_asks():
    """At its first word, and for a minute at the most; a shorter wish than ours changes nothing, and 0 is none."""
    assert Circuit().failed(0.0, begun=0.0, chance=0.0, retry_after=30).until == 30.0
    assert Circuit().failed(0.0, begun=0.0, chance=0.0, retry_after=9_999).until == LONGEST_REST
    assert Circuit().failed(0.0, begun=0.0, chance=0.0, retry_after=1).until == FIRST_REST
    assert Circuit().failed(0.0, begun=0.0, chance=0.0, retry_after=0).admits(0.0)


async def enter(bulkhead, server, inside, leave):
    async with bulkhead.place(server, by=float("inf")):
        inside.append(server)
        await leave.wait()


async def test_who_waits_too_long_gets_no_place_and_holds_none():
    """Neither of the server nor of all; and a free place is given at the last moment, too."""
    bulkhead = Bulkhead(per_server=2, in_all=1)
    async with bulkhead.place("ill", by=0.0) as first, bulkhead.place("ill", by=0.0) as second:
        assert (first, second) == (True, False)
    async with bulkhead.place("ill", by=0.0) as again:
        assert again


async def test_a_server_fills_its_own_places_only():
    """Calls to a server that hangs wait for each other; those to another go on."""
    bulkhead, inside, leave = Bulkhead(per_server=2, in_all=5), [], asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for server in ("hangs", "hangs", "hangs", "hangs", "well", "well"):
            group.create_task(enter(bulkhead, server, inside, leave))
        await asyncio.sleep(0)
        assert sorted(inside) == ["hangs", "hangs", "well", "well"]
        leave.set()
    assert len(inside) == 6


async def test_there_are_so_many_places_in_all():
    """However many servers there are."""
    bulkhead, inside, leave = Bulkhead(per_server=2, in_all=3), [], asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for server in range(5):
            group.create_task(enter(bulkhead, server, inside, leave))
        await asyncio.sleep(0)
        assert len(inside) == 3
        leave.set()
    assert len(inside) == 5
