"""The page of reasons over HTTP: every card leads to its own, and it shows what decided, and no more of the patient than that."""

import json
import re
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from cds_hooks.response import CDSResponse
from service.app import create_app
from service.cards.compose import compose
from service.cards.conformance import problems_of
from service.dates import read_date
from service.knowledge.load import load_knowledge
from service.reasoning.rules import state_of
from service.settings import read_settings
from service.story import hook_request, read_story, story_names
from service.web.why import WhyLinks
from service.web.why_basis import basis_of
from service.web.why_criteria import rule_state
from service.web.why_link import Seal
from service.web.why_written import read_basis, written
from tests.doors import application, called, corridor
from tests.service.cards.clients import CLIENTS
from tests.service.web.why import WHY, answered, evaluated, link_of, opened, page_of, words_of
from tests.test_patients import EXPECTED, WITH_CARD

KNOWLEDGE = load_knowledge()
SILENT = tuple(name for name in EXPECTED if EXPECTED[name]["expected"].get("card") == "none" and EXPECTED[name]["user"].startswith("Pract"))
ARCHETYPE = "laminectomy-and-iliac-harvest"


@pytest.mark.parametrize("name", WITH_CARD)
def test_every_card_leads_to_a_page_that_shows_its_facts(name):
    """The sentence of the card, its nerves, the entries of the chart that it rests on, and the rules that decided."""
    page, words, answer = page_of(name), words_of(page_of(name)), corridor(name)

    assert answer.cards[0]["summary"] in words
    assert len(re.findall('data-testid="why-point"', page)) == len(KNOWLEDGE.nerves)
    for nerve in answer.basis["nerves"]:
        assert KNOWLEDGE.nerves[nerve].landmark.says in words
    for rule in answer.basis["rules"]:
        assert f'id="rule-{rule}"' in page or re.fullmatch(r"S\d", rule), rule
    sent = json.dumps(read_story(name).prefetch)
    shown = set(re.findall(r"<code>([A-Z]\w+/[^<]+)</code>", page))
    assert shown
    assert all(reference.split("/")[1] in sent for reference in shown)


@pytest.mark.parametrize("name", story_names())
def test_a_page_has_no_name_no_birth_date_and_no_text_of_the_chart(name):
    """Not on the page, not in the link; the link is short enough for every screen."""
    story = read_story(name)
    link = link_of(answered(story))
    if link is None:
        assert name in [*(one for one in EXPECTED if EXPECTED[one]["expected"]["status"] == 412), "the-patient-opens-her-own-chart"]
        return
    patient, words = story.prefetch["patient"], words_of(page_of(name))
    assert len(link) <= 1_500
    assert not [day for day in (patient["birthDate"], read_date(patient["birthDate"]).in_words()) if day in words]
    for named in patient.get("name", []):
        assert named["family"] not in words
    texts = re.findall(r'"(?:conclusion|value|text)": "([^"]{40,})"', json.dumps(story.prefetch))
    assert not [text for text in texts if text in words]


@pytest.mark.parametrize("name", SILENT)
def test_where_it_is_tried_out_silence_has_a_page_too(name):
    """It opens with the rule that decided, and says what would change it."""
    story = read_story(name)
    answer = answered(story)
    silence = answer["extension"]["org.cluneal-cds.silence"]
    page = opened(answer["extension"][WHY]["url"], story).text

    assert answer["cards"] == []
    assert f'<a href="#rule-{silence["rule"]}">{silence["rule"]}</a>' in page
    assert silence["says"] in words_of(page)


def test_a_page_shows_which_criterion_was_met_and_the_fact_that_decided():
    """Of the patient this service was made for: candidacy met by the problem, the operation by its code and day, red flags unknown."""
    words = words_of(page_of(ARCHETYPE))

    assert "I-02 met decided" in words
    assert re.search(r"X-01 unknown", words)
    assert "20 Nov 2024 · CPT 22612 · Procedure/" in words
    assert "D-08 not met" in words
    assert "bone graft from a separate incision (usually iliac crest)" in words


def test_beside_the_state_of_a_criterion_stands_what_it_asks_for():
    """Where candidacy is met, no sentence of the table says that something is missing; where a silence rests on it, that is said."""
    rows = {row[0]: words_of(row[1]) for row in re.findall(r'<tr id="rule-(I-\d\d)"(.*?)</tr>', page_of(ARCHETYPE), re.DOTALL)}

    assert list(rows) == [rule.id for rule in KNOWLEDGE.rules["I"]]
    for rule in KNOWLEDGE.rules["I"]:
        assert f"met decided {rule.asks_for} needed for a card" in rows[rule.id]
        assert rule.says not in rows[rule.id]
    assert "The patient is 18 or older." in rows["I-01"]
    assert "I-01 The patient is not known to be 18 or older." in words_of(page_of("sixteen-years-old-with-a-right-crest-point"))


@pytest.mark.parametrize("name", [name for name in story_names() if corridor(name).status == 200])
def test_the_page_decides_no_rule_otherwise_than_the_card(name):
    """Every rule that asks findings has the state on the page that the reasoning gives it."""
    evaluation, call = evaluated(name)
    basis = basis_of(evaluation, call, thorough=True)
    if basis is None:
        return
    again = read_basis(written(basis))

    assert again == basis
    for rule in (rule for stage in KNOWLEDGE.rules.values() for rule in stage if rule.asks):
        assert rule_state(rule, again) is state_of(rule, evaluation.findings), rule.id


@pytest.mark.parametrize(("path", "status", "says"), [("/why/", 400, "cannot be read"), ("/why/AAAA", 400, "cannot be read"), ("/why/" + "A" * 2_001, 414, "cannot be read"), ("/why/a/b", 400, "cannot be read")])  # fmt: skip  # noqa: E501
def test_a_link_that_is_none_is_told_what_to_do(path, status, says):
    """A page for people, with what helps, and nothing of anybody."""
    answer = called("GET", path, on=read_story(ARCHETYPE).today)

    assert answer.status_code == status
    assert says in answer.text
    assert "Open the patient&#39;s chart again" in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"


def test_a_link_of_yesterday_has_expired():
    """410, and what to do."""
    story = read_story(ARCHETYPE)
    answer = called("GET", urlsplit(link_of(answered(story))).path, on=story.today + timedelta(days=1))

    assert answer.status_code == 410
    assert "This link has expired" in answer.text


def test_another_service_does_not_open_the_link():
    """Without a store each makes a key of its own at its start."""
    story, other = read_story(ARCHETYPE), create_app(read_settings({"CLUNEAL_DATABASE_URL": "off"}))

    assert opened(link_of(answered(story)), story, app=other).status_code == 400


def test_replicas_open_each_others_links(tmp_path):
    """With the same key in a file, and with an older one that is still listed."""
    story, keys = read_story(ARCHETYPE), [f"{number:064x}" for number in (7, 8)]
    (tmp_path / "one").write_text(keys[0], encoding="ascii")
    (tmp_path / "two").write_text(f"{keys[1]}\n{keys[0]}\n", encoding="ascii")
    one, two = (
        create_app(read_settings({"CLUNEAL_DATABASE_URL": "off", "CLUNEAL_LINK_KEY_FILE": str(tmp_path / name)})) for name in ("one", "two")
    )

    assert opened(link_of(answered(story, app=one)), story, app=two).status_code == 200
    assert opened(link_of(answered(story, app=two)), story, app=one).status_code == 400


def test_replicas_with_one_key_of_pseudonyms_open_each_others_links(tmp_path):
    """Nobody has to think of a second key; another site with another one opens none of them."""
    story = read_story(ARCHETYPE)
    for name, digit in (("ours", "7"), ("theirs", "8")):
        (tmp_path / name).write_text(digit * 64, encoding="ascii")
    one, two, other = (
        create_app(
            read_settings(
                {"CLUNEAL_DATABASE_URL": f"sqlite:///{tmp_path}/{number}.sqlite", "CLUNEAL_PSEUDONYM_KEY_FILE": str(tmp_path / key)}
            )
        )
        for number, key in enumerate(("ours", "ours", "theirs"))
    )
    link = link_of(answered(story, app=one))

    assert opened(link, story, app=two).status_code == 200
    assert opened(link, story, app=other).status_code == 400


def test_two_patients_have_two_links_and_neither_opens_the_other():
    """The page of one has none of the other's entries."""
    first, second = (set(re.findall(r"<code>([A-Z]\w+/[^<]+)</code>", page_of(name))) for name in (ARCHETYPE, WITH_CARD[1]))

    assert first
    assert second
    assert not first & second


@pytest.mark.parametrize(("pages", "linked"), [("none", False), ("knowledge", False), ("why", True)])
def test_without_the_page_there_is_no_link(pages, linked):
    """A card is the same but for its link."""
    story = read_story(ARCHETYPE)
    app = create_app(read_settings({"CLUNEAL_DATABASE_URL": "off", "CLUNEAL_PAGES": pages}))
    (card,), (usual,) = answered(story, app=app)["cards"], answered(story)["cards"]

    assert ("links" in card) is linked
    assert {**card, "links": []} == {**usual, "links": []}
    assert called("GET", "/why", on=story.today, app=app).status_code == (200 if linked else 404)


def test_silence_has_no_link_where_it_is_not_tried_out():
    """At a site only cards have one."""
    story = read_story(SILENT[0])
    app = create_app(read_settings({"CLUNEAL_DATABASE_URL": "off", "CLUNEAL_PAGES": "why,knowledge"}))

    assert WHY not in answered(story, app=app)["extension"]


def test_a_card_is_never_lost_for_its_link():
    """Where the chart names its entries so that not even the least goes into a link, the card comes without one and says so."""
    story = read_story(ARCHETYPE)
    body = hook_request(story, hook_instance="1", today=story.today)
    many = [
        {**condition["resource"], "id": f"{'x' * 40}{number}"}
        for number in range(400)
        for condition in [{"resource": body["prefetch"]["conditions"]["entry"][0]["resource"]}]
    ]
    body["prefetch"]["conditions"]["entry"] += [{"resource": one} for one in many]
    answer = answered(story, body)

    assert len(answer["cards"]) == 1
    assert opened(link_of(answer), story).status_code == 200
    assert "more" in words_of(opened(link_of(answer), story).text)


@pytest.mark.parametrize(
    ("name", "about", "then"),
    [
        ("laminectomy-and-iliac-harvest", "Examine", True),
        ("laminectomy-and-a-lumbar-mri-is-ordered", "At an order", True),
        ("laminectomy-and-right-point-recorded-today", "Consider a block", False),
        ("right-crest-point-and-lidocaine-allergy", "No block now", False),
        ("laminectomy-right-point-and-block-already-ordered", "Block already ordered", False),
        ("right-crest-point-lidocaine-allergy-and-a-block-is-ordered", "At an order", False),
        ("two-right-superior-blocks-relieved-three-quarters", "What a block showed", False),
        ("sixteen-years-old-with-a-right-crest-point", "No card", False),
    ],
)
def test_nothing_on_a_page_says_consider_a_block_where_its_card_does_not(name, about, then):
    """Above the sentence stands its own outcome; that a block can follow from pressing is said where pressing is what is asked for."""
    page = page_of(name)

    assert re.search(r'<p class="kicker"><span class="tag">([^<]+)</span>', page)[1] == about
    assert "Check power, reflexes, perineal sensation." in page
    assert ("record it; a diagnostic block can then be considered." in words_of(page)) is then


def test_the_entrance_says_what_the_page_is():
    """/why alone: that a card leads to it, and what it holds."""
    words = words_of(called("GET", "/why", on=read_story(ARCHETYPE).today, app=application()).text)

    assert "Every card has a link" in words
    assert "about 60 minutes" in words


def test_a_red_flag_is_shown_with_the_entry_that_raised_it_and_nobody_is_told_to_press():
    """The silence of a cauda equina: what was recorded, and when; the instruction to press is left out."""
    name = "new-urinary-retention-and-saddle-numbness"
    page = page_of(name)
    top = page.split('data-testid="why-silence"')[1].split("</li>")[0]

    assert re.search(r"<code>[A-Z]\w+/[^<]+</code>", top)
    assert "firm thumb pressure" not in page.split('id="examine"')[0]


def test_a_card_comes_without_a_link_where_none_fits():
    """An address so long that no link has room: the card is the same, and the answer says why no page explains it."""
    story = read_story(ARCHETYPE)
    environ = {"CLUNEAL_DATABASE_URL": "off", "CLUNEAL_PUBLIC_BASE_URL": "http://127.0.0.1:8000/" + "x" * 1_990}
    answer = answered(story, app=create_app(read_settings(environ)))

    assert [card["summary"] for card in answer["cards"]] == [card["summary"] for card in corridor(ARCHETYPE).cards]
    assert "links" not in answer["cards"][0]
    assert "more to this answer than a link can carry" in answer["extension"][WHY]["says"]


@pytest.mark.parametrize("client", CLIENTS)
def test_no_client_is_sent_a_link_that_it_could_not_show(client):
    """An absolute https link is what every dialect shows; nothing is wrong with the card that has it."""
    evaluation, call = evaluated(ARCHETYPE)
    spoken = replace(call, speech=CLIENTS[client])
    card = compose(evaluation.outcome, evaluation.findings, spoken, evaluation.findings.today)
    links = WhyLinks(Seal([b"7" * 32], KNOWLEDGE, minutes=60), base="https://cds.example/cluneal", clock=lambda: 1e9, silences=False)
    (linked,) = links.put_on(CDSResponse(cards=(card,)), evaluation, spoken).cards

    assert linked.links[0].url.startswith("https://cds.example/cluneal/why/")
    assert problems_of(linked, spoken) == problems_of(card, spoken)


def test_the_link_reaches_no_log(caplog):
    """Neither when it is given out nor when it is followed, good or bad."""
    story = read_story(ARCHETYPE)
    with caplog.at_level("DEBUG"):
        link = link_of(answered(story))
        opened(link, story)
        opened(link[:-1], story)
    ours = [record for record in caplog.records if record.name.split(".")[0] in ("service", "cds_hooks", "uvicorn")]

    assert not [record for record in ours if link[-40:-1] in record.getMessage()]
