"""What a site decides differently from the knowledge as shipped: how it is set, what stops the start, and what the answers then say."""

import json
import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
import time_machine

from service.app import create_app
from service.call import Call
from service.errors import InvalidAdjustments
from service.evaluate import evaluate
from service.knowledge.load import load_knowledge
from service.knowledge.thresholds import Adjustments
from service.settings import InvalidSettings, read_settings
from service.story import hook_request, read_story
from tests.service.charts import CPT, HL7, TODAY, ago, archetype, bundle, chart, concept, condition, procedure, report

COMMAND = Path(sys.executable).parent / "cluneal-cds"
HOW_TO_WRITE = "CLUNEAL_THRESHOLDS: write name=number, separated by commas, each name once: relief-good=75,imaging-window=365"
ARCHETYPE = "laminectomy-and-iliac-harvest"
EXERCISE = procedure("exercise", code=concept(CPT, "97110", "Therapeutic exercise"), performedDateTime=ago(100))
RESOLVED = {"clinicalStatus": concept(f"{HL7}condition-clinical", "resolved"), "onsetDateTime": ago(900), "recordedDate": ago(900)}
CREST = condition("pain", code=concept(text="Pain at the right iliac crest"))
MEDIAL = condition("pain", code=concept(text="Pain at the right PSIS and medial buttock"))
ISCHIUM = condition("pain", code=concept(text="Pain at the right ischial tuberosity"))
NOWHERE = condition("pain")
ACCIDENT = condition("event", code=concept(text="Motor vehicle accident"), **RESOLVED)
MARROW = procedure("event", code=concept(text="Bone marrow biopsy"), performedDateTime=ago(900))
SITTING = condition("sitting", code=concept(text="Prolonged sitting"))
GAIT = condition("gait", code=concept(text="Gait abnormality"))


def run(*words: str | Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """One finished run of the command, with these settings and no others."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("CLUNEAL_")}
    return subprocess.run(
        [COMMAND, *words], env={**environ, "COLUMNS": "200", **settings}, capture_output=True, text=True, timeout=60, check=False
    )


def problems(**settings: str) -> tuple[str, ...]:
    """What stops the start of an application with these settings."""
    with pytest.raises((InvalidSettings, InvalidAdjustments)) as refused:
        create_app(read_settings({f"CLUNEAL_{name.upper()}": value for name, value in settings.items()}))
    return refused.value.problems


async def answered(story_name: str, **settings: str):
    """What a service with these settings answers to a story on its day."""
    story = read_story(story_name)
    given = {"DATABASE_URL": "off", **settings}
    app = create_app(read_settings({f"CLUNEAL_{name.upper()}": value for name, value in given.items()}))
    with time_machine.travel(f"{story.today.isoformat()}T12:00:00+00:00", tick=False):
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://127.0.0.1:8000") as client:
            body = hook_request(story, hook_instance="1", today=story.today)
            return (await client.post("/cds-services/cluneal-patient-view", json=body)).json()


def seen(prefetch, *, policy):
    """What a site with this policy makes of a chart."""
    return evaluate(chart(prefetch), load_knowledge(Adjustments(policy)), today=TODAY, call=Call("p", "1", "Practitioner/1"))


def part(evaluation, name):
    (card,) = evaluation.cards
    return card.extension[f"org.cluneal-cds.{name}"]


def short(evaluation):
    """The answer in two words: kind and tier, or silence and its rule."""
    if not evaluation.cards:
        return f"silent {evaluation.silence.rule}"
    return f"{part(evaluation, 'basis')['kind']} {part(evaluation, 'basis')['tier']}"


async def test_a_threshold_is_one_line_of_settings():
    """The archetype's MRI of seven months ago is too old for a site that asks for one of six: silence, where the shipped service speaks."""
    shipped, adjusted = await answered(ARCHETYPE), await answered(ARCHETYPE, thresholds=" imaging-window = 180 , ")

    assert len(shipped["cards"]) == 1
    assert (adjusted["cards"], adjusted["extension"]["org.cluneal-cds.silence"]["rule"]) == ([], "T-LOW")


async def test_every_answer_names_what_was_decided_here():
    """Policy and moved numbers stand in the extension of the card, and its words point to them."""
    (card,) = (await answered(ARCHETYPE, policy="inclusive", thresholds="imaging-window=365,relief-good=75"))["cards"]

    assert card["detail"].endswith("(adjusted by this site).")
    details = card["extension"]["org.cluneal-cds.details"]
    assert (details["policy"], details["adjusted"]) == ("inclusive", {"imaging-window": 365, "relief-good": 75})


@pytest.mark.parametrize("thresholds", ["", " ", ",", " , ,"])
async def test_no_threshold_is_no_adjustment(thresholds):
    """A line left empty in a deployment file leaves the knowledge as it is shipped."""
    (card,) = (await answered(ARCHETYPE, thresholds=thresholds))["cards"]

    assert "adjusted" not in json.dumps(card)


@pytest.mark.parametrize("policy", ["both", "Inclusive", "EVIDENCE", "all", "1", "evidence,inclusive"])
def test_a_policy_that_is_none_stops_the_start(policy):
    """There are two, and the message names them."""
    assert problems(policy=policy) == ("CLUNEAL_POLICY: must be evidence or inclusive",)


@pytest.mark.parametrize(
    "thresholds",
    [
        *("relief-good", "relief-good:75", "relief-good=75=80", "relief-good=75;imaging-window=365", "relief-good=75 imaging-window=365"),
        *("relief-good=75,relief-good=75", "relief-good=75, relief-good =80", '{"relief-good": 75}', "relief-good=75,365"),
    ],
)
def test_thresholds_that_cannot_be_read_stop_the_start(thresholds):
    """Another sign between them, a name without its number, a name twice: the message shows how it is written."""
    assert problems(thresholds=thresholds) == (HOW_TO_WRITE,)


@pytest.mark.parametrize(
    "thresholds", ["relief-good=", "relief-good=seventy", "relief-good=75%", "relief-good=7 5", "imaging-window=1 year"]
)
def test_a_threshold_is_a_number(thresholds):
    """Words and units are refused under the name of the setting, without repeating what was typed."""
    (problem,) = problems(thresholds=thresholds)

    assert problem.startswith("CLUNEAL_THRESHOLDS: ")
    assert "number" in problem
    assert "seventy" not in problem


@pytest.mark.parametrize("thresholds", ["relief-good=nan", "relief-good=inf", "relief-good=-75", "relief-good=1e9", "relief-good=69.999"])
def test_a_number_beyond_the_bounds_stops_the_start(thresholds):
    """The bounds are the knowledge's; the message names them with their unit."""
    (problem,) = problems(thresholds=thresholds)

    assert "relief-good may be 70 to 80 percent, not " in problem


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        *((name, "did you mean relief-good?") for name in ("relief-god", "Relief-Good", "relief_good", "RELIEF-GOD")),
        *((name, "`cluneal-cds knowledge list thresholds` names them") for name in ("", "X-01")),
    ],
)
def test_a_threshold_that_is_not_there_stops_the_start(name, hint):
    """A misspelt name is not passed over: the site would believe that it moved something. The near one is named."""
    (problem,) = problems(thresholds=f"{name}=75")

    assert f'there is no threshold "{name}" to adjust; {hint}' in problem


def test_all_wishes_that_cannot_be_met_come_at_once():
    """Whoever sets up the service mends everything in one go."""
    told = "\n".join(problems(thresholds="imaging-window=10,nope=1,relief-good=75,lasting-pain=7"))
    typed = problems(policy="both", thresholds="x", port="http")

    assert all(words in told for words in ("imaging-window may be", "lasting-pain may be", 'no threshold "nope"'))
    assert "relief-good" not in told
    assert typed[1:] == ("CLUNEAL_POLICY: must be evidence or inclusive", HOW_TO_WRITE)


def test_wishes_and_settings_come_at_once():
    """What the knowledge does not allow stands in one message with what no setting may be."""
    found = run("serve", CLUNEAL_THRESHOLDS="relief-god=75,imaging-window=1", CLUNEAL_PORT="abc", CLUNEAL_OPEN="2")

    assert (found.returncode, found.stdout) == (2, "")
    assert found.stderr.splitlines() == [
        "4 problems in the settings:",
        '  CLUNEAL_THRESHOLDS: there is no threshold "relief-god" to adjust; did you mean relief-good?',
        "  CLUNEAL_THRESHOLDS: imaging-window may be 180 to 730 days, not 1",
        "  CLUNEAL_PORT: must be a whole number from 1 to 65535",
        "  CLUNEAL_OPEN: must be 1 or 0",
    ]


@pytest.mark.parametrize("name", ["CLUNEAL_THRESHOLD", "CLUNEAL_TRESHOLDS", "CLUNEAL_POLICIES"])
def test_a_mistyped_setting_stops_the_start(name):
    """It is named with the one that was probably meant."""
    found = run("serve", **{name: "relief-good=75"})

    assert found.returncode == 2
    assert f"{name} is not a setting (did you mean CLUNEAL_" in found.stderr


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"CLUNEAL_POLICY": "both"}, "CLUNEAL_POLICY: must be evidence or inclusive\n"),
        ({"CLUNEAL_THRESHOLDS": "relief-good:75"}, f"{HOW_TO_WRITE}\n"),
        ({"CLUNEAL_THRESHOLDS": "relief-good=75%"}, "CLUNEAL_THRESHOLDS: "),
        ({"CLUNEAL_THRESHOLDS": "relief-good=90"}, "relief-good may be 70 to 80 percent, not 90\n"),
        ({"CLUNEAL_THRESHOLDS": "relief-god=75"}, 'there is no threshold "relief-god" to adjust'),
    ],
)
def test_a_wrong_setting_ends_with_2_and_a_sentence(settings, says):
    """The operator reads what to mend, no traceback; 2 says that a setting is wrong, as for every other setting."""
    found = run("serve", **settings)

    assert says in found.stderr
    assert "Traceback" not in found.stderr
    assert (found.returncode, found.stdout) == (2, "")


def test_a_wish_beyond_the_bounds_is_no_problem_of_the_files():
    """The knowledge is sound; what has to be mended is the setting, and it is named."""
    found = run("serve", CLUNEAL_THRESHOLDS="relief-good=90")

    assert "CLUNEAL_THRESHOLDS" in found.stderr
    assert "service/knowledge:" not in found.stderr


def test_evaluate_answers_as_the_service_would(tmp_path):
    """The command and the service of one site cannot disagree about a chart."""
    file = tmp_path / "request.json"
    file.write_text(run("story", ARCHETYPE).stdout)
    found = json.loads(run("evaluate", file, "--json", CLUNEAL_THRESHOLDS="imaging-window=180").stdout)

    assert found["silence"]["rule"] == "T-LOW"


@pytest.mark.parametrize(
    ("nerve", "pain", "event"), [("superior", CREST, ACCIDENT), ("middle", MEDIAL, GAIT), ("inferior", ISCHIUM, SITTING)]
)
def test_a_site_may_count_what_the_articles_merely_name(nerve, pain, event):
    """With pain in the nerve's territory and a clear MRI the event is the second kind of support, S3, under "inclusive" alone."""
    prefetch = archetype(conditions=bundle(pain, event), procedures=bundle(EXERCISE))
    inclusive = seen(prefetch, policy="inclusive")

    assert short(seen(prefetch, policy="evidence")) == "silent T-LOW"
    assert (short(inclusive), part(inclusive, "basis")["nerves"]) == ("workup moderate", [nerve])
    assert {"S3", "S4"} <= set(part(inclusive, "basis")["rules"])
    assert (part(inclusive, "details")["policy"], "(adjusted by this site)" in inclusive.cards[0].detail) == ("inclusive", True)


@pytest.mark.parametrize(
    ("pain", "events"),
    [
        (MEDIAL, {"conditions": [ACCIDENT]}),
        (CREST, {"conditions": [SITTING]}),
        (CREST, {"procedures": [MARROW]}),
        (NOWHERE, {"conditions": [ACCIDENT]}),
        (NOWHERE, {"conditions": [ACCIDENT, GAIT, SITTING]}),
    ],
    ids=["named for another nerve", "named for the inferior nerve", "only shown", "no territory", "no territory, every nerve"],
)
def test_the_other_policy_counts_nothing_else(pain, events):
    """Not for another nerve, not what is only shown because nobody wrote where, and never a way in without a territory."""
    prefetch = archetype(conditions=bundle(pain, *events.get("conditions", ())), procedures=bundle(EXERCISE, *events.get("procedures", ())))

    assert short(seen(prefetch, policy="inclusive")) == "silent T-LOW"


def test_a_merely_named_event_frees_no_other_to_open_the_way():
    """One session of surgery and injection is one kind of support; an accident that takes its place as S3 does not make it two."""
    session = [procedure(performedDateTime=ago(300)), procedure("injection", code=concept(CPT, "64493"), performedDateTime=ago(300))]
    unclear = bundle(report("Post-surgical changes."))
    prefetch = archetype(conditions=bundle(NOWHERE, ACCIDENT), procedures=bundle(*session), reports=unclear)
    placed = archetype(conditions=bundle(CREST, ACCIDENT), procedures=bundle(*session), reports=unclear)

    assert short(seen(prefetch, policy="inclusive")) == "silent T-LOW"
    assert short(seen(placed, policy="inclusive")) == "workup moderate"


@pytest.mark.parametrize(("event", "told"), [(ACCIDENT, "motor vehicle accident"), (MARROW, "bone marrow biopsy, site not stated")])
def test_as_shipped_it_is_only_shown(event, told):
    """What the articles name without numbers stands on the card by itself, and among no support."""
    key = "conditions" if event is ACCIDENT else "procedures"
    first = {"conditions": [CREST], "procedures": [procedure()]}
    first[key] = [*first[key], event]
    (card,) = seen(archetype(**{name: bundle(*entries) for name, entries in first.items()}), policy="evidence").cards

    assert f"**Also on record (no published numbers)** {told}" in card.detail
    assert told not in card.detail.split("**Also on record")[0]
