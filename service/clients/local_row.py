"""A code that stands in the charts of one site, and what it is read as.

A row adds facts to a chart and takes none away, so a code that only says that something is not so has no row.
"""

import difflib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from service.clients.client import Word
from service.clients.table import Table
from service.local_codes import LocalCode

# With one of them a red flag is denied, pregnancy is answered with no, or a study passes for normal: no site says that by its own code.
DENYING = frozenset({"answer-negative", "interpretation-negative", "interpretation-normal", "imaging-result-normal", "not-pregnant"})
# What is compared with all names of value sets, one by one.
_MOST_MEANINGS = 50
# No entry says both.
OPPOSED = (
    ({"exam-reproduces"}, {"exam-not-reproducing", "exam-not-tender", "exam-tender"}),
    ({"side-left", "side-left-in-code"}, {"side-right", "side-right-in-code"}),
)


@dataclass(frozen=True, slots=True)
class Concepts:
    """What a code can stand for.

    value_sets  names of ours;  codes: (system, code) -> the value sets that hold it
    systems     every name of a standard system, in lower case -> its own name
    """

    value_sets: Collection[str] = ()
    codes: Mapping[tuple[str, str], Collection[str]] = field(default_factory=dict)
    systems: Mapping[str, str] = field(default_factory=dict)

    def key(self, system: str, code: str) -> tuple[str, str]:
        """A code as charts are searched for it: whatever name its system goes by there."""
        uri = system.split("|")[0].rstrip("/")
        return self.systems.get(uri.lower(), uri), code

    def known(self, system: str, code: str) -> Collection[str] | None:
        """The value sets that hold a code, however it is written; None for a code that nobody here knows."""
        return self.codes.get(self.key(system, code), self.codes.get(self.key(system, code.upper())))


def _as(names: Collection[str]) -> str:
    return f", as {', '.join(sorted(names))}" if names else ""


def _one_or_several(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


class Standard(Table):
    """A standard coding."""

    system: Word
    code: Word


class LocalRow(Table):
    """One table [[local]]: by `means` a value set of ours or several, by `same_as` a standard coding that one of them holds, or both."""

    system: Word
    code: Word
    means: Annotated[tuple[Word, ...], Field(strict=False, max_length=_MOST_MEANINGS), BeforeValidator(_one_or_several)] = ()
    same_as: Standard | None = None
    display: str = ""

    def local_code(self, concepts: Concepts) -> LocalCode:
        """The row, as charts are read with it."""
        standard = concepts.key(self.same_as.system, self.same_as.code) if self.same_as else None
        return LocalCode(*concepts.key(self.system, self.code), self.means, standard)

    def problems(self, concepts: Concepts) -> Iterator[str]:
        """What is wrong with the row by itself."""
        if not (self.means or self.same_as):
            yield "says nothing of what it stands for: means = a value set (cluneal-cds knowledge list value-sets), or same_as"
        for name in self.means:
            if name not in concepts.value_sets:
                near = difflib.get_close_matches(name, concepts.value_sets, n=1)
                yield f"{name} is no value set" + (f' (did you mean "{near[0]}"?)' if near else "; cluneal-cds knowledge list value-sets")
        if self.same_as and concepts.known(self.same_as.system, self.same_as.code) is None:
            yield f"same_as: no value set holds {self.same_as.code} of {self.same_as.system}"
        if (known := concepts.known(self.system, self.code)) is not None:
            yield f"is a standard code that is read already{_as(known)}; no site changes what it means"
        meant = self._meant(concepts)
        for name in sorted(meant & DENYING):
            yield f"{name} only says that something is not so, and may not be mapped: a map adds to a chart and takes nothing back"
        for one, other in OPPOSED:
            if not (meant.isdisjoint(one) or meant.isdisjoint(other)):
                yield f"{', '.join(sorted(meant & (one | other)))} contradict each other"

    def _meant(self, concepts: Concepts) -> frozenset[str]:
        held = concepts.known(self.same_as.system, self.same_as.code) if self.same_as else ()
        return frozenset((*self.means, *(held or ())))
