"""What a card says, as HTML: the Markdown of its detail, of which nothing but plain structure is let through."""

import nh3
from markdown_it import MarkdownIt

# What a chart says is quoted in it: raw HTML stays text, and neither images nor links are made of it.
_MARKDOWN = MarkdownIt("commonmark", {"html": False}).disable(["link", "image", "autolink", "html_inline", "html_block", "reference"])
_TAGS = {"p", "strong", "em", "ol", "ul", "li", "br", "code"}


def as_html(markdown: str) -> str:
    """The Markdown of a card as HTML that is safe to show."""
    return nh3.clean(_MARKDOWN.render(markdown), tags=_TAGS, attributes={"ol": {"start"}})
