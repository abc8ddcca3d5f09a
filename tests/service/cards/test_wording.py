"""Words of a chart on a card: shown as they are, on one line, and never taken for markup."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.cards.wording import escaped, listed, month, plain, quoted, quoted_whole
from service.dates import read_date

MARKUP = r"\`*_{}[]<>#|~&!@$^="


@given(st.text())
def test_nothing_that_begins_markup_stands_unescaped(text):
    """Emphasis, code, links, images, tables, HTML, entities, headings: every such sign has a backslash before it."""
    rest = re.sub(r"\\.", "", escaped(text), flags=re.DOTALL)

    assert not set(rest) & set(MARKUP)


@given(st.text(alphabet="abc .,;-()0123"))
def test_plain_words_stay_as_they_are(text):
    """A card is not spoilt by backslashes that nobody needs."""
    assert escaped(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "[click](https://evil.example)",
        "![x](http://evil.example/p.png)",
        "<https://evil.example>",
        "&lt;img&gt;",
        "https://evil.example",
        "www.evil.example",
        "WWW.EVIL.EXAMPLE",
        "a@evil.example",
        "`code`",
        "| a | b |",
    ],
)
def test_no_link_and_no_tag_survives(text):
    """Neither written out nor found by itself."""
    shown = quoted(text)

    assert not re.search(r"(?<!\\)[<>\[\]&@`|]", shown)
    # What a renderer makes a link of once the escapes are gone: react-markdown of the sandbox does so.
    assert not re.search(r"://|www\.|[\w.+-]@", re.sub(r"\\(.)", r"\1", shown), re.IGNORECASE)


@given(st.text(max_size=300), st.integers(5, 120))
def test_a_quotation_is_one_line_of_limited_length(text, limit):
    """Whatever stands in a chart, no line break or control sign reaches a card, and at most the limit and an ellipsis."""
    shown = plain(text, limit)

    assert len(shown.splitlines()) <= 1
    assert not {unicodedata.category(sign) for sign in shown} & {"Cc", "Cs", "Zl", "Zp"}
    assert len(shown) <= limit + 4


@pytest.mark.parametrize(
    "sign", ["\u202e", "\u200b", "\u200f", "\ufeff", "\u00ad", "\u2066", "\x00", "\x1b", "\u2028", "\U000e0041", "\ue000"]
)
def test_signs_that_nobody_sees_are_taken_out(sign):
    """They can turn a sentence round, hide a word, or break a line."""
    assert plain(f"no{sign}stenosis", 50) == "no stenosis"


@pytest.mark.parametrize(
    ("text", "limit", "shown"),
    [
        ("No residual stenosis", 20, "No residual stenosis"),
        ("No residual stenosis", 19, "No residual ..."),
        ("No, residual stenosis", 6, "No ..."),
        ("  No \n residual\tstenosis ", 50, "No residual stenosis"),
        ("", 10, ""),
    ],
)
def test_a_long_text_is_cut_at_a_word(text, limit, shown):
    """And says that it was cut."""
    assert plain(text, limit) == shown


def test_a_quotation_has_one_pair_of_quotation_marks():
    """Those of the chart become single ones."""
    assert quoted('said "no pain" today') == "\"said 'no pain' today\""


@pytest.mark.parametrize(("when", "words"), [("2021-03-12", " (Mar 2021)"), ("2021", " (2021)"), (None, " (date unknown)")])
def test_a_month_in_brackets(when, words):
    """No more precise than it is known."""
    assert month(read_date(when)) == words


@pytest.mark.parametrize(("words", "shown"), [(["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c"), ([], "")])
def test_words_in_a_row(words, shown):
    """As in a sentence."""
    assert listed(words) == shown


def test_the_last_word_may_be_joined_otherwise():
    """A graft is named with its fusion."""
    assert listed(["fusion", "graft"], "with") == "fusion with graft"


@pytest.mark.parametrize(
    ("limit", "shown"),
    [
        (63, '"No disc herniation, no central or lateral stenosis, no fracture"'),
        (58, '"No disc herniation, no central or lateral stenosis ..."'),
        (40, '"No disc herniation ..."'),
        (20, ""),
    ],
)
def test_what_a_report_denies_is_never_cut_inside(limit, shown):
    """It is cut between what it denies, never within: "No central ..." would say something else."""
    assert quoted_whole("No disc herniation, no central or lateral stenosis, no fracture", limit) == shown
