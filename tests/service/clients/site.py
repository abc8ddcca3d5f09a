"""A site that has codes of its own: a chart in its codes, and the code map that says what each of them stands for."""

from collections.abc import Callable
from typing import Any

from service.clients.local_row import DENYING
from service.knowledge.load import load_knowledge
from service.local_codes import LocalCode, LocalCodes

SITE = "urn:oid:1.2.3.4711"
MAPPABLE = sorted(load_knowledge().value_sets.keys() - DENYING)
Json = Any


def in_local_codes(
    chart: Json, *, words: bool = True, by: str = "same_as", which: Callable[[], bool] = lambda: True
) -> tuple[Json, LocalCodes]:
    """The chart with a code of the site in place of every standard one that the knowledge has, and the rows of its map.

    words  whether the entries keep what they say in words;  by: whether a row names the standard code or the value sets that hold it
    which  whether the next coding is one of the site's, so that a standard code may stand in one entry and the site's in the next
    """
    knowledge = load_knowledge()
    rows: dict[tuple[str, str], LocalCode] = {}

    def told(value: Json) -> Json:
        if isinstance(value, list):
            return [told(one) for one in value]
        if not isinstance(value, dict):
            return value
        if isinstance(value.get("coding"), list):
            local = [own(one) for one in value["coding"]]
            return {**value, "coding": local} if words else {"coding": local}
        return {name: told(one) for name, one in value.items()}

    def own(coding: Json) -> Json:
        system = knowledge.systems.get(coding.get("system", ""), coding.get("system", ""))
        key = (system, str(coding.get("code")))
        _, names = knowledge.codes.get(key, ("", frozenset()))
        if (not names and key not in knowledge.own_codes) or names & DENYING or not which():
            return coding
        code = f"local-{len(rows) + 1}"
        row = LocalCode(SITE, code, same_as=key) if by == "same_as" or not names else LocalCode(SITE, code, tuple(sorted(names)))
        code = rows.setdefault(key, row).code
        return {**coding, "system": SITE, "code": code} if words else {"system": SITE, "code": code}

    return told(chart), LocalCodes(tuple(rows.values()))
