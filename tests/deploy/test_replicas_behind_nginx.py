"""Three replicas on one PostgreSQL behind nginx: one of them is as good as the other, and any of them may go."""

import json
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from signal import SIGKILL
from uuid import uuid4

import pytest

from tests.blackbox.service import COMMAND
from tests.deploy.proxy import nginx
from tests.deploy.site import VIEW, Site, ask_replica, question, settings, site
from tests.postgresql import Server
from tests.service.storage.reading import rows

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A PostgreSQL server."""
    nginx()
    server = Server()
    yield server
    server.remove()


@pytest.fixture(scope="module")
def here(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The site that all tests share."""
    with site(tmp_path_factory.mktemp("site"), server) as found:
        yield found


def test_a_call_gets_its_card(here: Site) -> None:
    """Signed, through TLS and the proxy, from whichever replica."""
    status, answer = here.ask(question())

    assert status == 200
    assert [card["extension"]["org.cluneal-cds.basis"]["kind"] for card in answer["cards"]] == ["block"]


def test_a_token_is_good_for_one_call_at_one_replica(here: Site) -> None:
    """Of twenty uses at the same moment one passes; afterwards every replica refuses it."""
    body, jti = question(), str(uuid4())
    with ThreadPoolExecutor(20) as pool:
        together = Counter(pool.map(lambda _: here.ask(body, jti=jti)[0], range(20)))
    later = [ask_replica(one, body, jti=jti).status for one in here.replicas]

    assert together == {200: 1, 401: 19}
    assert later == [401, 401, 401]


def test_what_was_dismissed_at_one_is_quiet_at_the_others(here: Site) -> None:
    """The card at the first, "not now" at the second, silence with its reason at the third."""
    patient = f"p-{uuid4().hex}"
    (card,) = json.loads(ask_replica(here.replicas[0], question(patient)).body)["cards"]
    item = {"card": card["uuid"], "outcome": "overridden", "outcomeTimestamp": "2026-11-20T12:00:00Z"}
    told = ask_replica(here.replicas[1], {"feedback": [item]}, path=f"{VIEW}/feedback")
    answer = json.loads(ask_replica(here.replicas[2], question(patient, encounter="later")).body)

    assert told.status == 200
    assert answer["cards"] == []
    assert answer["extension"]["org.cluneal-cds.silence"]["rule"] == "D-02"


def test_of_three_upgrades_at_once_one_does_the_work(server: Server, tmp_path) -> None:
    """The tables are made once; the other two wait, and find the work done."""
    environ = settings(tmp_path, server.new_database())
    running = [
        subprocess.Popen([*COMMAND, "db", "upgrade"], env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    told = sorted(process.communicate(timeout=60)[0] for process in running)

    assert [process.returncode for process in running] == [0, 0, 0]
    assert sum("nothing to do" in one for one in told) == 2


def load(here: Site, answers: list[tuple[str, int]], over: threading.Event) -> None:
    """Calls one after the other until it is over; each with its card and what became of it."""
    while not over.is_set():
        card = str(uuid4())
        item = {"card": card, "outcome": "overridden", "outcomeTimestamp": "2026-11-20T12:00:00Z"}
        status, _ = here.ask({"feedback": [item]}, path=f"{VIEW}/feedback")
        answers.append((card, status))
        time.sleep(0.05)  # a client may report a thousand items a minute


@pytest.mark.parametrize("how", ["asked to", "killed"])
def test_a_replica_goes_under_load_and_no_call_is_lost(how: str, server: Server, tmp_path) -> None:
    """Asked to go (SIGTERM), not one call fails. Killed, what was acknowledged is stored, and soon nobody notices any more."""
    with site(tmp_path, server) as here:
        over, answers = threading.Event(), []
        threads = [threading.Thread(target=load, args=(here, answers, over)) for _ in range(6)]
        for thread in threads:
            thread.start()
        time.sleep(1)
        gone = here.replicas[0].process
        gone.terminate() if how == "asked to" else gone.send_signal(SIGKILL)
        code = gone.wait(timeout=30)
        time.sleep(1)
        over.set()
        for thread in threads:
            thread.join()
        kept = {row["card"] for row in rows(here.database, "feedback")}
        for one in here.replicas:
            one.process.terminate()
            one.process.wait(timeout=30)
        nobody = here.ask(question())
        gone.returncode = 0  # so that the end of the site asks no more of it

    assert (nobody[0], nobody[1]["issue"][0]["code"]) == (503, "transient"), "with no replica left the caller is told in its own words"
    statuses = Counter(status for _, status in answers)
    assert {card for card, status in answers if status == 200} <= kept
    assert statuses[200] > 50
    if how == "asked to":
        assert (set(statuses), code) == ({200}, 0)
        assert kept == {card for card, _ in answers}
    else:
        # Heard and not answered: no other replica may be asked instead, for the token was used. At most what was in hand.
        assert sum(count for status, count in statuses.items() if status != 200) <= 6
