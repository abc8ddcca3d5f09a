"""The token goes to the listed server and below its base, and nowhere else: canaries count who comes (N01 to N05 of the threat model)."""

import pytest

from cds_hooks.errors import MalformedRequest
from cds_hooks.fetched import Reason, State
from tests.cds_hooks.fetching import CONDITIONS, PATIENT_AND_CONDITIONS, TOKEN, access, fetched, hook_request
from tests.faulty_fhir import bundle, canary, condition, faulty_fhir, in_turn, raw, resource

# {ours} is the port of the listed server, {theirs} that of the canary.
SAME_SERVER = ["http://127.0.0.1:{ours}/fhir", "http://127.0.0.1:{ours}/fhir/", "HTTP://127.0.0.1:{ours}/fhir"]
OTHER_SERVER = [
    *("http://127.0.0.1:{theirs}/fhir", "http://127.0.0.1:{theirs}", "http://localhost:{theirs}/fhir", "http://LOCALHOST:{theirs}/fhir"),
    *("http://127.1:{theirs}/fhir", "http://127.0.1:{theirs}/fhir", "http://2130706433:{theirs}/fhir", "http://0x7f000001:{theirs}/fhir"),
    *("http://0x7f.0.0.1:{theirs}/fhir", "http://0177.0.0.1:{theirs}/fhir", "http://017700000001:{theirs}/fhir", "http://0:{theirs}/fhir"),
    *("http://0.0.0.0:{theirs}/fhir", "http://[::1]:{theirs}/fhir", "http://[::]:{theirs}/fhir", "http://[::ffff:127.0.0.1]:{theirs}/fhir"),
    *("http://[::ffff:7f00:1]:{theirs}/fhir", "http://[0:0:0:0:0:0:0:1]:{theirs}/fhir", "http://１２７.0.0.1:{theirs}/fhir"),
    *(
        "http://127。0。0。1:{theirs}/fhir",
        "http://127.0.0.1.:{theirs}/fhir",
        "http://127.0.0.2:{theirs}/fhir",
        "http://ehr.localhost:{theirs}/fhir",
    ),
    *("https://127.0.0.1:{theirs}/fhir", "//127.0.0.1:{theirs}/fhir", "127.0.0.1:{theirs}/fhir", "ftp://127.0.0.1:{theirs}/fhir"),
    *("ws://127.0.0.1:{theirs}/fhir", "gopher://127.0.0.1:{theirs}/fhir", "http:/127.0.0.1:{theirs}/fhir", "http:127.0.0.1:{theirs}/fhir"),
    *(
        "http:///127.0.0.1:{theirs}/fhir",
        "http:\\\\127.0.0.1:{theirs}\\fhir",
        " http://127.0.0.1:{theirs}/fhir",
        "http://127.0.0.1:{theirs}/fhir ",
    ),
    *(
        "http://127.0.0.1:{ours}@127.0.0.1:{theirs}/fhir",
        "http://127.0.0.1:{ours}\\@127.0.0.1:{theirs}/fhir",
        "http://a:b@127.0.0.1:{theirs}/fhir",
    ),
    *(
        "http://127.0.0.1:{theirs}#@127.0.0.1:{ours}/fhir",
        "http://127.0.0.1:{theirs}?@127.0.0.1:{ours}/fhir",
        "http://127.0.0.1:{theirs}/127.0.0.1:{ours}/fhir",
    ),
    *("http://127.0.0.1:{ours}\t@127.0.0.1:{theirs}/fhir", "http://127.0.0.1\n:{theirs}/fhir", "http://127.0.0.1:{theirs}\r\nHost: x/fhir"),
]
SAME_SERVER_ELSEWHERE = [
    *("http://127.0.0.1:{ours}", "http://127.0.0.1:{ours}/", "http://127.0.0.1:{ours}/admin", "http://127.0.0.1:{ours}/fhir/../admin"),
    *("http://127.0.0.1:{ours}/fhir/..", "http://127.0.0.1:{ours}/fhir/%2e%2e/admin", "http://127.0.0.1:{ours}/fhir/..%2fadmin"),
    *(
        "http://127.0.0.1:{ours}/fhir%2f..%2fadmin",
        "http://127.0.0.1:{ours}/fhir\\..\\admin",
        "http://127.0.0.1:{ours}/fhir2",
        "http://127.0.0.1:{ours}/FHIR",
    ),
    *(
        "http://127.0.0.1:{ours}/fhir?x=",
        "http://127.0.0.1:{ours}/fhir#",
        "http://127.0.0.1:{ours}/fhir;/../admin",
        "http://127.0.0.1:{ours}//fhir",
    ),
    *(
        "http://a@127.0.0.1:{ours}/fhir",
        "http://127.0.0.1:{ours}/fhir/.",
        "http://127.0.0.1:0{ours}0/fhir",
        "http://127.0.0.1:{ours}/fhir\x00",
        "/fhir",
    ),
]


def test_there_are_sixty_forms():
    """As many as the threat model asks for, all different."""
    assert len({*SAME_SERVER, *OTHER_SERVER, *SAME_SERVER_ELSEWHERE}) >= 60


@pytest.mark.parametrize("form", [*SAME_SERVER, *OTHER_SERVER, *SAME_SERVER_ELSEWHERE])
@pytest.mark.requirement("case-17", "case-18", "P-10", "P-12")
async def test_only_the_listed_server_is_called(form):
    """N01: whatever a request names, nobody else gets a connection, and the listed server sees its own paths alone."""
    async with canary() as theirs, faulty_fhir(resource(bundle())) as ours, access(ours.base) as complete:
        completed = await complete(hook_request(form.format(ours=ours.port, theirs=theirs.port)))

    assert theirs.connections == 0
    assert [asked.target for asked in ours.asked] == (["/fhir/Condition?patient=p-1&_count=200"] if form in SAME_SERVER else [])
    assert completed.fetched["conditions"].record.reason is (None if form in SAME_SERVER else Reason.SERVER_NOT_LISTED)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    "target",
    [
        "http://127.0.0.1:{theirs}/fhir/Condition",
        "//127.0.0.1:{theirs}/fhir",
        "http://127.0.0.1:{ours}/admin",
        "/fhir/Condition2",
        "file:///etc/passwd",
    ],
)
async def test_a_redirect_is_not_followed(status, target):
    """N02: neither to another server nor to another place on the same one."""
    async with canary() as theirs:

        async def redirect(asked, writer):
            location = target.format(ours=ours.port, theirs=theirs.port)
            await resource(b"", status, f"Location: {location}", f"Content-Location: {location}")(asked, writer)

        async with faulty_fhir(redirect) as ours:
            found = await fetched(ours)

    assert theirs.connections == 0
    assert len(ours.asked) == 1
    assert (found.state, found.record.reason, found.record.status) == (State.ERROR, Reason.STATUS, status)


@pytest.mark.parametrize(
    "link",
    [
        "http://127.0.0.1:{theirs}/fhir/Condition?page=2",
        "//127.0.0.1:{theirs}/fhir/Condition?page=2",
        "http://localhost:{theirs}/fhir/Condition?page=2",
        "http://127.0.0.1:{ours}@127.0.0.1:{theirs}/fhir/Condition",
        "http://127.0.0.1:{ours}\\@127.0.0.1:{theirs}/fhir/Condition",
        "http://127.0.0.1:{ours}/fhir/../admin?page=2",
        "http://127.0.0.1:{ours}/fhir/%2e%2e/admin?page=2",
        "http://127.0.0.1:{ours}/admin",
        "../admin",
        "http://127.0.0.1:{ours}/fhir/..;/admin",
        "http://127.0.0.1:{ours}/fhir/..;x=y/admin?page=2",
        "http://127.0.0.1:{ours}/fhir/Condition/..;/..;/admin",
        "http://127.0.0.1:{ours}/fhir/.;/admin",
        "http://127.0.0.1:{ours}/fhir/..;",
        "http://127.0.0.1:{ours}/fhir/%2e%2e;/admin",
        "http://127.0.0.1:{ours}/fhir/.%2E;/admin",
        "http://127.0.0.1:{ours}/fhir/..%3b/admin",
        "..;/admin",
        "/fhir/..;/admin",
        "https://127.0.0.1:{ours}/fhir/Condition?page=2",
        "http://127.0.0.1:{ours}/fhir/Condition?a=\r\nHost: x",
        "file:///etc/passwd",
        "",
        7,
        None,
    ],
)
@pytest.mark.requirement("case-09", "P-12")
async def test_a_link_that_leads_elsewhere_is_not_followed(link):
    """N03: the first page is kept, and is known to be one of several."""
    async with canary() as theirs:

        async def answer(asked, writer):
            text = link.format(ours=ours.port, theirs=theirs.port) if isinstance(link, str) else link
            page = bundle(condition(1)) | {"link": [{"relation": "next", "url": text}]}
            await resource(page)(asked, writer)

        async with faulty_fhir(answer) as ours:
            found = await fetched(ours)

    assert theirs.connections == 0
    assert len(ours.asked) == 1
    assert (found.state, found.record.reason) == (State.INCOMPLETE, Reason.LINK_ELSEWHERE)


async def test_a_link_that_the_client_sent_is_checked_like_any_other():
    """The first page of a prefetch may be of anybody's making."""
    async with canary() as theirs, faulty_fhir(resource(bundle())) as ours, access(ours.base) as complete:
        sent = bundle(condition(1), following=f"{theirs.base}/Condition?page=2")
        completed = await complete(hook_request(ours.base, prefetch={"conditions": sent}))

    assert theirs.connections == ours.connections == 0
    assert completed.fetched["conditions"].record.reason is Reason.LINK_ELSEWHERE


async def test_references_are_never_fetched():
    """A resource that points to another server is data, not an instruction."""
    async with canary() as theirs:
        pointing = condition(1) | {"subject": {"reference": f"{theirs.base}/Patient/p-1"}, "implicitRules": f"{theirs.base}/rules"}
        async with faulty_fhir(resource(bundle(pointing))) as ours:
            found = await fetched(ours)

    assert found.state is State.SUPPLIED
    assert theirs.connections == 0


async def test_the_environment_sends_nothing_through_a_proxy(monkeypatch, tmp_path):
    """N05: proxies and passwords of the environment are not used."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login a password b", encoding="utf-8")
    monkeypatch.setenv("NETRC", str(netrc))
    async with canary() as theirs, faulty_fhir(resource(bundle())) as ours:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{theirs.port}")
        found = await fetched(ours)

    assert found.state is State.SUPPLIED
    assert theirs.connections == 0
    assert ours.asked[0].headers["authorization"] == f"Bearer {TOKEN}"


async def test_a_token_is_of_one_call():
    """The next call of another client, over the same connection, carries its own token or makes no call at all."""
    async with faulty_fhir(resource(bundle())) as server, access(server.base) as complete:
        await complete(hook_request(server.base, access_token="first"))
        await complete(hook_request(server.base, access_token="second"))
        await complete(hook_request(server.base, server_only=True))

    assert [asked.headers["authorization"] for asked in server.asked] == ["Bearer first", "Bearer second"]
    assert server.connections == 1


@pytest.mark.parametrize("id_", ["p-1", "a", "A" * 64, "a.b-c", "a_b", "123", "Patient/p-1", ".p", "p..1"])
async def test_a_patient_id_stays_one_segment(id_):
    """N05: what FHIR allows in an id reaches the server as it is."""
    async with faulty_fhir(in_turn(resource(condition(1)), resource(bundle()))) as server, access(server.base) as complete:
        await complete(hook_request(server.base, context={"patientId": id_}), PATIENT_AND_CONDITIONS)

    bare = id_.removeprefix("Patient/")
    assert {asked.target for asked in server.asked} == {f"/fhir/Patient/{bare}", f"/fhir/Condition?patient={bare}&_count=200"}


@pytest.mark.parametrize(
    "id_",
    [
        "p1&patient=p2",
        "../Practitioner/1",
        "..",
        ".",
        "p1/../p2",
        "p1?x=1",
        "p1#x",
        "p1%2fp2",
        "p1 p2",
        "p1\r\nX: y",
        "ｐ1",
        "A" * 65,
        "p1,p2",
        "p1|p2",
        "",
    ],
)
async def test_a_patient_id_that_is_none_makes_no_call(id_):
    """N05: an id that would change the query is refused before there is one."""
    async with faulty_fhir(resource(bundle())) as server:
        with pytest.raises(MalformedRequest):
            hook_request(server.base, context={"patientId": id_})

    assert server.connections == 0


async def test_a_page_may_not_smuggle_another_answer_in():
    """Bytes after an answer belong to no request; the connection is not used again."""
    page = b'{"resourceType":"Bundle"}'
    twice = b"HTTP/1.1 200 x\r\nContent-Length: 25\r\n\r\n" + page + b"HTTP/1.1 200 x\r\nContent-Length: 5\r\n\r\nalien"
    async with faulty_fhir(raw(twice)) as server, access(server.base) as complete:
        states = [(await complete(hook_request(server.base), CONDITIONS)).fetched["conditions"].state for _ in range(2)]

    assert states == [State.SUPPLIED, State.SUPPLIED]
    assert server.connections == 2
