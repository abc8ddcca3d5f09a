"""Weeks of real calls in a store: `python -m tests.weeks FILE` makes a SQLite file for the report and the page of numbers to look at.

Stories and sequences are played through the whole application over HTTP, signed, with the clock at the moment of each call: the stories
every week at two hospitals, one of them in shadow mode; the sequences, with what is accepted and dismissed in them, at the other. Each
chart is played as a patient of its own, with visits of its own, some weeks before the day of the stories, so that all of it is past.
"""

import asyncio
import copy
import json
import re
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import httpx
import time_machine

from service.story import hook_request, moved, read_story
from tests.cds_hooks.signing import ISSUER, ec_key, key_set, published
from tests.sequences import FIRST_DAY, KEYS, Step, as_sent, of_the_day, resources, sequences, taken_up, write
from tests.service.storage.calls import BASE, running, signed

LIVE, SHADOW = "lakeside", "riverside"
_EARLIER = timedelta(days=-70)
SINCE, UNTIL = FIRST_DAY + _EARLIER, FIRST_DAY + _EARLIER + timedelta(34)
# These and no others, so that what the README shows stays as it is while stories are added.
_STORIES = (
    "low-back-pain-and-a-normal-mri",
    "only-recent-back-pain",
    "acute-strain-three-weeks-ago",
    "empty-chart",
    "postlaminectomy-code-and-back-pain-only",
    "old-back-pain-without-any-current-sign",
    "laminectomy-patient-in-hospital",
    "fusion-three-weeks-ago",
    "laminectomy-with-unreadable-procedures",
    "right-crest-point-with-unreadable-allergies",
    "laminectomy-and-iliac-harvest",
    "laminectomy-and-a-lumbar-mri-is-ordered",
    "right-crest-point-lidocaine-allergy-and-a-saphenous-block-is-ordered",
    "right-crest-point-reproduces-pain-after-harvest",
    "cyclist-with-left-ischial-point",
    "right-superior-block-relieved-three-quarters",
)
_SEQUENCES = (
    "accepted-finding-then-the-block-card",
    "accepted-in-vain-then-the-next-point",
    "accepted-referral",
    "disagrees-with-the-evidence",
    "dismissed-without-a-reason",
    "examined-and-not-reproduced",
    "not-applicable",
    "not-now-and-then-a-new-finding",
    "not-now-binds-one-user",
    "other-cause-established",
    "shown-in-three-encounters",
    "the-same-encounter-twice",
)
_ISSUERS = {LIVE: ISSUER, SHADOW: f"https://{SHADOW}.example"}


@dataclass
class Played:
    """One sequence as it is played, with the charts of its patients."""

    name: str
    charts: dict[str, dict[str, Any]] = field(default_factory=dict)


def settings(folder: Path, url: str, key_file: Path) -> dict[str, str]:
    """The settings of a service with two clients, one of them in shadow mode."""
    (folder / "keys.json").write_bytes(key_set(published(ec_key(), "ec")))
    rows = [
        f'[[client]]\nname = "{name}"\nissuer = "{issuer}"\njwks_file = "keys.json"\nmode = "{"shadow" if name == SHADOW else "on"}"\n'
        for name, issuer in _ISSUERS.items()
    ]
    (folder / "clients.toml").write_text("\n".join(rows))
    return {
        "CLUNEAL_CLIENTS_FILE": str(folder / "clients.toml"),
        "CLUNEAL_PUBLIC_BASE_URL": BASE,
        "CLUNEAL_DATABASE_URL": url,
        "CLUNEAL_PSEUDONYM_KEY_FILE": str(key_file),
        "CLUNEAL_QUIET": "1",
        "CLUNEAL_STORE_DEADLINE_S": "20",
    }


async def play(environ: Mapping[str, str], *, weeks: int = 5) -> int:
    """How many calls were made: the first `weeks` of all sequences and stories, in the order of time."""
    calls = 0
    async with running(environ) as caller:
        for moment, what in sorted(_schedule(weeks), key=lambda one: one[0]):
            with time_machine.travel(moment + _EARLIER, tick=False):
                if isinstance(what, tuple):
                    calls += await _tell_story(caller, *what, moment)
                else:
                    calls += await what(caller, moment)
    return calls


def _schedule(weeks: int) -> Iterator[tuple[datetime, Any]]:
    last = FIRST_DAY + timedelta(7 * weeks - 1)
    for week in range(weeks):
        for number, name in enumerate(_STORIES):
            for client in _ISSUERS:
                yield datetime.combine(FIRST_DAY + timedelta(7 * week + number % 5), time(9, number), UTC), (name, client)
    for number, name in enumerate(_SEQUENCES):
        played, told = Played(name), sequences()[name]
        for place, row in enumerate(told["step"], start=1):
            step = Step(place, row, told)
            if step.today <= last:
                yield step.moment + timedelta(minutes=20 * number), _Turn(played, step)


@dataclass(frozen=True)
class _Turn:
    played: Played
    step: Step

    async def __call__(self, caller: httpx.AsyncClient, moment: datetime) -> int:
        step, told = self.step, self.step.told
        chart = self.played.charts.setdefault(step.visit.patient, copy.deepcopy(dict(read_story(step.chart).prefetch)))
        for added in told.get("adds", ()):
            write(chart, resources()[added]["key"], of_the_day(added, step), f"{added}-{step.number}")
        whole, drafts = as_sent(chart, step)
        story = read_story(step.chart)
        body = hook_request(story, hook_instance=f"{self.played.name}-{step.number}", today=story.today)
        context: dict[str, Any] = {"userId": step.visit.user, "patientId": step.visit.patient}
        if step.visit.encounter:
            context["encounterId"] = step.visit.encounter
        if step.hook.startswith("order"):
            context["draftOrders"] = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": one} for one in drafts]}
            context |= {"selections": [f"{one['resourceType']}/{one['id']}" for one in drafts]} if step.hook == "order-select" else {}
        body = {**body, "hook": step.hook, "context": context, "prefetch": whole}
        answer = await _ask(caller, LIVE, body, self.played.name, moment)
        for card in answer.get("cards", ()):
            await _answer(caller, card, told, moment)
            for number, resource in enumerate(taken_up(card, told.get("accepts"))):
                write(chart, KEYS[resource["resourceType"]], resource, f"accepted-{step.number}-{number}")
        return 1


async def _tell_story(caller: httpx.AsyncClient, name: str, client: str, moment: datetime) -> int:
    body = hook_request(read_story(name), hook_instance=f"{client}-{name}-{moment.date()}", today=moment.date())
    await _ask(caller, client, body, f"{moment.date()}-{name}", moment)
    return 1


async def _ask(caller: httpx.AsyncClient, client: str, body: dict[str, Any], tag: str, moment: datetime) -> dict[str, Any]:
    """The answer for a patient and a visit of their own."""
    context = body["context"]
    written = json.dumps(moved(body, by=_EARLIER))
    for name in filter(None, (context["patientId"], context.get("encounterId"))):
        written = re.sub(rf'(?<=["/:]){re.escape(name)}(?=["/|])', _own(name, tag), written)
    moment += _EARLIER
    path = f"/cds-services/cluneal-{body['hook']}"
    how = signed(f"{client}-{body['hookInstance']}-{moment.timestamp()}", issuer=_ISSUERS[client], path=path, at=moment)
    answer = await caller.post(path, content=written, headers={**how["headers"], "Content-Type": "application/json"})
    assert answer.status_code in (200, 412), answer.text
    found: dict[str, Any] = answer.json()
    return found


def _own(name: str, tag: str) -> str:
    return f"{name[:24]}.{tag[:36]}"


async def _answer(caller: httpx.AsyncClient, card: dict[str, Any], told: Mapping[str, Any], moment: datetime) -> None:
    """What a step accepts or dismisses, as the EHR reports it."""
    moment += _EARLIER
    item: dict[str, Any] = {"card": card["uuid"], "outcomeTimestamp": moment.isoformat()}
    if "accepts" in told:
        chosen = [one["uuid"] for one in card["suggestions"] if one["label"].startswith(told["accepts"])]
        item |= {"outcome": "accepted", "acceptedSuggestions": [{"id": one} for one in chosen]}
    elif "dismisses" in told:
        item |= {"outcome": "overridden"}
        item |= {"overrideReason": {"reason": {"code": told["dismisses"]}}} if told["dismisses"] else {}
    else:
        return
    path = "/cds-services/cluneal-patient-view/feedback"
    how = signed(f"feedback-{card['uuid']}", path=path, at=moment)
    answer = await caller.post(path, json={"feedback": [item]}, **how)
    assert answer.status_code == 200, answer.text


def main() -> None:
    """Fill a new SQLite file, and say with what."""
    file = Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        key = Path(f"{file}.key")
        key.write_text("00112233445566778899aabbccddeeff" * 2)
        calls = asyncio.run(play(settings(Path(folder), f"sqlite:///{file}", key)))
    sys.stdout.write(f"{calls} calls from {SINCE} to {UNTIL} are in {file}.\n")


if __name__ == "__main__":
    main()
