"""The sections of a radiology report, by its headings: what was seen, the history, a title, or what is left unread."""

import re
from collections.abc import Iterator

from service.knowledge.model import Language

# What it is ("seen" | "history" | "title" | "unread"), and its text.
Section = tuple[str, str]
_TITLE_END = re.compile(r"[.\n]\s")
_BLANK = "[ \\t]"


class Headings:
    """The headings that the language names, as one pattern."""

    def __init__(self, language: Language):
        self._kinds = {
            **dict.fromkeys(language.seen_sections, "seen"),
            **dict.fromkeys(language.history_sections, "history"),
            **dict.fromkeys(language.unread_sections, "unread"),
            **dict.fromkeys(language.title_sections, "title"),
        }
        longest_first = sorted(self._kinds, key=len, reverse=True)
        names = "|".join(name.replace(" ", f"{_BLANK}+") for name in longest_first)
        shouted = "|".join(name.upper().replace(" ", f"{_BLANK}+") for name in longest_first)
        # "FINDINGS/IMPRESSION:", "REASON FOR EXAM (FREE TEXT):"
        tail = rf"(?:{_BLANK}*/{_BLANK}*[A-Za-z]{{1,20}})?(?:{_BLANK}*\([^)\n]{{0,40}}\))?{_BLANK}*"
        forms = (
            rf"^{_BLANK}*(?:[A-Za-z]{{1,20}}{_BLANK}+){{0,3}}?(?i:({names})){tail}:",
            rf"(?<![A-Za-z])({shouted}){tail}:",
            rf"^{_BLANK}*(?i:({names})){tail}$",
            rf"(?<=[.;]){_BLANK}*(?i:({names})){tail}:",
        )
        self._pattern = re.compile("|".join(forms), re.MULTILINE)

    def sections(self, text: str) -> Iterator[Section]:
        """The sections in order; text before any heading was seen. Where nothing else was, what was seen may stand under the history."""
        found = list(self._cut(text))
        yield from found
        if not any(kind == "seen" and part.strip() for kind, part in found):
            yield from (("title", part) for kind, part in found if kind == "history")
            # "EXAM: X-ray of the lumbar spine. Hardware L4-S1 in place.": what follows the title was seen.
            yield from (("seen", part[end.end() :]) for kind, part in found if kind == "title" and (end := _TITLE_END.search(part)))

    def _cut(self, text: str) -> Iterator[Section]:
        kind, start = "seen", 0
        for match in self._pattern.finditer(text):
            name = next(group for group in match.groups() if group)
            yield kind, text[start : match.start()]
            kind, start = self._kinds[" ".join(name.lower().split())], match.end()
        yield kind, text[start:]
