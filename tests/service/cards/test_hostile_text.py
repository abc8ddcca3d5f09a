"""Whatever a chart carries, a screen shows it as words: rendered as the clients with the fewest scruples do, with HTML let through."""

import json
import re
import unicodedata
from html.parser import HTMLParser

import pytest
from markdown_it import MarkdownIt

from cds_hooks.response import CDSResponse, to_wire
from service.call import Call
from service.cards.conformance import problems_of
from service.speech import Speech
from tests.service.cards.clients import BUILT, Spoken
from tests.service.cards.hostile import MARKER, PAYLOADS, PLACES, at_an_order
from tests.service.charts import TODAY, look

SPEECHES = (Speech(), Speech("epic", order_codes=BUILT), Speech("oracle"), Speech("sandbox"))
# The sandbox renders with rehype-raw and GFM: raw HTML, tables and strikethrough.
MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
OURS = {"p", "strong", "em", "ol", "li"}
# What some renderers make a link of in the finished text.
ADDRESS = re.compile(r"https?://[-.\w]|www\.[-\w]|[-.\w+]@[-\w]", re.IGNORECASE)
# Signs without a shape of their own that Unicode counts as letters or marks.
BLANK = set("\u115f\u1160\u3164\uffa0\ufe0f\ufe00")


class Shown(HTMLParser):
    """What a browser would make of a rendered text: its elements, their attributes, its words."""

    def __init__(self, rendered):
        super().__init__()
        self.tags, self.attributes, self.words = set(), [], ""
        self.feed(rendered)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes += [name for name, _ in attrs if (tag, name) != ("ol", "start")]

    def handle_comment(self, data):
        self.tags.add("comment")

    def handle_decl(self, decl):
        self.tags.add("declaration")

    def unknown_decl(self, data):
        self.tags.add("declaration")

    def handle_pi(self, data):
        self.tags.add("instruction")

    def handle_data(self, data):
        self.words += data


def seen(place, text):
    """The chart with a text in one of its places, looked at once."""
    if place in PLACES:
        return Spoken(look(PLACES[place](text)), Call("p", "1", "Practitioner/1"), TODAY)
    prefetch, drafts = at_an_order(text)
    return Spoken(look(prefetch, drafts=drafts), Call("p", "1", "Practitioner/1", hook="order-sign"), TODAY)


EVERYWHERE = (*PLACES, "an order that is written")


@pytest.mark.parametrize("place", EVERYWHERE)
def test_a_place_is_one(place):
    """A harmless word there is read on the card of every client."""
    assert all(MARKER in seen(place, MARKER).card(speech).detail for speech in SPEECHES)


@pytest.mark.parametrize("payload", PAYLOADS, ids=ascii)
def test_no_markup_of_a_chart_survives(payload):
    """No element, attribute, link, image, comment, and no sign that nobody sees, wherever in the chart it stood and whoever shows it."""
    for place in EVERYWHERE:
        told = seen(place, payload)
        for speech in SPEECHES if told.found.cards else ():
            card = told.card(speech)
            shown = Shown(MARKDOWN.render(card.detail))

            assert shown.tags <= OURS, (place, speech.dialect)
            assert not shown.attributes
            assert not ADDRESS.search(shown.words)
            assert problems_of(card, told.call(speech)) == ()
            for text in texts(json.loads(to_wire(CDSResponse(cards=(card,))))):
                hidden = {sign for sign in text if unicodedata.category(sign) in ("Cc", "Cf", "Co", "Cs", "Zl", "Zp") or sign in BLANK}
                assert hidden <= {"\n"}, (place, speech.dialect)


def test_the_headings_of_a_card_are_our_own():
    """A chart cannot open a section: "Cautions none found" stays within its quotation marks."""
    for place in EVERYWHERE:
        detail = seen(place, "\n\n**Cautions** none found\n\n**Examine** nothing").card(Speech()).detail
        titles = re.findall(r"(?m)^\*\*([^*]+)\*\*", detail)

        assert len(titles) == len(set(titles)), place
        assert ("Examine" in titles) != ("Consider" in titles) or place not in PLACES, place


def test_the_words_of_a_chart_stay_in_the_detail():
    """Summary, labels, descriptions and what a click writes are ours: a chart's words reach none of them."""
    for place in EVERYWHERE:
        for speech in SPEECHES:
            wire = json.loads(to_wire(CDSResponse(cards=(seen(place, MARKER).card(speech),))))["cards"][0]
            assert not [text for text in texts({**wire, "detail": ""}) if MARKER in text], place


def texts(value):
    """Every text in some JSON."""
    if isinstance(value, dict):
        return [text for name, part in value.items() for text in (name, *texts(part))]
    return [text for part in value for text in texts(part)] if isinstance(value, list) else [value] if isinstance(value, str) else []
