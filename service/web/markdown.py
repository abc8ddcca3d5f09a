"""The Markdown of a card as a tree of plain elements, which a page builds node by node: no HTML is made, so there is none to let through.

An element is [tag, attributes, children], a text is a string. Source: GitHub Flavored Markdown, as far as markdown-it-py reads it.
"""

from collections.abc import Iterable
from typing import TypeAlias

from markdown_it import MarkdownIt
from markdown_it.token import Token

Element: TypeAlias = "list[str | dict[str, str] | list[Element | str]]"
Node: TypeAlias = "Element | str"

# HTML in it is text, and so are pictures: an EHR loads nothing because of what a chart says.
_READ = MarkdownIt("gfm-like", {"html": False, "linkify": False}).disable(["image"])
_TAGS = frozenset(
    {
        *("p", "strong", "em", "s", "ol", "ul", "li", "code", "pre", "blockquote", "hr", "br", "a"),
        *("h1", "h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td"),
    }
)
# Nobody reads a list inside a list inside a list on a card.
_DEEPEST = 40


def markdown_tree(text: str) -> list[Node]:
    """The elements of a text. Links lead to http and https alone."""
    top: list[Node] = []
    _grow(_READ.parse(text), top)
    return top


def _grow(tokens: Iterable[Token], top: list[Node]) -> None:
    open_: list[list[Node]] = [top]
    for token in tokens:
        here = open_[-1]
        if token.children is not None:
            _grow(token.children, here)
        elif token.nesting < 0:
            open_.pop()
        elif token.nesting > 0:
            inside: list[Node] = []
            # A tight list has paragraphs that are not shown; what stands in them belongs to the item.
            is_shown = token.tag in _TAGS and not token.hidden and len(open_) < _DEEPEST
            if is_shown:
                here.append([token.tag, _attributes(token), inside])
            open_.append(inside if is_shown else here)
        else:
            here.append(_leaf(token))


def _leaf(token: Token) -> Node:
    if token.type in ("softbreak", "hardbreak", "hr"):
        return "\n" if token.type == "softbreak" else ["hr" if token.type == "hr" else "br", {}, []]
    if token.type in ("fence", "code_block"):
        return ["pre", {}, [token.content]]
    return ["code", {}, [token.content]] if token.type == "code_inline" else token.content


def _attributes(token: Token) -> dict[str, str]:
    link = str(token.attrs.get("href", ""))
    return {"href": link} if token.tag == "a" and link.lower().startswith(("https://", "http://")) else {}
