"""Where a connection may lead: by the address, and by what a name resolves to at that moment."""

from ipaddress import ip_network

import pytest

from cds_hooks.egress.addresses import AddressRefused, CheckedNetwork, may_connect, system_resolve
from cds_hooks.fetched import Reason, State
from tests.cds_hooks.fetching import access, hook_request
from tests.faulty_fhir import bundle, canary, faulty_fhir, resource

NOWHERE_ELSE = [ip_network("0.0.0.0/0"), ip_network("::/0")]


@pytest.mark.parametrize("address", ["8.8.8.8", "203.0.114.1", "2606:4700:4700::1111", "::ffff:8.8.8.8"])
def test_public_addresses_may_be_called(address):
    """A server on the internet needs no further permission."""
    assert may_connect(address)


PRIVATE = [
    *("127.0.0.1", "127.255.255.254", "10.0.0.1", "172.16.0.1", "192.168.0.1", "100.64.0.1", "192.0.2.1", "198.18.0.1", "240.0.0.1"),
    *("255.255.255.255", "::1", "fc00::1", "fd00:ec2::254", "2001:db8::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1"),
    # These Python calls global: NAT64, 6to4 and IPv4-compatible addresses that lead to 127.0.0.1.
    *("64:ff9b::7f00:1", "2002:7f00:1::", "::127.0.0.1"),
]
NEVER = ["169.254.169.254", "::ffff:169.254.169.254", "fe80::1", "fe80::1%eth0", "224.0.0.1", "ff02::1", "0.0.0.0", "::"]


@pytest.mark.parametrize("address", [*PRIVATE, *NEVER])
def test_all_other_addresses_may_not(address):
    """Neither this machine nor its neighbours, nor what leads there in disguise."""
    assert not may_connect(address)


@pytest.mark.parametrize("address", PRIVATE)
def test_an_operator_may_permit_a_network(address):
    """A FHIR server on the premises lies in a private network."""
    assert may_connect(address, NOWHERE_ELSE)
    assert not may_connect(address, [ip_network("192.168.77.0/24")])


@pytest.mark.parametrize("address", NEVER)
def test_some_addresses_cannot_be_permitted(address):
    """The metadata service of a cloud gives its credentials to whoever asks."""
    assert not may_connect(address, NOWHERE_ELSE)


def resolving(*answers):
    """A name server that gives these answers one after the other, and remembers what it was asked."""
    turn = iter(answers)

    async def resolve(host, port):
        resolve.asked.append((host, port))
        return next(turn)

    resolve.asked = []
    return resolve


async def outcome(base, resolve, **more):
    async with access(base, resolve=resolve, **more) as complete:
        return (await complete(hook_request(base))).fetched["conditions"]


async def test_a_name_that_comes_to_lead_inside_is_not_followed():
    """A listed name that resolves to this machine gets no connection, however often it changes."""
    async with canary() as inside:
        base = f"https://ehr.example.org:{inside.port}/fhir"
        for address in ("127.0.0.1", "::ffff:127.0.0.1", "169.254.169.254", "10.0.0.1"):
            found = await outcome(base, resolving([address]))
            assert (found.state, found.record.reason) == (State.ERROR, Reason.ADDRESS)

    assert inside.connections == 0


async def test_one_forbidden_address_among_others_is_enough():
    """A name that leads inside as well as outside is not trusted with either."""
    async with canary() as inside:
        found = await outcome(f"https://ehr.example.org:{inside.port}/fhir", resolving(["8.8.8.8", "127.0.0.1"]))

    assert found.record.reason is Reason.ADDRESS
    assert inside.connections == 0


async def test_there_is_one_look_up_for_check_and_connection():
    """A name server that flips between two answers has no moment in which that helps."""
    async with faulty_fhir(resource(bundle())) as server:
        base = f"http://localhost:{server.port}/fhir"
        resolve = resolving(["127.0.0.1"], ["169.254.169.254"])
        found = await outcome(base, resolve)

    assert found.state is State.SUPPLIED
    assert resolve.asked == [("localhost", server.port)]


async def test_a_name_on_the_premises_needs_its_network_in_the_list(certified):
    """The same private address is refused without a network for its base, and called with it."""
    ours, trusting = certified("ehr.intern")
    async with faulty_fhir(resource(bundle()), tls=ours) as server:
        base = f"https://ehr.intern:{server.port}/fhir"
        refused = await outcome(base, resolving(["127.0.0.1"]), networks=["10.0.0.0/8"], ssl_context=trusting)
        called = await outcome(base, resolving(["127.0.0.1"]), networks=["127.0.0.0/8"], ssl_context=trusting)

    assert (refused.record.reason, called.record.reason) == (Reason.ADDRESS, None)
    assert server.connections == 1


async def test_the_certificate_is_proved_against_the_name(certified):
    """Whoever answers at the address must be able to prove the name that is listed."""
    ours, trusting = certified("other.intern")
    async with faulty_fhir(resource(bundle()), tls=ours) as server:
        base = f"https://ehr.intern:{server.port}/fhir"
        found = await outcome(base, resolving(["127.0.0.1"]), networks=["127.0.0.0/8"], ssl_context=trusting)

    assert (found.state, found.record.reason) == (State.ERROR, Reason.UNREACHABLE)
    assert server.asked == []


async def test_a_permission_is_for_one_server():
    """What one base may reach, another may not, though both are listed."""
    async with canary() as inside:
        ours, theirs = f"https://10.9.9.9:{inside.port}/fhir", f"https://ehr.example.org:{inside.port}/fhir"
        async with access(ours, theirs, resolve=resolving(["10.9.9.9"])) as complete:
            found = (await complete(hook_request(theirs))).fetched["conditions"]

    assert found.record.reason is Reason.ADDRESS


async def test_a_server_that_is_not_listed_is_not_even_looked_up():
    """Whoever asks for a connection past the allow-list gets none, whatever lies at the address."""
    resolve = resolving(["8.8.8.8"])
    with pytest.raises(AddressRefused):
        await CheckedNetwork({("ehr.example.org", 443): ()}, resolve).connect_tcp("ehr.example.org", 8443)

    assert resolve.asked == []


@pytest.mark.parametrize("addresses", [["::1", "127.0.0.1"], ["127.0.0.1", "::1"]], ids=str)
async def test_one_address_of_several_is_enough(addresses):
    """A server with an address that is out of order is still reached by the other, whichever comes first."""
    async with faulty_fhir(resource(bundle())) as server:
        found = await outcome(f"http://localhost:{server.port}/fhir", resolving(addresses))

    assert found.state is State.SUPPLIED


@pytest.mark.parametrize("answer", [[], OSError("no such name")], ids=["nothing", "error"])
async def test_a_name_that_leads_nowhere_is_a_failure_of_its_keys(answer):
    """No address, no call; the hook call goes on."""

    async def resolve(host, port):
        if isinstance(answer, OSError):
            raise answer
        return answer

    found = await outcome("https://ehr.example.org/fhir", resolve)

    assert found.state is State.ERROR
    assert found.record.reason in (Reason.ADDRESS, Reason.UNREACHABLE)


async def test_this_machine_resolves_names_by_itself():
    """Without a resolver, that of the system is asked."""
    assert "127.0.0.1" in await system_resolve()("127.0.0.1", 80)
    async with faulty_fhir(resource(bundle())) as server:
        found = await outcome(f"http://localhost:{server.port}/fhir", None)

    assert found.state is State.SUPPLIED
