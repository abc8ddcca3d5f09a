"""The codes of one site as the reader meets them: what they name, what stands beside them, and which of them a resource carries."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from msgspec import Struct

from service.fhir import datatypes
from service.knowledge.model import Knowledge
from service.local_codes import LocalCode, LocalCodes, SiteCode
from service.record import AnyFact, Coding


class SiteCodes:
    """The code map of one client, ready for many look-ups."""

    def __init__(self, knowledge: Knowledge, local: LocalCodes):
        self._codes, self._aliases = knowledge.codes, knowledge.systems
        self._systems = {alias.lower(): uri for alias, uri in knowledge.systems.items()}
        self._rows = {(row.system, row.code): row for row in local.rows}

    def names(self) -> Iterator[tuple[str, str, frozenset[str]]]:
        """(system, code, value sets) of every row, under each name that its system has."""
        for (system, code), row in self._rows.items():
            for uri in {system, *(alias for alias, uri in self._aliases.items() if uri == system)}:
                yield uri, code, self._meant(row)

    def beside(self, codings: Sequence[Coding]) -> list[Coding]:
        """The codings with the standard ones that stand for them."""
        rows = [self._row(coding.system, coding.code) for coding in codings]
        return [*codings, *(Coding(*row.same_as) for row in rows if row is not None and row.same_as)]

    def marked(self, fact: AnyFact, found: Struct) -> AnyFact:
        """The fact with the codes of the site by which it is known; itself when there are none."""
        codings = [(coding.system or "", digits(coding.code)) for coding in _codings_in(found) if coding.code is not None]
        rows = dict.fromkeys(
            row
            for system, code in (*codings, *((coding.system, coding.code) for coding in fact.codings))
            if (row := self._row(system, code)) is not None
        )
        if not rows:
            return fact
        standard = frozenset().union(*(self._known(system, code) for system, code in codings))
        seen = tuple(SiteCode(row.system, row.code, tuple(sorted(self._meant(row)))) for row in rows)
        return replace(fact, site_codes=seen, by_site=fact.names - standard)

    def _row(self, system: str, code: str) -> LocalCode | None:
        name = self._canonical(system)
        return self._rows.get((name, code)) or self._rows.get((name, code.strip().upper()))

    def _meant(self, row: LocalCode) -> frozenset[str]:
        return frozenset(row.means) | (self._known(*row.same_as) if row.same_as else frozenset())

    def _known(self, system: str, code: str) -> frozenset[str]:
        """The value sets of the knowledge that hold a code."""
        name = self._canonical(system)
        _, names = self._codes.get((name, code)) or self._codes.get((name, code.strip().upper())) or ("", frozenset())
        return names

    def _canonical(self, system: str) -> str:
        uri = system.split("|")[0].strip().rstrip("/")
        return self._systems.get(uri.lower(), uri)


def digits(code: object) -> str:
    """A code as text, also one that came as a number."""
    return str(int(code) if isinstance(code, float) and code.is_integer() else code)


def _codings_in(value: Any) -> Iterator[datatypes.Coding]:
    """Every coding of a resource, wherever it stands."""
    if isinstance(value, datatypes.Coding):
        yield value
    elif isinstance(value, Struct):
        for name in value.__struct_fields__:
            yield from _codings_in(getattr(value, name))
    elif isinstance(value, list):
        for item in value:
            yield from _codings_in(item)
