"""The sequences of fixtures/sequences as an EHR lives them: signed calls over weeks, feedback, and a store as the only memory."""

from datetime import timedelta

import pytest
import time_machine

from tests.sequences import Course, Step, sequences, silence_in_words, steps
from tests.service.storage.calls import ask, clients, running, signed

# One of each kind of pause; what the databases have in common is tried on SQLite.
ON_POSTGRESQL = ("not-now-binds-one-user", "one-order-card-per-user-and-day", "shown-in-three-encounters", "what-another-client-was-told")


def body(step, prefetch, drafts):
    """The request of a step."""
    visit = step.visit
    context = {"patientId": visit.patient, "userId": visit.user, **({"encounterId": visit.encounter} if visit.encounter else {})}
    if drafts:
        context["draftOrders"] = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": one} for one in drafts]}
    return {"hook": step.hook, "hookInstance": f"call-{step.number}", "context": context, "prefetch": prefetch}


def outcome(answer):
    """What an answer says, as `Step.expected` has it."""
    found = answer.json()
    if answer.status_code == 412:
        return f"refused {found['issue'][0]['diagnostics'].partition('readable: ')[2].partition('. ')[0]}"
    if cards := found["cards"]:
        return cards[0]["extension"]["org.cluneal-cds.basis"]["kind"]
    return silence_in_words(found["extension"]["org.cluneal-cds.silence"])


def feedback(step: Step, card):
    """What an EHR reports of a card at a step; nothing where nobody did anything."""
    item = {"card": card["uuid"], "outcomeTimestamp": step.moment.isoformat()}
    if "accepts" in step.told:
        (chosen,) = [one for one in card["suggestions"] if one["label"].startswith(step.told["accepts"])]
        return [{**item, "outcome": "accepted", "acceptedSuggestions": [{"id": chosen["uuid"]}]}]
    if "dismisses" in step.told:
        told = step.told["dismisses"]
        reason = {"reason": {"display" if " " in told else "code": told}} if told else {}
        return [{**item, "outcome": "overridden", "overrideReason": reason}]
    return []


async def lived(name, environ, folder):
    """What each step of a sequence was answered."""
    course, said = Course(), []
    told = steps(sequences()[name])
    names = dict.fromkeys(step.visit.client for step in told)
    issuers = {one: f"https://{one}.example" for one in names}
    async with running({**environ, **clients(folder, "nobody", *names)}) as caller:
        for step in told:
            with time_machine.travel(step.moment, tick=False):
                how = {"issuer": issuers[step.visit.client], "at": step.moment}
                path = f"/cds-services/cluneal-{step.hook}"
                answer = await ask(caller, body(step, *course.comes_to(step)), **signed(f"{step.number}", path=path, **how))
            said.append(outcome(answer))
            card = next(iter(answer.json().get("cards", ())), None)
            if card and (items := feedback(step, card)):
                # A moment later, and before the next call.
                with time_machine.travel(step.moment + timedelta(seconds=30), tick=False):
                    to = f"{path}/feedback"
                    kept = await caller.post(to, json={"feedback": items}, **signed(f"{step.number}-f", path=to, **how))
                assert kept.status_code == 200
            if card:
                course.goes_on(step, card)
    return said


@pytest.mark.parametrize("name", sequences())
async def test_a_sequence_is_answered_as_it_is_told(name, tmp_path):
    """Call after call gets the card, the silence with its rule and last day, or the refusal that the file expects, with nothing set."""
    environ = {"CLUNEAL_DATABASE_URL": f"sqlite:///{tmp_path / 'memory.sqlite'}", "CLUNEAL_STORE_DEADLINE_S": "20"}

    assert await lived(name, environ, tmp_path) == [step.expected for step in steps(sequences()[name])]


@pytest.mark.parametrize("name", ON_POSTGRESQL)
async def test_postgresql_remembers_the_same(name, postgresql_url, key_file, tmp_path):
    """The same sequences, the same answers."""
    environ = {"CLUNEAL_DATABASE_URL": postgresql_url, "CLUNEAL_PSEUDONYM_KEY_FILE": str(key_file), "CLUNEAL_STORE_DEADLINE_S": "20"}

    assert await lived(name, environ, tmp_path) == [step.expected for step in steps(sequences()[name])]


async def test_a_service_without_a_store_says_it_each_time(tmp_path):
    """Stateless, by setting: the call that is quiet with a store gets its card again, and nothing is asked of anybody's past."""
    name = "shown-in-three-encounters"

    assert set(await lived(name, {"CLUNEAL_DATABASE_URL": "off"}, tmp_path)) == {"workup"}
