"""Chart text made safe, and small joins of words: whatever a chart says, a card shows it as plain text.

Cards are GitHub Flavored Markdown, which some clients render with HTML let through: every character that could begin markup, a link or an
entity is escaped. Source: threat model row 14.
"""

import re
from collections.abc import Iterable, Sequence

from service.dates import When
from service.knowledge.model import Knowledge

NARROW_SUMMARY = 90
LONGEST_DETAIL = 950
MOST_LINES = 16
_IN_WORDS = {"exams": "examination findings", "surveys": "pain scores", "labs": "laboratory results", "orders": "existing orders"}

_INVISIBLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202f\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uff9e-\uffa0\ufff0-\ufffb\U000e0000-\U000e0fff\ud800-\udfff\ue000-\uf8ff]")  # fmt: skip  # noqa: E501
_NEXT_DENIED = re.compile(r"[,;.] (?=(?:no|without)\b)", re.IGNORECASE)
_CUT = " ..."
_ASIDE = re.compile(r" \([^()]*\)")
_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~&!@$^=])")
# Some renderers make links of the finished text, where an escape is gone again: an address has to be broken.
_ADDRESS = re.compile(r"(?<=:)(?=//)|(?<=www)(?=\.)|(?<=\S)(?=@)", re.IGNORECASE)


def plain(text: str, limit: int) -> str:
    """The text on one line, without invisible characters, at most `limit` characters before escaping, cut at a word."""
    tidy = " ".join(_INVISIBLE.sub(" ", text).split())
    if len(tidy) <= limit:
        return tidy
    return tidy[:limit].rsplit(" ", 1)[0].rstrip(",;:.") + " ..."


def has_invisible(text: str) -> bool:
    """Whether the text has signs that nobody sees; its line ends are none."""
    return bool(_INVISIBLE.search(text.replace("\n", "")))


def escaped(text: str) -> str:
    """The text with everything escaped that Markdown or HTML could take for its own, and with a space in what could be an address."""
    return _MARKUP.sub(r"\\\1", _ADDRESS.sub(" ", text))


def quoted(text: str, limit: int = 120) -> str:
    """The chart's own words in quotation marks, safe to show."""
    return f'"{escaped(plain(text.replace(chr(34), chr(39)), limit))}"'


def quoted_whole(text: str, limit: int) -> str:
    """The chart's own words as `quoted`, cut only before a further finding that is denied: "No stenosis, no ..." loses all from the comma.

    "" where even the first finding is longer than `limit` characters: "No residual ..." could be completed to anything.
    """
    tidy = plain(text, len(text))
    if len(tidy) <= limit:
        return quoted(tidy, limit)
    ends = [found.start() for found in _NEXT_DENIED.finditer(tidy) if found.start() + len(_CUT) <= limit]
    return quoted(tidy[: ends[-1]] + _CUT, limit) if ends else ""


def short(summary: str) -> str:
    """The summary for a narrow column: longer than that, it loses what it says in brackets, and never the message."""
    return summary if len(summary) <= NARROW_SUMMARY else _ASIDE.sub("", summary)


def month(when: When | None) -> str:
    """The month in brackets, " (Mar 2021)", or " (date unknown)"."""
    return f" ({when.month_in_words()})" if when else " (date unknown)"


def listed(words: Sequence[str], last: str = "and") -> str:
    """Words as a list in a sentence: "a", "a and b", "a, b and c"."""
    return f"{', '.join(words[:-1])} {last} {words[-1]}" if len(words) > 1 else "".join(words)


def plain_names(keys: Iterable[str]) -> list[str]:
    """Prefetch keys as a clinician would name what is under them."""
    return [_IN_WORDS.get(key, key) for key in keys]


def not_known(parts: Sequence[str]) -> str:
    """The section of what is not known, never left out; it reads right even where its bold label is lost."""
    return f"**Not known** {'; '.join(parts)}." if parts else "**Not known**: nothing asked for is missing."


def named_knowledge(knowledge: Knowledge) -> str:
    """Which knowledge spoke, as the last words of every card."""
    adjustments = knowledge.adjustments
    changed = " (adjusted by this site)" if adjustments.numbers or adjustments.policy != "evidence" else ""
    return f"Knowledge {knowledge.version.version}{changed}."


def fitting(texts: Iterable[str]) -> str:
    """The first of ever shorter details that keeps the limits; if none does, the last one cut at a word: no chart is too full to answer."""
    text = ""
    for text in texts:
        if len(text) <= LONGEST_DETAIL and text.count("\n") < MOST_LINES:
            return text
    cut = "\n".join(text.split("\n")[:MOST_LINES])[: LONGEST_DETAIL - 4]
    return f"{cut.rsplit(' ', 1)[0]} ..." if len(text) > len(cut) else cut
