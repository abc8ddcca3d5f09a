"""What a chart says reaches the page of reasons as text, or not at all: ids, codes of the site, dates, and every word of an entry."""

from html.parser import HTMLParser

import pytest

from service.dates import When
from service.knowledge.load import load_knowledge
from service.reasoning.truth import State
from service.record import Side
from service.story import hook_request, read_story
from service.web.layout import Layout
from service.web.why_basis import Basis, Entry, Nerved, Seen
from service.web.why_page import why_page
from service.web.why_written import read_basis, written
from tests.service.charts import TODAY
from tests.service.web.why import answered, link_of, opened

KNOWLEDGE, LAYOUT = load_knowledge(), Layout("http://localhost:8000", "2026.9")
PAYLOADS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<iframe src=javascript:alert(1)>",
    "<body onload=alert(1)>",
    "<a href=javascript:alert(1)>x</a>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<details open ontoggle=alert(1)>",
    "<video><source onerror=alert(1)>",
    "<input autofocus onfocus=alert(1)>",
    "<marquee onstart=alert(1)>",
    "<link rel=stylesheet href=https://evil.example/x.css>",
    "<meta http-equiv=refresh content=0;url=https://evil.example>",
    "<base href=https://evil.example/>",
    "<form action=https://evil.example><button>go</button>",
    "<style>*{display:none}</style>",
    "<object data=x>",
    "<embed src=x>",
    "<!--><script>alert(1)</script>",
    "</td></table><script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "</code><img src=x onerror=alert(1)>",
    "</desc></svg><script>alert(1)</script>",
    '"><script>alert(1)</script>',
    "'><script>alert(1)</script>",
    '" onmouseover="alert(1)',
    "' onfocus='alert(1)' autofocus='",
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "{{ 7 * 7 }}",
    "{% include 'frame.html' %}",
    "${7*7}",
    "#{7*7}",
    "%3Cscript%3Ealert(1)%3C/script%3E",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script&#62;alert(1)&#60;/script&#62;",
    "\\u003cscript\\u003ealert(1)",
    "<scr\u0000ipt>alert(1)</scr\u0000ipt>",
    "\u202e<script>alert(1)</script>",
    "\u2028<script>alert(1)",
    "＜script＞alert(1)＜/script＞",
    "]]><script>alert(1)</script>",
    "[x](javascript:alert(1))",
    "<a xlink:href=javascript:alert(1)>",
)


class Elements(HTMLParser):
    """Every element of a page with the names of its attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.seen: set[tuple[str, tuple[str, ...]]] = set()
        self.addresses: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.seen.add((tag, tuple(sorted({name for name, _ in attrs}))))
        self.addresses |= {value for name, value in attrs if name in ("href", "src", "action", "xlink:href")}


def page_with(text: str) -> str:
    """The page of a basis in which the chart says a text wherever the chart can say anything."""
    when = When(TODAY, TODAY)
    entry = Entry(text, when, Side.RIGHT, "", text, outside=True, by_site=True, in_words=True)
    named = Entry("Observation/1", when, Side.LEFT, text, text)
    findings = {name: Seen(State.PRESENT, (entry, named), 1) for name in KNOWLEDGE.findings}
    basis = Basis(
        TODAY,
        "workup",
        text,
        findings,
        nerves=(Nerved("superior", "moderate", Side.RIGHT, "pain", "territory", ("S1", "S3", "S4")),),
        unread=(text,),
        unusable=(text,),
        against=tuple(rule.id for rule in KNOWLEDGE.rules["W"]),
    )
    page = Layout("http://localhost:8000", "2026.7").page(
        "why.html", at="", why=why_page(read_basis(written(basis)), KNOWLEDGE), minutes=60
    )
    return bytes(page.body).decode()


HARMLESS = Elements(page_with("Condition/7"))


@pytest.mark.parametrize("text", PAYLOADS)
def test_what_a_chart_says_stays_text(text):
    """The page has the same elements with the same attributes, and leads to the same addresses, whatever the chart says."""
    page = Elements(page_with(text))

    assert len(PAYLOADS) >= 40
    assert page.seen == HARMLESS.seen
    assert page.addresses == HARMLESS.addresses


@pytest.mark.parametrize("text", ["{{ 7 * 7 }}", "${7*7}", "#{7*7}"])
def test_what_a_chart_says_is_not_reckoned(text):
    """No template language, whose ever it is, reads it."""
    assert f'<h1 data-testid="why-headline">{text}</h1>' in page_with(text)


def test_a_hostile_chart_gets_a_card_whose_page_has_none_of_its_words():
    """Displays, texts and notes never reach the page: it names an entry by its reference, its code and its day."""
    story = read_story("laminectomy-and-iliac-harvest")
    body = hook_request(story, hook_instance="1", today=story.today)

    def filled(value):
        if isinstance(value, dict):
            return {key: f"{part} {PAYLOADS[0]}" if key in ("display", "text") else filled(part) for key, part in value.items()}
        return [filled(part) for part in value] if isinstance(value, list) else value

    answer = answered(story, {**body, "prefetch": filled(body["prefetch"])})
    page = opened(link_of(answer), story).text

    assert answer["cards"]
    assert "alert" not in page
