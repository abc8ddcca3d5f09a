"""What somebody who tries a chart wants to see: as which hook, on which day, for which EHR, with which codes of the site."""

from dataclasses import dataclass
from datetime import date

from service.cds_services import SERVICE_IDS
from service.clients.code_map import CodeMap
from service.clients.local_row import Concepts
from service.clients.table import UnreadableTable, first_of, read_table
from service.errors import UnreadableChart
from service.knowledge.model import Knowledge
from service.known_clients import concepts_of, orders_of
from service.local_codes import LocalCodes
from service.speech import MOST, Dialect, Speech

# Those that the service answers.
HOOKS = tuple(service.removeprefix("cluneal-") for service in SERVICE_IDS)


@dataclass(frozen=True, slots=True)
class Wanted:
    """How a chart is tried.

    hook      "" for the hook that a request names, and for a chart patient-view;  patient: whose chart a bare one is, "" when it says so
    code_map  the rows [[local]] and [[order]] of a site, as TOML;  name: of the file that was given, "" for a text
    """

    today: date
    hook: str = ""
    patient: str = ""
    dialect: Dialect = "generic"
    code_map: str = ""
    name: str = ""


# What a page looks at; `clients check` reads a code map of any length.
_MOST_CODES, _LONGEST_MAP = 1_000, 200_000
_TOO_LONG = (
    f"it is too long to be tried here: at most {_MOST_CODES:,} rows and {_LONGEST_MAP:,} characters; clients check reads it whole",
)


class UnreadableCodes(UnreadableChart):
    """The code map is none; `problems` has one sentence for each thing to mend."""

    def __init__(self, problems: tuple[str, ...]):
        super().__init__("The code map cannot be used, so the chart was not evaluated.")
        self.problems = problems


def wanted(fields: dict[str, str], *, today: date, name: str = "") -> Wanted:
    """The wishes in the fields of a form: hook, patient, today, dialect, codes. Raises UnreadableChart for one that cannot be."""
    hook, dialect = fields.get("hook", ""), fields.get("dialect") or "generic"
    if hook and hook not in HOOKS:
        raise UnreadableChart(f"That hook is not known here. There are {', '.join(HOOKS)}.")
    known = next((one for one in MOST if one == dialect), None)
    if known is None:
        raise UnreadableChart(f"That dialect is not known here. There are {', '.join(MOST)}.")
    try:
        day = date.fromisoformat(given) if (given := fields.get("today", "").strip()) else today
    except ValueError:
        raise UnreadableChart("The day to answer for must be a date such as 2026-11-20.") from None
    return Wanted(day, hook, fields.get("patient", "").strip().removeprefix("Patient/"), known, fields.get("codes", ""), name)


class Site:
    """What the codes of a site can stand for in one knowledge."""

    def __init__(self, knowledge: Knowledge):
        self._concepts: Concepts = concepts_of(knowledge)
        self._orders = orders_of(knowledge)

    def speech(self, asked: Wanted) -> tuple[Speech, LocalCodes | None]:
        """How the client is spoken to, and the codes of its charts. Raises UnreadableCodes."""
        if len(asked.code_map) > _LONGEST_MAP:
            raise UnreadableCodes(_TOO_LONG)
        try:
            read = read_table(asked.code_map.encode("utf-8", "replace"), CodeMap)
        except UnreadableTable as failed:
            raise UnreadableCodes(failed.problems) from None
        if len(read.order) + len(read.local) > _MOST_CODES:
            raise UnreadableCodes(_TOO_LONG)
        if problems := first_of(read.problems(self._orders, self._concepts)):
            raise UnreadableCodes(problems)
        speech = Speech(dialect=asked.dialect, writes=MOST[asked.dialect], order_codes=read.order_codes)
        return speech, read.local_codes(self._concepts)
